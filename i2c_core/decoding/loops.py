"""The decoding loops: greedy, sampling and beam over anything that gives the next token's logits.

They share one shape: ask the network, mask, pick, advance mask, places and network. Nothing in them waits for the
device: rows that have ended emit padding, and whether all have is looked at late (see `Finish`).

Legend: N images, K rows of one image, R = N * K rows, T tokens (the budget), V tokens of the vocabulary, which pads.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from i2c_core.decoding.noise import row_keys, uniform
from i2c_core.decoding.picking import Picker, chosen, draw
from i2c_core.masks import Mask


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
    """What a loop found: ids (N, K, T), log-probabilities (N, K) float64, and (N, K) steps without a number."""

    ids: Tensor
    logprob: Tensor
    logq: Tensor
    undefined: Tensor


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
    """Network, mask and places of R = N * K rows, advanced together; `size` is (N, K)."""

    def __init__(
        self,
        decoder: StepDecoder,
        features: Any,
        mask: Mask,
        places: Tracker | None,
        size: tuple[int, int],
    ) -> None:
        self.decoder, self.mask, self.tracker, self.size = decoder, mask, places, size
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
        return self.mask.fork(state, index)


def sample(run: Run, budget: int, temperature: float, keys: Tensor | None) -> Decoded:
    """K programs of N images: drawn at `temperature` with the noise of `keys` (N,), or the likeliest tokens without
    keys.
    """
    images, samples = run.size
    ids = run.previous.new_full((images * samples, budget), run.mask.pad)  # (R, T)
    logprob = torch.zeros(images * samples, dtype=torch.float64, device=ids.device)  # (R,)
    logq = torch.zeros_like(logprob)
    noise = None if keys is None else row_keys(keys, samples)  # (R,)
    state, finish = run.mask.start(images * samples, budget), Finish()
    for t in range(budget if images else 0):
        scores = run.scores(state)  # (R, V + 1)
        logp = scores.log_softmax(1)
        if noise is None:
            token = scores.argmax(1)  # (R,), the first of equals
        else:
            proposal = logp if temperature == 1 else (scores / temperature).log_softmax(1)
            token = draw(proposal, uniform(noise, t))  # (R,)
            logq += chosen(proposal, token)
        logprob += chosen(logp, token)
        ids[:, t] = token
        state = run.advance(state, token)
        if finish(run.mask.done(state)):
            break
    logprob = logprob.masked_fill(run.picker.forced, -torch.inf)
    found = (ids.view(*run.size, budget), logprob.view(run.size), logq.view(run.size))
    return Decoded(*found, run.picker.undefined.view(run.size))


def beam(run: Run, budget: int) -> Decoded:
    """The K programs of N images found by beam search, the likeliest first; -inf where there are no K."""
    size = images, width = run.size
    rows, pad = images * width, run.mask.pad
    ids = run.previous.new_full((rows, budget), pad)  # (R, T)
    total = torch.full(size, -torch.inf, dtype=torch.float64, device=ids.device)  # (N, K)
    total[:, :1] = 0.0
    first = torch.arange(images, device=ids.device).unsqueeze(1) * width  # (N, 1)
    state, finish = run.mask.start(rows, budget), Finish()
    for t in range(budget if images else 0):
        logp = run.scores(state).log_softmax(1).double().view(*size, pad + 1)  # (N, K, V + 1)
        total, best = (total.unsqueeze(2) + logp).flatten(1).topk(width, dim=1)  # (N, K) of K * (V + 1)
        row = (first + best // (pad + 1)).flatten()  # (R,)
        # A beam that is impossible takes padding, which ends it if it had not.
        token = torch.where(total > -torch.inf, best % (pad + 1), pad).flatten()  # (R,)
        ids = ids.index_select(0, row)
        ids[:, t] = token
        state = run.advance(run.fork(state, row), token)
        if finish(run.mask.done(state)):
            break
    found = (total > -torch.inf).unsqueeze(2)  # (N, K, 1)
    ids = torch.where(found, ids.view(*size, budget), pad)
    logprob = total.masked_fill(run.picker.forced.view(size), -torch.inf)
    return Decoded(ids, logprob, torch.zeros_like(total), run.picker.undefined.view(size))
