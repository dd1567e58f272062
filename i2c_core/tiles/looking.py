"""From a picture to the tiles that it shows: find the grid at several scales, bring it upright, say what each tile is.

Legend: H W pixels, R C rows and columns of tiles, K kinds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.errors import ImageError
from i2c_core.tiles.boxes import best_box, extent
from i2c_core.tiles.lattice import Lattice, fit_lattice, rectify
from i2c_core.tiles.network import COARSEST, SIDE, STRIDE, TileNetwork
from i2c_core.tilesets import TileSet

BEST_PITCH = 14.0  # pixels a tile at which the field is most at home
WIDEST = 22.0  # pixels of a tile, at most, that the field was trained for, or nearly
NARROWEST = 9.5
STEP = 1.45  # between two scales that are looked at
SMALLEST_SIDE = 48  # pixels of a picture that is looked at
LARGEST_SIDE = 4096
COHERENT = 0.3  # of a lattice that is looked at, at least, where 1 is perfect
LIKELY = 0.8  # of a lattice that is believed in: sketches and photographs of levels have 0.85 to 0.99
LOOKED = 3  # lattices that the tiles are read with
MARGIN = 3  # tiles around what seems to be inside
CERTAIN = 8.0  # nats, at most, that one tile says of being inside
PAPER = 7.0  # nats that speak against a default tile on the first or last line of a level
ALIKE = 0.85  # share of a line's tiles that are of one kind, for a desk or for paper
CLEARER, NEARLY = 1.2, 0.8  # times as clear, and as good, is a level of a size that there is not, to be believed
SAME = 0.5  # tiles, at most, by which the corners of two sights of one level differ
SURE = 0.5  # probability of its tiles, as their geometric mean, below which a picture shows no level


@dataclass(frozen=True, eq=False)
class Found:
    """A grid, and the columns and rows of it that seem to be a level's; 0, 0 is the corner of its first tile."""

    lattice: Lattice
    columns: int
    rows: int


@dataclass(frozen=True, eq=False)
class Sight:
    """What a picture shows, once a grid was chosen.

    Attributes:
        logp: (K, R, C) log-probabilities of what each tile of the level is, outside left out.
        score: nats by which this window explains the tiles seen, per tile.
        lattice: where the level's grid is, 0, 0 being its corner; None where the level was taken to fill the picture.
    """

    logp: NDArray[np.float32]
    score: float
    lattice: Lattice | None

    @property
    def clear(self) -> float:
        """How well grid and tiles are seen, from 0 to 1."""
        coherence = COHERENT if self.lattice is None else self.lattice.score
        return coherence * math.exp(self.score)

    @property
    def worth(self) -> float:
        """What says that this is the level: a few huge tiles, or many tiny ones, may look sure by chance."""
        return self.clear * math.log1p(self.logp[0].size)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        rows, columns = self.logp.shape[1:]
        return columns, rows


def look(network: TileNetwork, tiles: TileSet, grey: Tensor, size: tuple[int, int] | None = None) -> Sight:
    """The level in a picture.

    Args:
        grey: (1, H, W) from 0 to 1.
        size: columns and rows, where they are known.

    Raises:
        ImageError: no grid is found, what is found is no level of the tile set, or it is too small or too large.
    """
    low, high = tiles.smallest, tiles.largest
    sights: list[Sight] = []
    others: list[Sight] = []  # of sizes that no level has
    for found in _lattices(network, tiles, grey)[:LOOKED]:
        sight = _read(network, tiles, grey, found, size)
        if sight is not None and (size is not None or found.lattice.score >= LIKELY):
            fits = all(a <= n <= b for n, a, b in zip(sight.size, low, high, strict=True))
            (sights if fits else others).append(sight)
    if size is not None:
        sights.append(_whole(network, grey, size))
    best = _together(sights)
    other = max((s for s in others if min(s.size) > 1), key=lambda s: s.worth, default=None)  # a line is no grid
    sizes = f"{low[0]}x{low[1]} to {high[0]}x{high[1]}"
    if other is not None and (
        best is None or (other.clear > CLEARER * best.clear and other.worth > NEARLY * best.worth)
    ):
        fact = f"the picture shows a level of {other.size[0]}x{other.size[1]} tiles, {tiles.name} has {sizes}"
        raise ImageError(fact, "crop the picture to one level, or name its size: --size COLUMNSxROWS")
    if best is None:
        hint = "crop the picture to the level, or name its size: --size COLUMNSxROWS"
        raise ImageError("no grid of tiles was found in the picture", hint)
    if best.score < math.log(SURE) and size is None:
        fact = f"the picture shows no level of {tiles.name}: its tiles look like none of {', '.join(tiles.names)}"
        raise ImageError(fact, "check the family, or name the level's size: --size COLUMNSxROWS")
    return best


