"""Shortest programs of levels: held against a search over all programs, and against themselves."""

from __future__ import annotations

import heapq
import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CAVES, plans

from i2c_core.families import Family
from i2c_core.tilesets import (
    Mirror,
    Plan,
    Shape,
    TileSet,
    draw,
    language,
    level_of,
    plain,
    plan_of,
    program_of,
    read_tileset,
)
from i2c_core.tilesets.covering import costs_of, synthesize

SMALL = """
name = "small"
default = "b"
smallest = [3, 3]
largest = [64, 64]
[[tile]]
name = "a"
char = "a"
icon = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "#ff0000" }]
[[tile]]
name = "b"
char = "b"
icon = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "#00ff00" }]
[[tile]]
name = "c"
char = "c"
icon = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "#0000ff" }]
"""
TILES = read_tileset(SMALL, "small.toml")
FAMILY = language(TILES)
CAVE_TILES = TileSet.load(CAVES)
CAVE_FAMILY = language(CAVE_TILES)


def level(text: str) -> np.ndarray:
    return np.array([[TILES.chars.index(c) for c in row] for row in text.split()], np.uint8)


def shortest(family: Family, wanted: np.ndarray) -> int:
    """The symbols of the shortest program, by trying: slow, and certain.

    Every statement is drawn on each ground; a program is a walk from nothing painted to the level, over whatever can
    be painted on the way. Costs are sizes of programs.
    """
    rows, columns = wanted.shape
    xs, ys, tiles = range(1, columns + 1), range(1, rows + 1), range(3)
    shapes = [Shape("put", t, (x, y)) for t, x, y in product(tiles, xs, ys)]
    shapes += [Shape("across", t, (x, y, n)) for t, x, y, n in product(tiles, xs, ys, xs) if x + n <= columns + 1]
    shapes += [Shape("down", t, (x, y, n)) for t, x, y, n in product(tiles, xs, ys, ys) if y + n <= rows + 1]
    for kind, t, x1, y1, x2, y2 in product(("rectangle", "frame"), tiles, xs, ys, xs, ys):
        if x1 <= x2 and y1 <= y2:
            shapes.append(Shape(kind, t, (x1, y1, x2, y2)))
    for y, n in product(ys, xs):
        shapes += [Shape("row", -1, (y, *cells)) for cells in product(tiles, repeat=n)]

    def size(*body: Shape | Mirror) -> int:
        return (
            program_of(family, Plan(columns, rows, 0, body)).size - program_of(family, Plan(columns, rows, 0, ())).size
        )

    axes = ("left-right", "top-bottom", "both")
    put = shapes[0]
    opening = size(Mirror("both", (put,))) - (size(Mirror("both", (put, put))) - size(Mirror("both", (put,))))
    best = 10**9
    for ground in np.unique(wanted).tolist():
        layers = np.where(wanted == ground, -1, wanted.astype(int)).ravel()
        moves: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = {}
        for context in range(4):
            cheapest: dict[tuple[int, ...], int] = {}
            for shape in shapes:
                body = shape if not context else Mirror(axes[context - 1], (shape,))
                drawn = draw(Plan(columns, rows, ground, (body,))).ravel()
                painted = tuple(np.where(drawn == ground, -1, drawn.astype(int)).tolist())
                if max(painted) >= 0 and (np.array(painted) <= layers).all():
                    cheapest[painted] = min(cheapest.get(painted, 99), size(shape))
            moves[(context,)] = list(cheapest.items())
        goal = tuple(layers.tolist())
        start = tuple([-1] * len(goal))
        for opened in product((False, True), repeat=3):
            steps = moves[(0,)] + [m for c in range(3) if opened[c] for m in moves[(c + 1,)]]
            queue, seen = [(0, start)], {start: 0}
            while queue:
                cost, state = heapq.heappop(queue)
                if state == goal:
                    best = min(best, cost + opening * sum(opened) + program_of(family, Plan(columns, rows, 0, ())).size)
                    break
                if cost > seen[state]:
                    continue
                for painted, more in steps:
                    after = tuple(map(max, state, painted))
                    if cost + more < seen.get(after, 10**9):
                        seen[after] = cost + more
                        heapq.heappush(queue, (cost + more, after))
    return best


@pytest.mark.parametrize(
    "text",
    [
        "aaa aaa aaa",
        "aaa aba aac",
        "abc bca cab",
        "ccc cac ccc",
        "cac bbb cac",
        "aca cba aac",
    ],
)
def test_the_shortest_of_all_programs_is_found(text: str) -> None:
    wanted = level(text)
    *_, best = synthesize(FAMILY, plain(FAMILY, wanted))
    np.testing.assert_array_equal(level_of(FAMILY, best.program), wanted)
    assert best.cost == best.bound == best.program.size == shortest(FAMILY, wanted)


