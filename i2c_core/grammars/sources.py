"""Where grammars come from: a file, a file of a package, or the text itself."""

from __future__ import annotations

import importlib.util
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from i2c_core.documents import decode_text
from i2c_core.errors import GrammarError

if TYPE_CHECKING:
    from i2c_core.grammars.syntax import Syntax
    from i2c_core.vocabulary import Vocabulary

MOST_BYTES = 5_000_000  # of a grammar's file


class GrammarText(str):
    """A grammar's text that remembers its file, for errors and for `%import .neighbour`.

    `name` is what errors call it; `package` or `folder` is where relative imports look.
    """

    name: str
    package: str | None
    folder: Path | None

    def __new__(cls, text: str, name: str, package: str | None = None, folder: Path | None = None) -> GrammarText:
        made = super().__new__(cls, text)
        made.name, made.package, made.folder = name, package, folder
        return made


class MadeGrammar(Protocol):
    """A grammar that is made of others."""

    @property
    def text(self) -> GrammarText:
        """Its text, which plain Lark reads."""

    def syntax(self, vocabulary: Vocabulary, owner: str) -> Syntax:
        """The grammar bound to the signature of a family."""


def read_grammar(source: str | Path | MadeGrammar, owner: str) -> GrammarText:
    """A grammar's text; raises `GrammarError` naming the owner where there is none.

    Args:
        source: a path, `package:file.lark`, the text itself, which holds a line end, or what makes one.
    """
    if not isinstance(source, str | Path):
        return source.text
    if isinstance(source, GrammarText):
        return source
    if isinstance(source, str) and "\n" in source:
        return GrammarText(source, f"grammar of {owner}")
    hint = "give a path, package:file.lark, or the text of a grammar"
    package, colon, name = str(source).partition(":")
    if isinstance(source, str) and colon and len(package) > 1:  # one letter is a drive of Windows
        if _missing(package):
            raise GrammarError(f"{owner}: no package {package!r} for the grammar {source!r}", hint)
        try:
            file = resources.files(package) / name
        except TypeError:  # a module that is one file
            fact = f"{owner}: {package} is no package, so that it cannot hold the grammar {name!r}"
            raise GrammarError(fact, f"make it a folder {package.replace('.', '/')}/ with an __init__.py") from None
        if not file.is_file():
            raise GrammarError(f"{owner}: {package} has no grammar {name!r}", hint)
        return GrammarText(_decode(file.read_bytes(), name, owner), name, package=package)
    path = Path(source)
    try:
        with path.open("rb") as stream:  # a device may have no end
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise GrammarError(f"{owner}: cannot read the grammar {str(source)!r}: {error.strerror}", hint) from None
    if len(data) > MOST_BYTES:
        fact = f"{owner}: the grammar {str(source)!r} has more than {MOST_BYTES // 1_000_000} MB"
        raise GrammarError(fact, hint)
    return GrammarText(_decode(data, path.name, owner), path.name, folder=path.parent)


def _decode(data: bytes, name: str, owner: str) -> str:
    try:
        return decode_text(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise GrammarError(f"{owner}: {name}, line {line} is not UTF-8", "save the grammar as UTF-8") from None


def _missing(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is None
    except (ImportError, ValueError):
        return True
