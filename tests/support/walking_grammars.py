"""Random programs of derived languages, for tests of grammars."""

from __future__ import annotations

import random

from i2c_core.grammars import Syntax, derive
from i2c_core.programs import Program
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary


def derived(grammar: str, parser: str = "lalr", start: str = "start") -> Syntax:
    """A grammar bound to what is derived from it."""
    signature, root = derive(grammar, start, parser)
    return Syntax(grammar, Vocabulary(signature, parse_type(root)), "toy", parser, start)


def random_walk(made: Vocabulary, rng: random.Random, more: int) -> Program:
    """A program within a budget of `more` tokens than the shortest, each production that fits as likely as another."""
    ids: list[int] = []
    stack, slack = [0], more
    while stack:
        type_ = stack.pop()
        choices = [t for t in range(made.size) if (p := made.production[type_, t]) >= 0 and made.prod_cost[p] <= slack]
        token = rng.choice(choices)
        found = made.production[type_, token]
        slack -= int(made.prod_cost[found])
        ids.append(token)
        stack.extend(reversed(made.productions[found].args))
    return made.decode(ids)
