"""The search against the brute force: the same cost for every set, called optimal, and a program that draws the set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

import pytest
from brute_contexts import Contexts
from brute_loops import Brute
from loops_of_tests import drawings, show
from wild_programs import TIPS, drawn, wild_body

from i2c_core.loops import Body, Command, Draw, Layout, Linear, Loop, Reflect, cost_of, execute
from i2c_core.rerolling import reroll

contexts = cache(Contexts)


def everything(layout: Layout) -> list[Command]:
    """All commands of a tiny family."""
    found: set[Command | None] = set()
    for symbol, places in layout.places.items():
        ranges: list[Sequence[int | str]] = [TIPS if p.role == "-" else range(p.low, p.high + 1) for p in places]
        found |= {layout.canonical(Command(symbol, args)) for args in product(*ranges)}
    return sorted(c for c in found if c is not None)


def sets(layout: Layout, count: int, most: int, seed: str) -> Iterator[list[Command]]:
    """Sets of commands: half of them any, half of them what programs draw; none twice."""
    random, all_of_them, told = Random(seed), everything(layout), set()
    for number in range(8 * count):
        if number % 2:
            some = sorted(random.sample(all_of_them, random.randint(0, min(most, len(all_of_them)))))
        else:
            some = drawn(wild_body(layout, random, random.randint(1, 5)), layout) or []
        if len(some) <= most and tuple(some) not in told:
            told.add(tuple(some))
            yield some
        if len(told) == count:
            return


def compare(layout: Layout, known: Contexts, commands: list[Command]) -> None:
    cost, cheapest = Brute(layout, known, commands).best()
    *_, found = reroll(commands, layout)
    assert execute(found.body, layout) == commands
    assert cost_of(found.body) == found.cost
    assert (found.cost, found.bound) == (cost, cost), f"{show(found.body)}\nbrute force: {show(cheapest)}"


@pytest.mark.parametrize(
    ("commands", "columns", "rows", "depth", "count", "most"),
    [
        ("mark", 5, 1, 2, 31, 5),  # all there are
        ("circle", 3, 3, 2, 20, 7),
        ("circle", 3, 3, 3, 6, 7),
        ("circle", 4, 3, 2, 8, 9),
        ("line", 2, 2, 2, 20, 7),
        ("line", 3, 2, 2, 10, 7),
        ("rectangle", 3, 3, 2, 20, 7),
        ("disc", 3, 2, 2, 12, 7),
        ("box", 3, 2, 2, 12, 7),
        ("circle line", 3, 2, 2, 12, 7),
        ("circle rectangle mark", 3, 2, 3, 5, 6),
    ],
)
def test_the_search_finds_what_brute_force_finds(
    commands: str, columns: int, rows: int, depth: int, count: int, most: int
) -> None:
    layout = drawings(commands, columns, rows, depth)
    known = contexts(max(columns, rows), depth)
    for some in sets(layout, count, most, f"{commands} {columns}"):
        compare(layout, known, some)


def test_depth_one_has_no_loops_in_loops() -> None:
    layout = drawings("circle", 3, 3, 1)
    for some in sets(layout, 30, 9, "depth 1"):
        compare(layout, contexts(3, 1), some)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("commands", "columns", "rows", "depth", "most"),
    [
        ("circle", 4, 4, 2, 12),
        ("circle", 3, 3, 3, 9),
        ("line", 3, 3, 2, 8),
        ("rectangle", 4, 3, 2, 9),
        ("disc", 3, 3, 2, 9),
        ("box", 3, 3, 2, 9),
        ("circle line rectangle", 3, 3, 2, 9),
    ],
)
def test_the_search_finds_what_brute_force_finds_in_many_sets(
    commands: str, columns: int, rows: int, depth: int, most: int
) -> None:
    layout, seed = drawings(commands, columns, rows, depth), os.environ.get("SEED", "many")
    for some in sets(layout, 25, most, seed):
        compare(layout, contexts(max(columns, rows), depth), some)


def test_a_staircase_is_a_loop_whose_length_depends_on_another() -> None:
    layout = drawings("circle", 3, 3, 3)
    stairs = [Command("circle", (x, y)) for x in range(1, 4) for y in range(1, 5 - x)]
    compare(layout, contexts(3, 3), stairs)
    *_, found = reroll(stairs, layout)
    assert found.cost == Fraction(10, 3)  # two loops, a command, and the coefficients 1 and -1


def test_loops_three_deep_of_unequal_lengths() -> None:
    layout = drawings("disc mark", 5, 5, 3)
    discs = [(2, 3, 2), (2, 5, 2), (3, 4, 2), (5, 3, 1), (5, 3, 2), (5, 5, 1), (5, 5, 2)]
    commands = sorted([Command("disc", args) for args in discs] + [Command("mark", (x,)) for x in (1, 3, 4, 5)])
    *_, found = reroll(commands, layout)
    assert execute(found.body, layout) == commands
    assert found.optimal


FIRST, SECOND, THIRD = (Linear(1, 1, variable) for variable in range(3))
DISC: Body = (Draw("disc", (FIRST, SECOND, THIRD)),)
DEEP: dict[str, tuple[Body, int, str]] = {  # programs in which three headers pay, the sets' sizes, and their costs
    "a mirrored triangle": (
        (
            Reflect(
                "x",
                4,
                (
                    Loop(
                        Linear(3),
                        (
                            Loop(
                                Linear(3, -1, 0),
                                (Draw("disc", (Linear(1), FIRST, SECOND)), Draw("circle", (Linear(1), FIRST))),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        18,
        "16/3",
    ),
    "a pyramid": ((Loop(Linear(3), (Loop(Linear(1, 1, 0), (Loop(Linear(1, 1, 1), DISC),)),)),), 10, "4"),
    "a box": ((Loop(Linear(3), (Loop(Linear(3), (Loop(Linear(3), DISC),)),)),), 27, "4"),
    "squares": ((Loop(Linear(3), (Loop(Linear(3, -1, 0), (Loop(Linear(3, -1, 0), DISC),)),)),), 14, "13/3"),
    "a ramp": ((Loop(Linear(3), (Loop(Linear(3), (Loop(Linear(3, -1, 0), DISC),)),)),), 18, "13/3"),
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "a mirrored triangle" else pytest.mark.slow) for n in DEEP]
)
def test_where_three_headers_pay(name: str) -> None:
    program, size, cost = DEEP[name]
    layout, flat = drawings("circle disc", 3, 3, 3), drawings("circle disc", 3, 3, 2)
    commands = execute(program, layout)
    assert (len(commands), cost_of(program)) == (size, Fraction(cost))
    *_, found = reroll(commands, layout)
    *_, flatter = reroll(commands, flat)
    assert (found.cost, found.bound) == (Fraction(cost), Fraction(cost)), show(found.body)
    assert execute(found.body, layout) == commands
    assert flatter.optimal
    assert flatter.cost > found.cost