def _lattices(network: TileNetwork, tiles: TileSet, grey: Tensor) -> list[Found]:
    """Grids in the picture's own pixels, the most coherent first; of equal ones the best seen."""
    longest = max(grey.shape[1:])
    most = min(LARGEST_SIDE, 1.3 * BEST_PITCH * max(tiles.largest))
    side = max(SMALLEST_SIDE, 0.8 * BEST_PITCH * min(min(tiles.smallest), 4))
    found: list[Found] = []
    while side <= most * STEP:
        scale = min(side, most) / longest
        seen = _at_scale(network, grey, scale)
        if seen and seen.lattice.score >= COHERENT and NARROWEST <= seen.lattice.pitch * scale <= WIDEST:
            found.append(seen)
        if scale > 4:  # more pixels than there are show nothing more
            break
        side *= STEP
    return sorted(found, key=lambda one: -one.lattice.score * math.log1p(one.columns * one.rows))


def _at_scale(network: TileNetwork, grey: Tensor, scale: float) -> Found | None:
    _, height, width = grey.shape
    size = [max(COARSEST, round(side * scale / COARSEST) * COARSEST) for side in (height, width)]
    seen = F.interpolate(grey[None], size, mode="bilinear", antialias=True, align_corners=False)
    column, row, inside = network.fields(seen)
    shrunk = np.diag([size[1] / width, size[0] / height, 1.0])
    lattice = fit_lattice(column, row, inside, STRIDE)[0]
    box = None if lattice is None else extent(lattice.homography, inside[0].cpu().numpy(), STRIDE)
    if lattice is None or box is None:
        return None
    x, y, columns, rows = box
    lattice = lattice.shifted(x, y)
    return Found(replace(lattice, homography=lattice.homography @ shrunk, pitch=lattice.pitch / scale), columns, rows)


def _read(
    network: TileNetwork, tiles: TileSet, grey: Tensor, found: Found, size: tuple[int, int] | None
) -> Sight | None:
    """The best window of a lattice; None where there are far too many tiles to be read, or too few for the size."""
    # A level of which nothing is known but the size may begin anywhere among the tiles that seem to be inside.
    more = (MARGIN, MARGIN) if size is None else tuple(max(MARGIN, n) for n in size)
    lattice = found.lattice
    columns, rows = found.columns + 2 * more[0], found.rows + 2 * more[1]
    if any(n > 2 * most + 6 for n, most in zip((found.columns, found.rows), tiles.largest, strict=True)):
        return None
    left, top = -more[0], -more[1]
    upright = rectify(grey, lattice, left, top, columns, rows, SIDE)  # (SIDE * rows, SIDE * columns)
    said = network.kinds(upright[None, None])[0].cpu().numpy()  # (K + 1, R, C)
    if size is None:
        x0, y0, x1, y1 = _window(said, tiles.default)
    else:
        placed = _placed(said, size)
        if placed is None:
            return None
        x0, y0, x1, y1 = placed
    return _sight(said, (x0, y0, x1, y1), lattice.shifted(left + x0, top + y0))


