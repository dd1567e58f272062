"""Signatures: the table prints itself, and what cannot mean anything is told with its line."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import SignatureError
from i2c_core.symbols import (
    Bins,
    Enumeration,
    Order,
    Parameter,
    Range,
    Relation,
    Signature,
    Symbol,
    Text,
    character,
    character_token,
)
from i2c_core.types import Index, Type, parse_type

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


RULES = """\
rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord >= y1 + 2 <= y1 + 9) -> Command
circle    : (x: Coord, y: Coord, Name) -> Command key x, y
then      : (first: Command, rest: Figure) -> Figure order first < rest.first
end       : Figure
draw      : (all: List[Command, 1..5, <], Block[0]) -> Picture
for       : (n: Coord, body: Block[s+1]) -> Stmt[s]
block     : (List[Stmt[s]]) -> Block[s]
use       : (k: Index[0..s-1]) -> Expr[s]
set       : (Coord[0..7], Expr[s]) -> Stmt[s]
Coord     = 0..15
s         = 0..3
Name      = /[a-z][a-z0-9\\/#]* #x/i over [a-z0-9] except if | then | "a|b"
Odd       = plain | "a | b" | "say \\"x\\"" | "# no comment"
"a b"     : Figure
"""


def test_every_rule_prints_itself() -> None:
    signature = Signature.parse(RULES)
    assert signature.show() == RULES
    assert Signature.parse(f"{RULES}# a comment\n") == signature
    assert pickle.loads(pickle.dumps(signature)) == signature


def test_a_table_says_what_python_says() -> None:
    signature = Signature.parse(RULES)
    coord = Type("Coord")
    assert signature["rectangle"] == Symbol(
        "rectangle",
        (
            Parameter(coord, "x1"),
            Parameter(coord, "y1"),
            Parameter(coord, "x2", (Relation(">", "x1"),)),
            Parameter(coord, "y2", (Relation(">=", "y1", 2), Relation("<=", "y1", 9))),
        ),
        Type("Command"),
    )
    assert signature["circle"].key == ("x", "y")
    assert signature["then"].order == Order(True, "first", "rest")
    assert signature["for"].parameters[1].type == Type("Block", (Index("s", 1),))
    assert signature.indices == {"s": Range(0, 3)}
    name = signature.kinds["Name"]
    assert name == Text("[a-z][a-z0-9/#]* #x", "a-z0-9", 2, ("if", "then", "a|b"))
    assert signature.kinds["Odd"] == Enumeration(("plain", "a | b", 'say "x"', "# no comment"))


NAMES = st.text("abXY_ |#\"'\\/é=>,:\n[](){}.1-", min_size=1, max_size=5).filter(lambda n: not n.isspace() or n == " ")
NAMES |= st.sampled_from(["1..5", "/a/", "0.0..1.0 in 3 bins", "a -> b", "key x"])
WORDS = st.sampled_from(["x", "y", "first", "rest", "x1"])
PATTERNS = st.sampled_from(["a", "[a-z/]+", r"a\/b", r"\\", "a # b", "é\n", r'"[^"]*"', " "])
KINDS = (
    st.builds(lambda low, size: Range(low, low + size), st.integers(-9, 9), st.integers(0, 9))
    | st.builds(lambda m: Enumeration(tuple(m)), st.lists(NAMES.filter(lambda n: n[0] != "'"), min_size=1, unique=True))
    | st.builds(lambda low, size, n: Bins(low, low + size, n), st.floats(-9, 9), st.floats(0.5, 9), st.integers(1, 9))
    | st.builds(
        Text,
        PATTERNS,
        st.none() | st.sampled_from(["a-z", r"\]\-a", "é /"]),
        st.sampled_from([0, 2, 10]),
        st.lists(NAMES, max_size=2, unique=True).map(tuple),
    )
)
OFFSETS = st.integers(-3, 3)
RELATIONS = st.lists(st.builds(Relation, st.sampled_from([">", ">=", "<", "<="]), st.just("x"), OFFSETS), max_size=2)


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    """Signatures with something of everything that a table says."""
    coord, figure = Type("Coord"), Type("Figure")
    related = Parameter(coord, "y", tuple(draw(RELATIONS)))
    key = draw(st.sampled_from([None, ("x", "y")]))
    element = parse_type(draw(st.sampled_from(["Dot", "Coord", "Coord[1..3]"])))
    order = draw(st.none() | st.builds(Order, st.booleans(), st.just("first"), st.just("rest")))
    body = parse_type(draw(st.sampled_from(["Block[s+1]", "List[Block[s], 0..3]", "Index[0..s-1]", "t"])), {"s"})
    listed = parse_type(draw(st.sampled_from(["List[Dot]", "List[Dot, 1..4, <]", "List[Coord, <=]"])))
    symbols = [
        Symbol("dot", (Parameter(coord, "x"), related), Type("Dot"), (), key),
        Symbol("then", (Parameter(element, "first"), Parameter(figure, "rest")), figure, (), None, order),
        Symbol("if", (Parameter(Type("t")), Parameter(Type("t"))), Type("t"), (("t", (coord, Type("Expr"))),)),
        Symbol("for", (Parameter(listed), Parameter(parse_type("Block[s]", {"s"}))), parse_type("Block[s]", {"s"})),
        Symbol("expr", (Parameter(Type("Kind")),), Type("Expr")),
    ]
    if body != Type("t"):
        symbols.append(Symbol("body", (Parameter(body),), parse_type("Block[s]", {"s"})))
    if element == coord or element.args or order is None:
        symbols[2] = Symbol("if", (Parameter(Type("t")), Parameter(Type("t"))), Type("t"), (("t", (Type("Expr"),)),))
    else:
        symbols.pop(2)
    names = draw(st.lists(NAMES.filter(lambda n: n[0] not in "'("), max_size=3, unique=True))
    kinds = {"Coord": Range(0, 9), "Kind": draw(KINDS)}
    members = kinds["Kind"].members if isinstance(kinds["Kind"], Enumeration) else ()
    symbols += [Symbol(n, (), figure) for n in names if n not in members and n != "s"]
    return Signature(tuple(symbols), kinds, {"Expr": ("Coord",)} if draw(st.booleans()) else {}, (), {"s": Range(0, 2)})


@given(signatures())
def test_show_and_parse_are_inverses(signature: Signature) -> None:
    read = Signature.parse(signature.show())
    assert read == signature
    assert read.show() == signature.show()


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
        (
            "B : Image\ns = a | b",
            "signature, line 2: 's' is lower-case, so it is an index, and 'a | b' is no range\n  -> write s = 0..3",
        ),
        (
            "f : (Stmt[n+1]) -> Stmt[n]\ns = 0..3",
            "unknown index 'n' at argument 1 of f\n  -> declare n = 0..3",
        ),
        (
            "f : (Stmt[s]) -> Prog\ns = 0..3\ng : Stmt[s]",
            "index 's' at argument 1 of f is not fixed by the result Prog\n"
            "  -> index the result too, or write a number for s",
        ),
        (
            "f : (s) -> Stmt[s]\ns = 0..3",
            "'s' names an index and a type variable at argument 1 of f\n"
            "  -> rename one of them, or write the index inside brackets",
        ),
        (
            "f : (Bool[0..1]) -> I\nBool = no | yes",
            "Bool[0..1] at argument 1 of f cuts Bool, which is no range of integers\n"
            "  -> declare Bool = 0..9, or write Bool without brackets",
        ),
        (
            "f : (Coord[3]) -> I\nCoord = 0..9",
            "Coord[3] at argument 1 of f indexes 'Coord = 0..9'\n"
            "  -> write Coord, or Coord[0..3] to cut a range of integers",
        ),
        (
            "s : I\ns = 0..3",
            "'s' names an index and a symbol or a type\n  -> rename one of them",
        ),
        (
            "f : (Coord) -> Literal\nCoord = 0..9",
            "the result of f is Literal, a reserved name\n  -> rename the type",
        ),
        (
            "f : (Name) -> Name\nName = /a/",
            "the result of f is Name, which holds literals alone\n"
            "  -> give it a type of its own, and let that include the literals: Expr > Coord",
        ),
        (
            "B : Image\nName = /a",
            "signature, line 2: '/a' is no regular expression\n"
            "  -> write /[a-z]+/, /[a-z]+/i over [a-zA-Z], or /[a-z]+/ except if | then",
        ),
        (
            '"\'a" : Image\nName = /a/',
            '"\'a" is named like a character of a text\n  -> rename it: one token cannot be both',
        ),
        (
            "f : (Coord, y: Coord > x) -> I\nCoord = 0..9",
            "f has no argument named 'x'\n  -> name it: (x: Coord, y: Coord)",
        ),
        (
            "f : (x: Coord, x: Coord, y: Coord > x) -> I\nCoord = 0..9",
            "f has 2 arguments named 'x'\n  -> did you mean 'x'?",
        ),
        (
            "f : (x: Coord > y, y: Coord) -> I\nCoord = 0..9",
            "'x: Coord > y' of f depends on y, which does not come before it\n"
            "  -> let each argument depend on earlier ones only",
        ),
        (
            "f : (x: I, y: Coord > x) -> I\nCoord = 0..9",
            "'y: Coord > x' of f compares I, whose programs are not all literals of one kind\n"
            "  -> compare integers, members of one enumeration or bins of one value",
        ),
        (
            "f : (x: Bool, y: Coord > x) -> I\nCoord = 0..9\nBool = no | yes",
            "'y: Coord > x' of f compares Coord with Bool\n"
            "  -> compare integers, members of one enumeration or bins of one value",
        ),
        (
            "f : (x: Coord, y: Coord ! x) -> I",
            "signature, line 1: 'Coord ! x' is not a type\n  -> write it as Name, Name[Type] or List[Type, 1..5]",
        ),
        (
            "f : (x: Coord, y: Coord > 3) -> I",
            "signature, line 1: 'y: Coord > 3' compares with '3', which names no argument\n"
            "  -> write x2: Coord > x1, or >= x1 + 2; a bound alone is a type: Coord[4..9]",
        ),
        (
            "f : (x: I) -> I key x",
            "key x of f is of type I, whose programs are not all literals of one kind\n"
            "  -> compare integers, members of one enumeration or bins of one value",
        ),
        (
            "f : (x: Coord, y: Coord) -> I key y, x\nCoord = 0..9",
            "key y, x of f is not in the order of its arguments\n  -> order the arguments of the symbol as its key",
        ),
        (
            "f : (x: Coord, y: Coord > x) -> I key x\nCoord = 0..9",
            "key x of f has x but not y, which 'y: Coord > x' relates\n  -> put both into the key, or neither",
        ),
        (
            "f : (x: Coord) -> I key x key x\nCoord = 0..9",
            "signature, line 1: f has two clauses 'key'\n  -> keep one of them",
        ),
        (
            "f : (a: D, b: E) -> F order a < b.a\nd : D\ne : E",
            "b of f is of type E, so it is no rest of a F\n  -> order lists whose rest is of their own type",
        ),
        (
            "f : (b: F, a: D) -> F order a < b.a\nd : D",
            "b of f comes before a\n  -> put a before b",
        ),
        (
            "f : (a: D, b: F) -> F order a < b.c\nd : D",
            "signature, line 1: order 'a < b.c' compares nothing\n  -> write order first < rest.first, or <=",
        ),
        (
            "f : (a: D, b: F) -> F order a < b.a\nd : (D, Coord) -> D\nCoord = 0..9",
            "d stands in the ordered list in f, but its argument D is no literal to compare\n"
            "  -> declare its key (d : ... key x, y), or order with <=",
        ),
        (
            "f : (List[D, <=]) -> F\nd : D\nCoord = 0..9\nD > Coord",
            "D, the element of the ordered list in f, is not made of symbols alone, nor of literals of one kind alone\n"
            "  -> give its literals a symbol: num : (Coord) -> Term",
        ),
        ("B : Image\nImage > Thing", "unknown type 'Thing' in 'Image > Thing'\n  -> declare it"),
    ],
)
def test_what_means_nothing_is_told(table: str, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Signature.parse(table)
    assert str(caught.value) == message


def test_characters_are_tokens_and_back() -> None:
    for letter in ("a", "'", '"', " ", "\\", "\n", "\t", "\0", "é", "\u2028", "\U0001f600", "\x7f"):
        token = character_token(letter)
        assert character(token) == letter
        assert token.isprintable()
    assert character("''") == ""
    assert [character(t) for t in ("a", "'ab'", "'", "cons", "")] == [None] * 5
    signature = Signature.parse("var : (Name) -> Expr\nName = /[a-z]+/")
    assert signature["'a'"].arity == 1
    assert signature["''"].arity == 0
    assert "'ab'" not in signature
    assert "'a'" not in Signature.parse("var : Expr")


def test_an_alphabet_is_written_as_in_brackets() -> None:
    for alphabet, wanted in [
        ("a-c_", "_abc"),
        ("-a", "-a"),
        ("a-", "-a"),
        (r"\-\]\\", "-\\]"),
        (r"\d", "0123456789"),
        (r"\x41\u0042\n", "\nAB"),
    ]:
        assert "".join(Text("a", alphabet).characters) == wanted
    assert Text("a", "^a-z").characters == tuple(c for c in map(chr, range(32, 127)) if not c.islower())
    assert len(Text("a").characters) == 95
    with pytest.raises(SignatureError) as caught:
        _ = Text("a", "z-a").characters
    assert str(caught.value) == "[z-a] is no alphabet\n  -> write characters and ranges, such as a-z0-9_"


def test_a_verbose_expression_is_kept_without_its_comments() -> None:
    text = Text("a b  # an a, then a b\n [ #]\\ ", flags=64)
    assert (text.pattern, text.flags) == ("ab[ #]\\ ", 0)


def test_a_text_has_one_way_to_be_written() -> None:
    assert Text("a\\/b\n", "]\t") == Text("a/b\\n", r"\]\t")
    assert str(Text("a\\/b\n", "]\t")) == r"/a\/b\n/ over [\]\t]"


def test_inclusions_and_their_cycles_are_harmless() -> None:
    signature = Signature.parse("a : A\nb : B\nA > B, C\nB > A\nC > C\nc : C")
    assert signature.included(Type("A")) == ["A", "B", "C"]
    assert signature.included(Type("B")) == ["B", "A", "C"]
    assert signature.holds(Type("B"), Type("C"))
    indexed = Signature.parse("a : Expr[s]\nt : Term[s]\ns = 0..2\nExpr > Term, Num\nNum = 0..9")
    assert list(map(str, indexed.parts(parse_type("Expr[2]")))) == ["Expr[2]", "Term[2]", "Num"]


def test_what_an_order_compares() -> None:
    signature = Signature.parse(RULES)
    assert signature.key(signature["circle"]) == (0, 1)
    assert signature.key(signature["rectangle"]) == (0, 1, 2, 3)
    assert [s.name for s in signature.elements(Type("Command"))] == ["rectangle", "circle"]
    assert signature.literal_kind(parse_type("Coord[3..20]")) == Range(3, 15)
    assert signature.literal_kind(parse_type("Index[0..1]")) == Range(0, 1)
    assert signature.literal_kind(Type("Command")) is None
    assert Signature.parse("a : (N) -> I\nN > M\nM = 1..3").literal_kind(Type("N")) == Range(1, 3)
    assert Signature.parse("a : (N) -> I\nN > M\nM = 1..3\nn : N").literal_kind(Type("N")) is None
    assert Signature.parse("a : (M) -> t\nM = 1..3").literal_kind(Type("M")) is None


def test_a_key_names_an_argument() -> None:
    with pytest.raises(SignatureError) as caught:
        Signature((Symbol("dot", (Parameter(Type("Coord"), "x"),), Type("Dot"), (), ()),), {"Coord": Range(1, 9)})
    assert str(caught.value) == "key of dot names no argument\n  -> leave the key out"


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
        (
            "put : (Word, List[Word]) -> Figure\nWord = cons | pros",
            "the member cons of 'Word = cons | pros' is named like 'cons : (first: t, rest: List[t]) -> List[t]', "
            "which lists bring along\n  -> rename it: one token cannot be both",
        ),
    ],
)
def test_one_token_has_one_meaning(text: str, told: str) -> None:
    with pytest.raises(SignatureError) as caught:
        Signature.parse(text)
    assert str(caught.value) == told
    assert Signature.parse("cons : (Dot, Dot) -> Dot\nnil : Dot").names() == ["cons", "nil"]
    assert Signature.parse("put : (Word) -> Figure\nWord = cons | nil")["cons"].arity == 0
