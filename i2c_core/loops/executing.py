"""What a program with loops draws: the set of its commands."""

from __future__ import annotations

from collections.abc import Iterator

from i2c_core.errors import ProgramError
from i2c_core.loops.declaring import Layout
from i2c_core.loops.statements import Body, Command, Draw, Linear, Loop, Reflect, When

MOST_ROUNDS = 100_000  # of all loops of a program together
NAMES = ("i", "j", "k", "l", "m", "n")  # of variables, outermost first


def execute(body: Body, layout: Layout, most: int = MOST_ROUNDS, *, anywhere: bool = False) -> list[Command]:
    """The commands that a program draws, canonical, each once, in order.

    Args:
        body: the program.
        layout: of the family.
        most: rounds of all loops together.
        anywhere: whether commands may lie off the grid; they come as they are written then, canonical or not.

    Raises:
        ProgramError: a command outside of the family's ranges, one that draws nothing, or more rounds than `most`.
    """
    return sorted(_Execution(layout, most, anywhere).drawn(body, ()))


class _Execution:
    def __init__(self, layout: Layout, most: int, anywhere: bool = False) -> None:
        self.layout, self.most, self.anywhere, self.rounds = layout, most, anywhere, 0

    def drawn(self, body: Body, values: tuple[int, ...]) -> set[Command]:
        found: set[Command] = set()
        for statement in body:
            match statement:
                case Draw():
                    found.add(self._command(statement, values))
                case Loop():
                    for value in self._values(statement, values):
                        found |= self.drawn(statement.body, (*values, value))
                case When():
                    if not values:
                        raise ProgramError("a condition outside of every loop", "put it into a loop")
                    if values[-1] > 0:
                        found |= self.drawn(statement.body, values)
                case Reflect():
                    inner = self.drawn(statement.body, values)
                    found |= inner
                    found |= {self._mirrored(c, statement) for c in inner}
        return found

    def _values(self, loop: Loop, values: tuple[int, ...]) -> Iterator[int]:
        for value in range(max(0, loop.count.at(values))):
            self.rounds += 1
            if self.rounds > self.most:
                fact = f"the program's loops have more than {self.most:,} rounds"
                raise ProgramError(fact, "make its loops shorter")
            yield value

    def _command(self, draw: Draw, values: tuple[int, ...]) -> Command:
        args = tuple(a.at(values) if isinstance(a, Linear) else a for a in draw.args)
        written = Command(draw.symbol, args)
        if self.anywhere:
            return written
        found = self.layout.canonical(written)
        if found is None:
            rounds = ", ".join(f"{n} = {v}" for n, v in zip(NAMES, values, strict=False))
            where = f" where {rounds}" if rounds else ""
            raise ProgramError(f"the program draws {shown(written)}{where}, which is no command", "keep it on the grid")
        return found

    def _mirrored(self, command: Command, statement: Reflect) -> Command:
        if self.anywhere:
            return self.layout.image(command, statement.axis, statement.at)
        found = self.layout.mirrored(command, statement.axis, statement.at)
        if found is None:
            mirror = f"{statement.axis} = {statement.at}"
            fact = f"the mirror image of {shown(command)} in {mirror} is no command"
            raise ProgramError(fact, "keep it on the grid")
        return found


def shown(command: Command) -> str:
    """`circle(4, 10)`, for messages."""
    return f"{command.symbol}({', '.join(map(str, command.args))})"
