"""Boolean functions as ordered decision diagrams, shared: equal functions are equal numbers.

A function is an integer: 0 is false, 1 is true, any other is a node that asks one variable. A variable is its *level*;
lower levels are asked first.
"""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.errors import RegularError

FALSE, TRUE = 0, 1
MOST_NODES = 1_000_000
_CONSTANT = 1 << 60  # the level of the constants, below every variable


class Functions:
    """A table of Boolean functions."""

    def __init__(self) -> None:
        self._level = [_CONSTANT, _CONSTANT]
        self._low = [FALSE, TRUE]
        self._high = [FALSE, TRUE]
        self._made: dict[tuple[int, int, int], int] = {}
        self._chosen: dict[tuple[int, int, int], int] = {}

    def variable(self, level: int) -> int:
        """The function that is a variable."""
        return self._node(level, FALSE, TRUE)

    def choose(self, condition: int, then: int, otherwise: int) -> int:
        """`then` where the condition holds, else `otherwise`."""
        if condition == TRUE or then == otherwise:
            return then
        if condition == FALSE:
            return otherwise
        if condition == then:
            then = TRUE
        if condition == otherwise:
            otherwise = FALSE
        if then == TRUE and otherwise == FALSE:
            return condition
        key = (condition, then, otherwise)
        found = self._chosen.get(key)
        if found is None:
            levels, lows, highs = self._level, self._low, self._high
            level = min(levels[condition], levels[then], levels[otherwise])
            low = [lows[f] if levels[f] == level else f for f in key]
            high = [highs[f] if levels[f] == level else f for f in key]
            found = self._node(level, self.choose(*low), self.choose(*high))
            self._chosen[key] = found
        return found

    def both(self, left: int, right: int) -> int:
        """Left and right."""
        return self.choose(left, right, FALSE)

    def either(self, left: int, right: int) -> int:
        """Left or right."""
        return self.choose(left, TRUE, right)

    def negate(self, function: int) -> int:
        """Not the function."""
        return self.choose(function, FALSE, TRUE)

    def replace(self, function: int, value: Callable[[int], int], memo: dict[int, int]) -> int:
        """The function with each variable replaced by the function that `value` gives for its level.

        Args:
            memo: functions whose replacement is known; belongs to one `value` and is added to.
        """
        if function <= TRUE:
            return function
        if function in memo:
            return memo[function]
        needed, pending = {function}, [function]
        while pending:
            node = pending.pop()
            for child in (self._low[node], self._high[node]):
                if child > TRUE and child not in memo and child not in needed:
                    needed.add(child)
                    pending.append(child)
        for node in sorted(needed):  # a node is made after those that it leads to
            low, high = self._low[node], self._high[node]
            memo[node] = self.choose(value(self._level[node]), memo.get(high, high), memo.get(low, low))
        return memo[function]

    def holds(self, function: int, true: int) -> bool:
        """The value where the variable at level `true` holds and no other does."""
        while function > TRUE:
            function = (self._high if self._level[function] == true else self._low)[function]
        return function == TRUE

    def _node(self, level: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (level, low, high)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = len(self._level)
            if found > MOST_NODES:
                raise RegularError("the automaton of the expression is too large", "write a simpler expression")
            self._level.append(level)
            self._low.append(low)
            self._high.append(high)
        return found
