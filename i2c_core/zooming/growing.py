"""Programs grown level by level: every open node of every program of every picture is looked at in one batch.

A program being grown is the row of its tokens in prefix order, in which open nodes are holes. A level fills all holes
and leaves one for each argument of what it filled them with, so that a row is a program when it has no holes.

Legend: N pictures, K programs of a picture, R = N * K rows, T tokens and holes, M holes, J the most holes of a row,
V tokens of the vocabulary, A the largest arity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core.decoding.noise import descend
from i2c_core.zooming.areas import Areas
from i2c_core.zooming.network import ZoomNetwork, view
from i2c_core.zooming.slack import service_order
from i2c_core.zooming.tables import ROOT, ZoomTables

LARGEST = 1e30  # of logits: a difference of two is a finite float32


@dataclass(frozen=True, eq=False)
class Rows:
    """R programs being grown.

    Attributes:
        ids: (R, T) tokens; V + 1 is a hole, V stands behind the end.
        type, role: (R, T) of holes.
        key: (R, T) of holes, a number of the path that led there, for noise; None where nothing is drawn.
        where: (R, T, 4) the rectangles of holes in pixels.
        picture: (R,) which picture.
        logprob, logq: (R,) float64 of the tokens so far.
        undefined: (R,) int64, nodes for which the network gave no finite number for a legal token.
        forced: (R,) bool, rows with a node for which it gave none for any.
    """

    ids: Tensor
    type: Tensor
    role: Tensor
    key: Tensor | None
    where: Tensor
    picture: Tensor
    logprob: Tensor
    logq: Tensor
    undefined: Tensor
    forced: Tensor

    def select(self, index: Tensor) -> Rows:
        """The rows at `index`."""
        return Rows(**_selected(self, index))


def _selected(columns: Rows | Level, index: Tensor) -> dict[str, Any]:
    found = {name: getattr(columns, name) for name in columns.__dataclass_fields__}
    return {name: None if column is None else column[index] for name, column in found.items()}


def begin(tables: ZoomTables, keys: Tensor | None, picture: Tensor, size: tuple[int, int]) -> Rows:
    """Rows with one hole each, the whole picture.

    Args:
        keys: (R,) where the noise of each row begins, or None.
        picture: (R,) which picture.
        size: height and width of the pictures.
    """
    rows, device = len(picture), picture.device
    nothing = torch.zeros((rows, 1), dtype=torch.int64, device=device)
    whole = torch.tensor([0, 0, size[1], size[0]], device=device).repeat(rows, 1, 1)
    number = torch.zeros(rows, dtype=torch.float64, device=device)
    ids = nothing + tables.pad + 1
    key = None if keys is None else keys[:, None]
    return Rows(ids, nothing, nothing + ROOT, key, whole, picture, number, number, nothing[:, 0], number > 0)


@dataclass(frozen=True, eq=False)
class Level:
    """The holes of R rows, each row's in the order in which they are served; J of them, fewer where not `live`.

    Attributes:
        slack: (R,) tokens that all holes of a row together may cost.
        hole: (R, J) where in its row a hole stands.
        live: (R, J) bool.
        scores: (R, J, V) float32 logits, -inf where closed.
        legal: (R, J, V) bool, what types and the network leave open.
        cost: (R, J, V) int64.
        key: (R, J) for noise, or None.
    """

    slack: Tensor
    hole: Tensor
    live: Tensor
    scores: Tensor
    legal: Tensor
    cost: Tensor
    key: Tensor | None

    def select(self, index: Tensor) -> Level:
        """The holes of the rows at `index`."""
        return Level(**_selected(self, index))


class Looks(Protocol):
    """What says how likely each token is at holes."""

    def __call__(self, picture: Tensor, where: Tensor, type_: Tensor, role: Tensor) -> Tensor:
        """Logits (M, V) of holes of pictures (M,), rectangles (M, 4), types (M,) and roles (M,)."""


@dataclass(frozen=True, eq=False)
class Looking:
    """A network that looks at pictures; with `shared`, a hole that several rows have is looked at once."""

    network: ZoomNetwork
    areas: Areas
    shared: bool = True

    def __call__(self, picture: Tensor, where: Tensor, type_: Tensor, role: Tensor) -> Tensor:
        """See `Looks`."""
        if not self.shared:
            return self._logits(picture, where, type_, role)
        asked = torch.cat([torch.stack([picture, type_, role], 1), where], 1)  # (M, 7)
        kinds, which = distinct(asked)
        return self._logits(kinds[:, 0], kinds[:, 3:], kinds[:, 1], kinds[:, 2])[which]

    def _logits(self, picture: Tensor, where: Tensor, type_: Tensor, role: Tensor) -> Tensor:
        seen = view(self.areas, picture, where, self.network.config.cells)
        logits: Tensor = self.network(seen, type_, role).float()
        return logits


def distinct(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct rows of whole numbers (M, D) from 0, and of each row which it is (M,)."""
    span = [int(n) + 1 for n in rows.amax(0)] if len(rows) else []
    total = 1
    for n in span:
        total *= n
    if not span or total >= 1 << 62:
        return rows, torch.arange(len(rows), device=rows.device)
    code = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
    for column, n in enumerate(span):
        code = code * n + rows[:, column]
    kinds, which = torch.unique(code, return_inverse=True)
    first = torch.empty_like(kinds).scatter_(0, which, torch.arange(len(rows), device=rows.device))
    return rows[first], which


