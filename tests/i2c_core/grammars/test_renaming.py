"""Grammars under other names: what Lark reads is renamed, what people write is not."""

from __future__ import annotations

import pytest
from lark import Lark

from i2c_core.errors import GrammarError
from i2c_core.grammars import GrammarText
from i2c_core.grammars.lark_bridge import compile_grammar
from i2c_core.grammars.renaming import Renaming, imports

BEFORE = r"""
// a comment about words and NUMBER
?start: _list{word, ","} | !kept
_list{x, sep}: x (sep x)*
word.2: "word" -> word | NUMBER ~ 1..3 | /a\/b [x]+/i
!kept: "kept" _END?
_END: ";"
NUMBER.3: /[0-9]+/ | DIGITS
%import common.DIGIT -> DIGITS
%import common (WS, LETTER)
%ignore WS
%ignore /#[^\n]*/
"""
AFTER = r"""
// a comment about words and NUMBER
?a_b__start: _a_b__list{a_b__word, ","} | !a_b__kept
_a_b__list{a_b__x, a_b__sep}: a_b__x (a_b__sep a_b__x)*
a_b__word.2: "word" -> word | A_B__NUMBER ~ 1..3 | /a\/b [x]+/i
!a_b__kept: "kept" _A_B__END?
_A_B__END: ";"
A_B__NUMBER.3: /[0-9]+/ | A_B__DIGITS
%ignore A_B__WS

%import common.DIGIT -> A_B__DIGITS
A_B__WS: BLANK
"""


def test_rules_and_terminals_are_renamed() -> None:
    text = GrammarText(BEFORE.replace("| !kept", "| kept"), "grammar")
    terminals = compile_grammar(text).rules.terminals
    known = {"common.WS": "BLANK"}
    renamed = Renaming("a-b").text(text, {r"#[^\n]*"}, terminals, known)
    assert renamed.split() == AFTER.replace("| !a_b__kept", "| a_b__kept").split()
    assert known == {"common.WS": "BLANK", "common.DIGIT": "A_B__DIGITS"}
    plain = Lark(renamed + "%import common.WS -> BLANK\n", start="a_b__start", parser="lalr")
    plain.parse("word, 12 3")


def test_what_is_ignored_beside_it_is_not_ignored_twice() -> None:
    text = GrammarText('start: "a"\n%import common.WS\n%ignore WS\n', "grammar")
    terminals = compile_grammar(text).rules.terminals
    ignored = {t.regex for t in terminals.values() if t.ignored}
    assert Renaming("b").text(text, ignored, terminals, {}) == 'b__start: "a"\n'


def test_names_keep_their_leading_underscores() -> None:
    rename = Renaming("splits-rgb")
    found = [rename(n) for n in ("image", "_list", "WORD", "_NL")]
    assert found == ["splits_rgb__image", "_splits_rgb__list", "SPLITS_RGB__WORD", "_SPLITS_RGB__NL"]
    assert Renaming("")("image") == "image"


def test_neighbours_are_imported_from_their_package() -> None:
    text = "start: WORD\n%import .words.WORD\n%import .words.NUMBER -> COUNT\n"
    assert imports(GrammarText(text, "a.lark", package="some.package")) == {
        "some.package.words.WORD": "WORD",
        "some.package.words.NUMBER": "COUNT",
    }
    with pytest.raises(GrammarError) as error:
        imports(GrammarText(text, "a.lark"))
    assert str(error.value) == (
        "a.lark imports .words.WORD from a file beside it, which another grammar cannot\n"
        "  -> put both files into a package, or all rules into one file"
    )
