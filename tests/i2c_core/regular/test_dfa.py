"""What an automaton says of its language, against enumeration."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.regular import Dfa, compile, default_alphabet, of_words
from i2c_core.regular.minimal import minimal

WORDS = st.sets(st.text("abc", max_size=4), max_size=8)


def short(dfa: Dfa, longest: int) -> set[str]:
    every = (map("".join, itertools.product(dfa.alphabet, repeat=n)) for n in range(longest + 1))
    return {word for words in every for word in words if dfa.matches(word)}


@given(WORDS)
def test_finite_languages(words: set[str]) -> None:
    dfa = of_words(words, "abc")
    assert dfa.words(100) == (sorted(words, key=lambda w: (len(w), w)), True)
    assert dfa.longest == max(map(len, words), default=-1)
    assert (dfa.is_finite, dfa.is_empty) == (True, not words)
    for prefix in {w[:i] for w in words for i in range(5)} | {"ca"}:
        assert dfa.extends(prefix) == any(w.startswith(prefix) and w != prefix for w in words)
        left = [len(w) - len(prefix) for w in words if w.startswith(prefix)]
        state = dfa.state(prefix)
        assert (state >= 0 and dfa.shortest[state] >= 0) == bool(left)
        assert not left or dfa.shortest[state] == min(left)


@given(WORDS, WORDS)
def test_products(left: set[str], right: set[str]) -> None:
    one, other = of_words(left, "abc"), of_words(right, "abc")
    assert one.intersect(other) == of_words(left & right, "abc")
    assert one.minus(other) == of_words(left - right, "abc")


def test_products_over_different_alphabets() -> None:
    one, other = compile("[ab]*", alphabet="ab"), compile("[bc]+", alphabet="cb")
    assert one.intersect(other) == compile("b+", alphabet="b")
    assert one.minus(other) == compile("b*a[ab]*|", alphabet="ab")
    assert other.minus(one) == compile("b*c[bc]*", alphabet="cb")


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_minimal_automata(states: int, random: object) -> None:
    choose = random.choice  # type: ignore[attr-defined]
    step = [[choose(range(-1, states)) for _ in "ab"] for _ in range(states)]
    accepting = [choose([True, False]) for _ in range(states)]
    dfa = Dfa(("a", "b"), *minimal(step, accepting))
    plain = Dfa(("a", "b"), tuple(map(tuple, step)), tuple(accepting))
    longest = 2 * states  # texts that tell two states of both apart are shorter than the states of both together
    assert short(dfa, min(longest, 8)) == short(plain, min(longest, 8))
    ends = {tuple(sorted(short(Dfa(dfa.alphabet, rotated(dfa, s), swapped(dfa, s)), 6))) for s in range(len(dfa.step))}
    assert len(ends) == len(dfa.step), "two states of one future"
    assert dfa.is_empty or min(dfa.shortest) >= 0
    again = Dfa(("a", "b"), *minimal(dfa.step, dfa.accepting))
    assert again == dfa


def rotated(dfa: Dfa, start: int) -> tuple[tuple[int, ...], ...]:
    """The table with `start` and 0 exchanged."""
    name = {start: 0, 0: start}
    rows = [tuple(name.get(target, target) for target in row) for row in dfa.step]
    rows[0], rows[start] = rows[start], rows[0]
    return tuple(rows)


def swapped(dfa: Dfa, start: int) -> tuple[bool, ...]:
    ends = list(dfa.accepting)
    ends[0], ends[start] = ends[start], ends[0]
    return tuple(ends)


def test_equal_languages_are_equal_automata() -> None:
    assert compile("(?:a|b)*?b", alphabet="ab") == compile("a*b", alphabet="ab")
    assert compile("(?!aa$)a*|aa", alphabet="ab") == compile("a*", alphabet="ab")
    assert hash(compile("a", alphabet="ab")) == hash(compile("a|ab", alphabet="ab"))


def test_words_of_infinite_languages() -> None:
    dfa = compile("(?:aa)+b?", alphabet="ab")
    assert dfa.words(5) == (["aa", "aab", "aaaa", "aaaab", "aaaaaa"], False)
    assert dfa.words(9, longest=4) == (["aa", "aab", "aaaa", "aaaab"][:3], False)
    assert (dfa.longest, dfa.is_finite, dfa.words(0)) == (None, False, ([], False))


def test_exactly_as_many_words_as_asked() -> None:
    assert compile("[ab]", alphabet="ab").words(2) == (["a", "b"], True)
    assert compile("[ab]", alphabet="ab").words(1) == (["a"], False)


def test_letters_that_are_none() -> None:
    dfa = compile("a*", alphabet="ab")
    assert (dfa.matches("ac"), dfa.extends("c"), dfa.state("b")) == (False, False, -1)


def test_the_empty_language() -> None:
    dfa = compile("a(?!)", alphabet="ab")
    assert dfa == Dfa(("a", "b"), ((-1, -1),), (False,))
    assert (dfa.is_empty, dfa.shortest, dfa.words(5), dfa.extends("")) == (True, (-1,), ([], True), False)


@pytest.mark.parametrize(
    ("pattern", "beyond"),
    [
        ("a", ""),
        (r"(.|\n)*", "\n"),
        (r"#[^\n]*", ""),
        (r"[ \t\f]+", "\t\x0c"),
        (r"\s+", ""),
        (r"[^\S ]x", "\n\t\r\x0b\x0c"),
        ("[é-ë]", "éêë"),
        ("(?i:é)", "Éé"),
        ("[一-鿿]", "一鿿"),
        ("(?!\x01)a", ""),
    ],
)
def test_default_alphabets(pattern: str, beyond: str) -> None:
    assert "".join(default_alphabet(pattern)[95:]) == beyond
