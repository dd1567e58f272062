"""Drawings as cameras, scanners and screens see them: from an angle, in uneven light, on all kinds of paper.

Legend: N pictures, H W pixels of a drawing, h w pixels of what is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.strokes.chance import Chance

CLEAN = 0.35  # the share of pictures that come from a program or a good scanner
KERNEL = 7  # pixels a side of a blur
AROUND = 10  # pixels, a third of what brightness is compared with
BLOCK = 8  # pixels a side of a block of JPEG
LUMINANCE = (  # of JPEG, annex K.1: how coarsely each wave of a block is kept
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def photograph(
    ink: Tensor, homography: Tensor, size: tuple[int, int], generator: torch.Generator, strength: float = 1.0
) -> Tensor:
    """(N, 1, h, w) grey from 0 to 1, white, of drawings as something or somebody took pictures of them.

    Args:
        ink: (N, H, W) from 0 to 1.
        homography: (N, 3, 3) from pixels x, y of the picture to those of the drawing; the first pixel is from 0 to 1.
        size: h and w in pixels.
        generator: all chance comes from it; it is on the ink's device.
        strength: of all that light, lens and paper do; 0 for nothing but the view.
    """
    chance = Chance(generator)
    n = len(ink)
    place, scale = _seen(homography, size)  # (N, h, w, 2), (N, h, w) pixels of the drawing
    drawn = _sampled(ink, place, scale)
    if strength <= 0:
        return (1 - drawn)[:, None]
    column = (n, 1, 1)
    taken = ~chance.happens(CLEAN, *column)  # (N, 1, 1) by a camera

    def some(share: float) -> Tensor:
        """(N, 1, 1) 1 for some of those that a camera took."""
        return (taken & chance.happens(share, *column)).float()

    drawn = torch.maximum(drawn, _ruled(place, some(0.14), chance))
    drawn = torch.maximum(drawn, _specks(drawn, some(0.4), chance))
    paper = 1 - strength * some(0.8) * chance.uniform(*column, high=0.4) ** 1.2
    paper = paper * (1 + strength * some(0.6) * _grain(n, size, chance))
    pen = 1 - chance.uniform(*column) ** 1.5 * torch.where(taken, 0.55, 0.45) * strength  # how dark it is
    seen = paper * (1 - drawn * pen)
    seen = _on_desk(seen, place, (ink.shape[1], ink.shape[2]), some(0.2), chance)
    seen = seen * _light(n, size, taken, strength, chance)
    seen = _blurred(seen, taken, strength, chance)
    bilevel = some(0.1)
    noise = strength * some(0.6) * chance.uniform(*column, high=0.055) * (1 - 0.85 * bilevel)
    seen = seen + noise * torch.randn(n, *size, generator=generator, device=ink.device)
    seen = _developed(seen.clamp(0, 1.2), bilevel, some, strength, chance)
    return _compressed(seen.clamp(0, 1), chance).clamp(0, 1)[:, None]


def random_homography(
    n: int,
    generator: torch.Generator,
    drawing: tuple[int, int],
    size: tuple[int, int],
    turn: float = 8.0,
    tilt: float = 0.25,
    margin: tuple[float, float] = (0.02, 0.12),
) -> Tensor:
    """(N, 3, 3) from pixels of a picture to those of a drawing that is seen whole, from somewhere above.

    Args:
        n: how many.
        generator: of chance.
        drawing: H and W of the drawing in pixels.
        size: h and w of the picture in pixels.
        turn: degrees, at most.
        tilt: how much nearer one side of the drawing is than the other, as a share, at most.
        margin: what is left free around the drawing, as a share of the picture: the least and the most.
    """
    chance = Chance(generator)
    (height, width), (high, wide) = drawing, size
    angle = math.radians(turn) * (2 * chance.uniform(n) - 1)
    lens = tilt * (2 * chance.uniform(n, 2) - 1) / torch.tensor([width, height], device=chance.device)
    forth = torch.eye(3, device=chance.device).repeat(n, 1, 1)  # from the drawing, about its middle
    forth[:, 0, 0], forth[:, 0, 1] = angle.cos(), -angle.sin()
    forth[:, 1, 0], forth[:, 1, 1] = angle.sin(), angle.cos()
    forth[:, 2, :2] = lens
    half = torch.tensor([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2.0
    corners = torch.cat((half, torch.ones(4, 1)), 1).to(chance.device)
    there = torch.einsum("nij,kj->nki", forth, corners)
    there = there[..., :2] / there[..., 2:]  # (N, 4, 2)
    low, high_end = there.amin(1), there.amax(1)
    free = 1 - 2 * chance.uniform(n, low=margin[0], high=margin[1])
    room = torch.tensor([wide, high], device=chance.device) / (high_end - low)
    scale = room.amin(1) * free
    fit = torch.zeros(n, 3, 3, device=chance.device)
    fit[:, 0, 0] = fit[:, 1, 1] = scale
    middle = (low + high_end) / 2
    fit[:, :2, 2] = torch.tensor([wide, high], device=chance.device) / 2 - scale[:, None] * middle
    fit[:, 2, 2] = 1
    to_middle = torch.tensor([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]], device=chance.device)
    back: Tensor = torch.linalg.inv(fit @ forth @ to_middle)
    return back


def photographed(pictures: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint8]:
    """(N, C, H, W) uint8, drawings in dark ink as somebody took pictures of them, each seen whole, at the same size.

    Args:
        pictures: (N, C, H, W) uint8, dark on white.
        seed: of all chance; a picture's photograph does not depend on the others'.
    """
    size = (pictures.shape[2], pictures.shape[3])
    found = []
    for number, picture in enumerate(pictures):
        generator = torch.Generator().manual_seed(seed + number)
        ink = 1 - torch.from_numpy(picture).float().mean(0, keepdim=True) / 255  # (1, H, W)
        view = random_homography(1, generator, drawing=size, size=size)
        grey = photograph(ink, view, size, generator)[0]  # (1, H, W)
        found.append((255 * grey).round().byte().numpy().repeat(picture.shape[0], 0))
    return np.stack(found) if found else pictures


# -- the view


def _seen(homography: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(N, h, w, 2) where each pixel is on the drawing, and (N, h, w) how many of its pixels it is wide."""
    height, width = size
    device = homography.device
    y, x = torch.arange(height, device=device) + 0.5, torch.arange(width, device=device) + 0.5
    grid = torch.stack(
        (x.expand(height, width), y[:, None].expand(height, width), torch.ones(height, width, device=device)), -1
    )
    there = torch.einsum("nij,hwj->nhwi", homography.float(), grid)
    depth = there[..., 2].clamp(min=1e-4)
    scale = (torch.linalg.det(homography.float()).abs()[:, None, None] / depth**3).sqrt()
    return there[..., :2] / depth[..., None], scale


