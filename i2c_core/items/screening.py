"""Which placements are worth a closer look: those along whose strokes ink is near everywhere.

Legend: N images, U outlines, P placements, M placements that remain, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.items.catalogue import ALONG, Catalogue

REACH = 0.6  # cells; ink farther away counts as this far
SPREAD = 0.30  # cells, the largest root of the mean squared distance from a placement's probes to ink
FAR, MOST_FAR = 0.5, 1  # at most so many probes are farther than this many cells from ink
CELL = 8  # pixels a side, about, at which distances are measured; larger pictures are made smaller
DARK = 0.22  # of the darkest ink of an image: what counts as ink
MOST = 3000  # outlines of an image; of more, those nearest to ink


@dataclass(frozen=True, eq=False)
class Screened:
    """Placements by image: (M,) int64 image, ascending, and (M,) int64 placement."""

    image: Tensor
    placement: Tensor

    def __len__(self) -> int:
        return len(self.image)

    def select(self, index: Tensor) -> Screened:
        return Screened(self.image[index], self.placement[index])


class Screen:
    """The probes of a catalogue as places in a picture of one size."""

    def __init__(self, catalogue: Catalogue, size: tuple[int, int], device: torch.device | str = "cpu") -> None:
        rows, columns = catalogue.extent[1], catalogue.extent[0]
        self.pool = max(1, round((size[0] / rows + size[1] / columns) / 2 / CELL))
        height, width = size[0] // self.pool, size[1] // self.pool
        probes = catalogue.outline_probes  # (U, ALONG, 2)
        column = (probes[..., 0] * width).long().clamp(0, width - 1)
        row = (probes[..., 1] * height).long().clamp(0, height - 1)
        self.cells = (row * width + column).t().contiguous().to(device)  # (ALONG, U)
        self.cell = (width / catalogue.extent[0] + height / catalogue.extent[1]) / 2  # pixels
        self.reach = max(2, round(REACH * self.cell), int(FAR * self.cell) + 1)  # pixels, more than what is far
        # What a far probe adds to the sum of squared distances, which stays below it; the sum of both fits its type.
        self.step = 1 << max(9, (ALONG * self.reach**2).bit_length())
        self.dtype = torch.int16 if self.step * (ALONG + 1) < 1 << 15 else torch.int32
        outline = torch.from_numpy(catalogue.outline)
        counts = torch.bincount(outline, minlength=len(probes))  # (U,)
        self.placements = torch.argsort(outline, stable=True).to(device)  # by outline
        self.counts = counts.to(device)
        self.first = (counts.cumsum(0) - counts).to(device)

    def __call__(self, ink: Tensor, most: int = MOST) -> Screened:
        """The placements that may be drawn in images (N, H, W) of ink from 0 to 1."""
        if self.pool > 1:
            ink = F.avg_pool2d(ink[:, None], self.pool)[:, 0]
        dark = ink.flatten(1).amax(1).clamp(min=0.05)[:, None, None] * DARK
        squared = squared_distance(ink > dark, self.reach).to(self.dtype)  # (N, H, W)
        far = (FAR * self.cell) ** 2
        cost = squared + (squared > far).to(self.dtype) * self.step
        cost = cost.flatten(1).t().contiguous()  # (H * W, N)
        total = torch.zeros(self.cells.shape[1], ink.shape[0], dtype=self.dtype, device=ink.device)  # (U, N)
        for cells in self.cells:
            total += cost[cells]
        total = total.t()
        good = (total // self.step <= MOST_FAR) & (total % self.step <= ALONG * (SPREAD * self.cell) ** 2)
        if int(good.sum(1).max()) > most:
            nearest = torch.where(good, -total, -self.step * (ALONG + 1)).topk(most, 1).indices
            good = good & torch.zeros_like(good).scatter_(1, nearest, True)
        image, outline = good.nonzero(as_tuple=True)
        counts = self.counts[outline]
        group = torch.arange(len(outline), device=ink.device).repeat_interleave(counts)
        within = torch.arange(len(group), device=ink.device) - (counts.cumsum(0) - counts)[group]
        return Screened(image[group], self.placements[self.first[outline][group] + within])


def squared_distance(ink: Tensor, reach: int) -> Tensor:
    """(N, H, W) int16 squared distances in pixels from each pixel of (N, H, W) bool to the nearest that is set.

    Distances are capped at `reach`. Along the columns first, then along the rows, as P. Felzenszwalb and
    D. Huttenlocher, "Distance transforms of sampled functions" (2012), take them apart.
    """
    most = reach * reach
    value = torch.where(ink, 0, most).to(torch.int16)
    for dim in (2, 1):
        best = value
        for step in range(1, reach + 1):
            pad = (step, step, 0, 0) if dim == 2 else (0, 0, step, step)
            padded = F.pad(value, pad, value=most)
            length = value.shape[dim]
            near = torch.minimum(padded.narrow(dim, 0, length), padded.narrow(dim, 2 * step, length))
            best = torch.minimum(best, near + step * step)
        value = best
    return value.clamp(max=most)
