"""Our mask as a logits processor of Hugging Face's `generate`: greedy, sampling, beams, batches of prompts.

`generate` shows a processor all tokens so far and the scores of the next, and says nothing of what it did between two
calls. So each row's parent, the row of the call before that it goes on from, is found by its prefix: rows are hashed,
the hash is looked up among those of the call before, and the prefix found is compared. All of that is tensor work on
the model's device. Then the mask takes one step for the whole batch.

Legend: R rows (prompts times beams), T columns so far, P columns of the prompt, V tokens of the language, W columns of
the model's scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from i2c_core.errors import ConfigError, suggest
from i2c_core.masks import Mask

CLOSED = float("-inf")
WEIGHTS = 1024  # random numbers that are drawn at a time


class _Call(NamedTuple):
    """What is kept of a call: rows (R, T), their hashes (R,) and the mask's state."""

    rows: Tensor
    key: Tensor
    state: Any


class MaskProcessor:
    """Opens exactly what the mask opens, then `eos`, then `pad`; every other column of the scores is closed.

    The scores that it returns are log-probabilities over the open tokens, so that those of a sequence add up to the
    logarithm of its probability. A legal token without a finite score counts as closed; where no legal token has one,
    the mask's cheapest is forced, so that the program still ends within its budget.

    Args:
        mask: a mask on the model's device.
        ids: the model's id of each token: a mapping from names, or V numbers in the mask's order.
        budget: the most tokens of a program, `eos` not counted.
        eos: the id that ends a sequence once its program is whole; None writes `pad` there.
        pad: the id behind the end; None takes `eos`.
        names: the mask's tokens, where `ids` is a mapping and the mask does not tell them itself.

    >>> from i2c_core.masks import PushdownMask, Tables
    >>> from i2c_core.symbols import Signature
    >>> from i2c_core.types import parse_type
    >>> from i2c_core.vocabulary import Vocabulary
    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> mask = PushdownMask(Tables.from_vocabulary(Vocabulary(signature, parse_type("Image"))))
    >>> processor = MaskProcessor(mask, {"h": 4, "B": 5, "W": 6}, budget=3, eos=1)
    >>> prompt, scores = torch.tensor([[0]]), torch.zeros(1, 8)
    >>> processor(prompt, scores).exp().round(decimals=2).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.33000001311302185, 0.33000001311302185, 0.33000001311302185, 0.0]]
    >>> processor(torch.tensor([[0, 5]]), scores).exp().tolist()
    [[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        mask: Mask,
        ids: Mapping[str, int] | Sequence[int] | Tensor,
        budget: int,
        *,
        eos: int | None = None,
        pad: int | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        if eos is None and pad is None:
            raise ConfigError("neither eos nor pad is given", "name the model's id behind a program: eos=2")
        mask.require_budget(budget)
        self.mask = mask
        self.budget = budget
        self.eos = eos
        self.pad: int = pad if pad is not None else eos  # type: ignore[assignment]  # one of them is given
        numbers = _numbers(mask, ids, names)
        ends = [self.pad] if eos is None or eos == self.pad else [self.pad, eos]
        _require_apart(numbers, ends)
        self._width = max([*numbers, *ends]) + 1
        self._columns = torch.tensor([*numbers, *ends], device=mask.device)  # (V + 1,) or (V + 2,)
        known = torch.full((self._width + 1,), mask.pad, device=mask.device)  # (W' + 1,), the last for all beyond
        known[self._columns[: mask.pad]] = torch.arange(mask.pad, device=mask.device)
        self._known = known
        self._weights = torch.zeros(0, dtype=torch.int64, device=mask.device)
        self.reset()

    def reset(self) -> None:
        """Forget the last sequences: the next call begins new ones. `arguments` does it too."""
        self._prompt: Tensor | None = None  # (R, P)
        self._before: list[_Call] = []  # the calls of one column less, one a group of beams
        self._now: list[_Call] = []  # the calls of as many columns as the last one had

    def arguments(self, **more: object) -> dict[str, Any]:
        """Keyword arguments for one `generate`, which begins anew: `model.generate(**inputs, **processor.arguments())`.

        It leaves room for `budget` tokens and `eos`, and asks to renormalise, so that scores stay log-probabilities
        behind temperature, top-k and nucleus. With `do_sample` top-k is off, where `generate` would take the best 50.
        Whatever is in `more` goes first.
        """
        self.reset()
        found: dict[str, Any] = {
            "logits_processor": [self],
            "max_new_tokens": self.budget + (self.eos is not None),
            "eos_token_id": self.eos,
            "pad_token_id": self.pad,
            "renormalize_logits": True,
        }
        if more.get("do_sample"):
            found["top_k"] = 0
        return {**found, **more}

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Log-probabilities (R, W) over what is open behind `input_ids` (R, T), from the model's `scores` (R, W)."""
        self._require(input_ids, scores)
        call = self._follow(input_ids)
        self._now.append(call)
        return self._scores(call.state, input_ids[:, -1], scores)

    def programs(self, sequences: Tensor) -> Tensor:
        """What `generate` returned as token ids of the language (R, T - P), with the mask's `pad` behind the end."""
        start = 0 if self._prompt is None else self._prompt.shape[1]
        return self._tokens(sequences[:, start:])

    def _follow(self, rows: Tensor) -> _Call:
        """The call with the state of each row, from the call before."""
        columns, last = rows.shape[1], self._now[-1].rows.shape[1] if self._now else -1
        begun = -1 if self._prompt is None else self._prompt.shape[1]
        if columns == last + 1:
            self._before, self._now = self._now, []
        elif columns != last or (columns > begun and len(self._now) >= len(self._before)):
            if begun < columns <= last and self._is_prompt(rows[:, :begun]):
                return self._replay(rows, begun)  # some tokens were taken back, as assisted decoding does
            self.reset()
        if not self._before or columns == begun:
            self._prompt = rows
            return _Call(rows, self._key(rows), self.mask.start(len(rows), self.budget))
        token = self._tokens(rows[:, -1])  # (R,)
        if columns == begun + 1:
            state = self.mask.start(len(rows), self.budget)
        else:
            parent, found = self._parents(rows[:, :-1], self._before[len(self._now)])
            state = self.mask.fork(self._before[len(self._now)].state, parent)
            token = token.masked_fill(~found, self.mask.pad)  # which closes the row
        return _Call(rows, self._key(rows), self.mask.advance(state, token))

    def _parents(self, prefix: Tensor, before: _Call) -> tuple[Tensor, Tensor]:
        """For each prefix (R, T) a row of the call before that equals it, (R,), and whether there is one, bool (R,)."""
        order = before.key.argsort()
        place = torch.searchsorted(before.key[order], self._key(prefix)).clamp(max=len(order) - 1)
        parent = order[place]  # (R,)
        found = (before.rows[parent] == prefix).all(1)  # (R,)
        if found.device.type == "cpu":  # elsewhere asking would wait for the device
            _require_found(found)
        return parent, found

    def _replay(self, rows: Tensor, begun: int) -> _Call:
        """The call with each row's state from its first token on."""
        state = self.mask.start(len(rows), self.budget)
        for token in self._tokens(rows[:, begun:]).unbind(1):
            state = self.mask.advance(state, token)
        self._before, self._now = [_Call(rows, self._key(rows), state)], []
        return self._before[0]

    def _is_prompt(self, rows: Tensor) -> bool:
        return self._prompt is not None and torch.equal(rows, self._prompt)

    def _key(self, rows: Tensor) -> Tensor:
        """A hash of each row, (R,): a sum of products with fixed random numbers, modulo 2**64."""
        columns = rows.shape[1]
        while columns > len(self._weights):
            noise = torch.Generator().manual_seed(len(self._weights))
            least, most = torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max
            more = torch.randint(least, most, (WEIGHTS,), generator=noise)
            self._weights = torch.cat([self._weights, more.to(rows.device)])
        return (rows * self._weights[:columns]).sum(1)

    def _tokens(self, ids: Tensor) -> Tensor:
        """The language's tokens for the model's ids, the mask's `pad` for all others."""
        beyond = (ids < 0) | (ids > self._width)
        return self._known[ids.masked_fill(beyond, self._width)]

    def _scores(self, state: Any, last: Tensor, scores: Tensor) -> Tensor:
        legal, done = self.mask.legal(state), self.mask.done(state)  # (R, V), (R,)
        some = scores.index_select(1, self._columns).float()  # (R, V + 1) or (R, V + 2)
        open_ = legal & some[:, : legal.shape[1]].isfinite()  # (R, V)
        none = ~open_.any(1) & ~done  # (R,)
        cheapest = self.mask.cheapest(state).clamp(max=legal.shape[1] - 1).unsqueeze(1)  # (R, 1)
        forced = torch.zeros_like(open_).scatter_(1, cheapest, none.unsqueeze(1))  # (R, V)
        if self.eos is None or self.eos == self.pad:
            ends = done.unsqueeze(1)  # (R, 1)
        else:
            ended = done & ((last == self.eos) | (last == self.pad))  # (R,)
            ends = torch.stack([ended, done & ~ended], 1)  # (R, 2)
        certain = torch.cat([forced, ends], 1)  # open, and the only one in its row
        some = torch.where(torch.cat([open_, torch.zeros_like(ends)], 1), some, CLOSED).masked_fill(certain, 0.0)
        found = torch.full_like(scores, CLOSED)
        return found.index_copy_(1, self._columns, some.log_softmax(1).to(scores.dtype))

    def _require(self, input_ids: Tensor, scores: Tensor) -> None:
        if scores.shape[1] < self._width:
            fact = f"the scores have {scores.shape[1]} columns, the language's ids reach {self._width - 1}"
            raise ConfigError(fact, "use ids of this model, or make its vocabulary larger: resize_token_embeddings")
        for name, tensor in (("scores", scores), ("input_ids", input_ids)):
            if tensor.device != self.mask.device:
                fact = f"{name} are on {tensor.device}, the mask is on {self.mask.device}"
                raise ConfigError(fact, f"make the mask of tables.to('{tensor.device}')")


