"""The Python door: pictures in, candidate programs out, best first.

    from i2c_core import Reader
    best = Reader.load("splits").read("sketch.png")[0]
    print(best.code, best.distance)

Each candidate is drawn again and compared with the input at the *comparison size*: the input's own size for families
that draw at any size (made smaller where its longer side is above 256 pixels), else the family's reference size.

Legend: B pictures of a batch, C channels, H W pixels, n candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.checkpoints import Checkpoint, find_weights, load_checkpoint, load_model, require_match
from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Proposer, Sample, Strategy, rank
from i2c_core.errors import ConfigError, FamilyError, I2cError, ImageError, suggest
from i2c_core.families import Family
from i2c_core.images import fit, read_image
from i2c_core.plugins import families
from i2c_core.programs import Program
from i2c_core.raster import Renderer

BATCH = 64  # pictures decoded at once: fills two cores, and a beam of 16 over it stays under 200 MB
LARGEST = 256  # pixels; above, drawing again costs more than reading did and no answer changes
WIDTH = 16  # beams or samples a picture
STRATEGIES = ("beam", "greedy", "sample")

Pixels = NDArray[np.uint8]
Source = Any  # a path, "-", bytes, a PIL image, an array or a tensor


@dataclass(frozen=True)
class Candidate:
    """One program for a picture.

    Attributes:
        program: well typed and complete.
        code: the program in the family's grammar.
        distance: from what the program draws to the input, at the comparison size; the mean absolute difference of
            pixels from 0 (equal) to 1 unless the family has a distance of its own.
        logprob: log p(program | picture, root, budget) at temperature 1 under the mask, in nats.
        size: number of symbols.
        picture: (C, H, W) uint8, what the program draws.
    """

    program: Program
    code: str
    distance: float
    logprob: float
    size: int
    picture: Pixels = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What one picture was read as: candidates, best first, or the error that stopped it.

    `picture` is the input (C, H, W) uint8 at the comparison size, None where it could not be read.
    """

    name: str
    picture: Pixels | None = field(repr=False)
    candidates: list[Candidate]
    error: I2cError | None = None


class Reader:
    """A family with a trained network; reads pictures into programs. A context manager; `close` ends its workers."""

    def __init__(
        self, family: Family, proposer: Proposer, image_size: tuple[int, int], budget: int, meta: dict[str, Any]
    ) -> None:
        self.family = family
        self.proposer = proposer
        self.image_size = image_size  # height and width in pixels that the network sees
        self.budget = budget
        self.meta = meta
        self._renderer = Renderer(family)

    @classmethod
    def load(cls, source: str | Path, device: str = "auto", family: Family | str | None = None) -> Self:
        """A reader by the name of an installed family (with its shipped weights), or of a checkpoint.

        Args:
            source: a family's name, or the path of a checkpoint or of a training run's folder.
            device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
            family: for a checkpoint, the family that it must fit; None takes the one that it names.

        Raises:
            FamilyError: neither an installed family nor a file.
            CheckpointError: a damaged checkpoint, or one of another family.
        """
        place = find_device(device)
        if isinstance(family, str):
            family = families()[family]
        path = _as_path(source)
        if path is None:
            family = families()[str(source)]
            checkpoint = load_checkpoint(find_weights(family))
        else:
            checkpoint = load_checkpoint(find_weights_at(path))
            family = family or _family_of(checkpoint)
        return cls.of(checkpoint, family, place)

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: torch.device | str = "cpu") -> Self:
        """A reader of a checkpoint that is loaded already."""
        require_match(checkpoint, family)
        model = load_model(checkpoint, device)
        height, width = checkpoint.meta["image"]["size"]
        proposer = AutoregressiveProposer.for_family(model, family)
        return cls(family, proposer, (height, width), int(checkpoint.meta["budget"]), checkpoint.meta)

    def read(
        self,
        images: Source | Sequence[Source],
        n: int = 5,
        *,
        strategy: str | Strategy = "beam",
        budget: int | None = None,
        invert: bool | None = None,
        seed: int = 0,
    ) -> list[Candidate] | list[list[Candidate]]:
        """Read one picture, or many.

        Args:
            images: a path, bytes, PIL image, array or tensor (of 2 or 3 dimensions), or a list, an array or a tensor
                (of 4 dimensions) of many.
            n: the most candidates of a picture; fewer where fewer were found.
            strategy: "beam", "greedy" (one candidate) or "sample", or one of `i2c_core.decoding` with its numbers.
            budget: the most tokens of a program; the checkpoint's own where None.
            invert: whether dark and light are exchanged; see `i2c_core.images.read_image`.
            seed: of sampling.

        Returns:
            The candidates of one picture, best first, or a list of them a picture.

        Raises:
            I2cError: a picture that cannot be read (`read_many` goes on with the others instead).
        """
        many = _is_many(images)
        found = []
        for answer in self.read_many(
            images if many else [images], n, strategy=strategy, budget=budget, invert=invert, seed=seed
        ):
            if answer.error is not None:
                raise answer.error
            found.append(answer.candidates)
        return found if many else found[0]

    def read_many(
        self,
        images: Iterable[Source],
        n: int = 5,
        *,
        strategy: str | Strategy = "beam",
        budget: int | None = None,
        invert: bool | None = None,
        seed: int = 0,
        batch: int = BATCH,
    ) -> Iterator[Answer]:
        """Read pictures one by one as they come, an answer each, in order; a picture that fails stops no other."""
        chosen = make_strategy(strategy, n)
        limit = self.budget if budget is None else budget
        self.family.vocabulary.require_budget(limit)
        if limit > self.budget:
            fact = f"a budget of {limit} tokens is above the {self.budget} that the network was trained for"
            raise ConfigError(fact, f"use a budget of at most {self.budget}, or train with a larger one")
        if n < 1:
            raise ConfigError(f"{n} candidates were asked for", "ask for 1 or more")
        # A generator of torch's on the network's device would make the same seed draw differently there.
        generator = torch.Generator().manual_seed(seed)
        source = iter(images)
        while chunk := list(islice(source, batch)):
            yield from self._read_chunk(chunk, n, chosen, limit, invert, generator)

    def _read_chunk(
        self,
        chunk: list[Source],
        n: int,
        strategy: Strategy,
        budget: int,
        invert: bool | None,
        generator: torch.Generator,
    ) -> list[Answer]:
        answers: list[Answer] = []
        seen: list[Pixels] = []  # what the network sees of those that could be read
        for source in chunk:
            name = name_of(source)
            try:
                if isinstance(source, I2cError):  # a source that failed before it came here
                    raise source
                picture = read_image(source, self.family.channels, invert)  # (C, H, W)
                compared = fit(picture, comparison_size(self.family, *picture.shape[1:]))
                seen.append(fit(picture, self.image_size))
                answers.append(Answer(name, compared, []))
            except I2cError as error:
                answers.append(Answer(name, None, [], error))
        if not seen:
            return answers
        inputs = torch.from_numpy(np.stack(seen)).float() / 255.0  # (B, C, H, W)
        proposals = self.proposer.propose(inputs, n=n, strategy=strategy, budget=budget, generator=generator)
        return self._rank(answers, proposals, n)

    def _rank(self, answers: list[Answer], proposals: Any, n: int) -> list[Answer]:
        raise NotImplementedError

    def close(self) -> None:
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
