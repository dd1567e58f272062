"""Which arguments of a family's drawing commands are positions: all that loops and reflections have to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from i2c_core.errors import FamilyError
from i2c_core.formats import Format
from i2c_core.loops.statements import Command, X, Y
from i2c_core.programs import Program
from i2c_core.symbols import Range, Relation
from i2c_core.types import Type

if TYPE_CHECKING:
    from i2c_core.families import Family

WIDTH, HEIGHT, NUMBER, WORD = "w", "h", "n", "-"
CELLS = {"c": WIDTH, "r": HEIGHT}  # what counts whole columns and rows, of which the x or y before it is the first
ROLES = (X, Y, WIDTH, HEIGHT, *CELLS, NUMBER, WORD)


@dataclass(frozen=True)
class Loops:
    """What a family declares so that its lists of commands become programs with loops and reflections.

    Attributes:
        positions: the drawing commands, each with a role for every argument, between blanks: `x` and `y` a position
            along that axis; `w` and `h` how far something reaches from the x or y before it, `c` and `r` how many
            columns or rows of cells it takes from there on; `n` another whole number that may change from one round of
            a loop to the next, such as a radius; `-` what never changes.
        depth: how deep loops and reflections may lie in each other.
        commands: reference to `(family, program) -> Program`, the program as a list of commands only, for families
            some of whose statements have no positions; None where all of them do.
        examples: texts of programs with loops; random ones where there are none.
        formats: ways to write programs with loops. They take the language of `programs_of` and a program of it; what
            they do not name is written as the plain family writes what the program draws.
        grown: reference to `(family, columns, rows) -> Family`, the same language on a larger grid, if there is one.
        correction: reference to what the candidates of a reader are weighed by together with their shortest programs,
            `package:file.json`; None where nothing was fitted. See `i2c_core.correction`.
    """

    positions: Mapping[str, str]
    depth: int = 3
    commands: str | None = None
    examples: Sequence[str] = ()
    formats: Sequence[Format] = ()
    grown: str | None = None
    correction: str | None = None


@dataclass(frozen=True)
class Place:
    """One argument of a command.

    Attributes:
        role: one of ROLES; a number of columns or rows is a width or a height.
        low, high: the least and greatest number, 0 for what is no number.
        relations: what it must be to earlier arguments, each with the place of that argument.
        own: cells that the position before it takes by itself: 1 for a number of columns or rows.
        partner: the argument of the same axis that must not be greater, so that mirroring exchanges both; or None.
    """

    role: str
    low: int = 0
    high: int = 0
    relations: tuple[tuple[int, Relation], ...] = ()
    own: int = 0

    @property
    def partner(self) -> int | None:
        return next((n for n, relation in self.relations if relation.op in (">", ">=")), None)


@dataclass(frozen=True, eq=False)
class Layout:
    """The drawing commands of a family as loops see them; `layout_of` makes it.

    Attributes:
        family: whose commands they are.
        loops: what it declared.
        places: for each command's symbol, its arguments.
    """

    family: Family
    loops: Loops
    places: Mapping[str, tuple[Place, ...]]
    _canonical: dict[Command, Command | None] = field(default_factory=dict, repr=False)

    @cached_property
    def list_type(self) -> Type:
        """The type of lists of commands."""
        return self._list[0]

    @property
    def more(self) -> str:
        """The symbol of a list that goes on: `cons`."""
        return self._list[1]

    @property
    def end(self) -> str:
        """The symbol that ends a list: `nil`."""
        return self._list[2]

    @property
    def element(self) -> Type:
        """The type of what stands in a list."""
        return self.family.gamma[self.more].parameters[0].type

    @cached_property
    def _list(self) -> tuple[Type, str, str]:
        """The type of lists, the symbol that goes on, and the one that ends."""
        gamma = self.family.gamma
        element = gamma[next(iter(self.places))].result
        for symbol in gamma.symbols:
            types = [p.type for p in symbol.parameters]
            if len(types) == 2 and types[1] == symbol.result and gamma.holds(types[0], element):
                ends = [s.name for s in gamma.symbols if s.result == symbol.result and not s.parameters]
                if ends:
                    return symbol.result, symbol.name, ends[0]
        fact = f"{self.family.name} has no list of {element}"
        raise FamilyError(fact, "declare cons : (first: Command, rest: Figure) -> Figure, and nil : Figure")

    # -- commands and programs

    def commands_of(self, program: Program) -> list[Command]:
        """The commands of a program in its order, as they are written."""
        return [self.command(node) for node in program.nodes() if node.name in self.places]

    def command(self, node: Program) -> Command:
        """A command's node as plain data."""
        pairs = zip(node.args, self.places[node.name], strict=True)
        args = tuple(a.name if p.role == WORD and not _is_number(a) else int(a.name) for a, p in pairs)
        return Command(node.name, args)

    def program_of(self, commands: Sequence[Command], frame: Program | None = None) -> Program:
        """The program that lists these commands in this order.

        Args:
            commands: each `is_legal`.
            frame: a program whose list is replaced; None where a list is a whole program.

        Raises:
            ProgramError: a number out of range, or in no order.
        """
        gamma = self.family.gamma
        _, more, end = self._list
        found = Program(gamma, end)
        for command in reversed(commands):
            made = Program(gamma, command.symbol, tuple(Program(gamma, str(a)) for a in command.args))
            found = Program(gamma, more, (made, found))
        return found if frame is None else self._framed(frame, found)

    def _framed(self, frame: Program, new: Program) -> Program:
        if frame.name in self._list[1:]:
            return new
        args = tuple(self._framed(a, new) for a in frame.args)
        return frame if args == frame.args else Program(self.family.gamma, frame.name, args, frame.value)

    # -- what commands may be

    def is_legal(self, command: Command) -> bool:
        """Whether every number lies in its range and above those that it must be greater than."""
        args = command.args
        for arg, place in zip(args, self.places[command.symbol], strict=True):
            if place.role == WORD:
                continue
            if not place.low <= int(arg) <= place.high:
                return False
            if any(not relation.holds(int(arg), int(args[n])) for n, relation in place.relations):
                return False
        return True

    def canonical(self, command: Command) -> Command | None:
        """The canonical form of a command; None for one that is not legal, or that draws nothing."""
        if command not in self._canonical:
            found: Command | None = None
            if self.is_legal(command):
                listed = self.commands_of(self._settled(command))
                found = listed[0] if listed else None
            self._canonical[command] = found
        return self._canonical[command]

    def _settled(self, command: Command) -> Program:
        """The canonical program of one command alone."""
        if self.family.normalise is None and self.family.rewriting is None:
            return self.program_of([command])
        if self.list_type != self.family.root_type:
            frame = self.family.parse(next(iter(self.family.examples)))
            return self.family.canonical(self.program_of([command], frame))
        return self.family.canonical(self.program_of([command]))

    def variants(self, command: Command) -> tuple[Command, ...]:
        """All commands with a canonical command as their canonical form, itself first: a line may begin at either end.

        Found by exchanging a command's first point with its second.
        """
        places = self.places[command.symbol]
        points = [(k, k + 1) for k in range(len(places) - 1) if (places[k].role, places[k + 1].role) == (X, Y)]
        found = [command]
        if len(points) == 2:
            (a, b), (c, d) = points
            args = list(command.args)
            args[a], args[b], args[c], args[d] = args[c], args[d], args[a], args[b]
            turned = Command(command.symbol, tuple(args))
            if turned != command and self.canonical(turned) == command:
                found.append(turned)
        return tuple(found)

    def mirrored(self, command: Command, axis: str, at: int) -> Command | None:
        """The canonical form of a command's mirror image, in which each x is at - x; None outside of the range."""
        return self.canonical(self.image(command, axis, at))

    def image(self, command: Command, axis: str, at: int) -> Command:
        """A command's mirror image as it comes, which may lie off the grid.

        What reaches from x by w begins at at - x - w, what takes w cells one further on; a pair of which one must be
        the greater changes places.
        """
        places, args = self.places[command.symbol], list(command.args)
        extent = WIDTH if axis == X else HEIGHT
        for k, place in enumerate(places):
            if place.role == axis:
                args[k] = at - int(args[k])
                reach = [n for n in range(k + 1, len(places)) if places[n].role in (axis, extent)]
                if reach and places[reach[0]].role == extent:
                    args[k] = int(args[k]) - int(args[reach[0]]) + places[reach[0]].own
        for k, place in enumerate(places):
            if place.role == axis and place.partner is not None:
                args[k], args[place.partner] = args[place.partner], args[k]
        return Command(command.symbol, tuple(args))


