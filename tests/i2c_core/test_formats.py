"""Formats: text and JSON for every family, and clear errors for what they cannot read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.formats import Format, choose_format, find_format, format_of_file
from i2c_core.leftovers import Region
from i2c_core.plugins import get_family
from i2c_core.programs import Program

SPLITS = get_family("splits")
REALS = Family("reals", root="Line", signature="line : (Angle) -> Line\nAngle = 0.0..360.0 in 4 bins")


def test_json_holds_tokens_and_values() -> None:
    program = SPLITS.parse("h B W")
    text = find_format(SPLITS, "json").dumps(SPLITS, program)
    assert text == '{"family": "splits", "root": "Image", "tokens": ["h", "B", "W"]}\n'
    assert find_format(SPLITS, "json").loads(SPLITS, text) == program
    line = REALS.program("line", REALS.program("Angle:1", value=100.5))
    text = find_format(REALS, "json").dumps(REALS, line)
    assert text == '{"family": "reals", "root": "Line", "tokens": ["line", "Angle:1"], "values": [null, 100.5]}\n'
    assert find_format(REALS, "json").loads(REALS, text) == line


def test_a_file_s_ending_picks_the_format() -> None:
    assert format_of_file(SPLITS, ".JSON").name == "json"
    assert format_of_file(SPLITS, ".txt").name == "text"
    assert format_of_file(SPLITS, ".text").name == "text"  # by its name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", 'this JSON is no program\n  -> write {"tokens": ["...", ...]}'),
        ('{"tokens": 3}', 'this JSON is no program\n  -> write {"tokens": ["...", ...]}'),
        ("{", "this is no JSON: line 1, column 2: Expecting property name enclosed in double quotes\n"
              '  -> write {"tokens": ["...", ...]}'),
        ("[" * 200_000, 'this is JSON nested too deeply\n  -> write {"tokens": ["...", ...]}'),
        ('{"tokens": ["h", "B"]}', "the program ends after 2 tokens, still open: Image\n"
                                   "  -> Image begins with h, v, q, B, W"),
        ('{"tokens": ["X"]}', "unknown token 'X'\n  -> see the symbol table"),
        ('{"family": "splits-rgb", "tokens": ["B"]}',
         "this JSON is a program of family 'splits-rgb', read as one of 'splits'\n"
         "  -> name the family splits-rgb, or take its name out of the JSON"),
        ('{"tokens": ["B"], "values": []}', "1 tokens and 0 values\n  -> give one value, or null, a token"),
    ],
)  # fmt: skip
def test_json_that_is_no_program_is_told(text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        find_format(SPLITS, "json").loads(SPLITS, text)
    assert str(caught.value) == message


def test_unknown_formats_are_told() -> None:
    with pytest.raises(FormatError) as caught:
        find_format(SPLITS, "jsn")
    assert str(caught.value) == "splits has no format 'jsn'\n  -> did you mean 'json'?"
    with pytest.raises(FormatError) as caught:
        format_of_file(SPLITS, ".tex")
    assert str(caught.value) == "no format of splits has files that end in .tex\n  -> use .txt, .json, or name a format"


def test_a_format_that_only_writes_cannot_be_read() -> None:
    only = Format("shout", ".up", lambda family, program: family.show(program).upper())
    assert only.dumps(SPLITS, SPLITS.parse("h B W")) == "H B W\n"
    with pytest.raises(FormatError, match="format 'shout' cannot be read"):
        only.loads(SPLITS, "H B W")


def test_a_grammar_without_line_ends_reads_its_own_files() -> None:
    sums = Family("sums", root="Expr", grammar='start: expr\n?expr: "x" | expr "+" "x" -> add\n%ignore " "\n')
    text = find_format(sums, "text").dumps(sums, sums.parse("x + x"))
    assert text == "x + x\n"
    assert find_format(sums, "text").loads(sums, text) == sums.parse("x + x")


def test_a_format_that_writes_no_text_is_told() -> None:
    broken = Format("none", ".none", lambda family, program: None)
    with pytest.raises(FormatError) as caught:
        broken.dumps(SPLITS, SPLITS.parse("B"))
    assert caught.value.fact == "format 'none' of splits wrote NoneType, expected str"


def test_a_short_form_and_what_is_not_explained() -> None:
    def write(family: Family, program: Program, unexplained: tuple[Region, ...] = ()) -> str:
        return f"<{family.show(program)}> {len(unexplained)}"

    def fragment(family: Family, program: Program, unexplained: tuple[Region, ...] = ()) -> str:
        return f"{family.show(program)} {len(unexplained)}"

    page = Format("page", ".page", write, fragment=fragment, annotated=True)
    family = replace(SPLITS, formats=(page,))
    program, left = family.parse("h B W"), [Region(0, 0, 1, 1, 0.5)]
    assert page.dumps(family, program) == "<h B W> 0\n"
    assert page.dumps(family, program, unexplained=left) == "<h B W> 1\n"
    assert page.dumps(family, program, snippet=True, unexplained=left) == "h B W 1\n"
    assert choose_format(family, None, snippet=True) is page
    assert choose_format(family, None, Path("x.page"), snippet=True) is page
    assert choose_format(family, None).name == "text"
    for name, output in (("json", None), (None, Path("x.json"))):
        with pytest.raises(FormatError) as caught:
            choose_format(family, name, output, snippet=True)
        assert str(caught.value) == ("format 'json' of splits has no short form\n  -> leave --snippet out, or use page")
    with pytest.raises(FormatError) as caught:
        find_format(SPLITS, "json").dumps(SPLITS, program, snippet=True)
    assert str(caught.value) == "format 'json' of splits has no short form\n  -> leave --snippet out"
