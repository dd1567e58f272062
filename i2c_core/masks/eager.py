"""The steps as tensor operations, on any device; what `torch.compile` compiles.

No operation waits for the device or has a shape that depends on data. The cells of a stack and of registers are written
in place; everything else is new.

Legend: B sequences, V tokens, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.masks.guards import FRAME, HOLD, VALUE, Guards
from i2c_core.masks.plans import COST, SHIFT, Plan
from i2c_core.masks.rows import NEVER, Rows
from i2c_core.masks.states import Fields


def advance(plan: Plan[Tensor], fields: Fields[Tensor], token: Tensor) -> Fields[Tensor]:
    """The fields after `token` (B,); one that is not open, or is no token at all, ends its row for good."""
    # A token beyond V is V + 1, which refuses; so is one below 0, whose sign bit is cut off first.
    column = token.bitwise_and(0x7FFF_FFFF_FFFF_FFFF).clamp_(max=plan.width - 1)  # (B,)
    place = column.add_(fields.node, alpha=plan.width)  # (B,)
    move = plan.moves.index_select(0, place)  # (B,)
    slack = fields.slack - (move >> COST)  # (B,)
    if plan.guards is None:
        return _stacked(plan, fields, move, slack)
    return _registered(plan, plan.guards, fields, move, slack, place)


def _stacked(plan: Plan[Tensor], fields: Fields[Tensor], move: Tensor, slack: Tensor) -> Fields[Tensor]:
    """Stack and node after `move` (B,)."""
    alive = slack.bitwise_not() >> 63  # (B,), all ones or none
    if plan.form == "bits":
        left = fields.stack >> plan.entry << (move & (1 << SHIFT) - 1)
        stack = (left | (move & (1 << COST) - 1) >> SHIFT) & alive
        return fields._replace(node=stack & (1 << plan.entry) - 1, slack=slack, stack=stack)
    assert plan.rest is not None
    assert plan.waits is not None
    assert fields.top is not None
    assert fields.depth is not None
    opened = move & (1 << COST) - 1  # (B,)
    fields.stack.index_put_((fields.depth,), plan.rest.index_select(0, fields.top))
    below = fields.depth + plan.waits.index_select(0, fields.top)  # (B,)
    pushes = opened > 0
    top = torch.where(pushes, opened, fields.stack.index_select(0, below)) & alive  # (B,)
    node = plan.first.index_select(0, top)
    return fields._replace(node=node, slack=slack, depth=below + pushes, top=top)


def _registered(
    plan: Plan[Tensor], guards: Guards[Tensor], fields: Fields[Tensor], move: Tensor, slack: Tensor, place: Tensor
) -> Fields[Tensor]:
    """All fields after `move` (B,), where there are registers."""
    assert fields.low is not None
    assert fields.high is not None
    assert fields.registers is not None
    assert fields.frame is not None
    assert fields.slot is not None
    act = guards.act.index_select(0, place)  # (B,)
    value = act >> VALUE
    above = fields.high - value  # (B,), below 0 where the upper guard closes it
    slack = slack - (((value - fields.low) | above) < 0).long() * NEVER
    order, frame = fields.order, fields.frame
    if order is not None:
        bit = guards.bit.index_select(0, fields.node)  # (B,)
        order = order & ~bit | torch.where(above > 0, bit, 0)
        other = value != fields.registers.index_select(0, fields.slot)
        order = order & ~(guards.key.index_select(0, fields.node) & other)
    fields.registers.index_put_((fields.slot,), value)
    if guards.frames and order is not None:
        step = act >> FRAME & 3  # (B,), 0 closes a frame, 2 opens one
        saved = guards.count + 1
        fields.registers.index_put_((frame + saved,), order)
        frame = torch.add(frame - guards.frame_cells, step, alpha=guards.frame_cells)
        order = fields.registers.index_select(0, frame + saved).masked_fill(step > 1, 0)
    if order is not None:
        order = order * (act >> HOLD & 1) | act & 1
    return guarded(plan, guards, _stacked(plan, fields, move, slack)._replace(order=order, frame=frame))


def guarded(plan: Plan[Tensor], guards: Guards[Tensor], fields: Fields[Tensor]) -> Fields[Tensor]:
    """The fields with what their node, registers and order say of it: the node that stands for it, slot and guards."""
    assert fields.registers is not None
    assert fields.frame is not None
    node, order = fields.node, fields.order
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
        nothing_behind = (order >> guards.beyond.index_select(0, node)) == 0
        least = fields.registers.index_select(0, slot) + (guards.strict.index_select(0, node) & nothing_behind)
        low = torch.maximum(low, least * (order & guards.key.index_select(0, node)))
    return fields._replace(node=node, slot=slot, low=low.clamp(max=guards.top + 1), high=high.clamp(min=-1))


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
    if guards.space is None:
        return fields.low, fields.high + 1
    space = guards.space.index_select(0, fields.node)
    return space + fields.low, space + fields.high + 1


def compared(plan: Plan[Tensor], fields: Fields[Tensor]) -> Tensor:
    """The open tokens (B, V) bool by comparing costs and values, where there are no rows."""
    move = plan.moves.view(-1, plan.width).index_select(0, fields.node)[:, :-2]  # (B, V)
    open_ = (move >> COST) <= fields.slack.unsqueeze(1)
    if plan.guards is None:
        return open_
    assert fields.low is not None
    assert fields.high is not None
    value = plan.guards.act.view(-1, plan.width).index_select(0, fields.node)[:, :-2] >> VALUE
    return open_ & (value >= fields.low.unsqueeze(1)) & (value <= fields.high.unsqueeze(1))
