"""Grammars: reading, printing, checking against a signature, and deriving either from the other."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from i2c_core.errors import GrammarError, I2cError, ParseError
from i2c_core.grammars import GrammarText, Syntax, derive, derive_grammar, derive_signature, read_grammar
from i2c_core.grammars.lark_bridge import compile_grammar
from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SPLITS = "h, v : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"
SPLITS_LARK = """\
?start: image
image: "h" image image
     | "v" image image
     | "q" image image image image
     | "B"
     | "W"
%ignore /[ \\t\\n]+/
"""
LEVELS = "add, sub, mul : (Expr, Expr) -> Expr\nneg : (Expr) -> Expr\nnum : (Int) -> Expr\nInt = 0..9"
LEVELS_LARK = """\
?start: expr
?expr: term | expr "+" term -> add | expr "-" term -> sub
?term: atom | term "*" atom -> mul
?atom: INT -> num | "-" atom -> neg | "(" expr ")"
%import common.INT
%ignore " "
"""
LAYERS = (
    "add : (Expr, Term) -> Expr\nmul : (Term, Atom) -> Term\nExpr > Term\nTerm > Atom\nAtom > Expr, Num\nNum = 0..99"
)
LAYERS_LARK = """\
?expr: term | expr "+" term -> add
?term: atom | term "*" atom -> mul
?atom: NUM | "(" expr ")"
NUM: /[0-9]+/
%ignore " "
"""
DRAWING = """
figure : (List[Command]) -> Figure
circle : (x: Coord, y: Coord) -> Command
line   : (List[Point, 2..4], style: List[Style, 0..1]) -> Command
point  : (Coord, Coord) -> Point
poly   : (Size, List[Coord, 1..3]) -> Command
turn   : (Angle) -> Command
Coord  = -3..15
Size   = 1..4
Style  = solid | dashed
Angle  = 0.0..360.0 in 24 bins
"""
DRAWING_LARK = (
    """\
figure: command*
?command: (circle | line | poly | turn) ";"
circle: "circle" "(" INT "," INT ")"
line: "line" point ("," point)+ [STYLE]
point: INT ":" INT
poly: "poly" size "[" INT+ "]"
turn: "turn" NUMBER
size: "one" -> "1"
""".replace('size: "one" -> "1"', "size: INT")
    + """\
INT: /-?[0-9]+/
STYLE: "solid" | "dashed"
NUMBER: /[0-9.e-]+/
%import common.WS
%ignore WS
"""
)
CONS = """
cons : (first: Command, rest: Figure) -> Figure
nil  : Figure
dot  : (Coord) -> Command
Coord = 1..3
"""
CONS_LARK = """\
figure: command figure -> cons
      | "."            -> nil
