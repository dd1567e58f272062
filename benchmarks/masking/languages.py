"""Languages as every engine reads them: rules whose alternatives begin with a token, tables, and two grammars.

No token's text begins another's, so that a mask over texts is a mask over tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from i2c_core.masks import Tables
from i2c_core.plugins import installed
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

Alternative = tuple[int, tuple[int, ...]]  # a token, and the rules that follow it


@dataclass(frozen=True)
class Language:
    """A language: the text of each token, and its rules, the first the start; or a vocabulary that rules cannot say."""

    name: str
    budget: int
    pieces: tuple[str, ...] = ()
    rules: tuple[tuple[Alternative, ...], ...] = ()
    vocabulary: Vocabulary | None = None

    @cached_property
    def tables(self) -> Tables:
        """The tables of our masks."""
        if self.vocabulary is not None:
            return Tables.from_vocabulary(self.vocabulary)
        flat = [(y, token, args) for y, rule in enumerate(self.rules) for token, args in rule]
        production = np.full((len(self.rules), len(self.pieces)), -1, np.int32)
        opened = np.full((len(flat), max(len(a) for _, _, a in flat)), -1, np.int32)
        for p, (y, token, args) in enumerate(flat):
            production[y, token] = p
            opened[p, : len(args)] = args
        least = self._least()
        cost = np.array([1 + sum(least[a] for a in args) - least[y] for y, _, args in flat], np.int32)
        return Tables.from_arrays(production, cost, opened, least, self.pieces)

    def _least(self) -> NDArray[np.int32]:
        """The fewest tokens of each rule."""
        least = [1 << 20] * len(self.rules)
        for _ in self.rules:
            least = [min(1 + sum(least[a] for a in args) for _, args in rule) for rule in self.rules]
        return np.array(least, np.int32)

    @property
    def lark(self) -> str:
        """As a Lark grammar with one terminal a token, for Lark itself: `T7` is token 7."""
        terminals = [f"T{i}: {json.dumps(p)}" for i, p in enumerate(self.pieces)]
        return "\n".join(["start: n0", *self._written(": ", lambda t: f"T{t}"), *terminals])

    @property
    def llguidance(self) -> str:
        """As llguidance reads Lark."""
        lines = self._written(": ", lambda t: json.dumps(self.pieces[t]))
        return "\n".join(["start: n0", *lines])

    @property
    def ebnf(self) -> str:
        """As xgrammar reads EBNF."""
        lines = self._written(" ::= ", lambda t: json.dumps(self.pieces[t]))
        return "\n".join(["root ::= n0", *lines])

    def _written(self, mark: str, shown: object) -> list[str]:
        assert callable(shown)
        lines = []
        for y, rule in enumerate(self.rules):
            bodies = [" ".join([shown(token), *(f"n{a}" for a in args)]) for token, args in rule]
            lines.append(f"n{y}{mark}" + " | ".join(bodies))
        return lines


def of_vocabulary(name: str, vocabulary: Vocabulary, budget: int, pieces: Sequence[str]) -> Language:
    """A language whose programs are written in prefix order, token by token."""
    found: list[list[Alternative]] = [[] for _ in vocabulary.types]
    for production in vocabulary.productions:
        found[production.type].append((vocabulary.ids[production.token], production.args))
    return Language(name, budget, tuple(pieces), tuple(map(tuple, found)), vocabulary)


def splits() -> Language:
    """The shipped family of image splits: five tokens, one type."""
    family = installed().families["splits"]
    return of_vocabulary("splits (h, v, q, B, W)", family.vocabulary, 64, family.vocabulary.tokens)


CSG = """
    +, -   : (Shape, Shape) -> Shape
    circle : (r: Number, x: Number, y: Number) -> Shape
    quad   : (x: Number, y: Number, w: Number, h: Number, Angle) -> Shape
    Number = n0 | n1 | n2 | n3 | n4 | n5 | n6 | n7 | n8 | n9 | nA | nB | nC | nD | nE | nF
    Angle  = aG | aH | aI | aJ | aK | aL | aM | aN
"""


def csg() -> Language:
    """Constructive solid geometry in prefix order, with the shapes and numbers of tree-diffusion's CSG2DA."""
    vocabulary = Vocabulary(Signature.parse(CSG), parse_type("Shape"))
    pieces = [{"circle": "o", "quad": "q"}.get(t, t[-1]) for t in vocabulary.tokens]
    return of_vocabulary("CSG prefix", vocabulary, 64, pieces)


def csg_text() -> Language:
    """The same programs as tree-diffusion writes them, `(+ (Circle 1 2 3) (Quad ...))`, character by character."""
    numbers, angles = "0123456789ABCDEF", "GHIJKLMN"
    pieces = tuple(dict.fromkeys("() +-CircleQuad" + numbers + angles))
    rules: list[tuple[Alternative, ...]] = [(), ()]
    known: dict[str, int] = {}

    def one_of(letters: str) -> int:
        if letters not in known:
            known[letters] = len(rules)
            rules.append(tuple((pieces.index(c), ()) for c in letters))
        return known[letters]

    def spelled(text: str) -> list[int]:
        return [one_of(c) for c in text]

    space, close, number, angle = one_of(" "), one_of(")"), one_of(numbers), one_of(angles)
    rules[0] = ((pieces.index("("), (1,)),)
    circle = [*spelled("ircle"), *(space, number) * 3, close]
    quad = [*spelled("uad"), *(space, number) * 4, space, angle, close]
    both = (space, 0, space, 0, close)
    heads = {"C": tuple(circle), "Q": tuple(quad), "+": both, "-": both}
    rules[1] = tuple((pieces.index(head), rest) for head, rest in heads.items())
    return Language("CSG2DA as characters", 200, pieces, tuple(rules))


TYPED = """
    draw  : (all: List[Stmt[0], 1..6]) -> Picture
    for   : (n: Count, body: Block[s+1]) -> Stmt[s]
    block : (all: List[Stmt[s], 1..3]) -> Block[s]
    boxes : (all: List[Box[s], 1..4, <]) -> Stmt[s]
    box   : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord >= y1 + 2) -> Box[s]
    at    : (k: Index[0..s-1], x1: Coord, x2: Coord > x1) -> Stmt[s]
    Coord = 0..31
    Count = 2..5
    Index = 0..3
    s     = 0..3
"""


def typed() -> Language:
    """What no peer can say: orders, arguments that depend on earlier ones, scopes."""
    vocabulary = Vocabulary(Signature.parse(TYPED), parse_type("Picture"))
    return Language("orders, dependent arguments, scopes", 64, vocabulary=vocabulary)
