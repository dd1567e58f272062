r"""TikZ out and in: golden files for people to read, round trips, what people vary, and what is refused where."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import ParseError
from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_core.leftovers import Region
from i2c_core.programs import Program
from i2c_plugins.figures import DIAGRAMS, FAMILY
from i2c_plugins.figures.canonical import straight
from i2c_plugins.figures.commands import commands_of, program_of
from i2c_plugins.figures.tikz_reading import read
from tests.plugins.figures.test_language import WIDE, some_programs

GOLDEN = Path(__file__).with_name("golden")
SHOWN = {
    "figures": "circle 4, 10\nrectangle 1, 5 to 13, 15\nline 4, 9 to 4, 2 arrow\nline 4, 13 to 6, 11 arrow dashed",
    "diagrams": "circle 6, 20 radius 3\nline 9, 20 to 20, 20 dashed\nlabel 21, 18 size 7 by 4",
}
LEFT = Region(0.125, 0.25, 0.25, 0.5, 0.042)


def shown(text: str) -> str:
    """What a TikZ text says, in the language of figures."""
    return FAMILY.show(read(FAMILY, text)).replace("\n", "; ")


def turned(family: Family, program: Program) -> Program:
    """The program with dashed lines that run backwards turned, as their dashes are drawn."""
    return program_of(family.gamma, [straight(c) if c.dashed else c for c in commands_of(program)])


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS], ids=lambda f: f.name)
@pytest.mark.parametrize("name", ["tikz", "svg"])
def test_golden_files(family: Family, name: str) -> None:
    """Made by `i2c convert -f FAMILY TEXT -o FILE`."""
    format_ = find_format(family, name)
    golden = (GOLDEN / f"{family.name}{format_.extension}").read_text(encoding="utf-8")
    assert format_.dumps(family, family.parse(SHOWN[family.name])) == golden


def test_the_short_form_is_the_picture_of_the_document() -> None:
    tikz = find_format(FAMILY, "tikz")
    program = FAMILY.parse(SHOWN["figures"])
    short = tikz.dumps(FAMILY, program, snippet=True)
    assert short.startswith("\\begin{tikzpicture}[")
    assert short.endswith("\\end{tikzpicture}\n")
    assert short in tikz.dumps(FAMILY, program)
    assert "pgfdeclarearrow" not in tikz.dumps(FAMILY, FAMILY.parse("circle 4, 10"), snippet=True)


def test_ink_that_is_not_explained_is_told_with_its_place() -> None:
    text = find_format(FAMILY, "tikz").dumps(FAMILY, FAMILY.parse("circle 4, 10"), snippet=True, unexplained=[LEFT])
    line = "  % not explained: ink at x 2.0 to 4.0, y 8.0 to 12.0 (4 % of all)\n"
    assert line in text
    assert shown(text) == "circle 4, 10"
    svg = find_format(FAMILY, "svg").dumps(FAMILY, FAMILY.parse("circle 4, 10"), unexplained=[LEFT])
    assert "<!-- not explained: ink at x 2.0 to 4.0, y 8.0 to 12.0 (4 % of all) -->" in svg


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS, WIDE], ids=lambda f: f.name)
@given(st.data())
def test_what_is_written_is_read_back(family: Family, data: st.DataObject) -> None:
    program: Program = data.draw(some_programs(family))
    tikz = find_format(family, "tikz")
    said = turned(family, program)
    assert tikz.loads(family, tikz.dumps(family, program)) == said
    assert tikz.loads(family, tikz.dumps(family, program, snippet=True)) == said


@given(st.data())
def test_white_space_and_comments_do_not_matter(data: st.DataObject) -> None:
    program = data.draw(some_programs(FAMILY))
    text = find_format(FAMILY, "tikz").dumps(FAMILY, program, snippet=True)
    gap = st.sampled_from(["", " ", "\n", "\t", " % a remark; \\draw (1,1) -- (2,2);\n"])
    varied = "".join(data.draw(gap) + c + data.draw(gap) if c in "(),;" else c for c in text)
    assert read(FAMILY, varied) == turned(FAMILY, program)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        (r"\begin{tikzpicture}\end{tikzpicture}", ""),
        (r"\draw (1,2) -- (3,4);", "line 1, 2 to 3, 4"),
        (r"\draw[->](1,2)--(3,4);", "line 1, 2 to 3, 4 arrow"),
        (r"\draw[->] (1,2) to (3,4);", "line 1, 2 to 3, 4 arrow"),
        (r"\draw [<-] (1,2) -- (3,4);", "line 3, 4 to 1, 2 arrow"),
        (r"\draw[<->] (1,2) -- (3,4);", "line 3, 4 to 1, 2 arrow; line 1, 2 to 3, 4 arrow"),
        (r"\draw[dashed, ->] (1,2) -- (3,4);", "line 1, 2 to 3, 4 arrow dashed"),
        (r"\draw[->,dashed] (1,2) -- (3,4);", "line 1, 2 to 3, 4 arrow dashed"),
        (r"\draw[thick, -latex, line width=1pt] (1,2) -- (3,4);", "line 1, 2 to 3, 4 arrow"),
        (r"\draw[-{Stealth[length=3mm]}] (1,2) -- (3,4);", "line 1, 2 to 3, 4 arrow"),
        (r"\draw (1,2) [densely dashed] -- (3,4);", "line 1, 2 to 3, 4 dashed"),
        (r"\draw (4,10) circle (1);", "circle 4, 10"),
        (r"\draw (4,10) circle (1cm);", "circle 4, 10"),
        (r"\draw (4,10) circle[radius=1];", "circle 4, 10"),
        (r"\draw (4.0,10.0) circle [radius = 1cm] (6,6) circle (1);", "circle 4, 10; circle 6, 6"),
        (r"\begin{tikzpicture}[x=5mm,y=5mm]\draw (4,10) circle (5mm);\end{tikzpicture}", "circle 4, 10"),
        (r"\draw (13,15) rectangle (1,5);", "rectangle 1, 5 to 13, 15"),
        (r"\draw (1,1) -- (2,2) -- (3,1);", "line 1, 1 to 2, 2; line 2, 2 to 3, 1"),
        (r"\draw[->] (1,1) -- (2,2) -- (3,1);", "line 1, 1 to 2, 2; line 2, 2 to 3, 1 arrow"),
        (r"\draw[<-] (1,1) -- (2,2) -- (3,1);", "line 2, 2 to 1, 1 arrow; line 2, 2 to 3, 1"),
        (
            r"\draw (1,1) -- (2,2) -- (3,1) -- cycle;",
            "line 1, 1 to 2, 2; line 2, 2 to 3, 1; line 3, 1 to 1, 1",
        ),
        (r"\draw[->] (1,1) -| (3,4);", "line 1, 1 to 3, 1; line 3, 1 to 3, 4 arrow"),
        (r"\draw (1,1) |- (3,4);", "line 1, 1 to 1, 4; line 1, 4 to 3, 4"),
        (r"\draw (1,1) -- ++(2,0) -- ++(0,3);", "line 1, 1 to 3, 1; line 3, 1 to 3, 4"),
        (r"\draw (1,1) -- +(2,0) -- +(0,3);", "line 1, 1 to 3, 1; line 3, 1 to 1, 4"),
        (r"\begin{tikzpicture}[->, scale=0.5]\draw (1,2) -- (3,4);\end{tikzpicture}", "line 1, 2 to 3, 4 arrow"),
        (
            "\\documentclass[tikz]{standalone}\n\\begin{document}\n\\begin{tikzpicture} % here\n"
            "  \\draw (1,2) -- (3,4); % and \\foreach there\n\\end{tikzpicture}\nWords.\n\\end{document}\n",
            "line 1, 2 to 3, 4",
        ),
    ],
)
def test_what_people_write(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_labels_are_dashed_rectangles_with_writing() -> None:
    text = r"\draw[dashed] (3,4) rectangle node {$x$} (9,6); \draw[dashed] (3,8) rectangle (9,10) node[midway] {Words};"
    assert DIAGRAMS.show(read(DIAGRAMS, text)) == "label 3, 4 size 6 by 2\nlabel 3, 8 size 6 by 2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "\\draw (1,2) -- (3,4);\n\\foreach \\x in {1,2} \\draw (\\x,1) circle (1);",
            "line 2, column 1: \\foreach is not read here\n"
            "    \\foreach \\x in {1,2} \\draw (\\x,1) circle (1);\n    ^\n"
            "  -> write out what it draws, with \\draw",
        ),
        (
            r"\draw (1,2) -- (3,16);",
            "line 1, column 17: y is 16\n    \\draw (1,2) -- (3,16);\n                    ^\n"
            "  -> it must be from 1 to 15",
        ),
        (
            r"\draw (1,2) -- (3.5,4);",
            "line 1, column 17: the point (3.5,4) is not on the grid\n    \\draw (1,2) -- (3.5,4);\n"
            "                    ^\n  -> use whole numbers",
        ),
        (
            r"\draw (4,10) circle (2);",
            "line 1, column 22: a circle of radius 2\n    \\draw (4,10) circle (2);\n                         ^\n"
            "  -> its radius must be 1",
        ),
        (
            r"\draw[red] (1,2) -- (3,4);",
            "line 1, column 7: option 'red' is not read\n    \\draw[red] (1,2) -- (3,4);\n          ^\n"
            "  -> leave it out",
        ),
        (
            r"\draw (1,2) -- (3,4)",
            "line 1, column 21: expected 'circle', 'node', 'rectangle', 'to', '(', '++', '--', '-|', ';' or '[', "
            "got the end\n"
            "    \\draw (1,2) -- (3,4)\n                        ^\n  -> see docs/figures.md for what is read",
        ),
        (
            r"\draw (1,2) .. (3,4);",
            "line 1, column 13: expected 'circle', 'node', 'rectangle', 'to', '(', '++', '--', '-|', ';' or '[', "
            "got '.'\n"
            "    \\draw (1,2) .. (3,4);\n                ^\n  -> see docs/figures.md for what is read",
        ),
        (
            r"\draw[dashed] (1,2) rectangle (3,4);",
            "line 1, column 32: a dashed rectangle\n    \\draw[dashed] (1,2) rectangle (3,4);\n"
            "                                   ^\n  -> only lines are dashed here: draw its sides as lines",
        ),
        (
            r"\draw[->] (1,2) -- (3,4) (5,5) -- (6,6);",
            "line 1, column 36: an arrow of several parts\n    \\draw[->] (1,2) -- (3,4) (5,5) -- (6,6);\n"
            "                                       ^\n  -> give each part a \\draw of its own",
        ),
        (
            "\\documentclass{article}",
            "line 1, column 1: this has no tikzpicture\n    \\documentclass{article}\n    ^\n"
            "  -> write \\begin{tikzpicture} ... \\end{tikzpicture}",
        ),
    ],
)
def test_what_is_not_read_is_refused_at_its_place(text: str, told: str) -> None:
    with pytest.raises(ParseError) as error:
        read(FAMILY, text)
    assert str(error.value) == told


@given(st.text(alphabet="\\draw(),;-123 []{}%.n", max_size=40) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ParseError):
        FAMILY.check(read(FAMILY, text))
