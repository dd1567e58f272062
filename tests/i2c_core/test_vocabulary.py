"""Grounding: tokens, productions, shortest completions, and programs as token ids."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import BudgetError, ProgramError, SignatureError
from i2c_core.programs import Program, text_program
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type
from i2c_core.vocabulary import NEVER, Vocabulary
from i2c_core.vocabulary.shortest import shortest
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
        ("B : Image", "Imag", "unknown root type 'Imag'\n  -> did you mean 'Image'?"),
        (
            "a : (I) -> I", "I",
            "root type I can never end: its symbol a needs I\n"
            "  -> declare a symbol of type I that needs no I",
        ),
        (
            "a, c : (K, J) -> I\nb : (I) -> J\nk : K", "I",
            "root type I can never end: each of its symbols (a, c) needs a type without end; a needs J, b needs I\n"
            "  -> declare a symbol of type I that needs none of these types",
        ),
        (
            "a : (St[s+1]) -> St[s]\ns = 0..2", "St[1]",
            "root type St[1] can never end: its symbol a needs St[2], "
            "a needs St[3], type St[3] is beyond 's = 0..2'\n"
            "  -> declare a symbol of type St[2] that needs no St[3]",
        ),
        (
            "a : (Index[0..s-1]) -> Expr[s]\ns = 0..2", "Expr[0]",
            "root type Expr[0] can never end: its symbol a needs Index[0..-1], "
            "type Index[0..-1] is an empty range\n"
            "  -> declare a symbol of type Expr[0] that needs no Index[0..-1]",
        ),
        (
            "a : (Num, Num[0..s-1]) -> E[s]\nb : (E[s]) -> E[s]\nNum = 0..1\ns = 0..0", "E[0]",
            "root type E[0] can never end: each of its symbols (a, b) needs a type without end; a needs Num[0..-1], "
            "type Num[0..-1] is an empty range\n"
            "  -> declare a symbol of type E[0] that needs no Num[0..-1]",
        ),
        (
            "a : (Name) -> I\nName = /b/ over [a]", "I",
            "root type I can never end: its symbol a needs Name, "
            "type Name has no text of 'Name = /b/ over [a]'\n  -> widen its expression or its alphabet",
        ),
        (
            "a : I\nA > B\nB > A", "A",
            "root type A has no symbol, nor has B, which it stands for\n  -> declare a symbol of type A",
        ),
        (
            "a : (St[s]) -> St[s]\ns = 0..2", "St[3]",
            "root type St[3] is beyond 's = 0..2'\n  -> name another root type",
        ),
        (
            "a : St[s]\ns = 0..2", "St[s+1]",
            "root type St[s+1] leaves 's' open\n  -> name one type, such as Stmt[0]",
        ),
        (
            "just : (t) -> Maybe[t]\nget : (Maybe[t]) -> t\na : I", "I",
            "grounding 'get' at Maybe[Maybe[Maybe[Maybe[Maybe[Maybe[Maybe[Maybe[Maybe[Maybe[... "
            "makes ever larger types\n  -> list what its variable may be: ... for t in TypeA, TypeB",
        ),
        (
            "get : (Pair[t, t]) -> t\npair : (t) -> Pair[t, u]\na : I", "I",
            "grounding 'get' at Pair[Pair[Pair[Pair[Pair[Pair[I, I], Pair[I, I]], Pair[Pair[... "
            "makes ever larger types\n  -> list what its variable may be: ... for t in TypeA, TypeB",
        ),
        (
            "v : (A) -> I\nA > M, N\nM = /a+/\nN = /[ab]c/", "I",
            "A may begin with 'a' of M and of N\n  -> give one of them a symbol: n : (N) -> A",
        ),
    ],
)  # fmt: skip
def test_a_root_without_end_is_told(table: str, root: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Vocabulary(Signature.parse(table), parse_type(root))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("table", "root", "message"),
    [
        (
            "a : E\nE > Num\nNum = 0..1", "List[E, <]",
            "E, the element of the root List[E, <], is not made of symbols alone, nor of literals of one kind alone\n"
            "  -> give its literals a symbol: num : (Coord) -> Term",
        ),
        (
            "a : (E) -> E\nb : E", "Box[List[E, <]]",
            "unknown root type 'Box[List[E, <]]'\n  -> declare a symbol that makes it",
        ),
        (
            "a : (E) -> E\nb : E\nbox : (t) -> Box[t]", "Box[List[E, <]]",
            "a stands in the root Box[List[E, <]], but its argument E is no literal to compare\n"
            "  -> declare its key (a : ... key x, y), or order with <=",
        ),
        (
            "cons : (N) -> T\nN = 0..9", "List[T]",
            "symbol 'cons : (N) -> T' is named like 'cons : (first: t, rest: List[t]) -> List[t]', "
            "which lists bring along\n  -> rename it: one token cannot be both",
        ),
        (
            "a : (N) -> T\nN = nil | one", "List[T]",
            "the member nil of 'N = nil | one' is named like 'nil : List[t]', which lists bring along\n"
            "  -> rename it: one token cannot be both",
        ),
        ("dot : Mark", "List[Mar]", "unknown type 'Mar' in the root List[Mar]\n  -> did you mean 'Mark'?"),
    ],
)  # fmt: skip
def test_what_a_root_brings_is_checked(table: str, root: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Vocabulary(Signature.parse(table), parse_type(root))
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


SCOPES = Signature.parse("""
program : (Stmt[0]) -> Program
for     : (n: Count, body: Stmt[s+1]) -> Stmt[s]
set     : (Expr[s]) -> Stmt[s]
use     : (k: Index[0..s-1]) -> Expr[s]
one     : Expr[s]
if      : (Bool, t, t) -> t
Bool    = no | yes
Count   = 1..2
s       = 0..2
""")
SCOPE_TABLE = """\
type         least  begins with
Program          3  program, if
Stmt[0]          2  for, set, if
Bool             1  if, no, yes
Count            1  if, 1, 2
Stmt[1]          2  for, set, if
Expr[0]          1  one, if
Stmt[2]          2  set, if
Expr[1]          1  use, one, if
Expr[2]          1  use, one, if
Index[0..0]      1  if, 0
Index[0..1]      1  if, 1, 0
"""


def test_indices_are_grounded_to_their_bound() -> None:
    vocabulary = Vocabulary(SCOPES, Type("Program"))
    assert vocabulary.show() == SCOPE_TABLE
    ids = vocabulary.names_to_ids(["program", "for", "2", "for", "1", "set", "use", "1"])
    assert vocabulary.encode(vocabulary.decode(ids)).ids == tuple(ids)
    with pytest.raises(ProgramError) as caught:
        vocabulary.decode(vocabulary.names_to_ids(["program", "for", "2", "set", "use", "1"]))
    assert str(caught.value) == "expected Index[0..0], got 1 at token 6\n  -> Index[0..0] begins with if, 0"


def test_several_kinds_of_variables() -> None:
    signature = Signature.parse("""
    num   : (Stmt[n+1, c]) -> Stmt[n, c]
    col   : (Stmt[n, c+1]) -> Stmt[n, c]
    paint : (Number[0..n-1], Colour[0..c-1]) -> Stmt[n, c]
    stop  : Stmt[n, c]
    n, c  = 0..2
    """)
    vocabulary = Vocabulary(signature, parse_type("Stmt[0, 0]"))
    begins = {str(t): vocabulary.openings(i) for i, t in enumerate(vocabulary.types)}
    assert len(begins) == 9 + 2 + 2
    assert begins["Stmt[0, 0]"] == "num, col, stop"
    assert begins["Stmt[2, 1]"] == "col, paint, stop"
    assert begins["Stmt[2, 2]"] == "paint, stop"
    assert begins["Number[0..1]"] == "0, 1"


def naive_least(types: int, prod_type: list[int], prod_args: list[list[int]]) -> list[int]:
    least = [NEVER] * types
    changed = True
    while changed:
        changed = False
        for y, args in zip(prod_type, prod_args, strict=True):
            cost = min(NEVER, 1 + sum(least[a] for a in args if a >= 0))
            if cost < least[y]:
                least[y], changed = cost, True
    return least


@given(st.data())
def test_the_shortest_programs_agree_with_the_slow_truth(data: st.DataObject) -> None:
    types = data.draw(st.integers(1, 8))
    arguments = st.lists(st.integers(0, types - 1), max_size=3).map(lambda a: [*a, -1, -1, -1][:3])
    rows = data.draw(st.lists(st.tuples(st.integers(0, types - 1), arguments), min_size=1, max_size=20))
    made, args = [y for y, _ in rows], [a for _, a in rows]
    found = shortest(types, np.array(made, np.int32), np.array(args, np.int32))
    assert found.tolist() == naive_least(types, made, args)


def test_what_is_longer_than_any_budget_never_ends() -> None:
    lines = [f"f{i} : (T{i + 1}, T{i + 1}) -> T{i}" for i in range(40)]
    vocabulary = Vocabulary(Signature.parse("\n".join([*lines, "z : T40", "y : T0"])), Type("T0"))
    assert vocabulary.openings(0) == "y"
    assert vocabulary.show().splitlines()[2].split() == ["T1", "-", "nothing"]


def test_a_table_of_too_many_cells_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.vocabulary.table.MAX_CELLS", 100)
    with pytest.raises(SignatureError) as caught:
        Vocabulary(SIGNATURE, Type("Fig"))
    assert str(caught.value) == (
        "10 types and 20 tokens make a table of 200 cells, more than 100\n"
        "  -> list fewer types for its variables, or write long names as texts"
    )


def test_a_declared_range_is_cut() -> None:
    signature = Signature.parse(
        "use : (k: Num[2..s+3]) -> Expr[s]\nNum = 0..4\ns = 0..3\nroot : (Expr[0], Expr[2]) -> R"
    )
    vocabulary = Vocabulary(signature, Type("R"))
    rows = {str(t): vocabulary.openings(i) for i, t in enumerate(vocabulary.types)}
    assert (rows["Num[2..3]"], rows["Num[2..5]"]) == ("2, 3", "2, 3, 4")


def test_inclusions_keep_indices() -> None:
    signature = Signature.parse(
        "add : (Expr[s], Term[s]) -> Expr[s]\nuse : (Index[0..s]) -> Term[s]\ns = 0..2\nExpr > Term, Num\nNum = 7..8"
    )
    vocabulary = Vocabulary(signature, parse_type("Expr[1]"))
    assert [str(t) for t in vocabulary.types] == ["Expr[1]", "Term[1]", "Index[0..1]"]
    assert vocabulary.openings(0) == "add, use, 7, 8"
    ids = vocabulary.names_to_ids(["add", "7", "use", "1"])
    assert vocabulary.decode(ids).size == 4


def test_the_tail_of_an_ordered_list_keeps_its_order() -> None:
    signature = Signature.parse("draw : (List[Dot, 1..2, <]) -> I\ndot : (Coord) -> Dot\nCoord = 1..3")
    vocabulary = Vocabulary(signature, Type("I"))
    assert [str(t) for t in vocabulary.types if t.is_list] == [
        "List[Dot, 1..2, <]", "List[Dot, 0..1, <]", "List[Dot, 0..0, <]",
    ]  # fmt: skip
    assert vocabulary.has_orders


TEXTS = Signature.parse("""
var    : (Name) -> Expr
str    : (Str) -> Expr
Expr   > Num
Name   = /[ab]([ab]|c)*/ except aa | b
Str    = /"[a' ]*"/
Num    = /0|[12][0-2]*/
""")


def test_a_text_is_grounded_state_by_state() -> None:
    vocabulary = Vocabulary(TEXTS, Type("Expr"))
    assert vocabulary.tokens == (
        "var", "str", "' '", "'\"'", "'''", "'0'", "'1'", "'2'", "'a'", "'b'", "'c'", "''",
    )  # fmt: skip
    assert vocabulary.openings(0) == "var, str, '0', '1', '2'"
    for name, texts in [("var", ["a", "ab", "bac"]), ("str", ['""', '"a\' "']), ("", ["0", "1201"])]:
        for text in texts:
            program = text_program(TEXTS, text)
            program = Program(TEXTS, name, (program,)) if name else program
            assert vocabulary.decode(vocabulary.encode(program).ids) == program
    assert pickle.loads(pickle.dumps(vocabulary)).fingerprint == vocabulary.fingerprint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("01", "expected Num, got text '01' at the root\n  -> 'Num = /0|[12][0-2]*/'"),
        ("9", "expected Expr, got text '9' at the root\n  -> 'Num = /0|[12][0-2]*/'"),
        ("a", "expected Expr, got text 'a' at the root\n  -> 'Num = /0|[12][0-2]*/'"),
    ],
)
def test_a_text_that_does_not_belong_is_told_whole(text: str, told: str) -> None:
    with pytest.raises(ProgramError) as caught:
        Vocabulary(TEXTS, Type("Expr")).encode(text_program(TEXTS, text))
    assert str(caught.value) == told


def test_a_text_that_has_begun_holds_characters_only() -> None:
    signature = Signature.parse("var : (Name) -> Expr\nif : (Bool, t, t) -> t\nBool = no | yes\nName = /(ab)+/")
    vocabulary = Vocabulary(signature, Type("Expr"))
    for number, type_ in enumerate(vocabulary.types):
        if type_.name == "Name":
            assert ("if" in vocabulary.openings(number).split(", ")) == (not type_.args)


def test_relations_are_part_of_what_is_legal() -> None:
    signature = Signature.parse("box : (x1: Coord, x2: Coord > x1, t: Name) -> Box\nCoord = 1..5\nName = /a*/")
    vocabulary = Vocabulary(signature, Type("Box"))
    fine = vocabulary.names_to_ids(["box", "1", "2", "'a'", "''"])
    vocabulary.check(fine)
    assert vocabulary.encode(vocabulary.decode(fine)).ids == tuple(fine)
    wrong = vocabulary.names_to_ids(["box", "2", "2", "'a'", "''"])
    for used in (vocabulary.check, vocabulary.decode):
        with pytest.raises(ProgramError) as caught:
            used(wrong)
        assert str(caught.value) == (
            "expected x2 > x1 = 2, got 2 at argument 2 of box\n"
            "  -> its type is (x1: Coord, x2: Coord > x1, t: Name) -> Box"
        )
    loose = Signature.parse("box : (x1: Coord, x2: Coord, t: Name) -> Box\nCoord = 1..5\nName = /a*/")
    program = Vocabulary(loose, Type("Box")).decode(wrong)
    with pytest.raises(ProgramError, match="expected x2 > x1 = 2"):
        vocabulary.encode(program)


def test_the_fingerprint_knows_every_rule() -> None:
    base = "box : (x: Coord, y: Coord) -> Box\nthen : (a: Box, b: F) -> F\nend : F\nname : (Name) -> F\nCoord = 1..5\n"
    base += "Name = /a/"
    changes = [
        ("y: Coord", "y: Coord > x"),
        ("-> Box", "-> Box key x, y"),
        ("-> F\nend", "-> F order a < b.a\nend"),
        ("a < b.a", "a <= b.a"),
        ("/a/", "/aa?/"),
        ("Coord > x", "Coord >= x"),
        ("= 1..5", "= 1..6"),
    ]
    tables = [base]
    for old, new in changes:
        tables.append(tables[-1].replace(old, new) if old in tables[-1] else tables[-1])
    found = [Vocabulary(Signature.parse(t), Type("F")).fingerprint for t in tables]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("table", "root", "fingerprint"),
    [
        ("h, v : (I, I) -> I\nq : (I, I, I, I) -> I\nB, W : I", "I", "1bb13783e3e1a73e"),
        (SIGNATURE.show(), "Fig", "ba2c8a55a8ecb509"),
        ("just : (t) -> Maybe[t]\nroot : (Maybe[K], List[K, 0..2], B) -> R\nB = a | b\nK > L, M\nL = 1..4\nM = 3..7",
         "R", "e80d92e7382637f3"),
    ],
)  # fmt: skip
def test_fingerprints_stay(table: str, root: str, fingerprint: str) -> None:
    """Of signatures without relations, orders, indices and texts: checkpoints carry them."""
    assert Vocabulary(Signature.parse(table), Type(root)).fingerprint == fingerprint


@pytest.mark.slow
def test_grounding_is_fast() -> None:
    def takes(seconds: float, table: str, root: str) -> bool:
        """Whether one of three times is within so many seconds: a busy machine is not what is measured."""
        signature = Signature.parse(table)
        for _ in range(3):
            begin = time.process_time()
            Vocabulary(signature, parse_type(root))
            if time.process_time() - begin < seconds:
                return True
        return False

    lines = [f"f{i} : (K{i}, K{(i + 1) % 10}) -> T\nK{i} = 0..1023" for i in range(10)]
    assert takes(0.3, "\n".join(lines), "T")
    lines = [f"r{i} : (T[s], List[T[s+1], 0..3]) -> T[s]" for i in range(95)]
    assert takes(1.0, "\n".join([*lines, "z : T[s]", "s = 0..999"]), "T[0]")  # 102,994 productions
    assert takes(1.0, "draw : (List[I, 0..20000]) -> I\nb : I", "I")
