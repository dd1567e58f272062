"""Expressions written anew for llguidance mean what Python's mean; what cannot be written is named."""

from __future__ import annotations

import itertools
import random
import re
from typing import NamedTuple

import pytest
from llg import Guide

from i2c_core.interop.patterns import automaton_pattern, rust_pattern

SAME = {
    r"[a-c]+x{,2}": 0,
    r"\d+(\.\d+)?([eE][+-]?\d+)?": 0,
    r"\"[^\"]*\"": 0,
    r"a|bc|(?:de)+": 0,
    r"select": re.I,
    r"(?i:ab)c": 0,
    r"[^\n]*": 0,
    r".": re.S,
    r"..": 0,
    r"[\w.-]+": 0,
    r"[^\W\d]\w*": 0,
    r"//[^\n]*": 0,
    r"[\]\\^-]+": 0,
    r"é+|[α-ω]": 0,
    r"(ab){2,3}c{2}d{2,}": 0,
    r"\s+\S": re.A,
    r" a  b # not this": re.X,
}


@pytest.mark.parametrize("pattern", SAME)
def test_what_can_be_written_means_the_same(pattern: str) -> None:
    flags, rng = SAME[pattern], random.Random(0)
    text, missing = rust_pattern(pattern, flags)
    assert missing == ()
    guide = Guide(f"start: T\nT: /{text}/\n")
    samples = ["select", "SeLect", "ababccdd", "abababccddd", "1.5e-3", "12", "aab", "//x", '"ab"', "aBc", "ab", "aax"]
    samples += ["".join(rng.choices('abcdex01.\\"]^-/ \nSsLéα_+', k=rng.randint(1, 6))) for _ in range(200)]
    for sample in samples:
        assert guide.accepts(sample) == (re.fullmatch(pattern, sample, flags) is not None), sample


MISSING = {
    r"a(?=b)": "a lookahead",
    r"a(?<!b)": "a lookbehind",
    r"(a)\1": "a back reference",
    r"^a": "an anchor",
    r"a++": "a possessive quantifier",
}


@pytest.mark.parametrize("pattern", MISSING)
def test_what_is_left_out_is_named(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.interop.patterns._compiled", lambda *_: None)
    assert rust_pattern(pattern)[1] == (MISSING[pattern],)


class Machine(NamedTuple):
    alphabet: tuple[str, ...]
    step: tuple[tuple[int, ...], ...]
    accepting: tuple[bool, ...]

    def takes(self, text: str) -> bool:
        state = 0
        for letter in text:
            state = self.step[state][self.alphabet.index(letter)]
            if state < 0:
                return False
        return self.accepting[state]


@pytest.mark.parametrize("seed", range(60))
def test_an_automaton_as_an_expression(seed: int) -> None:
    rng = random.Random(seed)
    letters, states = ("a", "b", "|")[: rng.randint(1, 3)], rng.randint(1, 5)
    step = tuple(tuple(rng.choice([-1, *range(states)]) for _ in letters) for _ in range(states))
    machine = Machine(letters, step, (*(rng.random() < 0.4 for _ in range(states - 1)), True))
    texts = ["".join(t) for size in range(7) for t in itertools.product(letters, repeat=size)]
    if not any(map(machine.takes, texts)):
        return
    compiled = re.compile(automaton_pattern(machine))
    for text in texts:
        assert (compiled.fullmatch(text) is not None) == machine.takes(text), (compiled.pattern, text)


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [(r'".*?(?<!\\)(\\\\)*?"', 0), (r"\/\*(.|\n)*?\*\/", 0), (r"[?](?![a-z])", 0), (r"a(?=b)b", 0), (r"a|ab|\?", 0)],
)
def test_what_stays_regular_is_compiled(pattern: str, flags: int) -> None:
    pytest.importorskip("i2c_core.regular")
    text, missing = rust_pattern(pattern, flags)
    assert missing == ()
    guide, rng = Guide(f"start: T\nT: /{text}/\n"), random.Random(0)
    taken = 0
    for _ in range(3000):
        sample = "".join(rng.choices('"\\/*ab?', k=rng.randint(1, 7)))
        found = re.match(pattern, sample, flags)
        wanted = found is not None and found.end() == len(sample)
        taken += wanted
        assert guide.accepts(sample) == wanted, sample
    assert taken
