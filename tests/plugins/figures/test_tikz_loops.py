r"""Programs with loops as TikZ: `\foreach` and scopes draw what the list's TikZ draws, dash by dash."""

from __future__ import annotations

import numpy as np
import pytest
from foreach import expanded

from i2c_core import Family, get_family
from i2c_core.formats import find_format
from i2c_core.leftovers import Region
from i2c_core.loops import listed, programs_of
from i2c_core.loops.sampling import sample
from i2c_core.programs import Program
from i2c_plugins.figures import DIAGRAMS, FAMILY
from i2c_plugins.figures.growing import grown

FIGURES = get_family("figures:program")
every_family = pytest.mark.parametrize("plain", [FAMILY, DIAGRAMS], ids=lambda f: f.name)

EVERYTHING = """\
for (i < 4) {
  for (j < i) {
    if (j > 0) {
      line 3*j + 1, 3*i + 5 to 3*j + 2, 3*i + 5 dashed
    }
    line 3*j + 2, 3*i + 3 to 3*i + 1, 4 dashed
  }
  for (j < 2*i - 3) {
    line 2*j + 2, i + 1 to 9, -i + 6 arrow dashed
  }
  for (j < -i + 4) {
    line j + 1, 1 to 2*j + 2, i + 2
  }
}
reflect (x = 15) {
  line 2, 3 to 3, 3 dashed
  reflect (y = 16) {
    line 7, 1 to 2, 5 arrow
    line 5, 2 to 3, 7 dashed
    line 6, 2 to 6, 7 dashed
    for (i < 1) {
      rectangle i + 1, 1 to 2*i + 3, 2
    }
  }
  reflect (x = 12) {
    line 4, 9 to 5, 9 dashed
  }
}"""
WRITTEN = r"""\begin{tikzpicture}[x=5mm, y=5mm,
    line width=0.5mm, line cap=round, line join=round,
    dashed/.style={dash pattern=on 1.5mm off 1.5mm}]
  \useasboundingbox (0,0) rectangle (16,16);
  \foreach \i in {0,1,2} {
    \foreach \j in {0,...,\i} {
      \ifnum\j>0
        \draw[dashed] (3*\j+1,3*\i+8) -- (3*\j+2,3*\i+8);
      \fi
      \draw (3*\j+2,3*\i+8) circle [radius=1];
    }
  }
  \foreach \i in {0,...,3} {
    \pgfmathtruncatemacro\lastj{2*\i-3}
    \ifnum\lastj<0 \else
      \foreach \j in {0,...,\lastj} {
        \draw (\i+1,\j+1) circle [radius=1];
      }
    \fi
  }
  \draw[dashed] (2,3) -- (3,3);
  \foreach \i in {0,1} {
    \draw (\i+1,1) rectangle (2*\i+3,2);
  }
  \begin{scope}[shift={(10,0)}, xscale=-1]
    \draw[dashed] (3,3) -- (2,3);
    \foreach \i in {0,1} {
      \draw (2*\i+3,1) rectangle (\i+1,2);
    }
  \end{scope}
\end{tikzpicture}
"""
SAID = """\
for (i < 3) {
  for (j < i + 1) {
    if (j > 0) {
      line 3*j + 1, 3*i + 8 to 3*j + 2, 3*i + 8 dashed
    }
    circle 3*j + 2, 3*i + 8
  }
}
for (i < 4) {
  for (j < 2*i - 2) {
    circle i + 1, j + 1
  }
}
reflect (x = 10) {
  line 2, 3 to 3, 3 dashed
  for (i < 2) {
    rectangle i + 1, 1 to 2*i + 3, 2
  }
}"""


def drawn_lines(language: Family, program: Program) -> tuple[list[str], list[str]]:
    r"""The `\draw` lines of a program's TikZ, written out, and those of its list's."""
    plain = language.plain
    assert plain is not None
    text = find_format(language, "tikz").dumps(language, program)
    listed_text = find_format(plain, "tikz").dumps(plain, listed(language, program))
    return expanded(text), expanded(listed_text)


