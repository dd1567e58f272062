"""Programs: immutable, hashable, type-checked when made, of any depth."""

from __future__ import annotations

import pickle

import pytest

from i2c_core.errors import ProgramError
from i2c_core.programs import Program, fits, text_of, text_program
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type
from i2c_core.vocabulary import Vocabulary
from tests.i2c_core.test_symbols import TABLE

SIGNATURE = Signature.parse(TABLE)
SPLITS = Signature.parse("h, v : (Image, Image) -> Image\nB, W : Image")


def P(name: str, *args: Program, value: float | None = None) -> Program:
    return Program(SIGNATURE, name, args, value)


def figure() -> Program:
    line = P("line", P("2"), P("Angle:1", value=100.0), P("add", P("x"), P("num", P("3"))))
    return P("fig", P("cons", line, P("nil")))


def test_programs_are_values() -> None:
    assert figure() == figure()
    assert hash(figure()) == hash(figure())
    assert len({figure(), figure(), P("x")}) == 2
    assert pickle.loads(pickle.dumps(figure())) == figure()  # process pools send them
    assert (figure().size, figure().depth) == (10, 6)


def test_programs_are_immutable() -> None:
    program = P("x")
    with pytest.raises(AttributeError, match="immutable"):
        program.value = 3.0
    with pytest.raises(AttributeError, match="immutable"):
        del program.args


def test_tree_shows_a_symbol_a_line() -> None:
    assert figure().tree() == (
        "fig\n  cons\n    line\n      2\n      Angle:1 = 100.0\n      add\n        x\n        num\n          3\n    nil"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: P("add", P("x"), P("add", P("x"), P("x"))),
            "expected Term, got Expr at argument 2 of add\n  -> its type is (Expr, Term) -> Expr",
        ),
        (
            lambda: P("num", P("no")),
            "expected Coord, got no at argument 1 of num\n  -> its type is (Coord) -> Term",
        ),
        (lambda: P("add", P("x")), "add takes 2 arguments, got 1\n  -> its type is (Expr, Term) -> Expr"),
        (
            lambda: P("fig", P("nil")),
            "expected List[Command, 1..2], got List[t] at argument 1 of fig\n"
            "  -> its type is (List[Command, 1..2]) -> Fig",
        ),
        (
            lambda: P("Angle:1", value=10.0),
            "10 is not in bin 1 of Angle\n  -> use its own bin, or no value",
        ),
        (lambda: P("x", value=1.0), "x takes no value, got 1\n  -> values belong to continuous types only"),
    ],
)
def test_what_is_not_well_typed_is_told(make: object, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value) == message


def test_a_continuous_literal_without_value_means_its_bin_s_centre() -> None:
    assert P("Angle:1").value == 135.0


def test_a_deep_program_is_as_welcome_as_a_small_one() -> None:
    vocabulary = Vocabulary(SPLITS, Type("Image"))
    ids = vocabulary.names_to_ids(["h"] * 20_000 + ["B"] * 20_001)
    deep = vocabulary.decode(ids)
    assert (deep.size, deep.depth) == (40_001, 20_001)
    assert vocabulary.encode(deep).ids == tuple(ids)
    assert deep == vocabulary.decode(ids)


SCOPES = Signature.parse("""
program : (Stmt[0]) -> Program
for     : (n: Count, body: Stmt[s+1]) -> Stmt[s]
set     : (Expr[s]) -> Stmt[s]
use     : (k: Index[0..s-1]) -> Expr[s]
fresh   : (Stmt[0]) -> Expr[s]
Count   = 1..3
s       = 0..2
""")


def scoped(text: str) -> Program:
    done: list[Program] = []
    for name in reversed(text.split()):
        arity = SCOPES[name].arity
        args = tuple(done.pop() for _ in range(arity))
        done.append(Program(SCOPES, name, args))
    return done[0]


def test_an_index_is_checked_where_a_number_is_wanted() -> None:
    assert scoped("program for 2 for 3 set use 1").size == 8
    assert fits(scoped("for 2 set use 0"), parse_type("Stmt[0]"))
    assert not fits(scoped("for 2 set use 1"), parse_type("Stmt[0]"))
    assert not fits(scoped("for 1 set use 0"), parse_type("Stmt[2]"))  # Stmt[3] is beyond the bound
    with pytest.raises(ProgramError) as caught:
        scoped("program for 2 set use 1")
    assert str(caught.value) == (
        "expected Stmt[0], got Stmt[s] at argument 1 of program\n  -> its type is (Stmt[0]) -> Program"
    )


