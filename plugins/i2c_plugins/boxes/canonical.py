"""One form of boxes: what `normalise` makes of a legal program, so that hidden boxes never help.

A canonical program keeps four rules. What is *seen* of a box are the cells that would look different without it.

1. *Seen.* A box of a colour is no larger than what is seen of it: no box can be left out or made smaller without
   changing the picture. Of a fill by another family, which changes with its box, and of the ground, some cell is seen.
2. *Within.* A box lies within the box it is on.
3. *Nested.* A box is on the last box before it that it meets, if it lies wholly within that one: of boxes in one list,
   none lies within the last one before it that it meets. A box of one or two cells has nothing on it.
4. *Ordered.* Boxes of one list that follow each other and do not meet are ordered by their left edges, then by their
   upper ones: a box is not less than any of those between it and the last one that it meets.

An unseen ground takes the colour of the first box, which is then left out. Where that box is filled by another family,
the ground may be unseen, and is white.

Each rule speaks of what has been painted so far, and once broken it stays broken. So the mask (`constraint`) keeps them
token by token.
"""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_plugins.boxes.painting import Looks, Nested, Painted, cells_of, covers, edges, is_colour, seen
from i2c_plugins.boxes.tokens import COLOURS

FEWEST_BELOW = 3  # cells of a box with boxes on it: of two, a box on them would cover a side


def normalise(program: Program) -> Program:
    """The canonical program of a legal one; it draws the same picture."""
    cells = cells_of(program.signature)
    ground = program.args[0]
    boxes = flat(program, cells)
    while True:
        ground, boxes = trimmed(ground, boxes, cells)
        found = nested(boxes)
        boxes = in_order(found)
        if _settled(ground, boxes, cells):  # else another box has become the first one
            return to_program(program.signature, ground, found)


def flat(program: Program, cells: int) -> list[Painted]:
    """The boxes of a program in the order in which they are painted, cut by those they are on; empty ones left out."""
    found: list[Painted] = []
    pending = [(program.args[1], (0, 0, cells, cells))]
    while pending:
        list_, around = pending.pop()
        if not list_.args:
            continue
        box, rest = list_.args
        pending.append((rest, around))
        x, y, w, h = (int(a.name) for a in box.args[:4])
        left, upper = around[0] + x, around[1] + y
        right, lower = min(left + w, around[2]), min(upper + h, around[3])
        if left < right and upper < lower:
            found.append(Painted(left, upper, right, lower, box.args[4]))
            if box.name == "pile":
                pending.append((box.args[5], (left, upper, right, lower)))
    return found


def trimmed(ground: Program, boxes: Sequence[Painted], cells: int) -> tuple[Program, list[Painted]]:
    """Ground and boxes with the same picture, each seen up to its edges: the lowest that is not is cut first."""
    boxes = _cut(ground, boxes, cells)
    while not _settled(ground, boxes, cells):
        first = boxes[0].fill
        ground = first if is_colour(first) else Program(first.signature, COLOURS[0])
        boxes = _cut(ground, boxes, cells)
    return ground, boxes


def _cut(ground: Program, boxes: Sequence[Painted], cells: int) -> list[Painted]:
    """The boxes that are seen, up to their edges, from the lowest up.

    Where one is cut, more is seen of those below it, which were seen up to their edges: once is enough.
    """
    looks, found = Looks(ground, cells), list[Painted]()
    for box, over in zip(boxes, covers(boxes, cells)[1:], strict=True):
        own = looks.new(box) & ~over
        if own:
            cut = Painted(*edges(own, cells), box.fill) if is_colour(box.fill) else box
            looks.paint(cut)
            found.append(cut)
    return found


def _settled(ground: Program, boxes: Sequence[Painted], cells: int) -> bool:
    """Whether the ground is seen, or white under a first box that another family fills."""
    unseen_is_right = ground.name == COLOURS[0] and bool(boxes) and not is_colour(boxes[0].fill)
    return unseen_is_right or bool(seen(ground, boxes, cells)[0])


def nested(boxes: Sequence[Painted]) -> list[Nested]:
    """The boxes as they are nested and ordered; painted in that order they draw the same picture."""
    root: list[Nested] = []
    for box in boxes:
        _put(root, box)
    return root


def _put(list_: list[Nested], box: Painted) -> None:
    """Add the box that is painted last, where the rules have it."""
    while True:
        place = len(list_)
        for number in range(len(list_) - 1, -1, -1):
            other = list_[number].box
            if other.meets(box):
                if other.holds(box) and other.area >= FEWEST_BELOW:
                    list_ = list_[number].boxes
                    break
                list_.insert(place, Nested(box))
                return
            if (other.left, other.upper) > (box.left, box.upper):
                place = number
        else:
            list_.insert(place, Nested(box))
            return


def in_order(boxes: Sequence[Nested]) -> list[Painted]:
    """The boxes in the order in which they are painted."""
    found: list[Painted] = []
    pending = list(reversed(boxes))
    while pending:
        here = pending.pop()
        found.append(here.box)
        pending += reversed(here.boxes)
    return found


def to_program(signature: Signature, ground: Program, boxes: Sequence[Nested]) -> Program:
    """The program of a ground and nested boxes."""
    return Program(signature, "paint", (ground, _list(signature, boxes, 0, 0)))


def _list(signature: Signature, boxes: Sequence[Nested], left: int, upper: int) -> Program:
    """Boxes as a list, their places counted from a corner."""
    found = Program(signature, "nil")
    for here in reversed(boxes):
        box = here.box
        numbers = box.left - left, box.upper - upper, box.right - box.left, box.lower - box.upper
        args = [*(Program(signature, str(n)) for n in numbers), box.fill]
        if here.boxes:
            args.append(_list(signature, here.boxes, box.left, box.upper))
        found = Program(signature, "cons", (Program(signature, "pile" if here.boxes else "box", tuple(args)), found))
    return found
