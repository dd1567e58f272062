"""Families: what is declared is checked, what is heavy loads on first use, and a family describes itself."""

from __future__ import annotations

import pytest

from i2c_core.errors import FamilyError, FormatError, I2cError
from i2c_core.families import Families, Family, box
from i2c_core.formats import JSON
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.testing import check_signature

DESCRIPTION = """\
family splits: image splits in black and white: halves and quarters
root Image; pictures grey, any size, 32x32 by default; semantics 1

h, v : (Image, Image) -> Image
q    : (Image, Image, Image, Image) -> Image
B, W : Image

type   least  begins with
Image      1  h, v, q, B, W

examples
  h v W B q B W B B
  v W q B W W B
  q W B B W
"""


def test_a_family_describes_itself() -> None:
    assert get_family("splits").describe() == DESCRIPTION


def test_declaring_loads_nothing() -> None:
    family = Family("lazy", root="Nothing", signature="this is no signature", render="no.such.module:render")
    with pytest.raises(I2cError):
        _ = family.gamma


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Bad Name"}, "'Bad Name' is no name for a family\n  -> use lower-case letters, digits and hyphens"),
        ({"signature": None}, "toy has neither signature nor grammar\n  -> give at least one of them"),
        ({"channels": 2}, "toy has 2 channels\n  -> use 1 for grey or 3 for colour"),
        ({"size": (0, 5)}, "toy has pictures of size (0, 5)\n  -> use a height and width of 1 or more"),
        ({"budget": 0}, "toy has a budget of 0 tokens\n  -> use a budget of 1 or more"),
        ({"semantics": -1}, "toy has semantics -1\n  -> count semantics from 0 or 1 upwards"),
    ],
)
def test_an_incomplete_declaration_is_told(changes: dict[str, object], message: str) -> None:
    with pytest.raises(FamilyError) as caught:
        Family(**({"name": "toy", "root": "Image", "signature": "B : Image"} | changes))  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_zoom_needs_a_box_for_each_argument() -> None:
    family = Family("toy", root="I", signature="h : (I, I) -> I\nB : I", zooms={"h": (box("0 0 1 1/2"),)})
    with pytest.raises(FamilyError) as caught:
        family.zoom("h")
    assert str(caught.value) == "toy zooms 'h' into 1 boxes, expected 2\n  -> give one box an argument"
    whole = Family("toy", root="I", signature="h : (I, I) -> I\nB : I", zooms={"h": (box("0 0 1 1/2"),) * 2})
    assert whole.zoom("B") is None
    assert whole.has_zooms


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zooms": {"hh": ()}}, "toy zooms 'hh', which is no symbol of its signature\n  -> did you mean 'h'?"),
        ({"zooms": {"x": ()}}, "toy zooms 'x', which is no symbol of its signature\n  -> its symbols are h, B"),
        (
            {"zooms": {"h": (box("0 0 1 1"),)}},
            "toy zooms 'h' into 1 boxes, expected 2\n  -> give one box an argument",
        ),
        (
            {"foreign": {"Nope": "splits"}},
            "toy has foreign type 'Nope', which is no type of its signature\n  -> its types are I",
        ),
    ],
)
def test_zooms_and_foreign_types_are_of_the_signature(changes: dict[str, object], message: str) -> None:
    family = Family("toy", root="I", signature="h : (I, I) -> I\nB : I", **changes)  # type: ignore[arg-type]
    for used in (lambda: family.has_zooms, family.require_sound, lambda: check_signature(family)):
        with pytest.raises(FamilyError) as caught:
            used()
        assert str(caught.value) == message


def test_normalise_is_part_of_the_contract() -> None:
    family = Family(
        "toy", root="I", signature="h : (I, I) -> I\nB, W : I", normalise=lambda p: p.args[0] if p.args else p
    )
    program = family.program("h", family.program("B"), family.program("W"))
    assert family.canonical(program) == family.program("B")
    assert not family.is_canonical(program)
    broken = Family("broken", root="I", signature="B : I", normalise=lambda p: "B")
    with pytest.raises(FamilyError) as caught:
        broken.canonical(broken.program("B"))
    assert str(caught.value) == "normalise of broken returned str, expected Program\n  -> return a program"


