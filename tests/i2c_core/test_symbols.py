"""Signatures: the table prints itself, and what cannot mean anything is told with its line."""

from __future__ import annotations

import pytest

from i2c_core.errors import SignatureError
from i2c_core.symbols import Signature

TABLE = """\
if    : (Bool, t, t) -> t for t in Expr, Fig
eq    : (u, u) -> Bool for u in Coord, Expr
add   : (Expr, Term) -> Expr
num   : (Coord) -> Term
x, y  : Term
Bool  = no | yes
Coord = 1..3
Angle = 0.0..360.0 in 4 bins
line  : (x1: Coord, angle: Angle, value: Expr) -> Command
fig   : (List[Command, 1..2]) -> Fig
Expr  > Term
"""


def test_the_table_prints_itself() -> None:
    assert Signature.parse(TABLE).show() == TABLE


def test_comments_and_blank_lines_mean_nothing() -> None:
    assert Signature.parse(f"# a comment\n\n{TABLE}  # the end\n").show() == TABLE


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "",
            "the signature declares no symbol\n"
            "  -> write name : (Type, Type) -> Type, Name = 1..15, or Name = this | that",
        ),
        (
            "what is this",
            "signature, line 1: 'what is this' declares nothing\n"
            "  -> write name : (Type, Type) -> Type, Name = 1..15, or Name = this | that",
        ),
        ("B : Image\nB : Image", "symbol 'B' is declared twice\n  -> give each symbol a name of its own"),
        (
            "h : (Imag, Image) -> Image",
            "unknown type 'Imag' at argument 1 of h\n  -> did you mean 'Image'?",
        ),
        (
            "c : (Where) -> Image\nB : Image",
            "unknown type 'Where' at argument 1 of c\n  -> declare a symbol of type Where, or Where = 1..15",
        ),
        (
            "eq : (t, t) -> Bool\nBool = no | yes",
            "type variable 't' at argument 1 of eq is not fixed by the result Bool\n"
            "  -> list its range: ... for t in TypeA, TypeB",
        ),
        (
            "B : Image\nCoord = 5..1",
            "signature, line 2: '5..1' is an empty range\n  -> write low..high with low <= high",
        ),
        (
            "B : Image\nAngle = 1.0..1.0 in 3 bins",
            "signature, line 2: '1.0..1.0 in 3 bins' is an empty range\n"
            "  -> write low..high in n bins with low < high and n > 0",
        ),
        (
            "B : Image\nC = 1..2\nC = 1..3",
            "signature, line 3: type 'C' is declared twice\n  -> keep one of the two lines",
        ),
        ("B : Image\nImage > Thing", "unknown type 'Thing' in 'Image > Thing'\n  -> declare it"),
    ],
)
def test_what_means_nothing_is_told(table: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Signature.parse(table)
    assert str(caught.value) == message


def test_an_unknown_symbol_gets_the_closest_one() -> None:
    signature = Signature.parse("circle : Image\nB : Image")
    with pytest.raises(SignatureError, match="did you mean 'circle'"):
        signature["circl"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "1 : (Num, Num) -> Num\nNum = 1..3",
            "symbol '1 : (Num, Num) -> Num' is named like a literal of 'Num = 1..3'\n"
            "  -> rename it: one token cannot be both",
        ),
        (
            "no : (Bool) -> Bool\nBool = no | yes",
            "symbol 'no : (Bool) -> Bool' is named like a literal of 'Bool = no | yes'\n"
            "  -> rename it: one token cannot be both",
        ),
        (
            "cons : (Dot, Dot) -> Dot\ndot : Dot\nfigure : (List[Dot]) -> Figure",
            "symbol 'cons : (Dot, Dot) -> Dot' is named like 'cons : (first: t, rest: List[t]) -> List[t]', "
            "which lists bring along\n  -> rename it: one token cannot be both",
        ),
        (
            "nil : Dot\nfigure : (List[Dot]) -> Figure",
            "symbol 'nil : Dot' is named like 'nil : List[t]', which lists bring along\n"
            "  -> rename it: one token cannot be both",
        ),
    ],
)
def test_one_token_has_one_meaning(text: str, told: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Signature.parse(text)
    assert str(caught.value) == told
    assert Signature.parse("cons : (Dot, Dot) -> Dot\nnil : Dot").names() == ["cons", "nil"]
