"""What the tokens of a language of figures mean: its commands, their arguments, its grid.

Legend: V tokens of the vocabulary, A most arguments of a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.symbols import Range, Signature
from i2c_core.vocabulary import Vocabulary

KINDS = ("circle", "rectangle", "line", "label")  # in the order of the signature
X1, Y1, X2, Y2, TIP, STROKE = range(6)  # the arguments of a line, by place
WORDS = {"plain": 0, "arrow": 1, "solid": 0, "dashed": 1}
RADIUS = 1  # of circles in a language that does not write it


@dataclass(frozen=True)
class Command:
    """One command: its kind, one of KINDS, and its arguments as numbers; 0 or 1 for tip and stroke."""

    kind: str
    args: tuple[int, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """Commands of a canonical figure increase in it."""
        return KINDS.index(self.kind), *self.args

    @property
    def radius(self) -> int:
        return self.args[2] if len(self.args) > 2 else RADIUS

    @property
    def arrow(self) -> bool:
        return self.kind == "line" and bool(self.args[TIP])

    @property
    def dashed(self) -> bool:
        return self.kind == "line" and bool(self.args[STROKE])


@dataclass(frozen=True)
class Language:
    """The numbers of one language.

    Attributes:
        grid: columns and rows.
        radii: most radius of a circle, and whether it is written.
        highest: the greatest argument of each place, by kind of command; kinds that the language lacks are missing.
    """

    grid: tuple[int, int]
    most_radius: int
    highest: dict[str, tuple[int, ...]]

    @property
    def writes_radius(self) -> bool:
        return len(self.highest["circle"]) > 2

    @property
    def has_labels(self) -> bool:
        return "label" in self.highest

    @staticmethod
    def of(signature: Signature) -> Language:
        """The language of a signature that `language` declared."""
        highest = {}
        for kind in KINDS:
            if kind in signature:
                parameters = signature[kind].parameters
                places = [signature.literal_kind(p.type) for p in parameters]
                highest[kind] = tuple(p.high if isinstance(p, Range) else 1 for p in places)
        columns, rows, *radius = highest["circle"]
        return Language((columns + 1, rows + 1), radius[0] if radius else RADIUS, highest)


@lru_cache(maxsize=16)
def language_of(vocabulary: Vocabulary) -> Language:
    """The language of a vocabulary."""
    return Language.of(vocabulary.signature)


def commands_of(program: Program) -> list[Command]:
    """The commands of a program in its order, as they are written."""
    found = []
    while program.name == "cons":
        node, program = program.args
        found.append(Command(node.name, tuple(WORDS[a.name] if a.name in WORDS else int(a.name) for a in node.args)))
    return found


def writing(family: Family, program: Program) -> list[tuple[float, float, float, float]]:
    """Where in its picture a program has writing: left, top, right and bottom in shares of width and height."""
    assert family.canvas is not None
    width, height = family.canvas
    places = [c.args for c in commands_of(program) if c.kind == "label"]
    return [(x / width, 1 - (y + h) / height, (x + w) / width, 1 - y / height) for x, y, w, h in places]


def program_of(signature: Signature, commands: list[Command]) -> Program:
    """The program that says these commands in this order.

    Raises:
        ProgramError: an argument outside the grid, or corners the wrong way round.
    """
    program = Program(signature, "nil")
    for command in reversed(commands):
        names = [str(a) for a in command.args]
        if command.kind == "line":
            names[TIP:] = ["arrow" if command.arrow else "plain", "dashed" if command.dashed else "solid"]
        made = Program(signature, command.kind, tuple(Program(signature, n) for n in names))
        program = Program(signature, "cons", (made, program))
    return program