command: "dot" /[1-3]/
%ignore " "
"""
LINES = "page : (List[Item, 1..]) -> Page\nitem : (Key, List[Value, 0..1]) -> Item\nKey = a | b\nValue = yes | no"
LINES_LARK = """\
start: _NL? item+ -> page
item: KEY "=" [VALUE] _NL
KEY: "a" | "b"
VALUE: "yes" | "no"
_NL: /(\\r?\\n[ ]*)+/
"""
GENERIC = """
if  : (Bool, t, t) -> t for t in Expr, Figure, Coord
eq  : (u, u) -> Bool for u in Coord, Expr, Bool
Expr > Term
add : (Expr, Term) -> Expr
num : (Coord) -> Term
x   : Term
Bool = no | yes
Coord = 1..3
Angle = -1.5..1.5 in 4 bins
line : (x1: Coord, a: Angle, e: Expr) -> Command
figure : (List[Command, 1..2]) -> Figure
grid : (List[List[Coord, 1..2], 0..2]) -> Command
"""
FAMILIES = {
    "splits": (SPLITS, "Image", SPLITS_LARK),
    "levels": (LEVELS, "Expr", LEVELS_LARK),
    "layers": (LAYERS, "Expr", LAYERS_LARK),
    "drawing": (DRAWING, "Figure", DRAWING_LARK),
    "cons": (CONS, "Figure", CONS_LARK),
    "lines": (LINES, "Page", LINES_LARK),
    "generic": (GENERIC, "Figure", None),
}


def vocabulary(signature: str | Signature, root: str) -> Vocabulary:
    made = Signature.parse(signature) if isinstance(signature, str) else signature
    return Vocabulary(made, parse_type(root))


def syntax(signature: str, root: str, grammar: str | None, name: str = "toy.lark") -> Syntax:
    made = vocabulary(signature, root)
    return Syntax(GrammarText(grammar, name) if grammar else derive_grammar(made), made, "toy")


def random_program(made: Vocabulary, rng: random.Random, size: int) -> Program:
    """A program from the root down; beyond `size` tokens it takes the cheapest production."""
    ids: list[int] = []
    values: list[float] = []
    stack = [0]
    while stack:
        type_ = stack.pop()
        choices = [t for t in range(made.size) if made.production[type_, t] >= 0]
        costs = {t: int(made.prod_cost[made.production[type_, t]]) for t in choices}
        growing = [t for t in choices if made.arity[t]]
        if len(ids) > size:
            choices = [t for t in choices if costs[t] == min(costs.values())]
        elif growing and rng.random() < 0.6:
            choices = growing
        token = rng.choice(choices)
        ids.append(token)
        value = float("nan")
        if made.continuous[token]:
            sort, _, index = made.tokens[token].partition(":")
            kind = made.signature.kinds[sort]
            value = kind.centre(int(index)) + rng.choice([0.0, 0.001, 1 / 3000])  # type: ignore[union-attr]
        values.append(value)
        stack.extend(reversed(made.productions[made.production[type_, token]].args))
    return made.decode(ids, values)


def fails(error: type[I2cError], *, of: object) -> str:
    assert callable(of)
    with pytest.raises(error) as caught:
        of()
    return str(caught.value)


# -- laws


@pytest.mark.parametrize("name", FAMILIES)
def test_parse_reads_what_show_wrote(name: str) -> None:
    made = syntax(*FAMILIES[name])
    rng = random.Random(7)
    for _ in range(150):
        program = random_program(made.vocabulary, rng, rng.choice([1, 5, 25, 60]))
        text = made.show(program)
        assert made.parse(text) == program, text
        assert made.show(made.parse(text)) == text


@pytest.mark.parametrize("name", FAMILIES)
def test_the_derived_call_notation_reads_what_it_wrote(name: str) -> None:
    signature, root, _ = FAMILIES[name]
    made = syntax(signature, root, None)
    rng = random.Random(8)
    for _ in range(60):
        program = random_program(made.vocabulary, rng, rng.choice([1, 5, 25]))
        assert made.parse(made.show(program)) == program


def test_a_program_twenty_thousand_deep() -> None:
    made = syntax(SPLITS, "Image", SPLITS_LARK)
    text = "h " * 20_000 + "B " * 20_000 + "B"
    program = made.parse(text)
    assert program.size == 40_001
    assert made.show(program) == text
    assert fails(ParseError, of=lambda: made.parse(text[:-2])).startswith(
        "line 1, column 80000: expected h, v, q, B or W"
    )


def test_a_long_list() -> None:
    made = syntax(DRAWING, "Figure", DRAWING_LARK)
    text = " ".join(["circle(1, 2);"] * 5_000)
    program = made.parse(text)
    assert program.size == 1 + 4 * 5_000 + 1
    assert made.show(program) == text


def test_lark_still_calls_back_with_all_tokens() -> None:
    """Guards the one private method of Lark that is overridden."""
    tree = compile_grammar('start: "a" b "c"\nb: B\nB: "x"\n').parse("axc")
    assert (tree.name, tree.start) == ("start", 0)
    (inner,) = tree.kept
    assert not isinstance(inner, list)
    assert (inner.name, inner.start) == ("b", 1)


def test_lark_is_imported_in_one_module_only() -> None:
    core = Path(sys.modules["i2c_core"].__file__ or "").parent
    users = [
        p.name
        for p in core.rglob("*.py")
        if "import lark" in p.read_text("utf-8") or "from lark" in p.read_text("utf-8")
    ]
    assert users == ["lark_bridge.py"]


# -- printing


def test_brackets_appear_only_where_they_are_needed() -> None:
    made = syntax(LEVELS, "Expr", LEVELS_LARK)
    assert made.show(made.parse("((1))+(2*((3+4)))-(-(5))")) == "1 + 2 * (3 + 4) - - 5"


def test_lists_runs_and_optional_parts() -> None:
    made = syntax(DRAWING, "Figure", DRAWING_LARK)
    text = "line 1 : 2, -3 : 4, 0 : 0 dashed; poly 2 [1 2 3]; turn 33.25;"
    assert made.show(made.parse(text)) == text
    assert made.show(made.parse("")) == ""
    assert made.parse("turn 33.25;").args[0].args[0].args[0].value == 33.25


def test_lines_without_blanks() -> None:
    made = syntax(LINES, "Page", LINES_LARK)
    assert made.show(made.parse("a=yes\n\n  b=\r\n")) == "a=yes\nb=\n"


def test_numbers_are_normalised() -> None:
    made = syntax(DRAWING, "Figure", DRAWING_LARK)
    assert made.show(made.parse("circle(007,-0);")) == "circle(7, 0);"


def test_byte_order_mark_and_carriage_returns() -> None:
    made = syntax(SPLITS, "Image", SPLITS_LARK)
    assert made.show(made.parse("\ufeffh B\r\nW\r\n")) == "h B W"


def test_generic_symbols_are_told_apart_by_their_arguments() -> None:
    made = syntax(GENERIC, "Figure", None)
    program = made.parse("figure([line(if(eq(if(yes, 1, 2), 3), 1, 2), 0.5, if(eq(x, x), x, add(x, num(3))))])")
    names = [n.name for n in program.nodes() if n.name.startswith("eq")]
    assert names == ["eq[Coord]", "eq[Expr]"]


# -- errors in programs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "h v X B B",
            "line 1, column 5: expected h, v, q, B or W, got 'X'\n    h v X B B\n        ^\n"
            "  -> replace it by one of these",
        ),
        ("", "the text is empty, expected h, v, q, B or W\n  -> write a program"),
        (
            "h v W",
            "line 1, column 6: expected h, v, q, B or W, got the end\n    h v W\n         ^\n"
            "  -> the program ends too early: complete it",
        ),
        (
            "B B",
            "line 1, column 3: expected the end, got 'B'\n    B B\n      ^\n"
            "  -> a complete program ends here: remove what follows",
        ),
        (
            "h\n\tv \x00",
            "line 2, column 4: expected h, v, q, B or W, got '\\x00'\n     v\n       ^\n"
            "  -> replace it by one of these",
        ),
        (
            "h " * 100 + "Z" + " B" * 100,
            "line 1, column 201: expected h, v, q, B or W, got 'Z'\n"
            "    ...h h h h h h h h h h h h h h h h h h Z B B B B B B B B B B B B B B B B B ...\n"
            "                                           ^\n  -> replace it by one of these",
        ),
    ],
)
def test_a_wrong_text_is_pointed_at(text: str, told: str) -> None:
    made = syntax(SPLITS, "Image", SPLITS_LARK)
    assert fails(ParseError, of=lambda: made.parse(text)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "circel(1, 2);",
            "line 1, column 1: expected circle, line, poly, turn or the end, got 'circel'\n    circel(1, 2);\n    ^\n"
            "  -> did you mean 'circle'?",
        ),
        (
            "circle(1, 17);",
            "line 1, column 11: expected Coord (-3..15), got 17\n    circle(1, 17);\n              ^\n"
            "  -> write a number from -3 to 15",
        ),
        (
            "poly 2 [1 2 3 4];",
            "line 1, column 15: expected 1..3 Coords, got 4\n    poly 2 [1 2 3 4];\n                  ^\n"
            "  -> write fewer",
        ),
        (
            "turn 400;",
            "line 1, column 6: expected Angle (0.0..360.0), got 400\n    turn 400;\n         ^\n"
            "  -> write a number from 0.0 to 360.0",
        ),
        (
            "turn x;",
            "line 1, column 6: expected Angle (0.0..360.0), got 'x'\n    turn x;\n         ^\n"
            "  -> replace it by one of these",
        ),
    ],
)
def test_a_literal_outside_its_type_is_pointed_at(text: str, told: str) -> None:
    made = syntax(DRAWING, "Figure", DRAWING_LARK)
    assert fails(ParseError, of=lambda: made.parse(text)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("box(5, 2, 3)", "line 1, column 11: expected x2 > x1 = 5, got 3 at argument 3 of box\n"
         "    box(5, 2, 3)\n              ^"),
        ("[box(1, 2, 3),\n box(9, 2, 9)]", "line 2, column 12: expected x2 > x1 = 9, got 9 at argument 3 of box\n"
         "     box(9, 2, 9)]\n               ^"),
    ],
)  # fmt: skip
def test_a_literal_that_does_not_stand_to_another_as_it_must_is_pointed_at(text: str, told: str) -> None:
    signature = "box : (x1: N, y: N, x2: N > x1) -> Box\nN = 0..9"
    root = "List[Box]" if text.startswith("[") else "Box"
    made = syntax(signature, root, derive_grammar(Vocabulary(Signature.parse(signature), parse_type(root))))
    said = fails(ParseError, of=lambda: made.parse(text))
    assert said == f"{told}\n  -> its type is (x1: N, y: N, x2: N > x1) -> Box"


def test_what_could_follow_is_exact() -> None:
    """An LALR parser reduces before it notices; the error still tells all that could stand there."""
    made = syntax(LEVELS, "Expr", LEVELS_LARK)
    assert "expected ')', '*', '+' or '-', got the end" in fails(ParseError, of=lambda: made.parse("(1"))


def test_a_text_that_is_no_program_at_all() -> None:
    made = syntax(SPLITS, "Image", SPLITS_LARK)
    told = "the text has 3,000,000 characters, more than 2,000,000\n  -> give one program, not a collection"
    assert fails(ParseError, of=lambda: made.parse("h " * 1_500_000)) == told


@pytest.mark.parametrize("name", FAMILIES)
def test_damaged_texts_are_told_or_read(name: str) -> None:
    made = syntax(*FAMILIES[name])
    rng = random.Random(3)
    places: list[tuple[int, int]] = []
    marks = "abhvq0179.,;()[]= \n\0é²٣xyz-"
    for _ in range(60):
        text = list(made.show(random_program(made.vocabulary, rng, 8)))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randint(0, 1)] = rng.choice(marks) if rng.random() < 0.7 else ""
        try:
            program = made.parse("".join(text))
        except ParseError as error:
            places.append((error.line, error.column))
        else:
            assert made.parse(made.show(program)) == program
    assert min(min(p) for p in places) >= 1


# -- contradictions


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"h" image image',
            '"h" image image image',
            "toy.lark, line 2: alternative 'h' of rule image has 3 arguments, "
            "the signature says h : (Image, Image) -> Image\n  -> change one of the two",
        ),
        (
            '"h" image image',
            '"hh" image image',
            "toy.lark, line 2: rule image has an alternative 'hh', the signature has no such symbol of type Image\n"
            "  -> did you mean 'h'?",
        ),
        (
            '"W"',
            '"W" | "not" image',
            "toy.lark, line 6: rule image has an alternative 'not', the signature has no such symbol of type Image\n"
            "  -> symbols of type Image: h, v, q, B, W; declare 'not' or drop it",
        ),
        (
            '     | "v" image image\n',
            "",
            "toy.lark, line 2: rule image has no way to write symbol 'v' of type Image\n"
            "  -> add an alternative for it, or change the signature",
        ),
        (
            '"v" image image',
            '"v" image imaeg\nimaeg: "h" image image | "W" image',
            "toy.lark, line 4: rule 'imaeg' is no type of the signature\n  -> did you mean 'image'?",
        ),
        (
            '"W"',
            '"W" -> white',
            "toy.lark, line 6: rule image has an alternative 'white', the signature has no such symbol of type Image\n"
            "  -> symbols of type Image: h, v, q, B, W; declare 'white' or drop it",
        ),
        ('"W"', "foto", "toy.lark, line 6: rule image uses foto, which is not defined\n  -> define foto"),
        (
            '"W"',
            '"W" | : ',
            "toy.lark, line 6, column 14: Expecting a value\n"
            "  -> see https://lark-parser.readthedocs.io/en/stable/grammar.html",
        ),
        (
            '"W"',
            '"W" | foo\nfoo: "B"',
            "toy.lark: two ways to read the same text: <foo : B> and <image : B>\n"
            "  -> parse it with Earley, or make it LALR(1): give the two different keywords, or join them",
        ),
        (
            "?start",
            "%import .nope.X\n?start",
            "toy.lark, line 1: cannot import 'nope'\n  -> put the imported grammar beside it, or into a package",
        ),
    ],
)
def test_a_grammar_that_contradicts_the_signature(old: str, new: str, told: str) -> None:
    grammar = SPLITS_LARK.replace(old, new)
    assert fails(GrammarError, of=lambda: syntax(SPLITS, "Image", grammar)) == told


@pytest.mark.parametrize(
    ("signature", "grammar", "told"),
    [
        (
            "fill : (Color) -> Image\nblue : Color\nB : Image",
            'image: "fill" image | "B"\n',
            "toy.lark, line 1: alternative 'fill' of rule image has image at argument 1, "
            "the signature says fill : (Color) -> Image\n  -> write color there, or change the signature",
        ),
        (
            "fill : (Color) -> Image\nblue : Color",
            'image: "fill" color | "blue"\ncolor: "blue"\n',
            "toy.lark, line 1: rule image is Image, but its alternative 'blue' is blue : Color\n"
            "  -> move it to the rule of Color, or change the signature",
        ),
        (
            "dot : (Coord) -> Image\nCoord = -5..5",
            'image: "dot" INT\nINT: /[0-9]+/\n',
            "toy.lark: terminal INT has no way to write '-5' of type Coord (-5..5)\n"
            "  -> add an alternative for it, or change the signature",
        ),
        (
            "dots : (List[Coord, 1..5]) -> Image\nCoord = 0..5",
            'image: "dots" (INT INT)+\nINT: /[0-9]+/\n',
            "toy.lark, line 1: rule image repeats 'INT INT' together\n  -> give what is repeated a rule of its own",
        ),
        (
            "dots : (List[Coord], Size) -> Image\nCoord = 0..5\nSize = 6..9",
            'image: "dots" (coord size)+\ncoord: /[0-9]+/\nsize: /[6-9]+/\n',
            "toy.lark, line 1: rule image repeats 'coord size' together\n  -> give what is repeated a rule of its own",
        ),
    ],
)
def test_types_of_arguments_that_contradict(signature: str, grammar: str, told: str) -> None:
    assert fails(GrammarError, of=lambda: syntax(signature, "Image", grammar)) == told


# -- deriving a signature

ARITHMETIC = """\
?start: expr
?expr: term | expr "+" term -> add | expr "-" term -> sub
?term: atom | term "*" atom -> mul
?atom: NUMBER | NAME | "-" atom -> neg | "(" expr ")"
NAME: /[a-z]+/
%import common.NUMBER
%ignore " "
"""
TURTLE = """\
start: instruction+
instruction: MOVEMENT NUMBER            -> movement
           | "c" COLOR [COLOR]          -> change_color
           | "fill" code_block          -> fill
           | "repeat" NUMBER code_block -> repeat
