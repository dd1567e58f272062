"""Programs with loops as plain data: what a search makes, what is executed, and what a language says in its tokens.

A program is a tuple of statements, in no order: executed, it is the set of the commands that its statements draw.
Variables are known by depth: 0 is that of the outermost loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

X, Y = "x", "y"


@dataclass(frozen=True, slots=True, order=True)
class Command:
    """One drawing command.

    Attributes:
        symbol: its symbol in the family's signature.
        args: its arguments in order: whole numbers as int, words such as `dashed` as str.
    """

    symbol: str
    args: tuple[int | str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Linear:
    """`a * variable + b`; without a variable, the constant b."""

    b: int
    a: int = 0
    variable: int | None = None

    def at(self, values: tuple[int, ...]) -> int:
        """The number, for the values of the variables in scope, outermost first."""
        return self.b if self.variable is None else self.a * values[self.variable] + self.b


@dataclass(frozen=True, slots=True, order=True)
class Draw:
    """A command whose numbers are linear in a variable; words as they are."""

    symbol: str
    args: tuple[Linear | str, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`for (i < count) { body }`: the body once for each i from 0 to count - 1; not at all where count is 0 or less."""

    count: Linear
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class When:
    """`if (i > 0) { body }`, i being the variable of the innermost loop around it."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Reflect:
    """`reflect(x = at) { body }`: the body and its mirror image, in which each x is at - x; the same for y."""

    axis: str
    at: int
    body: tuple[Statement, ...]


Statement = Draw | Loop | When | Reflect
Body = tuple[Statement, ...]


def walk(body: Body) -> Iterator[Statement]:
    """All statements, each before those in it."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if not isinstance(statement, Draw):
            waiting.extend(reversed(statement.body))


def cost_of(body: Body) -> Fraction:
    """What a program costs, as in Ellis et al. 2018, section 3.

    One for each command, loop and reflection; one more for a loop of constant length 2, which else would be a
    reflection's rival; and a third for each distinct coefficient of the program's linear expressions beyond the first.
    Conditions cost nothing.
    """
    total, coefficients = 0, set[int]()
    for statement in walk(body):
        if isinstance(statement, When):
            continue
        total += 1
        if isinstance(statement, Loop):
            total += not _coefficients(statement.count) and statement.count.b == 2
            coefficients |= _coefficients(statement.count)
        elif isinstance(statement, Draw):
            for arg in statement.args:
                if isinstance(arg, Linear):
                    coefficients |= _coefficients(arg)
    return total + Fraction(max(0, len(coefficients) - 1), 3)


def lines_of(body: Body) -> int:
    """The statements of a program, conditions included: its lines without closing brackets."""
    return sum(1 for _ in walk(body))


def nesting(body: Body) -> int:
    """How deep loops and reflections lie in each other; conditions do not count."""
    deepest, level = 0, [(statement, 0) for statement in body]
    while level:
        statement, depth = level.pop()
        if isinstance(statement, Draw):
            continue
        inner = depth + (not isinstance(statement, When))
        deepest = max(deepest, inner)
        level.extend((s, inner) for s in statement.body)
    return deepest


def _coefficients(expression: Linear) -> set[int]:
    return {expression.a} if expression.variable is not None and expression.a else set()
