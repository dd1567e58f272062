"""Mutators: a content and chance make another content. Each is pure, so that a seed repeats a run.

bytes_          flips, cuts, copies, numbers at their limits
text            the same in words: marks nested, numbers at their limits, characters that few expect
json_           values replaced, keys lost, levels added; `lines` does so in one line of many
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Mutator = Callable[[Random, bytes, Sequence[bytes]], bytes]  # chance, a content, others to take parts from

LONGEST = 1 << 16  # bytes of what is made; longer contents are tried by tests of limits
_EDGES = (0, 1, 2, 7, *(2**bits + more for bits in (3, 7, 8, 15, 16, 31, 32, 63, 64) for more in (-1, 0)))
NUMBERS = (
    *"0 -0 1 -1 +1 00 0.5 -0.5 1. .5 1e5 1e309 -1e309 1e-400 1e9999999999 NaN nan Infinity inf 1_000 0x10".split(),  # noqa: SIM905 (one a word)
    *map(str, _EDGES[-6:]),
    *("9" * 400, "9" * 5000, "\u0663", "\u00b2", "\uff11"),  # digits to some functions, and to others none
)
ODD = (
    *("", " ", "\t", "\n", "\r", "\r\n", "a" * 300),
    *"\x00\x0b\x0c\x1b\x1c\x85\xa0\u2028\ufeff\u200b\u202e\u0301éİß\ufb01中😀\U0010ffff",
    *r"""" ' \ \\ \u \x %s {} {0} ${x} ../ / ~ - -- # // /* */ ; : , . .. ( ) [ ] { } < > | & = -> ? * + ! @""".split(),  # noqa: SIM905 (one a word)
    *"null true None __class__".split(),  # noqa: SIM905 (one a word)
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *(2**31, 2**63, 2**64, -(2**63), 10**400),
    *("", " ", "a", "0", "é", "\x00", "\ud800", "../x", "a" * 1000),
    *([], {}, [[]], [None], {"": None}, ["a"], [0], {"a": 0}, [1, 2], [[1, 2], [3, 4]], [0] * 1000),
)
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


