"""The shortest program with loops for a set of drawing commands, in families that declare their positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.loops import (
    Body,
    Command,
    Layout,
    cost_of,
    execute,
    layout_of,
    listed,
    plain_of,
    program_from,
    programs_of,
)
from i2c_core.programs import Program
from i2c_core.references import resolve
from i2c_core.rerolling import reroll


@dataclass(frozen=True)
class Scene:
    """What a program draws, as loops see it.

    Attributes:
        family: of the commands, without loops.
        commands: each once, canonical, in order.
        frame: the program around the list of commands, in families where a list is not all; else None.
    """

    family: Family
    commands: tuple[Command, ...]
    frame: Program | None

    @property
    def layout(self) -> Layout:
        return layout_of(self.family)

    @property
    def program(self) -> Program:
        """The commands as a program of the family."""
        return self.layout.program_of(self.commands, self.frame)


@dataclass(frozen=True)
class Rolled:
    """A program with loops.

    Attributes:
        program: the shortest so far.
        body: the same as plain data.
        cost: what it costs, see `i2c_core.loops.cost_of`.
        bound: no program of these commands costs less.
    """

    program: Program
    body: Body
    cost: Fraction
    bound: Fraction


def scene_of(family: Family, program: Program) -> Scene:
    """What a program draws, whether with loops or without.

    Raises:
        FamilyError: the family declares no loops.
        ProgramError: a program with loops that leave the grid or never end.
    """
    plain = plain_of(family)
    if plain is not None:
        family, program = plain, listed(family, program)
    layout = layout_of(family)
    # What a program with loops draws stays as it is, so that no answer can be dearer than the program itself.
    if plain is None and layout.loops.commands is not None:
        program = resolve(layout.loops.commands, f"family {family.name}")(family, program)
    drawn = {layout.canonical(command) for command in layout.commands_of(program)}
    frame = None if layout.list_type == family.root_type else program
    return Scene(family, tuple(sorted(c for c in drawn if c is not None)), frame)


def rolled(scene: Scene, deadline: float | None) -> Iterator[Rolled]:
    """Shorter and shorter programs with loops, the plain list of commands first.

    Args:
        scene: what they draw.
        deadline: when to end, in seconds of `time.monotonic`; None searches until nothing shorter can exist.
    """
    language = programs_of(scene.family)
    best: Body | None = None
    for step in reroll(scene.commands, scene.layout, deadline):
        if step.body != best:
            best, program = step.body, program_from(language, step.body, scene.frame)
        yield Rolled(program, step.body, step.cost, step.bound)


def check_rolled(scene: Scene, body: Body, cost: Fraction) -> None:
    """Execute an answer and count its cost, by code that the search does not share.

    Raises:
        FamilyError: it draws other commands, or costs something else.
    """
    if tuple(execute(body, scene.layout)) != scene.commands:
        fact = f"the search for loops in {scene.family.name} found a program of other commands"
        raise FamilyError(fact, "this is a bug of i2c: report it with the commands")
    if cost_of(body) != cost:
        fact = f"the search for loops in {scene.family.name} tells cost {cost} for a program of {cost_of(body)}"
        raise FamilyError(fact, "this is a bug of i2c: report it with the commands")


__all__ = ["Rolled", "Scene", "check_rolled", "rolled", "scene_of"]
