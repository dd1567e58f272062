"""The tables that a mask is made of."""

from __future__ import annotations

import random
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from automata import Interpreter
from languages import LANGUAGES

from i2c_core.masks import Tables
from i2c_core.masks.bits import pack, pack_tensor, unpack, widen
from i2c_core.masks.rows import NEVER, make_rows
from i2c_core.masks.sequences import number_sequences
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SIGNATURE = "h : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"


def tables(bound: int = 1 << 26) -> Tables:
    return Tables.from_vocabulary(Vocabulary(Signature.parse(SIGNATURE), parse_type("Image")), bound)


def test_rows_are_costs_compared_with_each_slack() -> None:
    made = tables()
    assert (made.V, made.Y, made.K, made.pad) == (4, 1, 4, 4)
    assert [[made.cost(type_, token) for token in range(4)] for type_ in (0, 1)] == [[NEVER] * 4, [2, 4, 0, 0]]
    assert made.rows is not None
    rows = made.rows.view(2, 5, 4)
    assert not rows[0].any()
    assert rows[1].long().tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1]]


def test_rows_are_left_out_where_they_exceed_the_bound() -> None:
    assert tables(2 * 5 * 4).rows is not None
    assert tables(2 * 5 * 4 - 1).rows is None


def test_the_cheapest_token_is_open_under_every_slack() -> None:
    made = tables()
    assert made.host_plan("cells").cheapest.tolist() == [4, 2]
    assert made.openings(1) == "h, q, B, W"


def test_every_tensor_moves() -> None:
    moved = tables().to("meta")
    assert moved.device.type == "meta"
    for form in ("bits", "cells"):
        assert devices(moved.plan(form)) == {"meta"}  # type: ignore[arg-type]


def devices(part: Any) -> set[str]:
    if isinstance(part, torch.Tensor):
        return {part.device.type}
    parts = vars(part).values() if is_dataclass(part) else part if isinstance(part, tuple) else ()
    return {device for p in parts for device in devices(p)}


def test_rows_by_level_are_the_small_tables_rows() -> None:
    """A table too large to repeat equal rows gives the same masks."""
    automaton = LANGUAGES["wide"]
    costs = np.append(automaton.cost, NEVER).astype(np.int32)[automaton.production]
    first = np.arange(len(costs))
    small, large = make_rows(costs, first, 1 << 26), make_rows(costs, first, 1 << 9)
    assert small is not None
    assert large is not None
    assert small.row_of is None
    assert large.row_of is not None
    for node in first:
        for slack in range(small.K + 1):
            level = node * large.levels + large.level[slack]
            assert large.bits[large.row_of[level]].tolist() == small.bits[node * (small.K + 1) + slack].tolist()


@pytest.mark.parametrize("tokens", [1, 31, 32, 33, 64, 100])
def test_packed_rows_are_booleans_again(tokens: int) -> None:
    rows = np.random.default_rng(tokens).random((50, tokens)) < 0.5
    packed = torch.from_numpy(pack(rows))
    assert unpack(packed, tokens).tolist() == rows.tolist()
    assert torch.equal(pack_tensor(torch.from_numpy(rows)), packed)
    assert widen(pack(rows), tokens).view(np.bool_)[:, :tokens].tolist() == rows.tolist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_stack_is_deeper_than_its_bound(language: str) -> None:
    """Stacks of random programs within many budgets, in cells, stay below the slots that are counted for them."""
    automaton = LANGUAGES[language]
    sequences = number_sequences(automaton)
    choose, least = random.Random(0), int(automaton.least[1])
    deepest = 0
    for trial in range(300):
        budget = least + trial % 40
        slots = sequences.slots(1, budget)
        walk, waiting = Interpreter(automaton, budget), [1]  # sequences, the top last
        while walk.type:
            token = choose.choice(sorted(walk.legal()) or [-1])
            top = waiting.pop()
            production = automaton.production[walk.type, token]
            after = [int(sequences.rest[top]), int(sequences.opened[production])] if token >= 0 else []
            waiting += [s for s in after if s]
            assert len(waiting) - 1 <= slots
            deepest = max(deepest, len(waiting) - 1)
            walk.advance(token)
    assert (deepest > 0) == (language != "grid")  # a list of pairs alone needs no stack
