"""Programs with loops as a language of their own: `NAME:program` for a family that declares `loops`.

    list of commands --program_from--> program <--> text, tokens
    program --body_of--> statements --execute--> commands --listed--> list of commands

Everything follows from the family: signature (`scopes`), grammar (`grammar`), renderer, sampler, formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, overload

from i2c_core.errors import FamilyError, ProgramError
from i2c_core.families import LOOPED, Family
from i2c_core.formats import Format
from i2c_core.loops import scopes
from i2c_core.loops.declaring import Layout, layout_of
from i2c_core.loops.executing import execute
from i2c_core.loops.grammar import LoopGrammar
from i2c_core.loops.statements import Body, Statement
from i2c_core.loops.translating import Reading, Saying
from i2c_core.programs import Program
from i2c_core.references import Reference, resolve

LEARNER = "paired"  # the learner that needs nothing but programs and their pictures


@lru_cache(maxsize=16)
def programs_of(family: Family) -> Family:
    """The language of a family's programs with loops; itself for one that is such a language.

    Raises:
        FamilyError: the family declares no loops, or has names that the language needs.
    """
    if family.plain is not None:
        return family
    layout = layout_of(family)
    return replace(
        family,
        name=family.name + LOOPED,
        root=scopes.ROOT,
        signature=scopes.signature_of(layout),
        grammar=LoopGrammar(layout),
        start=None,
        render=Executed(family, "i2c_core.raster.looped:Looped"),
        batched=True,
        foreign={},
        zooms={},
        normalise=None,
        constraint=None,
        rules=(),
        sample="i2c_core.loops.sampling:sample",
        formats=tuple(formats_of(family)),
        weights=None,
        zoom_weights=None,
        recipe={},
        doc=f"programs with loops and reflections: {family.doc or family.name}",
        examples=Examples(family),
        learner=LEARNER,
        strokes=None,
        crops=None,
        sketches=None,
        soft=None,
        tiles=None,
        synthesize=None,
        lint=None,
        repair=None,
        material=None,
        loops=None,
        plain=family,
    )


def plain_of(family: Family) -> Family | None:
    """The family whose lists of commands the programs draw; None for a family that is no language of `programs_of`."""
    return family.plain


def formats_of(family: Family) -> Iterator[Format]:
    """The formats of a family's programs with loops: those it declares, then its own of what a program draws."""
    assert family.loops is not None
    declared = {f.name for f in family.loops.formats}
    yield from family.loops.formats
    for own in family.formats:
        if own.name not in declared:
            yield replace(
                own,
                write=_Drawn(own.write),
                read=None if own.read is None else _Given(own.read),
                fragment=None if own.fragment is None else _Drawn(own.fragment),
                exact=False,
                beside=None if own.beside is None else _Beside(own.beside),
            )


@dataclass(frozen=True)
class _Drawn:
    """Writes what a program draws as the plain family does."""

    write: Reference

    def __call__(self, family: Family, program: Program, **more: Any) -> Any:
        return resolve(self.write, f"family {family.name}")(_plain(family), listed(family, program), **more)


@dataclass(frozen=True)
class _Given:
    """Reads what the plain family reads, as a program without loops."""

    read: Reference

    def __call__(self, family: Family, text: str) -> Program:
        plain = _plain(family)
        return with_loops(plain, resolve(self.read, f"family {family.name}")(plain, text))


@dataclass(frozen=True)
class _Beside:
    """The files that a format of the plain family points at."""

    beside: Reference

    def __call__(self, family: Family) -> Any:
        return resolve(self.beside, f"family {family.name}")(_plain(family))


class Executed:
    """What needs the plain family, made on first use: a function that `package.module:Maker` makes of that family."""

    def __init__(self, family: Family, maker: str) -> None:
        self.family, self.maker = family, maker
        self._made: Any = None

    def __call__(self, *args: Any, **more: Any) -> Any:
        if self._made is None:
            self._made = resolve(self.maker, f"family {self.family.name}{LOOPED}")(self.family)
        return self._made(*args, **more)


