"""Programs whose loops run longer. Loops are counted from 1, in the order in which a program is printed.

A loop that begins M rounds earlier counts from 0 as before, so that what its variable v says moves: a*v + b becomes
a*v + b - a*M. A condition goes on to mean all rounds but the first, which now is an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping

from i2c_core.errors import ConfigError
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, Statement, When, walk
from i2c_core.loops.executing import NAMES


def loops_of(body: Body) -> list[Loop]:
    """The loops of a program in the order in which it is printed; `loops_of(body)[0]` is loop 1."""
    return [statement for statement in walk(body) if isinstance(statement, Loop)]


def lengthened(body: Body, rounds: Mapping[int, int] | None = None, before: Mapping[int, int] | None = None) -> Body:
    """A program whose loops run longer, or shorter.

    Args:
        body: the program, its statements in the order in which it is printed.
        rounds: for loops by number, how many rounds each has from its first on. A length that hangs on the variable of
            a loop around it becomes this number.
        before: for loops by number, how many rounds each runs earlier, beside those.

    Where neither names a loop, each loop is one round longer; but a length that hangs on another loop is left to that.

    Raises:
        ConfigError: the program has no loop, or none of that number; a loop without rounds.
    """
    rounds, before = dict(rounds or {}), dict(before or {})
    loops = loops_of(body)
    if not loops:
        raise ConfigError("the program has no loop that could run longer", "draw what repeats itself, or write a loop")
    for number in (*rounds, *before):
        if not 1 <= number <= len(loops):
            has = f"the program has {len(loops)} loop{'s' * (len(loops) != 1)}"
            raise ConfigError(f"there is no loop {number}, {has}", "count loops from 1, in the order of their lines")
    for number, count in rounds.items():
        if count < 1:
            raise ConfigError(f"loop {number} would have {count} rounds", "give it 1 or more")
    for number, count in before.items():
        if count < 0:
            raise ConfigError(f"loop {number} would begin {count} rounds earlier", "give 0 rounds or more")
    if not rounds and not before:
        rounds = {n: loop.count.b + 1 for n, loop in enumerate(loops, 1) if loop.count.variable is None}
    return _Lengthening(rounds, before).body(body, ())


def changes(body: Body, longer: Body) -> list[str]:
    """Which loops of a program have other lengths in a longer one, a line each: `loop 1: 5 rounds instead of 3`."""
    pairs = zip(loops_of(body), loops_of(longer), strict=True)
    return [
        f"loop {number}: {_rounds(after.count)} instead of {_rounds(before.count).partition(' round')[0]}"
        for number, (before, after) in enumerate(pairs, 1)
        if before.count != after.count
    ]


def _rounds(count: Linear) -> str:
    if count.variable is None:
        return f"{count.b} round{'s' * (count.b != 1)}"
    factor = {1: "", -1: "-"}.get(count.a, f"{count.a}*")
    offset = f" {'-' if count.b < 0 else '+'} {abs(count.b)}" if count.b else ""
    return f"{factor}{NAMES[count.variable]}{offset} rounds"


class _Lengthening:
    """One walk over a program, which counts its loops."""

    def __init__(self, rounds: Mapping[int, int], before: Mapping[int, int]) -> None:
        self.rounds, self.before, self.number = rounds, before, 0

    def body(self, body: Body, earlier: tuple[int, ...]) -> Body:
        """Statements under loops that begin this many rounds earlier, outermost first."""
        return tuple(self._statement(statement, earlier) for statement in body)

    def _statement(self, statement: Statement, earlier: tuple[int, ...]) -> Statement:
        match statement:
            case Draw():
                args = tuple(_moved(a, earlier) if isinstance(a, Linear) else a for a in statement.args)
                return Draw(statement.symbol, args)
            case Loop():
                self.number += 1
                more = self.before.get(self.number, 0)
                said = self.rounds.get(self.number)
                count = _moved(statement.count, earlier) if said is None else Linear(said)
                count = Linear(count.b + more, count.a, count.variable)
                return Loop(count, self.body(statement.body, (*earlier, more)))
            case When():
                return When(self.body(statement.body, earlier))
            case Reflect():
                return Reflect(statement.axis, statement.at, self.body(statement.body, earlier))


def _moved(expression: Linear, earlier: tuple[int, ...]) -> Linear:
    """What an expression becomes where the loops of its variables begin earlier."""
    if expression.variable is None:
        return expression
    return Linear(expression.b - expression.a * earlier[expression.variable], expression.a, expression.variable)


__all__ = ["changes", "lengthened", "loops_of"]
