"""Random programs of a language with loops, all of which have a meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from i2c_core.errors import ProgramError
from i2c_core.families import Family
from i2c_core.loops.declaring import WORD, Layout, layout_of
from i2c_core.loops.executing import execute
from i2c_core.loops.language import program_from
from i2c_core.loops.random_programs import Accepts, random_body, words_of
from i2c_core.loops.statements import Command, Draw, Linear, X, Y
from i2c_core.loops.tidiness import is_tidy
from i2c_core.programs import Program
from i2c_core.references import resolve

if TYPE_CHECKING:
    import numpy as np

TOKENS = 6  # of a command, about
FEWEST, MOST = 3, 24  # commands that a program draws
FRAMES = 8  # programs around the list that are tried
TRIES = 12  # bodies for each
ROOM = 30  # tokens that a program with a loop has, about


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """A program of at most `size` tokens, where any is that short, that draws about as much as a list of that size."""
    assert family.plain is not None
    plain, most = family.plain, min(MOST, max(FEWEST, size // TOKENS))
    layout = layout_of(plain)
    frame: Program | None = None
    drawn: list[Command] = []
    for _ in range(FRAMES if size >= ROOM else 1):
        accepts, within = None, layout
        if layout.list_type != plain.root_type:
            frame = _frame(plain, rng, size)
            accepts, within = _inside(layout, frame), _narrowed(layout, frame)
        body = random_body(within, rng, most, accepts, tries=TRIES)
        found = program_from(family, body, frame)
        if body and found.size <= size:
            return found
        drawn = execute(body, layout) or drawn
    while True:  # the commands alone, as many as there is room for
        found = program_from(family, [Draw(c.symbol, _constant(c)) for c in drawn], frame)
        if found.size <= size or not drawn:
            return found
        drawn.pop()


def _constant(command: Command) -> tuple[Linear | str, ...]:
    return tuple(Linear(a) if isinstance(a, int) else a for a in command.args)


def _frame(plain: Family, rng: np.random.Generator, size: int) -> Program:
    """A program whose list can be replaced."""
    if plain.sample is not None:
        found: Program = resolve(plain.sample, f"family {plain.name}")(plain, rng, size)
        return found
    texts = list(plain.examples)
    return plain.parse(texts[int(rng.integers(len(texts)))])


def _inside(layout: Layout, frame: Program) -> Accepts:
    """Whether commands lie apart, and all of them count inside a frame."""

    def accepts(drawn: Sequence[Command]) -> bool:
        return is_tidy(drawn, layout) and _counts(layout, frame, drawn)

    return accepts


def _counts(layout: Layout, frame: Program, drawn: Sequence[Command]) -> bool:
    """Whether all commands count inside a frame, none of them cut off."""
    if layout.loops.commands is None:
        return True
    try:
        whole = layout.program_of(drawn, frame)
        kept: Program = resolve(layout.loops.commands, f"family {layout.family.name}")(layout.family, whole)
    except ProgramError:
        return False
    return set(layout.commands_of(kept)) == set(drawn)


def _narrowed(layout: Layout, frame: Program) -> Layout:
    """The layout with positions up to the greatest that count inside a frame."""
    if layout.loops.commands is None:
        return layout
    symbol = min(layout.places, key=lambda name: len(layout.places[name]))
    greatest = {}
    for axis in (X, Y):
        ends = [p.high for p in layout.places[symbol] if p.role == axis]
        low, high = 1, max(ends, default=1)
        while low < high:
            middle = (low + high + 1) // 2
            if any(_counts(layout, frame, [one]) for one in _probes(layout, symbol, axis, middle)):
                low = middle
            else:
                high = middle - 1
        greatest[axis] = low
    places = {
        name: tuple(replace(p, high=min(p.high, greatest[p.role])) if p.role in greatest else p for p in found)
        for name, found in layout.places.items()
    }
    return replace(layout, places=places, _canonical={})


def _probes(layout: Layout, symbol: str, axis: str, at: int) -> Iterator[Command]:
    """A command whose positions along an axis are given, all other numbers the least, with each of its words."""
    places, parameters = layout.places[symbol], layout.family.gamma[symbol].parameters
    choices: list[list[int | str]] = [
        list(words_of(layout.family.gamma, parameter.type)) if p.role == WORD else [at if p.role == axis else p.low]
        for p, parameter in zip(places, parameters, strict=True)
    ]
    return (Command(symbol, args) for args in product(*choices))


def examples(family: Family) -> list[Program]:
    """Programs with loops to look at: those declared, else random ones."""
    import numpy as np

    assert family.plain is not None
    assert family.plain.loops is not None
    declared = [family.parse(text) for text in family.plain.loops.examples]
    return declared or [sample(family, np.random.default_rng(seed), 120) for seed in range(2)]
