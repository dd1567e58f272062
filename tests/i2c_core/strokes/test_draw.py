"""Clean drawings against a slow oracle: the distance of each pixel's centre to each stroke."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strokes_of_tests import CIRCLE, Figure, dashed, figures, line, made, tipped

from i2c_core.strokes import Strokes, draw
from i2c_core.strokes.drawing import OFF, ON, WIDTH

SIZES = st.tuples(st.integers(1, 70), st.integers(1, 70))


def oracle(strokes: Strokes, size: tuple[int, int], width: float = WIDTH) -> NDArray[np.float64]:
    """(N, H, W): clamp(half width + 1/2 - distance) of the nearest stroke."""
    scale = np.array([size[1] / strokes.extent[0], size[0] / strokes.extent[1]])
    half = width * scale.mean() / 2
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    centres = np.stack((x, y), -1)
    picture: NDArray[np.float64] = np.zeros((len(strokes), *size))
    for n in range(len(strokes)):
        for shape, arc, broken, item in zip(
            strokes.shape[n].double().numpy(), strokes.arc[n], strokes.dashed[n], strokes.item[n], strict=True
        ):
            if item < 0:
                continue
            length = (shape[2] + shape[3]) / 2 * abs(shape[5]) if arc else math.dist(shape[:2], shape[2:4])
            spans = [(0.0, length)]
            if broken and length > 0:
                spans = [(s, min(s + ON, length)) for s in np.arange(0, length - 1e-5, ON + OFF)]
            for low, high in spans:
                steps = np.linspace(low, high, 2 if not arc else 400) / max(length, 1e-9)
                points = np.stack([place(shape, bool(arc), t) for t in steps]) * scale
                for a, b in pairwise(points):
                    along = b - a
                    t = np.clip((centres - a) @ along / max(along @ along, 1e-12), 0, 1)
                    distance = np.linalg.norm(centres - a - t[..., None] * along, axis=-1)
                    picture[n] = np.maximum(picture[n], np.clip(half + 0.5 - distance, 0, 1))
    return picture


def place(shape: NDArray[np.float64], arc: bool, t: float) -> NDArray[np.float64]:
    point = (1 - t) * shape[:2] + t * shape[2:4]
    if arc:
        angle = shape[4] + t * shape[5]
        point = shape[:2] + shape[2:4] * np.array([np.cos(angle), np.sin(angle)])
    return point


@given(figures(), SIZES)
def test_lines_are_as_the_oracle_draws_them(figure: Figure, size: tuple[int, int]) -> None:
    strokes = made([[s for s in figure if not s.arc]])
    np.testing.assert_allclose(draw(strokes, size).numpy(), oracle(strokes, size), atol=2e-3)


@given(figures(most=2))
def test_arcs_are_as_the_oracle_draws_them(figure: Figure) -> None:
    strokes = made([figure])
    # Pieces of one pixel are straight: they leave a circle of r pixels by 1 / (8 r).
    np.testing.assert_allclose(draw(strokes, (48, 48)).numpy(), oracle(strokes, (48, 48)), atol=0.06)


@pytest.mark.parametrize(("size", "close"), [((128, 128), 0.02), ((64, 128), 0.04), ((33, 20), 0.1)])
def test_a_drawing_of_all_kinds(size: tuple[int, int], close: float) -> None:
    strokes = made([[CIRCLE, line(2, 3, 14, 3), dashed(2, 5, 14, 12), tipped(14, 3, 13.6, 2.7)]])
    np.testing.assert_allclose(draw(strokes, size).numpy(), oracle(strokes, size), atol=close)


def test_dashes_begin_with_ink_and_are_as_long_as_their_gaps() -> None:
    ink = draw(made([[dashed(1, 8, 15, 8)]]), (640, 640), width=0.02)[0, 320]
    on = (ink > 0.1).nonzero()[:, 0] / 40 - 1  # cells from the stroke's beginning
    phase = on % (ON + OFF)
    assert float(on.min()) < 0.03
    assert ((phase < ON + 0.06) | (phase > ON + OFF - 0.06)).all()
    assert len(on) == pytest.approx(14 * 40 / 2, rel=0.25)  # round ends are longer


@given(st.lists(figures(most=4), min_size=2, max_size=4))
def test_a_figure_does_not_see_its_batch(several: list[Figure]) -> None:
    together = made(several)
    drawn = draw(together, (40, 40))
    for n, figure in enumerate(several):
        assert torch.equal(drawn[n], draw(made([figure]), (40, 40))[0])
        assert torch.equal(drawn[n], draw(together.select(torch.tensor([n])), (40, 40))[0])


@given(figures())
def test_the_order_of_strokes_does_not_matter_and_drawing_is_deterministic(figure: Figure) -> None:
    drawn = draw(made([figure]), (40, 40))
    assert torch.equal(drawn, draw(made([figure[::-1]]), (40, 40)))
    assert torch.equal(drawn, draw(made([figure + figure]), (40, 40)))


def test_ink_is_a_share_and_paper_has_none() -> None:
    assert float(draw(made([[]]), (9, 7)).abs().max()) == 0
    assert draw(made([]), (9, 7)).shape == (0, 9, 7)
    drawn = draw(made([[CIRCLE, line(0, 0, 16, 16), line(-5, 3, 40, 3)]]), (128, 128))
    assert float(drawn.min()) == 0
    assert float(drawn.max()) <= 1
    assert drawn.dtype == torch.float32


def test_a_line_without_length_is_a_dot() -> None:
    drawn = draw(made([[line(8, 8, 8, 8)]]), (160, 160))[0]
    assert float(drawn.sum()) == pytest.approx(math.pi * 0.5**2, abs=1.0)


def test_widths_are_of_cells() -> None:
    thin, thick = (draw(made([[line(2, 8, 14, 8)]]), (320, 320), width=w).sum() for w in (0.1, 0.3))
    assert float(thick / thin) == pytest.approx(3, rel=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@given(st.lists(figures(most=5), min_size=1, max_size=3))
def test_a_gpu_draws_the_same(several: list[Figure]) -> None:
    strokes = made(several)
    torch.testing.assert_close(draw(strokes.to("cuda"), (64, 64)).cpu(), draw(strokes, (64, 64)), atol=1e-4, rtol=0)
