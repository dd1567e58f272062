"""Grammars of others: a signature derived from each, and random programs of it that plain Lark parses."""

from __future__ import annotations

import os
import random
import time

import lark
import pytest
from grammar_zoo import NAMES, plain_lark, syntax
from walking_grammars import random_walk

from i2c_core.errors import I2cError
from i2c_core.symbols import Signature

COUNT = int(os.environ.get("I2C_ZOO", "50"))  # programs of each grammar
REPARSE = ("english", "palindrome", "style", "turtle", "svgpath", "lark")  # not shown unambiguous


@pytest.mark.parametrize("name", NAMES)
def test_sampled_programs_are_parsed_by_plain_lark(name: str) -> None:
    made = syntax(name)
    plain = plain_lark(name)
    rng = random.Random(11)
    others = 0
    for _ in range(COUNT):
        program = random_walk(made.vocabulary, rng, rng.choice([8, 20, 60]))
        text = made.show(program)
        try:
            plain.parse(text)
        except lark.exceptions.LarkError:
            assert not made.exact, text
            others += 1  # drawn again
            continue
        found = made.parse(text)
        assert plain.parse(made.show(found))
        others += found != program
    assert made.exact == (name not in REPARSE)
    assert others == 0 if made.exact else others <= COUNT // 2


@pytest.mark.parametrize("name", NAMES)
def test_derived_signatures_are_read_back(name: str) -> None:
    signature = syntax(name).vocabulary.signature
    assert Signature.parse(signature.show()) == signature


def test_larks_own_grammar_is_ready_in_two_seconds() -> None:
    started = time.perf_counter()
    made = syntax("lark")
    assert time.perf_counter() - started < 2
    text = 'start: "a" b*\n?b.2: NAME -> name\n    | "(" b ")" ["x"i]\nNAME: /[a-z]+/i\n%import common.WS\n%ignore WS\n'
    plain = plain_lark("lark")
    assert plain.parse(made.show(made.parse(text)))


def test_damaged_texts_are_told_or_read() -> None:
    for name in ("json", "config", "english"):
        made = syntax(name)
        rng = random.Random(5)
        for _ in range(40):
            text = list(made.show(random_walk(made.vocabulary, rng, 20)))
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randint(0, 2)] = rng.choice('"{[=a1é\n ')
            try:
                program = made.parse("".join(text))
            except I2cError as error:
                assert error.hint  # noqa: PT017
            else:
                made.parse(made.show(program))
