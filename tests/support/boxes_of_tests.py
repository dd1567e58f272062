"""Families of boxes for tests: small grids, and boxes that another family fills; and random legal programs of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_plugins.boxes import FAMILY, SIGNATURE, language
from i2c_plugins.boxes.painting import cells_of
from i2c_plugins.boxes.tokens import COLOURS

TINY = language("tiny", 2)  # nine rectangles
SMALL = language("small", 3)
# Boxes may be filled with the pictures of `splits`. Of their own they have five tokens and no constraint.
SPLITS = "\nFill > Picture\nh, v : (Picture, Picture) -> Picture\nq : (Picture, Picture, Picture, Picture) -> Picture\n"
FILLED, TINY_FILLED, SMALL_FILLED = (
    replace(
        family,
        name=f"{family.name}-filled",
        signature=SIGNATURE.format(last=cells - 1, cells=cells) + SPLITS + "B, W : Picture",
        grammar=None,
        examples=(),
        foreign={"Picture": "splits"},
    )
    for family, cells in ((FAMILY, 8), (TINY, 2), (SMALL, 3))
)
FOREIGN = "B", "W", "h B W", "v h W B W", "q W B B h W B"


@st.composite
def programs(draw: st.DrawFn, family: Family, most: int = 6) -> Program:
    """A legal program with at most `most` boxes, many of them hidden, cut or in the wrong place."""
    gamma = family.gamma
    cells = cells_of(gamma)
    fills = st.sampled_from(COLOURS).map(lambda name: Program(gamma, name))
    if family.foreign:
        fills = fills | st.sampled_from(FOREIGN).map(lambda text: prefix(family, text))
    places, sides = st.integers(0, cells - 1), st.integers(1, cells)
    boxes = st.tuples(places, places, sides, sides, fills, st.integers(0, 3))

    def list_of(count: int) -> Program:
        if not count:
            return Program(gamma, "nil")
        x, y, w, h, fill, inside = draw(boxes)
        inside = min(inside, count - 1)
        args = [*(Program(gamma, str(n)) for n in (x, y, w, h)), fill]
        if inside:
            args.append(list_of(inside))
        box = Program(gamma, "pile" if inside else "box", tuple(args))
        return Program(gamma, "cons", (box, list_of(count - 1 - inside)))

    return Program(gamma, "paint", (draw(fills), list_of(draw(st.integers(0, most)))))


def prefix(family: Family, text: str) -> Program:
    """The program that symbols in prefix order say, of any type."""
    done: list[Program] = []
    for name in reversed(text.split()):
        arity = family.gamma[name].arity
        args = tuple(done[len(done) - arity :][::-1]) if arity else ()
        del done[len(done) - arity :]
        done.append(Program(family.gamma, name, args))
    return done[0]