def _sampled(ink: Tensor, place: Tensor, scale: Tensor) -> Tensor:
    """(N, h, w) ink at places, none beyond the drawing; from coarser pictures where many pixels become one."""
    height, width = ink.shape[1:]
    grid = 2 * place / torch.tensor([width, height], device=ink.device) - 1
    level = torch.log2(scale.clamp(min=1)).clamp(max=4)
    picture, found = ink[:, None], torch.zeros_like(scale)
    for number in range(math.ceil(float(level.max())) + 1):
        share = (1 - (level - number).abs()).clamp(min=0)
        found = found + share * F.grid_sample(picture, grid, align_corners=False)[:, 0]
        picture = F.avg_pool2d(picture, 2, ceil_mode=True, count_include_pad=False)
    return found


# -- the paper


def _ruled(place: Tensor, there: Tensor, chance: Chance) -> Tensor:
    """(N, h, w) the ink of printed lines or squares, which have nothing to do with the drawing."""
    n = len(place)
    period = chance.between(9.0, 45.0, n, 1, 1)
    half = period * chance.uniform(n, 1, 1, low=0.02, high=0.05)
    found = torch.zeros(place.shape[:3], device=place.device)
    squared = chance.happens(0.5, n, 1, 1)
    for axis in (1, 0):
        off = place[..., axis] + chance.uniform(n, 1, 1, high=50.0)
        near = ((off % period) - period / 2).abs()
        line = (half + 0.5 - near).clamp(0, 1)
        found = torch.maximum(found, line * (squared if axis == 0 else 1.0))
    return found * there * chance.uniform(n, 1, 1, low=0.05, high=0.3)


