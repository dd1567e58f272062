"""All terminals of the grammars that come with Lark, against `re.match`."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import lark
import pytest
from lark.load_grammar import load_grammar

from i2c_core import regular

GRAMMARS = Path(lark.__file__).parent / "grammars"
ORDINARY = "aeEr_09+-.\"'\\/*#$ \n\t"


def terminals(name: str) -> dict[str, str]:
    path = GRAMMARS / f"{name}.lark"
    grammar, _ = load_grammar(path.read_text(encoding="utf-8"), str(path), [], False)
    return {t.name: t.pattern.to_regexp() for t in grammar.compile(["start"], "*")[0]}


@pytest.mark.parametrize("name", ["common", "lark", "python", "unicode"])
def test_all_terminals(name: str) -> None:
    found = terminals(name)
    begun = time.perf_counter()
    automata = {terminal: regular.compile(pattern) for terminal, pattern in found.items()}
    assert time.perf_counter() - begun < 0.5
    choose = random.Random(0)
    for terminal, dfa in automata.items():
        matching = re.compile(found[terminal])
        words = dfa.words(40)[0]
        letters = [c for c in dfa.alphabet if c in ORDINARY or not c.isascii()]
        around = [
            w[:i] + c + w[i + d :]
            for w in words
            for i in range(len(w) + 1)
            for c in ("", "a", '"', "\\")
            for d in (0, 1)
        ]
        drawn = ["".join(choose.choices(letters, k=choose.randint(0, 8))) for _ in range(300)]
        walks = [walk(dfa, choose) for _ in range(30)]
        for text in [*words, *around, *drawn, *walks]:
            match = matching.match(text)
            whole = match is not None and match.end() == len(text)
            assert dfa.matches(text) == (whole and set(text) <= set(dfa.alphabet)), (terminal, text)
        assert all(dfa.matches(text) for text in [*words, *walks]), terminal


def walk(dfa: regular.Dfa, choose: random.Random) -> str:
    """A random word: letters at random, and in the end the shortest way out."""
    state, text, least = 0, "", choose.randint(0, 12)
    while not dfa.accepting[state] or len(text) < least:
        ways = [(c, t) for c, t in zip(dfa.alphabet, dfa.step[state], strict=True) if t >= 0]
        if len(text) >= least:
            ways = [(c, t) for c, t in ways if dfa.shortest[t] < dfa.shortest[state]]
        if not ways:
            break
        letter, state = choose.choice(ways)
        text += letter
    return text


def test_states_of_known_terminals() -> None:
    assert len(regular.compile(terminals("common")["ESCAPED_STRING"]).step) == 4
    assert len(regular.compile(terminals("common")["C_COMMENT"]).step) == 5
    operator = regular.compile(terminals("lark")["OP"])
    assert operator.words(9) == (["*", "+", "?"], True)  # the lookahead holds where the text ends