def bytes_(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A few changes of single bytes and of stretches of them."""
    found = bytearray(content)
    for _ in range(1 << rng.randrange(5)):
        _change_bytes(rng, found, others)
        del found[LONGEST:]
    return bytes(found)


def _change_bytes(rng: Random, found: bytearray, others: Sequence[bytes]) -> None:
    kind, at = rng.randrange(9), rng.randrange(len(found) + 1)
    length = min(len(found) - at, 1 << rng.randrange(10))
    if kind == 0 and at < len(found):
        found[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < len(found):
        found[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    elif kind == 2:
        found[at:at] = rng.randbytes(1 + rng.randrange(8))
    elif kind == 3:
        del found[at : at + length]
    elif kind == 4:
        found[at:at] = found[at : at + length] * rng.choice((1, 1, 2, 16))
    elif kind == 5:
        width = rng.choice("BHIQ")
        packed = struct.pack(rng.choice("<>") + width, rng.choice(_EDGES) % (1 << 8 * struct.calcsize("<" + width)))
        found[at : at + len(packed)] = packed
    elif kind == 6:
        other = rng.choice(others)
        start = rng.randrange(len(other) + 1)
        found[at : at + length * rng.randrange(2)] = other[start : start + (1 << rng.randrange(10))]
    elif kind == 7 and rng.random() < 0.3:
        del found[at:]
    else:
        to = rng.randrange(len(found) + 1)
        part = found[at : at + length]
        found[to : to + len(part)] = part


def text(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A few changes of words; now and then of bytes too, so that it is no UTF-8."""
    words = _WORDS.findall(content.decode("utf-8", "replace"))
    for _ in range(1 << rng.randrange(4)):
        _change_words(rng, words, others)
    found = "".join(words).encode("utf-8", "surrogatepass")[:LONGEST]
    return bytes_(rng, found, others) if rng.random() < 0.08 else found


def _change_words(rng: Random, words: list[str], others: Sequence[bytes]) -> None:
    kind, at = rng.randrange(11), rng.randrange(len(words) + 1)
    length = min(len(words) - at, 1 << rng.randrange(6))
    if kind == 0:
        del words[at : at + length]
    elif kind == 1:
        words[at:at] = words[at : at + length] * rng.choice((1, 1, 2, 8, 64))
    elif kind == 2:
        words[at : at + rng.randrange(2)] = [rng.choice(ODD)]
    elif kind == 3:
        numbers = [i for i, word in enumerate(words) if word[:1].isdigit()]
        if numbers:
            words[rng.choice(numbers)] = rng.choice((*NUMBERS, str(rng.randrange(300)), str(rng.uniform(-20, 20))))
    elif kind in (4, 5):
        other = _WORDS.findall(rng.choice(others).decode("utf-8", "replace"))
        start = rng.randrange(len(other) + 1)
        words[at : at + length * rng.randrange(2)] = other[start : start + (1 << rng.randrange(6))]
    elif kind == 6 and words:
        words[at : at + 1] = [rng.choice(words)]
    elif kind == 7 and words:
        one, two = rng.randrange(len(words)), rng.randrange(len(words))
        words[one], words[two] = words[two], words[one]
    elif kind == 8 and rng.random() < 0.2:
        left, right = rng.choice((("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("-", ""), ("!", "")))
        depth = rng.choice((2, 30, 1200, 20_000))
        words[at : at + length] = [left * depth, *words[at : at + length], right * depth]
    elif kind == 9 and at < len(words) and words[at]:
        word = words[at]
        place = rng.randrange(len(word) + 1)
        words[at] = word[:place] + rng.choice((*ODD, *map(chr, range(33, 127)))) + word[place + rng.randrange(2) :]
    elif kind == 10 and rng.random() < 0.1:
        words[at : at + length] = words[at : at + length] * rng.choice((500, 5000))


def json_(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A few changes of values and keys; of the text where it is no JSON, and now and then where it is."""
    value = _loaded(content)
    if value is _NONE or rng.random() < 0.1:
        return text(rng, content, others)
    for _ in range(1 << rng.randrange(3)):
        value = change_value(rng, value)
    return dumped(rng, value)


def lines(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """JSON lines: one of them changed, left out, said twice, or torn."""
    found = content.split(b"\n")
    at, kind = rng.randrange(len(found)), rng.randrange(8)
    if kind == 0:
        del found[at]
    elif kind == 1:
        found[at:at] = [found[at]]
    elif kind == 2:
        found[at:] = [found[at][: rng.randrange(len(found[at]) + 1)]]
    elif kind == 3:
        return text(rng, content, others)
    else:
        found[at] = json_(rng, found[at], others)
    return rng.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r")).join(found)


_NONE = object()


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _NONE


def dumped(rng: Random, value: Any) -> bytes:
    """A value as JSON, in ASCII or not; now and then with a part that is nested deeper than Python reads."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.01:
        place = rng.choice([0, *(found.end() for found in re.finditer(": ", text))])
        text = text[:place] + "[" * rng.choice((500, 5000, 100_000)) + text[place:]
    return text.encode("utf-8", "surrogatepass")


def change_value(rng: Random, value: Any) -> Any:
    """JSON values with one place changed; the value itself is left as it was."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        found = dict(value)
        key = rng.choice(list(found))
        kind = rng.random()
        if kind < 0.1:
            del found[key]
        elif kind < 0.15:
            found[rng.choice((*ODD, key + "x", *found))] = found.pop(key)
        elif kind < 0.2:
            found[rng.choice((*ODD, *found))] = rng.choice(VALUES)
        else:
            found[key] = change_value(rng, found[key])
        return found
    if isinstance(value, list) and value and rng.random() < 0.85:
        items, at = list(value), rng.randrange(len(value))
        kind = rng.random()
        if kind < 0.15:
            del items[at]
        elif kind < 0.3:
            items.insert(at, rng.choice((items[at], *VALUES)))
        elif kind < 0.35:
            items = items * rng.choice((2, 50))
        else:
            items[at] = change_value(rng, items[at])
        return items[:5000]
    kind = rng.random()
    if kind < 0.03:
        for _ in range(rng.choice((1, 3, 200))):
            value = [value]
        return value
    if isinstance(value, str) and kind < 0.5:
        return text(rng, value.encode("utf-8", "surrogatepass"), [b"a"]).decode("utf-8", "replace")
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and kind < 0.5:
        return rng.choice((value + 1, value - 1, -value, value / 2, f"{value:g}", rng.randrange(-5, 300)))
    return rng.choice(VALUES)
