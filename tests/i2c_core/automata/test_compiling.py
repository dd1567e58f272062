"""Compiled signatures against all programs, tried one by one: every prefix, several budgets, in both forms."""

from __future__ import annotations

import random
import time

import pytest
from automaton_reference import check, programs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from signatures import signatures

from i2c_core.automata import FOLD, compile_vocabulary
from i2c_core.automata.following import follow
from i2c_core.errors import SignatureError
from i2c_core.legality import in_order
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

# root, table, budget
LANGUAGES = {
    "no rules": ("Image", "h : (Image, Image) -> Image\nB, W : Image", 7),
    "a chain with offsets": ("T", "t : (a: C, b: C > a + 1, c: C >= b <= b + 2) -> T\nC = 0..5", 4),
    "two earlier arguments": ("T", "t : (a: C, b: C, c: C > a < b) -> T\nC = 0..4", 4),
    "bounds from below and above": (
        "T",
        "t : (a: C, b: C <= a + 1, c: C >= a - 1 < b + 2, d: C >= c) -> T\nC = 0..3",
        5,
    ),
    "ranges of two kinds": ("T", "t : (a: C, b: D > a, c: C < b) -> T\nC = 0..3\nD = -2..2", 4),
    "members and bins": (
        "T",
        "t : (a: Hue, b: Hue > a) -> T\nu : (a: Turn, b: Turn <= a) -> T\n"
        "Hue = red | green | blue\nTurn = 0.0..1.0 in 3 bins",
        3,
    ),
    "nothing between": ("T", "t : (a: C, e: E, b: C) -> T\nE = up | down\nC = 3..3", 4),
    "other arguments in the middle": ("T", "t : (a: C, m: M, b: C > a) -> T\nm : (M) -> M\no : M\nC = 0..2", 7),
    "another symbol between a value and its reader": (
        "T",
        "t : (a: C, m: M, b: C > a) -> T\nu : (x: C, y: C >= x) -> M\nC = 0..2",
        6,
    ),
    "a symbol with relations in an element": (
        "List[E, 0..2, <]",
        "e : (x: C, m: M, y: C > x) -> E key x, y\nu : (a: C, b: C >= a) -> M\nC = 0..2",
        15,
    ),
    "recursion between a value and its last reader": ("T", "t : (a: C, m: T, b: C > a) -> T\no : T\nC = 0..2", 10),
    "recursion behind the last reader": ("T", "t : (a: C, b: C > a, m: T) -> T\no : T\nC = 0..2", 10),
    "mutual recursion": (
        "A",
        "a : (x: C, m: B, y: C > x) -> A\nb : (x: C, m: A, y: C >= x) -> B\no : A\nC = 0..1",
        11,
    ),
    "generic": ("P", "p : (a: t, b: t > a) -> P for t in C, D\nC = 0..2\nD = 1..3", 3),
    "a strict list": ("L", "l : (all: List[E, 0..2, <]) -> L\ne : (x: C, y: C) -> E\nf : E\nC = 0..1", 10),
    "a list that may repeat": ("L", "l : (all: List[E, 0..3, <=]) -> L\ne : (x: C, y: C) -> E\nf : E\nC = 0..1", 10),
    "a list without end": ("List[E, <]", "e : (x: C, y: C > x) -> E\nC = 0..2", 14),
    "one to n": ("List[E, 1..3, <]", "e : (x: C) -> E\nf : (x: C) -> E\nC = 0..1", 12),
    "k to k": ("List[E, 3..3, <]", "e : (x: C) -> E\nf : (x: C, y: B) -> E key x\nC = 0..1\nB = no | yes", 14),
    "two to n of symbols of several sizes": (
        "List[E, 2..3, <]",
        "e : (x: C) -> E\nf : (x: C, m: M) -> E key x\ng : E\nm : (M) -> M\no : M\nC = 0..1",
        11,
    ),
    "two to n that may repeat": ("List[E, 2..3, <=]", "e : (x: C) -> E\nf : (x: C, y: C, z: C) -> E\nC = 0..1", 12),
    "literals": ("List[C, 0..3, <]", "o : T\nC = 0..4", 8),
    "k literals": ("List[C, 3..4, <]", "o : T\nC = -2..2", 9),
    "literals that may repeat": ("List[Hue, 1..3, <=]", "o : T\nHue = red | green | blue", 7),
    "an order by a key": ("List[E, 0..3, <]", "e : (a: B, x: C, b: B) -> E key x\nC = 0..2\nB = no | yes", 13),
    "a relation and an order": (
        "List[E, 0..3, <]",
        "e : (x: C, m: B, y: C >= x, z: C <= y) -> E key x, y, z\nC = 0..1\nB = no | yes",
        13,
    ),
    "a relation beside the key": (
        "List[E, 0..3, <]",
        "e : (x: C, a: C, m: M, b: C > a) -> E key x\nm : (M) -> M\no : M\nC = 0..1",
        14,
    ),
    "lists of one's own": (
        "F",
        "then : (first: E, rest: F) -> F order first < rest.first\nstop : F\n"
        "e : (x: C, y: C > x) -> E\nf : E\nC = 0..2",
        13,
    ),
    "a list's own arguments around the element": (
        "F",
        "then : (p: B, first: E, m: B, rest: F, q: B) -> F order first <= rest.first\nstop : (x: B) -> F\n"
        "e : (x: C) -> E\nC = 0..1\nB = no | yes",
        14,
    ),
    "a list of intervals": (
        "F",
        "then : (p: B, from: C, m: M, to: C > from, size: C <= to, rest: F) -> F order from < rest.from\n"
        "stop : F\nm : (M) -> M\no : M\nC = 0..2\nB = no | yes",
        14,
    ),
    "two lists of one type": (
        "F",
        "up : (first: E, rest: F) -> F order first < rest.first\n"
        "too : (first: C, rest: F) -> F order first <= rest.first\nstop : F\ne : (x: C) -> E\nC = 0..1",
        9,
    ),
    "lists in lists, without recursion": (
        "P",
        "p : (all: List[E, 0..2, <]) -> P\ne : (x: C, m: List[D, 0..2, <]) -> E key x\nd : (y: C) -> D\nC = 0..1",
        14,
    ),
    "lists in lists, with recursion": (
        "F",
        "then : (first: E, rest: F) -> F order first < rest.first\nstop : F\n"
        "group : (x: C, body: F, y: C > x) -> E key x, y\ndot : (x: C) -> E\nC = 0..1",
        13,
    ),
    "a symbol in its list and outside": (
        "P",
        "p : (all: List[E, 0..2, <], one: E) -> P\ne : (x: C, m: M, y: C > x) -> E key x, y\n"
        "m : (one: E) -> M\no : M\nC = 0..2",
        14,
    ),
    "generic elements: what a variable stands for is no key": (
        "T",
        "top : (all: List[Box[C], 2..3, <=]) -> T\nmk : (t) -> Box[t]\nhold : (t, y: C) -> Box[t]\nC = 1..2",
        9,
    ),
    "generic elements with a key": (
        "List[Box[C], 0..3, <]",
        "hold : (t, y: C) -> Box[t] key y\nC = 0..1",
        11,
    ),
    "an argument that is a literal at one index only": (
        "L[0]",
        "l : (all: List[E[s], 2..2, <=]) -> L[s]\ne : (a: P[s], b: C) -> E[s]\nP > C\np : P[1]\nC = 0..1\ns = 0..1",
        10,
    ),
    "texts in elements": (
        "List[E, 0..2, <]",
        "e : (x: C, n: Name, y: C >= x) -> E key x, y\nC = 0..1\nName = /ab*/ over [ab]",
        16,
    ),
    "scopes": (
        "S[0]",
        "let : (n: C, m: C > n, body: S[s+1]) -> S[s]\n"
        "use : (k: I[0..s-1], l: I[0..s-1] >= k) -> S[s]\nC = 0..1\ns = 0..2",
        9,
    ),
    "orders in scopes": (
        "S[0]",
        "let : (body: S[s+1]) -> S[s]\ndo : (all: List[A[s], 0..3, <]) -> S[s]\n"
        "use : (k: I[0..s-1]) -> A[s]\nx : A[s]\ns = 0..2",
        12,
    ),
}


