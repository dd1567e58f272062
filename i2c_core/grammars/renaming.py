"""A grammar's text with all its rules and terminals under other names, to stand beside those of another grammar.

    ?atom: "x" -> x | NUMBER        ?functions__atom: "x" -> x | FUNCTIONS__NUMBER

What a person writes stays: strings, regular expressions, comments, and aliases, which name symbols.
"""

from __future__ import annotations

import re
from collections.abc import Container

from i2c_core.errors import GrammarError
from i2c_core.grammars.sources import GrammarText
from i2c_core.grammars.trees import Terminal

_LEXEME = re.compile(
    r"""(?P<kept>//[^\n]*|(?<!\S)\#[^\n]*                  # a comment
        | "(?:\\.|[^"\\\n])*"i?                            # a string
        | /(?!/)(?:\\/|\\\\|[^/])*?/[imslux]*              # a regular expression
        | ->\s*\w+                                         # an alias
        | %\w+ | \d\w*)                                    # a directive, a number
      | (?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE,
)
_IMPORT = re.compile(
    r"(?m)^[ \t]*%import[ \t]+(?P<path>\.?\w+(?:\.\w+)*)"
    r"(?:[ \t]*->[ \t]*(?P<alias>\w+)|[ \t]*\((?P<names>[^)]*)\))?[ \t]*(?://[^\n]*)?$"
)
_IGNORE = re.compile(r"(?m)^[ \t]*%ignore[ \t]+(?P<what>[^\n]+?)[ \t]*(?://[^\n]*)?$\n?")


class Renaming:
    """New names for the rules and terminals of one grammar: `functions__atom`, `FUNCTIONS__NUMBER`.

    Args:
        name: what stands before them; letters, digits, and what becomes an underscore. Empty keeps all names.
    """

    def __init__(self, name: str) -> None:
        under = re.sub(r"\W", "_", name)
        self._rule, self._terminal = (f"{under.lower()}__", f"{under.upper()}__") if name else ("", "")

    def __call__(self, name: str) -> str:
        """The new name of a rule or a terminal; leading underscores, which mean something to Lark, stay in front."""
        rest = name.lstrip("_")
        before = self._terminal if rest[:1].isupper() else self._rule
        return name[: len(name) - len(rest)] + before + rest

    def text(
        self, grammar: GrammarText, ignored: Container[str], terminals: dict[str, Terminal], imported: dict[str, str]
    ) -> str:
        """The grammar's text under the new names.

        Args:
            grammar: the text; what it imports from its neighbours is imported from its package.
            ignored: patterns that the grammars beside it ignore anyhow.
            terminals: of the grammar, compiled.
            imported: what the grammars beside it import, `common.WS`, and as what; what this one does is added.

        Raises:
            GrammarError: it imports from neighbours in a folder that is no package.
        """
        body = _IGNORE.sub(
            lambda m: "" if _pattern(m["what"], terminals) in ignored else m[0], _IMPORT.sub("", grammar)
        )
        renamed = _LEXEME.sub(lambda m: m["kept"] or self(m["word"]), body).strip()
        lines = [renamed, ""]
        for path, name in imports(grammar).items():
            new = self(name)
            if not re.search(rf"\b{new}\b", renamed):
                continue
            if path not in imported:
                imported[path] = new
                lines.append(f"%import {path} -> {new}")
            elif new != imported[path]:
                lines.append(f"{new}: {imported[path]}")  # Lark imports a thing under one name only
        return "\n".join(lines).strip() + "\n"


def imports(grammar: GrammarText) -> dict[str, str]:
    """What a grammar imports, and the names that it has there; raises `GrammarError` for neighbours in no package."""
    found: dict[str, str] = {}
    for one in _IMPORT.finditer(grammar):
        path, _, last = one["path"].rpartition(".")
        pairs = [(last, one["alias"] or last)]
        if one["names"] is not None:
            path, pairs = one["path"], [(n.strip(), n.strip()) for n in one["names"].split(",") if n.strip()]
        if path.startswith("."):
            if grammar.package is None:
                fact = (
                    f"{grammar.name} imports {path}.{pairs[0][0]} from a file beside it, which another grammar cannot"
                )
                raise GrammarError(fact, "put both files into a package, or all rules into one file")
            path = grammar.package + path
        found |= {f"{path}.{name}": local for name, local in pairs}
    return found


def _pattern(what: str, terminals: dict[str, Terminal]) -> str:
    """The regular expression of what a grammar ignores: a terminal's, or the one that is written there."""
    if what in terminals:
        return terminals[what].regex
    found = re.fullmatch(r"/(.*)/[imslux]*", what, re.S)
    return found[1] if found else re.escape(what.strip('"'))
