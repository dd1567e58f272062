"""Relations are part of what is legal, orders of what is canonical; both against the slow truth."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.errors import ProgramError
from i2c_core.families import Family
from i2c_core.legality import in_order, require_relations, sort
from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type
from i2c_core.vocabulary import Vocabulary

FIGURES = Family(
    "figures",
    root="Picture",
    signature="""
    rectangle : (x1: Coord, x2: Coord > x1) -> Command
    circle    : (x: Coord, y: Coord, r: Radius) -> Command key x, y
    then      : (first: Command, rest: Figure) -> Figure order first < rest.first
    end       : Figure
    figure    : (Figure) -> Picture
    draw      : (all: List[Command, 1..5, <]) -> Picture
    marks     : (List[Coord, <=], List[Shade, <]) -> Picture
    Coord     = 0..15
    Radius    = 1..3
    Shade     = dark | light | black
    """,
)


def program(text: str, family: Family = FIGURES) -> Program:
    return family.from_tokens(family.vocabulary.names_to_ids(text.split()))


def text(program: Program) -> str:
    return " ".join(n.name for n in program.nodes())


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("figure end", "figure end"),
        (
            "figure then circle 1 2 3 then rectangle 1 3 then rectangle 1 2 then circle 1 2 3 end",
            "figure then rectangle 1 2 then rectangle 1 3 then circle 1 2 3 end",
        ),
        (
            "draw cons circle 10 2 3 cons circle 9 9 1 cons rectangle 5 6 nil",
            "draw cons rectangle 5 6 cons circle 9 9 1 cons circle 10 2 3 nil",
        ),
        ("marks cons 10 cons 9 cons 10 nil cons black cons dark nil",
         "marks cons 9 cons 10 cons 10 nil cons dark cons black nil"),
        ("marks nil cons light cons light nil", "marks nil cons light nil"),
    ],
)  # fmt: skip
def test_lists_are_sorted_by_their_key(written: str, canonical: str) -> None:
    given_ = program(written)
    assert FIGURES.check(given_) is given_
    assert FIGURES.is_canonical(given_) == (written == canonical)
    assert text(FIGURES.canonical(given_)) == canonical
    assert FIGURES.is_canonical(program(canonical))
    assert FIGURES.canonical(program(canonical)) == program(canonical)


@pytest.mark.parametrize(
    ("table", "written", "told"),
    [
        (
            "",
            "draw cons circle 1 2 2 cons rectangle 1 2 cons circle 1 2 3 nil",
            "circle 1 2 2 and circle 1 2 3 have one key and differ, in a list that is strictly ordered\n"
            "  -> keep one of them, or make their keys differ",
        ),
        (
            "draw : (List[Coord, 2..4, <]) -> Picture\nCoord = 1..9",
            "draw cons 3 cons 3 nil",
            "a list of at least 2 elements that differ has 1\n  -> write more elements that differ",
        ),
    ],
)
def test_what_has_no_canonical_form_is_told(table: str, written: str, told: str) -> None:
    family = Family("toy", root="Picture", signature=table) if table else FIGURES
    with pytest.raises(ProgramError) as caught:
        family.canonical(program(written, family))
    assert str(caught.value) == told


def test_own_elements_are_normalised_after_sorting() -> None:
    family = Family(
        "toy",
        root="L",
        signature="then : (a: D, b: L) -> L order a < b.a\nend : L\nx, y : D",
        normalise=lambda p: p.args[1],
    )
    assert text(family.canonical(program("then y then x end", family))) == "then y end"


def test_a_root_may_be_an_ordered_list() -> None:
    family = Family("toy", root="List[D, <]", signature="x, y : D")
    assert text(family.canonical(program("cons y cons x cons y nil", family))) == "cons x cons y nil"
    assert not family.is_canonical(program("cons y cons x nil", family))
    loose = Family("toy", root="List[D]", signature="x, y : D")
    assert loose.is_canonical(program("cons y cons x nil", loose))


def test_lists_inside_elements_are_sorted_too() -> None:
    family = Family(
        "toy",
        root="L",
        signature="""
        then  : (a: D, b: L) -> L order a <= b.a
        end   : L
        group : (x: Coord, L, List[Coord, <]) -> D key x
        Coord = 1..9
        """,
    )
    written = "then group 2 then group 5 end nil then group 3 end nil end cons 2 cons 1 nil then group 1 end nil end"
    wanted = "then group 1 end nil then group 2 then group 3 end nil then group 5 end nil end cons 1 cons 2 nil end"
    assert text(family.canonical(program(written, family))) == wanted


def test_a_part_that_is_shared_is_no_part_of_a_list() -> None:
    """One `Program` may stand at several places; what comes before it is told apart by place."""
    signature = Signature.parse(
        "then : (a: D, b: L) -> L order a <= b.a\nend : L\nd : (x: Coord, L) -> D key x\nCoord = 1..9"
    )
    vocabulary = Vocabulary(signature, Type("L"))
    make = lambda name, *args: Program(signature, name, args)  # noqa: E731
    tail = make("then", make("d", make("1"), make("end")), make("end"))
    inner = make("then", make("d", make("1"), make("end")), tail)
    assert in_order(vocabulary, tail)
    assert not in_order(vocabulary, make("then", make("d", make("2"), inner), tail))


def test_orders_of_ten_thousand_elements() -> None:
    names = "figure " + "".join(f"then circle {i % 16} {i * 7 % 16} 1 " for i in range(10_000)) + "end"
    found = FIGURES.canonical(program(names))
    assert FIGURES.is_canonical(found)
    assert found.size == 2 + 5 * 16


SMALL = Signature.parse("""
then  : (a: D, b: L) -> L order a < b.a
end   : L
dot   : (x: Coord, y: Shade) -> D
bar   : (x: Coord) -> D
box   : (L, x: Coord) -> D key x
pack  : (List[D, 0..3, <=]) -> L
Coord = 9..11
Shade = white | black
""")
VOCABULARY = Vocabulary(SMALL, Type("L"))


def random_program(rng: random.Random, budget: int) -> Program:
    ids: list[int] = []
    stack, slack = [0], budget - VOCABULARY.shortest
    while stack:
        row = VOCABULARY.production[stack.pop()]
        found = [p for p in row[row >= 0].tolist() if VOCABULARY.prod_cost[p] <= slack]
        chosen = rng.choice(found)
        slack -= int(VOCABULARY.prod_cost[chosen])
        ids.append(int(VOCABULARY.prod_token[chosen]))
        stack.extend(reversed(VOCABULARY.productions[chosen].args))
    return VOCABULARY.decode(ids)


def slow_key(element: Program) -> tuple[object, ...]:
    shades = ["white", "black"]
    numbers = [
        int(a.name) if a.name.isdigit() else shades.index(a.name)
        for a in element.args
        if not a.args and a.name != "end"
    ]
    if element.name == "box":
        numbers = [int(element.args[1].name)]
    return (["dot", "bar", "box"].index(element.name), *numbers)


def slow_truth(node: Program) -> bool:
    """Recursive, and it knows the language."""
    if not all(slow_truth(a) for a in node.args):
        return False
    if node.name == "then" and node.args[1].name == "then":
        return slow_key(node.args[0]) < slow_key(node.args[1].args[0])
    if node.name == "cons" and node.args[1].name == "cons":
        return slow_key(node.args[0]) <= slow_key(node.args[1].args[0])
    return True


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_orders_agree_with_the_slow_truth(seed: int, budget: int) -> None:
    drawn = random_program(random.Random(seed), budget)
    assert in_order(VOCABULARY, drawn) == slow_truth(drawn)
    try:
        found = sort(VOCABULARY, drawn)
    except ProgramError as error:
        assert "have one key and differ" in str(error)  # noqa: PT017
        return
    assert slow_truth(found)
    assert VOCABULARY.encode(found).ids
    assert sort(VOCABULARY, found) is found
    assert {n.name for n in found.nodes()} == {n.name for n in drawn.nodes()}
    if slow_truth(drawn):
        assert found is drawn


def test_relations_of_another_signature_are_held() -> None:
    strict = Vocabulary(Signature.parse("box : (a: Coord, b: Coord >= a) -> Box\nCoord = 1..9"), Type("Box"))
    loose = Signature.parse("box : (a: Coord, b: Coord) -> Box\nCoord = 1..9")
    make = lambda *n: Program(loose, "box", tuple(Program(loose, x) for x in n))  # noqa: E731
    require_relations(strict, make("2", "2"))
    require_relations(Vocabulary(loose, Type("Box")), make("3", "2"))
    with pytest.raises(ProgramError) as caught:
        require_relations(strict, make("3", "2"))
    assert str(caught.value) == (
        "expected b >= a = 3, got 2 at argument 2 of box\n  -> its type is (a: Coord, b: Coord >= a) -> Box"
    )


def test_what_is_not_of_the_root_is_told() -> None:
    vocabulary = Vocabulary(Signature.parse("x, y : D\nz : E"), parse_type("List[D, <]"))
    with pytest.raises(ProgramError, match="got E at the root"):
        in_order(vocabulary, Program(vocabulary.signature, "z"))