def vocabulary(root: str, table: str) -> Vocabulary:
    return Vocabulary(Signature.parse(table), parse_type(root))


@pytest.mark.parametrize("fold", [FOLD, 40, 0])
@pytest.mark.parametrize("name", LANGUAGES)
def test_what_is_open_begins_a_program_and_what_begins_one_is_open(name: str, fold: int) -> None:
    root, table, budget = LANGUAGES[name]
    tried = vocabulary(root, table)
    found = programs(tried, budget)
    assert 2 <= len(found) < 5000
    automaton = compile_vocabulary(tried, fold)
    assert check(automaton, found, budget, tried.signature) > len(found)
    assert fold != FOLD or automaton.registers is None, "small languages are folded"


def test_elements_are_compared_by_their_declared_types() -> None:
    table = "top : (all: List[Box[N], 2..2, {}]) -> T\nmk : (t) -> Box[t]\nN = 1..2"
    tried = vocabulary("T", table.format("<="))
    rows = [["top", "cons", "mk", a, "cons", "mk", b, "nil"] for a, b in ("21", "12")]
    assert all(in_order(tried, tried.decode(tried.names_to_ids(row))) for row in rows)
    for fold in (FOLD, 0):
        automaton = compile_vocabulary(tried, fold)
        assert not any(follow(automaton, row, 8).stack for row in rows)
    with pytest.raises(SignatureError) as caught:
        vocabulary("T", table.format("<"))
    assert str(caught.value) == (
        "mk stands in the ordered list in top, but its argument t is no literal to compare\n"
        "  -> declare its key (mk : ... key x, y), or order with <="
    )


