"""Sheets of sketches: as many as asked for, the same for the same seed, with their code; errors say what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from i2c_core import Family
from i2c_core.datasets.gallery import CAPTION, GAP, PAPER
from i2c_core.errors import ConfigError, DataError, FamilyError
from i2c_core.plugins import get_family
from i2c_core.raster import TokenBatch
from i2c_core.strokes import Strokes, Style
from i2c_core.strokes.sheets import draw_sketches, sketches, strokes_of

EMPTY = Style(writing=0.0, specks=0.0, rough=0.0)


def horizontals(batch: TokenBatch) -> Strokes:
    """A stroke for each token `line`, at a height that its place says."""
    ids = torch.as_tensor(batch.ids)
    here = ids == batch.vocabulary.ids["line"]
    place = torch.arange(ids.shape[1]).expand(ids.shape).float()
    shape = torch.stack((place * 0 + 1, place + 1, place * 0 + 5, place + 1, place * 0, place * 0), 2)
    no = torch.zeros_like(here)
    return Strokes(shape, no, no, no, torch.where(here, here.cumsum(1) - 1, -1), (6, 9))


RULED = Family(
    "ruled",
    root="Ruled",
    signature="line : (Ruled) -> Ruled\nend : Ruled",
    render="nowhere:render",
    batched=True,
    size=(36, 24),
    budget=7,
    strokes=horizontals,
)


def test_a_sheet_shows_as_many_as_asked_for() -> None:
    sheet = np.asarray(sketches(RULED, 10, columns=5, style=EMPTY))
    assert sheet.shape == (2 * (36 + GAP) + GAP, 5 * (24 + GAP) + GAP)
    assert (sheet[:GAP] == PAPER).all()
    cells = [
        sheet[GAP + y * 38 : GAP + y * 38 + 36, GAP + x * 26 : GAP + x * 26 + 24] for y in range(2) for x in range(5)
    ]
    assert all((cell < 240).any() for cell in cells)  # the empty program is not shown
    assert all((cell > 200).mean() > 0.3 for cell in cells)


def test_a_seed_says_the_sheet() -> None:
    one = np.asarray(sketches(RULED, 5, seed=1))
    assert (one == np.asarray(sketches(RULED, 5, seed=1))).all()
    assert (one != np.asarray(sketches(RULED, 5, seed=2))).any()


def test_cells_and_captions() -> None:
    sheet = sketches(RULED, 4, cell=72, captions=True, columns=2)
    assert sheet.size == (2 * (48 + GAP) + GAP, 2 * (72 + GAP + CAPTION) + GAP)
    assert (np.asarray(sheet)[GAP + 72 : GAP + 72 + CAPTION] < 100).any()


def test_captions_have_the_lines_of_the_code() -> None:
    figures = get_family("figures")
    plain, captioned = (sketches(figures, 4, captions=c, seed=2) for c in (False, True))
    assert captioned.height > plain.height + 2 * CAPTION
    assert (captioned.height - plain.height) % (2 * CAPTION) == 0


def test_errors() -> None:
    with pytest.raises(FamilyError) as error:
        sketches(get_family("splits"))
    hint = "give the family strokes=..., as docs/sketching.md shows, or choose another"
    assert str(error.value) == f"splits has no strokes\n  -> {hint}"
    batch = TokenBatch(torch.zeros(1, 1, dtype=torch.long), None, RULED.vocabulary)
    with pytest.raises(FamilyError) as error:
        strokes_of(replace(RULED, strokes=lambda batch: 3), batch)
    assert str(error.value) == "strokes of ruled returned int, expected Strokes\n  -> return i2c_core.strokes.Strokes"
    with pytest.raises(ConfigError) as config:
        sketches(RULED, 0)
    assert str(config.value) == "a gallery of 0 images shows nothing\n  -> use 1 or more"
    with pytest.raises(ConfigError, match="more than 100 million pixels"):
        sketches(RULED, 10**6)
    nothing = replace(RULED, strokes=lambda b: replace(horizontals(b), item=torch.full(b.ids.shape, -1)))
    with pytest.raises(DataError) as data:
        sketches(nothing, 3)
    assert str(data.value) == (
        "few programs of ruled draw a stroke\n  -> give the family a sampler of its own: sample=..."
    )


def striped(batch: TokenBatch, size: tuple[int, int], generator: torch.Generator) -> torch.Tensor:
    """Ink that is as dark as a program is long, and a little by chance."""
    long = (torch.as_tensor(batch.ids) != batch.vocabulary.pad).sum(1) / 8
    return (long + 0.01 * torch.rand(len(long), generator=generator))[:, None, None].expand(-1, *size)


def test_a_family_draws_sketches_of_its_own() -> None:
    own = replace(RULED, strokes=None, sketches=striped)
    programs = [own.parse("end"), own.parse("line(line(end))")]
    drawn = draw_sketches(own, programs, (5, 7), seed=1)
    assert drawn.shape == (2, 1, 5, 7)
    assert 217 < drawn[0].min() < 230
    assert 150 < drawn[1].max() < 165
    assert (drawn == draw_sketches(own, programs, (5, 7), seed=1)).all()
    assert np.asarray(sketches(own, 6, columns=3)).shape == (2 * (36 + GAP) + GAP, 3 * (24 + GAP) + GAP)


def test_sketches_have_to_be_ink() -> None:
    hint = "return ink (N, H, W) from 0 to 1"
    for found, what in [
        (lambda b, s, g: 3, "int"),
        (lambda b, s, g: torch.zeros(1, 4, 4), "torch.float32 of shape (1, 4, 4)"),
        (lambda b, s, g: torch.zeros(1, 5, 7, dtype=torch.uint8), "torch.uint8 of shape (1, 5, 7)"),
    ]:
        with pytest.raises(FamilyError) as error:
            draw_sketches(replace(RULED, sketches=found), [RULED.parse("end")], (5, 7))
        assert str(error.value) == f"sketches of ruled returned {what}, expected floats of shape (1, 5, 7)\n  -> {hint}"
