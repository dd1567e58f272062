"""Least squares between what programs draw and what they should, over their continuous values, many at once.

Each program has a few values, and its picture thousands of pixels, so that Newton's method as Gauss, Levenberg and
Marquardt have it is at the minimum in a few steps (D. W. Marquardt, "An algorithm for least-squares estimation of
nonlinear parameters", 1963). The derivatives are exact: the family's soft renderer is run on dual numbers, one row for
each value of each program.

Legend: N programs, T tokens, K most values of a program, C channels, H W pixels, P = C * H * W.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

import torch
from torch import Tensor
from torch.autograd import forward_ad

from i2c_core.raster import TokenBatch
from i2c_core.symbols import Bins
from i2c_core.vocabulary import Vocabulary

STEPS = 12  # at most; most programs stand still after five
DAMPING = 1e-2  # of the first step, as a share of the curvature
EASIER, HARDER = 0.3, 5.0  # what becomes of the damping after a step that was good, and one that was not
STILL = 1e-3  # a step that gains less than this share is the last
CHUNK = 1 << 22  # rows times pixels of a call of the renderer: 32 MB a node

Soft = Callable[[TokenBatch, tuple[int, int]], Tensor]


@dataclass(frozen=True, eq=False)
class Fit:
    """Where values came to lie.

    Attributes:
        values: (N, T) float64, NaN for tokens without a value.
        error: (N,) float64, what is left of the loss.
    """

    values: Tensor
    error: Tensor


class Limits:
    """What the values of each token's type may be: (V + 1,) low and high, NaN for tokens without a value."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device | str = "cpu") -> None:
        low = torch.full((vocabulary.size + 1,), torch.nan, dtype=torch.float64)
        high = low.clone()
        for number, token in enumerate(vocabulary.tokens):
            kind = vocabulary.signature.kind(vocabulary.signature[token].result)
            if isinstance(kind, Bins):
                low[number], high[number] = kind.low, kind.high
        self.low, self.high = low.to(device), high.to(device)


def fit_values(
    soft: Soft,
    vocabulary: Vocabulary,
    ids: Tensor,
    values: Tensor,
    targets: Tensor,
    *,
    scale: float = math.inf,
    steps: int = STEPS,
    deadline: float | None = None,
) -> Fit:
    """Move the values of programs, so that they draw their targets.

    Args:
        soft: the renderer, differentiable in values.
        vocabulary: what ids mean.
        ids: (N, T) whole programs, V behind their end; each has a continuous token.
        values: (N, T) float64 where they begin, NaN for tokens without one.
        targets: (N, C, H, W) from 0 to 1.
        scale: of differences, of white 1: larger ones count less and less (the loss of A. Geman and S. Geman's kind
            that K. L. Lange calls Cauchy's), so that a soft edge does not draw numbers away from where the rest of the
            picture has them; without one the loss is the square.
        steps: at most.
        deadline: in seconds of `time.monotonic`, after which no step begins.

    Returns:
        The best values found, inside the ranges of their types but perhaps in other bins, and their errors.
    """
    limits = Limits(vocabulary, ids.device)
    size = (int(targets.shape[2]), int(targets.shape[3]))
    goal = targets.double().flatten(1)  # (N, P)
    values = values.double().clone()
    low, high = limits.low[ids], limits.high[ids]  # (N, T)
    span = high - low
    place = _places(~low.isnan())  # (N, K), T where there are fewer values
    error = _loss(_draw(soft, vocabulary, ids, values, size) - goal, scale)  # (N,)
    damping = torch.full_like(error, DAMPING)
    active = torch.arange(len(ids), device=ids.device)  # programs that still move
    for _ in range(steps):
        if not len(active) or (deadline is not None and monotonic() >= deadline):
            break
        drawn, slopes = _slopes(soft, vocabulary, ids[active], values[active], place[active], span[active], size)
        step = _newton(drawn - goal[active], slopes, damping[active], scale)  # (n, K), in spans
        tried = _moved(values[active], step, place[active], low[active], high[active], span[active])  # (n, T)
        after = _loss(_draw(soft, vocabulary, ids[active], tried, size) - goal[active], scale)  # (n,)
        before = error[active]
        better = after < before
        values[active] = torch.where(better[:, None], tried, values[active])
        error[active] = torch.where(better, after, before)
        damping[active] *= torch.where(better, EASIER, HARDER)
        still = (better & (after > before * (1 - STILL))) | (error[active] == 0) | (damping[active] > 1 / DAMPING)
        active = active[~still]
    return Fit(values, error)


