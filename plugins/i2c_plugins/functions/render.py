"""What functions draw: -1 is black, 1 is white, and what is beyond them is cut.

`render` is the meaning of the language. `soft` is the same with edges that are a pixel wide, so that a number that
moves an edge moves the picture, which is what refinement by gradients needs.

Legend: N programs, T tokens, n nodes, C channels, H W pixels, P = H * W.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from i2c_core.raster import Array, TokenBatch, is_tensor
from i2c_plugins.functions.machine import Apply, plan, work

if TYPE_CHECKING:
    from torch import Tensor

# Nodes times pixels worked out at once. On a CPU working arrays should stay near its cache; on a device, in its memory.
CELLS, DEVICE_CELLS = 1 << 20, 1 << 27
FINEST = 2.0**40  # a sine is rounded to a part in this, so that every library draws the same picture


def render(batch: TokenBatch, size: tuple[int, int]) -> tuple[Array, Array]:
    """Draw functions.

    Args:
        batch: ids and values (N, T), NumPy or torch.
        size: height and width, 1 or more.

    Returns:
        (N, C, H, W) uint8, in the library and on the device of `batch.ids`, and (N,) bool: a program is defined where
        every channel is a number at some pixel. Pixels that are none are black.
    """
    tensors = is_tensor(batch.ids)
    cells = DEVICE_CELLS if tensors and batch.ids.device.type != "cpu" else CELLS
    chunk = max(1, cells // (size[0] * size[1] * max(1, batch.ids.shape[1])))  # programs
    starts = range(0, max(1, len(batch.ids)), chunk)
    parts = [_draw(batch, slice(begin, begin + chunk), size) for begin in starts]
    pixels, defined = zip(*parts, strict=True)
    if tensors:
        import torch

        return torch.cat(pixels), torch.cat(defined)
    return np.concatenate(pixels), np.concatenate(defined)


def _draw(batch: TokenBatch, rows: slice, size: tuple[int, int]) -> tuple[Array, Array]:
    lib: Any = np
    if is_tensor(batch.ids):
        import torch

        lib = torch
        with torch.no_grad():
            found = _work(batch, rows, size, symbols(lib))
    else:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = _work(batch, rows, size, symbols(lib))
    known = lib.isfinite(found)  # (N, C, P)
    level = lib.where(known, found, -1.0) * 0.5 + 0.5
    pixels = lib.floor(lib.clip(level, 0.0, 1.0) * 255 + 0.5)
    pixels = pixels.astype(np.uint8) if lib is np else pixels.to(lib.uint8)
    return pixels.reshape(*pixels.shape[:2], *size), known.any(-1).all(-1)


def soft(batch: TokenBatch, size: tuple[int, int]) -> Tensor:
    """Draw functions with soft edges.

    Args:
        batch: ids and values (N, T), tensors.
        size: height and width.

    Returns:
        (N, C, H, W) float64 from 0 to 1, differentiable in the values, forwards and backwards. What is no number is 0.
    """
    import torch

    with torch.enable_grad():
        found = _work(batch, slice(None), size, symbols(torch, size))
    level = torch.nan_to_num(found, -1.0, -1.0, -1.0) * 0.5 + 0.5
    return level.clip(0.0, 1.0).reshape(*found.shape[:2], *size)


def _work(batch: TokenBatch, rows: slice, size: tuple[int, int], applied: dict[str, Apply]) -> Array:
    """(N, C, P) what some programs of a batch are at every pixel."""
    ids = batch.ids[rows]
    on_host = ids.cpu().numpy() if is_tensor(ids) else ids
    assert batch.values is not None  # the vocabulary has continuous tokens
    return work(plan(batch.vocabulary, on_host.astype(np.int64)), batch.values[rows], size, applied)


def symbols(lib: Any, size: tuple[int, int] | None = None) -> dict[str, Apply]:
    """What each symbol does, in NumPy or torch; with soft edges where the size of the picture is given.

    Whatever is no number stays none, through thresholds too.
    """
    over = partial(_over, lib) if size is None else partial(_soft_over, size)
    floor = lib.floor if size is None else partial(_soft_floor, size)

    def when(term: Array, threshold: Array, then: Array, otherwise: Array) -> Array:
        share = over(term, threshold)
        # Not a sum of both: a branch that is no number must not spread to where it is not drawn.
        return lib.where(share == 1, then, lib.where(share == 0, otherwise, share * then + (1 - share) * otherwise))

    return {
        "plus": lambda a, b: a + b,
        "minus": lambda a, b: a - b,
        "times": lambda a, b: a * b,
        "shift": lambda a, b: a + b,
        "scale": lambda a, b: a * b,
        "min": lib.minimum,
        "max": lib.maximum,
        "sin": partial(_sin, lib) if size is None else lambda a, frequency: lib.sin(math.pi * a * frequency),
        "mod": lambda a, period: a - period * floor(a / period),
        "above": lambda a, threshold: 2 * over(a, threshold) - 1,
        "if": when,
    }


def _sin(lib: Any, term: Array, frequency: Array) -> Array:
    """The sine of half turns, exactly 0 at whole ones."""
    turns = term * frequency
    whole = lib.round(turns)
    sign = 1 - 2 * (whole - 2 * lib.floor(whole / 2))
    sine = sign * lib.sin(math.pi * (turns - whole))
    return lib.round(sine * FINEST) / FINEST


def _over(lib: Any, term: Array, threshold: Array) -> Array:
    """1 above a threshold, 0 up to it, no number where the term is none."""
    return lib.where(term > threshold, 1.0, lib.where(term <= threshold, 0.0, term))


def _soft_over(size: tuple[int, int], term: Tensor, threshold: Tensor) -> Tensor:
    """`_over` with an edge that is about a pixel wide, however steep the term is there."""
    return (0.5 + (term - threshold) / _width(term, size)).clip(0.0, 1.0)


def _soft_floor(size: tuple[int, int], term: Tensor) -> Tensor:
    """The floor, with steps that are about a pixel wide."""
    step = (term + 0.5).floor().detach()  # the nearest one
    return step - 1 + (0.5 + (term - step) / _width(term, size)).clip(0.0, 1.0)


def _width(term: Tensor, size: tuple[int, int]) -> Tensor:
    """By how much a term (n, P) changes over a pixel, at each pixel; without gradients."""
    import torch

    with torch.no_grad():
        grid = term.detach().reshape(-1, *size)
        down, right = (grid.diff(dim=axis).abs() for axis in (1, 2))
        steep = torch.zeros_like(grid)
        if size[0] > 1:
            steep[:, :-1], steep[:, -1:] = down, down[:, -1:]
        if size[1] > 1:
            steep[:, :, :-1] = torch.maximum(steep[:, :, :-1], right)
        return torch.nan_to_num(steep, 0.0, 0.0).reshape(term.shape) + 1e-4
