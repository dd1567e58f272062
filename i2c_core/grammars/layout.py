"""Where the rules and alternatives of a grammar stand in its text: for errors that name a line.

A light reading of Lark's notation: strings, regular expressions and comments are skipped, brackets counted. What is
not found (imported rules, templates) is placed at its rule's first line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

UNKNOWN = 1_000_000  # places from here on are of alternatives that the text does not show
_LEXEME = re.compile(
    r"""(?P<comment>//[^\n]*|(?<!\S)\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*"i?)
      | (?P<regex>/(?!/)(?:\\.|[^/\\\n])+/[imslux]*)
      | (?P<arrow>->\s*(?P<alias>\w+))
      | (?P<line>\n)
      | (?P<word>\w+)
      | (?P<mark>\S)""",
    re.VERBOSE,
)
_RULE = re.compile(r"(?m)^[ \t]*(?P<mark>[?!]{0,2})(?P<name>[a-z_]\w*)\s*(?:\{[^}]*\})?\s*(?:\.-?\d+)?\s*:")


@dataclass
class _Alternative:
    line: int
    words: set[str] = field(default_factory=set)
    alias: str | None = None


class Layout:
    """The rules of a grammar's text in order: `rules` maps each name to its alternatives."""

    def __init__(self, text: str) -> None:
        self.rules: dict[str, list[_Alternative]] = {}
        heads = list(_RULE.finditer(text))
        ends = [*(h.start() for h in heads[1:]), len(text)]
        for head, end in zip(heads, ends, strict=False):  # no heads, one end
            self.rules.setdefault(head["name"], self._read(text, head.end(), end))

    def _read(self, text: str, begin: int, end: int) -> list[_Alternative]:
        line = text[:begin].count("\n") + 1
        found, depth, fresh = [_Alternative(line)], 0, False
        for lexeme in _LEXEME.finditer(text, begin, end):
            kind = lexeme.lastgroup
            if fresh and kind not in ("line", "comment"):
                if (
                    lexeme[0] != "|"
                    and depth == 0
                    and (lexeme[0].startswith("%") or re.match(r"[A-Z]\w*\s*(\.\d+)?\s*:", text[lexeme.start() :]))
                ):
                    break  # a directive or a terminal
                fresh = False
            if kind == "line":
                line, fresh = line + 1, True
            elif kind == "mark":
                depth += (lexeme[0] in "([{") - (lexeme[0] in ")]}")
                if lexeme[0] == "|" and depth == 0:
                    found.append(_Alternative(line))
            elif lexeme["alias"]:
                found[-1].alias = lexeme["alias"]
            elif kind == "string":
                found[-1].words.add(re.sub(r"\\(.)", r"\1", lexeme[0].rstrip("i")[1:-1]))
            elif kind == "word":
                found[-1].words.add(lexeme[0])
        return found

    def find(self, rule: str, alias: str | None, words: Sequence[str], order: int, line: int) -> tuple[int, int]:
        """The place (from 0) and the line of the alternative that Lark compiled into these words."""
        known = self.rules.get(rule, [])
        wanted = {w.partition("{")[0] for w in words if not w.startswith("__")}
        fits = [i for i, a in enumerate(known) if a.alias == alias and wanted <= a.words]
        if not fits:
            fits = [i for i, a in enumerate(known) if a.alias == alias] if alias else []
        if not fits:
            return UNKNOWN + order, line
        # Optional parts may be missing from what Lark compiled: the tightest fit is the alternative that it came from.
        place = min(fits, key=lambda i: (len(known[i].words - wanted), i))
        return place, known[place].line
