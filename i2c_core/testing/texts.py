"""Checks of how programs are written, counted and drawn by chance. Legend: N programs, T tokens."""

from __future__ import annotations

from itertools import pairwise
from math import log2

from i2c_core.checkpoints import find_weights, load_checkpoint, require_match
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.families import Family
from i2c_core.formats import Format
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.symbols import Signature
from i2c_core.testing.pictures import difference
from i2c_core.testing.samples import some_programs

ENUMERATED = 2_000  # programs that the check of counting may list


def check_signature(family: Family) -> None:
    """The symbol table prints itself, the declaration agrees with it, and the root type can end."""
    family.require_sound()
    shown = family.gamma.show()
    again = Signature.parse(shown).show()
    assert again == shown, f"the printed signature reads back as another one:\n{shown}\n{again}"
    family.vocabulary.require_budget(family.budget)


def check_grammar(family: Family) -> None:
    """Grammar and signature agree, and the grammar parses what it prints (law 1)."""
    for program in some_programs(family):
        require_round_trip(family, program)


def require_round_trip(family: Family, program: Program) -> None:
    """A canonical program is parsed from its own text; a legal one at least comes to the same canonical program.

    Where the grammar is not shown unambiguous (`Family.is_exact`), what its text says need only be a program.
    """
    text = family.show(program)
    parsed, canonical = family.check(family.parse(text)), family.canonical(program)
    if not family.is_exact:
        return
    if canonical == program:
        assert parsed == program, f"{text!r} was printed from {named(program)} and parses to {named(parsed)}"
    again = family.canonical(parsed)
    assert again == canonical, (
        f"{text!r} normalises to {named(again)}, the program it was printed from to {named(canonical)}"
    )


def named(program: Program) -> str:
    """A program as its prefix tokens, whatever its grammar prints."""
    return repr(" ".join(n.name if n.value is None else f"{n.name}={n.value:g}" for n in program.nodes()))


def check_tokens(family: Family) -> None:
    """Programs and their tokens, values included, are the same thing (law 1)."""
    for program in some_programs(family):
        encoded = family.to_tokens(program)
        again = family.from_tokens(encoded.ids, encoded.values)
        assert again == program, f"{named(program)} is {named(again)} after a round trip through tokens"
        count = len(encoded.ids)
        assert program.size == count, f"{named(program)} has {program.size} symbols and {count} tokens"


def check_counting(family: Family) -> None:
    """Counting agrees with enumerating, in order and without twins (law 5).

    Where the signature's rules are held in registers, counts are upper bounds.
    """
    counts = Counts(family.vocabulary, family.vocabulary.shortest + 12)
    for size in range(1, family.vocabulary.shortest + 13):
        if counts.log2(size) > log2(ENUMERATED):
            break
        rows = [tuple(int(t) for t in row) for ids in enumerate_programs(family.vocabulary, size) for row in ids]
        counted = round(2 ** counts.log2(size)) if counts.is_bound else counts.of(size)
        agrees = len(rows) <= counted if counts.is_bound else len(rows) == counted
        assert agrees, f"counted {counted} programs of size {size}, listed {len(rows)}"
        for before, after in pairwise(rows):
            assert before < after, f"programs of size {size} are not listed in prefix order: {before}, then {after}"
        for row in rows[:50]:
            family.from_tokens(row)


def check_sampling(family: Family) -> None:
    """Sampled programs are well typed, canonical, and repeat with their seed (laws 5 and 6)."""
    first, second = some_programs(family, seed=1), some_programs(family, seed=1)
    for one, other in zip(first, second, strict=True):
        assert one == other, f"the same seed sampled {named(one)}, then {named(other)}"
    for program in first[len(family.examples) :]:
        family.check(program)
        canonical = family.canonical(program)
        assert canonical == program, f"sampled {named(program)}, its canonical form is {named(canonical)}"


def check_formats(family: Family) -> None:
    """What a format writes it reads back: the same program, or at least the same picture.

    Where the grammar is not shown unambiguous, only of programs that their own text says.
    """
    programs = [p for p in some_programs(family, 8) if family.is_exact or family.reparse(p) == p]
    with Renderer(family) as renderer:
        for format_ in family.all_formats:
            for program in programs:
                _check_format(family, format_, program, renderer)


def _check_format(family: Family, format_: Format, program: Program, renderer: Renderer) -> None:
    if not family.is_exact:
        program = family.reparse(program)  # what a text of it says; that stays
    text = format_.dumps(family, program)
    assert text.endswith("\n"), f"format {format_.name!r} wrote {text!r}, expected a line end behind it"
    if format_.read is None:
        return
    again = format_.loads(family, text)
    if format_.exact:
        assert again == program, f"format {format_.name!r} wrote {named(program)} and read {named(again)}"
    both = renderer.render_programs([program, again])
    found = difference(both.pixels[0], both.pixels[1])
    assert not found, f"format {format_.name!r} wrote {named(program)} and read another picture: {found}"


def check_weights(family: Family) -> None:
    """Shipped weights fit the family."""
    if family.weights is not None:
        require_match(load_checkpoint(find_weights(family)), family)


def check_shows_itself(family: Family) -> None:
    """The family describes itself, and its examples are programs of it."""
    head = family.describe().partition("\n")[0]
    assert family.name in head, f"the description begins with {head!r}, expected the name {family.name!r} in it"
    for text in family.examples:
        family.check(family.parse(text))
