"""Laws of the sketch process: seeded, whole, near the figure that it draws, and never twice alike."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from strokes_of_tests import CIRCLE, Figure, dashed, figures, line, made, tipped
from torch import Tensor

from i2c_core.strokes import Strokes, Style, draw, sketch

SIZE = (96, 96)  # 6 pixels a cell
SHAPES: Figure = [CIRCLE, line(2, 3, 14, 3), dashed(2, 9, 9, 13), line(10, 10, 14, 10), tipped(14, 10, 13.6, 9.8)]
ZERO = {f.name: (0.0, 0.0) if isinstance(getattr(Style(), f.name), tuple) else 0.0 for f in fields(Style)}
PLOTTER = Style(**(ZERO | {"width": (0.1, 0.1), "intensity": (1.0, 1.0)}))  # type: ignore[arg-type]
ALONE = replace(Style(), writing=0.0, specks=0.0)  # nothing but the figure


def drawn(strokes: Strokes, seed: int = 0, style: Style = ALONE, size: tuple[int, int] = SIZE) -> Tensor:
    return sketch(strokes, size, torch.Generator().manual_seed(seed), style)


def near(ink: Tensor, pixels: int) -> Tensor:
    """What is within some pixels of ink (N, H, W), as bool."""
    side = 2 * pixels + 1
    return F.max_pool2d((ink > 0.1).float()[:, None], side, 1, pixels)[:, 0] > 0


@given(st.lists(figures(most=5), min_size=1, max_size=3), st.integers(0, 1000))
def test_a_seed_says_the_sketch(several: list[Figure], seed: int) -> None:
    strokes = made(several)
    once = drawn(strokes, seed, Style())
    assert torch.equal(once, drawn(strokes, seed, Style()))
    assert once.shape == (len(several), *SIZE)
    assert once.dtype == torch.float32
    assert 0 <= float(once.min()) <= float(once.max()) <= 1


@given(st.lists(figures(), min_size=1, max_size=3))
def test_what_a_figure_says_stays(several: list[Figure]) -> None:
    strokes, before = made(several), made(several)
    drawn(strokes, 1, Style())
    for field in fields(Strokes):
        if field.name != "extent":
            assert torch.equal(getattr(strokes, field.name), getattr(before, field.name)), field.name


def test_other_seeds_and_figures_of_one_batch_are_drawn_by_other_hands() -> None:
    several = drawn(made([SHAPES] * 20))
    again = drawn(made([SHAPES] * 20), 1)
    for one, other in [*pairwise(several), *zip(several, again, strict=True)]:
        assert float((one - other).abs().max()) > 0.2


def test_every_figure_has_ink_and_its_darkness_varies() -> None:
    whole = [[s] for s in SHAPES if not s.tip]
    darkest = drawn(made(whole * 60), size=(128, 128)).amax((1, 2))
    assert float(darkest.min()) > 0.1
    assert float(darkest.std()) > 0.05
    totals = drawn(made([SHAPES] * 100)).sum((1, 2))
    assert float(totals.std() / totals.mean()) > 0.15


def test_every_stroke_is_drawn_near_its_place_and_nothing_is_elsewhere() -> None:
    strokes = made([SHAPES] * 100)
    inked, clean = drawn(strokes), draw(strokes, SIZE)
    within = near(clean, 6)  # a cell
    dark = inked > 0.15  # paper is not all white
    outside = (dark & ~within).sum((1, 2)) / dark.sum((1, 2))
    assert float(outside.max()) < 0.05
    assert float(outside.mean()) < 0.005
    for number, stroke in enumerate(SHAPES):
        alone = draw(made([[stroke]]), SIZE)
        found = (near(inked, 6) & (alone > 0.1)).sum((1, 2)) / (alone > 0.1).sum()
        assert float(found.min()) > 0.6, number
        assert float(found.mean()) > 0.95, number


def test_a_plotter_draws_what_is_meant() -> None:
    strokes = made([[s for s in SHAPES if not s.dashed]] * 8)
    inked, clean = drawn(strokes, 0, PLOTTER), draw(strokes, SIZE)
    assert not (inked > 0.3)[~near(clean, 1)].any()
    assert (near(inked, 1) | (clean < 0.3)).all()


def test_paper_stays_nearly_white() -> None:
    empty = drawn(made([[]] * 50), 0, Style(writing=0.0))
    assert float(empty.mean()) < 0.02
    written = drawn(made([[]] * 50), 0, Style(writing=1.0, specks=0.0))
    assert float((written.amax((1, 2)) > 0.2).float().mean()) > 0.8
    assert drawn(made([]), 0, Style()).shape == (0, *SIZE)


@pytest.mark.parametrize(
    "name", ["sheet_shift", "sheet_turn", "sheet_scale", "item_shift", "item_bend", "end", "overshoot", "wobble", "bow"]
)
def test_each_kind_of_carelessness_moves_ink_further_the_greater_it_is(name: str) -> None:
    strokes = made([SHAPES] * 16)
    still = drawn(strokes, 0, PLOTTER)
    moved = []
    for factor in (1.0, 4.0):
        careless: Style = replace(PLOTTER, care=(1.0, 1.0), **{name: factor * getattr(Style(), name)})
        moved.append(float((drawn(strokes, 0, careless) - still).abs().mean()))
    assert 0 < moved[0] < moved[1]


def test_lengths_are_of_cells_at_every_size() -> None:
    """Twice the pixels show the same drawing: chance that moves strokes is drawn before the pixels are known."""
    style = replace(ALONE, rough=0.0, threshold=0.0)
    small = drawn(made([SHAPES] * 4), 3, style)
    large = drawn(made([SHAPES] * 4), 3, style, (192, 192))
    both = F.avg_pool2d(large[:, None], 2)[:, 0]
    overlap = (near(both, 2) & (small > 0.3)).sum() / (small > 0.3).sum()
    assert float(overlap) > 0.95


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_sketches_too() -> None:
    strokes = made([SHAPES] * 8).to("cuda")
    once, again = (sketch(strokes, SIZE, torch.Generator("cuda").manual_seed(0)) for _ in range(2))
    assert torch.equal(once, again)
    assert (once.amax((1, 2)) > 0.1).all()
