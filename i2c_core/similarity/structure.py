"""How alike two programs are, by nothing but their structure.

A program is taken apart into *features*, and two programs are as far apart as the features that they do not share:

    distance = 1 - (features of both) / (features of either)

Each is counted as often as it occurs, and what both have the lesser number of times (Jaccard's distance of multisets, a
metric: symmetric, from 0 to 1, and no way round is shorter). The features of

- a command are its symbol; the symbol with the headers around it, `for`, `if`, `reflect x`, outermost first; the same
  with its words, such as `dashed`; and the same with the coefficients of its numbers, each with its loop;
- a loop, a condition or a reflection are its header; the headers around it; and all that stands in it, in no order;
- a program is all that stands in it, in no order. So the distance is 0 where the structures are equal, and only there.

Where something lies, where a mirror stands, and how many rounds a loop has are no part of the structure: a drawing and
the same drawing elsewhere, or continued, have distance 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, Statement, When

Features = Counter[Hashable]


def features_of(body: Body) -> Features:
    """The features of a program, each with how often it occurs."""
    found: Features = Counter()
    found["program", _taken_apart(body, (), found)] += 1
    return found


def distance(one: Body, other: Body) -> float:
    """How far apart the structures of two programs are, from 0 (equal) to 1 (nothing in common)."""
    return apart(features_of(one), features_of(other))


def apart(one: Features, other: Features) -> float:
    """The distance of two programs by their features."""
    both, either = (one & other).total(), (one | other).total()
    return 1 - both / either


def _taken_apart(body: Body, path: tuple[str, ...], found: Features) -> Hashable:
    """The structure of statements under headers, in no order; their features are counted in `found`."""
    return tuple(sorted((_statement(statement, path, found) for statement in body), key=repr))


def _statement(statement: Statement, path: tuple[str, ...], found: Features) -> Hashable:
    if isinstance(statement, Draw):
        symbol, words = statement.symbol, tuple(a for a in statement.args if isinstance(a, str))
        shape = (symbol, words, tuple(_coefficient(a) for a in statement.args if isinstance(a, Linear)))
        found.update([("command", symbol), (path, symbol), (path, symbol, words), (path, *shape)])
        return shape
    header = _header(statement)
    found.update([("header", header), (path, header)])
    hanging = _coefficient(statement.count) if isinstance(statement, Loop) else None
    structure = (header, hanging, _taken_apart(statement.body, (*path, header), found))
    found["statement", structure] += 1
    return structure


def _header(statement: Loop | When | Reflect) -> str:
    match statement:
        case Loop():
            return "for"
        case When():
            return "if"
        case Reflect():
            return f"reflect {statement.axis}"


def _coefficient(expression: Linear) -> tuple[int, int] | None:
    """A coefficient and the loop of its variable, outermost 0; None for a constant."""
    return None if expression.variable is None or not expression.a else (expression.variable, expression.a)


__all__ = ["Features", "apart", "distance", "features_of"]
