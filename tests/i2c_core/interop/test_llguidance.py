"""llguidance accepts every program of a family, and what else it accepts breaks a rule that the export named."""

from __future__ import annotations

import random

import pytest
import torch
from llg import Guide

from i2c_core.families import Family
from i2c_core.interop.llguidance import Dropped, check, export
from i2c_core.masks import PushdownMask, Tables
from i2c_core.plugins import families
from i2c_core.programs import Program

MARKS = Family(
    "marks",
    root="Picture",
    budget=16,
    signature="""
        draw : (marks: List[Mark, 1..3]) -> Picture
        dot  : (x: Cell, y: Cell) -> Mark
        row  : (y: Cell) -> Mark
        Cell = 0..7
    """,
)
BOXES = Family(
    "boxes",
    root="Picture",
    budget=30,
    signature="""
        draw : (all: List[Box, 1..2, <]) -> Picture
        box  : (x1: Cell, x2: Cell > x1) -> Box
        Cell = 0..5
    """,
)
LOOPS = Family(
    "loops",
    root="Stmt[0]",
    budget=24,
    signature="""
        for  : (n: Count, body: List[Stmt[s+1], 1..2]) -> Stmt[s]
        use  : (k: Index[0..s-1], turn: Turn, t) -> Stmt[s] for t in Shape, Count
        dot, bar : Shape
        Count = 2..5
        Index = 0..2
        Turn = -1.0..1.0 in 4 bins
        s = 0..2
    """,
)
WORDS = Family(
    "words",
    root="Start",
    budget=20,
    grammar=r"""
        start: (pair ";")+
        pair: NAME "=" value
        value: NUMBER -> number | "[" [value ("," value)*] "]" -> list | "if"i value "then" value -> choice
             | COLOUR -> colour
        COLOUR: "red" | "green"
        NUMBER: /-?(0|[1-9][0-9]?)/
        NAME: /[a-d][a-d_]{0,3}/
        COMMENT: /#[^\n]*\n/
        %ignore " "
        %ignore COMMENT
    """,
)
HELD = {"marks": MARKS, "boxes": BOXES, "loops": LOOPS, "words": WORDS}
SYNTAX = {"range", "lookaround", "priority", "keyword"}  # what may make a text unreadable
TYPES = {"range", "length", "relation", "scope", "generic", "text"}


def _families() -> list[Family]:
    return [*families(), *HELD.values()]


def _programs(family: Family, count: int) -> list[Program]:
    """Random programs within the budget."""
    torch.manual_seed(0)
    mask = PushdownMask(Tables.from_vocabulary(family.vocabulary))
    state, written = mask.start(count, family.budget), []
    for _ in range(family.budget):
        legal = mask.legal(state)
        token = torch.where(legal, torch.rand(legal.shape), -1.0).argmax(1).masked_fill(mask.done(state), mask.pad)
        written.append(token)
        state = mask.advance(state, token)
    return [family.from_tokens(row) for row in torch.stack(written, 1).tolist()]


@pytest.mark.parametrize("family", _families(), ids=lambda f: f.name)
def test_every_program_is_accepted(family: Family) -> None:
    guide = Guide(export(family).text)
    for program in _programs(family, 64):
        text = family.show(program)
        assert guide.accepts(text), text
        assert {f.kind for f in check(family, text)} <= {"canonical"}


@pytest.mark.parametrize("family", _families(), ids=lambda f: f.name)
def test_what_else_it_accepts_breaks_a_rule_that_is_named(family: Family) -> None:
    exported = export(family)
    guide, rng = Guide(exported.text), random.Random(0)
    kinds = {d.kind for d in exported.dropped}
    found = [text for text in (guide.walk(rng, 60) for _ in range(300)) if text is not None]
    assert len(set(found)) > 20
    for text in found:
        for failure in check(family, text):
            allowed = {"syntax": SYNTAX, "types": TYPES, "canonical": {"canonical", "order"}, "budget": {"budget"}}
            assert kinds & allowed[failure.kind], f"{text}\n{failure}"


def test_what_is_dropped_is_named() -> None:
    assert export(BOXES).dropped == (
        Dropped("budget", "Picture", "at most 30 tokens"),
        Dropped("length", "draw", "all: List[Box, 1..2, <]"),
        Dropped("order", "draw", "all: List[Box, 1..2, <]"),
        Dropped("relation", "box", "x2 > x1"),
        Dropped("range", "Cell", "0..5"),
    )


def test_check_says_what_fails() -> None:
    assert check(BOXES, "draw([box(1, 2), box(1, 3)])") == ()
    assert [f.kind for f in check(BOXES, "draw([box(1, 2)], 3)")] == ["syntax"]
    assert [f.kind for f in check(BOXES, "draw([box(2, 1)])")] == ["types"]
    assert [f.kind for f in check(BOXES, "draw([box(1, 3), box(1, 2)])")] == ["canonical"]
    assert [f.said for f in check(BOXES, "draw([box(1, 2)])", budget=5)] == [
        "the program has 6 tokens, the budget is 5"
    ]
