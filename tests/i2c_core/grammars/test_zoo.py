"""Grammars of others: a signature derived from each, and random programs of it that plain Lark parses."""

from __future__ import annotations

import os
import random
from importlib import resources
from pathlib import Path

import lark
import pytest

from i2c_core.errors import I2cError
from i2c_core.grammars import GrammarText, Syntax, derive
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

ZOO = Path(__file__).parent / "zoo"
COUNT = int(os.environ.get("I2C_ZOO", "60"))  # programs of each grammar
EARLEY = {"english", "palindrome"}
START = {"query": "document"}
# Texts of these may be read as another program, or not at all: they are drawn again.
NAMES = sorted(p.stem for p in ZOO.glob("*.lark")) + ["lark"]


def grammar(name: str) -> GrammarText:
    if name == "lark":
        text = (resources.files("lark") / "grammars" / "lark.lark").read_text("utf-8")
        return GrammarText(text, "lark.lark", package="lark.grammars")
    return GrammarText((ZOO / f"{name}.lark").read_text("utf-8"), f"{name}.lark", folder=ZOO)


def random_tokens(made: Vocabulary, rng: random.Random, budget: int) -> list[int]:
    """A program from the root down within a budget, each production that fits as likely as the others."""
    ids: list[int] = []
    stack = [0]
    slack = budget - made.shortest
    while stack:
        type_ = stack.pop()
        choices = [t for t in range(made.size) if (p := made.production[type_, t]) >= 0 and made.prod_cost[p] <= slack]
        token = rng.choice(choices)
        found = made.production[type_, token]
        slack -= int(made.prod_cost[found])
        ids.append(token)
        stack.extend(reversed(made.productions[found].args))
    return ids


@pytest.mark.parametrize("name", NAMES)
def test_sampled_programs_are_parsed_by_plain_lark(name: str) -> None:
    text, start = grammar(name), START.get(name, "start")
    parser = "earley" if name in EARLEY else "lalr"
    signature, root = derive(text, start, parser)
    made = Syntax(text, Vocabulary(signature, parse_type(root)), name, parser, start)
    plain = lark.Lark(text, parser=parser, start=start, import_paths=[])
    rng = random.Random(11)
    again = 0
    for _ in range(COUNT):
        program = made.vocabulary.decode(
            random_tokens(made.vocabulary, rng, rng.choice([8, 20, 60]) + made.vocabulary.shortest)
        )
        shown = made.show(program)
        try:
            plain.parse(shown)
            found = made.parse(shown)
        except (lark.exceptions.LarkError, I2cError):
            again += 1
            continue
        assert made.exact <= (found == program), shown
    assert again == 0 if made.exact else again <= COUNT // 2
