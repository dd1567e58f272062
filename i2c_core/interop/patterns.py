"""Python's regular expressions as llguidance reads them: Rust's syntax, without lookaround and lazy quantifiers.

An expression that has neither is written again, part by part. For another one the regular language that `re.match`
takes is compiled and its automaton is written as an expression; where that cannot be, the part is left out and named.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from i2c_core.errors import I2cError

codes: Any = importlib.import_module("re._constants")  # the standard library's own readers have no public names
parser: Any = importlib.import_module("re._parser")
STATES = 60  # of an automaton that is written as an expression
LETTERS = tuple(map(chr, (9, 10, 13, *range(32, 127))))  # the alphabet of those
_CLASSES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
_ASCII = {"DIGIT": "0-9", "SPACE": r" \t-\r", "WORD": "0-9A-Z_a-z"}


class Automaton(Protocol):
    """A deterministic automaton, of which state 0 begins."""

    @property
    def alphabet(self) -> tuple[str, ...]: ...

    @property
    def step(self) -> tuple[tuple[int, ...], ...]: ...

    @property
    def accepting(self) -> tuple[bool, ...]: ...


def rust_pattern(pattern: str, flags: int = 0) -> tuple[str, tuple[str, ...]]:
    """The expression for llguidance, and what was left out of it.

    >>> rust_pattern("[a-c]+x{,2}")
    ('[a-c]+x{0,2}', ())
    """
    found = _Written()
    text = found.sequence(parser.parse(pattern, flags), flags)
    if not found.missing and "|" not in pattern:
        return text, ()
    exact = _compiled(pattern, flags, bool(found.missing))
    return (text, tuple(dict.fromkeys(found.missing))) if exact is None else (exact, ())


def _compiled(pattern: str, flags: int, needed: bool) -> str | None:
    """The expression of what `re.match` takes; where it is not `needed`, None unless that is less than what it could
    take with another choice of alternatives: of `a|ab` it takes `a` only."""
    try:
        from i2c_core.regular import compile as compile_pattern

        found = compile_pattern(pattern, flags, LETTERS)
        if not needed and compile_pattern(f"(?:{pattern})\\Z", flags, LETTERS).minus(found).is_empty:
            return None
    except (ImportError, I2cError, re.error):
        return None
    return automaton_pattern(found) if len(found.step) <= STATES else None


class _Written:
    """One expression on its way; `missing` are the parts that were left out."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def sequence(self, parts: Any, flags: int) -> str:
        return "".join(self.part(code, value, flags) for code, value in parts)

    def part(self, code: Any, value: Any, flags: int) -> str:
        if code is codes.LITERAL:
            return _cased(_letter(value), flags)
        if code is codes.NOT_LITERAL:
            return _cased(f"[^{_letter(value)}]", flags)
        if code is codes.ANY:
            return r"(?s:.)" if flags & re.S else r"[^\n]"
        if code is codes.IN:
            return _cased(f"[{''.join(_member(c, v, flags) for c, v in value)}]", flags)
        if code is codes.BRANCH:
            return f"(?:{'|'.join(self.sequence(p, flags) for p in value[1])})"
        if code is codes.SUBPATTERN:
            _, added, removed, inside = value
            return f"(?:{self.sequence(inside, (flags | added) & ~removed)})"
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            if code is codes.MIN_REPEAT:
                self.missing.append("a lazy quantifier")
            if code is codes.POSSESSIVE_REPEAT:
                self.missing.append("a possessive quantifier")
            low, high, inside = value
            return self._repeated(inside, low, high, flags)
        if code is codes.ATOMIC_GROUP:
            self.missing.append("an atomic group")
            return f"(?:{self.sequence(value, flags)})"
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            self.missing.append("a lookahead" if value[0] > 0 else "a lookbehind")
            return ""
        if code is codes.AT:
            self.missing.append("an anchor")
            return ""
        self.missing.append("a back reference")
        return "(?s:.*)"

    def _repeated(self, inside: Any, low: int, high: Any, flags: int) -> str:
        text = self.sequence(inside, flags)
        one = len(inside) == 1 and inside[0][0] in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN)
        text = text if one or re.fullmatch(r"\(\?:[^()]*\)", text) else f"(?:{text})"
        endless = high is codes.MAXREPEAT
        if endless and low < 2:
            return text + "*+"[low]
        if (low, high) == (0, 1):
            return text + "?"
        return f"{text}{{{low},{'' if endless else high}}}" if low != high else f"{text}{{{low}}}"