def _specks(drawn: Tensor, there: Tensor, chance: Chance) -> Tensor:
    """(N, h, w) dust: single pixels."""
    n = len(drawn)
    rate = there * chance.uniform(n, 1, 1, high=6e-4)
    return (chance.uniform(*drawn.shape) < rate) * chance.uniform(n, 1, 1, low=0.3)


def _grain(n: int, size: tuple[int, int], chance: Chance) -> Tensor:
    """(N, h, w) how uneven the paper is, about 0."""
    found = torch.zeros(n, *size, device=chance.device)
    for step, most in ((2, 0.03), (7, 0.04), (40, 0.07)):
        coarse = chance.normal(n, 1, size[0] // step + 2, size[1] // step + 2)
        fine = F.interpolate(coarse, size, mode="bilinear", align_corners=False)[:, 0]
        found = found + fine * chance.uniform(n, 1, 1, high=most)
    return found


def _on_desk(seen: Tensor, place: Tensor, drawing: tuple[int, int], there: Tensor, chance: Chance) -> Tensor:
    """The sheet ends somewhere beyond the drawing, and a desk begins."""
    n = len(seen)
    height, width = drawing
    margin = chance.uniform(n, 4, 1, 1, low=2.0, high=50.0)
    x, y = place.unbind(-1)
    inside = torch.minimum(
        torch.minimum(x + margin[:, 0], width + margin[:, 1] - x),
        torch.minimum(y + margin[:, 2], height + margin[:, 3] - y),
    )
    paper = (inside + 0.5).clamp(0, 1)
    desk = chance.uniform(n, 1, 1, low=0.05, high=0.9) * (1 + 1.5 * _grain(n, (seen.shape[1], seen.shape[2]), chance))
    return torch.where(there > 0, torch.lerp(desk, seen, paper), seen)


# -- light, lens and what follows


def _light(n: int, size: tuple[int, int], taken: Tensor, strength: float, chance: Chance) -> Tensor:
    """(N, h, w) how bright it is: from one side, in the corners, under shadows."""
    device = chance.device
    y = torch.linspace(-1, 1, size[0], device=device)[None, :, None]
    x = torch.linspace(-1, 1, size[1], device=device)[None, None, :]
    column = (n, 1, 1)

    def along() -> Tensor:
        angle = chance.uniform(*column, high=2 * math.pi)
        return x * angle.cos() + y * angle.sin()

    def amount(share: float, most: float) -> Tensor:
        return strength * (taken & chance.happens(share, *column)) * chance.uniform(*column, high=most)

    light = 1 - amount(0.7, 0.4) * (along() + 1.4) / 2.8
    radius = (x - 0.7 * chance.normal(*column)) ** 2 + (y - 0.7 * chance.normal(*column)) ** 2
    light = light * (1 - amount(0.4, 0.18) * radius.clamp(max=4))
    for share in (0.3, 0.15):  # a hand's or a phone's
        edge = along() + 0.35 * chance.normal(*column) + 0.3 * chance.normal(*column) * along() ** 2
        soft = chance.between(2.0, 60.0, *column)
        light = light * (1 - amount(share, 0.5) * torch.sigmoid(edge * soft))
    return light


def _blurred(seen: Tensor, taken: Tensor, strength: float, chance: Chance) -> Tensor:
    """Out of focus, or moved; pictures that no camera took at most a little."""
    n = len(seen)
    most = torch.where(taken[:, :, 0], 0.95, 0.45) * strength
    wide = most * chance.uniform(n, 1) * chance.happens(0.7, n, 1)  # (N, 1) standard deviations in pixels
    ratio = torch.where(chance.happens(0.3, n, 1), chance.uniform(n, 1), 1.0)
    angle = chance.uniform(n, 1, high=math.pi)
    at = torch.arange(KERNEL, device=seen.device) - KERNEL // 2
    x, y = at.repeat(KERNEL).float()[None], at.repeat_interleave(KERNEL).float()[None]
    first = (x * angle.cos() + y * angle.sin()) / wide.clamp(min=0.05)
    second = (y * angle.cos() - x * angle.sin()) / (wide * ratio).clamp(min=0.05)
    kernel = torch.exp(-(first**2 + second**2) / 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).view(n, 1, KERNEL, KERNEL)
    padded = F.pad(seen[None], (KERNEL // 2,) * 4, mode="replicate")
    return F.conv2d(padded, kernel, groups=n)[0]


def _developed(
    seen: Tensor, bilevel: Tensor, some: Callable[[float], Tensor], strength: float, chance: Chance
) -> Tensor:
    """Contrast and curves as software sets them."""
    column = (len(seen), 1, 1)
    gamma = torch.exp(0.35 * strength * some(0.5) * chance.normal(*column))
    seen = seen.clamp(min=1e-4) ** gamma
    low, high = seen.amin((1, 2), keepdim=True), seen.mean((1, 2), keepdim=True).clamp(min=0.2)
    stretched = (seen - low) / (high - low).clamp(min=0.15)
    seen = torch.lerp(seen, stretched, some(0.25) * chance.uniform(*column, low=0.5))
    # Scanned to nearly black and white, against the brightness round about.
    coarse = F.avg_pool2d(seen[:, None], AROUND, ceil_mode=True, count_include_pad=False)
    coarse = F.avg_pool2d(F.pad(coarse, (1,) * 4, mode="replicate"), 3, 1)
    around = F.interpolate(coarse, seen.shape[1:], mode="bilinear", align_corners=False)[:, 0]
    gain = chance.uniform(*column, low=3.0, high=12.0)
    sharp = (0.5 + gain * (seen - (0.88 * around))).clamp(0, 1)
    seen = torch.lerp(seen, sharp, bilevel)
    offset = some(0.2) * chance.uniform(*column, high=0.2)  # haze
    return seen * (1 - offset) + offset


def _compressed(seen: Tensor, chance: Chance) -> Tensor:
    """As JPEG keeps it, on some pictures."""
    n, height, width = seen.shape
    index = chance.happens(0.35, n).nonzero()[:, 0]
    if not len(index):
        return seen
    device = seen.device
    k = torch.arange(BLOCK, device=device, dtype=torch.float32)
    wave = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    wave[0] /= math.sqrt(2)
    high, wide = -(-height // BLOCK), -(-width // BLOCK)
    some = F.pad(seen[index][:, None], (0, wide * BLOCK - width, 0, high * BLOCK - height), mode="replicate")[:, 0]
    blocks = some.view(len(index), high, BLOCK, wide, BLOCK).transpose(2, 3) * 255 - 128
    quality = chance.uniform(len(index), 1, 1, 1, 1, low=25.0, high=95.0)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    step = (torch.tensor(LUMINANCE, device=device, dtype=torch.float32) * factor).clamp(min=1)
    kept = ((wave @ blocks @ wave.T) / step).round() * step
    back = (((wave.T @ kept @ wave) + 128) / 255).transpose(2, 3).reshape(some.shape)
    out = seen.clone()
    out[index] = back[:, :height, :width]
    return out


__all__ = ["photograph", "random_homography"]
