"""The rules of canonical boxes token by token, slowly: by painting every rectangle. Shares no tables with the mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from i2c_core.symbols import Range
from i2c_core.vocabulary import Vocabulary
from i2c_plugins.boxes.tokens import COLOURS

Rectangle = tuple[int, int, int, int]  # left, upper, right, lower
FOREIGN = "another family"  # in place of a colour
ROOT = -1


@dataclass(frozen=True)
class Layer:
    """A box as it is painted: its rectangle, its colour or FOREIGN, and the box that it is on, by number, or ROOT."""

    where: Rectangle
    colour: str
    on: int


@dataclass(frozen=True)
class Canvas:
    """What a prefix has painted: the ground's colour or FOREIGN, the boxes, and the box that the open list is on."""

    cells: int
    ground: str
    layers: tuple[Layer, ...]
    on: int


def legal(vocabulary: Vocabulary, tokens: Sequence[str]) -> set[str]:
    """The tokens that the rules leave open behind a prefix; what types close may be among them."""
    everything = set(vocabulary.tokens)
    sides = vocabulary.signature.kinds["Side"]
    assert isinstance(sides, Range)
    has_foreign = any(t not in COLOURS for t in _fills(vocabulary))
    canvas, box = _read(vocabulary, tokens, sides.high)
    if canvas is None:
        return everything
    if box is None or not box:
        places = rectangles(canvas, has_foreign)
        closed = set() if places else {"cons"} if box is None else everything
        return everything - closed - (set() if any(map(_can_bear, places)) else {"pile"} if box is not None else set())
    name, *numbers = box
    choices = [r for r in rectangles(canvas, has_foreign) if name == "box" or _can_bear(r)]
    left, upper = (0, 0) if canvas.on == ROOT else canvas.layers[canvas.on].where[:2]
    written = [(r[0] - left, r[1] - upper, r[2] - r[0], r[3] - r[1]) for r in choices]
    if len(numbers) < 4:
        known = tuple(map(int, numbers))
        fitting = {str(r[len(known)]) for r in written if r[: len(known)] == known}
        return {t for t in everything if not t.isdigit() or t in fitting}
    where = choices[written.index(tuple(map(int, numbers)))]  # type: ignore[arg-type]
    return {t for t in everything if t not in COLOURS or _keeps(_painted(canvas, where, t))}


def _read(vocabulary: Vocabulary, tokens: Sequence[str], cells: int) -> tuple[Canvas | None, list[str] | None]:
    """What a prefix has painted, and the tokens of the box that is being written, None outside of one.

    No canvas where the rules leave all open: before the ground, inside a foreign fill, behind the end.
    """
    if len(tokens) < 2:
        return None, None
    place, ground = _fill(vocabulary, tokens, 1)
    layers: list[Layer] = []
    open_ = [ROOT]
    while place is not None and open_:
        if place == len(tokens):
            return Canvas(cells, ground, tuple(layers), open_[-1]), None
        if tokens[place] == "nil":
            open_.pop()
            place += 1
            continue
        box = list(tokens[place + 1 : place + 6])
        if len(tokens) <= place + 6:
            return Canvas(cells, ground, tuple(layers), open_[-1]), box
        x, y, w, h = map(int, box[1:])
        left, upper = (0, 0) if open_[-1] == ROOT else layers[open_[-1]].where[:2]
        place, colour = _fill(vocabulary, tokens, place + 6)
        layers.append(Layer((left + x, upper + y, left + x + w, upper + y + h), colour, open_[-1]))
        if box[0] == "pile":
            open_.append(len(layers) - 1)
    return None, None


def _fill(vocabulary: Vocabulary, tokens: Sequence[str], place: int) -> tuple[int | None, str]:
    """The place behind a fill, None where the prefix ends in it, and its colour or FOREIGN."""
    if tokens[place] in COLOURS:
        return place + 1, tokens[place]
    open_ = 1
    while open_ and place < len(tokens):
        open_ += int(vocabulary.arity[vocabulary.ids[tokens[place]]]) - 1
        place += 1
    return None if open_ else place, FOREIGN


def _fills(vocabulary: Vocabulary) -> list[str]:
    return [p.token for p in vocabulary.productions if str(vocabulary.types[p.type]) == "Fill"]


@lru_cache(maxsize=1 << 12)
def rectangles(canvas: Canvas, has_foreign: bool) -> tuple[Rectangle, ...]:
    """The rectangles that a box may have next, in some fill."""
    steps = range(canvas.cells + 1)
    fills = (*COLOURS, FOREIGN) if has_foreign else COLOURS
    found = []
    for left, upper, right, lower in product(steps, repeat=4):
        where = left, upper, right, lower
        if left < right and upper < lower and any(_keeps(_painted(canvas, where, fill)) for fill in fills):
            found.append(where)
    return tuple(found)


def _painted(canvas: Canvas, where: Rectangle, colour: str) -> Canvas:
    return Canvas(canvas.cells, canvas.ground, (*canvas.layers, Layer(where, colour, canvas.on)), canvas.on)


def _keeps(canvas: Canvas) -> bool:
    """Whether the last box keeps the rules, and leaves every layer seen as it must be."""
    *before, last = canvas.layers
    siblings = [layer.where for layer in before if layer.on == canvas.on]
    around = (0, 0, canvas.cells, canvas.cells) if canvas.on == ROOT else before[canvas.on].where
    if not _within(last.where, around):
        return False
    while siblings and not _meet(siblings[-1], last.where):
        if siblings.pop()[:2] > last.where[:2]:
            return False
    if siblings and _within(last.where, siblings[-1]) and _can_bear(siblings[-1]):
        return False
    for number, layer in enumerate(canvas.layers):
        left, upper, right, lower = layer.where
        seen = list(_seen(canvas, number))
        columns, rows = [x for x, _ in seen], [y for _, y in seen]
        if not seen:
            return False
        if layer.colour != FOREIGN and (left, upper, right - 1, lower - 1) != (
            min(columns), min(rows), max(columns), max(rows),
        ):  # fmt: skip
            return False
    unseen_is_right = canvas.ground == COLOURS[0] and canvas.layers[0].colour == FOREIGN
    return unseen_is_right or any(_seen(canvas, -1))


def _seen(canvas: Canvas, number: int) -> Iterator[tuple[int, int]]:
    """The cells that look different without a layer, or without the ground where the number is -1."""
    left, upper, right, lower = (0, 0, canvas.cells, canvas.cells) if number < 0 else canvas.layers[number].where
    below = canvas.layers[: max(number, 0)]
    above = canvas.layers[number + 1 :]
    for cell in product(range(left, right), range(upper, lower)):
        if any(_in(cell, layer.where) for layer in above):
            continue
        under = next((layer.colour for layer in reversed(below) if _in(cell, layer.where)), canvas.ground)
        if number < 0 or FOREIGN in (under, canvas.layers[number].colour) or under != canvas.layers[number].colour:
            yield cell


def _can_bear(where: Rectangle) -> bool:
    """Whether there may be boxes on a box."""
    return (where[2] - where[0]) * (where[3] - where[1]) > 2


def _within(inner: Rectangle, outer: Rectangle) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _meet(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _in(cell: tuple[int, int], where: Rectangle) -> bool:
    return where[0] <= cell[0] < where[2] and where[1] <= cell[1] < where[3]