def _cased(text: str, flags: int) -> str:
    return f"(?i:{text})" if flags & re.I else text


def _letter(number: int) -> str:
    """A character as it stands inside and outside of brackets."""
    letter = chr(number)
    if (letter.isalnum() and letter.isascii()) or letter in "_ ,:;<>=@%!'\"`":
        return letter
    if letter.isascii() and letter.isprintable():
        return "\\" + letter
    short = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
    return short.get(letter) or f"\\x{{{number:x}}}"


def _member(code: Any, value: Any, flags: int) -> str:
    if code is codes.NEGATE:
        return "^"
    if code is codes.LITERAL:
        return _letter(value)
    if code is codes.RANGE:
        return f"{_letter(value[0])}-{_letter(value[1])}"
    name = str(value).removeprefix("CATEGORY_")
    plain = name.removeprefix("NOT_")
    if flags & re.A:
        return f"[^{_ASCII[plain]}]" if name != plain else _ASCII[plain]
    return _CLASSES[plain].upper() if name != plain else _CLASSES[plain]


def automaton_pattern(found: Automaton) -> str:
    """The language of an automaton as an expression: states are taken out one by one, what passed them is written.

    An empty language has none, and none is asked for here: automata of terminals accept something.
    """
    states = len(found.step)
    begin, end = states, states + 1
    arcs: dict[tuple[int, int], str] = {(begin, 0): ""}
    for state, row in enumerate(found.step):
        letters: dict[int, list[str]] = {}
        for letter, target in zip(found.alphabet, row, strict=True):
            if target >= 0:
                letters.setdefault(target, []).append(letter)
        arcs |= {(state, target): _one_of(letters[target]) for target in letters}
        if found.accepting[state]:
            arcs[state, end] = ""
    left = set(range(states))
    while left:
        state = min(left, key=lambda s: (sum(len(t) for a, t in arcs.items() if s in a), s))
        left.remove(state)
        around = arcs.pop((state, state), None)
        loop = "" if not around else f"{_group(around)}*"
        into = [(a, arcs.pop(a)) for a in list(arcs) if a[1] == state]
        out = [(a, arcs.pop(a)) for a in list(arcs) if a[0] == state]
        for (source, _), before in into:
            for (_, target), after in out:
                path = _bracketed(before) + loop + _bracketed(after)
                known = arcs.get((source, target))
                arcs[source, target] = path if known is None else _either(known, path)
    return arcs.get((begin, end), "")


def _either(one: str, other: str) -> str:
    if one == other:
        return one
    if not one or not other:
        return f"(?:{one or other})?"
    return f"{one}|{other}"


def _bracketed(text: str) -> str:
    return f"(?:{text})" if _splits(text, "|") else text


def _group(text: str) -> str:
    one = re.fullmatch(r"\[(?:[^\\\]]|\\.)*\]|\\?.", text)
    return text if one else f"(?:{text})"


def _splits(text: str, mark: str) -> bool:
    """Whether `mark` stands outside of all brackets."""
    depth, in_class, skip = 0, False, False
    for letter in text:
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == mark and depth == 0:
            return True
    return False


def _one_of(letters: Sequence[str]) -> str:
    numbers = sorted(map(ord, letters))
    if len(numbers) == 1:
        return _letter(numbers[0])
    return f"[{''.join(_spans(numbers, _letter))}]"


def _spans(numbers: Sequence[int], shown: Callable[[int], str]) -> Iterator[str]:
    """Runs of numbers as a class writes them."""
    start = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number == last + 1:
            last = number
            continue
        yield shown(start) if start == last else f"{shown(start)}{'-' if last > start + 1 else ''}{shown(last)}"
        if number is not None:
            start = last = number
