"""Programs of the same cost and the same commands that are easier to read.

A condition that holds for all of a loop goes, with the loop's first round; so do rounds at either end in which nothing
is drawn; and what stands in a loop without hanging on its variable leaves it where that costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, Statement, When
from i2c_core.rerolling.contexts import LEAST


def tidied(body: Body, depth: int = 0) -> Body:
    """The program, easier to read.

    Args:
        body: what stands between two brackets.
        depth: how many loops are around it.
    """
    return in_order(_tidied(statement, depth) for statement in body)


def in_order(statements: Iterable[Statement]) -> Body:
    """Loops first, then reflections, conditions and commands."""
    kinds = (Loop, Reflect, When, Draw)
    return tuple(sorted(statements, key=lambda s: (kinds.index(type(s)), str(s))))


def _tidied(statement: Statement, depth: int) -> Statement:
    match statement:
        case Draw():
            return statement
        case Loop():
            loop = replace(statement, body=tidied(statement.body, depth + 1))
            return _turned(_without_idle_rounds(_without_condition(loop, depth), depth), depth)
        case _:
            return replace(statement, body=tidied(statement.body, depth))


def _without_condition(loop: Loop, depth: int) -> Loop:
    """`for (i < 4) { if (i > 0) { A } }` as `for (i < 3) { A }`, A moved."""
    bare = _bare(loop.body)
    if bare is None or (loop.count.variable is None and loop.count.b <= LEAST):
        return loop
    return Loop(replace(loop.count, b=loop.count.b - 1), in_order(_later(s, depth, 1) for s in bare))


def _bare(body: Body) -> Body | None:
    """A loop's body without the condition that all of it stands in; None where some of it stands in none."""
    found: list[Statement] = []
    for statement in body:
        if isinstance(statement, When):
            found.extend(statement.body)
        elif isinstance(statement, Reflect) and (bare := _bare(statement.body)) is not None:
            found.append(replace(statement, body=bare))
        else:
            return None
    return tuple(found)


def _without_idle_rounds(loop: Loop, depth: int) -> Loop:
    """A loop of nothing but loops whose lengths hang on its variable, without the rounds in which all are empty."""
    inner = [s for s in loop.body if isinstance(s, Loop) and s.count.variable == depth]
    if loop.count.variable is not None or len(inner) < len(loop.body):
        return loop
    busy = [v for v in range(loop.count.b) if any(s.count.a * v + s.count.b > 0 for s in inner)]
    if not busy or (rounds := busy[-1] + 1 - busy[0]) < LEAST:
        return loop
    return Loop(Linear(rounds), in_order(_later(s, depth, busy[0]) for s in inner))


def _turned(loop: Loop, depth: int) -> Statement:
    """`for { reflect { A; B } }` as `reflect { for { A } B }`, where B does not hang on the variable."""
    mirror = loop.body[0] if len(loop.body) == 1 else None
    if not isinstance(mirror, Reflect) or loop.count.variable is not None or loop.count.b < 1:
        return loop  # what leaves a loop without rounds would be drawn
    inside = [s for s in mirror.body if isinstance(s, When) or _mentions(s, depth)]
    outside = [_outside(s, depth) for s in mirror.body if s not in inside]
    if not inside or not outside:
        return loop
    return replace(mirror, body=in_order([_tidied(replace(loop, body=tuple(inside)), depth), *outside]))


def _mentions(statement: Statement, variable: int) -> bool:
    """Whether a statement hangs on a variable, by a number or by the length of a loop."""
    if isinstance(statement, Draw):
        return any(isinstance(a, Linear) and a.variable == variable for a in statement.args)
    own = isinstance(statement, Loop) and statement.count.variable == variable
    return own or any(_mentions(s, variable) for s in statement.body)


def _outside(statement: Statement, variable: int) -> Statement:
    """A statement that leaves the loop of a variable: those of the loops within count one less."""

    def number(linear: Linear) -> Linear:
        if linear.variable is None or linear.variable < variable:
            return linear
        return replace(linear, variable=linear.variable - 1)

    return _with_numbers(statement, number)


def _later(statement: Statement, variable: int, rounds: int) -> Statement:
    """A statement in a loop that leaves out its first rounds, so that its variable is less by as much."""

    def number(linear: Linear) -> Linear:
        return replace(linear, b=linear.b + linear.a * rounds) if linear.variable == variable else linear

    return _with_numbers(statement, number)


def _with_numbers(statement: Statement, number: Callable[[Linear], Linear]) -> Statement:
    """A statement with all its numbers changed."""
    if isinstance(statement, Draw):
        return replace(statement, args=tuple(number(a) if isinstance(a, Linear) else a for a in statement.args))
    body = tuple(_with_numbers(s, number) for s in statement.body)
    if isinstance(statement, Loop):
        return Loop(number(statement.count), body)
    return replace(statement, body=body)


__all__ = ["in_order", "tidied"]
