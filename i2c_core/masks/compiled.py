"""The step under `torch.compile`: token in, fields and masks out, in one call of a few fused kernels.

Compiled when first used, for any batch. Where that fails, for example without a C++ compiler, a line of the log says so
and plain tensor operations do the work.
"""

from __future__ import annotations

import logging
import types
from typing import Any

import torch
from torch import Tensor

from i2c_core.masks import eager
from i2c_core.masks.plans import Plan
from i2c_core.masks.states import Fields, Ready

log = logging.getLogger(__name__)

MOST_WIDE = 256  # tokens up to which masks of a byte a token are made in the same call


class Compiled:
    """The compiled step of one plan, with rows made ahead."""

    def __init__(self, plan: Plan[Tensor]) -> None:
        assert plan.rows is not None
        wide = plan.rows.bytes is not None and plan.width <= MOST_WIDE
        wide = wide and (plan.guards is None or plan.guards.at_least_bytes is not None)

        def step(fields: Fields[Tensor], token: Tensor) -> tuple[Fields[Tensor], Tensor, Tensor | None]:
            after = eager.advance(plan, fields, token)
            return after, eager.masks(plan, after, wide=False), eager.masks(plan, after, wide=True) if wide else None

        self.plan = plan
        # What is compiled is kept with the code, a few variants of each: every plan gets code of its own.
        own = types.FunctionType(
            step.__code__.replace(), step.__globals__, step.__name__, step.__defaults__, step.__closure__
        )
        self._step: Any = torch.compile(own, dynamic=True, fullgraph=True)

    def __call__(self, fields: Fields[Tensor], token: Tensor) -> tuple[Fields[Tensor], Ready | None]:
        """The fields after `token` (B,), and their masks."""
        if self._step is not None and len(token):
            try:
                after, bits, wide = self._step(fields, token)
                return after, Ready(bits, wide)
            except Exception as error:
                reason = str(error).strip().partition("\n")[0]
                log.warning("torch.compile failed, the mask uses plain tensor operations: %s", reason)
                self._step = None
        return eager.advance(self.plan, fields, token), None