@lru_cache(maxsize=16)
def layout_of(family: Family) -> Layout:
    """How loops see a family's commands.

    Raises:
        FamilyError: it declares no loops, or roles that its signature does not have.
    """
    if family.loops is None:
        raise FamilyError(f"family {family.name} has no loops", "declare which arguments are positions with loops=")
    gamma, found = family.gamma, {}
    for name, roles in family.loops.positions.items():
        symbol, said = gamma[name], roles.split()
        if len(said) != len(symbol.parameters) or not set(said) <= set(ROLES):
            fact = f"{family.name} gives {name!r} the roles {roles!r}, it has {len(symbol.parameters)} arguments"
            raise FamilyError(fact, f"give each argument one of {' '.join(ROLES)}")
        names = [p.name for p in symbol.parameters]
        places = []
        for parameter, role in zip(symbol.parameters, said, strict=True):
            kind = gamma.literal_kind(parameter.type)
            if role == WORD:
                places.append(Place(role))
                continue
            if not isinstance(kind, Range):
                fact = f"{family.name} gives {parameter.name!r} of {name!r} the role {role!r}, it is no whole number"
                raise FamilyError(fact, f"give it the role {WORD}")
            relations = tuple((names.index(r.argument), r) for r in parameter.relations)
            places.append(Place(CELLS.get(role, role), kind.low, kind.high, relations, int(role in CELLS)))
        found[name] = tuple(places)
    return Layout(family, family.loops, found)


def _is_number(node: Program) -> bool:
    return node.name.lstrip("-").isdigit()


__all__ = ["ROLES", "Layout", "Loops", "Place", "layout_of"]
