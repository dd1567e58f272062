"""Types: the parser and the printer are inverses, and errors say what to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import SignatureError
from i2c_core.types import Bounds, Type, list_of, parse_type

SORTS = st.sampled_from(["Image", "Coord", "Stmt", "other.Type"]).map(Type)
VARIABLES = st.sampled_from(["t", "u"]).map(Type)


def _lists(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    bounds = st.tuples(st.integers(0, 5), st.none() | st.integers(0, 5))
    return st.builds(lambda e, b: list_of(e, b[0], None if b[1] is None else b[0] + b[1]), inner, bounds) | st.builds(
        lambda args: Type("Pair", tuple(args)), st.lists(inner, min_size=1, max_size=3)
    )


@given(st.recursive(SORTS | VARIABLES, _lists, max_leaves=5))
def test_parse_and_show_are_inverses(type_: Type) -> None:
    assert parse_type(str(type_)) == type_


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
    binding: dict[str, Type] = {}
    assert generic.match(ground, binding)
    assert binding == {"t": Type("Stmt")}
    assert not generic.match(list_of(Type("Stmt"), 0, 3), {})