def look(tables: ZoomTables, looks: Looks, rows: Rows, budget: int) -> tuple[Rows, Level] | None:
    """The rows with what was counted of them, and their next level; None where no row has a hole.

    A node without pixels cannot be seen, and takes the first of the tokens that cost nothing. So does one for which the
    network gives no number, and its row claims no probability.
    """
    hole = rows.ids == tables.pad + 1  # (R, T)
    count = hole.sum(1)  # (R,)
    most = int(count.max()) if len(count) else 0  # J
    if most == 0:
        return None
    at = _places(hole, most)  # (R, J)
    live = torch.arange(most, device=hole.device) < count[:, None]  # (R, J)
    type_, role = rows.type.gather(1, at), rows.role.gather(1, at)
    key = None if rows.key is None else rows.key.gather(1, at)
    where = rows.where.gather(1, at[..., None].expand(-1, -1, 4))  # (R, J, 4)
    visible = (where[..., 2:] > where[..., :2]).all(2) & live
    legal, cost = tables.legal[type_], tables.cost[type_]  # (R, J, V)
    logits = torch.full(legal.shape, torch.nan, device=hole.device)
    picture = rows.picture[:, None].expand_as(at)[visible]
    logits[visible] = looks(picture, where[visible], type_[visible], role[visible])
    known = legal & logits.isfinite()
    free = legal & (cost == 0)
    # The slack rule needs a token that costs nothing at every node.
    first = torch.zeros_like(legal).scatter_(2, free.int().argmax(2, keepdim=True), True)
    open_ = torch.where((known & free).any(2, keepdim=True), known, known | first)
    scores = logits.nan_to_num(-LARGEST).clamp(-LARGEST, LARGEST).masked_fill(~open_, -torch.inf)
    unknown = visible & (legal & ~known).any(2)  # (R, J)
    told = replace(
        rows,
        undefined=rows.undefined + unknown.sum(1),
        forced=rows.forced | (visible & ~known.any(2)).any(1),
    )
    slack = budget - (rows.ids < tables.pad).sum(1) - (tables.least[type_] * live).sum(1)
    order = service_order(scores, cost, (where[..., 2:] - where[..., :2]).prod(2), live)  # (R, J)
    wide = order[..., None].expand_as(scores)
    at, live = at.gather(1, order), live.gather(1, order)
    key = None if key is None else key.gather(1, order)
    scores, open_, cost = (x.gather(1, wide) for x in (scores, open_, cost))
    return told, Level(slack, at, live, scores, open_, cost, key)


def _places(hole: Tensor, most: int) -> Tensor:
    """(R, J) where the holes of each row (R, T) stand, 0 behind the last."""
    place = torch.where(hole, hole.cumsum(1) - 1, most)  # (R, T)
    at = torch.zeros((len(hole), most + 1), dtype=torch.int64, device=hole.device)
    at.scatter_(1, place, torch.arange(hole.shape[1], device=hole.device).expand_as(place))
    return at[:, :most]


def fill(tables: ZoomTables, rows: Rows, level: Level, token: Tensor) -> Rows:
    """The rows with `token` (R, J) in the holes of a level, and holes for their arguments."""
    pad, argument = tables.pad, torch.arange(tables.role.shape[1], device=token.device)  # (A,)
    spot = torch.where(level.live, level.hole, rows.ids.shape[1])  # (R, J), behind the row where there is no hole
    ids = F.pad(rows.ids, (0, 1)).scatter(1, spot, token)[:, :-1]  # (R, T)
    filled = rows.ids == pad + 1
    arity = torch.where(filled, tables.arity[ids], 0)  # (R, T)
    start = torch.arange(ids.shape[1], device=ids.device) + arity.cumsum(1) - arity  # (R, T), where each token goes
    length = torch.where(ids < pad, 1 + arity, 0).sum(1)  # (R,)
    width = int(length.max())  # T of the new rows; what is written one column behind is dropped
    new = torch.full((len(ids), width + 1), pad, dtype=torch.int64, device=ids.device)
    new.scatter_(1, torch.where(ids < pad, start, width), ids)
    row, place = (arity > 0).nonzero(as_tuple=True)  # (M,) what has arguments to look at
    symbol = ids[row, place]
    child = argument < tables.arity[symbol][:, None]  # (M, A)
    to = torch.where(child, start[row, place][:, None] + 1 + argument, width)  # (M, A)
    at = row[:, None].expand_as(to)
    new[at, to] = pad + 1

    def opened(values: Tensor) -> Tensor:
        """(R, T, ...) what the new holes have, from that of each argument (M, A, ...)."""
        column = torch.zeros((*new.shape, *values.shape[2:]), dtype=values.dtype, device=values.device)
        column[at, to] = values
        return column[:, :width]

    path = None
    if rows.key is not None:
        path = opened(descend(descend(rows.key[row, place], symbol)[:, None], argument.expand_as(to)))
    return replace(
        rows,
        ids=new[:, :width],
        type=opened(tables.child[rows.type[row, place], symbol]),
        role=opened(tables.role[symbol]),
        key=path,
        where=opened(tables.parts(symbol, rows.where[row, place])),
    )