def require_same(language: Family, program: Program) -> None:
    """The same commands; what is dashed begins at the same end."""
    plain = language.plain
    assert plain is not None
    ours, theirs = drawn_lines(language, program)
    fmt = find_format(plain, "tikz")
    assert plain.canonical(fmt.loads(plain, "\n".join(ours))) == plain.canonical(fmt.loads(plain, "\n".join(theirs)))
    dashed = [{line for line in lines if "dashed" in line} for lines in (ours, theirs)]
    assert dashed[0] == dashed[1]


def test_a_program_as_tikz() -> None:
    program = FIGURES.parse(SAID)
    assert find_format(FIGURES, "tikz").dumps(FIGURES, program, snippet=True) == WRITTEN
    require_same(FIGURES, program)


@every_family
def test_everything_at_once(plain: Family) -> None:
    language = programs_of(plain)
    text = EVERYTHING
    if plain is DIAGRAMS:
        text += "\nreflect (x = 30) {\nfor (i < 3) {\nlabel 2*i + 1, 9*i + 1 size i + 2 by 7"
        text += "\ncircle 3*i + 5, 20 radius i + 1\n}\n}"
        text += "\nreflect (y = 50) {\nlabel 3, 20 size 5 by 4\n}"
    require_same(language, language.parse(text))


@every_family
def test_random_programs(plain: Family) -> None:
    language = programs_of(plain)
    rng = np.random.default_rng(0)
    for _ in range(25):
        require_same(language, sample(language, rng, 140))


def test_a_list_is_written_as_the_plain_family_writes_it() -> None:
    text = "\n".join(FAMILY.examples[:2])
    program = FIGURES.parse(text)
    plain = FAMILY.canonical(FAMILY.parse(text))
    ours = find_format(FIGURES, "tikz").dumps(FIGURES, program).splitlines()
    assert sorted(ours) == sorted(find_format(FAMILY, "tikz").dumps(FAMILY, plain).splitlines())


def test_what_is_left_over_is_told() -> None:
    program = FIGURES.parse("circle 4, 4")
    text = find_format(FIGURES, "tikz").dumps(FIGURES, program, unexplained=[Region(0.1, 0.2, 0.3, 0.4, 0.05)])
    plain = find_format(FAMILY, "tikz").dumps(
        FAMILY, FAMILY.parse("circle 4, 4"), unexplained=[Region(0.1, 0.2, 0.3, 0.4, 0.05)]
    )
    assert text == plain
    assert "% " in text


def test_that_the_reader_of_tests_sees_what_is_wrong() -> None:
    """Without its guard an empty loop runs twice; a mirrored dash that is not turned begins at the wrong end."""
    text = find_format(FIGURES, "tikz").dumps(FIGURES, FIGURES.parse(SAID), snippet=True)
    unguarded = text.replace("\\ifnum\\lastj<0 \\else", "\\ifnum\\i>0").replace("2*\\i-3}", "2*\\i-4}")
    assert len(expanded(unguarded)) != len(expanded(text))
    turned = text.replace("(3,3) -- (2,3)", "(2,3) -- (3,3)")
    assert "\\draw[dashed] (7,3) -- (8,3);" in expanded(text)
    assert "\\draw[dashed] (8,3) -- (7,3);" in expanded(turned)


@every_family
def test_the_language_grows_with_its_grid(plain: Family) -> None:
    found = grown(plain, 40, 20)
    assert found is grown(plain, 40, 20)
    assert (found.name, found.canvas, found.weights) == (plain.name, (40, 20), None)
    assert found.size == (20 * plain.size[0] // plain.canvas[1], 40 * plain.size[1] // plain.canvas[0])  # type: ignore[index]
    radius = " radius 1" if plain is DIAGRAMS else ""
    program = programs_of(found).parse(f"for (i < 12) {{\n  circle 3*i + 2, 18{radius}\n}}")
    assert len(list(listed(programs_of(found), program).nodes())) > 12 * 3
