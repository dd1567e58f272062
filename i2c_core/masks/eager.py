"""The steps as tensor operations, on any device; what `torch.compile` compiles.

No operation waits for the device or has a shape that depends on data. The cells of a stack and of registers are written
in place; everything else is new.

Legend: B sequences, V tokens, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.masks.guards import Guards
from i2c_core.masks.plans import Plan
from i2c_core.masks.rows import Rows
from i2c_core.masks.states import Fields


def advance(plan: Plan[Tensor], fields: Fields[Tensor], token: Tensor) -> Fields[Tensor]:
    """The fields after `token` (B,); one that is not open, or is no token at all, ends its row for good."""
    # A token beyond V is V + 1, which refuses; so is one below 0, whose sign bit is cut off first.
    column = token.bitwise_and(0x7FFF_FFFF_FFFF_FFFF).clamp_(max=plan.width - 1)  # (B,)
    move = column.add_(fields.node, alpha=plan.width)  # (B,)
    if plan.kind is not None:
        move = plan.kind.index_select(0, move)
    slack = fields.slack - plan.cost.index_select(0, move)  # (B,)
    if plan.guards is None:
        return _stacked(plan, fields, move, slack)
    return _registered(plan, plan.guards, fields, move, slack)


def _stacked(plan: Plan[Tensor], fields: Fields[Tensor], move: Tensor, slack: Tensor) -> Fields[Tensor]:
    """Stack and node after `move` (B,)."""
    refused = slack >> 63  # (B,), all bits or none
    code = plan.code.index_select(0, move)
    if plan.form == "bits":
        assert plan.shift is not None
        left = fields.stack >> plan.entry << plan.shift.index_select(0, move)
        stack = (left | code) & ~refused
        return fields._replace(node=stack & (1 << plan.entry) - 1, slack=slack, stack=stack)
    assert plan.rest is not None
    assert plan.waits is not None
    assert fields.top is not None
    assert fields.depth is not None
    fields.stack.index_put_((fields.depth,), plan.rest.index_select(0, fields.top))
    below = fields.depth + plan.waits.index_select(0, fields.top)  # (B,)
    opens = code > 0
    top = torch.where(opens, code, fields.stack.index_select(0, below)) & ~refused  # (B,)
    node = plan.first.index_select(0, top)
    return fields._replace(node=node, slack=slack, depth=below + opens, top=top)


def _registered(
    plan: Plan[Tensor], guards: Guards[Tensor], fields: Fields[Tensor], move: Tensor, slack: Tensor
) -> Fields[Tensor]:
    """All fields after `move` (B,), where there are registers."""
    assert fields.low is not None
    assert fields.high is not None
    assert fields.registers is not None
    assert fields.frame is not None
    assert fields.slot is not None
    value = guards.value.index_select(0, move)
    above = fields.high - value  # (B,), below 0 where the upper guard closes it
    slack = slack | (value - fields.low | above) >> 63  # -1 where a guard closes it
    order, frame = fields.order, fields.frame
    if order is not None:
        assert fields.held is not None
        assert fields.tight is not None
        bit = guards.bit.index_select(0, fields.node)  # (B,)
        order = (order | bit) ^ bit * (above <= 0)
        order = order ^ (fields.tight & (value != fields.held))
    fields.registers.index_put_((fields.slot,), value)
    if order is not None and guards.step is not None:
        assert guards.keep is not None
        saved = guards.count + 1  # the cell of a frame that keeps its order
        fields.registers.index_put_((frame + saved,), order)
        frame = frame + guards.step.index_select(0, move)
        order = fields.registers.index_select(0, frame + saved) & guards.keep.index_select(0, move)
    if order is not None:
        if guards.hold is not None:
            order = order & guards.hold.index_select(0, move)
        order = order | guards.tie.index_select(0, move)
    return guarded(plan, guards, _stacked(plan, fields, move, slack)._replace(order=order, frame=frame))


def guarded(plan: Plan[Tensor], guards: Guards[Tensor], fields: Fields[Tensor]) -> Fields[Tensor]:
    """The fields with what their node, registers and order say of it: the node that stands for it, slot and guards."""
    assert fields.registers is not None
    assert fields.frame is not None
    node, order, held, tight = fields.node, fields.order, None, None
    if guards.spent is not None and order is not None:
        node = torch.where(order <= 1, guards.spent.index_select(0, node), node)
    slot = guards.store.index_select(0, node) + fields.frame
    low, high = guards.low.index_select(0, node), guards.high.index_select(0, node)
    for cell, more in guards.lower:
        read = fields.registers.index_select(0, cell.index_select(0, node) + fields.frame)
        low = torch.maximum(low, read + more.index_select(0, node))
    for cell, more in guards.upper:
        read = fields.registers.index_select(0, cell.index_select(0, node) + fields.frame)
        high = torch.minimum(high, read + more.index_select(0, node))
    if order is not None:
        held = fields.registers.index_select(0, slot)
        tight = order & guards.key.index_select(0, node)
        beyond = order < guards.limit.index_select(0, node)  # nothing greater behind this place
        low = torch.maximum(low, (held + beyond) * tight)
    return fields._replace(node=node, slot=slot, low=low, high=high, held=held, tight=tight)


def row_of(rows: Rows[Tensor], node: Tensor, slack: Tensor) -> Tensor:
    """(B,) the row of each node under its slack."""
    row = slack.clamp(min=0, max=rows.K)
    if rows.level is not None:
        row = rows.level.index_select(0, row)
    row = torch.add(row, node, alpha=rows.levels)
    return row if rows.row_of is None else rows.row_of.index_select(0, row)


def masks(plan: Plan[Tensor], fields: Fields[Tensor], wide: bool) -> Tensor:
    """The open tokens as rows of words: packed (B, W), or a byte a token (B, E)."""
    assert plan.rows is not None
    rows, guards = plan.rows, plan.guards
    made = rows.bytes if wide else rows.bits
    assert made is not None
    found = made.index_select(0, row_of(rows, fields.node, fields.slack))
    if guards is None:
        return found
    at_least, at_most = (guards.at_least_bytes, guards.at_most_bytes) if wide else (guards.at_least, guards.at_most)
    low, high = value_rows(guards, fields)
    assert at_least is not None
    assert at_most is not None
    return found & at_least.index_select(0, low) & at_most.index_select(0, high)


def value_rows(guards: Guards[Tensor], fields: Fields[Tensor]) -> tuple[Tensor, Tensor]:
    """(B,) the rows of `at_least` and `at_most`."""
    assert fields.low is not None
    assert fields.high is not None
    low, high = fields.low + guards.reach, fields.high + guards.reach
    if guards.space is None:
        return low, high
    space = guards.space.index_select(0, fields.node)
    return space + low, space + high


def compared(plan: Plan[Tensor], fields: Fields[Tensor]) -> Tensor:
    """The open tokens (B, V) bool by comparing costs and values, where there are no rows."""
    move = plan.width * fields.node.unsqueeze(1) + torch.arange(plan.width - 2, device=fields.node.device)  # (B, V)
    if plan.kind is not None:
        move = plan.kind[move]
    open_ = plan.cost[move] <= fields.slack.unsqueeze(1)
    if plan.guards is None:
        return open_
    assert fields.low is not None
    assert fields.high is not None
    value = plan.guards.value[move]
    return open_ & (value >= fields.low.unsqueeze(1)) & (value <= fields.high.unsqueeze(1))
