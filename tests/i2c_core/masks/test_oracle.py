"""The oracle itself, against every string of tokens there is, read by the vocabulary."""

from __future__ import annotations

import itertools

import pytest

from i2c_core.errors import ProgramError
from i2c_core.masks import Oracle, legal_tokens
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

LANGUAGES = {
    "splits": ("Image", "h : (Image, Image) -> Image\nB, W : Image", 5),
    "lists": ("List[Mark, 1..2]", "dot : Mark\npair : (Mark, Mark) -> Mark", 6),
    "generics": ("Bool", "if : (Bool, t, t) -> t\neq : (t, t) -> Bool for t in Two, Bool\nTwo = 1..2\nBool = yes", 4),
    "includes": (
        "Expr",
        "neg : (Expr) -> Term\nadd : (Term, Digit) -> Expr\nDigit = 0..1\nExpr > Term\nTerm > Digit",
        5,
    ),
    "bounded": ("Expr", "top : (Expr) -> Expr\nx : Term\npick : (t, t) -> t for t in Term\nExpr > Term", 5),
    "indexed": ("T", "open : (Box[t]) -> t for t in T\nwrap : (t) -> Box[t]\nt0 : T", 5),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_what_some_program_within_the_budget_needs(language: str) -> None:
    root, text, budget = LANGUAGES[language]
    signature = Signature.parse(text)
    vocabulary, oracle = Vocabulary(signature, parse_type(root)), Oracle(signature, root)
    programs = []
    for size in range(1, budget + 1):
        for names in itertools.product(vocabulary.tokens, repeat=size):
            try:
                vocabulary.decode(vocabulary.names_to_ids(names))
            except ProgramError:
                assert not oracle.is_program(names, budget)
            else:
                assert oracle.is_program(names, budget)
                programs.append(names)
    assert programs
    prefixes = {p[:n] for p in programs for n in range(len(p))}
    for prefix in prefixes:
        wanted = {p[len(prefix)] for p in programs if p[: len(prefix)] == prefix}
        assert oracle.legal_tokens(prefix, budget) == wanted


def test_a_prefix_of_no_program() -> None:
    signature = Signature.parse("h : (Image, Image) -> Image\nB, W : Image")
    with pytest.raises(ValueError, match="no program within 3 tokens begins with h h"):
        legal_tokens(signature, "Image", ["h", "h", "B"], budget=3)
    assert legal_tokens(signature, "Image", ["B"], budget=3) == set()