def test_a_chain_of_checked_arguments_costs_its_length() -> None:
    deep = scoped("set fresh " * 20_000 + "for 1 set use 0")
    assert deep.depth == 40_004


RELATED = Signature.parse("""
box   : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord >= y1 + 2 <= y1 + 4) -> Box
shade : (a: Grey, b: Grey > a, c: Grey <= b - 1) -> Box
turn  : (a: Angle, b: Angle > a, c: Angle >= a + 2) -> Box
Coord = 0..9
Grey  = black | dark | light | white
Angle = 0.0..8.0 in 4 bins
""")


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("box", "1 2 2 4", ""),
        ("box", "5 2 3 4", "expected x2 > x1 = 5, got 3 at argument 3 of box"),
        ("box", "5 2 6 3", "expected y2 >= y1 + 2 = 4, got 3 at argument 4 of box"),
        ("box", "5 2 6 7", "expected y2 <= y1 + 4 = 6, got 7 at argument 4 of box"),
        ("shade", "dark light black", ""),
        ("shade", "light dark black", "expected b > a = light, got dark at argument 2 of shade"),
        ("shade", "dark light light", "expected c <= b - 1 = dark, got light at argument 3 of shade"),
        ("turn", "Angle:0 Angle:1 Angle:2", ""),
        ("turn", "Angle:1 Angle:1 Angle:3", "expected b > a = Angle:1, got Angle:1 at argument 2 of turn"),
        ("turn", "Angle:0 Angle:1 Angle:1", "expected c >= a + 2, a = Angle:0, got Angle:1 at argument 3 of turn"),
    ],
)
def test_an_argument_stands_as_it_must_to_another(name: str, args: str, told: str) -> None:
    parts = tuple(Program(RELATED, a) for a in args.split())
    if not told:
        assert Program(RELATED, name, parts).size == 1 + len(parts)
        return
    with pytest.raises(ProgramError) as caught:
        Program(RELATED, name, parts)
    assert str(caught.value) == f"{told}\n  -> its type is {RELATED[name].type}"


TEXTS = Signature.parse("""
var   : (Name) -> Expr
same  : (t, t) -> Expr for t in Name, Value
if    : (Bool, t, t) -> t
Name  = /[a-z][a-z0-9]*/ except if
Bool  = no | yes
Value > Number, Bool
Number = /[1-9][0-9]*/
""")


def T(name: str, *args: Program) -> Program:
    return Program(TEXTS, name, args)


def test_a_text_is_a_chain_of_characters() -> None:
    text = text_program(TEXTS, "ab1")
    assert [n.name for n in text.nodes()] == ["'a'", "'b'", "'1'", "''"]
    assert text_of(text) == "ab1"
    assert text_of(text_program(TEXTS, "")) == ""
    assert text_of(text_program(TEXTS, "a" * 50_000)) == "a" * 50_000
    assert pickle.loads(pickle.dumps(T("var", text))) == T("var", text)
    with pytest.raises(ProgramError) as caught:
        text_of(T("var", text))
    assert str(caught.value) == "var is no character of a text\n  -> ask for the text of a program of characters"


def test_a_text_fits_its_language() -> None:
    assert T("same", text_program(TEXTS, "12"), T("no")).size == 5
    assert T("var", T("if", T("no"), text_program(TEXTS, "x"), text_program(TEXTS, "y"))).size == 7
    for make, told in [
        (
            lambda: T("var", text_program(TEXTS, "1a")),
            "expected Name, got text '1a' at argument 1 of var\n  -> its type is (Name) -> Expr",
        ),
        (
            lambda: T("var", text_program(TEXTS, "if")),
            "expected Name, got text 'if' at argument 1 of var\n  -> its type is (Name) -> Expr",
        ),
        (
            lambda: T("var", T("no")),
            "expected Name, got no at argument 1 of var\n  -> its type is (Name) -> Expr",
        ),
        (
            lambda: Program(SIGNATURE, "num", (P("x"),)),
            "expected Coord, got Term at argument 1 of num\n  -> its type is (Coord) -> Term",
        ),
        (
            lambda: T("same[Value]", text_program(TEXTS, "12"), text_program(TEXTS, "a")),
            "expected Value, got text 'a' at argument 2 of same[Value]\n  -> its type is (Value, Value) -> Expr",
        ),
    ]:
        with pytest.raises(ProgramError) as caught:
            make()
        assert str(caught.value) == told