code_block: "{" instruction+ "}"
MOVEMENT: "f"|"b"|"l"|"r"
COLOR: "red" | "green"
%import common.INT -> NUMBER
%import common.WS
%ignore WS
"""
JSON = """\
?start: value
?value: object | array | string | SIGNED_NUMBER -> number | "true" -> true | "false" -> false | "null" -> null
array  : "[" [value ("," value)*] "]"
object : "{" [pair ("," pair)*] "}"
pair   : string ":" value
string : ESCAPED_STRING
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%import common.WS
%ignore WS
"""
INI = """\
start: _NL? section+
section: "[" NAME "]" _NL item*
item: NAME "=" VALUE? _NL
NAME: /[a-z]\\w*/
VALUE: /[0-9.]+/
_NL: /(\\r?\\n[\\t ]*)+/
%ignore /[\\t ]+/
"""
SHAPES = """\
start: command*
command: "circle" "(" coord "," coord ")"
       | "rectangle" "(" coord "," coord "," coord "," coord ")"
       | "line" point point+ style?
point: "(" coord "," coord ")"
style: "dashed" | "dotted"
coord: INT
INT: /1[0-5]|[1-9]/
%import common.WS
%ignore WS
"""
TEMPLATES = """\
start: pair{number} (line | circle)* _end
pair{x}: "<" x "," x ">"
line: "line" number number
circle: "circle" number~1..3 ["filled"]
number: FRACTION
_end: "end" | "stop"
FRACTION: /[0-9]+\\.[0-9]+(e-?[0-9]+)?/
%ignore " "
"""
DERIVED = {
    "arithmetic": ARITHMETIC,
    "turtle": TURTLE,
    "json": JSON,
    "ini": INI,
    "shapes": SHAPES,
    "templates": TEMPLATES,
}


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_signature_fits_its_grammar(name: str) -> None:
    signature, root = derive(DERIVED[name])
    made = Syntax(DERIVED[name], vocabulary(signature, root), name)
    calls = Syntax(derive_grammar(made.vocabulary), made.vocabulary, name)
    rng = random.Random(9)
    for _ in range(60):
        program = random_program(made.vocabulary, rng, rng.choice([3, 10, 40]))
        assert made.parse(made.show(program)) == program
        assert calls.parse(calls.show(program)) == program


def test_derived_symbols_read_well() -> None:
    signature, root = derive(ARITHMETIC)
    assert root == "Expr"
    assert signature.show() == (
        "add, sub : (Expr, Term) -> Expr\n"
        "mul      : (Term, Atom) -> Term\n"
        "Number   = /(?:(?:[0-9]+(?:e|E)(?:(?:\\+|\\-))?[0-9]+|(?:[0-9]+\\.(?:[0-9]+)?|\\.[0-9]+)"
        "(?:(?:e|E)(?:(?:\\+|\\-))?[0-9]+)?)|[0-9]+)/\n"
        "number   : (Number) -> Atom\n"
        "Name     = /[a-z]+/\n"
        "name     : (Name) -> Atom\n"
        "neg      : (Atom) -> Atom\n"
        "Expr     > Term\n"
        "Term     > Atom\n"
        "Atom     > Expr\n"
    )
    signature, root = derive(SHAPES)
    assert root == "Start"
    assert signature.show() == (
        "start          : (List[Command]) -> Start\n"
        "circle         : (Coord, Coord) -> Command\n"
        "rectangle      : (Coord, Coord, Coord, Coord) -> Command\n"
        "line           : (List[Point, 2..], List[Style, 0..1]) -> Command\n"
        "point          : (Coord, Coord) -> Point\n"
        "dashed, dotted : Style\n"
        "Int            = 1..15\n"
        "Coord          > Int\n"
    )


def test_deriving_for_a_root_that_is_not_there() -> None:
    told = "grammar: no rule makes the root type 'Imag'\n  -> did you mean 'Image'?"
    assert fails(GrammarError, of=lambda: derive_signature(SPLITS_LARK, "Imag")) == told
    assert derive_signature(SPLITS_LARK, "Image").show() == Signature.parse(SPLITS).show()


def test_call_notation_reads_well() -> None:
    assert derive_grammar(vocabulary(SPLITS, "Image")) == (
        "// Call notation, derived from the signature.\n\n"
        "?start: image\n\n"
        'image: "h" "(" image "," image ")"\n'
        '     | "v" "(" image "," image ")"\n'
        '     | "q" "(" image "," image "," image "," image ")"\n'
        '     | "B"\n'
        '     | "W"\n\n'
        "%ignore /[ \\t\\n\\r]+/\n"
    )
    made = syntax(SPLITS, "Image", None)
    assert made.show(made.parse("h ( v(W,B),B )")) == "h(v(W, B), B)"


# -- reading grammars


def test_a_grammar_from_a_file_imports_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "words.lark").write_text('DARK: "B"\n', encoding="utf-8")
    file = tmp_path / "toy.lark"
    file.write_bytes(b'\xef\xbb\xbf%import .words.DARK\r\nimage: "h" image image | DARK\r\n%ignore " "\r\n')
    made = Syntax(read_grammar(file, "toy"), vocabulary("h : (Image, Image) -> Image\nB : Image", "Image"), "toy")
    assert made.show(made.parse("h B B")) == "h B B"


def test_a_grammar_from_a_package_imports_its_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "toy_grammars"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.lark").write_text('DARK: "B"\n', encoding="utf-8")
    (package / "toy.lark").write_text('%import .words.DARK\nimage: "h" image image | DARK\n', encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = vocabulary("h : (Image, Image) -> Image\nB : Image", "Image")
    near = Syntax(read_grammar("toy_grammars:toy.lark", "toy"), made, "toy")
    far = Syntax('%import toy_grammars.words.DARK\nimage: "h" image image | DARK\n', made, "toy")
    assert near.show(far.parse("hBB")) == "hBB"


def test_a_grammar_that_is_not_there(tmp_path: Path) -> None:
    hint = "\n  -> give a path, package:file.lark, or the text of a grammar"
    told = fails(GrammarError, of=lambda: read_grammar("nowhere_at_all:toy.lark", "toy"))
    assert told == "toy: no package 'nowhere_at_all' for the grammar 'nowhere_at_all:toy.lark'" + hint
    told = fails(GrammarError, of=lambda: read_grammar("i2c_core:toy.lark", "toy"))
    assert told == "toy: i2c_core has no grammar 'toy.lark'" + hint
    told = fails(GrammarError, of=lambda: read_grammar("toy.lark", "toy"))
    assert told == "toy: cannot read the grammar 'toy.lark': No such file or directory" + hint
    (tmp_path / "bad.lark").write_bytes(b"start: \xff\n")
    told = fails(GrammarError, of=lambda: read_grammar(tmp_path / "bad.lark", "toy"))
    assert told == "toy: bad.lark, line 1 is not UTF-8\n  -> save the grammar as UTF-8"


@pytest.mark.parametrize(
    ("grammar", "doubt"),
    [
        (SPLITS_LARK, ""),
        (LEVELS_LARK, ""),
        (DRAWING_LARK, ""),
        ('start: expr\nexpr: expr "+" expr\n    | "x"', "line 2: before '+', rule expr may end or go on"),
        (
            'start: s\ns: "if" s -> one\n | "if" s "else" s -> two\n | "a"',
            "line 2: before else, rule s may end or go on",
        ),
        ('start: a | b\na.2: "x"\nb: "x"', "line 2: before the end, rules a and b may both end"),
        ('start: (dot ","?)* ","?\ndot: "."', "line 1: before ',', rule start may end or go on"),
    ],
)
def test_what_lark_settles_silently_is_told(grammar: str, doubt: str) -> None:
    assert compile_grammar(grammar, root="figure" if "figure:" in grammar else "").doubt == (
        f"grammar, {doubt}" if doubt else ""
    )


SUMS_LARK = 'start: expr\n?expr: INT -> num\n    | expr "+" INT -> add\nINT: /[0-9]/\n%ignore " "\n'
ENDED_LARK = 'start: (step _NL)+\nstep: "go" INT -> go\nINT: /[0-9]/\n_NL: /\\n/\n%ignore " "\n'
PARTED_LARK = 'start: step (_NL step)*\nstep: "go" INT -> go\nINT: /[0-9]/\n_NL: /\\n/\n%ignore " "\n'

END = "  -> the program ends too early: complete it"
OTHER = "  -> replace it by one of these"


def derived(grammar: str) -> Syntax:
    signature, root = derive(grammar)
    return Syntax(grammar, Vocabulary(signature, parse_type(root)), owner="toy")


def test_a_last_line_end_is_no_part_of_the_program() -> None:
    for grammar, text in [(SUMS_LARK, "1 + 2"), (PARTED_LARK, "go 1\ngo 2")]:
        made = derived(grammar)
        assert made.parse(text + "\n") == made.parse(text + "\r\n") == made.parse(text)
    ended = derived(ENDED_LARK)
    assert ended.show(ended.parse("go 1\ngo 2\n")) == "go 1\ngo 2\n"


@pytest.mark.parametrize(
    ("grammar", "text", "told"),
    [
        (SUMS_LARK, "1 +\n", "line 1, column 4: expected Int (0..9), got the end\n    1 +\n       ^\n" + END),
        (SUMS_LARK, "1\n\n", "line 1, column 2: expected '+' or the end, got '\\n'\n    1\n     ^\n" + OTHER),
        (SUMS_LARK, "1 -\n", "line 1, column 3: expected '+' or the end, got '-'\n    1 -\n      ^\n" + OTHER),
        (ENDED_LARK, "go\n", "line 1, column 3: expected Int (0..9), got the end\n    go\n      ^\n" + END),
        (PARTED_LARK, "go 1\n\n", "line 1, column 5: expected go, got the end\n    go 1\n        ^\n" + END),
    ],
)
def test_errors_beside_a_last_line_end(grammar: str, text: str, told: str) -> None:
    assert fails(ParseError, of=lambda: derived(grammar).parse(text)) == told


@pytest.mark.parametrize(
    ("grammar", "told"),
    [
        ('stat: "x"', "grammar has no rule 'start'\n  -> name the first rule with --start: did you mean 'stat'?"),
        ('program: "x"', "grammar has no rule 'start'\n  -> name the first rule with --start: its rules are program"),
        (
            'start: img\nimg: "b" -> B\n   | "w"',
            "grammar, line 2, column 13: alias 'B' has upper case\n"
            '  -> an alias is lower case in Lark; leave it out: the keyword "b" names the symbol',
        ),
        (
            'start: img\nimg: "b" | /w/ -> W',
            "grammar, line 2, column 19: alias 'W' has upper case\n  -> an alias is lower case in Lark; write it so",
        ),
        (
            'start: "b" /x*/',
            "grammar: terminal /x*/ matches the empty text\n"
            "  -> let it match at least one character, and make it optional where it stands",
        ),
        (
            "start: A _INDENT\nA: /[a-z]/\n%declare _INDENT",
            "grammar: terminal _INDENT is declared without a pattern, which only a post-lexer makes\n"
            "  -> give it a regular expression or a text; i2c runs no post-lexer",
        ),
        (
            'start: STRING ";"\nSTRING: /(?P<q>[xy])z*(?P=q)/',
            "grammar: terminal STRING refers back to a group, which is not regular\n"
            "  -> write out what may stand there",
        ),
        (
            'start: STRING ";"\nSTRING: /([\'x]).*?\\1/',
            "grammar: terminal STRING refers back to a group, which is not regular\n"
            "  -> write out what may stand there",
        ),
        (
            'start: one "x" | two "x"\none: "a"\ntwo: "a"',
            "grammar: two ways to read the same text: <one : A> and <two : A>\n"
            "  -> parse it with Earley, or make it LALR(1): give the two different keywords, or join them",
        ),
        (
            'start: a\na: b | "x"\nb: a | "y"',
            "grammar: two ways to read the same text: <b : a> and <start : a>\n"
            "  -> parse it with Earley, or make it LALR(1): give the two different keywords, or join them",
        ),
        (
            'start: WORD\nWORD: "a" | "b"\nX.3: "a" | "b" | "c"\n%ignore X',
            "grammar: the lexer gives every text of terminal WORD to X\n"
            "  -> give it a higher priority, as in NAME.2, or use Earley",
        ),
    ],
)
def test_grammars_that_nothing_is_derived_from(grammar: str, told: str) -> None:
    assert fails(GrammarError, of=lambda: derive(grammar)) == told


def test_terminals_without_a_name_are_shown_by_their_pattern() -> None:
    grammar = 'start: img\nimg: "b" /[0-9]x/'
    assert fails(GrammarError, of=lambda: syntax("b : (N) -> Img\nN = 1..2", "Img", grammar)) == (
        "toy.lark: terminal /[0-9]x/ has no way to write '1' of type N (1..2)\n"
        "  -> add an alternative for it, or change the signature"
    )