def _together(sights: list[Sight]) -> Sight | None:
    """The best sight, its tiles as all that see the same grid see them together."""
    best = max(sights, key=lambda s: s.worth, default=None)
    if best is None or best.lattice is None:
        return best
    columns, rows = best.size
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], float)
    same = []
    for sight in sights:
        if sight.logp.shape == best.logp.shape and sight.lattice is not None:
            apart = sight.lattice.to_grid(best.lattice.to_pixels(corners)) - corners
            if float(abs(apart).max()) < SAME:
                same.append(sight.logp)
    mean = np.mean(same, 0)
    return replace(best, logp=(mean - np.log(np.exp(mean).sum(0))).astype(np.float32))


def _sight(said: NDArray[np.float32], window: tuple[int, int, int, int], lattice: Lattice | None) -> Sight:
    x0, y0, x1, y1 = window
    logp = said[:-1, y0:y1, x0:x1]
    around = said[-1].sum() - said[-1, y0:y1, x0:x1].sum()
    outside = said[-1].size - logp[0].size
    # Of paper around a level there is any amount: it counts as much as the level's own tiles at most.
    weight = min(1.0, logp[0].size / max(outside, 1))
    nats = float(logp.max(0).sum() + weight * around)
    return Sight(logp, nats / (logp[0].size + weight * outside), lattice)


def _window(said: NDArray[np.float32], default: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the rectangle that is likeliest the level, everything else being outside.

    Few levels begin with a line of default tiles, and paper looks like that: the network must be sure.
    """
    gain = np.clip(said[:-1].max(0) - said[-1], -CERTAIN, CERTAIN)  # (R, C) nats for being inside
    x0, y0, columns, rows = best_box(gain.astype(np.float64))
    x1, y1 = x0 + columns, y0 + rows
    gain = gain - PAPER * (said[:-1].argmax(0) == default)
    while x1 - x0 > 2 and y1 - y0 > 2:
        left, right = int(gain[y0:y1, x0].sum() < 0), int(gain[y0:y1, x1 - 1].sum() < 0)
        top, bottom = int(gain[y0, x0:x1].sum() < 0), int(gain[y1 - 1, x0:x1].sum() < 0)
        if left + right + top + bottom == 0:
            break
        x0, x1, y0, y1 = x0 + left, x1 - right, y0 + top, y1 - bottom
    kinds = said[:-1].argmax(0)[y0:y1, x0:x1]
    top, bottom = _beyond_paper(kinds, default), _beyond_paper(kinds[::-1], default)
    left, right = _beyond_paper(kinds.T, default), _beyond_paper(kinds.T[::-1], default)
    if top + bottom < y1 - y0 and left + right < x1 - x0:
        x0, x1, y0, y1 = x0 + left, x1 - right, y0 + top, y1 - bottom
    return x0, y0, x1, y1


def _beyond_paper(kinds: NDArray[np.int64], default: int) -> int:
    """How many of the first lines (R, C) are a desk, the edge of the paper, and paper, and not the level's.

    A desk looks like one large wall. Between it and the level lies a line of paper, which a level that is closed does
    not have.
    """
    found = 0
    for number, line in enumerate(kinds[: MARGIN + 1], 1):
        counts = np.bincount(line, minlength=default + 1)
        if counts.max() < ALIKE * len(line):
            break
        if counts[default] >= ALIKE * len(line) and line[0] == line[-1] == default:
            found = number
    return found


def _placed(said: NDArray[np.float32], size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Where a level of known columns and rows likeliest is."""
    columns, rows = size
    gain = said[:-1].max(0) - said[-1]
    if gain.shape[0] < rows or gain.shape[1] < columns:
        return None
    sums = np.pad(gain.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    total = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    y, x = np.unravel_index(int(total.argmax()), total.shape)
    return int(x), int(y), int(x) + columns, int(y) + rows


def _whole(network: TileNetwork, grey: Tensor, size: tuple[int, int]) -> Sight:
    """A level that fills the picture."""
    columns, rows = size
    seen = F.interpolate(
        grey[None], (rows * SIDE, columns * SIDE), mode="bilinear", antialias=True, align_corners=False
    )
    said = network.kinds(seen)[0].cpu().numpy()
    return _sight(said, (0, 0, columns, rows), None)