def _require_found(found: Tensor) -> None:
    if not bool(found.all()):
        row = int((~found).nonzero()[0])
        fact = f"row {row + 1} of this call goes on from no row of the call before"
        raise ConfigError(fact, "begin each generate with processor.arguments(), or call processor.reset()")


def _numbers(mask: Mask, ids: Mapping[str, int] | Sequence[int] | Tensor, names: Sequence[str] | None) -> list[int]:
    """The model's id of each token, in the mask's order."""
    if not isinstance(ids, Mapping):
        numbers = [int(i) for i in (ids.tolist() if isinstance(ids, Tensor) else ids)]
        if len(numbers) != mask.pad:
            raise ConfigError(f"{len(numbers)} ids for {mask.pad} tokens", "give one id a token, in the mask's order")
        return numbers
    if names is None:
        names = getattr(getattr(mask, "tables", None), "tokens", None)
    if names is None:
        raise ConfigError("this mask does not tell its tokens", "name them in its order: names=vocabulary.tokens")
    for name in ids:
        if name not in names:
            raise ConfigError(f"{name!r} is no token of the language", suggest(name, names, "leave it out"))
    for name in names:
        if name not in ids:
            raise ConfigError(f"token {name!r} has no id", "give every token of the language an id of the model")
    return [int(ids[name]) for name in names]


def _require_apart(numbers: Sequence[int], ends: Sequence[int]) -> None:
    """Each id is a number of its own from 0 on."""
    taken: set[int] = set()
    for number in [*numbers, *ends]:
        if number < 0:
            raise ConfigError(f"id {number} is below 0", "use ids of the model's vocabulary")
        if number in taken:
            raise ConfigError(f"id {number} is given twice", "give tokens, eos and pad ids of their own")
        taken.add(number)
