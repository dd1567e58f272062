"""Constraints of compositions, held to their oracle: the model's, a material's, both, and where some do not close.

Legend: B rows, V tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from constraints import BALANCED, Balanced, Blind
from torch import Tensor

from i2c_core import Family
from i2c_core.composing import compose
from i2c_core.decoding import family_mask
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.masks.constrained import Closing, ConstrainedMask
from i2c_core.vocabulary import Vocabulary


class Alternating:
    """A model's rule: h has no h at its left; foreign leaves are leaves. A state is (B, 2): open places, last was h."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.known = vocabulary.tokens
        self.is_h = torch.tensor([*(t == "h" for t in self.known), False])
        self.arity = torch.tensor([*vocabulary.arity.tolist(), 1])

    def start(self, batch: int, budget: int | Tensor) -> Tensor:
        return torch.tensor([1, 0]).repeat(batch, 1)

    def mask(self, state: Tensor) -> Tensor:
        return ~(self.is_h[:-1] & (state[:, 1:] == 1))

    def advance(self, state: Tensor, token: Tensor) -> Tensor:
        taken = token < len(self.known)
        last = torch.where(taken, self.is_h[token].long(), state[:, 1])
        return torch.stack((state[:, 0] + self.arity[token] - 1, last), 1)

    def fork(self, state: Tensor, index: Tensor) -> Tensor:
        return state[index]

    def least(self, state: Tensor) -> Tensor:
        return state[:, 0]

    def legal(self, tokens: Sequence[str]) -> set[str]:
        return set(self.known) - ({"h"} if tokens and tokens[-1] == "h" else set())


PLAIN = Family("plain", root="Image", signature=BALANCED)
EVEN = replace(PLAIN, name="even", constraint=Balanced)  # programs of 3, 7, 11, ... tokens
MODEL = Family("model", root="Image", signature="h : (Image, Image) -> Image\nB : Image", constraint=Alternating)
PANES = "two : (Pane, Pane) -> Frame\nglass : (Frame) -> Pane\nPane > Leaf\nleaf : Leaf"
ONLY = Family("only", root="Frame", signature=PANES, material="Leaf")


@pytest.mark.parametrize(
    ("model", "material"), [(MODEL, PLAIN), (PLAIN, EVEN), (MODEL, EVEN), (ONLY, EVEN)], ids=lambda f: f.name
)
def test_the_mask_is_exact(model: Family, material: Family) -> None:
    composed = compose(model, material)
    mask, oracle, tokens = family_mask(composed), family_oracle(composed), composed.vocabulary.tokens
    assert isinstance(mask, ConstrainedMask)
    assert mask.exact
    budget, whole = 12, set()
    generator = torch.Generator().manual_seed(0)
    budgets = torch.randint(budget - 4, budget + 1, (24,), generator=generator).tolist()
    rows = dict(enumerate(budgets))
    state = mask.start(len(rows), torch.tensor(budgets))
    prefixes: list[list[str]] = [[] for _ in rows]
    while not bool(mask.done(state).all()):
        legal = mask.legal(state)
        for row, prefix in enumerate(prefixes):
            found = {tokens[t] for t in legal[row].nonzero().flatten().tolist()}
            assert found == oracle.legal_tokens(prefix, rows[row]), " ".join(prefix)
        token = torch.rand(legal.shape, generator=generator).masked_fill(~legal, -1).argmax(1)
        token = torch.where(mask.done(state), mask.pad, token)
        for prefix, chosen in zip(prefixes, token.tolist(), strict=True):
            prefix += [tokens[chosen]] if chosen != mask.pad else []
        order = torch.randperm(len(rows), generator=generator)  # rows move, as in a beam
        state = mask.fork(mask.advance(state, token), order)
        prefixes = [list(prefixes[i]) for i in order.tolist()]
        rows = {new: rows[old] for new, old in enumerate(order.tolist())}
    assert not bool(mask.refused(state).any())
    for prefix in prefixes:
        composed.from_tokens(composed.vocabulary.names_to_ids(prefix))
        whole.add(tuple(prefix))
    assert any("even." in t or "plain." in t for p in whole for t in p)
    assert len(whole) > 8


def test_each_program_of_a_material_keeps_its_rule_by_itself() -> None:
    composed = compose(PLAIN, EVEN)
    mask = family_mask(composed)
    good = "h h even.h even.B even.W even.h even.W even.B W"
    ids = torch.tensor([composed.vocabulary.names_to_ids(good.split())])
    assert isinstance(mask, ConstrainedMask)
    mask.replay(ids, 9)  # raises where a token is closed
    state = mask.start(1, 9)
    for name in ("h", "even.h", "even.B"):
        state = mask.advance(state, torch.tensor(composed.vocabulary.names_to_ids([name])))
    open_ = {composed.vocabulary.tokens[t] for t in mask.legal(state)[0].nonzero().flatten().tolist()}
    assert open_ == {"even.W", "even.h"}


def test_without_least_in_a_part_there_is_none() -> None:
    long = Family("long", root="Frame", signature="glass : (Frame) -> Pane\nend : (Pane) -> Frame", material="Pane")
    for composed in (compose(PLAIN, replace(EVEN, constraint=Blind)), compose(long, EVEN)):
        mask = family_mask(composed)  # of the latter nothing but `even` ends, and its types say that one token does
        assert isinstance(mask, ConstrainedMask)
        assert not mask.exact
        assert not isinstance(mask.constraint, Closing)
