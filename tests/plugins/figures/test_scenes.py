"""Random scenes: legal, canonical, the same for the same seed, of all kinds, and with one truth each."""

from __future__ import annotations

import time
from collections import Counter
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core import Family
from i2c_core.datasets.sampling import Sampler
from i2c_core.raster import TokenBatch
from i2c_core.strokes import draw
from i2c_plugins.figures import FAMILY, language
from i2c_plugins.figures.commands import commands_of
from i2c_plugins.figures.geometry import strokes
from i2c_plugins.figures.scenes import sample, scene, to_program
from i2c_plugins.figures.scenes.looks import Look, bounds
from i2c_plugins.figures.scenes.pieces import PIECES, SMALL
from i2c_plugins.figures.scenes.tidy import Command, order, tidy

LARGER = language(
    "larger", 32, 20, pixels=4, most_radius=4, labels=True, grammar="i2c_grammars:diagrams.lark", budget=300
)
SIZE = (64, 64)  # pixels, 4 a cell: the ends of lines and the sides of boxes lie on borders of pixels


def scenes(count: int, seed: int = 0, most: int = 12) -> list[list[Command]]:
    r = Random(seed)
    return [scene(r, most) for _ in range(count)]


def inked(figures: list[list[Command]]) -> np.ndarray:
    """(N, H, W) ink of the commands as they stand, in any order."""
    rows = [FAMILY.to_tokens(to_program(FAMILY, f)) for f in figures]
    ids, _ = FAMILY.vocabulary.pack(rows)
    return draw(strokes(TokenBatch(ids, None, FAMILY.vocabulary)), SIZE).numpy()


@given(st.integers(0, 10**6), st.integers(1, 24))
def test_scenes_are_legal(seed: int, most: int) -> None:
    for made in scenes(20, seed, most):
        assert 1 <= len(made) <= most
        assert len(set(made)) == len(made)
        assert made == sorted(made, key=order)
        for kind, *args in made:
            assert all(1 <= a <= 15 for a in args[:4])
            if kind == "rectangle":
                assert args[0] < args[2]
                assert args[1] < args[3]
            elif kind == "line":
                assert args[:2] != args[2:4]
                assert args[4] or args[:2] < args[2:4]


@given(st.integers(0, 10**6))
def test_scenes_are_canonical_programs(seed: int) -> None:
    for made in scenes(5, seed):
        program = to_program(FAMILY, made)
        assert FAMILY.is_canonical(program)
        assert to_program(FAMILY, made[::-1]) == program
        assert len(commands_of(program)) == len(made)


@pytest.mark.parametrize(("width", "height"), [(3, 3), (5, 9), (16, 16), (32, 20)])
def test_scenes_fit_their_canvas(width: int, height: int) -> None:
    r = Random(1)
    for _ in range(200):
        for kind, *args in scene(r, 8, width, height):
            xs, ys = (args[:1], args[1:2]) if kind == "circle" else (args[:4:2], args[1:4:2])
            assert all(1 <= x < width for x in xs)
            assert all(1 <= y < height for y in ys)


@pytest.mark.parametrize(("least", "most"), [(1, 1), (5, 5), (12, 12), (18, 24), (24, 24)])
def test_scenes_have_at_least_as_many_commands_as_asked_for(least: int, most: int) -> None:
    r = Random(4)
    assert all(least <= len(scene(r, most, least=least)) <= most for _ in range(50))


def test_a_seed_says_the_scene() -> None:
    assert scenes(50, 3) == scenes(50, 3) != scenes(50, 4)
    one, other = (np.random.default_rng(5) for _ in range(2))
    assert [scene(one) for _ in range(20)] == [scene(other) for _ in range(20)]


def test_thousands_of_scenes_a_second() -> None:
    start = time.process_time()
    scenes(3000)
    assert time.process_time() - start < 3, "expected 3,000 in a second, and this machine may be slow"


def test_all_kinds_and_sizes_come() -> None:
    made = scenes(4000)
    commands = [c for figure in made for c in figure]
    kinds = Counter(c[0] for c in commands)
    lines = [c for c in commands if c[0] == "line"]
    sizes = Counter(map(len, made))
    assert all(kinds[k] > 0.15 * len(commands) for k in ("circle", "rectangle", "line"))
    assert 0.3 < sum(c[5] for c in lines) / len(lines) < 0.7
    assert 0.08 < sum(c[6] for c in lines) / len(lines) < 0.2
    assert all(sizes[n] > 0.02 * len(made) for n in range(1, 13))
    assert 0 < sum(c[0] == "circle" and (1 in c or 15 in c) for c in commands) < 0.05 * kinds["circle"]
    boxes = [bounds(figure) for figure in made]
    assert sum(x2 <= 8 and y1 >= 8 for x1, y1, x2, y2 in boxes) > sum(x1 >= 8 and y2 <= 8 for x1, y1, x2, y2 in boxes)
    assert len({tuple(figure) for figure in made}) > 0.9 * len(made)


