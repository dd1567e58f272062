"""Ink that no program explains, and ink that only the program has."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from i2c_core.errors import ImageError
from i2c_core.leftovers import Leftovers, Region, ink_of, leftovers

Picture = NDArray[np.uint8]


def sheet(*strokes: tuple[slice, slice], side: int = 128, ink: int = 0, paper: int = 255) -> Picture:
    picture = np.full((1, side, side), paper, np.uint8)
    for rows, columns in strokes:
        picture[0, rows, columns] = ink
    return picture


ACROSS = (slice(20, 22), slice(10, 110))
DOWN = (slice(40, 120), slice(64, 66))


def boxes(found: Leftovers) -> tuple[list[list[float]], list[list[float]]]:
    return [sides(r) for r in found.unexplained], [sides(r) for r in found.overexplained]


def sides(region: Region) -> list[float]:
    return [region.left, region.top, region.right, region.bottom]


def test_equal_pictures_leave_nothing() -> None:
    found = leftovers(sheet(ACROSS, DOWN), sheet(ACROSS, DOWN))
    assert boxes(found) == ([], [])
    assert not found.missed.any()
    assert not found.invented.any()


def test_a_stroke_that_is_missing_or_too_many() -> None:
    found = leftovers(sheet(ACROSS), sheet(DOWN))
    assert boxes(found) == ([[10 / 128, 20 / 128, 110 / 128, 22 / 128]], [[0.5, 40 / 128, 66 / 128, 120 / 128]])
    assert found.unexplained[0].ink == found.overexplained[0].ink == 1.0
    assert (found.missed == (sheet(ACROSS)[0] == 0)).all()
    some = leftovers(sheet(ACROSS, DOWN), sheet(ACROSS))
    assert [r.ink for r in some.unexplained] == [160 / 360]
    assert some.overexplained == ()


def test_strokes_a_little_off_are_the_same() -> None:
    for off in (-3, 3):
        moved = (slice(20 + off, 22 + off), slice(10, 110))
        assert boxes(leftovers(sheet(ACROSS), sheet(moved))) == ([], [])
    far = (slice(30, 32), slice(10, 110))
    assert [len(side) for side in boxes(leftovers(sheet(ACROSS), sheet(far)))] == [1, 1]


def test_specks_are_dropped_and_dashes_are_one() -> None:
    speck = (slice(5, 7), slice(5, 7))
    assert boxes(leftovers(sheet(ACROSS, speck), sheet(ACROSS))) == ([], [])
    dashes = [(slice(60, 61), slice(x, x + 2)) for x in range(10, 100, 4)]
    found = leftovers(sheet(ACROSS, *dashes), sheet(ACROSS))
    assert boxes(found) == ([[10 / 128, 60 / 128, 100 / 128, 61 / 128]], [])
    assert found.unexplained[0].box == [0.0781, 0.4688, 0.7812, 0.4766]


def test_the_most_ink_comes_first() -> None:
    found = leftovers(sheet((slice(5, 7), slice(5, 15)), ACROSS, DOWN), sheet())
    shares = [r.ink for r in found.unexplained]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (150, 255), (0, 128), (40, 90)])
def test_ink_is_what_stands_out_from_the_paper(ink: int, paper: int) -> None:
    assert (ink_of(sheet(DOWN, ink=ink, paper=paper)) == (sheet(DOWN)[0] == 0)).all()
    colour = np.repeat(sheet(DOWN, ink=ink, paper=paper), 3, 0)
    assert (ink_of(colour) == (sheet(DOWN)[0] == 0)).all()


def test_blank_and_nearly_blank_paper_has_none() -> None:
    assert not ink_of(sheet()).any()
    assert not ink_of(sheet(DOWN, ink=240)).any()
    assert boxes(leftovers(sheet(), sheet())) == ([], [])
    assert boxes(leftovers(sheet(), sheet(DOWN))) == ([], [[0.5, 40 / 128, 66 / 128, 120 / 128]])


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (3, 2, 2), (1, 256, 3)])
def test_any_shape(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 256, (2, *shape), np.uint8)
    found = leftovers(one, other)
    assert found.missed.shape == shape[1:]
    for region in (*found.unexplained, *found.overexplained):
        assert 0 <= region.left < region.right <= 1
        assert 0 <= region.top < region.bottom <= 1
        assert 0 < region.ink <= 1


def test_sizes_that_differ() -> None:
    with pytest.raises(ImageError) as caught:
        leftovers(sheet(side=8), sheet(side=9))
    assert str(caught.value) == (
        "pictures of (8, 8) and (9, 9) pixels cannot be compared\n  -> draw the second at the size of the first"
    )


def test_near_is_a_disk() -> None:
    from scipy import ndimage

    from i2c_core.leftovers import _within

    rng = np.random.default_rng(0)
    for distance in (0.5, 1.0, 1.5, 3.2, 6.4, 30.0):
        ink = rng.random((23, 31)) < 0.01
        ink[4, 30] = True
        assert (_within(ink, distance) == (ndimage.distance_transform_edt(~ink) <= distance)).all()