def _places(continuous: Tensor) -> Tensor:
    """(N, K) the tokens of each row that are set in (N, T), in order, T behind them."""
    length = continuous.shape[1]
    most = int(continuous.sum(1).max())
    where = torch.arange(length, device=continuous.device).expand_as(continuous)
    return where.masked_fill(~continuous, length).sort(1).values[:, :most]


def _draw(soft: Soft, vocabulary: Vocabulary, ids: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, P) what programs draw, without gradients."""
    step = max(1, CHUNK // (size[0] * size[1] * max(1, ids.shape[1])))
    with torch.no_grad():
        parts = [
            soft(TokenBatch(ids[n : n + step], values[n : n + step], vocabulary), size).double().flatten(1).detach()
            for n in range(0, len(ids), step)
        ]
    return torch.cat(parts)


@lru_cache(maxsize=1)
def _ready() -> None:
    """Load what torch needs for dual numbers; compiling that warns of torch's own use of what it deprecates."""
    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)
        forward_ad.make_dual(torch.zeros(1), torch.zeros(1))  # type: ignore[no-untyped-call]


def _slopes(
    soft: Soft, vocabulary: Vocabulary, ids: Tensor, values: Tensor, place: Tensor, span: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """What programs draw (N, P), and how it changes with each value (N, K, P), whose unit is the range of its type."""
    _ready()
    count, most = place.shape
    length = ids.shape[1]
    direction = torch.nn.functional.one_hot(place, length + 1)[:, :, :length].double()  # (N, K, T)
    direction = direction * span.nan_to_num()[:, None]
    rows = torch.arange(count, device=ids.device).repeat_interleave(most)  # (N * K,)
    direction = direction.flatten(0, 1)  # (N * K, T)
    step = max(1, CHUNK // (2 * size[0] * size[1] * max(1, length)))
    drawn, slopes = [], []
    for begin in range(0, len(rows), step):
        some = rows[begin : begin + step]
        with forward_ad.dual_level():
            direct = direction[begin : begin + step]
            dual = forward_ad.make_dual(values[some], direct)  # type: ignore[no-untyped-call]
            found = soft(TokenBatch(ids[some], dual, vocabulary), size).flatten(1)
            picture, slope = forward_ad.unpack_dual(found)  # type: ignore[no-untyped-call]
        drawn.append(picture.detach())
        slopes.append(torch.zeros_like(picture) if slope is None else slope.detach())
    first = torch.cat(drawn).view(count, most, -1)[:, 0]  # each row of a program draws the same
    return first.double(), torch.cat(slopes).view(count, most, -1).double()


def _loss(wrong: Tensor, scale: float) -> Tensor:
    """(N,) what differences (N, P) cost."""
    square = wrong.square()
    return square.mean(1) if math.isinf(scale) else (square / scale**2).log1p().mean(1) * scale**2


def _newton(wrong: Tensor, slopes: Tensor, damping: Tensor, scale: float) -> Tensor:
    """The damped step (N, K) from differences (N, P) and slopes (N, K, P)."""
    slopes = slopes.nan_to_num()
    weighed = slopes / (1 + (wrong / scale).square())[:, None]  # (N, K, P)
    gradient = torch.einsum("nkp,np->nk", weighed, wrong)
    curvature = torch.einsum("nkp,nlp->nkl", weighed, slopes)
    diagonal = curvature.diagonal(dim1=1, dim2=2)  # (N, K)
    # A value that changes nothing, and the places beyond a program's values, must not make the matrix singular.
    floor = 1e-6 * diagonal.amax(1, keepdim=True) + 1e-12
    damped = curvature + torch.diag_embed(damping[:, None] * diagonal + floor)
    step: Tensor = torch.linalg.solve(damped, -gradient)
    return step


def _moved(values: Tensor, step: Tensor, place: Tensor, low: Tensor, high: Tensor, span: Tensor) -> Tensor:
    """(N, T) values after a step (N, K) in units of their ranges, inside them."""
    room = values.new_zeros(len(values), values.shape[1] + 1)
    by = room.scatter(1, place, step)[:, :-1] * span  # (N, T), NaN for tokens without a value
    return torch.minimum(torch.maximum(values + by, low), high)
