"""The steps of one sequence in plain Python: for a batch of one, each call of NumPy costs more than what it computes.

What `i2c_core.masks.eager` does, line by line, on `Fields` of plain numbers. Their stack, where it is in cells, and
their registers are lists, written in place. Tables are read through memoryviews, which give plain numbers and copy
nothing.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from i2c_core.masks.guards import Guards
from i2c_core.masks.plans import Plan, mapped
from i2c_core.masks.states import Fields

Table = Any  # a memoryview of integers
REFUSED = -1


def _viewed(part: Any) -> Table:
    return memoryview(part)


class Single:
    """The steps of one plan for one sequence."""

    def __init__(self, plan: Plan[NDArray[Any]]) -> None:
        self._made = plan
        self._plan: Plan[Table] = mapped(plan, _viewed)
        self._entry_mask = (1 << plan.entry) - 1

    def advance(self, fields: Fields[Any], token: int) -> Fields[Any]:
        """The fields after `token`."""
        plan = self._plan
        last = plan.width - 1
        move = fields.node * plan.width + (token if 0 <= token < last else last)
        if plan.kind is not None:
            move = plan.kind[move]
        slack = fields.slack - plan.cost[move]
        if plan.guards is not None:
            return self._registered(plan.guards, fields, move, slack)
        if plan.shift is None:
            return Fields(*self._in_cells(fields, move, slack))
        stack = (fields.stack >> plan.entry << plan.shift[move] | plan.code[move]) if slack >= 0 else 0
        return Fields(stack & self._entry_mask, slack, stack)

    def _in_cells(self, fields: Fields[Any], move: int, slack: int) -> tuple[int, int, list[int], int, int]:
        """Node, slack, stack, depth and top after `move`, where the stack is in cells."""
        plan, cells = self._plan, fields.stack
        depth: Any = fields.depth
        top: Any = fields.top
        assert plan.rest is not None
        assert plan.waits is not None
        cells[depth] = plan.rest[top]
        depth += plan.waits[top]
        opened = plan.code[move] if slack >= 0 else 0
        if opened:
            return plan.first[opened], slack, cells, depth + 1, opened
        top = cells[depth] if slack >= 0 else 0
        return plan.first[top], slack, cells, depth, top

    def _registered(self, guards: Guards[Table], fields: Fields[Any], move: int, slack: int) -> Fields[Any]:
        plan = self._plan
        row: tuple[Any, ...] = fields
        node, _, stack, depth, top, low, high, registers, frame, slot, order, held, tight = row
        value = guards.value[move]
        if not low <= value <= high:
            slack |= REFUSED
        if order is not None:
            bit = guards.bit[node]
            order |= bit
            if value >= high:
                order ^= bit
            if tight and value != held:
                order ^= 1
        registers[slot] = value
        if order is not None:
            if guards.step is not None:
                assert guards.keep is not None
                saved = guards.count + 1  # the cell of a frame that keeps its order
                registers[frame + saved] = order
                frame += guards.step[move]
                order = registers[frame + saved] & guards.keep[move]
            if guards.hold is not None:
                order &= guards.hold[move]
            order |= guards.tie[move]
        if plan.shift is None:
            node, slack, stack, depth, top = self._in_cells(fields, move, slack)
        else:
            stack = (stack >> plan.entry << plan.shift[move] | plan.code[move]) if slack >= 0 else 0
            node = stack & self._entry_mask
        if guards.spent is not None and order is not None and order <= 1:
            node = guards.spent[node]
        low, high = guards.low[node], guards.high[node]
        for cell, more in guards.lower:
            read = registers[cell[node] + frame] + more[node]
            if read > low:
                low = read
        for cell, more in guards.upper:
            read = registers[cell[node] + frame] + more[node]
            if read < high:
                high = read
        slot = guards.store[node] + frame
        if order is not None:
            held, tight = registers[slot], order & guards.key[node]
            if tight:
                least = held + (order < guards.limit[node])
                if least > low:
                    low = least
        return Fields(node, slack, stack, depth, top, low, high, registers, frame, slot, order, held, tight)

    def masks(self, fields: Fields[Any], wide: bool) -> NDArray[Any]:
        """The open tokens as a row of words: packed (1, W), or a byte a token (1, E)."""
        made, rows, guards = self._made.rows, self._plan.rows, self._plan.guards
        assert made is not None
        assert rows is not None
        level = min(fields.slack, rows.K)
        if level < 0:
            level = 0  # of node 0, for a row that was refused: nothing is open
        if rows.level is not None:
            level = rows.level[level]
        row = fields.node * rows.levels + level
        if rows.row_of is not None:
            row = rows.row_of[row]
        table = made.bytes if wide else made.bits
        assert table is not None
        found: NDArray[Any] = table[row : row + 1]
        if guards is None:
            return found.copy()
        known = self._made.guards
        assert known is not None
        at_least, at_most = (known.at_least_bytes, known.at_most_bytes) if wide else (known.at_least, known.at_most)
        assert at_least is not None
        assert at_most is not None
        assert fields.low is not None
        assert fields.high is not None
        low, high = fields.low + guards.reach, fields.high + guards.reach
        if guards.space is not None:
            low, high = low + guards.space[fields.node], high + guards.space[fields.node]
        found = found & at_least[low : low + 1] & at_most[high : high + 1]
        return found
