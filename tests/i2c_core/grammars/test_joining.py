"""Grammars joined: one text that plain Lark reads, meanings as in the parts, and brackets that keep these apart."""

from __future__ import annotations

import pytest
from composed_families import BARE, FRAMES, RULES
from lark import Lark

from i2c_core import Family, get_family
from i2c_core.composing import compose
from i2c_core.errors import GrammarError, ParseError
from i2c_core.grammars import read_grammar
from i2c_core.testing import some_programs

SPLITS = get_family("splits")

DOTS = """
image: "dot" -> dot
"""
JOINED = """\
// Image splits in prefix notation: `h v W B q B W B B`.

?start: image

image: "h" image image              // top and bottom half
     | "v" image image              // left and right half
     | "q" image image image image  // quarters, row by row
     | "B"                          // black
     | "W"                          // white

%import common.WS
%ignore WS

// -- dots, in brackets

dots__image: "dot" -> dot

dots__in_brackets: "[" dots__image "]"

%extend image: dots__in_brackets
"""


def test_one_grammar_is_made_of_both() -> None:
    composed = compose(SPLITS, Family("dots", root="Image", grammar=DOTS))
    assert composed.grammar is not None
    assert read_grammar(composed.grammar, "any") == JOINED
    assert composed.show(composed.parse(" h[dot ]\nB")) == "h [dot] B"


@pytest.mark.parametrize("families", [(SPLITS, RULES), (BARE, SPLITS), (FRAMES, RULES), (SPLITS, BARE, RULES)])
def test_plain_lark_reads_what_is_printed(families: tuple[Family, ...]) -> None:
    composed = compose(*families)
    assert composed.grammar is not None
    plain = Lark(str(read_grammar(composed.grammar, "any")), start=composed.syntax.parser.rules.start, parser="lalr")
    for program in some_programs(composed, 12):
        text = composed.show(program)
        plain.parse(text)
        assert composed.parse(text) == program


def brackets(model: str, material: str = DOTS) -> str:
    """What stands around a material's program."""
    composed = compose(Family("model", root="Image", grammar=model), Family("dots", root="Image", grammar=material))
    program = composed.from_tokens(composed.vocabulary.names_to_ids(["dots.dot"]))
    text = composed.show(program)
    assert composed.is_exact
    assert composed.parse(text) == program
    return text


def test_the_first_brackets_that_keep_grammars_apart_are_taken() -> None:
    assert brackets('image: "a"\n') == "[dot]"
    assert brackets('image: "a" | "[" "dot" "]" -> own\n') == "{dot}"
    assert brackets('image: "a" | "[" "dot" "]" -> own | "{" "dot" "}" -> other\n') == "<dot>"


def test_brackets_go_to_the_innermost_rule_of_a_type() -> None:
    levels = 'image: sum\n?sum: atom | sum "+" atom -> plus\n?atom: "a" -> a | "(" sum ")"\n%ignore " "\n'
    gamma = "plus : (Image, Image) -> Image\na : Image"
    composed = compose(
        Family("model", root="Image", signature=gamma, grammar=levels), Family("dots", root="Image", grammar=DOTS)
    )
    names = ["plus", "a", "dots.dot"]
    assert composed.show(composed.from_tokens(composed.vocabulary.names_to_ids(names))) == "a + [dot]"


def test_the_same_word_means_its_own_in_each_part() -> None:
    words = 'image: WORD\nWORD: "a" | "b"\n'
    gamma = "Image > Word\nWord = a | b\npair : (Image, Image) -> Image"
    text = 'image: WORD | "pair" image image\nWORD: "a" | "b"\n%ignore " "\n'
    model = Family("model", root="Image", signature=gamma, grammar=text)
    composed = compose(model, Family("words", root="Image", signature="a, b : Image", grammar=words))
    program = composed.parse("pair a [a]")
    assert [n.name for n in program.nodes()] == ["pair", "a", "words.a"]
    assert composed.show(program) == "pair a [a]"
    with pytest.raises(ParseError) as error:
        composed.parse("pair a [c]")
    assert str(error.value).splitlines()[0] == "line 1, column 9: expected WORDS__WORD, got 'c'"


def test_a_model_without_a_rule_for_the_place_is_refused() -> None:
    gamma = "put : (Colour) -> Image\nColour > Red\nred : Red"
    model = Family("model", root="Image", signature=gamma, grammar='image: "put" red\nred: "red"\n', material="Colour")
    composed = compose(model, Family("dots", root="Image", grammar=DOTS))
    with pytest.raises(GrammarError) as error:
        composed.syntax  # noqa: B018
    assert str(error.value) == (
        "grammar of model has no rule for Colour, whose place other families' programs take\n"
        "  -> give it one: colour: ..."
    )
