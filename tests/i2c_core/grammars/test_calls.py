"""Call notation from a signature alone: all its programs are written, and parse back."""

from __future__ import annotations

import random

import pytest
from walking_grammars import random_walk

from i2c_core.families import Family

SIGNATURES = {
    "a symbol of words and of numbers": (
        "expr0 : Expr\neq : (t, t) -> Expr for t in Num, Flag\nExpr > Num\nNum = 0..1\nFlag = no | yes",
        "Expr",
    ),
    "a symbol of numbers that overlap": (
        "eq : (t, t) -> Expr for t in Small, Large, Turn\nSmall = 0..1\nLarge = 0..9\nTurn = 0.0..1.0 in 3 bins",
        "Expr",
    ),
    "a symbol of any type": (
        "expr0 : Expr\npick : (Flag, t, t) -> t\neq : (t, t) -> Expr for t in Num, Turn, Flag\nExpr > Num\n"
        "Num = -1..2\nTurn = 0.0..1.0 in 2 bins\nFlag = no | yes",
        "Expr",
    ),
    "a type without programs in a list": (
        "shape0 : (x: Num[0..s-1]) -> Shape[s]\ns = 0..0\nNum = -1..2",
        "List[Shape[0], <]",
    ),
    "a list of at most none": ("expr0 : (n: Num) -> Expr\nNum = 1..4", "List[Expr, 0..0]"),
    "a list of lists of nothing": (
        "expr0 : (a: List[List[Num[0..s-1]]], b: Num) -> Expr[s]\nNum = 0..1\ns = 0..0",
        "Expr[0]",
    ),
    "texts of a type that includes them": (
        'expr0 : (n: Num) -> Expr\nexpr1 : (Expr) -> Expr\nExpr > Word\nNum = -1..2\nWord = /b(ab)*/ over [ab"]',
        "Expr",
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_programs_are_written_and_read(name: str) -> None:
    table, root = SIGNATURES[name]
    family = Family("calls", root=root, signature=table)
    rng = random.Random(1)
    assert family.is_exact
    for _ in range(40):
        program = random_walk(family.vocabulary, rng, rng.choice([2, 10, 20]))
        assert family.parse(family.show(program)) == program


def test_a_symbol_of_overlapping_types_says_its_type() -> None:
    table = "eq : (t, t) -> Expr for t in Small, Large\nSmall = 0..1\nLarge = 0..9"
    family = Family("calls", root="Expr", signature=table)
    assert family.show(family.parse("eq[Large](0, 1)")) == "eq[Large](0, 1)"
    apart = Family("calls", root="Expr", signature=table.replace("0..9", "2..9"))
    assert apart.show(apart.parse("eq(3, 2)")) == "eq(3, 2)"
