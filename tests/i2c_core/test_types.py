"""Types: the parser and the printer are inverses, and errors say what to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import SignatureError
from i2c_core.types import Bounds, Increasing, Index, Span, Type, list_of, parse_type

SORTS = st.sampled_from(["Image", "Coord", "Stmt", "Other.Type", "other.Type", "other-two.Type"]).map(Type)
VARIABLES = st.sampled_from(["t", "u"]).map(Type)
INDICES = st.builds(Index, st.none() | st.sampled_from(["s", "n"]), st.integers(-9, 9))
INDEXED = st.builds(lambda args: Type("Stmt", tuple(args)), st.lists(INDICES, min_size=1, max_size=2)) | st.builds(
    lambda low, high: Type("Coord", (Span(low, high),)), INDICES, INDICES
)
ORDERS = st.none() | st.builds(Increasing, st.booleans())


def _lists(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    bounds = st.tuples(st.integers(0, 5), st.none() | st.integers(0, 5))
    return st.builds(
        lambda e, b, o: list_of(e, b[0], None if b[1] is None else b[0] + b[1], o), inner, bounds, ORDERS
    ) | st.builds(lambda args: Type("Pair", tuple(args)), st.lists(inner, min_size=1, max_size=3))


TYPES = st.recursive(SORTS | VARIABLES | INDEXED, _lists, max_leaves=5)


@given(TYPES)
def test_parse_and_show_are_inverses(type_: Type) -> None:
    assert parse_type(str(type_), indices={"s", "n"}) == type_


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("List", "'List' does not say what the list holds\n  -> write List[Type] or List[Type, 1..5]"),
        (
            "List[A, 5..2]",
            "'List[A, 5..2]' has no length that fits its bounds\n  -> write List[Type] or List[Type, 1..5]",
        ),
        ("List[A", "'List[A' has no closing bracket\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("A B", "'A B' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("A[", "'A[' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("A[1..]", "'A[1..]' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("A[<]", "'A[<]' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        ("A[S+1]", "'A[S+1]' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
        (
            "List[A, <, 1..2]",
            "'List[A, <, 1..2]' does not say what the list holds\n  -> write List[Type] or List[Type, 1..5]",
        ),
        (
            "List[A, 1..2, 3..4]",
            "'List[A, 1..2, 3..4]' does not say what the list holds\n  -> write List[Type] or List[Type, 1..5]",
        ),
        (
            "List[A, s..4]",
            "'List[A, s..4]' has no length that fits its bounds\n  -> write List[Type] or List[Type, 1..5]",
        ),
        ("A]", "'A]' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]"),
    ],
)
def test_what_is_no_type_is_told(text: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        parse_type(text)
    assert str(caught.value) == message


def test_substitute_and_match() -> None:
    generic = list_of(Type("t"), 1, 3)
    ground = generic.substitute({"t": Type("Stmt")})
    assert ground == Type("List", (Type("Stmt"), Bounds(1, 3)))
    binding: dict[str, Type | Index] = {}
    assert generic.match(ground, binding)
    assert binding == {"t": Type("Stmt")}
    assert not generic.match(list_of(Type("Stmt"), 0, 3), {})


def test_a_list_knows_its_order_and_its_rest() -> None:
    ordered = parse_type("List[Command, 1..5, <]")
    assert (ordered.increasing, ordered.bounds) == (Increasing(True), Bounds(1, 5))
    assert str(ordered.rest) == "List[Command, 0..4, <]"
    assert str(parse_type("List[Command, <=]").rest) == "List[Command, <=]"
    assert parse_type("List[Command]").increasing is None


def test_a_lower_case_name_in_brackets_is_an_index_where_it_is_told_so() -> None:
    assert parse_type("Stmt[s]") == Type("Stmt", (Type("s"),))
    assert parse_type("Stmt[s]", {"s"}) == Type("Stmt", (Index("s", 0),))
    assert parse_type("Stmt[ s - 1 ]") == Type("Stmt", (Index("s", -1),))
    assert parse_type("Index[0..s-1]") == Type("Index", (Span(Index(None, 0), Index("s", -1)),))
    assert parse_type("Coord[-3..3]").span == Span(Index(None, -3), Index(None, 3))


def test_indices_substitute_and_match() -> None:
    body = parse_type("Pair[Block[s+1], Index[0..s-1], t]", {"s"})
    assert list(body.variables()) == ["s", "s", "t"]
    assert list(body.indices()) == ["s", "s"]
    assert not body.is_ground
    ground = body.substitute({"s": Index(None, 2), "t": Type("Bool")})
    assert str(ground) == "Pair[Block[3], Index[0..1], Bool]"
    assert ground.is_ground
    binding: dict[str, Type | Index] = {}
    assert parse_type("Block[s+1]").match(parse_type("Block[3]"), binding)
    assert binding == {"s": Index(None, 2)}
    assert not parse_type("Pair[s, s+1]", {"s"}).match(parse_type("Pair[1, 3]"), {})
