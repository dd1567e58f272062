"""The Triton kernel that masks and picks in one pass over the logits: the mask's bits are read where they are needed,
and no mask is ever written. Without Triton there is no kernel, and `HAS_TRITON` says so.

One program of the kernel serves one row. Legend: B rows, V tokens, W packed words, U distinct rows of a mask.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

HAS_TRITON = importlib.util.find_spec("triton") is not None
triton: Any = importlib.import_module("triton") if HAS_TRITON else None
tl: Any = importlib.import_module("triton.language") if HAS_TRITON else None

if TYPE_CHECKING:
    constexpr = int  # what Triton calls a parameter that a kernel is compiled for
else:
    constexpr = tl.constexpr if HAS_TRITON else int
GREEDY, GUMBEL, INVERSE = 0, 1, 2
MOST_BLOCK = 1024  # tokens that a program of the kernel looks at together


def _scores(  # type: ignore[no-untyped-def]
    token, count, words, logits, bits, at_least, at_most, uniform, guarded: constexpr, gumbel: constexpr
):
    """The logits of a block of tokens, -inf where one is closed or no number; with Gumbel noise where asked for."""
    inside = token < count
    word = tl.load(bits + token // 32, mask=inside, other=0)
    if guarded:
        word = word & tl.load(at_least + token // 32, mask=inside, other=0)
        word = word & tl.load(at_most + token // 32, mask=inside, other=0)
    score = tl.load(logits + token, mask=inside, other=0.0).to(tl.float32)
    open_ = inside & (((word >> (token % 32)) & 1) == 1) & (tl.abs(score) < float("inf"))
    score = tl.minimum(tl.maximum(score, -1e30), 1e30)
    if gumbel:
        score = score - tl.log(-tl.log(tl.load(uniform + token, mask=inside, other=0.5)))
    return tl.where(open_, score, -float("inf"))


def _pick(  # type: ignore[no-untyped-def]
    out,
    logits,
    bits,
    row,
    at_least,
    low,
    at_most,
    high,
    cheapest,
    uniform,
    count,
    words,
    stride,
    mode: constexpr,
    guarded: constexpr,
    block: constexpr,
):
    b = tl.program_id(0).to(tl.int64)
    logits += b * stride
    bits += tl.load(row + b) * words
    if guarded:
        at_least += tl.load(low + b) * words
        at_most += tl.load(high + b) * words
    if mode == 1:
        uniform += b * count
    place = tl.arange(0, block)
    best = tl.full((), -float("inf"), tl.float32)
    token = tl.load(cheapest + b)  # taken where nothing is open, or nothing open has a number
    for start in range(0, count, block):
        score = _scores(
            start + place, count, words, logits, bits, at_least, at_most, uniform, guarded=guarded, gumbel=mode == 1
        )
        most = tl.max(score, axis=0)
        first = tl.argmax(score, axis=0)  # the first of equals
        better = most > best
        token = tl.where(better, start + first, token)
        best = tl.where(better, most, best)
    if mode == 2:
        best = tl.where(best > -float("inf"), best, 0.0)
        total = tl.full((), 0.0, tl.float64)
        for start in range(0, count, block):
            score = _scores(
                start + place, count, words, logits, bits, at_least, at_most, uniform, guarded=guarded, gumbel=False
            )
            total += tl.sum(tl.exp(score - best).to(tl.float64), axis=0)
        target = tl.load(uniform + b).to(tl.float64) * total
        before = tl.full((), 0.0, tl.float64)
        chosen = tl.full((), -1, tl.int64)
        last = token
        for start in range(0, count, block):
            score = _scores(
                start + place, count, words, logits, bits, at_least, at_most, uniform, guarded=guarded, gumbel=False
            )
            weight = tl.exp(score - best).to(tl.float64)
            reached = before + tl.cumsum(weight, axis=0)
            hit = (reached > target) & (weight > 0)
            here = tl.min(tl.where(hit, place, block), axis=0)
            chosen = tl.where((chosen < 0) & (here < block), start + here, chosen)
            end = tl.max(tl.where(weight > 0, place, -1), axis=0)
            last = tl.where(end >= 0, start + end, last)
            before += tl.sum(weight, axis=0)
        token = tl.where(chosen >= 0, chosen, last)  # rounding may leave the sum below the target
    tl.store(out + b, token)


if HAS_TRITON:
    _scores = triton.jit(_scores)
    _kernel = triton.jit(_pick)


def pick(
    logits: Tensor,
    bits: Tensor,
    row: Tensor,
    guards: tuple[Tensor, Tensor, Tensor, Tensor] | None,
    cheapest: Tensor,
    uniform: Tensor | None,
    mode: int,
) -> Tensor:
    """(B,) int64, the token of each row.

    Args:
        logits: (B, V), the last dimension dense.
        bits: (U, W) int32, the masks made ahead.
        row: (B,) int64, the row of each.
        guards: rows of at least a value (N, W), which of them (B,), and the same of at most; or None.
        cheapest: (B,) int64, the token where nothing else can be picked.
        uniform: numbers in (0, 1): (B, V) for `GUMBEL`, (B,) for `INVERSE`.
        mode: `GREEDY`, `GUMBEL` or `INVERSE`.
    """
    out = torch.empty_like(cheapest)
    batch, count = logits.shape
    if batch:
        at_least, low, at_most, high = guards or (bits, row, bits, row)
        _kernel[(batch,)](
            out,
            logits,
            bits,
            row,
            at_least,
            low,
            at_most,
            high,
            cheapest,
            logits if uniform is None else uniform,
            count,
            bits.shape[1],
            logits.stride(0),
            mode=mode,
            guarded=guards is not None,
            block=min(MOST_BLOCK, triton.next_power_of_2(count)),
        )
    return out
