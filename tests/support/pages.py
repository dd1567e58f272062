"""Pages that are run: the fenced blocks of a Markdown file, and what it takes to execute each kind.

A block may have a marker, an HTML comment on the line before its fence: `<!-- run: tests -->`.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from click.testing import CliRunner

from i2c_cli.app import application

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """One fenced block; `marker` is the text of the comment before it, `line` where it starts."""

    language: str
    text: str
    marker: str
    line: int


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page, all or those of some languages."""
    found = []
    lines = page.read_text(encoding="utf-8").splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        comment = re.fullmatch(r"<!-- (.*) -->", lines[start - 1]) if start else None
        text = "\n".join(lines[start + 1 : number]) + "\n"
        found.append(Block(lines[start][3:].strip(), text, comment[1] if comment else "", start + 1))
        start = None
    assert start is None, f"{page}:{(start or 0) + 1} has a fence that is not closed"
    return [b for b in found if not languages or b.language in languages]


def run_python(page: Path, found: Iterable[Block]) -> None:
    """Run blocks of `>>>` examples one after the other in one namespace."""
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    names: dict[str, object] = {}
    for block in found:
        test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
        assert test.examples, f"{page}:{block.line} has no example"
        complaints: list[str] = []
        runner.run(test, out=complaints.append, clear_globs=False)
        assert not complaints, "".join(complaints)
        names = test.globs


def run_console(
    page: Path, block: Block, folder: Path, environment: Callable[[], Mapping[str, str]], here: bool = True
) -> None:
    """Run the lines that begin with `$ ` in a folder; the lines behind one are what it prints, `...` for anything.

    A command without such lines may print what it likes. Each must leave with 0. `environment` is asked before each for
    the variables to set. A plain `i2c ...` runs in this process, which has torch loaded, unless `here` is False: all
    else is bash's.
    """
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, wanted = part.partition("\n")
        unquoted = re.sub(r"""'[^']*'|"[^"$`\\]*\"""", "", command)
        plain = here and command.startswith("i2c ") and not re.search(r"[|&;<>()$`\\\"']", unquoted)
        code, said = (_run_here if plain else _run_by_bash)(command, folder, environment())
        where = f"{page.name}:{block.line}: $ {command}"
        assert code == 0, f"{where}\n{said}"
        if wanted.strip():
            same = doctest.OutputChecker().check_output(wanted, said, FLAGS)
            assert same, f"{where}\nexpected\n{wanted}\ngot\n{said}"


def _run_by_bash(command: str, folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """The exit code, and what was said on stdout and stderr."""
    if os.name == "nt":
        import pytest  # here: a newcomer's walk has none

        pytest.skip("the commands of pages are those of a POSIX shell")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    return done.returncode, done.stdout


def _run_here(command: str, folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """The same of the command line called in this process."""
    with contextlib.chdir(folder), mock.patch.dict(os.environ, variables):
        done = CliRunner().invoke(application, shlex.split(command)[1:], catch_exceptions=False)
    return done.exit_code, done.output


def apply_diff(page: Path, block: Block, file: Path) -> None:
    """Apply a `diff` block: its lines with ` ` and `-` stand in the file, once, and become those with ` ` and `+`."""
    lines = block.text.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{page.name}:{block.line} does not fit {file.name}:\n{text}"
    file.write_text(text.replace(old, new), encoding="utf-8")
