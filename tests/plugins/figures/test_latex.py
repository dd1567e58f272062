r"""What we write as TikZ compiles, and looks as we draw it. Run by `pytest --latex`, where LaTeX and poppler are.

Legend: H W pixels.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from i2c_core.datasets.sampling import token_sampler
from i2c_core.drawing import draw
from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_core.leftovers import Region
from i2c_core.loops import listed, programs_of
from i2c_core.loops.sampling import sample
from i2c_core.programs import Program
from i2c_plugins.figures import DIAGRAMS, FAMILY
from i2c_plugins.figures.commands import Language, commands_of, program_of
from tests.plugins.figures.test_tikz_loops import EVERYTHING

CELL = 32  # pixels
COUNT = 8  # figures of each family
NEAR = 2.0  # pixels, less than a line's width: poppler and we put edges on pixels in our own ways
PASTED = "\\documentclass{{article}}\n\\usepackage{{tikz}}\n\\begin{{document}}\n{}\\end{{document}}\n"

Compile = Callable[[str], Path]


@pytest.fixture
def compile_latex(request: pytest.FixtureRequest, tmp_path: Path) -> Compile:
    """Makes a PDF file of a LaTeX document."""
    if not request.config.getoption("--latex"):
        pytest.skip("compiling LaTeX takes --latex")
    for tool in ("pdflatex", "pdftoppm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: see 'i2c doctor'")

    def run(text: str) -> Path:
        (tmp_path / "figure.tex").write_text(text, encoding="utf-8")
        words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}"
        assert "Overfull" not in done.stdout
        return tmp_path / "figure.pdf"

    return run


def pages(pdf: Path, side: int = 512) -> list[np.ndarray]:
    """(H, W) uint8 of each page, `side` pixels high and wide."""
    words = ["pdftoppm", "-scale-to-x", str(side), "-scale-to-y", str(side), "-gray", "-png", pdf.name, "page"]
    subprocess.run(words, cwd=pdf.parent, check=True)
    return [np.asarray(Image.open(p).convert("L")) for p in sorted(pdf.parent.glob("page-*.png"))]


def some_figures(family: Family) -> list[Program]:
    """Figures of one to eight commands at random, those first that have everything; without writing."""
    text = "circle 4, 10{}\nrectangle 1, 5 to 13, 15\nline 4, 9 to 4, 2 arrow\nline 4, 13 to 6, 11 arrow dashed"
    text += "\nline 1, 1 to 15, 3 dashed\nline 9, 2 to 15, 1\nline 7, 7 to 8, 7 arrow"
    found = [family.parse(text.format(" radius 3" if family is DIAGRAMS else "")), family.parse("")]
    sizes = np.random.default_rng(0).integers(20, 48, COUNT)
    for row in token_sampler(family.vocabulary, 50).sample(np.random.default_rng(1), sizes):
        commands = [c for c in commands_of(family.from_tokens(row.tolist())) if c.kind != "label"]
        found.append(program_of(family.gamma, commands))
    return found


def far(first: np.ndarray, second: np.ndarray) -> float:
    """How far, in pixels, the ink of one picture is at most from ink of the other."""
    if not (first < 128).any():
        return 0.0
    if not (second < 128).any():
        return float(len(second))
    away = ndimage.distance_transform_edt(second >= 128)
    return float(away[first < 128].max())


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS], ids=lambda f: f.name)
def test_documents_look_as_we_draw_them(family: Family, compile_latex: Compile) -> None:
    side = CELL * Language.of(family.gamma).grid[0]
    left = [Region(0.1, 0.2, 0.3, 0.4, 0.05)]
    for program in some_figures(family):
        pdf = compile_latex(find_format(family, "tikz").dumps(family, program, unexplained=left))
        (page,) = pages(pdf, side)
        ours = draw(family, [program], (side, side))[0, 0]
        assert max(far(page, ours), far(ours, page)) <= NEAR, family.show(program)


def test_labels_compile(compile_latex: Compile) -> None:
    program = DIAGRAMS.parse("label 3, 4 size 6 by 2\nlabel 21, 18 size 7 by 4")
    (page,) = pages(compile_latex(find_format(DIAGRAMS, "tikz").dumps(DIAGRAMS, program)))
    assert (page[160:224, 336:448] < 128).any()  # the second's box


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS], ids=lambda f: f.name)
def test_programs_with_loops_look_as_their_lists(family: Family, compile_latex: Compile) -> None:
    """Where a loop draws a thing twice, edges are a little darker."""
    language = programs_of(family)
    rng = np.random.default_rng(0)
    programs = [language.parse(EVERYTHING), *(sample(language, rng, 120) for _ in range(COUNT // 2))]
    for program in programs:
        (ours,) = pages(compile_latex(find_format(language, "tikz").dumps(language, program)))
        (wanted,) = pages(compile_latex(find_format(family, "tikz").dumps(family, listed(language, program))))
        assert max(far(ours, wanted), far(wanted, ours)) <= 1.0, language.show(program)


def test_short_forms_compile_when_pasted(compile_latex: Compile) -> None:
    """Two in one document, each with its own arrow heads, and nothing loaded but TikZ."""
    program = some_figures(FAMILY)[0]
    short = find_format(FAMILY, "tikz").dumps(FAMILY, program, snippet=True)
    (page,) = pages(compile_latex(PASTED.format(f"{short}\n{short}")))
    assert (page < 128).any()
