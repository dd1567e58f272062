"""A contact sheet of sketches: random figures of a family, each drawn by a hand of its own.

Legend: N figures, T tokens, H W pixels of a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.datasets.gallery import contact_sheet, require_room
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError, FamilyError
from i2c_core.families import Family
from i2c_core.loops import listed
from i2c_core.programs import Program
from i2c_core.raster import TokenBatch
from i2c_core.references import resolve
from i2c_core.strokes.sketching import Style, sketch
from i2c_core.strokes.strokes import Strokes

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 96  # tokens of a program on the sheet: larger figures are hard to tell apart in a small cell
_CHUNK = 64  # figures that are drawn at once
_ROUNDS = 20  # times that figures are drawn again because some had no stroke


def strokes_of(family: Family, batch: TokenBatch) -> Strokes:
    """The strokes of a batch of programs, whose ids and values are tensors.

    Raises:
        FamilyError: the programs of the family are no drawings: it declares no strokes, or returns something else.
    """
    if family.strokes is None:
        raise FamilyError(
            f"{family.name} has no strokes",
            "give the family strokes=..., as docs/sketching.md shows, or choose another",
        )
    found: object = resolve(family.strokes, f"family {family.name}")(batch)
    if not isinstance(found, Strokes):
        fact = f"strokes of {family.name} returned {type(found).__name__}, expected Strokes"
        raise FamilyError(fact, "return i2c_core.strokes.Strokes")
    return found


def has_drawing(family: Family, batch: TokenBatch) -> Tensor:
    """(N,) bool, which programs of a batch draw anything at all, as far as it is known without drawing them.

    Raises:
        FamilyError: the family has neither `strokes` nor `sketches`.
    """
    if family.sketches is not None:
        return torch.ones(len(batch.ids), dtype=torch.bool)
    return (strokes_of(family, batch).item >= 0).any(1)


def by_hand(
    family: Family,
    batch: TokenBatch,
    size: tuple[int, int],
    generator: torch.Generator,
    style: Style = Style(),  # noqa: B008  frozen
) -> Tensor:
    """(N, H, W) ink from 0 to 1: programs as hands of their own draw them.

    The family's own `sketches` draw them where it has them, else the sketch process draws its `strokes`.

    Args:
        family: whose programs.
        batch: of N programs, tensors.
        size: H and W in pixels.
        generator: of all chance.
        style: how careless the sketch process is; families draw their own sketches as they like.

    Raises:
        FamilyError: the family has neither, or its reference returns something else than it should.
    """
    if family.sketches is None:
        return sketch(strokes_of(family, batch), size, generator, style)
    found: object = resolve(family.sketches, f"family {family.name}")(batch, size, generator)
    wanted = (len(batch.ids), *size)
    if not isinstance(found, Tensor) or not found.is_floating_point() or tuple(found.shape) != wanted:
        what = f"{found.dtype} of shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        fact = f"sketches of {family.name} returned {what}, expected floats of shape {wanted}"
        raise FamilyError(fact, "return ink (N, H, W) from 0 to 1")
    return found


def draw_sketches(
    family: Family, programs: Sequence[Program], size: tuple[int, int] | None = None, seed: int = 0
) -> NDArray[np.uint8]:
    """(N, C, H, W) uint8, programs as hands of their own draw them, black on white.

    Of programs with loops it is what they draw.

    Args:
        size: height and width in pixels, the family's own unless told otherwise.
        seed: of all chance.

    Raises:
        FamilyError: the family has neither strokes nor sketches.
        ProgramError: a program with loops that has no meaning.
    """
    if family.plain is not None:
        programs = [listed(family, p) for p in programs]
        family = family.plain
    encoded = [family.to_tokens(p) for p in programs]
    ids, values = family.vocabulary.pack(encoded)
    chance = torch.Generator().manual_seed(seed)
    ink = by_hand(family, _batch(family, ids, values), family.size if size is None else size, chance)  # (N, H, W)
    pixels = (255 - (255 * ink).round()).to(torch.uint8).numpy()
    return np.repeat(pixels[:, None], family.channels, 1)


def sketches(
    family: Family,
    n: int = 64,
    seed: int = 0,
    cell: int | None = None,
    captions: bool = False,
    columns: int | None = None,
    style: Style = Style(),  # noqa: B008  frozen
) -> Image:
    """`n` random figures as the sketch process draws them, black on white, as one picture.

    Programs are of sizes drawn evenly, up to LONGEST tokens; the family's own sampler draws them where it has one.

    Args:
        family: whose figures; it has `strokes` or `sketches`.
        n: how many.
        seed: of all chance; the same one gives the same sheet on the same machine.
        cell: height of a cell in pixels, the family's own unless told otherwise.
        captions: write each program's code under its figure.
        columns: cells in a row; the sheet is about square unless told otherwise.
        style: how careless the hands of the sketch process are.

    Raises:
        FamilyError: the family has neither strokes nor sketches.
        ConfigError: no figures, or too many for a sheet.
        DataError: the family's programs draw nothing.
    """
    if n < 1:
        raise ConfigError(f"a gallery of {n} images shows nothing", "use 1 or more")
    size = family.size if cell is None else (cell, max(1, round(cell * family.size[1] / family.size[0])))
    require_room(n, size)
    ids, values = _with_ink(family, n, seed)
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for first in range(0, n, _CHUNK):
        rows = slice(first, first + _CHUNK)
        ink = by_hand(family, _batch(family, ids[rows], values[rows]), size, generator, style)  # (N, H, W)
        parts.append((255 - (255 * ink).round()).to(torch.uint8))
    pixels = torch.cat(parts).unsqueeze(1).numpy()
    codes = None
    if captions:
        rows_of = zip(ids.tolist(), values.tolist(), strict=True)
        pad = family.vocabulary.pad
        codes = [_code(family, [t for t in row if t != pad], value) for row, value in rows_of]
    return contact_sheet(pixels, codes, columns)


def _with_ink(family: Family, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids (n, T) and values (n, T), NaN for none, of random programs that draw at least one stroke."""
    longest = min(family.budget, LONGEST)
    sampler, rng = Sampler(family, longest), np.random.default_rng(seed)
    sizes = sampler.sizes(family.vocabulary.shortest, longest)
    ids = np.full((0, longest), family.vocabulary.pad, np.int64)
    values = np.full((0, longest), np.nan)
    for _ in range(_ROUNDS):
        some, numbers = sampler.sample(rng, rng.choice(sizes, n))
        there = has_drawing(family, _batch(family, some, numbers)).numpy()
        wide = ((0, 0), (0, longest - some.shape[1]))
        ids = np.concatenate((ids, np.pad(some[there], wide, constant_values=family.vocabulary.pad)))
        numbers = np.full(some.shape, np.nan) if numbers is None else numbers
        values = np.concatenate((values, np.pad(numbers[there], wide, constant_values=np.nan)))
        if len(ids) >= n:
            return ids[:n], values[:n]
    raise DataError(f"few programs of {family.name} draw a stroke", "give the family a sampler of its own: sample=...")


def _batch(family: Family, ids: np.ndarray, values: np.ndarray | None) -> TokenBatch:
    has_values = values is not None and bool(family.vocabulary.continuous.any())
    return TokenBatch(torch.from_numpy(ids), torch.from_numpy(values) if has_values else None, family.vocabulary)


def _code(family: Family, ids: list[int], values: list[float]) -> str:
    has_values = bool(family.vocabulary.continuous.any())
    return family.show(family.from_tokens(ids, values[: len(ids)] if has_values else None))
