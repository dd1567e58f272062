"""Errors that a user can act on: one fact and one next step. Everything else that is raised is a bug."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 2000  # characters of a fact or of a step: what a file says may be endless
_LEFT_OUT = " ... "


class I2cError(Exception):
    """A mistake or a limit that the user can act on.

    `fact` is one sentence about what is wrong, both sides shown; `hint` is the next step. Commands print both
    without a traceback and leave with `exit_code`. Both are told to terminals, and quote what stands in files of
    others: characters that a terminal obeys are written as Python writes them, and the middle of long ones is left out.
    """

    exit_code = 1

    def __init__(self, fact: str, hint: str = "") -> None:
        self.fact = _told(fact)
        self.hint = _told(hint)
        super().__init__(f"{self.fact}\n  -> {self.hint}" if hint else self.fact)

    def __reduce__(self) -> tuple[type[I2cError], tuple[str, str]]:
        return type(self), (self.fact, self.hint)  # so that errors cross process pools


class SignatureError(I2cError):
    """A signature that cannot mean anything: an unknown type, a type that never ends, a name given twice."""


class ProgramError(I2cError):
    """A program that is not well typed."""


class BudgetError(I2cError):
    """A token budget below the shortest program."""


class GrammarError(I2cError):
    """A grammar that does not load, or that contradicts the signature."""


class RegularError(I2cError):
    """A regular expression that no automaton of a bounded size stands for."""


class ParseError(I2cError):
    """A text that is not in the language; carries where, `line` and `column` counted from 1."""

    def __init__(self, fact: str, hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(fact, hint)
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[type[I2cError], tuple[str, str, int, int]]:  # type: ignore[override]
        return type(self), (self.fact, self.hint, self.line, self.column)


class RelationError(ParseError):
    """A text that the grammar reads, and one of whose arguments does not stand to an earlier one as it must."""


class FamilyError(I2cError):
    """An unknown family, or one whose declaration is incomplete."""


class PluginError(I2cError):
    """A plugin that cannot be loaded or that contradicts another."""


class FormatError(I2cError):
    """An unknown format, or a text that a format cannot read."""


class ImageError(I2cError):
    """An input that is no image, or one beyond the limits."""


class RenderError(I2cError):
    """A renderer that raised, hung or returned something that is not an image."""


class DataError(I2cError):
    """A dataset that cannot be read, written or built."""


class ConfigError(I2cError):
    """A setting that does not exist or has a value outside its range."""


class CheckpointError(I2cError):
    """A checkpoint that is damaged, or that belongs to another family."""


class TrainingError(I2cError):
    """Training that cannot go on: the loss is no number, or the run's folder is not what it should be."""


def _told(text: str) -> str:
    """A text that a terminal shows and does not obey, of bounded length; told again, it stays as it is."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(text) > LONGEST:
        half = (LONGEST - len(_LEFT_OUT)) // 2
        text = text[:half] + _LEFT_OUT + text[-half:]
    return text


def suggest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The next step for a word that is not known: the closest known one, else `otherwise`.

    >>> suggest("splts", ["splits", "boxes"])
    "did you mean 'splits'?"
    """
    word, known = str(word), list(known)
    close = [k for k in known if k.lower() == word.lower()] or difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else otherwise
