"""Deriving a signature from each thing that a Lark grammar can hold."""

from __future__ import annotations

import random
from pathlib import Path

import lark
import pytest

from i2c_core.grammars import GrammarText, Syntax, derive, derive_grammar
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary
from tests.i2c_core.grammars.test_zoo import random_tokens

DERIVED = {
    "several things together": (
        'start: (key ":" key | "!")* ";"\nkey: /[a-c]/',
        "start        : (List[StartItem]) -> Start\n"
        "start_item   : (Key, Key) -> StartItem\n"
        "start_item_2 : StartItem\n"
        "KeyText      = a | b | c\n"
        "Key          > KeyText\n",
    ),
    "nested repeats": (
        'start: ((a b)+ ";" | "none")*\na: "a"\nb: "b"',
        "start         : (List[StartItem2]) -> Start\n"
        "a             : A\n"
        "b             : B\n"
        "start_item    : (A, B) -> StartItem\n"
        "start_item_2  : (List[StartItem, 1..]) -> StartItem2\n"
        "none          : StartItem2\n",
    ),
    "optional parts, each on its own": (
        'start: "go" [n] ["to" m]\nn: "n"\nm: "m"',
        "go : (List[N, 0..1], List[M, 0..1]) -> Start\nn  : N\nm  : M\n",
    ),
    "an optional part of an optional part": (
        'start: "go" [n ["to" m]]\nn: "n"\nm: "m"',
        "go_to : (N, M) -> Start\ngo    : (N) -> Start\ngo_2  : Start\nn     : N\nm     : M\n",
    ),
    "the same thing before and behind": (
        'start: n? ":" n?\nn: "n"',
        "start : (List[N, 0..1], List[N, 0..1]) -> Start\nn     : N\n",
    ),
    "templates": (
        'start: _list{n} "." pair{n, m}\n_list{x}: x ("," x)*\npair{x, y}: x "-" y\nn: "n"\nm: "m"',
        "start : (List[N, 1..], Pair) -> Start\nn     : N\npair  : (N, M) -> Pair\nm     : M\n",
    ),
    "kept tokens": (
        '!start: "a" | "b" start | PLUS\nPLUS: "+"',
        "a       : Start\nb       : (Start) -> Start\nstart_2 : Start\n",
    ),
    "repeats with bounds": (
        'start: n~2 m~1..3 n~60..70\nn: "n"\nm: "m"',
        "start : (N, N, List[M, 1..3], List[N, 60..70]) -> Start\nn     : N\nm     : M\n",
    ),
    "texts in a list": (
        "start: (WORD | INT)* \nWORD: /[a-z]+/\nINT: /[0-9]+/\n%ignore \" \"",
        "start     : (List[StartItem]) -> Start\n"
        "Word      = /[a-z]+/\n"
        "word      : (Word) -> StartItem\n"
        "Int       = /[0-9]+/\n"
        "int       : (Int) -> StartItem\n",
    ),
    "words of an enumeration are no symbols": (
        'start: "red" | color\ncolor: /red|green/\n%ignore " "',
        "",
    ),
    "an empty rule": ('start: a b\na: | "a"\nb: "b"*', "start : (A, B) -> Start\na     : A\na_2   : A\nb     : B\n"),
}  # fmt: skip


def made(grammar: str, parser: str = "lalr") -> Syntax:
    signature, root = derive(grammar, parser=parser)
    return Syntax(grammar, Vocabulary(signature, parse_type(root)), "toy", parser, "start")


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived(name: str) -> None:
    grammar, table = DERIVED[name]
    signature, root = derive(grammar)
    assert not table or signature.show() == table
    assert Signature.parse(signature.show()) == signature
    syntax = made(grammar)
    plain = lark.Lark(grammar, parser="lalr")
    calls = Syntax(derive_grammar(syntax.vocabulary), syntax.vocabulary, "toy")
    rng = random.Random(2)
    for _ in range(30):
        budget = syntax.vocabulary.shortest + rng.choice([2, 10, 30])
        program = syntax.vocabulary.decode(random_tokens(syntax.vocabulary, rng, budget))
        plain.parse(syntax.show(program))
        assert syntax.exact <= (syntax.parse(syntax.show(program)) == program)
        assert calls.parse(calls.show(program)) == program
    assert root == "Start"
