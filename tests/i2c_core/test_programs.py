"""Programs: immutable, hashable, type-checked when made, of any depth."""

from __future__ import annotations

import pickle

import pytest

from i2c_core.errors import ProgramError
from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_core.types import Type
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
    ids = vocabulary.names_to_ids(["h"] * 50_000 + ["B"] * 50_001)
    deep = vocabulary.decode(ids)
    assert (deep.size, deep.depth) == (100_001, 50_001)
    assert vocabulary.encode(deep).ids == tuple(ids)
    assert deep == vocabulary.decode(ids)
