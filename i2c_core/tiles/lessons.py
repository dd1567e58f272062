"""What the networks learn from: random levels, drawn in many ways, and seen as cameras, scanners and screens see them.

Legend: N pictures, R C rows and columns of tiles of a sheet, H W pixels, h w places of the field, K kinds of tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.photographs import photograph, random_homography
from i2c_core.tiles.network import SIDE, STRIDE, grey_of
from i2c_core.tiles.sketching import sketch_levels
from i2c_core.tilesets import TileSet
from i2c_core.tilesets.icons import atlas
from i2c_core.tilesets.random_levels import random_level

SHEET = 14  # rows and columns of tiles of a sheet
PITCH = 18  # pixels of a tile on a sheet
PITCHES = (9.0, 23.0)  # pixels of a tile in the pictures of the field
RENDERED = 0.12  # the share of sheets that show a level as the renderer draws it
INVERTED = 0.15  # the share of pictures that are light on dark
UPRIGHT = 0.35  # of the pictures of the field: turned by less than a degree, without perspective
TURN = 12.0  # degrees, at most
TILT = 0.28  # of the pitch, from one side of a picture to the other


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch to learn from.

    Attributes:
        grey: (N, 1, H, W) from 0 to 1, pictures for the field.
        place: (N, 4, h, w) cosine and sine of column and row at the places of the field.
        inside: (N, h, w) 1 within a level, else 0.
        upright: (N, 1, SIDE * R, SIDE * C) from 0 to 1, pictures for the kinds.
        kinds: (N, R, C) int64, K outside.
    """

    grey: Tensor
    place: Tensor
    inside: Tensor
    upright: Tensor
    kinds: Tensor

    def rows(self, rows: slice) -> Lesson:
        """Some of the pictures."""
        return Lesson(self.grey[rows], self.place[rows], self.inside[rows], self.upright[rows], self.kinds[rows])


