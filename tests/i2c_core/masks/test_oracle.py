"""The oracle itself: against every string of tokens there is, and against whole programs judged as trees."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, assume, given, settings
from signatures import signatures
from whole_programs import whole_programs

from i2c_core.errors import ProgramError, SignatureError
from i2c_core.masks import Oracle, legal_tokens
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

LANGUAGES = {
    "splits": ("Image", "h : (Image, Image) -> Image\nB, W : Image", 5),
    "lists": ("List[Mark, 1..2]", "dot : Mark\npair : (Mark, Mark) -> Mark", 6),
    "generics": (
        "Bool",
        "if : (Bool, t, t) -> t\neq : (t, t) -> Bool for t in Two, Bool\nyes : Bool\nTwo = 1..2",
        4,
    ),
    "includes": (
        "Expr",
        "neg : (Expr) -> Term\nadd : (Term, Digit) -> Expr\nDigit = 0..1\nExpr > Term\nTerm > Digit",
        5,
    ),
    "bounded": ("Expr", "top : (Expr) -> Expr\nx : Term\npick : (t, t) -> t for t in Term\nExpr > Term", 5),
    "indexed": ("T", "open : (Box[t]) -> t for t in T\nwrap : (t) -> Box[t]\nt0 : T", 5),
}
RULES = {
    "relations": ("Box", "box : (x1: N, y1: N, x2: N > x1, y2: N >= y1 + 2 <= y1 + 2) -> Box\nN = 1..4"),
    "a chain of relations": ("T", "t : (a: N, b: N > a, c: N > b, d: N > c) -> T\nN = 0..4"),
    "members and bins": (
        "T",
        "t : (a: Hue, b: Hue > a) -> T\nu : (a: Turn, b: Turn <= a) -> T\n"
        "Hue = red | green | blue\nTurn = 0.0..1.0 in 3 bins",
    ),
    "a strict list": ("List[R, 2..3, <]", "r : (x: N, y: N > x) -> R\ndot : (x: N) -> R\nN = 1..3"),
    "a list that may repeat": ("List[R, 2..3, <=]", "r : (x: N, y: N > x) -> R\ndot : R\nN = 1..2"),
    "a list of literals": ("List[N, 2..4, <]", "u : Unused\nN = 1..4"),
    "a key": ("List[R, 0..2, <]", "r : (x: N, T, y: N) -> R key x, y\nt : (N) -> T\ns : (T) -> T\nN = 1..2"),
    "a part of the arguments": ("List[R, 2..2, <]", "r : (x: N, y: N, z: N) -> R key y\nN = 1..2"),
    "lists in lists": ("List[R, 1..2, <]", "r : (x: N, all: List[N, 1..2, <]) -> R key x\nN = 1..3"),
    "lists of themselves": ("R", "r : (x: N, all: List[R, 0..2, <]) -> R key x\nN = 1..2"),
    "own lists": (
        "Fig",
        "cons : (first: C, rest: Fig) -> Fig order first < rest.first\nnil : Fig\nc : (x: N, y: N) -> C\nN = 1..2",
    ),
    "own lists that may repeat": (
        "Fig",
        "go : (first: N, rest: Fig) -> Fig order first <= rest.first\nend : Fig\nN = 1..3",
    ),
    "two own lists": (
        "Fig",
        "a : (first: N, rest: Fig) -> Fig order first < rest.first\n"
        "b : (first: N, rest: Fig) -> Fig order first < rest.first\nend : Fig\nN = 1..2",
    ),
    "an own list as an element": (
        "List[Nums, 1..2, <]",
        "go : (a: N, first: N < a, rest: Nums) -> Nums order first < rest.first key a, first\nend : Nums\nN = 1..3",
    ),
    "an own list with relations that pull": (
        "List[Nums, 1..2, <=]",
        "go : (a: N, first: N >= a - 1, rest: Nums) -> Nums order first < rest.first key a, first\n"
        "two : (N, N) -> Nums\nN = 1..3",
    ),
    "letters of any case": ("T", "t : (W) -> T\nW = /b?(?i:A)b*/ over [aAbB]"),
    "scopes": (
        "Stmt[0]",
        "for : (body: Stmt[s+1]) -> Stmt[s]\nuse : (k: Var[0..s-1]) -> Stmt[s]\n"
        "seq : (Stmt[s], Stmt[s]) -> Stmt[s]\nskip : Stmt[s]\nVar = 0..9\ns = 0..2",
    ),
    "two scopes": (
        "T[0, 0]",
        "f : (T[s+1, d]) -> T[s, d]\ng : (T[s, d+1]) -> T[s, d]\nx : (A[0..s-1], B[0..d-1]) -> T[s, d]\n"
        "A, B = 0..4\ns = 0..2\nd = 0..1",
    ),
    "text": ("T", "t : (Name, Name) -> T\nName = /a[ab]*/ over [ab] except ab"),
    "text that re.match reads its own way": ("Name", "t : T\nName = /a|ab|b+?a|(?!bb)b{2,3}|a(?=b)b*/ over [ab]"),
    "keys of several symbols": (
        "List[R, 3..3, <]",
        "p : (x: Hue, y: N) -> R\nq : R\nr : (x: Hue) -> R\nHue = no | yes\nN = 1..2",
    ),
    "included elements": ("List[Any, 2..2, <]", "p : (x: N) -> P\nq : (x: N) -> Q\nN = 1..2\nAny > P, Q"),
    "generic elements": ("List[Box[N], 2..2, <=]", "put : (t, y: N) -> Box[t]\nN = 1..2"),
    "instances as elements": ("List[E, 2..2, <=]", "eq : (t, t) -> E for t in N\nnone : E\nN = 1..2"),
    "an index out of its bounds": ("E[0]", "e : (List[E[s+1]], List[E[s-1]]) -> E[s]\ns = 0..1"),
    "nothing is left": ("R", "r : (x: N, y: N > x, z: N > y) -> R\nn : R\nN = 1..2"),
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
    require_exact(oracle, programs, budget)


def require_exact(oracle: Oracle, programs: list[tuple[str, ...]], budget: int) -> None:
    """Behind every prefix of a program, for every budget up to that of `programs`, the oracle opens what they need."""
    shortest = min(map(len, programs))
    for most in range(shortest, budget + 1):
        wanted: dict[tuple[str, ...], set[str]] = {}
        for program in programs:
            if len(program) <= most:
                for n in range(len(program)):
                    wanted.setdefault(program[:n], set()).add(program[n])
                wanted[program] = set()
        for prefix, tokens in wanted.items():
            assert oracle.legal_tokens(prefix, most) == tokens, (prefix, most)
    assert oracle.shortest(budget) == shortest


@pytest.mark.parametrize("language", RULES)
def test_rules_between_values(language: str) -> None:
    root, text = RULES[language]
    signature = Signature.parse(text)
    budget, programs = whole_programs(Vocabulary(signature, parse_type(root)), most=20_000, longest=12)
    assert programs
    require_exact(Oracle(signature, root), programs, budget)


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(signatures())
def test_random_signatures(drawn: tuple[str, str]) -> None:
    text, root = drawn
    try:
        vocabulary = Vocabulary(Signature.parse(text), parse_type(root))
    except SignatureError:
        assume(False)
    budget, programs = whole_programs(vocabulary)
    oracle = Oracle(vocabulary.signature, root)
    if programs:
        require_exact(oracle, programs, budget)
    else:
        assert oracle.shortest(budget) is None


def test_a_prefix_of_no_program() -> None:
    signature = Signature.parse("h : (Image, Image) -> Image\nB, W : Image")
    with pytest.raises(ValueError, match="no program within 3 tokens begins with h h"):
        legal_tokens(signature, "Image", ["h", "h", "B"], budget=3)
    assert legal_tokens(signature, "Image", ["B"], budget=3) == set()