@pytest.mark.parametrize(
    ("reference", "fact"),
    [
        ("no_colon", "family toy: 'no_colon' is no reference"),
        ("json:nothing_of_this_name", "family toy: json has no 'nothing_of_this_name'"),
        (
            "no_such_module_here:render",
            "family toy: cannot import 'no_such_module_here': "
            "ModuleNotFoundError: No module named 'no_such_module_here'",
        ),
    ],
)
def test_a_broken_reference_is_told_with_its_owner(reference: str, fact: str) -> None:
    family = Family("toy", root="I", signature="B : I", normalise=reference)
    with pytest.raises(FamilyError) as caught:
        family.canonical(family.program("B"))
    assert caught.value.fact == fact


def test_a_registry_without_families_says_so() -> None:
    with pytest.raises(FamilyError) as caught:
        Families()["splits"]
    assert str(caught.value) == "unknown family 'splits'\n  -> known families: none is installed"


def test_a_family_without_exact_grammar_says_so() -> None:
    grammar = 'start: expr\nexpr: expr "+" expr -> add\n    | "x"\n%ignore " "\n'
    family = Family("sums", root="Expr", grammar=grammar)
    assert not family.is_exact
    assert family.doubt == "grammar of sums, line 2: before '+', rule expr may end or go on"
    assert family.describe().splitlines()[2] == (
        "reparse: a text may say another program than it was printed from "
        "(grammar of sums, line 2: before '+', rule expr may end or go on)"
    )
    x = family.program("x")
    left = family.program("add", family.program("add", x, x), x)
    right = family.program("add", x, family.program("add", x, x))
    assert family.reparse(left) == right == family.reparse(right)
    assert get_family("splits").is_exact
    assert Family("calls", root="I", signature="h : (I, I) -> I\nB : I").is_exact


def test_ordered_lists_are_sorted_before_normalise_sees_them() -> None:
    seen = []

    def normalise(program: Program) -> Program:
        seen.append([n.name for n in program.nodes()])
        return program

    table = "draw : (List[Dot, <]) -> I\ndot : (Coord) -> Dot\nCoord = 1..9"
    family = Family("toy", root="I", signature=table, normalise=normalise)
    names = "draw cons dot 3 cons dot 2 cons dot 3 nil"
    program = family.from_tokens(family.vocabulary.names_to_ids(names.split()))
    assert not family.is_canonical(program)
    assert seen == ["draw cons dot 2 cons dot 3 nil".split()]  # noqa: SIM905
    plain = Family("toy", root="I", signature=table)
    assert plain.has_orders
    assert not plain.is_canonical(program)
    assert plain.canonical(program) == family.canonical(program)
    assert not Family("toy", root="I", signature="B : I").has_orders


def test_texts_relations_and_scopes_survive_json() -> None:
    table = """
    main : (Stmt[0]) -> Main
    let  : (name: Name, low: Num, high: Num > low, rest: Stmt[s+1]) -> Stmt[s]
    use  : (k: Index[0..s-1]) -> Stmt[s]
    Num  = 0..9
    s    = 0..2
    Name = /[a-z']+|"[^"]*"/
    """
    family = Family("toy", root="Main", signature=table)
    names = ["main", "let", "'i'", "'''", "''", "1", "2", "use", "0"]
    program = family.from_tokens(family.vocabulary.names_to_ids(names))
    assert JSON.loads(family, JSON.dumps(family, program)) == program
    with pytest.raises(FormatError) as caught:
        JSON.loads(family, JSON.dumps(family, program).replace('"1", "2"', '"2", "2"'))
    assert caught.value.fact == "expected high > low = 2, got 2 at argument 3 of let"
