"""Programs with loops for tests: all there are up to a cost, and random ones that use whatever the language has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

from i2c_core.errors import ProgramError
from i2c_core.loops import Body, Command, Draw, Layout, Linear, Loop, Reflect, Statement, When, cost_of, execute
from i2c_core.loops.declaring import WORD

TIPS = ("plain", "arrow")  # the words of the families that tests use


def every_body(layout: Layout, most_cost: int, most_rounds: int, steepest: int) -> Iterator[Body]:
    """Every program of one or more statements up to a cost, coefficients apart, some of them without a meaning."""
    high = max(p.high for places in layout.places.values() for p in places)

    def linear(low: int, high: int, variables: int) -> list[Linear]:
        spread = steepest * (most_rounds - 1)
        found = [Linear(b) for b in range(low, high + 1)]
        for v, a in product(range(variables), (a for a in range(-steepest, steepest + 1) if a)):
            found += [Linear(b, a, v) for b in range(low - spread, high + spread + 1)]
        return found

    def statements(cost: int, variables: int, depth: int) -> Iterator[Statement]:
        """Those that cost exactly this, conditions apart."""
        if cost == 1:
            for symbol, places in layout.places.items():
                args: list[list[Linear | str]] = [
                    list(TIPS) if p.role == WORD else [*linear(p.low, p.high, variables)] for p in places
                ]
                yield from (Draw(symbol, found) for found in product(*args))
        if not depth:
            return
        for count in linear(1, most_rounds, variables):
            price = 1 + (count == Linear(2))
            if cost > price:
                yield from (Loop(count, body) for body in bodies(cost - price, variables + 1, depth - 1))
        axes = {p.role for places in layout.places.values() for p in places} & {"x", "y"}
        for axis, at in product(sorted(axes), range(2, 2 * high + 1)):
            if cost > 1:
                yield from (Reflect(axis, at, body) for body in bodies(cost - 1, variables, depth - 1))

    def bodies(cost: int, variables: int, depth: int) -> Iterator[Body]:
        for parts in partitions(cost):
            for chosen in product(*(list(statements(part, variables, depth)) for part in parts)):
                for under in product((False, True), repeat=len(chosen)) if variables else [(False,) * len(chosen)]:
                    yield tuple(When((s,)) if u else s for s, u in zip(chosen, under, strict=True))

    for cost in range(1, most_cost + 1):
        yield from bodies(cost, 0, layout.loops.depth)


def partitions(n: int, least: int = 1) -> Iterator[tuple[int, ...]]:
    """The ways to write n as a sum of ascending numbers.

    >>> list(partitions(3))
    [(1, 1, 1), (1, 2), (3,)]
    """
    for first in range(least, n // 2 + 1):
        yield from ((first, *rest) for rest in partitions(n - first, first))
    yield (n,)


def wild_body(layout: Layout, random: Random, leaves: int = 4, most_rounds: int = 4, tries: int = 300) -> Body:
    """A random program with a meaning, in which anything may stand anywhere.

    It grows from headers without a body: a leaf is put into one of them if the whole has a meaning then.
    """
    axes = sorted({p.role for places in layout.places.values() for p in places} & {"x", "y"})
    symbols = sorted(layout.places)

    def number(low: int, high: int, variables: int, flat: float) -> Linear:
        if not variables or random.random() < flat:
            return Linear(random.randint(low, high))
        a = random.choice((1, 1, 1, -1, -1, 2, -2, 3, -3))
        return Linear(random.randint(low, high) - a * random.choice((0, 0, 0, 1, 2)), a, random.randrange(variables))

    def header(body: Body, variables: int, depth: int) -> Body:
        """A body with one more header, somewhere in it."""
        inner = [k for k, s in enumerate(body) if not isinstance(s, Draw)]
        if inner and random.random() < 0.6:
            return _inside(body, random.choice(inner), lambda b, v, d: header(b, v, d), variables, depth)
        kind = random.random()
        if variables and kind < 0.25:
            return (*body, When(()))
        if not depth:
            return body
        if kind < 0.8:
            return (*body, Loop(number(2, most_rounds, variables, 0.6), ()))
        axis = random.choice(axes)
        ends = [p for places in layout.places.values() for p in places if p.role == axis]
        return (*body, Reflect(axis, random.randint(2 * ends[0].low, 2 * ends[0].high), ()))

    def leaf(body: Body, variables: int, depth: int) -> Body:
        inner = [k for k, s in enumerate(body) if not isinstance(s, Draw)]
        if inner and random.random() < (0.7 if variables else 0.9):
            return _inside(body, random.choice(inner), leaf, variables, depth)
        symbol = random.choice(symbols)
        args = (
            random.choice(TIPS) if p.role == WORD else number(p.low, p.high, variables, 0.4)
            for p in layout.places[symbol]
        )
        return (*body, Draw(symbol, tuple(args)))

    found: Body = ()
    for _ in range(random.choice((1, 2, 2, 3, 4, 5))):
        found = header(found, 0, layout.loops.depth)
    count = 0
    for _ in range(tries):
        more = leaf(found, 0, layout.loops.depth)
        before = drawn(found, layout) or []
        after = drawn(more, layout)
        if after and len(after) > len(before):
            found, count = more, count + 1
            if count == leaves:
                break
    return pruned(found)


Grow = Callable[[Body, int, int], Body]


def _inside(body: Body, place: int, grow: Grow, variables: int, depth: int) -> Body:
    """A body in which one of its statements has another body."""
    match body[place]:
        case Loop(count, inner):
            new: Statement = Loop(count, grow(inner, variables + 1, depth - 1))
        case Reflect(axis, at, inner):
            new = Reflect(axis, at, grow(inner, variables, depth - 1))
        case When(inner):
            new = When(grow(inner, variables, depth))
        case other:
            new = other
    return (*body[:place], new, *body[place + 1 :])


def pruned(body: Body) -> Body:
    """A program without statements whose bodies are empty."""
    found: list[Statement] = []
    for statement in body:
        if isinstance(statement, Draw):
            found.append(statement)
            continue
        inner = pruned(statement.body)
        if inner:
            found.append(replace(statement, body=inner))
    return tuple(found)


def drawn(body: Body, layout: Layout) -> list[Command] | None:
    """What a program draws, None where it has no meaning or draws nothing."""
    try:
        return execute(body, layout) or None
    except ProgramError:
        return None


def cheapest(bodies: Iterator[Body], layout: Layout) -> dict[frozenset[Command], tuple[Fraction, Body]]:
    """For each set that some program draws, the cheapest of them and its cost."""
    found: dict[frozenset[Command], tuple[Fraction, Body]] = {}
    for body in bodies:
        commands = drawn(body, layout)
        if commands:
            key, cost = frozenset(commands), cost_of(body)
            if key not in found or cost < found[key][0]:
                found[key] = cost, body
    return found


__all__ = ["cheapest", "drawn", "every_body", "partitions", "wild_body"]
