"""Rewrite rules as text: `h(v(x, y), v(z, w)) = q(x, y, z, w)`, one a line.

A *term* is a program with holes: a name that is no token of the language is a *variable* and stands for any program of
the place where it is. A rule says that its left side means what its right side means, and that the right side is the
one to write. Lines that begin with `#` are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from i2c_core.errors import FamilyError, suggest

_PART = re.compile(r"\s*(?:(?P<name>[^\s(),=]+)|(?P<mark>[(),=]))")
_HINT = "write a rule as left = right, as in h(x, f(y)) = g(x, y)"
_VARIABLE = re.compile(r"[a-z_]\w*")


@dataclass(frozen=True, slots=True)
class Term:
    """A token applied to terms, or a variable."""

    name: str
    args: tuple[Term, ...] = ()
    is_variable: bool = False

    @property
    def size(self) -> int:
        """Its number of symbols, a variable counted as one."""
        return sum(1 for _ in self.nodes())

    def nodes(self) -> Iterator[Term]:
        """This term and all below it, in prefix order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.args))

    def variables(self) -> list[str]:
        """The names of its variables in prefix order, with repetitions."""
        return [node.name for node in self.nodes() if node.is_variable]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.args))})" if self.args else self.name


@dataclass(frozen=True, slots=True)
class Rule:
    """`left` means what `right` means, and `right` is the one to write."""

    left: Term
    right: Term

    @property
    def size(self) -> int:
        """The number of symbols of its left side."""
        return self.left.size

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def variable(name: str) -> Term:
    """A hole for any program."""
    return Term(name, (), True)


def parse_rules(lines: Iterable[str], tokens: Container[str], owner: str = "") -> tuple[Rule, ...]:
    """Read rules, one a line.

    Args:
        lines: the text's lines; what is empty or begins with `#` says nothing.
        tokens: the names of the language; every other name without arguments is a variable, in lower case.
        owner: named in errors.

    Raises:
        FamilyError: a line that is no rule.

    >>> print(*parse_rules(["h(B, B) = B"], {"h", "B"}))
    h(B, B) = B
    """
    whole = (line.strip() for text in lines for line in text.splitlines())
    return tuple(parse_rule(line, tokens, owner) for line in whole if line and not line.startswith("#"))


def parse_rule(line: str, tokens: Container[str], owner: str = "") -> Rule:
    """Read one rule; as `parse_rules`."""
    reader = _Reader(line, tokens, owner)
    left = reader.term()
    reader.take("=")
    right = reader.term()
    reader.end()
    if left.is_variable:
        raise FamilyError(f"{reader.where}: its left side is a variable, which is every program", _HINT)
    names = left.variables()
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        fact = f"{reader.where}: {twice} stands twice on the left"
        raise FamilyError(fact, "name each place on the left once: no automaton compares two of them")
    for name in right.variables():
        if name not in names:
            hint = suggest(name, names, "use on the right only what stands on the left")
            raise FamilyError(f"{reader.where}: {name} of the right side is not on the left", hint)
        if right.variables().count(name) > 1:
            raise FamilyError(f"{reader.where}: {name} stands twice on the right", "a rule never makes programs longer")
    return Rule(left, right)


def require_decreasing(rule: Rule, order: Mapping[str, int], owner: str = "") -> None:
    """Raise `FamilyError` where the right side is not the one to write: shorter, or first in the order of tokens."""
    if is_decreasing(rule, order):
        return
    where = f"{owner}: " if owner else ""
    fact = f"{where}rule '{rule}' does not lead to a smaller program"
    raise FamilyError(fact, "the right side must be shorter, or as long and earlier in the order of tokens")


def is_decreasing(rule: Rule, order: Mapping[str, int]) -> bool:
    """Whether a rule makes every program that it changes smaller: shorter, or as long and earlier in prefix order.

    Then rewriting ends, however the rules are chosen. Of equal length, the first difference must be between two tokens:
    where a variable stands there, what takes its place would decide.
    """
    left, right = list(rule.left.nodes()), list(rule.right.nodes())
    if len(right) != len(left):
        return len(right) < len(left)
    for one, other in zip(left, right, strict=True):
        if one.is_variable or other.is_variable:
            if one.is_variable and other.is_variable and one.name == other.name:
                continue
            return False
        if one.name != other.name:
            return order[other.name] < order[one.name]
    return False


def letters(taken: Container[str]) -> Iterator[str]:
    """Names for variables that are not taken: x, y, z, w, u, ..., then x1, x2, ..."""
    yield from (name for name in "xyzwuvstpqrabcdefg" if name not in taken)
    number = 1
    while True:
        if f"x{number}" not in taken:
            yield f"x{number}"
        number += 1


class _Reader:
    """One pass over the text of a rule."""

    def __init__(self, text: str, tokens: Container[str], owner: str) -> None:
        self.where = f"{owner}: rule {text!r}" if owner else f"rule {text!r}"
        self.tokens = tokens
        self.parts: list[tuple[str, str, int]] = []  # kind, text, column
        self.place = 0
        position = 0
        while position < len(text.rstrip()):
            found = _PART.match(text, position)
            assert found is not None  # every character is one or the other
            kind = found.lastgroup or ""
            self.parts.append((kind, found[kind], found.start(kind) + 1))
            position = found.end()

    def term(self) -> Term:
        """Read a term; nesting is kept on a stack, so that no depth is too much."""
        open_: list[tuple[str, list[Term]]] = []
        while True:
            name = self.take("name")
            if name not in self.tokens and (self.sees("(") or not _VARIABLE.fullmatch(name)):
                known = list(self.tokens) if isinstance(self.tokens, Sequence | Mapping | set | frozenset) else []
                raise FamilyError(f"{self.where}: unknown symbol {name}", suggest(name, known, _HINT))
            if self.sees("("):
                self.take("(")
                open_.append((name, []))
                continue
            term = Term(name) if name in self.tokens else variable(name)
            while True:
                if not open_:
                    return term
                open_[-1][1].append(term)
                if self.sees(","):
                    self.take(",")
                    break
                self.take(")")
                whole, args = open_.pop()
                term = Term(whole, tuple(args))

    def sees(self, mark: str) -> bool:
        return self.place < len(self.parts) and self.parts[self.place][:2] == ("mark", mark)

    def take(self, wanted: str) -> str:
        """The next part: a name, or this mark."""
        shown = "a name" if wanted == "name" else repr(wanted)
        if self.place == len(self.parts):
            raise FamilyError(f"{self.where} ends where {shown} is expected", _HINT)
        kind, text, column = self.parts[self.place]
        if (kind if wanted == "name" else text) != wanted:
            raise FamilyError(f"{self.where}: expected {shown}, got {text!r} at column {column}", _HINT)
        self.place += 1
        return text

    def end(self) -> None:
        if self.place < len(self.parts):
            _, text, column = self.parts[self.place]
            raise FamilyError(f"{self.where}: {text!r} at column {column} is too much", _HINT)
