"""Following an automaton in plain Python, against the oracle, in folded form and with registers."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signatures import signatures

from i2c_core.automata import FOLD, compile_vocabulary
from i2c_core.automata.following import Position, follow
from i2c_core.errors import BudgetError, ProgramError, SignatureError
from i2c_core.masks import Oracle
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

LANGUAGES = {
    "plain": ("Image", "h : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"),
    "relations": ("Box", "box : (x: N, y: N > x, z: N >= y - 1 <= y + 2) -> Box\nN = 1..5"),
    "strict": ("List[Dot, 1..4, <]", "dot : (x: N, y: N) -> Dot\nN = 1..3"),
    "increasing": ("List[Dot, 0..3, <=]", "dot : (x: N) -> Dot\nbar : (x: N, y: N > x) -> Dot\nN = 1..3"),
    "chain": (
        "Row",
        "put : (first: Dot, rest: Row) -> Row order first < rest.first\nend : Row\ndot : (x: N, y: N) -> Dot\nN = 1..3",
    ),
}


def vocabulary_of(language: str) -> Vocabulary:
    root, text = LANGUAGES[language]
    return Vocabulary(Signature.parse(text), parse_type(root))


def open_in(position: Position) -> set[str]:
    return {c.token for c in position.choices if c.open}


@pytest.mark.parametrize("fold", [FOLD, 0])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_what_the_oracle_opens(language: str, fold: int) -> None:
    vocabulary = vocabulary_of(language)
    automaton, oracle = compile_vocabulary(vocabulary, fold), Oracle(vocabulary.signature, vocabulary.root)
    shortest, rng = int(automaton.least[1]), random.Random(0)
    for _ in range(60):
        budget, prefix = shortest + rng.randrange(12), list[str]()
        while True:
            position = follow(automaton, prefix, budget)
            assert open_in(position) == oracle.legal_tokens(prefix, budget), (prefix, budget)
            assert position.needed == position.left - position.slack <= position.left
            if not position.stack:
                break
            prefix.append(rng.choice(sorted(open_in(position))))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(signatures(), st.sampled_from([FOLD, 0]), st.randoms(use_true_random=False))
def test_it_opens_what_the_oracle_opens_in_random_signatures(
    drawn: tuple[str, str], fold: int, rng: random.Random
) -> None:
    try:
        vocabulary = Vocabulary(Signature.parse(drawn[0]), parse_type(drawn[1]))
        automaton = compile_vocabulary(vocabulary, fold)
    except SignatureError:
        return
    oracle = Oracle(vocabulary.signature, vocabulary.root)
    budget, prefix = int(automaton.least[1]) + rng.randrange(6), list[str]()
    while open_ := oracle.legal_tokens(prefix, budget):
        assert open_in(follow(automaton, prefix, budget)) == open_, (prefix, budget)
        prefix.append(rng.choice(sorted(open_)))
    assert not follow(automaton, prefix, budget).stack


def test_it_says_why_a_token_is_closed() -> None:
    automaton = compile_vocabulary(vocabulary_of("relations"), 0)
    position = follow(automaton, ["box", "2", "4"], 4)
    assert [(c.token, c.cost, c.closed) for c in position.choices] == [
        ("box", None, f"no {position.stack[0]} begins with it"),
        ("1", 0, "expected a value from 3 to 5"),
        ("2", 0, "expected a value from 3 to 5"),
        ("3", 0, ""),
        ("4", 0, ""),
        ("5", 0, ""),
    ]
    plain = follow(compile_vocabulary(vocabulary_of("plain")), ["h"], 4)
    assert (plain.stack, plain.slack, plain.left, plain.needed) == (("Image", "Image"), 1, 3, 2)
    assert [(c.token, c.opens, c.cost, c.closed) for c in plain.choices] == [
        ("h", ("Image", "Image"), 2, "costs 2, the slack is 1"),
        ("q", ("Image",) * 4, 4, "costs 4, the slack is 1"),
        ("B", (), 0, ""),
        ("W", (), 0, ""),
    ]
    assert {c.token for c in plain.narrowed({"B"}, "by a rule").choices if c.open} == {"B"}


@pytest.mark.parametrize(
    ("prefix", "budget", "kind", "text"),
    [
        (["h", "X"], 9, ProgramError, "unknown token 'X' at place 2\n  -> its tokens are h, q, B, W"),
        (["h", "b"], 9, ProgramError, "unknown token 'b' at place 2\n  -> did you mean 'B'?"),
        (["B", "W"], 9, ProgramError, "the program is complete after 1 tokens, got 2\n  -> drop the tokens behind it"),
        (["h", "q"], 4, ProgramError, "token 2, 'q', is closed: costs 4, the slack is 1\n  -> open here: B, W"),
        ([], 0, BudgetError,
         "a budget of 0 tokens is below the shortest Image, which has 1\n  -> use a budget of at least 1"),
    ],
)  # fmt: skip
def test_prefixes_that_begin_no_program(prefix: list[str], budget: int, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        follow(compile_vocabulary(vocabulary_of("plain")), prefix, budget)
    assert str(caught.value) == text
