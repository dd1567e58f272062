"""The strings that a regular expression matches, shortest first: for printing terminals and for deriving literals."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from itertools import islice
from typing import Any

_parser: Any = importlib.import_module("re._parser")  # the stdlib's own reader of regular expressions; no public name
MAX_WORDS = 256  # a terminal with more strings than this counts as infinite
_PRINTABLE = sorted(map(chr, range(32, 127)), key=lambda c: (not c.isalnum(), c == " ", c))
_CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w",
               "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_WORD": r"\W"}  # fmt: skip

Words = tuple[list[str], bool]  # strings, and whether these are all


@lru_cache(maxsize=1024)
def words(regex: str, flags: int = 0) -> tuple[tuple[str, ...], bool]:
    """Some strings that match, shortest first (at most `MAX_WORDS`), and whether these are all.

    >>> words("a|b?c")
    (('a', 'c', 'bc'), True)
    >>> words("[0-9]+")[0][:3], words("[0-9]+")[1]
    (('0', '1', '2'), False)
    """
    found, complete = _sequence(_parser.parse(regex, flags))
    matching = re.compile(regex, flags)
    exact = [w for w in dict.fromkeys(found) if whole(matching, w)]
    complete = complete and not flags & re.IGNORECASE
    return tuple(sorted(exact, key=_rank)), complete


def whole(matching: re.Pattern[str], text: str) -> bool:
    """Whether a lexer that reads from the left takes all of a text, which a lazy expression may not."""
    found = matching.match(text)
    return found is not None and found.end() == len(text)


def _rank(word: str) -> tuple[int, list[tuple[bool, str]]]:
    """Short before long, letters and digits before marks."""
    return len(word), [(not c.isalnum(), c) for c in word]


def _sequence(tree: Any) -> Words:
    found, complete = [""], True
    for operation, argument in tree:
        parts, whole = _one(str(operation), argument)
        complete = complete and whole
        found, cut = _product(found, parts)
        complete = complete and not cut
    return found, complete


def _product(left: list[str], right: list[str]) -> tuple[list[str], bool]:
    if len(left) * len(right) <= MAX_WORDS:
        return [a + b for a in left for b in right], False
    left, right = sorted(left, key=len), sorted(right, key=len)
    few = max(1, MAX_WORDS // max(1, len(right)))
    several = {a + b for a in left[:few] for b in right[:MAX_WORDS]}
    several |= {a + b for a in left[:MAX_WORDS] for b in right[: max(1, MAX_WORDS // len(left[:MAX_WORDS]))]}
    return sorted(several, key=_rank)[:MAX_WORDS], True


def _one(operation: str, argument: Any) -> Words:
    match operation:
        case "LITERAL":
            return [chr(argument)], True
        case "NOT_LITERAL":
            return [c for c in _PRINTABLE if c != chr(argument)], False
        case "ANY":
            return list(_PRINTABLE), False
        case "IN":
            return _class(argument)
        case "BRANCH":
            several = [_sequence(branch) for branch in argument[1]]
            found = [w for part, _ in several for w in part]
            return sorted(found, key=len)[:MAX_WORDS], all(whole for _, whole in several) and len(found) <= MAX_WORDS
        case "SUBPATTERN":
            return _sequence(argument[3])
        case "ATOMIC_GROUP":
            return _sequence(argument)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeat(*argument)
        case _:  # anchors and looking around take no characters; the whole is checked again at the end
            return [""], False


def _repeat(low: int, high: Any, tree: Any) -> Words:
    once, complete = _sequence(tree)
    found, all_, last = [], complete, [""]
    for count in range(int(high) + 1 if int(high) <= MAX_WORDS else low + 3):
        if count:
            last, cut = _product(last, once)
            all_ = all_ and not cut
        if count >= low:
            found += last
        if len(found) > MAX_WORDS:
            break
    else:
        return found, all_ and int(high) <= MAX_WORDS
    return found[:MAX_WORDS], False


def _class(argument: Any) -> Words:
    found: list[str] = []
    negated, complete = False, True
    for operation, value in argument:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found.append(chr(value))
            case "RANGE":
                complete = complete and value[1] - value[0] < MAX_WORDS
                found += map(chr, islice(range(value[0], value[1] + 1), MAX_WORDS))
            case "CATEGORY":
                found += re.findall(_CATEGORIES[str(value)], "".join(_PRINTABLE) + "\n\t")
                complete = False
    if negated:
        return [c for c in [*_PRINTABLE, "\n"] if c not in found], False
    return found, complete