@pytest.mark.parametrize("piece", dict.fromkeys([*(p for _, p in PIECES), *SMALL]), ids=lambda p: p.__name__)
def test_each_piece_draws_something_that_fits(piece: object) -> None:
    assert callable(piece)
    r = Random(2)
    fits = 0
    for n in (1, 2, 3, 5, 8, 12) * 20:
        made = piece(r, Look(r), n)
        assert made
        x1, y1, x2, y2 = bounds(made)
        fits += x2 - x1 <= 14 and y2 - y1 <= 14
        moved = [(k, *(a + b for a, b in zip(args, (40, 40, 40, 40), strict=False)), *args[4:]) for k, *args in made]
        assert tidy(moved, 99, 99, 99), "expected something that may stand"
    assert fits > 60


def test_every_command_leaves_ink_of_its_own() -> None:
    made = scenes(60, 6)
    whole = inked(made)
    for figure, ink in zip(made, whole, strict=True):
        less = inked([figure[:i] + figure[i + 1 :] for i in range(len(figure))])
        assert (np.abs(less - ink).max((1, 2)) > 0.1).all(), figure


def _middles(box: Command) -> list[tuple[float, float]]:
    _, x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return [(x, y1), (x, y2), (x1, y), (x2, y)]


def _with_a_border_of(plain: list[tuple[int, int, int, int]], box: Command) -> bool:
    """Whether some plain line lies on a side of a rectangle."""
    _, x1, y1, x2, y2 = box
    return any(
        x1 <= a <= x2 and x1 <= c <= x2 and y1 <= b <= y2 and y1 <= d <= y2
        and ((a == c and a in (x1, x2)) or (b == d and b in (y1, y2)))
        for a, b, c, d in plain
    )  # fmt: skip


def _is_dark(ink: np.ndarray, x: float, y: float) -> bool:
    row, column = int((16 - y) * SIZE[0] / 16), int(x * SIZE[1] / 16)
    return bool(ink[row - 1 : row + 1, column - 1 : column + 1].max() > 0.1)


def test_no_rectangle_could_stand_for_a_line() -> None:
    """By the ink: a rectangle that adds none has no plain line on its border."""
    made, looked = [f for f in scenes(400, 7) if sum(c[0] != "circle" for c in f) > 3][:40], 0
    for figure, ink in zip(made, inked(made), strict=True):
        numbers = [c for c in figure if c[0] != "circle"]
        xs = sorted({x for c in numbers for x in c[1:5:2]})
        ys = sorted({y for c in numbers for y in c[2:5:2]})
        boxes: list[Command] = [
            ("rectangle", a, c, b, d) for a, b in combinations(xs, 2) for c, d in combinations(ys, 2)
        ]
        plain = [c[1:5] for c in numbers if c[0] == "line" and not c[5] and not c[6]]
        boxes = [b for b in boxes if all(_is_dark(ink, *p) for p in _middles(b)) and _with_a_border_of(plain, b)]
        if boxes:
            more = inked([[b, *figure] for b in boxes])
            assert (np.abs(more - ink).max((1, 2)) >= 1e-3).all(), (figure, boxes)
        looked += len(boxes)
    assert looked > 40


BOX: Command = ("rectangle", 2, 2, 6, 6)


def line(x1: int, y1: int, x2: int, y2: int, look: str = "") -> Command:
    return ("line", x1, y1, x2, y2, "arrow" in look, "dashed" in look)