# -- programs and statements


def body_of(family: Family, program: Program) -> Body:
    """The statements of a program.

    Args:
        family: a language of `programs_of`; a plain family reads its lists of commands.
    """
    layout = layout_of(family.plain or family)
    return Reading(layout).body(_list_in(layout, program))


def program_from(family: Family, body: Sequence[Statement], frame: Program | None = None) -> Program:
    """The program of some statements, in their order.

    Args:
        family: a language of `programs_of`.
        body: statements; a condition that lies in another one on the same variable is taken out of it.
        frame: where a list of commands is not a whole program, one of the plain family, or of the language, whose
            list is replaced.

    Raises:
        ProgramError: a number that the language cannot say, a nest that is too deep, a variable out of scope.
    """
    layout = layout_of(_plain(family))
    inner = Saying(family.gamma, layout).list(body)
    if layout.list_type == layout.family.root_type:
        return Program(family.gamma, scopes.WHOLE, (inner,))
    if frame is None:
        fact = f"programs of {layout.family.name} are more than lists of commands"
        raise ProgramError(fact, "give the program whose list is replaced: frame=")
    frame = frame.args[0] if frame.name == scopes.WHOLE else frame
    return Program(family.gamma, scopes.WHOLE, (_rebuilt(family, layout, frame, inner),))


def listed(family: Family, program: Program) -> Program:
    """What a program draws, as a canonical program of the plain family.

    Raises:
        ProgramError: it draws something off the grid, or has too many rounds.
    """
    plain = _plain(family)
    layout = layout_of(plain)
    commands = execute(body_of(family, program), layout)
    whole = program.args[0]
    if layout.list_type == plain.root_type:
        return plain.canonical(layout.program_of(commands))
    return plain.canonical(_rebuilt(plain, layout, whole, layout.program_of(commands)))


def with_loops(family: Family, program: Program) -> Program:
    """A plain family's program as one of its language with loops: its commands as they are listed.

    Those that draw nothing are left out, as a line from a point to itself.
    """
    language = programs_of(family)
    plain = _plain(language)
    layout = layout_of(plain)
    if layout.loops.commands is not None:
        program = resolve(layout.loops.commands, f"family {plain.name}")(plain, program)
    kept = [layout.canonical(layout.command(n)) is not None for n in program.nodes() if n.name in layout.places]
    body = [s for s, is_drawn in zip(body_of(plain, program), kept, strict=True) if is_drawn]
    return program_from(language, body, program)


def _plain(family: Family) -> Family:
    if family.plain is None:
        raise FamilyError(f"{family.name} is no language with loops", f"use get_family({family.name + LOOPED!r})")
    return family.plain


def _list_in(layout: Layout, program: Program) -> Program:
    """The outermost list of a program."""
    for node in program.nodes():
        if node.name in (layout.more, layout.end):
            return node
    raise ProgramError(f"{program!r} has no list of commands", "give a whole program")


def _rebuilt(family: Family, layout: Layout, frame: Program, inner: Program) -> Program:
    """A frame with another list, as a program of a family."""
    if frame.name in (layout.more, layout.end):
        return inner
    args = tuple(_rebuilt(family, layout, a, inner) for a in frame.args)
    return Program(family.gamma, frame.name, args, frame.value)


class Examples(Sequence[str]):
    """The plain family's examples, then a program with loops, as texts; written on first use."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._made: tuple[str, ...] | None = None

    def _texts(self) -> tuple[str, ...]:
        if self._made is None:
            from i2c_core.loops.sampling import examples

            language = programs_of(self._family)
            own = [with_loops(self._family, self._family.parse(text)) for text in self._family.examples]
            self._made = tuple(language.show(p) for p in [*own, *examples(language)])
        return self._made

    def __len__(self) -> int:
        return len(self._texts())

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._texts()[index]


__all__ = ["body_of", "listed", "plain_of", "program_from", "programs_of", "with_loops"]
