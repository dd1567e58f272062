"""From the text of a token to its literal: an integer, a member, a number in its bin, or a text by its characters."""

from __future__ import annotations

import math
import re

from i2c_core.documents import DocumentError, parse_json
from i2c_core.grammars.forms import Bound
from i2c_core.grammars.trees import Leaf
from i2c_core.symbols import END, Bins, Text, character_token

NAN = float("nan")
KEPT = 100_000  # literals that are kept in memory


class Literals:
    """The literals of one vocabulary as one grammar writes them."""

    def __init__(self, binding: Bound) -> None:
        self._vocabulary = binding.vocabulary
        self._terminals = binding.rules.terminals
        self._binding = binding
        self._known: dict[tuple[int, str, str], tuple[int, float] | None] = {}
        self._has_texts = any(isinstance(k, Text) for k in self._vocabulary.signature.kinds.values())
        ids = self._vocabulary.ids
        self._wraps = {k: ids[s] for k, s in binding.wraps.items() if s in ids}

    def read(self, type_: int, leaf: Leaf) -> tuple[list[int], list[float]] | None:
        """The tokens and values that a leaf says at a type; None where it does not belong there."""
        home = self._binding.home(leaf.terminal)
        found = self._literal(type_, self._said(leaf), home) or self._folded(type_, leaf, home)
        if found is not None:
            return [found[0]], [found[1]]
        vocabulary = self._vocabulary
        wrap = self._wraps.get((vocabulary.types[type_].name, leaf.terminal)) if self._wraps else None
        if wrap is not None and vocabulary.production[type_, wrap] >= 0:
            inner = self.read(vocabulary.productions[vocabulary.production[type_, wrap]].args[0], leaf)
            return None if inner is None else ([wrap, *inner[0]], [NAN, *inner[1]])
        chain = self._text(type_, leaf) if self._has_texts else None
        return None if chain is None else (chain, [NAN] * len(chain))

    def _said(self, leaf: Leaf) -> str:
        """A leaf's text; a terminal of one text, in whatever case it was written, says that text."""
        terminal = self._terminals.get(leaf.terminal)
        return leaf.text if terminal is None or terminal.literal is None else terminal.literal

    def _folded(self, type_: int, leaf: Leaf, home: str) -> tuple[int, float] | None:
        """The literal that a text is where its terminal does not tell upper from lower case."""
        terminal = self._terminals.get(leaf.terminal)
        if terminal is None or terminal.literal is not None or not terminal.flags & re.IGNORECASE:
            return None
        return self._literal(type_, leaf.text.lower(), home)

    def _text(self, type_: int, leaf: Leaf) -> list[int] | None:
        """The tokens of a free text at a type, one a character, or None where it does not belong there."""
        vocabulary = self._vocabulary
        ids: list[int] = []
        said = leaf.text
        if leaf.terminal in self._binding.quoted:
            try:
                said = str(parse_json(said))
            except DocumentError:
                return None
        for name in (*map(character_token, said), END.name):
            token = vocabulary.ids.get(name)
            found = -1 if token is None else int(vocabulary.production[type_, token])
            if token is None or found < 0:
                return None
            ids.append(token)
            args = vocabulary.productions[found].args
            type_ = args[0] if args else -1
        return ids

    def _literal(self, type_: int, text: str, home: str) -> tuple[int, float] | None:
        """The token and value of a literal's text at a type, in one part of a grammar, or None."""
        known = (type_, text, home)
        if known not in self._known:
            if len(self._known) > KEPT:
                self._known.clear()
            self._known[known] = self._find_literal(type_, text, home)
        return self._known[known]

    def _find_literal(self, type_: int, text: str, home: str) -> tuple[int, float] | None:
        vocabulary, owners = self._vocabulary, self._binding.owners
        names = [self._binding.tokens.get((home, text), text)]
        if re.fullmatch(r"[+-]?[0-9]{1,30}", text):
            names.append(str(int(text)))
        names = [n for n in names if owners.get(n, home) == home]
        for name in names:
            token = vocabulary.ids.get(name)
            if token is not None and vocabulary.production[type_, token] >= 0 and not vocabulary.arity[token]:
                return token, NAN
        try:
            number = float(text)
        except ValueError:
            return None
        signature, wanted = vocabulary.signature, vocabulary.types[type_]
        for sort in signature.included(wanted):
            kind = signature.kinds.get(sort)
            if owners.get(f"{sort}:0", home) != home:
                continue
            if isinstance(kind, Bins) and math.isfinite(number) and kind.low <= number <= kind.high:
                return vocabulary.ids[f"{sort}:{kind.index(number)}"], number
        return None
