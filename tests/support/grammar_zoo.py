"""The grammars of others in `tests/i2c_core/grammars/zoo`, and Lark's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import lark
from walking_grammars import derived

from i2c_core.grammars import GrammarText, Syntax

ZOO = Path(__file__).parents[1] / "i2c_core" / "grammars" / "zoo"
NAMES = [*sorted(p.stem for p in ZOO.glob("*.lark")), "lark"]
EARLEY = ("english", "palindrome")
START = {"query": "document"}


def grammar(name: str) -> GrammarText:
    if name == "lark":
        text = (resources.files("lark") / "grammars" / "lark.lark").read_text("utf-8")
        return GrammarText(text, "lark.lark", package="lark.grammars")
    return GrammarText((ZOO / f"{name}.lark").read_text("utf-8"), f"{name}.lark", folder=ZOO)


def syntax(name: str) -> Syntax:
    """A grammar bound to what is derived from it."""
    return derived(grammar(name), _parser(name), START.get(name, "start"))


def plain_lark(name: str) -> lark.Lark:
    """Lark itself, which knows nothing of signatures."""
    return lark.Lark(grammar(name), parser=_parser(name), start=START.get(name, "start"))


def _parser(name: str) -> str:
    return "earley" if name in EARLEY else "lalr"
