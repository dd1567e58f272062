"""Masking and picking in one call: greedy, with Gumbel noise, or by inverting the sum of probabilities.

On a GPU with Triton this is one kernel, which reads the mask's bits where it needs them; elsewhere tensor operations. A
logit that is not a finite number counts as closed; where that leaves nothing, the cheapest open token is picked, and V
in rows that have ended.

Legend: B sequences, V tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.masks import eager
from i2c_core.masks.plans import has_rows
from i2c_core.masks.pushdown import PushdownMask, require_fit
from i2c_core.masks.states import State, as_tensors

LARGEST = 1e30  # of logits: a difference of two is a finite float32


def pick(
    mask: PushdownMask,
    state: State,
    logits: Tensor,
    gumbel: Tensor | None = None,
    inverse: Tensor | None = None,
    kernel: bool | None = None,
) -> Tensor:
    """(B,) int64, a token of each row: the likeliest open one, the first of equals, or one drawn.

    Args:
        mask: the mask, and `state` a state of it.
        logits: (B, V).
        gumbel: (B, V) uniform numbers in (0, 1), to draw by the largest logit with Gumbel noise.
        inverse: (B,) uniform numbers in [0, 1), to draw by inverting the sum of probabilities.
        kernel: whether the Triton kernel does it; None for where there are a GPU and Triton.

    Raises:
        ConfigError: the logits are of another shape or on another device.
    """
    plan = mask.tables.plan(state.plan.form)
    fields = as_tensors(state.fields)
    if kernel is None:
        kernel = mask.device.type == "cuda"
    if kernel:
        from i2c_core.masks import kernels  # Triton takes a while to import

        kernel = kernels.HAS_TRITON
    if not kernel or not has_rows(plan):
        return plain(mask.legal(state), logits, mask.cheapest(state), gumbel, inverse)
    require_fit(logits, fields.slack.unsqueeze(1).expand(-1, mask.pad))
    assert plan.rows is not None
    guards = None
    if plan.guards is not None:
        assert plan.guards.at_least is not None
        assert plan.guards.at_most is not None
        low, high = eager.value_rows(plan.guards, fields)
        guards = (plan.guards.at_least, low, plan.guards.at_most, high)
    row = eager.row_of(plan.rows, fields.node, fields.slack)
    mode = kernels.GUMBEL if gumbel is not None else kernels.GREEDY if inverse is None else kernels.INVERSE
    uniform = gumbel.contiguous() if gumbel is not None else inverse
    return kernels.pick(logits, plan.rows.bits, row, guards, mask.cheapest(state), uniform, mode)


def plain(
    legal: Tensor, logits: Tensor, cheapest: Tensor, gumbel: Tensor | None = None, inverse: Tensor | None = None
) -> Tensor:
    """What `pick` does, as tensor operations: from a mask (B, V) bool."""
    require_fit(logits, legal)
    score = torch.where(legal & logits.isfinite(), logits.float().clamp(-LARGEST, LARGEST), -torch.inf)
    if gumbel is not None:
        score = score - (-gumbel.log()).log()
    if inverse is None:
        best, token = score.max(1)
        return torch.where(best > -torch.inf, token, cheapest)
    nothing = (score == -torch.inf).all(1)  # (B,)
    weight = (score - score.amax(1, keepdim=True).masked_fill(nothing.unsqueeze(1), 0)).exp().double()  # (B, V)
    reached = weight.cumsum(1)
    target = (inverse.double() * reached[:, -1]).unsqueeze(1)  # (B, 1)
    hit = (reached > target) & (weight > 0)
    place = torch.arange(weight.shape[1], device=weight.device)
    last = torch.where(weight > 0, place, 0).amax(1)  # rounding may leave the sum below the target
    token = torch.where(hit.any(1), hit.byte().argmax(1), last)
    return torch.where(nothing, cheapest, token)
