"""The decoding loops: greedy, sampling and beam over anything that gives the next token's logits.

They share one step (`Rows`): ask the network, mask, pick, advance mask, places and network. Nothing in them waits for
the device: rows that have ended emit padding, and whether all have is looked at late (see `Finish`).

Legend: N images, K rows of one image, R = N * K rows, T tokens (the budget), V tokens of the vocabulary, which pads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from i2c_core.decoding.noise import row_keys, uniform
from i2c_core.decoding.picking import Picker, chosen, draw, tempered
from i2c_core.masks import Mask
from i2c_core.model import Observation

UNCLAIMED = -1e9  # nats; below every sum of log-probabilities that a network gives within a budget


class StepDecoder(Protocol):
    """A network that gives the logits of one token at a time; rows of one image stand together."""

    def start(self, features: Any, rows: int = 1) -> Any:
        """The state before the first token of `rows` programs an image."""

    def step(self, state: Any, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, Any]:
        """The logits (R, V) of the next token after `previous` (R,), which is V before the first, and the new state."""

    def reorder(self, state: Any, index: Tensor) -> Any:
        """The state whose row i is row index[i] (R,) of `state`, a row of the same image."""


class Tracker(Protocol):
    """Follows the tokens beside the mask, and tells the network something: the places of families with zooms."""

    def start(self, batch: int) -> Any:
        """The state before the first token of `batch` rows."""

    def top(self, state: Any) -> Tensor:
        """What the network is told about the token to come, (R, 4)."""

    def advance(self, state: Any, token: Tensor) -> Any:
        """The state after `token` (R,), which may be V and then changes nothing."""

    def reorder(self, state: Any, index: Tensor) -> Any:
        """The state whose row i is row index[i] of `state`."""


class Decoded(NamedTuple):
    """What a loop found: ids (N, K, T), log-probabilities (N, K) float64, and (N, K) steps without a number.

    `scores` (N, K) float64 and `evidence` (N,) float64 come from some strategies only: see `Proposals`.
    """

    ids: Tensor
    logprob: Tensor
    logq: Tensor
    undefined: Tensor
    scores: Tensor | None = None
    evidence: Tensor | None = None


class Finish:
    """Whether all rows have ended, asked without waiting for a GPU: there a flag is copied now and read when it is
    there.
    """

    EVERY = 4  # steps between copies; a decode runs on by a few steps, which cost less than waiting

    def __init__(self) -> None:
        self._flag: Tensor | None = None
        self._copied: torch.cuda.Event | None = None
        self._asked = 0

    def __call__(self, done: Tensor) -> bool:
        if done.device.type != "cuda":
            return bool(done.all())
        if torch.cuda.is_current_stream_capturing():
            return False  # a graph holds every step of the budget
        self._asked += 1
        if self._copied is not None and self._copied.query():  # type: ignore[no-untyped-call]
            assert self._flag is not None
            if bool(self._flag):
                return True
            self._copied = None
        if self._copied is None and self._asked % self.EVERY == 0:
            self._flag = torch.empty((), dtype=torch.bool, pin_memory=True)
            self._flag.copy_(done.all(), non_blocking=True)
            self._copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._copied.record()
        return False


class Run:
    """Network, mask and places of R = N * K rows, advanced together; `size` is (N, K).

    `observation` is what the network looks at, for strategies that compare with it.
    """

    def __init__(
        self,
        decoder: StepDecoder,
        features: Any,
        mask: Mask,
        places: Tracker | None,
        size: tuple[int, int],
        observation: Observation | None = None,
    ) -> None:
        self.decoder, self.mask, self.tracker, self.size = decoder, mask, places, size
        self.observation = observation
        rows = size[0] * size[1]
        self.network = decoder.start(features, size[1])
        self.places = None if places is None else places.start(rows)
        self.previous = torch.full((rows,), mask.pad, dtype=torch.int64, device=mask.device)  # (R,)
        self.picker = Picker(mask, rows)

    def scores(self, state: Any) -> Tensor:
        """The masked logits (R, V + 1) of the next token."""
        where = None if self.tracker is None else self.tracker.top(self.places)  # (R, 4)
        logits, self.network = self.decoder.step(self.network, self.previous, where)
        return self.picker.scores(logits, state)

    def advance(self, state: Any, token: Tensor) -> Any:
        """Take `token` (R,) everywhere."""
        self.previous = token
        if self.tracker is not None:
            self.places = self.tracker.advance(self.places, token)
        return self.mask.advance(state, token)

    def fork(self, state: Any, index: Tensor) -> Any:
        """Follow the rows at `index` (R,)."""
        self.network = self.decoder.reorder(self.network, index)
        if self.tracker is not None:
            self.places = self.tracker.reorder(self.places, index)
        self.picker.fork(index)
        self.previous = self.previous.index_select(0, index)
        return self.mask.fork(state, index)


class Rows:
    """The programs that a run writes, step by step: `for t, scores in rows: ...; rows.take(token)`.

    Attributes:
        ids: (R, T) int64, what is written so far, padded with V.
        state: the mask's.
    """

    def __init__(self, run: Run, budget: int) -> None:
        self.run = run
        self.ids = run.previous.new_full((len(run.previous), budget), run.mask.pad)  # (R, T)
        self.state = run.mask.start(len(run.previous), budget)
        self._step = 0

    def __iter__(self) -> Iterator[tuple[int, Tensor]]:
        """Each step's number and its masked logits (R, V + 1), until all rows have ended."""
        rows, budget = self.ids.shape
        finish = Finish()
        for self._step in range(budget if rows else 0):
            yield self._step, self.run.scores(self.state)
            if finish(self.run.mask.done(self.state)):
                break

    def take(self, token: Tensor, row: Tensor | None = None) -> None:
        """Write `token` (R,), each behind what stands in its row, or in the rows at `row` (R,)."""
        if row is not None:
            self.follow(row)
        self.ids[:, self._step] = token
        self.state = self.run.advance(self.state, token)

    def follow(self, row: Tensor) -> None:
        """Go on with the rows at `row` (R,)."""
        self.ids = self.ids.index_select(0, row)
        self.state = self.run.fork(self.state, row)

    def refused(self) -> Tensor:
        """(R,) bool, the rows that ended before their program was whole, as they may under a mask that is not exact."""
        mask: Any = self.run.mask
        if getattr(mask, "exact", True):
            return torch.zeros_like(self.run.picker.forced)
        found: Tensor = mask.refused(self.state)
        return found

    def decoded(
        self, logprob: Tensor, logq: Tensor, scores: Tensor | None = None, evidence: Tensor | None = None
    ) -> Decoded:
        """What was written, with log-probabilities in any shape of R numbers.

        A row at -inf is padding alone. A row that took a forced token stays, at -inf: nothing is claimed of it.
        """
        size, picker = self.run.size, self.run.picker
        lost = self.refused() | (logprob.flatten() == -torch.inf)  # (R,)
        ids = self.ids.masked_fill(lost.unsqueeze(1), self.run.mask.pad).view(*size, self.ids.shape[1])  # (N, K, T)
        logprob = logprob.flatten().masked_fill(lost | picker.forced, -torch.inf)
        return Decoded(ids, logprob.view(size), logq.view(size), picker.undefined.view(size), scores, evidence)


