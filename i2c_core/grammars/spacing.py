"""From tokens to text: what stands between them, so that a lexer finds the same tokens again.

People write `f(x, y + 1)`: a separator between most tokens, none inside brackets. Whatever the habit, each token is
looked for where it was put (`Lexing.finds`); where the lexer would take more or less, a separator goes in, or out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from i2c_core.grammars.trees import Rules

Token = tuple[str, str]  # a terminal and its text
KEPT = 20_000  # gaps that are kept in memory
NEAR = 24  # characters: gaps of longer texts are not kept
_WORD = re.compile(r"[\w.]+(\[[\w, ]+\])?")  # `f`, `other.f`, `eq[Coord]`


class Spacing:
    """Puts the tokens of one grammar together."""

    def __init__(self, rules: Rules) -> None:
        self._lexing = rules.lexing
        self._gaps: dict[tuple[Token, Token], str] = {}
        self._ignored = [t for t in rules.terminals.values() if t.ignored]
        self.separator = self._find_separator()
        self._space = self.separator[0]

    def _find_separator(self) -> tuple[str, str]:
        """What separates tokens, and the ignored terminal that it is a text of; two empty texts for none."""
        for text in (" ", "\n", "\t"):
            for terminal in self._ignored:
                if self._lexing.finds(terminal.name, text, 0, len(text)):
                    return text, terminal.name
        for text in ("  ", "\r\n", ",", ";"):
            for terminal in self._ignored:
                if self._lexing.finds(terminal.name, text, 0, len(text)):
                    return text, terminal.name
        return "", ""

    def join(self, tokens: Sequence[Token]) -> str:
        """The text of tokens; where no separator helps they stand side by side."""
        if not tokens:
            return ""
        gaps = self._habits(tokens)
        return self._checked(tokens, gaps)

    def _habits(self, tokens: Sequence[Token]) -> list[str]:
        """The gap behind each token but the last as people write it."""
        if not self._space:
            return [""] * (len(tokens) - 1)
        gaps: list[str] = []
        known = self._gaps
        before = tokens[0]
        for token in tokens[1:]:
            gap = known.get((before, token))
            if gap is None:
                gap = "" if self._close(before, token) else self._space
                if len(before[1]) + len(token[1]) <= NEAR:
                    if len(known) > KEPT:
                        known.clear()
                    known[before, token] = gap
            gaps.append(gap)
            before = token
        return gaps

    def _close(self, left: Token, right: Token) -> bool:
        """Whether people write nothing between two tokens, and no other token arises when they touch."""
        before, behind = left[1], right[1]
        if before.isspace() or behind.isspace():
            return True
        near = (
            behind in (",", ";", ")", "]") or before.endswith(("(", "[")) or (behind == "(" and _WORD.fullmatch(before))
        )
        return bool(near) and self._lexing.finds(left[0], before + behind, 0, len(before))

    def _checked(self, tokens: Sequence[Token], gaps: list[str]) -> str:
        """The text where each token is found again, gaps put in or taken out as that needs."""
        finds = self._lexing.finds
        text, starts = _text(tokens, gaps)
        changed: set[int] = set()
        place = 0
        while place < len(tokens):
            name, value = tokens[place]
            start = starts[place]
            end = start + len(value)
            right = finds(name, text, start, end)
            if right and (
                place == len(gaps)
                or not gaps[place]
                or self._is_gap(text, end, starts[place + 1], tokens[place + 1][0])
            ):
                place += 1
                continue
            if place == len(gaps) or place in changed or not self._space:
                place += 1  # nothing helps here: the text may be read in another way
                continue
            changed.add(place)
            gaps[place] = "" if gaps[place] else self._space
            before = place
            text, starts = _text(tokens, gaps)
            # Terminals may look ahead, so that what was right before the gap is looked at again.
            while place and before - place < 8:
                place -= 1
        return text

    def _is_gap(self, text: str, start: int, end: int, behind: str) -> bool:
        """Whether a lexer leaves out what stands between two tokens, and no more."""
        if not self._lexing.states:  # Earley may begin the terminal behind it with what is left out
            found = self._lexing.terminals[behind].compiled.match(text, start)
            if found and found.end() > end:
                return False
        while start < end:
            for terminal in self._ignored:
                found = terminal.compiled.match(text, start)
                if found and start < found.end() <= end and self._lexing.finds(terminal.name, text, start, found.end()):
                    start = found.end()
                    break
            else:
                return False
        return True


def _text(tokens: Sequence[Token], gaps: Sequence[str]) -> tuple[str, list[int]]:
    """The text with its gaps, and where each token starts in it."""
    parts: list[str] = []
    starts: list[int] = []
    position = 0
    for (_, value), gap in zip(tokens, (*gaps, ""), strict=True):
        starts.append(position)
        parts.append(value)
        parts.append(gap)
        position += len(value) + len(gap)
    return "".join(parts), starts
