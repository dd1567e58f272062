"""A set of commands as points: vectors of whole numbers, the same ones written otherwise, and their mirror images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from i2c_core.loops import Command, Draw, Layout, Linear
from i2c_core.loops.declaring import WORD
from i2c_core.loops.statements import X, Y

Vector = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Commands that loops can turn into each other: the same symbol and the same words.

    Attributes:
        symbol: of the commands.
        words: their arguments, with None where a number stands.
        roles: of the numbers.
    """

    symbol: str
    words: tuple[int | str | None, ...]
    roles: tuple[str, ...]

    def draw(self, numbers: Sequence[Linear]) -> Draw:
        """A statement with these numbers."""
        waiting = iter(numbers)
        return Draw(self.symbol, tuple(_word(word) if word is not None else next(waiting) for word in self.words))


@dataclass(frozen=True, slots=True)
class Point:
    """One way of writing a command of the set.

    Attributes:
        kind: the place of its kind.
        vector: its numbers.
        row: the place of the command.
    """

    kind: int
    vector: Vector
    row: int


@dataclass(frozen=True, slots=True)
class Mirror:
    """A reflection, as a partial map of the set to itself.

    Attributes:
        axis, at: x to at - x, or the same for y.
        images: for each row, that of its mirror image; -1 where that is not in the set.
        domain: bitmask of the rows that have an image.
    """

    axis: str
    at: int
    images: tuple[int, ...] = field(repr=False, compare=False, default=())
    domain: int = field(repr=False, compare=False, default=0)

    def closed(self, covers: int) -> int:
        """The rows with their mirror images; -1 where one has none."""
        if covers & ~self.domain:
            return -1
        found, images = covers, self.images
        while covers:
            low = covers & -covers
            found |= 1 << images[low.bit_length() - 1]
            covers ^= low
        return found


class Points:
    """All ways of writing the commands of a set.

    Args:
        commands: canonical, each once.
        layout: of the family.
    """

    def __init__(self, commands: Sequence[Command], layout: Layout) -> None:
        self.commands, self.layout = tuple(commands), layout
        self.kinds: list[Kind] = []
        self.points: list[Point] = []
        self.places: list[dict[Vector, int]] = []  # for each kind, vectors to points
        known: dict[tuple[str, tuple[int | str | None, ...]], int] = {}
        for row, command in enumerate(self.commands):
            places = layout.places[command.symbol]
            for variant in layout.variants(command):
                pairs = list(zip(variant.args, places, strict=True))
                words = tuple(a if p.role == WORD else None for a, p in pairs)
                key = (variant.symbol, words)
                if key not in known:
                    known[key] = len(self.kinds)
                    self.kinds.append(Kind(variant.symbol, words, tuple(p.role for p in places if p.role != WORD)))
                    self.places.append({})
                kind, vector = known[key], tuple(int(a) for a, p in pairs if p.role != WORD)
                self.places[kind][vector] = len(self.points)
                self.points.append(Point(kind, vector, row))

    def mirrors(self) -> list[Mirror]:
        """All reflections that take one command of the set to another one."""
        found = []
        for axis in (X, Y):
            maps: dict[int, dict[int, int]] = {}
            fixed: dict[int, int] = {}  # what has no position along the axis is its own image everywhere
            first: dict[int, Point] = {}
            for point in self.points:
                first.setdefault(point.row, point)
            for row, point in first.items():
                kind = self.kinds[point.kind]
                image = self._image(row, axis)
                along = [k for k, role in enumerate(kind.roles) if role == axis]
                if not along:
                    if image in self.places[point.kind]:
                        fixed[row] = self.points[self.places[point.kind][image]].row
                    continue
                for vector, place in self.places[point.kind].items():
                    at = vector[along[0]] - image[along[0]]
                    if vector == tuple(i + (at if r == axis else 0) for i, r in zip(image, kind.roles, strict=True)):
                        maps.setdefault(at, {})[row] = self.points[place].row
            for at, images in sorted(maps.items()):
                images = fixed | images
                if any(a != b for a, b in images.items()):
                    listed = tuple(images.get(row, -1) for row in range(len(self.commands)))
                    found.append(Mirror(axis, at, listed, sum(1 << row for row in images)))
        return found

    def _image(self, row: int, axis: str) -> Vector:
        """The numbers of a command's mirror image at 0; at any other place, `at` is added to each along the axis."""
        command = self.commands[row]
        pairs = zip(self.layout.image(command, axis, 0).args, self.layout.places[command.symbol], strict=True)
        return tuple(int(a) for a, p in pairs if p.role != WORD)


def _word(word: int | str) -> str | Linear:
    return word if isinstance(word, str) else Linear(word)


__all__ = ["Kind", "Mirror", "Point", "Points", "Vector", "X", "Y"]