def sample(
    run: Run,
    budget: int,
    temperature: float,
    keys: Tensor | None,
    top_k: int | None = None,
    top_p: float = 1.0,
) -> Decoded:
    """K programs of N images: drawn with the noise of `keys` (N,) from the distribution that `tempered` makes, or the
    likeliest tokens without keys.
    """
    rows = Rows(run, budget)
    logprob = torch.zeros(len(rows.ids), dtype=torch.float64, device=rows.ids.device)  # (R,)
    logq = torch.zeros_like(logprob)
    noise = None if keys is None else row_keys(keys, run.size[1])  # (R,)
    as_it_is = temperature == 1 and top_k is None and top_p == 1
    for t, scores in rows:
        logp = scores.log_softmax(1)  # (R, V + 1)
        if noise is None:
            token = scores.argmax(1)  # (R,), the first of equals
        else:
            proposal = logp if as_it_is else tempered(scores, temperature, top_k, top_p)
            token = draw(proposal, uniform(noise, t))  # (R,)
            logq += chosen(proposal, token)
        logprob += chosen(logp, token)
        rows.take(token)
    return rows.decoded(logprob, logq)


def beam(run: Run, budget: int, merge: Sequence[tuple[int, int]] = ()) -> Decoded:
    """The K programs of N images found by beam search, the likeliest first; -inf where there are no K.

    A beam that took a forced token comes behind every beam that did not, and one that the mask refused is dropped.
    Tokens of each span in `merge` (the first, and how many) count as one choice: see `merged`.
    """
    rows = Rows(run, budget)
    total = first_only(run.size, rows.ids)  # (N, K), by which beams are chosen
    logprob = total.flatten()  # (R,)
    for _, scores in rows:
        logp = scores.log_softmax(1).double() + unclaimed(rows)  # (R, V + 1)
        choice = merged(logp, merge)
        total, row, token = best_children(total.unsqueeze(2) + choice.view(*run.size, -1), run.mask.pad)
        logprob = logprob.index_select(0, row) + chosen(logp.index_select(0, row), token)
        logprob = logprob.masked_fill(total.flatten() == -torch.inf, -torch.inf)
        rows.take(token, row)
    return rows.decoded(logprob if merge else total, torch.zeros_like(total))


def merged(logp: Tensor, spans: Sequence[tuple[int, int]]) -> Tensor:
    """Log-probabilities (R, V + 1) in which each span of tokens is one choice, that of its likeliest token.

    Its log-probability is that of all of them together; the others are closed.
    """
    found = logp
    for first, count in spans:
        block = logp[:, first : first + count]  # (R, count)
        together = torch.full_like(block, -torch.inf)
        together.scatter_(1, block.argmax(1, keepdim=True), block.logsumexp(1, keepdim=True))
        found = torch.cat([found[:, :first], together, found[:, first + count :]], 1)
    return found


def first_only(size: tuple[int, int], like: Tensor) -> Tensor:
    """(N, K) float64: 0 for the first row of each image, -inf for the others, before they differ."""
    total = torch.full(size, -torch.inf, dtype=torch.float64, device=like.device)
    total[:, :1] = 0.0
    return total


def unclaimed(rows: Rows) -> Tensor:
    """(R, 1) float64, what this step costs a beam beside its tokens: `UNCLAIMED` where its token is forced, all where
    it was refused.
    """
    cost = rows.run.picker.stuck.double() * UNCLAIMED  # (R,)
    return cost.masked_fill(rows.refused(), -torch.inf).unsqueeze(1)


def best_children(children: Tensor, pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """The K largest of an image's K * (V + 1) children (N, K, V + 1): their numbers (N, K), rows and tokens (R,).

    One that is impossible takes padding, which ends it if it had not.
    """
    images, width, columns = children.shape
    first = torch.arange(images, device=children.device).unsqueeze(1) * width  # (N, 1)
    total, best = children.flatten(1).topk(width, dim=1)  # (N, K) of K * (V + 1)
    row = (first + best // columns).flatten()  # (R,)
    token = torch.where(total > -torch.inf, best % columns, pad).flatten()  # (R,)
    return total, row, token
