"""The sketch process: strokes as a hand draws them and a scanner sees them, with the program known exactly.

Everything that happens, happens to the geometry (of the sheet, of each item, of each stroke, along each stroke), then
to the ink, then to the scan; what a figure says never changes. Magnitudes are in cells, so that they mean the same at
every size. Ideas of what goes wrong in drawings by hand: Ellis et al. 2018, section 2.1, who perturb TikZ.

Legend: N figures, S strokes of a figure, R strokes of the batch, I items of a figure, M pieces, F waves, H W pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.strokes.drawing import cut, scale_of
from i2c_core.strokes.inking import PIECE, Pieces, ink
from i2c_core.strokes.strokes import TURN, Strokes, locate

WAVES = 3  # sine waves that a wobble is the sum of
LOBES = (0.6, 1.0, 0.7, 0.5)  # of an arc, once to four times around: how strong each is
GAP = 0.08  # cells of paper between two dashes, at least
STEADY = 1.8  # cells of an item's radius, above which it is no longer turned or scaled as freely


@dataclass(frozen=True)
class Style:
    """How careless a hand is; lengths in cells, angles in radians, chances from 0 to 1, all 0 for a plotter.

    Spreads are standard deviations of normal distributions cut off at CUT of them. Those that are said to be of a
    sheet, an item or a stroke are drawn once for it; `care` multiplies all lengths and angles of a sheet by a factor
    drawn between its two numbers.
    """

    care: tuple[float, float] = (0.4, 1.5)
    width: tuple[float, float] = (0.075, 0.24)  # of the pen
    pressure: float = 0.16  # spread of the width along a stroke, as a share of it
    faint: float = 0.15  # chance of a sheet whose dashes are drawn lightly
    sheet_shift: float = 0.065
    sheet_turn: float = 0.010
    sheet_scale: float = 0.009
    item_shift: float = 0.06
    item_turn: float = 0.025
    item_scale: float = 0.045
    item_bend: float = 0.035  # ends of an item's strokes move apart, alike where they meet
    end: float = 0.03  # ends move on their own: corners that do not close
    overshoot: float = 0.075  # along the stroke, beyond its end or short of it
    wobble: float = 0.022
    bow: float = 0.012  # of a stroke's length, to one side
    roundness: float = 0.06  # of a radius, with 2 to 4 lobes
    gap: float = 0.06  # chance of a stroke with a gap
    restroke: float = 0.06  # chance of a sheet on which half of all strokes are drawn twice
    barb: float = 0.28  # spread of the length of an arrow's barbs, as a share of it
    barb_turn: float = 0.2
    closed_tip: float = 0.08  # chance of a sheet whose arrow heads are closed
    writing: float = 0.10  # chance of a sheet with something else written on it
    specks: float = 2.0  # on a sheet, in the mean
    threshold: float = 0.6  # chance of a sheet scanned to nearly black and white
    rough: float = 0.25  # spread of the ink of single pixels
    intensity: tuple[float, float] = (0.5, 1.5)


def sketch(strokes: Strokes, size: tuple[int, int], generator: torch.Generator, style: Style = Style()) -> Tensor:
    """(N, H, W) ink from 0 to 1 of N figures drawn by hand; equal for equal strokes and state of the generator.

    Args:
        strokes: of N figures.
        size: H and W in pixels.
        generator: all chance comes from it; it is on the strokes' device.
        style: how careless the hand is.
    """
    hand = _Hand(strokes, generator, style)
    pieces = hand.pieces(size)
    return _scan(ink(pieces, len(strokes), size), hand.darkest(size), generator, style)


class _Hand(Chance):
    """One hand for each of the N sheets, and the strokes that it draws: first the figure's, then what comes on top."""

    def __init__(self, strokes: Strokes, generator: torch.Generator, style: Style) -> None:
        super().__init__(generator)
        self.strokes, self.style = strokes, style
        n = len(strokes)
        self.care = self.uniform(n, low=style.care[0], high=style.care[1])  # (N,)
        low, high = style.width
        self.width = low * (high / low) ** self.uniform(n)  # (N,)
        figure, number = (strokes.item >= 0).nonzero(as_tuple=True)  # (R,)
        self.figure = figure
        self.arc, self.dashed = strokes.arc[figure, number], strokes.dashed[figure, number]
        self.tip = strokes.tip[figure, number]
        items = int(strokes.item.max()) + 1 if strokes.item.numel() else 0
        self.item = figure * max(items, 1) + strokes.item[figure, number]  # (R,) of all items of the batch
        self.items = n * max(items, 1)
        self.shape = self._moved(strokes.shape[figure, number].clone())
        self._add_second_strokes()
        self._add_writing()

    # -- where strokes begin and end

    def _moved(self, shape: Tensor) -> Tensor:
        """(R, 6) the strokes after what happens to sheets, items and ends of strokes."""
        style, care = self.style, self.care[self.figure]  # (R,)
        arc, tip = self.arc, self.tip
        centre = torch.where(arc[:, None], shape[:, :2], (shape[:, :2] + shape[:, 2:4]) / 2)  # (R, 2)
        middle = _mean_by(centre, self.item, self.items, ~tip)[self.item]  # (R, 2) of the item
        shape = self._with_own_barbs(shape, care)
        # A hand that draws something large keeps an eye on where its ends should be.
        ends = (shape[:, 2:4].amax(1), torch.maximum(*((shape[:, i : i + 2] - middle).norm(dim=1) for i in (0, 2))))
        radius = _greatest_by(torch.where(arc, *ends), self.item, self.items)[self.item]  # (R,) of the item
        eye = care / (radius / STEADY).clamp(min=1)
        turn = self.normal(self.items)[self.item] * style.item_turn * eye
        grow = torch.exp(self.normal(self.items, 2)[self.item] * style.item_scale * eye[:, None])  # (R, 2)
        shift = self.normal(self.items, 2)[self.item] * style.item_shift * care[:, None]
        bend = self.normal(self.items, 2, 2)[self.item] * style.item_bend * care[:, None, None]  # (R, 2 waves, xy)
        waves = self.uniform(self.items, 2, 2, low=-1.3, high=1.3)[self.item]  # (R, 2 waves, xy) radians a cell
        phase = self.uniform(self.items, 2, high=TURN)[self.item]  # (R, 2 waves)

        def move(point: Tensor) -> Tensor:
            """The same place of an item goes to the same place, whichever stroke it is an end of."""
            offset = _turned((point - middle) * grow, turn)
            wave = torch.sin((waves * (point - middle)[:, None]).sum(2) + phase)  # (R, 2 waves)
            return middle + offset + shift + (bend * wave[:, :, None]).sum(1)

        begin = move(shape[:, :2])
        end = torch.where(tip[:, None], begin + shape[:, 2:4] - shape[:, :2], move(shape[:, 2:4]))
        loose = style.end * care[:, None]
        begin, end = begin + self.normal(len(shape), 2) * loose, end + self.normal(len(shape), 2) * loose
        along = F.normalize(end - begin, dim=1)  # (R, 2)
        beyond = self.normal(len(shape), 2) * style.overshoot * care[:, None] * torch.where(tip, 0.3, 1.0)[:, None]
        begin, end = begin - along * beyond[:, :1], end + along * beyond[:, 1:]
        sheet = self._sheet()
        begin, end = self._on_sheet(begin, sheet), self._on_sheet(end, sheet)
        radii = shape[:, 2:4] * grow
        start = shape[:, 4] + turn
        whole = shape[:, 5].abs() > 0.99 * TURN
        start = torch.where(whole, self.uniform(len(shape), high=TURN), start)  # a circle may begin anywhere
        sweep = shape[:, 5] + beyond.sum(1) / radii.mean(1).clamp(min=0.1) * shape[:, 5].sign()
        sweep = sweep + torch.where(whole, (self.uniform(len(shape)) - 0.4) * 0.25 * care, 0.0)
        arcs = torch.cat((begin, radii, start[:, None], sweep[:, None]), 1)
        zero = torch.zeros_like(begin)
        return torch.where(arc[:, None], arcs, torch.cat((begin, end, zero), 1))

    def _with_own_barbs(self, shape: Tensor, care: Tensor) -> Tensor:
        """Barbs of other lengths and at other angles, alike for the two of a head, more or less."""
        style, barb = self.style, shape[:, 2:4] - shape[:, :2]
        sheet, item = self.normal(len(self.strokes))[self.figure], self.normal(self.items)[self.item]
        length = torch.exp((0.8 * sheet + 0.4 * item + 0.4 * self.normal(len(shape))) * style.barb)
        wide, wide_sheet = self.normal(self.items)[self.item], self.normal(len(self.strokes))[self.figure]
        # Barbs stand on either side of the way that they go together: a head opens where both turn away from it.
        back = _mean_by(barb, self.item, self.items, self.tip)[self.item]  # (R, 2)
        side = torch.sign(back[:, 0] * barb[:, 1] - back[:, 1] * barb[:, 0])
        turn = (
            (side * (0.4 + wide_sheet + 0.5 * wide) + 0.6 * self.normal(len(shape)))
            * style.barb_turn
            * care.clamp(max=1)
        )
        # Barbs stand out from the line that they are on, whatever the pen.
        length = torch.maximum(length, (0.2 + self.width[self.figure]) / barb.norm(dim=1).clamp(min=1e-6))
        moved = shape[:, :2] + _turned(barb, turn) * length[:, None]
        return torch.cat((shape[:, :2], torch.where(self.tip[:, None], moved, shape[:, 2:4]), shape[:, 4:]), 1)

    def _sheet(self) -> tuple[Tensor, Tensor, Tensor]:
        """How each whole sheet is shifted (N, 2), turned (N,) and scaled (N, 1)."""
        n, style = len(self.strokes), self.style
        care = self.care[:, None]
        return (
            self.normal(n, 2) * style.sheet_shift * care,
            self.normal(n) * style.sheet_turn * self.care,
            torch.exp(self.normal(n, 1) * style.sheet_scale * care),
        )

    def _on_sheet(self, point: Tensor, sheet: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """(R, 2) points after the whole sheet has moved; alike for all points of a sheet."""
        shift, turn, grow = (part[self.figure] for part in sheet)
        extent = torch.tensor(self.strokes.extent, device=self.device) / 2  # (2,) the middle of the sheet
        return extent + _turned((point - extent) * grow, turn) + shift

    # -- what is drawn beside the figure's strokes

    def _add_second_strokes(self) -> None:
        """On some sheets strokes are drawn twice, and arrow heads are closed."""
        twice = self.happens(self.style.restroke, len(self.strokes))[self.figure]
        twice = twice & self.happens(0.5, len(self.shape)) & ~self.dashed
        moved = self.shape[twice].clone()
        spread = 0.035 * self.care[self.figure[twice]][:, None]
        moved[:, :4] += self.normal(len(moved), 4) * spread
        closed = self.happens(self.style.closed_tip, len(self.strokes))[self.figure] & self.tip
        pair = closed[:-1] & closed[1:] & (self.item[:-1] == self.item[1:]) if len(closed) else closed
        first = pair.nonzero()[:, 0]
        across = torch.zeros(len(first), 6, device=self.device)
        across[:, :2], across[:, 2:4] = self.shape[first, 2:4], self.shape[first + 1, 2:4]
        self._append(moved, self.figure[twice], self.arc[twice])
        self._append(across, self.figure[first], torch.zeros_like(first, dtype=torch.bool))

    def _add_writing(self) -> None:
        """On some sheets a few short lines and arcs, close together: letters beside the figure, which mean nothing."""
        n, marks = len(self.strokes), 9
        sheet = self.happens(self.style.writing, n).nonzero()[:, 0]  # (A,)
        extent = torch.tensor(self.strokes.extent, dtype=torch.float32, device=self.device)
        place = self.uniform(len(sheet), 1, 2) * (extent - 2) + 1  # (A, 1, 2)
        letter = torch.arange(marks, device=self.device) // 3  # three strokes a letter
        tall = self.uniform(len(sheet), 1, 1, low=0.2, high=0.55)  # (A, 1, 1)
        middle = place + torch.stack((letter * 1.0, letter * 0.0), 1) * tall + self.normal(len(sheet), marks, 2) * 0.05
        arc = self.happens(0.5, len(sheet), marks)
        ends = self.normal(len(sheet), marks, 2) * tall * 0.5
        segment = torch.cat((middle - ends, middle + ends, torch.zeros_like(ends)), 2)  # (A, marks, 6)
        radii = self.uniform(len(sheet), marks, 2, low=0.2, high=0.5) * tall
        angle = self.uniform(len(sheet), marks, 2, high=TURN)
        shape = torch.where(arc[..., None], torch.cat((middle, radii, angle), 2), segment)
        drawn = self.happens(0.7, len(sheet), marks)
        self._append(shape[drawn], sheet[:, None].expand(-1, marks)[drawn], arc[drawn])

    def _append(self, shape: Tensor, figure: Tensor, arc: Tensor) -> None:
        no = torch.zeros_like(arc)
        self.shape, self.figure = torch.cat((self.shape, shape)), torch.cat((self.figure, figure))
        self.arc, self.dashed = torch.cat((self.arc, arc)), torch.cat((self.dashed, no))
        self.tip = torch.cat((self.tip, no))

    # -- along each stroke

    def pieces(self, size: tuple[int, int]) -> Pieces:
        """The strokes in pixels, wobbling, with their gaps and dashes left out."""
        scale = scale_of(self.strokes, size)  # (2,)
        cell = float(scale.mean())
        segment = torch.hypot(self.shape[:, 2] - self.shape[:, 0], self.shape[:, 3] - self.shape[:, 1])
        length = torch.where(self.arc, self.shape[:, 2:4].mean(1) * self.shape[:, 5].abs(), segment)  # (R,) cells
        counts = (length * cell / PIECE).ceil().long().clamp(min=1)
        stroke, t0, t1 = cut(counts)  # (M,)
        wave = self._waves(len(length))
        bent = self._bent(length)
        begin, end = (self._places(stroke, t, length, wave, bent) * scale for t in (t0, t1))
        way = (t0 + t1) / 2 * length[stroke]  # (M,) cells from the stroke's beginning
        pressure, _ = _sum_of(self._waves(len(length)), stroke, way)
        figure = self.figure[stroke]
        half = self.width[figure] / 2 * (1 + self.style.pressure * pressure).clamp(0.5, 1.6) * cell
        dark = (1 + 0.5 * self.style.pressure * pressure).clamp(0.4, 1)
        light = torch.where(self.happens(self.style.faint, len(self.strokes)), 0.5, 1.0)[figure]
        dark = torch.where(self.dashed[stroke], dark * light, dark)
        keep = self._is_drawn(stroke, way, length)
        return Pieces(begin, end, half, dark, figure).select(keep.nonzero()[:, 0])

    def darkest(self, size: tuple[int, int]) -> Tensor:
        """(N,) the ink in the middle of a stroke of each sheet, at its thinnest."""
        half = self.width / 2 * float(scale_of(self.strokes, size).mean()) * (1 - self.style.pressure)
        return (half + 0.2).clamp(0, 1)

    def _waves(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """For each stroke WAVES sine waves across it and along: amplitudes (R, F, 2), frequencies, phases (R, F)."""
        amplitude = self.normal(count, WAVES, 2) / math.sqrt(WAVES)
        return amplitude, self.uniform(count, WAVES, low=1.0, high=9.0), self.uniform(count, WAVES, high=TURN)

    def _bent(self, length: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of each stroke the sizes and phases of an arc's lobes (R, 4), and how far a line bows to one side (R,)."""
        care = self.care[self.figure]
        strength = torch.tensor(LOBES, device=self.device) * self.style.roundness
        size, phase = self.normal(len(care), 4) * strength * care[:, None], self.uniform(len(care), 4) * TURN
        return size, phase, self.normal(len(care)) * self.style.bow * care * length

    def _places(
        self,
        stroke: Tensor,
        t: Tensor,
        length: Tensor,
        wave: tuple[Tensor, Tensor, Tensor],
        bent: tuple[Tensor, Tensor, Tensor],
    ) -> Tensor:
        """(M, 2) where strokes are at shares t of their way."""
        shape, arc = self.shape[stroke], self.arc[stroke]
        care = self.care[self.figure]
        size, phase, bow = bent
        lobes = torch.arange(1, len(LOBES) + 1, device=self.device)
        angle = shape[:, 4] + shape[:, 5] * t
        # Lobes follow the share of the way, so that a circle need not meet where it began.
        uneven = (size[stroke] * torch.sin(lobes * 0.93 * (angle - shape[:, 4])[:, None] + phase[stroke])).sum(1)
        radii = torch.where(arc[:, None], shape[:, 2:4] * (1 + uneven[:, None]), shape[:, 2:4])
        point = locate(torch.cat((shape[:, :2], radii, shape[:, 4:]), 1), arc, t)
        across, along = _sum_of(wave, stroke, t * length[stroke])
        shake = self.style.wobble * care[stroke]
        tangent = torch.where(
            arc[:, None], torch.stack((-angle.sin(), angle.cos()), 1), F.normalize(shape[:, 2:4] - shape[:, :2], dim=1)
        )
        normal = torch.stack((-tangent[:, 1], tangent[:, 0]), 1)
        side = across * shake + torch.where(arc, 0.0, bow[stroke] * 4 * t * (1 - t))
        return point + normal * side[:, None] + tangent * (along * shake)[:, None]

    def _is_drawn(self, stroke: Tensor, way: Tensor, length: Tensor) -> Tensor:
        """(M,) whether a piece is neither in a gap nor between two dashes."""
        count = len(length)
        torn = self.happens(self.style.gap, count)
        middle, wide = self.uniform(count, low=0.1, high=0.9) * length, self.uniform(count, low=0.05, high=0.3)
        gap = torn[stroke] & ((way - middle[stroke]).abs() < wide[stroke] / 2)
        sheet = self.uniform(len(self.strokes), low=0.3, high=0.75)[self.figure]
        share = self.uniform(len(self.strokes), low=0.42, high=0.72)[self.figure]
        seen = (self.width[self.figure] + GAP) / (1 - share)  # a gap is wider than the ends of the dashes reach
        period = torch.minimum(sheet * torch.exp(self.normal(count) * 0.1), length / 2.2)
        period = torch.maximum(period, torch.minimum(seen, length)).clamp(min=0.15)
        ragged = self.uniform(len(self.strokes), low=0.04, high=0.22)[self.figure]
        uneven, _ = _sum_of(self._waves(count), stroke, way)
        phase = torch.where(self.happens(0.7, count), 0.0, self.uniform(count))
        at = (way / period[stroke] + ragged[stroke] * uneven + phase[stroke]) % 1
        return ~gap & ~(self.dashed[stroke] & (at > share[stroke]))


def _sum_of(wave: tuple[Tensor, Tensor, Tensor], stroke: Tensor, way: Tensor) -> tuple[Tensor, Tensor]:
    """(M,) twice: the sums of a stroke's two sets of waves at a way in cells; variance about 1 / 2."""
    amplitude, frequency, phase = wave
    sine = torch.sin(frequency[stroke] * way[:, None] + phase[stroke])  # (M, F)
    both = (amplitude[stroke] * sine[..., None]).sum(1)  # (M, 2)
    return both[:, 0], both[:, 1]


def _turned(point: Tensor, angle: Tensor) -> Tensor:
    """(R, 2) points turned about the origin by angles (R,)."""
    cosine, sine = angle.cos(), angle.sin()
    x, y = point.unbind(-1)
    return torch.stack((x * cosine - y * sine, x * sine + y * cosine), -1)


def _mean_by(value: Tensor, group: Tensor, groups: int, counted: Tensor) -> Tensor:
    """(G, 2) means of values (R, 2) by group, of those that are counted."""
    weight = counted.to(value.dtype)
    total = torch.zeros(groups, 2, device=value.device).index_add_(0, group, value * weight[:, None])
    return total / torch.zeros(groups, device=value.device).index_add_(0, group, weight).clamp(min=1)[:, None]


def _greatest_by(value: Tensor, group: Tensor, groups: int) -> Tensor:
    """(G,) the greatest of values (R,) by group, at least 0."""
    return torch.zeros(groups, device=value.device).scatter_reduce_(0, group, value, "amax")


def _scan(inked: Tensor, darkest: Tensor, generator: torch.Generator, style: Style) -> Tensor:
    """(N, H, W) what a scanner or a camera makes of ink on paper; `darkest` (N,) is that of each sheet's pen."""
    chance = Chance(generator)
    n, height, width = inked.shape
    column = (n, 1, 1)
    rate = style.specks / (height * width) * chance.uniform(*column, high=2)
    specks = (chance.uniform(n, height, width) < rate) * chance.uniform(n, height, width, low=0.3)
    inked = torch.maximum(inked, specks)
    soft = F.avg_pool2d(F.pad(inked[:, None], (1, 1, 1, 1), mode="replicate"), 3, 1)[:, 0]
    blur = chance.uniform(*column) * chance.happens(0.5, *column)
    inked = torch.lerp(inked, soft, 0.7 * blur)
    rough = style.rough * chance.uniform(*column)
    inked = inked * (1 + rough * chance.normal(n, height, width)) + 0.04 * rough * chance.normal(n, height, width)
    level = chance.uniform(*column, low=0.15, high=0.45) * darkest[:, None, None]
    gain = torch.where(chance.happens(style.threshold, *column), chance.uniform(*column, low=2.0, high=8.0), 1.0)
    inked = torch.where(gain > 1, (inked - level) * gain + level, inked)
    low, high = style.intensity
    return (inked.clamp(0, 1) * chance.uniform(*column, low=low, high=high)).clamp(0, 1)
