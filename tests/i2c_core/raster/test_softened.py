"""Soft renderers of compositions: what the renderer draws, with gradients where a soft material is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from composed_families import STRIPES, Size
from torch import Tensor

from i2c_core import Family, get_family
from i2c_core.composing import compose
from i2c_core.raster import Renderer, TokenBatch
from i2c_core.references import resolve

SPLITS = get_family("splits")


def ramp(batch: TokenBatch, size: Size) -> object:
    """`grey v` is v, brighter to the right."""
    soft = ramped(TokenBatch(torch.as_tensor(batch.ids), torch.as_tensor(batch.values), batch.vocabulary), size)
    pixels = (soft * 255).round().byte()
    return pixels.numpy() if isinstance(batch.ids, np.ndarray) else pixels


def ramped(batch: TokenBatch, size: Size) -> Tensor:
    column = torch.arange(size[1], dtype=torch.float64) / max(1, size[1])
    assert batch.values is not None
    level: Tensor = batch.values[:, 1, None, None, None] * column  # (N, 1, 1, W)
    return level.expand(-1, 1, size[0], -1)


RAMPS = Family(
    "ramps",
    root="Image",
    signature="grey : (Level) -> Image\nLevel = 0.0..1.0 in 4 bins",
    render=ramp,
    soft=ramped,
    batched=True,
    any_size=True,
)
TEXTS = (
    "h [grey(0.5)] v W [grey(0.75)]",
    "[grey(1.0)]",
    "q B W B W",
    "q [grey(0.1)] [grey(0.3)] [grey(0.6)] [grey(0.9)]",
)


def batch_of(family: Family, texts: tuple[str, ...]) -> tuple[TokenBatch, Tensor]:
    """Programs, and their values (N, T)."""
    ids, numbers = family.vocabulary.pack([family.to_tokens(family.parse(t)) for t in texts])
    values = torch.from_numpy(numbers)
    return TokenBatch(torch.from_numpy(ids), values, family.vocabulary), values


def softly(family: Family, batch: TokenBatch, size: Size) -> Tensor:
    assert family.soft is not None
    found: Tensor = resolve(family.soft, "test")(batch, size)
    return found


def test_it_draws_what_the_renderer_draws() -> None:
    for family, texts in (
        (compose(SPLITS, RAMPS), TEXTS),
        (compose(SPLITS, RAMPS, STRIPES), ("v ramps[grey(0.4)] stripes[red]",)),
    ):
        batch, values = batch_of(family, texts)
        for size in ((8, 8), (20, 40)):  # of the larger, pixels are numbered in two digits
            with Renderer(family) as renderer:
                hard = renderer.render(batch.ids.numpy(), values.numpy(), size).pixels
            found = softly(family, batch, size)
            assert found.shape == hard.shape
            assert np.abs(found.numpy() * 255 - hard).max() <= 0.5


def test_values_have_gradients_where_they_are_seen() -> None:
    family = compose(SPLITS, RAMPS)
    batch, values = batch_of(family, TEXTS)
    values.requires_grad_()
    left = softly(family, replace(batch, values=values), (8, 8))[..., :4].sum((1, 2, 3))
    left.sum().backward()  # type: ignore[no-untyped-call]
    # The lower right leaf of the first program does not reach the left half.
    assert values.grad is not None
    found = [row[row != 0].tolist() for row in values.grad.nan_to_num()]
    column = torch.arange(8) / 8
    assert [len(row) for row in found] == [1, 1, 0, 2]
    assert found[0] == [4 * float(column[:4].sum())]


def test_a_model_that_mixes_its_arguments_has_no_gradients() -> None:
    def mixed(batch: TokenBatch, size: Size) -> object:
        rows = np.arange(len(batch.ids))
        return batch.picture(rows, rows * 0 + 1, size) // 2

    table = "dim : (Pane) -> Image\nglass : Pane"
    dim = Family("dim", root="Image", signature=table, render=mixed, batched=True, material="Pane", any_size=True)
    family = compose(dim, RAMPS)
    batch, values = batch_of(family, ("dim([grey(0.5)])",))
    values.requires_grad_()
    assert not softly(family, replace(batch, values=values), (4, 4)).requires_grad


def test_only_a_composition_with_a_soft_material_is_soft() -> None:
    assert compose(SPLITS, STRIPES).soft is None
    assert compose(STRIPES, SPLITS).soft is None