def test_a_level_of_one_tile_is_its_ground() -> None:
    wanted = np.full((9, 30), 2, np.uint8)
    *_, best = synthesize(FAMILY, plain(FAMILY, wanted))
    assert FAMILY.show(best.program) == "level 30 x 9 of c"
    assert (best.cost, best.bound) == (5, 5)


def test_what_a_short_program_looks_like() -> None:
    wanted = level("""
        cccccccccccccccc
        cabaaaaaaaaaabac
        caccaccaaccaccac
        caaaaaaaaaaaaaac
        cccccccccccccccc
    """)
    *_, best = synthesize(FAMILY, plain(FAMILY, wanted))
    assert best.cost == best.bound
    assert (
        FAMILY.show(best.program)
        == """
level 16 x 5 of c
mirror left-right {
  frame a 2, 2 to 9, 4
  put a 5, 3
  put b 3, 2
}
""".strip()
    )


def test_costs_are_sizes_of_programs() -> None:
    costs = costs_of(FAMILY)
    texts = {
        "level 3 x 3 of a": costs.ground,
        "level 3 x 3 of a\nput b 1, 1": costs.ground + costs.put,
        "level 3 x 3 of a\nacross b 1, 1 length 2\ndown b 1, 1 length 2": costs.ground + costs.across + costs.down,
        "level 3 x 3 of a\nframe b 1, 1 to 3, 3\nrectangle c 1, 1 to 2, 2": costs.ground
        + costs.frame
        + costs.rectangle,
        "level 3 x 3 of a\nrow 1 abc": costs.ground + costs.row + 3 * costs.cell,
        "level 3 x 3 of a\nmirror both {\n  put b 1, 1\n  put b 2, 1\n}": costs.ground
        + costs.mirror
        + 2 * (costs.put + costs.within),
    }
    for text, cost in texts.items():
        assert FAMILY.parse(text).size == cost, text


@given(plans(CAVE_TILES))
@settings(max_examples=15, deadline=None)
def test_answers_draw_the_same_level_and_get_better(plan: Plan) -> None:
    program = program_of(CAVE_FAMILY, Plan(min(plan.columns, 20), plan.rows, plan.ground, plan.body))
    wanted = level_of(CAVE_FAMILY, program)
    cost, bound, tick = program.size, 0, time.monotonic()
    for step in synthesize(CAVE_FAMILY, program, tick + 1.0):
        CAVE_FAMILY.check(step.program)
        np.testing.assert_array_equal(level_of(CAVE_FAMILY, step.program), wanted)
        assert step.cost == step.program.size <= cost
        assert bound <= step.bound <= step.cost
        cost, bound = step.cost, step.bound


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_no_program_is_shorter_than_the_bound(data: st.DataObject) -> None:
    columns, rows = data.draw(st.integers(3, 9)), data.draw(st.integers(3, 9))
    plan = data.draw(plans(TILES, most=4))
    given_ = program_of(FAMILY, Plan(columns, rows, plan.ground, plan.body))
    for step in synthesize(FAMILY, plain(FAMILY, level_of(FAMILY, given_)), time.monotonic() + 1.0):
        assert step.bound <= given_.size


def test_without_time_the_program_itself_is_the_answer() -> None:
    program = plain(FAMILY, np.indices((9, 9)).sum(0).astype(np.uint8) % 3)
    found = list(synthesize(FAMILY, program, time.monotonic() - 1))
    assert [step.program for step in found] == [program]
    assert found[0].bound >= 10


def test_what_is_short_already_stays_as_it_is_written() -> None:
    program = FAMILY.parse("level 9 x 9 of a\nput c 2, 2\nput b 5, 5")
    *_, best = synthesize(FAMILY, program)
    assert best.program == program
    assert best.cost == best.bound


def test_shapes_say_no_more_than_shows() -> None:
    """Beneath what is higher a shape could go on; it ends where its own tile ends."""
    wanted = level("bbbbbbbbbb baaaaaaacb bbbbbbbbbb")
    *_, best = synthesize(FAMILY, plain(FAMILY, wanted))
    shapes = plan_of(FAMILY, best.program).body
    assert Shape("across", 0, (2, 2, 7)) in shapes


@pytest.mark.slow
def test_a_large_level_has_an_answer_and_a_bound() -> None:
    rng = np.random.default_rng(0)
    wanted = np.zeros((64, 64), np.uint8)
    for x, y, w, h in rng.integers(1, 60, (60, 4)).tolist():
        wanted[y : y + h % 6, x : x + w % 6] = 1 + (w + h) % 2
    program = plain(FAMILY, wanted)
    *_, best = synthesize(FAMILY, program, time.monotonic() + 3.0)
    np.testing.assert_array_equal(level_of(FAMILY, best.program), wanted)
    assert 10 <= best.bound <= best.cost < program.size / 4
