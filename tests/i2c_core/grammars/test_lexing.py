"""Which terminal a lexer takes, against Lark's own lexer; what its texts are; which pairs are told apart."""

from __future__ import annotations

import random
from contextlib import suppress

import lark
import pytest
from walking_grammars import derived

from i2c_core.errors import I2cError
from i2c_core.grammars import GrammarText, find_doubt
from i2c_core.grammars.languages import kind_of
from i2c_core.grammars.lark_bridge import compile_grammar
from i2c_core.grammars.separable import follows

KEYWORDS = """\
start: (NAME | INT | FLOAT | HEX | "if" | "then"i | "=" | "==" | OP | STRING)*
NAME: /[a-z]+/i
INT: /[0-9]+/
FLOAT.2: /[0-9]+\\.[0-9]*/
HEX.3: /0x[0-9a-f]+/
OP: "=>" | "<" | /[-+]{1,2}/
STRING: /"[^"]*"/
%ignore " "
%ignore /#.*/
"""


def test_a_scanner_finds_what_larks_lexer_finds() -> None:
    parser = compile_grammar(KEYWORDS)
    lexer = lark.Lark(KEYWORDS, parser="lalr", lexer="basic")
    lexing = parser.rules.lexing
    scanner = lexing.together("NAME")
    rng = random.Random(1)
    ignored = {t.name for t in parser.rules.terminals.values() if t.ignored}
    for _ in range(2000):
        text = "".join(
            rng.choice(["if", "then", "THEN", "x", "0x", "1", ".", "=", ">", "<", "-", '"', " ", "#"]) for _ in range(8)
        )
        found: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            name, end = scanner.match(text, position)
            if not name:
                break
            found += [(name, text[position:end])] if name not in ignored else []
            position = end
        wanted: list[tuple[str, str]] = []
        with suppress(lark.exceptions.LarkError):
            wanted.extend((t.type, str(t)) for t in lexer.lex(text))
        assert found == wanted, text


@pytest.mark.parametrize(
    ("grammar", "terminal", "kind"),
    [
        (KEYWORDS, "NAME", "/(?!(?:(?i:then))\\Z)(?i:[a-z]+)/ except if"),
        (KEYWORDS, "INT", "/[0-9]+/"),
        (KEYWORDS.replace("HEX.3: /0x", "HEX.3: /0"), "INT", "/(?!0[0-9a-f]+)[0-9]+/"),
        (KEYWORDS, "FLOAT", "/[0-9]+\\.[0-9]*/"),
        (KEYWORDS, "OP", "+ | - | < | ++ | +- | -+ | -- | \"=>\""),
        ('start: A\nA: /[1-9]|1[0-5]/', "A", "1..9"),
        ('start: A\nA: /1[0-5]|[1-9]/', "A", "1..15"),
        ('start: A\nA: "yes" | "no"', "A", "no | yes"),
        ("start: A\nA: /start|s/i", "A", "s | start"),
        ("start: A\nA: /[α-γ]+/", "A", "/[α-γ]+/ over [α-γ]"),
        ("start: A\nA: /x\\n|y\\n/", "A", "/x\\n|y\\n/ over [\\nxy]"),
        ("start: A \"@\"\nA: /[a-z]+(?=@)/", "A", "/[a-z]+/"),
    ],
)  # fmt: skip
def test_what_the_texts_of_a_terminal_are(grammar: str, terminal: str, kind: str) -> None:
    assert str(kind_of(compile_grammar(grammar).rules, terminal)) == kind


@pytest.mark.parametrize(
    ("grammar", "doubt"),
    [
        (KEYWORDS, ""),
        ("start: (WORD | INT)+\nWORD: /[a-z]+/\nINT: /[0-9]+/", "terminal WORD before WORD may go on"),
        ('start: (WORD ",")+\nWORD: /[a-z]+/', ""),
        ("start: (WORD | INT)+\nWORD: /[a-z]+/\nINT: /[0-9]+/\n%ignore /\\s/", ""),
        ('start: x+\nx: "a" "b"? "c"\nAB: "ab"\n%ignore AB', "terminal a before b may be read as ab"),
        ('start: ("a" "/")+\n%ignore " "\n%ignore /\\/[ a].*/', "terminal '/' before a may be read as /\\/[ a].*/"),
        ("start: A\nA: /a(?=x)/", "terminal A may not be found at the end of a text"),
        (
            "start: F? N N\nN: /[0-9]+/\nF.2: /[01](?= )/\n%ignore ' '".replace("'", '"'),
            "terminal N before N may be read as F",
        ),
        ('start: (A "b")+\nA: /a(?!b)/', "terminal A before b may go on"),
        ('start: (A "b")+\nA: /a(?!b)/\n%ignore " "', ""),
        (
            'start: (line "\\n")+\nline: NAME ":" TEXT | TEXT\nNAME: /[a-z]+/\nTEXT: /[^\\n]+/',
            "",  # a NAME is never found there
        ),
    ],
)
def test_which_terminals_run_into_each_other(grammar: str, doubt: str) -> None:
    found = find_doubt(grammar)
    assert found == (f"grammar: {doubt}" if doubt else "")


def test_what_may_stand_behind_a_terminal() -> None:
    rules = compile_grammar('start: a* "x" b\na: "p" | "q" a?\nb: ["r"] "s"').rules
    shown = {rules.terminals[k].shown: {rules.terminals[n].shown for n in v} for k, v in follows(rules).items()}
    assert shown == {"x": {"r", "s"}, "p": {"p", "q", "x"}, "q": {"p", "q", "x"}, "r": {"s"}, "s": set()}


@pytest.mark.parametrize(
    ("grammar", "text"),
    [
        ('start: (NAME | INT | "(" | ")")*\nNAME: /[a-z]\\w*/\nINT: /\\d+/\n%ignore " "', "a(b)1 c2 3"),
        ('start: ("a" | "/" | "//")*\n%ignore " "\n%ignore /\\/\\/\\/.*/', "a / // / // a"),
        ('start: (INT "." INT | FLOAT)*\nINT: /\\d+/\nFLOAT: /\\d+\\.\\d+/\n%ignore " "', "1 . 2 3.4"),
        ('start: ("a" "+" | "a" "+=")*\n%ignore /[ \\n]+/', "a + a +="),
        ('start: (A ";")*\nA: /a[^;]*/\n%ignore " "', "a b;a;"),
        ('start: ("a" _NL)*\n_NL: /\\n+/\n%ignore " "', "a\na\n"),
    ],
)
def test_separators_stand_where_lexing_needs_them(grammar: str, text: str) -> None:
    made = derived(grammar)
    program = made.parse(text)
    assert made.parse(made.show(program)) == program
    assert len(made.show(program)) <= len(text) + text.count("(") + text.count(")") + 6


def test_a_text_that_no_lexer_takes_apart_is_still_shown() -> None:
    grammar = GrammarText("start: WORD WORD\nWORD: /[a-z]+/", "toy.lark")
    made = derived(grammar)
    ids = [made.vocabulary.ids[t] for t in ("start", "'a'", "''", "'b'", "''")]
    assert made.show(made.vocabulary.decode(ids)) == "ab"
    assert made.doubt == "toy.lark: terminal WORD before WORD may go on"
    with pytest.raises(I2cError):
        made.parse("ab")
