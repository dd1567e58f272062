"""The sharp razor by substructure keeps what drawing every program keeps; the rough one what the notes publish."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dataset_families import DIALS, FRAMED, MARKS, SWAPPED, all_rows
from numpy.typing import NDArray

from i2c_core.datasets import substructure
from i2c_core.datasets.composing import confirm
from i2c_core.datasets.razor import Razored, rough_razor, sharp_razor
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import DataError, FamilyError
from i2c_core.families import Family, box
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster import Renderer, Undefined

SPLITS = get_family("splits")
RGB = get_family("splits-rgb")


def plain_razor(family: Family, max_size: int, size: tuple[int, int]) -> list[tuple[int, ...]]:
    """One program at a time, from small to large, in prefix-token order: the slow truth."""
    seen: set[bytes] = set()
    kept = []
    with Renderer(family, workers=0) as renderer:
        for tokens in range(1, max_size + 1):
            for row in all_rows(family.vocabulary, tokens):
                program = family.from_tokens(row)
                drawn = renderer.render_programs([program], size)
                if drawn.defined[0] and family.is_canonical(program) and drawn.pixels.tobytes() not in seen:
                    seen.add(drawn.pixels.tobytes())
                    kept.append(row)
    return kept


def rows_of(razored: Razored) -> list[tuple[int, ...]]:
    return [tuple(r[:s]) for r, s in zip(razored.ids.tolist(), razored.sizes.tolist(), strict=True)]


@pytest.mark.parametrize("method", ["substructure", "drawing"])
@pytest.mark.parametrize("size", [(32, 32), (5, 3), (1, 2)])
def test_sharp_is_the_plain_razor(method: str, size: tuple[int, int]) -> None:
    razored = sharp_razor(SPLITS, 5, size, method=method)
    assert rows_of(razored) == plain_razor(SPLITS, 5, size)
    assert razored.method == method


@pytest.mark.parametrize("size", [(32, 32), (16, 8), (7, 5), (33, 3), (1, 1), (2, 9)])
@pytest.mark.parametrize(("family", "max_size"), [(SPLITS, 9), (RGB, 5)], ids=["splits", "splits-rgb"])
def test_substructure_keeps_what_drawing_keeps(family: Family, max_size: int, size: tuple[int, int]) -> None:
    one = sharp_razor(family, max_size, size, method="substructure")
    other = sharp_razor(family, max_size, size, method="drawing")
    assert (one.seen, one.kept) == (other.seen, other.kept)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.pixels, other.pixels)
    with Renderer(family) as renderer:
        np.testing.assert_array_equal(renderer.render(one.ids.astype(np.int64), None, size).pixels, one.pixels)


def draw_boards(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Thirds, from several types; numbers are grey levels; 'gone' has no picture."""
    if any(n.name == "gone" for n in program.nodes()):
        raise Undefined
    picture = np.zeros(size, np.uint8)
    pending = [(program, 0, 0, size[0], size[1])]
    while pending:
        node, y0, x0, y1, x1 = pending.pop()
        if not node.args:
            picture[y0:y1, x0:x1] = 40 * int(node.name) if node.name.isdigit() else np.arange(x1 - x0) % 7 * 30
        elif node.name == "turn":
            pending.append((node.args[0], y0, x0, y1, x1))
        else:
            cuts = [y0 + (y1 - y0) * i // 3 for i in range(4)]
            pending += [(a, cuts[i], x0, cuts[i + 1], x1) for i, a in enumerate(node.args)]
    return picture


THIRDS = Family(
    "thirds",
    root="Board",
    signature="""
    rows : (Cell, Board, Cell) -> Board
    turn : (Cell) -> Board
    wavy, gone : Cell
    Cell > Level
    Level = 0..2
    """,
    render=draw_boards,
    any_size=True,
    size=(9, 4),
    zooms={"rows": (box("0 0 1 1/3"), box("0 1/3 1 2/3"), box("0 2/3 1 1")), "turn": (box("0 0 1 1"),)},
)


def test_several_types_leaves_with_pictures_and_undefined_ones() -> None:
    for size in [(9, 4), (14, 3)]:
        one = sharp_razor(THIRDS, 6, size)
        assert one.method == "substructure"
        assert rows_of(one) == plain_razor(THIRDS, 6, size)
    # Where rectangles are empty, a part without a picture leaves no trace: such sizes are drawn.
    assert sharp_razor(THIRDS, 8, (2, 3)).method == "drawing"


@pytest.mark.parametrize(("family", "max_size"), [(MARKS, 6), (FRAMED, 5), (SWAPPED, 5), (DIALS, 5)])
def test_families_that_do_not_compose_are_drawn(family: Family, max_size: int) -> None:
    razored = sharp_razor(family, max_size)
    assert razored.method == "drawing"
    assert rows_of(razored) == plain_razor(family, max_size, family.size)
    with pytest.raises(FamilyError) as error:
        sharp_razor(family, max_size, method="substructure")
    assert str(error.value) == (
        f"pictures of {family.name} are not tiled by the pictures of their arguments\n"
        "  -> use the razor that draws: method='drawing'"
    )


def test_a_late_contradiction_is_told() -> None:
    razored = sharp_razor(SPLITS, 5)
    framed = dataclasses.replace(razored, family=dataclasses.replace(FRAMED, size=(32, 32)), ids=razored.ids[:, :3] * 0)
    with Renderer(framed.family) as renderer, pytest.raises(FamilyError) as error:
        confirm(dataclasses.replace(framed, ids=np.array([[0, 2, 3]]), sizes=np.array([3])), np.array([0]), renderer)
    assert str(error.value) == (
        "framed draws 'h(B, W)' otherwise than its arguments in their zooms\n"
        "  -> declare zooms only for symbols whose picture is their arguments' pictures"
    )


def test_published_table_of_the_rough_razor_and_the_sharp_one() -> None:
    told: list[tuple[int, int, int]] = []
    rough = rough_razor(SPLITS, 9, hash_size=32, progress=lambda *line: told.append(line))
    assert rough.seen == {1: 2, 3: 8, 5: 80, 7: 1024, 9: 14848}
    assert rough.kept == {1: 2, 3: 4, 5: 26, 7: 232, 9: 2348}
    assert told == [(s, rough.seen[s], rough.kept[s]) for s in rough.seen]
    sharp = sharp_razor(SPLITS, 9)
    assert sharp.kept == {1: 2, 3: 4, 5: 26, 7: 232, 9: 2368}
    assert set(rows_of(rough)) <= set(rows_of(sharp))


@pytest.mark.parametrize("family", [SPLITS, RGB], ids=["splits", "splits-rgb"])
def test_rough_is_the_same_by_drawing(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    max_size = 7 if family is SPLITS else 5
    one = rough_razor(family, max_size)
    monkeypatch.setattr("i2c_core.datasets.razor.compose", lambda *args: None)
    other = rough_razor(family, max_size)
    assert (one.seen, one.kept) == (other.seen, other.kept)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.pixels, other.pixels)


def test_rows_of_a_table() -> None:
    razored = sharp_razor(SPLITS, 5)
    assert razored.tokens(3) == ["h", "W", "B"]
    assert SPLITS.parse(razored.code(3)).size == 3
    some = razored.take(np.array([0, 5, 9]))
    assert len(some) == 3
    assert some.kept == {1: 1, 3: 1, 5: 1}
    np.testing.assert_array_equal(some.pixels, razored.pixels[[0, 5, 9]])


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError) as error:
        sharp_razor(SPLITS, 15, method="drawing")
    assert str(error.value) == (
        "splits has 68,804,698 programs of at most 15 tokens, more than 4,000,000\n"
        "  -> use a razor through size 12 at most"
    )
    monkeypatch.setattr("i2c_core.datasets.substructure.MAX_CANDIDATES", 1000)
    with pytest.raises(DataError) as error:
        sharp_razor(SPLITS, 9)
    assert str(error.value) == (
        "size 9 has 3,488 candidates, beyond the bound of 1,000\n  -> use the sharp razor through size 8 at most"
    )
    with pytest.raises(DataError) as error:
        sharp_razor(MARKS, 1)
    assert str(error.value) == "no program of marks has at most 1 tokens\n  -> use a size of at least 2"


def test_equal_sums_of_different_pictures_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(self: Substructure, shape: tuple[int, int]) -> NDArray[np.uint64]:
        return np.zeros(self.channels * shape[0] * shape[1], np.uint64)

    monkeypatch.setattr(Substructure, "_weights_of", zeros)
    with pytest.raises(DataError) as error:
        sharp_razor(SPLITS, 3)
    assert str(error.value) == "two different pictures have one weighted sum\n  -> use another reference size"


def test_many_arguments_need_several_words_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sharp_razor(SPLITS, 9)
    monkeypatch.setattr(substructure, "WORD", 1 << 6)
    np.testing.assert_array_equal(sharp_razor(SPLITS, 9).ids, whole.ids)
