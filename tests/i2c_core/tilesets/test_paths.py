"""SVG path data as contours."""

from __future__ import annotations

import math

import numpy as np
import pytest

from i2c_core.tilesets import PathError, flatten, read_path


def area(points: np.ndarray) -> float:
    """Of a polygon (P, 2), positive where it runs clockwise as seen."""
    after = np.roll(points, -1, 0)
    return float((points[:, 0] * after[:, 1] - points[:, 1] * after[:, 0]).sum() / 2)


def test_straight_pieces_absolute_and_relative() -> None:
    one = read_path("M 0 0 H 1 V .5 L 0 .5 Z")
    two = read_path("m0,0h1v.5l-1,0z")
    assert one == two
    assert [p.shape[:4] for p in one[0].pieces] == [(0, 0, 1, 0), (1, 0, 1, 0.5), (1, 0.5, 0, 0.5), (0, 0.5, 0, 0)]
    assert one[0].closed
    assert flatten(one[0]).tolist() == [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]
    assert not read_path("M 0 0 1 0 1 1")[0].closed


def test_two_half_circles_are_one_ellipse() -> None:
    (curve,) = read_path("M .1 .5 a .4 .3 0 1 1 .8 0 a .4 .3 0 1 1 -.8 0 z")
    (piece,) = curve.pieces
    assert piece.arc
    assert curve.closed
    np.testing.assert_allclose(piece.shape, (0.5, 0.5, 0.4, 0.3, math.pi, 2 * math.pi), atol=1e-9)
    assert area(flatten(curve, 1e-4)) == pytest.approx(math.pi * 0.12, rel=1e-3)


def test_arcs_end_where_they_should() -> None:
    for large in (0, 1):
        for clockwise in (0, 1):
            for turn in (0, 30, 90):
                (curve,) = read_path(f"M .2 .3 A .5 .4 {turn} {large} {clockwise} .6 .7")
                np.testing.assert_allclose(curve.pieces[0].at(0), (0.2, 0.3), atol=1e-9)
                np.testing.assert_allclose(curve.pieces[-1].at(1), (0.6, 0.7), atol=1e-9)
    (flat,) = read_path("M 0 0 A 0 1 0 0 1 1 0")  # a radius of nothing is a straight line
    assert [p.arc for p in flat.pieces] == [False]
    (grown,) = read_path("M 0 0 A .1 .1 0 0 1 1 0")  # radii that are too small grow
    np.testing.assert_allclose(grown.pieces[0].shape[:4], (0.5, 0, 0.5, 0.5), atol=1e-9)
    (packed,) = read_path("M0 0a.5.5 0 01.5.5")  # flags need nothing between them
    np.testing.assert_allclose(packed.pieces[0].at(1), (0.5, 0.5), atol=1e-9)


def test_beziers_pass_where_they_should() -> None:
    (cubic,), (quadratic,) = read_path("M 0 0 C 0 1 1 1 1 0"), read_path("M 0 0 q .5 1 1 0")
    middle = len(cubic.pieces) // 2
    np.testing.assert_allclose(cubic.pieces[middle].at(0), (0.5, 0.75))
    np.testing.assert_allclose(quadratic.pieces[middle].at(0), (0.5, 0.5))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the path '' draws nothing\n  -> write it as SVG path data, for example \"M 0 0 L 1 1\""),
        ("L 1 1", "the path 'L 1 1' begins with 'L'\n  -> begin with M and a point"),
        ("1 1", "the path '1 1' begins with a number\n  -> begin with M and a point"),
        ("M 0 0 L 1", "the path 'M 0 0 L 1' has too few numbers at its end\n"),
        ("M 0 0 L 1 H 2", "the path 'M 0 0 L 1 H 2' has too few numbers before 'H'\n"),
        ("M 0 0 L 1 ?", "the path 'M 0 0 L 1 ?' cannot be read at character 10\n"),
        ("M 0 0 A 1 1 0 2 0 1 1", "the path 'M 0 0 A 1 1 0 2 0 1 1' has no flag 0 or 1 at character 14\n"),
        ("M 0 0 S 1 1 1 1", "the path 'M 0 0 S 1 1 1 1' has the command 'S'\n"),
    ],
)
def test_what_is_no_path(text: str, told: str) -> None:
    with pytest.raises(PathError) as error:
        read_path(text)
    assert str(error.value).startswith(told)
