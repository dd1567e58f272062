"""Proposers: observations to programs with log-probabilities. The autoregressive decoder is the first of them.

Legend: B images, K programs an image, T tokens, V tokens of the vocabulary, which pads, C channels, H W pixels.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from i2c_core.decoding.family_masks import family_mask
from i2c_core.decoding.loops import Decoded, Run, StepDecoder, Tracker
from i2c_core.decoding.noise import image_keys
from i2c_core.decoding.strategies import Beam, Strategy
from i2c_core.errors import BudgetError
from i2c_core.families import Family
from i2c_core.masks import Mask
from i2c_core.model import Features, Model, Observation, Places
from i2c_core.model.numbers import BinEdges
from i2c_core.model.zooms import family_places

log = logging.getLogger(__name__)

# Products of matrices add the numbers of a row in another order where there are few rows, or a rest of them (MKL), and
# convolutions where there is one image (oneDNN). With rows by fours, and two images to encode, an image's numbers are
# the same bit for bit in every batch on such a CPU.
ALIKE = 4


@dataclass(frozen=True, eq=False)
class Proposals:
    """K programs for each of B images.

    Attributes:
        ids: (B, K, T) int64, padded with V; all padding where there are no K programs.
        logprob: (B, K) float64, log p(program | image, root, budget): under the mask, at temperature 1, summing to 1
            over all programs within the budget; -inf where there are no K programs, and for a program with a token
            that was forced because the network gave no number for any legal one: nothing is claimed of it.
        logq: (B, K) float64, the log-probability that the proposer had of proposing it; 0 where it had no choice
            (greedy, beam). Weights by importance use it, exp(logprob - logq), but for particles, which have `scores`.
        values: (B, K, T) float64 for continuous tokens, NaN for none, or None: a bin stands for its centre.
        undefined: (B, K) int64, the steps in which the network gave no finite number for a legal token.
        scores: (B, K) float64, or None: what else the strategy ordered programs by, the perturbed log-probabilities of
            a stochastic beam, the normalised log-weights of particles, or what a proposer that `ranks` goes by. No
            probabilities of programs.
        evidence: (B,) float64, or None: of sequential Monte Carlo, the logarithm of an unbiased estimate of the sum of
            p * exp(likelihood) over the programs within the budget.
        confidence: (B, K) float64 from 0 to 1, or None: the proposer's own guess that a program is right, as it comes
            from the network: one of the things that a calibration looks at (see `i2c_core.calibration`).
    """

    ids: Tensor
    logprob: Tensor
    logq: Tensor
    values: Tensor | None
    undefined: Tensor
    scores: Tensor | None = None
    evidence: Tensor | None = None
    confidence: Tensor | None = None


class Proposer(Protocol):
    """Observations to programs with log-probabilities.

    One may have more, which a reader asks for by name:

    - `ranks = True`: candidates keep the order of `Proposals.scores` (higher is better) instead of their distance to
      the picture, for pictures that no program redraws exactly. Its answers are settled after its stages.
    - `anytime = True`: `propose` takes `deadline` too (seconds of `time.monotonic`, or None), and gives by then the
      best that it has found so far.
    - `stages(name, n)`: what the name of a strategy stands for where n candidates are wanted, a tuple of strategies to
      run in turn, or None where it has none of this name; `strategies` names those that it has.
    - `whole`, the longest side in pixels: pictures are not stretched to one size but come one by one, at their own size
      or as large as that; `propose` may then raise `ImageError` for a picture that it cannot read.
    - `together = True`, beside `whole`: pictures of one size come together; `at_once`, how many at most.
    - `compared`, the longest side in pixels at which its programs are compared with a picture, where it sees finer
      than others.
    - `budget`, the most tokens of a program where none are named, and `unbounded = True`: more may be asked for.
    - `costs(program)`: of a program that it proposed last, what each choice costs at each place, for
      `i2c_core.soundness.repair`, or None.
    - `sized = True`: `propose` takes `size` too, the columns and rows of what a picture shows, where they are known.
    """

    def propose(
        self,
        observation: Observation,
        *,
        n: int = 1,
        strategy: Strategy = ...,
        budget: int = ...,
        generator: torch.Generator | int | None = None,
    ) -> Proposals:
        """Programs for B observations: `n` each, or what the strategy gives."""


class StepModel(Protocol):
    """An encoder of images, and a decoder of programs that goes token by token."""

    def encode(self, observation: Observation) -> Any:
        """What the decoder looks at."""

    @property
    def decoder(self) -> StepDecoder:
        """The decoder."""


@dataclass
class AutoregressiveProposer:
    """Programs token by token under the mask. The model should be in evaluation mode, and the mask on its device.

    Args:
        model: encoder and decoder.
        mask: which tokens may come next.
        places: the rectangles of nodes, for a model that wants them.
        max_tokens: the longest program that the model can write; None asks `model.config`, if it has one.
        rows: how many programs to decode at a time; more need more memory. Results do not depend on it, but where a
            library chooses the order of floating-point sums by the size of a batch (see `ALIKE`) for their last bits.
        numbers: the bins of continuous tokens, for a network that says where in them the exact values lie.
    """

    model: StepModel
    mask: Mask
    places: Tracker | None = None
    max_tokens: int | None = None
    rows: int = 2048
    numbers: BinEdges | None = None

    def __post_init__(self) -> None:
        if self.max_tokens is None:
            self.max_tokens = getattr(getattr(self.model, "config", None), "max_tokens", None)

    @classmethod
    def for_family(cls, model: Model, family: Family) -> AutoregressiveProposer:
        """The proposer of a family's network, on the network's device: its mask, and places where the network wants
        them.
        """
        device = next(model.parameters()).device
        places = family_places(family, model.config.max_tokens).to(device) if model.config.where else None
        numbers = BinEdges(family.vocabulary).to(device) if model.config.values != "none" else None
        return cls(model, family_mask(family, device), places, numbers=numbers)

    @torch.no_grad()
    def propose(
        self,
        observation: Observation,
        *,
        n: int = 1,
        strategy: Strategy = Beam(),  # noqa: B008  frozen
        budget: int = 64,
        generator: torch.Generator | int | None = None,
    ) -> Proposals:
        """Programs for B observations; what comes back is on the model's device.

        Args:
            n: programs an image. Greedy gives one. Sampling gives n, equal ones included. Beam gives the n likeliest of
                max(width, n) beams, all distinct, the likeliest first.
            strategy: how to choose.
            budget: the most tokens of a program.
            generator: a seed, or a generator whose initial seed is used; only sampling needs one. Calls with one seed
                draw the same samples for the same image, whatever stands beside it.

        Raises:
            BudgetError: the budget is below the shortest program or above what the model can write.
        """
        self.mask.require_budget(budget)
        if self.max_tokens is not None and budget > self.max_tokens:
            fact = (
                f"a budget of {budget} tokens is above the longest program of this model, which has {self.max_tokens}"
            )
            raise BudgetError(fact, f"use a budget of at most {self.max_tokens}")
        seed = generator.initial_seed() if isinstance(generator, torch.Generator) else generator or 0
        width = strategy.rows(n)
        count, step = len(observation), _whole(max(1, self.rows // max(width, 1)))
        observation = observation.to(self.mask.device).select(_filling(count, width))
        parts = [
            self._decode(observation.select(slice(begin, begin + step)), width, strategy, budget, seed)
            for begin in range(0, max(len(observation), 1), step)
        ]
        ids, logprob, logq, undefined = (torch.cat(column)[:, :n] for column in list(zip(*parts, strict=True))[:4])
        scores, evidence = (_together([getattr(part, name) for part in parts]) for name in ("scores", "evidence"))
        scores = None if scores is None else scores[:, :n]
        found = (ids, logprob, logq, self._values(observation, ids, step), undefined, scores, evidence)
        proposals = Proposals(*(None if column is None else column[:count] for column in found))  # type: ignore[arg-type]
        _tell(proposals)
        return proposals

    def _decode(self, observation: Observation, width: int, strategy: Strategy, budget: int, seed: int) -> Decoded:
        size = (len(observation), width)
        if 0 in size:
            return _nothing(size, budget, self.mask)
        run = Run(self.model.decoder, self._encode(observation), self.mask, self.places, size, observation)
        return strategy.run(run, budget, image_keys(observation.image, seed))

    def _values(self, observation: Observation, ids: Tensor, step: int) -> Tensor | None:
        """The exact numbers (B, K, T) of finished programs, by one pass over them; None where the model says none."""
        if self.numbers is None or not ids.numel():
            return None
        assert isinstance(self.model, Model)
        found, count = [], len(ids)
        every = _filling(count, ids.shape[1])
        observation, ids = observation.select(every), ids[every]
        for begin in range(0, len(ids), step):
            part = ids[begin : begin + step].flatten(0, 1)  # (R, T)
            features = self._encode(observation.select(slice(begin, begin + step)))
            spread = Features(*(x.repeat_interleave(ids.shape[1], 0) for x in (features.cells, features.images)))
            where = None if not isinstance(self.places, Places) else self.places.replay(part)
            shares = self.model.shares(spread, part, where)  # (R, T)
            assert shares is not None
            found.append(self.numbers.values(part, shares).view(-1, *ids.shape[1:]))
        return torch.cat(found)[:count]

    def _encode(self, observation: Observation) -> Any:
        """What the decoder looks at; a picture alone is encoded beside its twin, see `ALIKE`."""
        if len(observation) != 1 or not isinstance(self.model, Model):
            return self.model.encode(observation)
        features = self.model.encode(observation.select(torch.zeros(2, dtype=torch.int64)))
        return Features(features.cells[:1], features.images[:1])


def _whole(images: int) -> int:
    """The number of images that are decoded at a time, made a multiple of `ALIKE` where it is larger."""
    return images if images < ALIKE else images - images % ALIKE


def _filling(count: int, width: int) -> Tensor:
    """The numbers of images, the last of them repeated until their rows, `width` each, are a multiple of `ALIKE`."""
    needed = ALIKE // math.gcd(ALIKE, max(width, 1))
    return torch.arange(-(-count // needed) * needed).clamp(max=count - 1)


def _together(columns: list[Tensor | None]) -> Tensor | None:
    """One column of all parts; None where the strategy does not have it."""
    tensors = [c for c in columns if c is not None]
    return torch.cat(tensors) if len(tensors) == len(columns) else None


def _nothing(size: tuple[int, int], budget: int, mask: Mask) -> Decoded:
    ids = torch.full((*size, budget), mask.pad, dtype=torch.int64, device=mask.device)
    number = torch.zeros(size, dtype=torch.float64, device=mask.device)
    return Decoded(ids, number, number, number.to(torch.int64))


def _tell(proposals: Proposals) -> None:
    steps = int(proposals.undefined.sum())
    if steps:
        programs = int((proposals.undefined > 0).sum())
        log.warning(
            "the network gave no finite number for a legal token in %d steps of %d programs; such tokens were closed",
            steps,
            programs,
        )
