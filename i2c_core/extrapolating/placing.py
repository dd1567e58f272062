"""Where a drawing goes that is continued: what leaves the grid moves with all else to a larger one, or is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from i2c_core.errors import ConfigError, FamilyError, ProgramError
from i2c_core.extrapolating.lengthening import changes, lengthened
from i2c_core.families import Family
from i2c_core.loops import (
    Body,
    Command,
    Draw,
    Layout,
    Linear,
    Loop,
    Reflect,
    Statement,
    When,
    execute,
    layout_of,
    program_from,
    programs_of,
)
from i2c_core.loops.statements import X, Y
from i2c_core.programs import Program
from i2c_core.references import resolve

MOST_SIDE = 256  # columns and rows of a drawing that is continued
AXES = (X, Y)


@dataclass(frozen=True)
class Extrapolated:
    """A drawing continued.

    Attributes:
        family: that has the drawing: the given one, or the same language on a larger grid.
        program: of that family, the drawing's commands.
        body: the program with loops that draws exactly these; None where something was left out, so that none does.
        moved: columns and rows by which all lies farther right and up than before.
        left_out: the commands that are not drawn: off the grid, with a number out of range, or drawing nothing.
        changes: the loops whose lengths are others now, a line each.
    """

    family: Family
    program: Program
    body: Body | None
    moved: tuple[int, int] = (0, 0)
    left_out: tuple[Command, ...] = ()
    changes: tuple[str, ...] = ()

    @cached_property
    def spoken(self) -> tuple[Family, Program]:
        """The program with loops and its family; the plain list where a program with loops cannot say it."""
        if self.body is None:
            return self.family, self.program
        language = programs_of(self.family)
        frame = None if layout_of(self.family).list_type == self.family.root_type else self.program
        try:
            return language, program_from(language, self.body, frame)
        except ProgramError:  # a loop longer than the language can write, say
            return self.family, self.program

    @property
    def code(self) -> str:
        """The program in its family's grammar."""
        family, program = self.spoken
        return family.show(program)


def extrapolate(
    family: Family,
    body: Body,
    rounds: Mapping[int, int] | None = None,
    before: Mapping[int, int] | None = None,
    frame: Program | None = None,
) -> Extrapolated:
    """The drawing of a program whose loops run longer.

    Args:
        family: of the commands, one that declares loops.
        body: the program.
        rounds, before: how long, see `lengthened`; with neither, each loop runs one round longer.
        frame: the program whose list of commands is exchanged, where lists are not whole programs.

    Raises:
        ConfigError: no such loop, or no rounds; the drawing would need a grid larger than MOST_SIDE.
        ProgramError: more rounds than any program may have.
    """
    layout = layout_of(family)
    longer = lengthened(body, rounds, before)
    changed = tuple(changes(body, longer))
    drawn = execute(longer, layout, anywhere=True)
    moved = (0, 0)
    if family.loops is not None and family.loops.grown is not None and not _fits(drawn, layout):
        family, moved = _grown(family, drawn, layout)
        layout = layout_of(family)
        longer = _moved(longer, layout, moved)
        drawn = execute(longer, layout, anywhere=True)
    kept = {command: _placed(command, layout, frame) for command in drawn}
    program = layout.program_of(sorted({c for c in kept.values() if c is not None}), frame)
    left_out = tuple(command for command, canonical in kept.items() if canonical is None)
    return Extrapolated(family, family.canonical(program), None if left_out else longer, moved, left_out, changed)


def _placed(command: Command, layout: Layout, frame: Program | None) -> Command | None:
    """The canonical form of a command; None where it is none, or draws nothing within its frame."""
    found = layout.canonical(command)
    if found is None or frame is None or layout.loops.commands is None:
        return found
    alone = resolve(layout.loops.commands, f"family {layout.family.name}")(
        layout.family, layout.program_of([found], frame)
    )
    return found if layout.commands_of(alone) else None


def _fits(commands: Iterable[Command], layout: Layout) -> bool:
    """Whether all commands lie on the grid; what is no command for another reason does not count."""
    low, high = _corners(commands, layout)
    grid = _grid(layout)
    return all(a >= least and b <= most for a, b, (least, most) in zip(low, high, grid, strict=True))


def _grid(layout: Layout) -> tuple[tuple[int, int], tuple[int, int]]:
    """The least and the greatest position along x, and along y."""
    found = []
    for axis in AXES:
        places = [place for places in layout.places.values() for place in places if place.role == axis]
        found.append((max(p.low for p in places), min(p.high for p in places)) if places else (0, 0))
    return found[0], found[1]


def _corners(commands: Iterable[Command], layout: Layout) -> tuple[tuple[int, int], tuple[int, int]]:
    """The least and greatest positions, (x, y) each, of commands that would be some on a grid large enough."""
    grid = _grid(layout)
    low, high = [least for least, _ in grid], [least for least, _ in grid]
    for command in commands:
        places = layout.places[command.symbol]
        pairs = list(zip(command.args, places, strict=True))
        if any(not r.holds(int(a), int(command.args[n])) for a, p in pairs for n, r in p.relations):
            continue
        for arg, place in pairs:
            if place.role in AXES:
                k = AXES.index(place.role)
                low[k], high[k] = min(low[k], int(arg)), max(high[k], int(arg))
    return (low[0], low[1]), (high[0], high[1])


def _grown(family: Family, commands: Iterable[Command], layout: Layout) -> tuple[Family, tuple[int, int]]:
    """The same language on a grid that has room for commands, and by how much they move to lie on it."""
    assert family.loops is not None
    assert family.loops.grown is not None
    if family.canvas is None:
        raise FamilyError(f"family {family.name} has no grid that could grow", "declare canvas= beside Loops.grown")
    low, high = _corners(commands, layout)
    sides, moved = [], []
    for side, (least, most), a, b in zip(family.canvas, _grid(layout), low, high, strict=True):
        moved.append(least - a)
        sides.append(side + max(0, b + least - a - most))
    columns, rows = sides
    if max(sides) > MOST_SIDE:
        fact = f"the drawing would need a grid of {columns:,} by {rows:,}, at most {MOST_SIDE} by {MOST_SIDE} is drawn"
        raise ConfigError(fact, "run its loops for fewer rounds")
    found: Family = resolve(family.loops.grown, f"family {family.name}")(family, columns, rows)
    return found, (moved[0], moved[1])


def _moved(body: Body, layout: Layout, by: tuple[int, int]) -> Body:
    """A program that draws the same, so many columns farther right and rows farther up."""
    return tuple(_moved_statement(statement, layout, by) for statement in body)


def _moved_statement(statement: Statement, layout: Layout, by: tuple[int, int]) -> Statement:
    match statement:
        case Draw():
            pairs = zip(statement.args, layout.places[statement.symbol], strict=True)
            return Draw(
                statement.symbol,
                tuple(
                    Linear(a.b + by[AXES.index(p.role)], a.a, a.variable)
                    if isinstance(a, Linear) and p.role in AXES
                    else a
                    for a, p in pairs
                ),
            )
        case Loop():
            return Loop(statement.count, _moved(statement.body, layout, by))
        case When():
            return When(_moved(statement.body, layout, by))
        case Reflect():
            at = statement.at + 2 * by[AXES.index(statement.axis)]
            return Reflect(statement.axis, at, _moved(statement.body, layout, by))


__all__ = ["MOST_SIDE", "Extrapolated", "extrapolate"]