@dataclass
class Lessons:
    """Batches as a function of seed and step, so that a run that was cut short goes on as it would have.

    Args:
        tiles: whose levels.
        size: height and width in pixels of the pictures for the field.
        batch: pictures.
        seed: of all chance.
        device: where they are drawn.
    """

    tiles: TileSet
    size: tuple[int, int]
    batch: int
    seed: int
    device: torch.device | str = "cpu"

    def lesson(self, step: int) -> Lesson:
        """The batch of a step."""
        rng = np.random.default_rng((self.seed, step))
        generator = torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))
        kinds = torch.from_numpy(np.stack([self._sheet(rng) for _ in range(self.batch)])).to(self.device)  # (N, R, C)
        ink = self._drawn(rng, kinds, generator)
        views = torch.from_numpy(np.stack([self._view(rng) for _ in range(self.batch)])).float().to(self.device)
        grey = photograph(ink, views, self.size, generator)
        place, inside = self._field(kinds, views)
        near = torch.from_numpy(np.stack([self._nearly_upright(rng) for _ in range(self.batch)]))
        upright = photograph(ink, near.float().to(self.device), (SHEET * SIDE, SHEET * SIDE), generator)
        upright = _coarser(upright, rng)
        return Lesson(_inverted(grey, rng), place, inside, _inverted(upright, rng), kinds)

    # -- what is on a sheet

    def _sheet(self, rng: np.random.Generator) -> NDArray[Any]:
        """(R, C) a level, or a part of one, with nothing around it."""
        tiles = self.tiles
        low, high = tiles.smallest, tiles.largest
        if rng.random() < 0.45:  # larger than the sheet
            least, most = SHEET - 3, 3 * SHEET
        else:
            least, most = 1, SHEET
        spans = [(max(a, min(b, least)), max(a, min(b, most))) for a, b in zip(low, high, strict=True)]
        columns, rows = (int(rng.integers(a, b + 1)) for a, b in spans)
        level = random_level(tiles, rng, columns, rows)
        sheet = np.full((SHEET, SHEET), len(tiles.tiles), np.int64)
        places = []
        for length in (rows, columns):
            spare = SHEET - length
            places.append(int(rng.integers(min(spare, 0), max(spare, 0) + 1)))
        top, left = places
        cut = level[max(0, -top) : SHEET - top, max(0, -left) : SHEET - left]
        sheet[max(0, top) : max(0, top) + cut.shape[0], max(0, left) : max(0, left) + cut.shape[1]] = cut
        return sheet

    def _drawn(self, rng: np.random.Generator, kinds: Tensor, generator: torch.Generator) -> Tensor:
        """(N, R * PITCH, C * PITCH) ink: most by hand, some as the renderer draws."""
        ink = sketch_levels(self.tiles, kinds, PITCH, generator)
        rows = np.flatnonzero(rng.random(len(kinds)) < RENDERED).tolist()
        if rows:
            ink = ink.clone()
            ink[rows] = rendered(self.tiles, kinds[rows], PITCH, float(rng.choice([0.0, 0.5, 1.0])))
        return ink

    # -- from where it is seen

    def _view(self, rng: np.random.Generator) -> NDArray[Any]:
        """(3, 3) from pixels of a picture for the field to pixels of the sheet."""
        height, width = self.size
        pitch = math.exp(rng.uniform(*np.log(PITCHES)))
        scale = PITCH / pitch
        turn, tilt = 0.0, np.zeros(2)
        if rng.random() > UPRIGHT:
            turn = math.radians(TURN) * rng.uniform(-1, 1) * rng.random()
            if rng.random() < 0.6:
                tilt = rng.uniform(-TILT, TILT, 2)
        elif rng.random() < 0.5:
            turn = math.radians(rng.uniform(-1, 1))
        aspect = 1 + 0.06 * rng.uniform(-1, 1) * (rng.random() < 0.5)
        middle = SHEET * PITCH / 2
        room = 0.5 * abs(SHEET * PITCH - scale * width) + 0.15 * SHEET * PITCH
        centre = middle + rng.uniform(-1, 1, 2) * room * rng.random()
        cos, sin = math.cos(turn), math.sin(turn)
        linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([scale * aspect, scale / aspect])
        to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
        lens = np.array([[1, 0, 0], [0, 1, 0], [tilt[0] / width, tilt[1] / height, 1.0]])
        place = np.eye(3)
        place[:2, :2], place[:2, 2] = linear, centre
        found: NDArray[Any] = place @ lens @ to_middle
        return found

    def _nearly_upright(self, rng: np.random.Generator) -> NDArray[Any]:
        """(3, 3) from pixels of an upright picture to those of the sheet, about as well as a grid is found."""
        side = SHEET * SIDE
        care = rng.choice([0.15, 0.5, 1.0])
        scale = PITCH / SIDE * (1 + care * 0.006 * rng.normal(size=2))
        turn = care * math.radians(0.35) * rng.normal()
        lens = care * 0.012 * rng.normal(size=2) / side
        shift = SHEET * PITCH / 2 + care * 0.06 * PITCH * rng.normal(size=2)
        cos, sin = math.cos(turn), math.sin(turn)
        place = np.eye(3)
        place[:2, :2] = np.array([[cos, -sin], [sin, cos]]) @ np.diag(scale)
        place[:2, 2] = shift
        middle = np.array([[1, 0, -side / 2], [0, 1, -side / 2], [0, 0, 1.0]])
        found: NDArray[Any] = place @ np.array([[1, 0, 0], [0, 1, 0], [*lens, 1.0]]) @ middle
        return found

    def _field(self, kinds: Tensor, views: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 4, h, w) where the places of the field are, and (N, h, w) whether inside."""
        height, width = self.size
        y = torch.arange(STRIDE / 2, height, STRIDE, device=kinds.device)
        x = torch.arange(STRIDE / 2, width, STRIDE, device=kinds.device)
        wide, high = x.expand(len(y), -1), y[:, None].expand(-1, len(x))
        grid = torch.stack((wide, high, torch.ones_like(wide)), -1)  # (h, w, 3)
        seen = torch.einsum("nij,hwj->nhwi", views, grid)
        at = seen[..., :2] / seen[..., 2:].clamp(min=1e-3) / PITCH  # (N, h, w, 2) columns and rows
        column, row = at.unbind(-1)
        there = (column >= 0) & (column < SHEET) & (row >= 0) & (row < SHEET)
        c, r = (v.floor().long().clamp(0, SHEET - 1) for v in (column, row))
        sheet = torch.arange(len(kinds), device=kinds.device)[:, None, None]
        inside = (there & (kinds[sheet, r, c] < len(self.tiles.tiles))).float()
        turns = torch.stack((column, row), 1) * (2 * math.pi)  # (N, 2, h, w)
        place = torch.stack((turns[:, 0].cos(), turns[:, 0].sin(), turns[:, 1].cos(), turns[:, 1].sin()), 1)
        return place, inside


def sketched_page(
    tiles: TileSet, level: NDArray[np.uint8], seed: int, *, camera: bool, pitch: int = 20, margin: int = 1
) -> NDArray[np.uint8]:
    """(3, H, W) uint8, a level as a hand of its own draws it, scanned, or photographed from somewhere above.

    Args:
        tiles: whose level.
        level: (R, C).
        seed: of hand, paper and camera.
        camera: whether it is photographed.
        pitch: pixels of a tile.
        margin: tiles of paper around it.
    """
    generator = torch.Generator().manual_seed(seed)
    kinds = np.pad(level.astype(np.int64), margin, constant_values=len(tiles.tiles))
    ink = sketch_levels(tiles, torch.from_numpy(kinds)[None], pitch, generator)  # (1, H, W)
    grey = 1 - ink
    if camera:
        size = (ink.shape[1], ink.shape[2])
        grey = photograph(ink, random_homography(1, generator, drawing=size, size=size), size, generator)[:, 0]
    pixels: NDArray[np.uint8] = (255 * grey).round().byte().numpy().repeat(3, 0)
    return pixels


def rendered(tiles: TileSet, kinds: Tensor, pitch: int, outside: float) -> Tensor:
    """(N, R * pitch, C * pitch) brightness as ink, of levels (N, R, C) as the renderer draws them; K is outside."""
    icons = grey_of(torch.from_numpy(atlas(tiles, pitch).copy()).float() / 255)[:, 0]  # (K, pitch, pitch)
    icons = torch.cat((icons, torch.full((1, pitch, pitch), outside))).to(kinds.device)
    n, rows, columns = kinds.shape
    return icons[kinds].transpose(2, 3).reshape(n, rows * pitch, columns * pitch)


def _inverted(grey: Tensor, rng: np.random.Generator) -> Tensor:
    flip = torch.from_numpy(rng.random(len(grey)) < INVERTED).to(grey.device)[:, None, None, None]
    return torch.where(flip, 1 - grey, grey)


def _coarser(grey: Tensor, rng: np.random.Generator) -> Tensor:
    """Some of a batch as they come out of pictures with fewer pixels."""
    half = rng.random() < 0.5
    share = float(rng.uniform(0.5, 0.95))
    if not half:
        return grey
    rows = slice(0, len(grey), 2)
    small = F.interpolate(grey[rows], scale_factor=share, mode="bilinear", antialias=True)
    grey = grey.clone()
    grey[rows] = F.interpolate(small, grey.shape[2:], mode="bilinear", align_corners=False)
    return grey
