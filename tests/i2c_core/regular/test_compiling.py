"""Automata against `re.match`, on all short texts over small alphabets."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from i2c_core import regular
from i2c_core.errors import RegularError

SMALL = "ab\n"


def texts(alphabet: str, longest: int) -> Iterator[str]:
    for length in range(longest + 1):
        yield from map("".join, itertools.product(alphabet, repeat=length))


def taken(pattern: str, flags: int, text: str, before: str = "") -> bool:
    """The oracle: whether a lexer that stands after `before` takes all of a text."""
    found = re.compile(pattern, flags).match(before + text, len(before))
    return found is not None and found.end() == len(before) + len(text)


def differing(pattern: str, flags: int = 0, alphabet: str = SMALL, longest: int = 5) -> list[str]:
    found = regular.compile(pattern, flags, alphabet)
    return [t for t in texts(alphabet, longest) if found.matches(t) != taken(pattern, flags, t)]


def widen(parts: st.SearchStrategy[str], fixed: bool) -> st.SearchStrategy[str]:
    counts = ["{1}", "{2}"] if fixed else ["*", "+", "?", "{2}", "{0,2}", "{1,2}", "{2,}"]
    ends = [""] if fixed else ["", "?", "+"]
    marks = st.builds(str.__add__, st.sampled_from(counts), st.sampled_from(ends))
    ways = [
        st.lists(parts, min_size=2, max_size=3).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda several: f"(?:{'|'.join(several)})"),
        st.builds("(?:{}){}".format, parts, marks),
        st.builds("{}{})".format, st.sampled_from(["(?i:", "(?s:", "(?m:", "(?>"]), parts),
        st.builds("{}{})".format, st.sampled_from(["(?=", "(?!"]), parts),
    ]
    if not fixed:
        ways.append(st.builds("{}{})".format, st.sampled_from(["(?<=", "(?<!"]), FIXED))
    return st.one_of(ways)


CHARACTERS = ["a", "b", "ab", ".", "[ab]", "[^a]", r"\w", r"\W", r"\n", "A"]
FIXED = st.recursive(st.sampled_from(CHARACTERS), lambda parts: widen(parts, True), max_leaves=3)
PATTERNS = st.recursive(
    st.sampled_from([*CHARACTERS, "", r"\b", r"\B", "^", "$", r"\A", r"\Z"]),
    lambda parts: widen(parts, False),
    max_leaves=8,
)
FLAGS = st.sampled_from([0, 0, re.M, re.S, re.I, re.A])


def compiles(pattern: str, flags: int) -> bool:
    """Whether `re` takes a pattern: it wants lookbehinds of one width."""
    try:
        re.compile(pattern, flags)
    except re.error:
        return False
    return True


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(PATTERNS, FLAGS)
@example(r"(?:a|ab)(?:b|bab)", 0)  # the order of alternatives
@example(r"(?:|a)*b", 0)  # an iteration that may be empty
@example(r"(?:a*?)*?b", 0)
@example(r"(?:a|ab){2}+", 0)  # iterations of a possessive repeat do not give back either
@example(r"(?:(?>a.*b|a))*", 0)  # atomic groups within each other's rest
@example(r"(?=(?!b)a|b$).*", re.S)
@example(r"(?:(?<=a(?=b))b|a)*", 0)  # a lookahead in a lookbehind
@example(r"(?:(?<!(?<!a)a)b|a)*", 0)
@example(r"\B", 0)
def test_random_expressions(pattern: str, flags: int) -> None:
    assume(compiles(pattern, flags))
    try:
        assert differing(pattern, flags) == []
    except SystemError:  # `re` itself: a group's span is wrong
        assume(False)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(PATTERNS, FLAGS)
@example(r"(?<!a)b|\b\w", 0)
@example(r"^a|b", re.M)
def test_random_expressions_after_anything(pattern: str, flags: int) -> None:
    assume(compiles(pattern, flags))
    found = regular.compile(pattern, flags, SMALL, before="anything")
    befores = list(texts("ab\n?", 3))
    for text in texts(SMALL, 3):
        every = all(taken(pattern, flags, text, before) for before in befores)
        assert every or not found.matches(text), text
        if "(?<" not in pattern:  # a lookbehind may see more than the befores here hold
            assert found.matches(text) == every, text


@pytest.mark.parametrize(
    ("pattern", "flags", "alphabet"),
    [
        ("[k-s]+|ß|É", re.I, "kK\u212asSſßẞéÉx"),
        ("[^k]|ſt", re.I, "kK\u212asSſtT"),
        ("(?i:straße)", 0, "straßeSE"),
        (r"\w+|\d", re.A, "aé1٣ "),
        (r"\w+|\s\d\b", 0, "aé1٣ "),
        (r"(?a:\w)\w|(?u:\w)\W", 0, "aé "),
        (r"a  b # no more", re.X, "ab "),
        (r"[à-ü]+?é", 0, "àéüz"),
    ],
)
def test_case_and_unicode_are_those_of_re(pattern: str, flags: int, alphabet: str) -> None:
    assert differing(pattern, flags, alphabet, longest=3) == []


def test_excluded_words() -> None:
    found = regular.compile("[a-c]+", alphabet="abc", excluded=["ab", "c", "d"])
    assert [w for w in texts("abc", 2) if w and not found.matches(w)] == ["c", "ab"]
    assert found.matches("abc")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            r"(a|b)\1",
            "'(a|b)\\\\1' is not compiled: it refers back to a group, which is not regular\n"
            "  -> write out what may stand there",
        ),
        (
            "(a)?(?(1)b|c)",
            "'(a)?(?(1)b|c)' is not compiled: it asks whether a group matched\n  -> write both cases as alternatives",
        ),
        (
            ".*a.{20}",
            "'.*a.{20}' is not compiled: it needs more than 20,000 states\n  -> bound its repeats more tightly",
        ),
        (
            "a{100000}",
            "'a{100000}' is not compiled: the expression unrolls to more than 50,000 places\n  -> repeat less often",
        ),
        (
            "(?:a?){5000}",
            "'(?:a?){5000}' is not compiled: it is nested too deeply\n  -> write a simpler expression",
        ),
        (
            "(a",
            "'(a' is no regular expression: missing ), unterminated subpattern at position 0\n  -> see Python's `re`",
        ),
        (
            "(?<=a*)b",
            "'(?<=a*)b' is no regular expression: look-behind requires fixed-width pattern\n  -> see Python's `re`",
        ),
    ],
)
def test_what_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(RegularError) as raised:
        regular.compile(pattern)
    assert str(raised.value) == message


def test_the_bound_on_states() -> None:
    assert len(regular.compile("a{9}", most_states=10).step) == 10
    with pytest.raises(RegularError, match=re.escape("'a{10}' is not compiled: it needs more than 10 states")):
        regular.compile("a{10}", most_states=10)


@pytest.mark.parametrize(
    ("alphabet", "message"),
    [
        (["a", "bc"], "'bc' is no letter of an alphabet\n  -> letters are single characters"),
        ("aba", "the alphabet has 'a' twice\n  -> give each letter once"),
    ],
)
def test_alphabets_that_are_none(alphabet: str, message: str) -> None:
    with pytest.raises(RegularError) as raised:
        regular.compile("a", alphabet=alphabet)
    assert str(raised.value) == message


def test_an_empty_alphabet() -> None:
    assert regular.compile("a*", alphabet="").words(9) == ([""], True)
    assert regular.compile("a", alphabet="").is_empty


def seconds(patterns: list[str]) -> float:
    """The least of three runs: other work on the machine only adds."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        for pattern in patterns:
            regular.compile(pattern)
        best = min(best, time.perf_counter() - begun)
    return best


def test_comments_and_strings_take_milliseconds() -> None:
    assert seconds([r'".*?(?<!\\)(\\\\)*?"', r"/\*(.|\n)*?\*/"]) < 0.02


def test_a_large_expression_takes_less_than_a_second() -> None:
    words = sorted({f"{i * 7919 % 100_003:x}" for i in range(300)})
    assert seconds([rf"(?!(?:{'|'.join(words)})\b)[a-z]\w*", "[a-z]{1,500}"]) < 2
