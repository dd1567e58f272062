"""Programs as people and files give them: every format that a family reads, for every installed family."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from i2c_core import soundness
from i2c_core.datasets.random_programs import random_programs
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.formats import Format, find_format
from i2c_core.plugins import get_family, installed
from i2c_core.sources import read_each, read_programs
from tests.fuzz import mutating
from tests.fuzz.targets.target import Target

PROGRAMS = 12  # that a text is spoiled from
LOOPED = ("figures:program", "pacman:program")
COMPOSED = ("splits+functions",)


def targets() -> Iterator[Target]:
    for name in (*installed().families.names(), *COMPOSED, *LOOPED):
        family = get_family(name)
        for format_ in family.all_formats:
            if format_.read is None:
                continue
            mutate = mutating.json_ if format_.extension in (".json", ".tmj") else mutating.text
            read, seeds = partial(_read, family, format_), partial(_seeds, family, format_)
            yield Target(f"texts/{name}.{format_.name}", format_.extension, read, seeds, mutate)
    for name in ("splits", "figures"):
        family = get_family(name)
        seeds = partial(_seeds, family, find_format(family, "text"))
        yield Target(f"texts/{name}.argument", ".txt", partial(_read_argument, family), seeds, mutating.text)


def _read(family: Family, format_: Format, file: Path) -> None:
    """As `i2c parse`, `i2c lint` and `i2c convert` do."""
    program = read_programs(family, [str(file)], format_.name)[0].program
    canonical = family.canonical(program)
    family.to_tokens(canonical)
    assert family.is_canonical(canonical), "what canonical returns is not canonical"
    for wanted in family.all_formats:
        text = wanted.dumps(family, canonical)
        if wanted.exact and wanted.read is not None and family.is_exact:
            assert wanted.loads(family, text) == canonical, f"{wanted.name} reads back another program"
    if family.lint is not None:
        soundness.lint(family, program)


def _read_argument(family: Family, file: Path) -> None:
    """As a shell hands a text over: bytes that are no UTF-8 are there, as Python writes them into text."""
    for source in read_each(family, [file.read_bytes().replace(b"\0", b"").decode("utf-8", "surrogateescape")]):
        if isinstance(source, I2cError):
            raise source
        family.show(family.canonical(source.program))


def _seeds(family: Family, format_: Format) -> Sequence[bytes]:
    return _texts(family)[format_.name]


@cache
def _texts(family: Family) -> dict[str, list[bytes]]:
    """Programs in every format, by the format's name."""
    programs = [family.parse(example) for example in family.examples]
    programs += [program for program, _ in random_programs(family, PROGRAMS, family.budget, seed=0)]
    found: dict[str, list[bytes]] = {}
    for program in programs:
        with contextlib.suppress(I2cError):  # a program with loops may leave the grid
            texts = {each.name: each.dumps(family, program) for each in family.all_formats}
            for name, text in texts.items():
                found.setdefault(name, []).append(text.encode())
    return found
