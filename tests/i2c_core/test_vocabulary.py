"""Grounding: tokens, productions, shortest completions, and programs as token ids."""

from __future__ import annotations

import pytest

from i2c_core.errors import BudgetError, ProgramError, SignatureError
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type
from i2c_core.vocabulary import Vocabulary
from tests.i2c_core.test_programs import SIGNATURE, P, figure

VOCABULARY = Vocabulary(SIGNATURE, Type("Fig"))

TABLE = """\
type                 least  begins with
Fig                      7  if, fig
Bool                     1  eq[Coord], eq[Expr], no, yes
List[Command, 1..2]      6  cons
Coord                    1  1, 2, 3
Expr                     1  if, add, num, x, y
Command                  4  line
List[Command, 0..1]      1  cons, nil
Term                     1  num, x, y
Angle                    1  Angle:0, Angle:1, Angle:2, Angle:3
List[Command, 0..0]      1  nil
"""


def test_the_derived_table_is_golden() -> None:
    assert VOCABULARY.show() == TABLE


def test_encode_and_decode_are_inverses_with_values() -> None:
    program = P("if", P("eq[Coord]", P("1"), P("3")), figure(), figure())
    encoded = VOCABULARY.encode(program)
    assert encoded.values[8] == 100.0
    assert VOCABULARY.decode(encoded.ids, encoded.values) == program


def test_a_production_costs_what_it_adds_to_the_shortest_completion() -> None:
    least, production = VOCABULARY.least, VOCABULARY.production
    for y in range(len(VOCABULARY.types)):
        costs = [int(VOCABULARY.prod_cost[p]) for p in production[y] if p >= 0]
        assert min(costs) == 0  # the shortest program begins with some token
        assert least[y] < 100


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["fig"], "the program ends after 1 tokens, still open: List[Command, 1..2]\n"
                  "  -> List[Command, 1..2] begins with cons"),
        (["x"], "expected Fig, got x at token 1\n  -> Fig begins with if, fig"),
        (["fig", "nil"], "expected List[Command, 1..2], got nil at token 2\n"
                         "  -> List[Command, 1..2] begins with cons"),
        (["figg"], "unknown token 'figg'\n  -> did you mean 'fig'?"),
    ],
)  # fmt: skip
def test_tokens_that_are_no_program_are_told(tokens: list[str], message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        VOCABULARY.decode(VOCABULARY.names_to_ids(tokens))
    assert str(caught.value) == message


def test_tokens_behind_the_end_are_told() -> None:
    ids = VOCABULARY.encode(figure()).ids
    with pytest.raises(ProgramError, match="the program is complete after 10 tokens, got 11"):
        VOCABULARY.decode((*ids, 0))
    assert VOCABULARY.decode((*ids, VOCABULARY.pad, VOCABULARY.pad)).size == 10
    VOCABULARY.check(ids)
    with pytest.raises(ProgramError) as caught:
        VOCABULARY.check((*ids, 0))
    assert caught.value.fact == f"the program is complete after {len(ids)} tokens, got {len(ids) + 1}"


@pytest.mark.parametrize(
    ("table", "root", "message"),
    [
        ("a : (I) -> I", "I", "root type I can never end: each of its symbols (a) needs I\n"
                              "  -> declare a symbol of type I that needs none of them"),
        ("B : Image", "Imag", "unknown root type 'Imag'\n  -> did you mean 'Image'?"),
        ("a : (J) -> I\nb : (I) -> J", "I", "root type I can never end: each of its symbols (a) needs I or J\n"
                                            "  -> declare a symbol of type I that needs none of them"),
    ],
)  # fmt: skip
def test_a_root_without_end_is_told(table: str, root: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Vocabulary(Signature.parse(table), Type(root))
    assert str(caught.value) == message


def test_a_symbol_that_leads_nowhere_is_closed() -> None:
    vocabulary = Vocabulary(Signature.parse("loop : (Loop) -> Loop\nbad : (Loop) -> I\nB : I"), Type("I"))
    assert vocabulary.openings(0) == "B"


def test_a_budget_below_the_shortest_program_is_told() -> None:
    with pytest.raises(BudgetError) as caught:
        VOCABULARY.require_budget(6)
    assert str(caught.value) == (
        "a budget of 6 tokens is below the shortest Fig, which has 7\n  -> use a budget of at least 7"
    )


def test_grounding_beyond_its_bound_names_the_symbol() -> None:
    signature = Signature.parse("draw : (List[Image, 0..5000]) -> Image\nB : Image")
    with pytest.raises(
        SignatureError, match=r"grounding '(cons|nil)' at List\[Image, .*\] makes more than 1,000 produc"
    ):
        Vocabulary(signature, Type("Image"), max_productions=1000)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("0..10000000000", "'Num = 0..10000000000' has 10,000,000,001 values, room is left for 999,999 productions"),
        ("0.0..1.0 in 2000000 bins",
         "'Num = 0.0..1.0 in 2000000 bins' has 2,000,000 values, room is left for 999,999 productions"),
    ],
)  # fmt: skip
def test_a_range_too_large_is_told_before_it_is_spelt_out(kind: str, fact: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Vocabulary(Signature.parse(f"dot : (Num) -> Image\nNum = {kind}"), Type("Image"))
    assert str(caught.value) == f"{fact}\n  -> narrow the range, or write its numbers digit by digit"


def test_the_fingerprint_is_of_what_the_root_reaches() -> None:
    base = "h : (Image, Image) -> Image\nB : Image\n"
    root = parse_type("Image")
    one = Vocabulary(Signature.parse(base), root).fingerprint
    assert Vocabulary(Signature.parse(base + "loop : (Image) -> Block\n"), root).fingerprint == one
    assert Vocabulary(Signature.parse(base + "W : Image\n"), root).fingerprint != one