@pytest.mark.parametrize(
    ("what", "given_", "kept"),
    [
        ("a copy", [BOX, BOX], [BOX]),
        ("no length", [BOX, line(3, 3, 3, 3)], [BOX]),
        ("outside", [BOX, line(3, 3, 3, 16), ("circle", 0, 4), ("rectangle", 4, 4, 3, 5)], [BOX]),
        ("turned", [line(5, 5, 1, 1)], [line(1, 1, 5, 5)]),
        ("an arrow is not turned", [line(5, 5, 1, 1, "arrow")], [line(5, 5, 1, 1, "arrow")]),
        ("on a side", [line(3, 2, 9, 2), BOX], [BOX]),
        ("an arrow on a side", [BOX, line(6, 3, 6, 5, "arrow")], [BOX]),
        ("behind a side", [BOX, line(6, 6, 9, 6)], [BOX, line(6, 6, 9, 6)]),
        ("overlap", [line(1, 1, 5, 5), line(4, 4, 8, 8, "arrow")], [line(1, 1, 5, 5)]),
        ("one behind the other", [line(1, 1, 3, 2), line(5, 3, 3, 2)], [line(1, 1, 5, 3)]),
        ("three in a row", [line(1, 1, 2, 1), line(3, 1, 4, 1), line(2, 1, 3, 1)], [line(1, 1, 4, 1)]),
        ("solid behind dashed", [line(1, 1, 3, 1), line(3, 1, 5, 1, "dashed")],
         [line(1, 1, 3, 1), line(3, 1, 5, 1, "dashed")]),
        ("an arrow with a longer tail", [line(3, 1, 5, 1, "arrow"), line(1, 1, 3, 1)], [line(3, 1, 5, 1, "arrow")]),
        ("an arrow that meets a line", [line(3, 1, 5, 1, "arrow"), line(5, 1, 7, 1)],
         [line(3, 1, 5, 1, "arrow"), line(5, 1, 7, 1)]),
        ("arrows in a row", [line(3, 1, 5, 1, "arrow"), line(5, 1, 7, 1, "arrow")],
         [line(3, 1, 5, 1, "arrow"), line(5, 1, 7, 1, "arrow")]),
        ("boxes that share two lines", [BOX, ("rectangle", 4, 2, 9, 6)], [BOX]),
        ("neighbours", [BOX, ("rectangle", 6, 2, 9, 6)], [BOX, ("rectangle", 6, 2, 9, 6)]),
        ("frames", [BOX, ("rectangle", 1, 1, 7, 7)], [("rectangle", 1, 1, 7, 7), BOX]),
        ("four sides", [line(2, 2, 2, 5), line(2, 5, 6, 5), line(6, 2, 6, 5), line(2, 2, 6, 2)],
         [line(2, 2, 2, 5), line(2, 5, 6, 5), line(6, 2, 6, 5)]),
        ("four dashed sides", [line(*e, "dashed") for e in ((2, 2, 2, 5), (2, 2, 6, 2), (2, 5, 6, 5), (6, 2, 6, 5))],
         [line(*e, "dashed") for e in ((2, 2, 2, 5), (2, 2, 6, 2), (2, 5, 6, 5), (6, 2, 6, 5))]),
        ("a line that parts a box", [BOX, line(4, 2, 4, 6)], [BOX]),
        ("a line that goes on", [BOX, line(4, 2, 4, 7)], [BOX, line(4, 2, 4, 7)]),
        ("three sides at a box", [BOX, line(6, 3, 9, 3), line(6, 5, 9, 5), line(9, 3, 9, 5)],
         [BOX, line(6, 3, 9, 3), line(6, 5, 9, 5)]),
        ("a fence", [line(3, 1, 3, 9), line(6, 1, 6, 9), line(1, 3, 9, 3), line(1, 6, 9, 6)],
         [line(1, 3, 9, 3), line(1, 6, 9, 6), line(3, 1, 3, 9), line(6, 1, 6, 9)]),
    ],
)  # fmt: skip
def test_one_set_of_commands_for_one_drawing(what: str, given_: list[Command], kept: list[Command]) -> None:
    assert tidy(given_, 12) == kept


def test_no_more_than_asked_for() -> None:
    assert tidy([BOX, ("circle", 9, 9), line(1, 1, 1, 5), line(3, 1, 3, 5)], 3) == [
        ("circle", 9, 9),
        BOX,
        line(1, 1, 1, 5),
    ]


@pytest.mark.parametrize("family", [FAMILY, LARGER], ids=lambda f: f.name)
def test_a_sampler_of_about_that_size(family: Family) -> None:
    sampler = Sampler(family, 200)
    assert sampler.kind == "own"
    sizes = np.array([1, 5, 9, 40, 90, 200] * 10)
    ids, values = sampler.sample(np.random.default_rng(0), sizes)
    again, _ = sampler.sample(np.random.default_rng(0), sizes)
    assert values is None
    assert (ids == again).all()
    lengths = (ids != family.vocabulary.pad).sum(1)
    assert (lengths <= sizes).all()
    assert lengths[sizes == 200].mean() > 80
    for row in ids:
        assert family.is_canonical(family.from_tokens(row[row != family.vocabulary.pad].tolist()))
    assert sample(family, np.random.default_rng(1), 4).size == 1
