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

from i2c_core.masks.guards import Guards
from i2c_core.masks.plans import Plan
from i2c_core.masks.states import Fields

Ints = NDArray[np.int64]
BUFFERS = 5  # one row of each batch, a few numbers
ZERO, ONE, SIGN = np.array(0), np.array(1), np.array(63)


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
            self._saved, self._reach = np.array(guards.count + 1), np.array(guards.reach)
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
        move, a, b, c, _, column = self._buffers(len(token))
        np.minimum(token.view(np.uint64), self._last, out=column)  # into `move`; below 0 is far above V, unsigned
        np.multiply(fields.node, self._width, a)
        np.add(move, a, move)
        if plan.kind is not None:
            move[:] = plan.kind[move]
        plan.cost.take(move, None, a, "clip")
        slack = np.subtract(fields.slack, a)
        if plan.guards is None:
            return self._stacked(fields, move, slack, a, b)
        return self._registered(plan.guards, fields, move, slack, a, b, c)

    def _stacked(self, fields: Fields[Ints], move: Ints, slack: Ints, a: Ints, b: Ints) -> Fields[Ints]:
        plan = self.plan
        np.invert(slack, b)
        np.right_shift(b, SIGN, b)  # all bits where the row is not refused
        plan.code.take(move, None, a, "clip")
        if plan.shift is not None:
            plan.shift.take(move, None, move, "clip")
            stack = np.right_shift(fields.stack, self._entry)
            np.left_shift(stack, move, stack)
            np.bitwise_or(stack, a, stack)
            np.bitwise_and(stack, b, stack)
            return Fields(np.bitwise_and(stack, self._entry_mask), slack, stack)
        assert plan.rest is not None
        assert plan.waits is not None
        assert fields.top is not None
        assert fields.depth is not None
        cells = fields.stack
        np.bitwise_and(a, b, a)
        plan.rest.take(fields.top, None, move, "clip")
        cells[fields.depth] = move
        depth = plan.waits.take(fields.top, None, None, "clip")
        np.add(depth, fields.depth, depth)
        below = cells.take(depth, None, None, "clip")
        np.bitwise_and(below, b, below)
        np.minimum(a, ONE, out=b)  # 1 where something is opened
        np.add(depth, b, depth)
        np.subtract(b, ONE, b)
        np.bitwise_and(below, b, below)
        top = np.bitwise_or(below, a, below)
        return Fields(plan.first.take(top, None, None, "clip"), slack, cells, depth, top)

    def _registered(
        self, guards: Guards[Ints], fields: Fields[Ints], move: Ints, slack: Ints, a: Ints, b: Ints, c: Ints
    ) -> Fields[Ints]:
        assert fields.low is not None
        assert fields.high is not None
        assert fields.registers is not None
        assert fields.frame is not None
        assert fields.slot is not None
        registers, order, frame = fields.registers, fields.order, fields.frame
        guards.value.take(move, None, c, "clip")
        np.subtract(fields.high, c, b)  # how far below the upper guard
        np.subtract(c, fields.low, a)
        np.bitwise_or(a, b, a)
        np.right_shift(a, SIGN, a)
        np.bitwise_or(slack, a, slack)  # -1 where a guard closes it
        if order is not None:
            assert fields.held is not None
            assert fields.tight is not None
            guards.bit.take(fields.node, None, a, "clip")
            np.less_equal(b, ZERO, b)
            np.multiply(b, a, b)
            order = np.bitwise_or(order, a)
            np.bitwise_xor(order, b, order)  # the bit of this place: whether a larger value was possible
            np.not_equal(c, fields.held, a)
            np.bitwise_and(a, fields.tight, a)
            np.bitwise_xor(order, a, order)  # no longer tight
        registers[fields.slot] = c
        if order is not None and guards.step is not None:
            assert guards.keep is not None
            np.add(frame, self._saved, a)
            registers[a] = order
            guards.step.take(move, None, b, "clip")
            frame = np.add(frame, b)
            np.add(a, b, a)
            registers.take(a, None, order, "clip")
            guards.keep.take(move, None, a, "clip")
            np.bitwise_and(order, a, order)
        if order is not None:
            if guards.hold is not None:
                guards.hold.take(move, None, a, "clip")
                np.bitwise_and(order, a, order)
            guards.tie.take(move, None, a, "clip")
            np.bitwise_or(order, a, order)
        after = self._stacked(fields, move, slack, a, b)
        return self._guarded(guards, after, registers, frame, order, a, b)

    def _guarded(
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
        node, slack, stack, depth, top, *_ = fields
        if self._stand_in is not None and order is not None:
            np.less_equal(order, ONE, a)
            np.multiply(a, self._nodes, a)
            np.add(a, node, a)
            node = self._stand_in.take(a, None, None, "clip")
        low, high = guards.low.take(node, None, None, "clip"), guards.high.take(node, None, None, "clip")
        for cell, more in guards.lower:
            self._read(registers, frame, node, cell, more, a, b)
            np.maximum(low, a, out=low)
        for cell, more in guards.upper:
            self._read(registers, frame, node, cell, more, a, b)
            np.minimum(high, a, out=high)
        slot = guards.store.take(node, None, None, "clip")
        np.add(slot, frame, slot)
        if order is None:
            return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot)
        held = registers.take(slot, None, None, "clip")
        tight = guards.key.take(node, None, None, "clip")
        np.bitwise_and(tight, order, tight)
        guards.limit.take(node, None, b, "clip")
        np.less(order, b, a)  # 1 where nothing greater is left behind this place
        np.add(a, held, a)
        np.multiply(a, tight, a)
        np.maximum(low, a, out=low)
        return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot, order, held, tight)

    def _read(self, registers: Ints, frame: Ints, node: Ints, cell: Ints, more: Ints, a: Ints, b: Ints) -> None:
        """Into `a`: a register of each row, and what is added to it."""
        cell.take(node, None, b, "clip")
        np.add(b, frame, b)
        registers.take(b, None, a, "clip")
        more.take(node, None, b, "clip")
        np.add(a, b, a)

    def masks(self, fields: Fields[Ints], wide: bool) -> NDArray[Any]:
        """The open tokens as rows of words: packed (B, W), or a byte a token (B, E)."""
        rows, guards = self.plan.rows, self.plan.guards
        assert rows is not None
        a, b, c, *_ = self._buffers(len(fields.node))
        np.minimum(fields.slack, self._K, out=a)
        if rows.level is not None:
            rows.level.take(a, None, b, "clip")
            a, b = b, a
        np.multiply(fields.node, self._levels, b)
        np.add(a, b, a)  # below 0 in rows that were refused, which is row 0: nothing is open
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
        np.add(fields.low, self._reach, a)
        np.add(fields.high, self._reach, b)
        if guards.space is not None:
            guards.space.take(fields.node, None, c, "clip")
            np.add(a, c, a)
            np.add(b, c, b)
        np.bitwise_and(found, at_least.take(a, 0, None, "clip"), found)
        np.bitwise_and(found, at_most.take(b, 0, None, "clip"), found)
        return found
