"""The check of strokes. Legend: N programs, S strokes of a program, K points along a stroke, H W pixels."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.elements import elements_of
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Renderer, TokenBatch
from i2c_core.strokes import Strokes
from i2c_core.strokes.sheets import strokes_of
from i2c_core.strokes.strokes import locate
from i2c_core.testing.samples import some_programs

BEYOND = 1.0  # cells that strokes may reach beyond the grid: shapes at its border, and heads of arrows
POINTS = 8  # along a stroke
NEAR = 0.35  # cells around a point within which the picture has ink
LEAST = 0.75  # the share of the points that has: gaps of dashes and what is beyond the picture has none
CONTRAST = 0.15  # of the full range, between ink and paper


def check_strokes(family: Family) -> str | None:
    """Strokes are well formed, the same in any batch, on their grid, and where the picture has ink.

    Returns why it could not look: none of the programs draws a stroke.
    """
    if family.strokes is None:
        return None
    programs = some_programs(family)
    found = _of(family, programs)
    _require_form(family, found, len(programs))
    _require_same(family, programs, found)
    if not bool((found.item >= 0).any()):
        return f"none of {len(programs)} programs draws a stroke"
    _require_places(family, programs, found)
    _require_ink(family, programs, found)
    return None


def _of(family: Family, programs: list[Program]) -> Strokes:
    ids, values = family.vocabulary.pack([family.to_tokens(p) for p in programs])
    numbers = torch.from_numpy(values) if bool(family.vocabulary.continuous.any()) else None
    return strokes_of(family, TokenBatch(torch.from_numpy(ids), numbers, family.vocabulary))


def _require_form(family: Family, found: Strokes, n: int) -> None:
    """Shapes and types of the tensors, the extent, and items that are counted one after the other."""
    strokes = tuple(found.item.shape[1:2])
    wanted = {"shape": (n, *strokes, 6), **dict.fromkeys(("arc", "dashed", "tip", "item"), (n, *strokes))}
    types = {"shape": torch.float32, "item": torch.int64}
    for name, shape in wanted.items():
        tensor = getattr(found, name)
        dtype = types.get(name, torch.bool)
        said = f"{name} of the strokes is {tensor.dtype} of shape {tuple(tensor.shape)}"
        assert tuple(tensor.shape) == shape, f"{said}, expected shape {shape}"
        assert tensor.dtype == dtype, f"{said}, expected {dtype}"
    assert bool(found.shape.isfinite().all()), "a stroke has a number that is not finite"
    columns, rows = found.extent
    assert columns > 0, f"the extent of the strokes is {found.extent}, expected columns and rows"
    assert rows > 0, f"the extent of the strokes is {found.extent}, expected columns and rows"
    if family.canvas is not None:
        canvas = tuple(family.canvas)
        assert tuple(found.extent) == canvas, f"strokes have the extent {found.extent}, the family's canvas is {canvas}"


def _require_same(family: Family, programs: list[Program], found: Strokes) -> None:
    """A program has the same strokes the second time, and alone as in a batch."""
    for how, rows in (("the second time", list(range(len(programs)))), *(("alone", [i]) for i in range(8))):
        again = _of(family, [programs[i] for i in rows if i < len(programs)])
        for row, i in enumerate(rows[: len(again)]):
            first, second = _listed(found, i), _listed(again, row)
            told = f"{family.show(programs[i])!r} has {len(first)} strokes, {how} {len(second)}"
            assert len(first) == len(second), told
            other = f"{family.show(programs[i])!r} has other strokes {how}"
            assert np.array_equal(first, second), other


def _listed(found: Strokes, row: int) -> NDArray[np.float64]:
    """(S, 10) the strokes of one program."""
    there = found.item[row] >= 0
    parts = [found.shape[row].double(), *(t[row, :, None].double() for t in (found.arc, found.dashed, found.tip))]
    listed: NDArray[np.float64] = torch.cat((*parts, found.item[row, :, None].double()), 1)[there].cpu().numpy()
    return listed


def _require_places(family: Family, programs: list[Program], found: Strokes) -> None:
    """Strokes lie on the grid, and the numbers of items count commands that the program has."""
    points = _points(found)  # (N, S, K, 2)
    extent = torch.tensor(found.extent)
    for row, program in enumerate(programs):
        there = found.item[row] >= 0
        off = (points[row][there] < -BEYOND) | (points[row][there] > extent + BEYOND)
        text = family.show(program)
        assert not bool(off.any()), (
            f"a stroke of {text!r} passes {tuple(round(x, 2) for x in _first(points[row][there], off))}, "
            f"its grid has {found.extent[0]} columns and {found.extent[1]} rows"
        )
        highest, commands = max([-1, *found.item[row].tolist()]), elements_of(program)
        most = len(commands) if commands else program.size
        assert highest < most, f"a stroke of {text!r} is part of command {highest}, counted from 0; it has {most}"


def _first(points: Tensor, off: Tensor) -> list[float]:
    at: list[float] = points[off.any(-1)][0].tolist()
    return at


def _require_ink(family: Family, programs: list[Program], found: Strokes) -> None:
    """The picture differs from its paper near most points of each stroke."""
    with Renderer(family) as renderer:
        drawn = renderer.render_programs(programs)
    height, width = family.size
    points = _points(found) * torch.tensor([width / found.extent[0], height / found.extent[1]])
    reach = max(1, round(NEAR * max(width / found.extent[0], height / found.extent[1])))
    for row, program in enumerate(programs):
        there = ((found.item[row] >= 0) & (found.length()[row] > 0)).nonzero()[:, 0].tolist()
        if not drawn.defined[row] or not there:
            continue
        ink = _ink(drawn.pixels[row])  # (H, W)
        for stroke in there:
            x, y = points[row, stroke].long().unbind(-1)  # (K,)
            inside = ((x >= 0) & (x < width) & (y >= 0) & (y < height)).tolist()
            places = [place for place, yes in zip(zip(x.tolist(), y.tolist(), strict=True), inside, strict=True) if yes]
            around = (ink[max(0, v - reach) : v + reach + 1, max(0, u - reach) : u + reach + 1] for u, v in places)
            near = [bool(part.any()) for part in around]
            if near and np.mean(near) < LEAST:
                u, v = places[near.index(False)]
                shape = tuple(round(x, 2) for x in found.shape[row, stroke].tolist())
                raise AssertionError(
                    f"{family.show(program)!r} has the stroke {shape}, but its picture has no ink near row {v}, "
                    f"column {u}: is y turned round?"
                )


def _ink(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W) where a picture (C, H, W) differs from its paper, the commonest level of its border."""
    levels = picture.astype(np.int16)
    border = np.concatenate((levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]), 1)  # (C, 2 * (H + W))
    paper = np.median(border, axis=1)[:, None, None]
    found: NDArray[np.bool_] = np.abs(levels - paper).max(0) > 255 * CONTRAST
    return found


def _points(found: Strokes) -> Tensor:
    """(N, S, K, 2) points along strokes, in cells."""
    t = (torch.arange(POINTS) + 0.5) / POINTS
    shape = found.shape[:, :, None].expand(-1, -1, POINTS, -1)
    return locate(shape, found.arc[:, :, None].expand(-1, -1, POINTS), t.expand(*found.item.shape, -1))
