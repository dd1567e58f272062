"""Deriving a signature from each thing that a Lark grammar can hold."""

from __future__ import annotations

import random
from pathlib import Path

import lark
import pytest
from walking_grammars import derived, random_walk

from i2c_core.errors import GrammarError, ParseError
from i2c_core.grammars import GrammarText, Syntax, derive, derive_grammar
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

DERIVED = {
    "several things together": (
        'start: (key ":" key | "!")* ";"\nkey: /[a-c]/',
        "start        : (List[StartItem]) -> Start\n"
        "KeyText      = a | b | c\n"
        "start_item   : (Key, Key) -> StartItem\n"
        "start_item_2 : StartItem\n"
        "Key          > KeyText\n",
    ),
    "several things together, with marks that may be left out": (
        'start: (n ","? n ";"?)+\nn: /[1-9]/',
        "start      : (List[StartItem, 1..]) -> Start\n"
        "NText      = 1..9\n"
        "start_item : (N, N) -> StartItem\n"
        "N          > NText\n",
    ),
    "nested repeats": (
        'start: ((a b)+ ";" | "none")*\na: "a"\nb: "b"',
        "start      : (List[StartItem]) -> Start\na          : A\nb          : B\nstart_item : (A, B) -> StartItem\n",
    ),
    "optional parts, each on its own": (
        'start: "go" [n] ["to" m]\nn: "n"\nm: "m"',
        "go : (List[N, 0..1], List[M, 0..1]) -> Start\nn  : N\nm  : M\n",
    ),
    "an optional part of an optional part": (
        'start: "go" [n ["to" m]]\nn: "n"\nm: "m"',
        "go_to    : (N, M) -> Start\ngo       : (N) -> Start\nstart_go : Start\nn        : N\nm        : M\n",
    ),
    "the same thing before and behind": (
        'start: n? ":" n?\nn: "n"',
        "start : (List[N, 0..1], List[N, 0..1]) -> Start\nn     : N\n",
    ),
    "templates": (
        'start: _list{n} "." pair{n, m}\n_list{x}: x ("," x)*\npair{x, y}: x "-" y\nn: "n"\nm: "m"',
        "start : (List[N, 1..], Pair) -> Start\nn     : N\nm     : M\npair  : (N, M) -> Pair\n",
    ),
    "kept tokens": (
        '!start: "a" | "b" start | PLUS\nPLUS: "+"',
        "a     : Start\nb     : (Start) -> Start\nstart : Start\n",
    ),
    "repeats with bounds": (
        'start: n~2 m~1..3 n~60..70\nn: "n"\nm: "m"',
        "start : (N, N, List[M, 1..3], List[N, 60..70]) -> Start\nn     : N\nm     : M\n",
    ),
    "texts in a list": (
        'start: (WORD | INT)* \nWORD: /[a-z]+/\nINT: /[0-9]+/\n%ignore " "',
        "Word  = /[a-z]+/\n"
        "Int   = /[0-9]+/\n"
        "word  : (Word) -> StartItem\n"
        "int   : (Int) -> StartItem\n"
        "start : (List[StartItem]) -> Start\n",
    ),
    "words of an enumeration are no symbols": (
        'start: "red" | color\ncolor: /red|green/\n%ignore " "',
        "red         : Start\nstart_color : (Color) -> Start\ncolor       : Color\n",
    ),
    "an empty rule": ('start: a b\na: | "a"\nb: "b"*', "start  : (A, B) -> Start\na, a_2 : A\nb      : B\n"),
}


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived(name: str) -> None:
    grammar, table = DERIVED[name]
    syntax = derived(grammar)
    signature = syntax.vocabulary.signature
    assert signature.show() == table
    assert Signature.parse(signature.show()) == signature
    plain = lark.Lark(grammar, parser="lalr")
    calls = Syntax(derive_grammar(syntax.vocabulary), syntax.vocabulary, "toy")
    rng = random.Random(2)
    for _ in range(30):
        program = random_walk(syntax.vocabulary, rng, rng.choice([2, 10, 30]))
        plain.parse(syntax.show(program))
        assert syntax.exact <= (syntax.parse(syntax.show(program)) == program)
        assert calls.parse(calls.show(program)) == program


def test_imports_extensions_and_overrides(tmp_path: Path) -> None:
    (tmp_path / "words.lark").write_text('pair: NAME "-" NAME\nNAME: /[a-z]+/\n', encoding="utf-8")
    text = (
        "%import .words (pair, NAME)\n%import common (INT, WS)\n%import common.HEXDIGIT -> HEX\n"
        '%extend INT: "0x" HEX+\n%override NAME: /[k-z]+/\nstart: (pair | INT)+\n%ignore WS\n'
    )
    made = derived(GrammarText(text, "toy.lark", folder=tmp_path))
    for said in ("k-z 12 0xff", "zz - y"):
        assert made.parse(made.show(made.parse(said))) == made.parse(said)
    with pytest.raises(ParseError):
        made.parse("a-z")


