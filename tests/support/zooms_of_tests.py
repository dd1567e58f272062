"""Families that zoom, a made-up network over them, and the slow truth about what is grown from it.

Legend: M holes, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from i2c_core import Family, Program, box
from i2c_core.decoding.noise import mix

HALVES = Family(
    "halves",
    root="Image",
    signature="h : (Image, Image) -> Image\nB, W : Image",
    zooms={"h": (box("0 0 1 1/2"), box("0 1/2 1 1"))},
)
# Two types, thirds that leave no whole pixels, literals that are seen in all of their symbol's picture.
TINTS = Family(
    "tints",
    root="Image",
    signature="""
    row   : (Image, Image, Image) -> Image
    frame : (Colour, inner: Image) -> Image
    paint : (Colour, Colour) -> Image
    Colour = red | blue
    """,
    zooms={
        "row": (box("0 0 1/3 1"), box("1/3 0 2/3 1"), box("2/3 0 1 1")),
        "frame": (box("0 0 1 1"), box("1/5 1/5 4/5 4/5")),
        "paint": (box("0 0 1 1"), box("0 0 1 1")),
    },
)


@dataclass(frozen=True)
class Made:
    """Logits that are a pure function of a hole."""

    vocabulary: int
    scale: float = 3.0
    bad: tuple[int, ...] = ()  # tokens whose logits are NaN
    first: int = 0  # the number of the first picture

    def __call__(self, picture: Tensor, where: Tensor, type_: Tensor, role: Tensor) -> Tensor:
        state = torch.zeros_like(picture)
        for column in (picture + self.first, type_, role, *where.unbind(1)):
            state = mix(state * 31 + column + 1)
        bits = mix(state[:, None] + torch.arange(self.vocabulary)) & 0xFFFF  # (M, V)
        logits = (bits.float() / 0x8000 - 1) * self.scale
        logits[:, list(self.bad)] = math.nan
        return logits


@dataclass
class Hole:
    """An open node, or where `program` is given one that must become it."""

    type: int
    role: int
    where: tuple[int, int, int, int]
    program: Program | None = None


def parts(family: Family, token: str, where: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """The rectangles of a symbol's arguments."""
    found = []
    for x0, y0, x1, y1 in family.zooms.get(token, ()):
        width, height = where[2] - where[0], where[3] - where[1]
        edges = (width * x0, height * y0, width * x1, height * y1)
        found.append(tuple(c + math.floor(Fraction(e)) for c, e in zip((*where[:2], *where[:2]), edges, strict=True)))
    return found  # type: ignore[return-value]


def slow(
    family: Family,
    looks: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor],
    picture: int,
    size: tuple[int, int],
    budget: int,
    program: Program | None = None,
) -> tuple[list[int], float]:
    """The likeliest program by the stated rule, or `program`, and its log-probability; nothing is batched."""
    vocabulary = family.vocabulary
    first = {t: sum(int(vocabulary.arity[i]) for i in range(n)) for n, t in enumerate(vocabulary.tokens)}
    row: list[int | Hole] = [Hole(0, 0, (0, 0, size[1], size[0]), program)]
    total = 0.0
    while any(isinstance(entry, Hole) for entry in row):
        holes = [(at, entry) for at, entry in enumerate(row) if isinstance(entry, Hole)]
        left = budget - (len(row) - len(holes)) - sum(int(vocabulary.least[hole.type]) for _, hole in holes)
        served = []
        for at, hole in holes:
            given = [torch.tensor([number]) for number in (picture, hole.type, hole.role)]
            logits = looks(given[0], torch.tensor([hole.where]), *given[1:])[0].double().tolist()
            costs = {}
            for token, found in enumerate(vocabulary.production[hole.type].tolist()):
                if found >= 0:
                    args = vocabulary.productions[found].args
                    costs[token] = 1 + sum(int(vocabulary.least[a]) for a in args) - int(vocabulary.least[hole.type])
            x0, y0, x1, y1 = hole.where
            if x1 <= x0 or y1 <= y0:
                costs = dict([next((t, c) for t, c in costs.items() if c == 0)])
            weights = {t: math.exp(logits[t]) for t in costs}
            dear = sum(w for t, w in weights.items() if costs[t] > 0) / sum(weights.values())
            served.append((-(x1 - x0) * (y1 - y0) * dear, at, hole, costs, weights))
        filled: dict[int, int] = {}
        for _, at, hole, costs, weights in sorted(served, key=lambda s: s[:2]):
            open_ = {t: weights[t] for t, c in costs.items() if c <= left}
            wanted = None if hole.program is None else vocabulary.ids[hole.program.name]
            token = max(open_, key=lambda t: open_[t]) if wanted is None else wanted
            if token not in open_:
                return [], -math.inf
            total += math.log(open_[token] / sum(open_.values()))
            left -= costs[token]
            filled[at] = token
        grown: list[int | Hole] = []
        for at, entry in enumerate(row):
            if isinstance(entry, int):
                grown.append(entry)
                continue
            token = filled[at]
            name = vocabulary.tokens[token]
            grown.append(token)
            args = vocabulary.productions[int(vocabulary.production[entry.type, token])].args
            boxes = parts(family, name, entry.where)
            for number, (type_, where) in enumerate(zip(args, boxes, strict=True)):
                inner = None if entry.program is None else entry.program.args[number]
                grown.append(Hole(type_, 1 + first[name] + number, where, inner))
        row = grown
    return [entry for entry in row if isinstance(entry, int)], total