def test_registers_are_used_and_frames_only_for_recursion() -> None:
    compiled = {name: compile_vocabulary(vocabulary(*LANGUAGES[name][:2]), 0).registers for name in LANGUAGES}
    framed = {name for name, registers in compiled.items() if registers is not None and registers.frames}
    assert framed == {
        "recursion between a value and its last reader",
        "mutual recursion",
        "lists in lists, without recursion",
        "lists in lists, with recursion",
        "a symbol in its list and outside",
    }
    plain = {name for name, registers in compiled.items() if registers is None}
    assert plain == {"no rules", "nothing between", "k to k", "two to n of symbols of several sizes"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(signatures(), st.sampled_from([FOLD, 40, 0]), st.integers(0, 5))
def test_random_signatures(drawn: tuple[str, str], fold: int, more: int) -> None:
    table, root = drawn
    try:
        tried = vocabulary(root, table)
        automaton = compile_vocabulary(tried, fold)
    except SignatureError:
        assume(False)
        return
    budget = int(automaton.least[1]) + more
    try:
        found = programs(tried, budget)
    except OverflowError:
        assume(False)
        return
    assume(len(found) < 500)
    check(automaton, found, budget, tried.signature)


RECTANGLES = """
cons      : (first: Command, rest: Figure) -> Figure order first < rest.first
nil       : Figure
circle    : (x: Coord, y: Coord, r: Radius) -> Command key x, y
rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord > y1) -> Command
line      : (x1: Coord, y1: Coord, x2: Coord, y2: Coord, arrow: Bool, dashed: Bool) -> Command
Coord     = 0..1023
Radius    = 1..64
Bool      = no | yes
"""


def test_a_large_grid_takes_registers_and_little_time() -> None:
    start = time.perf_counter()
    automaton = compile_vocabulary(vocabulary("Figure", RECTANGLES))
    assert time.perf_counter() - start < 1.0
    registers = automaton.registers
    assert registers is not None
    assert registers.count == 6
    assert not registers.frames
    assert len(automaton.types) < 30


def test_the_root_is_the_first_type_and_what_is_unreachable_is_gone() -> None:
    automaton = compile_vocabulary(vocabulary("Figure", RECTANGLES))
    assert automaton.types[0] == "Figure"
    assert "Command" not in automaton.types  # an element is never written outside a list
    assert set(automaton.production[automaton.production >= 0].tolist()) == set(range(len(automaton.cost)))
    assert (automaton.production[0] == -1).all()
    assert (automaton.cost >= 0).all()


def test_without_rules_the_tables_are_those_of_the_vocabulary() -> None:
    tried = vocabulary("Image", "h : (Image, Image) -> Image\nB, W : Image")
    automaton = compile_vocabulary(tried)
    assert automaton.registers is None
    assert (automaton.production[1:] == tried.production).all()
    assert (automaton.args - 1 == tried.prod_args).all()
    assert automaton.least.tolist() == [0, 1]


REFUSED = {
    "relations that nothing satisfies": (
        "T",
        "t : (a: C, b: C > a + 20) -> T\nC = 0..9",
        "root type T can never end: no values satisfy the relations of t\n"
        "  -> widen the ranges of its arguments, or the relations",
    ),
    "relations that nothing satisfies, farther away": (
        "P",
        "p : (all: List[T, 1..9, <]) -> P\nt : (a: C, b: C > a, c: C > b) -> T\nC = 0..1",
        "root type P can never end: p needs List[T, 1..9, <], no values satisfy the relations of t\n"
        "  -> widen the ranges of its arguments, or the relations",
    ),
    "too few literals": (
        "P",
        "p : (all: List[C, 5..6, <]) -> P\nC = 0..3",
        "root type P can never end: p needs List[C, 5..6, <], "
        "List[C, 5..6, <] asks for more elements in strict order than C has\n"
        "  -> lower the least length of the list, or order it with <=",
    ),
    "too many keys to count what is greater": (
        "P",
        "p : (all: List[E, 3..9, <]) -> P\ndot : (x: C, y: C) -> E\nC = 0..1023",
        "List[E, 2..8, <] behind an element must count the greater ones, and dot alone has about 1,048,576 keys\n"
        "  -> let the list begin at 0 or 1 elements, order it with <=, or declare a smaller key for dot",
    ),
    "a key that another order moves": (
        "F",
        "then : (first: R, rest: F) -> F order first <= rest.first\nstop : F\n"
        "row : (x: C, more: R) -> R order x < more.x\nend : R\nC = 0..9",
        "the key of row is x, which the order of row itself compares\n"
        "  -> declare another key for row, or drop one of the two orders",
    ),
    "relations of a list itself": (
        "F",
        "then : (a: C, b: C > a, first: R, rest: F) -> F order first <= rest.first\nstop : F\n"
        "row : (x: C) -> R\nC = 0..9",
        "then has an order and relations between arguments of its own\n"
        "  -> relate a literal element with what stands between it and the rest, or use a symbol for them",
    ),
    "a key beyond the bits": (
        "List[E, 0..3, <]",
        f"e : ({', '.join(f'a{i}: C' for i in range(70))}) -> E\nC = 0..3",
        "the key of e has 70 arguments, an order compares at most 62\n  -> declare a shorter key for e",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_table_can_say(name: str) -> None:
    root, table, message = REFUSED[name]
    with pytest.raises(SignatureError) as caught:
        compile_vocabulary(vocabulary(root, table))
    assert str(caught.value) == message


def test_small_languages_compile_in_milliseconds() -> None:
    tried = [vocabulary(root, table) for root, table, _ in LANGUAGES.values()]
    random.Random(0).shuffle(tried)
    start = time.perf_counter()
    for one in tried:
        compile_vocabulary(one)
    assert (time.perf_counter() - start) / len(tried) < 0.05  # a few milliseconds on a quiet machine
