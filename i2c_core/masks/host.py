"""The steps in NumPy, for batches on the CPU that are too small to pay for the launch of a tensor operation.

What `i2c_core.masks.eager` does; constants are arrays of no dimension and intermediate results go to buffers, which
halves the time of a small batch. Two things are done ahead or in less memory where the language lets them be: what is
constant in guards (see `i2c_core.masks.constants`), and registers in the bits of one word.

Legend: B sequences, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.masks import plans
from i2c_core.masks.constants import draw_constants
from i2c_core.masks.guards import Guards
from i2c_core.masks.plans import Plan
from i2c_core.masks.single import Single
from i2c_core.masks.states import Fields

Ints = NDArray[np.int64]
BUFFERS = 4  # one row of each batch, a few numbers
ZERO, ONE, TWO, MINUS_ONE, SIGN = np.array(0), np.array(1), np.array(2), np.array(-1), np.array(63)


class Host:
    """The steps of one plan in NumPy."""

    def __init__(self, plan: Plan[NDArray[Any]]) -> None:
        self.plan, self.single = plan, Single(plan)
        self._last = np.array(plan.width - 1, np.uint64)
        self._width = np.array(plan.width)
        self._entry = np.array(plan.entry)
        self._entry_mask = np.array((1 << plan.entry) - 1)
        self._constants = draw_constants(plan)
        self._cost = plan.cost if self._constants is None else self._constants.cost
        if plan.rows is not None:
            self._K, self._levels = np.array(plan.rows.K), np.array(plan.rows.levels)
        if plan.guards is not None:
            guards = plan.guards
            nodes = np.arange(len(guards.low))
            self._nodes = np.array(len(nodes))
            if guards.spent is not None:
                self._stands = np.concatenate([guards.spent, guards.spent, nodes])
            # Without frames, where they fit, registers are the bits of one word a sequence; there is no `frame` then.
            self._bits = bits = max(guards.top, 1).bit_length()
            self._word = not guards.frames and (guards.count + 1) * bits <= plans.WORD
            places = bits if self._word else 1
            self._value_mask = np.array((1 << bits) - 1)
            self._store = guards.store * places
            self._lower = [(cell * places, more) for cell, more in guards.lower]
            self._upper = [(cell * places, more) for cell, more in guards.upper]
            self._limit = np.maximum(guards.limit, guards.key)  # 0 for no place in a key; no tight word is below 1
            self._saved, self._reach = np.array(guards.count + 1), np.array(guards.reach)
        self._local = threading.local()

    def _buffers(self, batch: int) -> list[Any]:
        """Arrays (B,) for intermediate results, the first also without sign, and booleans; each thread has its own."""
        known: dict[int, list[Any]] | None = getattr(self._local, "known", None)
        if known is None or (batch not in known and len(known) > 8):
            known = self._local.known = {}
        found = known.get(batch)
        if found is None:
            found = known[batch] = [np.empty(batch, np.int64) for _ in range(BUFFERS)]
            found.append(found[0].view(np.uint64))
            found.append(np.empty(batch, np.bool_))
        return found

    def adopt(self, fields: Fields[Ints]) -> Fields[Ints]:
        """The fields as these steps keep them: registers in words, where they are in cells and words serve."""
        guards = self.plan.guards
        if guards is None or not self._word or fields.frame is None:
            return fields
        assert fields.registers is not None
        assert fields.slot is not None
        cells = fields.registers.reshape(len(fields.slack), guards.frame_cells)
        registers = (cells << np.arange(guards.frame_cells) * self._bits).sum(1)  # (B,)
        slot = (fields.slot - fields.frame) * self._bits
        held = self._at(registers, slot)
        return fields._replace(registers=registers, frame=None, slot=slot, held=held)

    def advance(self, fields: Fields[Ints], token: Ints) -> Fields[Ints]:
        """The fields after `token` (B,)."""
        plan = self.plan
        move, a, b, c, column, refused = self._buffers(len(token))
        np.minimum(token.view(np.uint64), self._last, out=column)  # into `move`; below 0 is far above V, unsigned
        np.multiply(fields.node, self._width, a)
        np.add(move, a, move)
        if plan.kind is not None:
            move[:] = plan.kind[move]
        self._cost.take(move, None, a, "clip")
        slack = np.subtract(fields.slack, a)
        if plan.guards is None:
            return self._stacked(fields, move, slack, a, b)
        return self._registered(plan.guards, fields, move, slack, a, b, c, refused)

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
        self,
        guards: Guards[Ints],
        fields: Fields[Ints],
        move: Ints,
        slack: Ints,
        a: Ints,
        b: Ints,
        c: Ints,
        refused: NDArray[np.bool_],
    ) -> Fields[Ints]:
        assert fields.low is not None
        assert fields.registers is not None
        assert fields.slot is not None
        registers, order, frame, constants = fields.registers, fields.order, fields.frame, self._constants
        guards.value.take(move, None, c, "clip")
        np.less(c, fields.low, refused)
        np.copyto(slack, MINUS_ONE, where=refused)
        if constants is None:
            assert fields.high is not None
            np.subtract(fields.high, c, b)  # how far below the upper guard
            np.less(b, ZERO, refused)
            np.copyto(slack, MINUS_ONE, where=refused)
        if fields.held is not None:
            np.bitwise_xor(c, fields.held, a)
        if self._word:
            registers = np.left_shift(a, fields.slot)
            np.bitwise_xor(registers, fields.registers, registers)  # `held` becomes the value
        else:
            registers[fields.slot] = c
        if order is not None:
            assert fields.tight is not None
            np.minimum(a, fields.tight, out=a)  # 1 where it was tight and they differ
            order = np.bitwise_xor(order, a)
            if constants is None:
                guards.bit.take(fields.node, None, a, "clip")
                np.less_equal(b, ZERO, b)
                np.multiply(b, a, b)
                np.bitwise_or(order, a, order)
                np.bitwise_xor(order, b, order)  # the bit of this place: whether a larger value was possible
        if order is not None and guards.step is not None:
            assert guards.keep is not None
            assert frame is not None
            np.add(frame, self._saved, a)
            registers[a] = order
            guards.step.take(move, None, b, "clip")
            frame = np.add(frame, b)
            np.add(a, b, a)
            registers.take(a, None, order, "clip")
            guards.keep.take(move, None, a, "clip")
            np.bitwise_and(order, a, order)
        if order is not None:
            hold, tie = (guards.hold, guards.tie) if constants is None else (constants.keep, constants.add)
            if hold is not None:
                hold.take(move, None, a, "clip")
                np.bitwise_and(order, a, order)
            tie.take(move, None, a, "clip")
            np.bitwise_or(order, a, order)
        after = self._stacked(fields, move, slack, a, b)
        return self._guarded(guards, after, registers, frame, order, a, b)

    def _guarded(
        self,
        guards: Guards[Ints],
        fields: Fields[Ints],
        registers: Ints,
        frame: Ints | None,
        order: Ints | None,
        a: Ints,
        b: Ints,
    ) -> Fields[Ints]:
        """The fields with what their node, registers and order say of it; without what is constant."""
        node, slack, stack, depth, top, *_ = fields
        if guards.spent is not None and order is not None:
            np.minimum(order, TWO, out=a)  # below 2 where nothing greater is left
            np.multiply(a, self._nodes, a)
            np.add(a, node, a)
            self._stands.take(a, None, node, "clip")
        low = high = None
        if self._constants is None:
            low, high = guards.low.take(node, None, None, "clip"), guards.high.take(node, None, None, "clip")
        for cell, more in self._lower:
            found = self._read(registers, frame, node, cell, more, a, b)
            low = found if low is None else np.maximum(low, found, out=low)
        for cell, more in self._upper:
            assert high is not None
            np.minimum(high, self._read(registers, frame, node, cell, more, a, b), out=high)
        slot = self._store.take(node, None, None, "clip")
        if frame is not None:
            np.add(slot, frame, slot)
        if order is None and not self._word:
            return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot)
        held = self._at(registers, slot)
        if order is None:
            return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot, order, held)
        self._limit.take(node, None, b, "clip")
        tight = np.minimum(b, ONE)  # 1 for a place in a key
        np.bitwise_and(tight, order, tight)
        np.subtract(order, b, a)
        np.right_shift(a, SIGN, a)  # -1 where nothing greater is left behind this place
        np.subtract(held, a, a)
        if low is None:
            low = np.multiply(a, tight)
        else:
            np.multiply(a, tight, a)
            np.maximum(low, a, out=low)
        return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot, order, held, tight)

    def _at(self, registers: Ints, slot: Ints) -> Ints:
        """What is in a slot of each row."""
        if not self._word:
            return registers.take(slot, None, None, "clip")
        found: Ints = np.right_shift(registers, slot)
        np.bitwise_and(found, self._value_mask, found)
        return found

    def _read(self, registers: Ints, frame: Ints | None, node: Ints, cell: Ints, more: Ints, a: Ints, b: Ints) -> Ints:
        """A register of each row, with what is added to it."""
        cell.take(node, None, b, "clip")
        if frame is not None:
            np.add(b, frame, b)
        found = self._at(registers, b)
        more.take(node, None, b, "clip")
        np.add(found, b, found)
        return found

    def masks(self, fields: Fields[Any], wide: bool) -> NDArray[Any]:
        """The open tokens as rows of words: packed (B, W), or a byte a token (B, E)."""
        rows, guards = self.plan.rows, self.plan.guards
        assert rows is not None
        if type(fields.slack) is int:
            return self.single.masks(fields, wide)
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
        open_ = self._constants or rows
        made = open_.bytes if wide else open_.bits
        assert made is not None
        found: NDArray[Any] = made.take(a, 0, None, "clip")
        if guards is None or fields.low is None:
            return found
        at_least, at_most = (guards.at_least_bytes, guards.at_most_bytes) if wide else (guards.at_least, guards.at_most)
        assert at_least is not None
        assert at_most is not None
        low = fields.low
        if guards.space is None:
            at_least = at_least[guards.reach :]  # a guard below 0 closes nothing, as that of 0
        else:
            guards.space.take(fields.node, None, c, "clip")
            np.maximum(low, ZERO, out=a)
            low = np.add(np.add(a, c, a), self._reach, a)
        np.bitwise_and(found, at_least.take(low, 0, None, "clip"), found)
        if self._constants is not None:
            return found
        assert fields.high is not None
        np.add(fields.high, self._reach, b)
        if guards.space is not None:
            np.add(b, c, b)
        np.bitwise_and(found, at_most.take(b, 0, None, "clip"), found)
        return found
