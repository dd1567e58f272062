"""The steps in NumPy, for batches on the CPU that are too small to pay for the launch of a tensor operation.

What `i2c_core.masks.eager` does, line by line; constants are arrays of no dimension and intermediate results go to
buffers, which halves the time of a small batch.

Legend: B sequences, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.masks.guards import FRAME, HOLD, VALUE, Guards
from i2c_core.masks.plans import COST, SHIFT, Plan
from i2c_core.masks.rows import NEVER
from i2c_core.masks.states import Fields

Ints = NDArray[np.int64]
BUFFERS = 5
ZERO, ONE, TWO, THREE, SIGN, COST_, SHIFT_, VALUE_, FRAME_, HOLD_, NEVER_ = (
    np.array(n) for n in (0, 1, 2, 3, 63, COST, SHIFT, VALUE, FRAME, HOLD, NEVER)
)
LOW_SHIFT, LOW_PAYLOAD = np.array((1 << SHIFT) - 1), np.array((1 << COST) - 1)


class Host:
    """The steps of one plan in NumPy."""

    def __init__(self, plan: Plan[NDArray[Any]]) -> None:
        self.plan = plan
        self._last = np.array(plan.width - 1, np.uint64)
        self._width = np.array(plan.width)
        self._entry = np.array(plan.entry)
        self._entry_mask = np.array((1 << plan.entry) - 1)
        if plan.rows is not None:
            self._K, self._levels = np.array(plan.rows.K), np.array(plan.rows.levels)
        if plan.guards is not None:
            guards = plan.guards
            self._most, self._least = np.array(guards.top + 1), np.array(-1)
            self._cells, self._saved = np.array(guards.frame_cells), np.array(guards.count + 1)
            nodes = np.arange(len(guards.low))
            self._nodes = np.array(len(nodes))
            self._stand_in = None if guards.spent is None else np.concatenate([nodes, guards.spent])
        self._local = threading.local()

    def _buffers(self, batch: int) -> list[Any]:
        """Arrays (B,) for intermediate results, and the first of them without sign; each thread has its own."""
        known: dict[int, list[Any]] | None = getattr(self._local, "known", None)
        if known is None or (batch not in known and len(known) > 8):
            known = self._local.known = {}
        found = known.get(batch)
        if found is None:
            found = known[batch] = [np.empty(batch, np.int64) for _ in range(BUFFERS)]
            found.append(found[0].view(np.uint64))
        return found

    def advance(self, fields: Fields[Ints], token: Ints) -> Fields[Ints]:
        """The fields after `token` (B,)."""
        plan = self.plan
        a, move, b, c, d, column = self._buffers(len(token))
        np.minimum(token.view(np.uint64), self._last, out=column)  # into `a`; below 0 is far above V, unsigned
        np.multiply(fields.node, self._width, out=b)
        np.add(a, b, out=a)
        plan.moves.take(a, None, move, "clip")
        np.right_shift(move, COST_, out=b)
        slack = np.subtract(fields.slack, b)
        if plan.guards is None:
            return self._stacked(fields, move, slack, b, c)
        return self._registered(plan.guards, fields, a, move, slack, b, c, d)

    def _stacked(self, fields: Fields[Ints], move: Ints, slack: Ints, a: Ints, b: Ints) -> Fields[Ints]:
        plan = self.plan
        if plan.form == "bits":
            np.bitwise_and(move, LOW_SHIFT, out=a)
            stack = np.right_shift(fields.stack, self._entry)
            np.left_shift(stack, a, out=stack)
            np.bitwise_and(move, LOW_PAYLOAD, out=a)
            np.right_shift(a, SHIFT_, out=a)
            np.bitwise_or(stack, a, out=stack)
            np.invert(slack, out=b)
            np.right_shift(b, SIGN, out=b)  # all ones where the row is alive
            np.bitwise_and(stack, b, out=stack)
            node = np.bitwise_and(stack, self._entry_mask)
            return Fields(node, slack, stack, None, None, fields.low, fields.high, fields.registers, fields.frame)
        assert plan.rest is not None
        assert plan.waits is not None
        assert fields.top is not None
        assert fields.depth is not None
        cells = fields.stack
        np.bitwise_and(move, LOW_PAYLOAD, out=move)  # what is opened
        plan.rest.take(fields.top, None, a, "clip")
        cells[fields.depth] = a
        depth = plan.waits.take(fields.top, None, None, "clip")
        np.add(depth, fields.depth, out=depth)
        cells.take(depth, None, a, "clip")
        np.minimum(move, ONE, out=b)
        np.add(depth, b, out=depth)
        np.multiply(a, b, out=b)
        np.subtract(a, b, out=a)  # what lies below, where nothing is opened
        top = np.bitwise_or(a, move)
        np.invert(slack, out=b)
        np.right_shift(b, SIGN, out=b)
        np.bitwise_and(top, b, out=top)
        node = plan.first.take(top, None, None, "clip")
        return Fields(node, slack, cells, depth, top, fields.low, fields.high, fields.registers, fields.frame)

    def _registered(
        self,
        guards: Guards[Ints],
        fields: Fields[Ints],
        act: Ints,
        move: Ints,
        slack: Ints,
        a: Ints,
        b: Ints,
        c: Ints,
    ) -> Fields[Ints]:
        """`act` comes as the places of the tokens in the table of that name."""
        assert fields.low is not None
        assert fields.high is not None
        assert fields.registers is not None
        assert fields.frame is not None
        assert fields.slot is not None
        registers, order, frame = fields.registers, fields.order, fields.frame
        act = guards.act.take(act, None, None, "clip")
        value = np.right_shift(act, VALUE_)
        np.subtract(fields.high, value, out=b)  # how far below the upper guard
        np.subtract(value, fields.low, out=a)
        np.bitwise_or(a, b, out=a)
        np.less(a, ZERO, out=a)
        np.multiply(a, NEVER_, out=a)
        np.subtract(slack, a, out=slack)
        if order is not None:
            guards.bit.take(fields.node, None, a, "clip")
            np.less_equal(b, ZERO, out=b)
            np.multiply(b, a, out=b)
            order = np.bitwise_or(order, a)
            np.bitwise_xor(order, b, out=order)  # the bit of this place: whether a larger value was possible
            registers.take(fields.slot, None, a, "clip")
            np.not_equal(a, value, out=a)
            guards.key.take(fields.node, None, b, "clip")
            np.bitwise_and(a, b, out=a)
            np.bitwise_and(a, order, out=a)
            np.bitwise_xor(order, a, out=order)  # no longer tight
        registers[fields.slot] = value
        if guards.frames and order is not None:
            np.add(frame, self._saved, out=a)
            registers[a] = order
            np.right_shift(act, FRAME_, out=b)
            np.bitwise_and(b, THREE, out=b)  # 0 closes a frame, 2 opens one
            np.right_shift(b, ONE, out=c)
            np.subtract(b, ONE, out=b)
            np.multiply(b, self._cells, out=b)
            frame = np.add(frame, b)
            np.add(a, b, out=a)
            registers.take(a, None, order, "clip")
            np.subtract(c, ONE, out=c)
            np.bitwise_and(order, c, out=order)
        if order is not None:
            np.right_shift(act, HOLD_, out=a)
            np.bitwise_and(a, ONE, out=a)
            np.multiply(order, a, out=order)
            np.bitwise_and(act, ONE, out=a)
            np.bitwise_or(order, a, out=order)
        after = self._stacked(fields, move, slack, a, b)
        return self.guarded(guards, after, registers, frame, order, a, b)

    def guarded(
        self,
        guards: Guards[Ints],
        fields: Fields[Ints],
        registers: Ints,
        frame: Ints,
        order: Ints | None,
        a: Ints,
        b: Ints,
    ) -> Fields[Ints]:
        """The fields with what their node, registers and order say of it."""
        node = fields.node
        if self._stand_in is not None and order is not None:
            np.less_equal(order, ONE, out=a)
            np.multiply(a, self._nodes, out=a)
            np.add(a, node, out=a)
            node = self._stand_in.take(a, None, None, "clip")
        low, high = guards.low.take(node, None, None, "clip"), guards.high.take(node, None, None, "clip")
        for cell, more in guards.lower:
            self._read(registers, frame, node, cell, more, a, b)
            np.maximum(low, a, out=low)
        for cell, more in guards.upper:
            self._read(registers, frame, node, cell, more, a, b)
            np.minimum(high, a, out=high)
        slot = guards.store.take(node, None, None, "clip")
        np.add(slot, frame, out=slot)
        if order is not None:
            guards.beyond.take(node, None, a, "clip")
            np.right_shift(order, a, out=a)
            guards.strict.take(node, None, b, "clip")
            np.minimum(a, b, out=a)
            np.subtract(b, a, out=b)  # 1 where it must be greater here
            registers.take(slot, None, a, "clip")
            np.add(a, b, out=a)
            guards.key.take(node, None, b, "clip")
            np.bitwise_and(b, order, out=b)
            np.multiply(a, b, out=a)
            np.maximum(low, a, out=low)
        np.minimum(low, self._most, out=low)
        np.maximum(high, self._least, out=high)
        return Fields(
            node, fields.slack, fields.stack, fields.depth, fields.top, low, high, registers, frame, slot, order
        )

    def _read(self, registers: Ints, frame: Ints, node: Ints, cell: Ints, more: Ints, a: Ints, b: Ints) -> None:
        """Into `a`: a register of each row, and what is added to it."""
        cell.take(node, None, b, "clip")
        np.add(b, frame, out=b)
        registers.take(b, None, a, "clip")
        more.take(node, None, b, "clip")
        np.add(a, b, out=a)

    def masks(self, fields: Fields[Ints], wide: bool) -> NDArray[Any]:
        """The open tokens as rows of words: packed (B, W), or a byte a token (B, E)."""
        rows, guards = self.plan.rows, self.plan.guards
        assert rows is not None
        a, b, *_ = self._buffers(len(fields.node))
        np.minimum(fields.slack, self._K, out=a)
        if rows.level is not None:
            rows.level.take(a, None, b, "clip")
            a, b = b, a
        np.multiply(fields.node, self._levels, out=b)
        np.add(a, b, out=a)  # below 0 in rows that were refused, which is row 0: nothing is open
        if rows.row_of is not None:
            rows.row_of.take(a, None, b, "clip")
            a = b
        made = rows.bytes if wide else rows.bits
        assert made is not None
        found: NDArray[Any] = made.take(a, 0, None, "clip")
        if guards is None:
            return found
        assert fields.low is not None
        assert fields.high is not None
        at_least, at_most = (guards.at_least_bytes, guards.at_most_bytes) if wide else (guards.at_least, guards.at_most)
        assert at_least is not None
        assert at_most is not None
        low = fields.low
        np.add(fields.high, ONE, out=b)
        if guards.space is not None:
            guards.space.take(fields.node, None, a, "clip")
            np.add(b, a, out=b)
            low = np.add(a, low, out=a)
        np.bitwise_and(found, at_least.take(low, 0, None, "clip"), out=found)
        np.bitwise_and(found, at_most.take(b, 0, None, "clip"), out=found)
        return found