def test_optional_parts_of_imported_rules_are_lists(tmp_path: Path) -> None:
    (tmp_path / "dots.lark").write_text('dot: "dot" [INT] [red]\nred: "red"\nINT: /[1-9]/\n', encoding="utf-8")
    text = GrammarText("%import .dots.dot\nstart: dot+\n", "toy.lark", folder=tmp_path)
    assert derive(text)[0].show() == (
        "Int   = 1..9\n"
        "dot   : (List[Int, 0..1], List[Red, 0..1]) -> Dot\n"
        "red   : Red\n"
        "start : (List[Dot, 1..]) -> Start\n"
    )


def test_more_variants_than_can_be_spelt_out() -> None:
    letters = "abcdefghijkl"
    grammar = f"start: {' '.join('_' + c for c in letters)}\n"
    grammar += "".join(f'_{c}: | "{c}" n | "{c}{c}"\n' for c in letters) + 'n: /[0-9]/\n%ignore " "'
    made = derived(grammar)
    rng = random.Random(3)
    for _ in range(20):
        program = random_walk(made.vocabulary, rng, 10)
        assert made.parse(made.show(program)) == program


def test_case_is_read_and_not_written() -> None:
    made = derived(
        'start: "select"i WORD (ASC | DESC)? KIND\nASC: "asc"i\nDESC: "desc"i\n'
        'WORD: /[a-z]+/i\nKIND: /x|yy/i\n%ignore " "'
    )
    program = made.parse("SELECT Abc DESC YY")
    assert made.show(program) == "select Abc desc yy"
    assert made.parse("SeLeCt Abc dEsC yY") == program
    assert made.show(made.parse("select select x")) == "select select x"  # no keyword may stand there


def test_earley_reads_what_is_not_lalr() -> None:
    grammar = 'start: word\nword: "a" word "a" -> a | "b" word "b" -> b | /[cd]/ -> middle'
    made = derived(grammar, "earley")
    program = made.parse("abbcbba")
    assert [n.name for n in program.nodes()] == ["start", "a", "b", "b", "middle", "c"]
    assert made.show(program) == "abbcbba"
    assert made.doubt == "grammar of toy: Earley does not show that a text has one reading"
    with pytest.raises(ParseError) as caught:
        made.parse("abx")
    assert str(caught.value) == (
        "line 1, column 3: expected a, b or WordText (c, d), got 'x'\n    abx\n      ^\n  -> replace it by one of these"
    )


def test_a_parser_that_does_not_exist() -> None:
    with pytest.raises(GrammarError) as caught:
        derive('start: "a"', "start", "early")
    assert str(caught.value) == "there is no parser 'early'\n  -> did you mean 'earley'?"


def test_a_table_with_other_kinds_is_written_as_derived() -> None:
    grammar = 'start: (WORD | INT)+\nWORD: /[a-z]+/\nINT: /[0-9]+/\n%ignore " "'
    table = derive(grammar)[0].show().replace("/[0-9]+/", "0..9").replace("/[a-z]+/", "up | down")
    made = Syntax(grammar, Vocabulary(Signature.parse(table), parse_type("Start")), "toy")
    program = made.parse("up 3 down")
    assert [n.name for n in program.nodes()] == ["start", *"cons word up cons int 3 cons word down nil".split()]  # noqa: SIM905
    assert made.show(program) == "up 3 down"


def test_a_signature_of_ones_own_with_free_text() -> None:
    table = "let : (Name, Value) -> Line\nValue > Number, Word\nname : (Name) -> Word\nName = /[a-z]+/\nNumber = 0..9"
    grammar = (
        'line: "let" NAME "=" value\n?value: INT | word\nword: NAME -> name\nNAME: /[a-z]+/\nINT: /[0-9]/\n%ignore " "'
    )
    made = Syntax(grammar, Vocabulary(Signature.parse(table), parse_type("Line")), "toy")
    for text in ("let a = 3", "let abc = xy"):
        assert made.show(made.parse(text)) == text
    with pytest.raises(GrammarError) as caught:
        Syntax(grammar.replace("[a-z]", "[b-z]"), made.vocabulary, "toy")
    assert str(caught.value) == (
        "grammar of toy: terminal NAME has no way to write 'a' of type Name\n"
        "  -> add an alternative for it, or change the signature"
    )


def test_call_notation_quotes_free_text() -> None:
    table = 'say : (Text1, Size) -> Line\nText1 = /[^x]+/\nSize = small | "very big"'
    made = Vocabulary(Signature.parse(table), parse_type("Line"))
    calls = Syntax(derive_grammar(made), made, "toy")
    program = calls.parse('say("a \\"b\\" \\\\c, )", "very big")')
    assert calls.show(program) == 'say("a \\"b\\" \\\\c, )", "very big")'
