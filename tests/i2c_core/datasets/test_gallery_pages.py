"""Pages about families: written by the command, and kept current in the docs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from i2c_cli.app import application
from i2c_core.datasets.gallery_pages import examples, index, page
from i2c_core.families import Family
from i2c_core.plugins import families, get_family

DOCS = Path(__file__).parents[3] / "docs" / "gallery"
HINT = "run i2c gallery --page docs/gallery"


@pytest.mark.parametrize("family", list(families()), ids=lambda f: f.name)
def test_the_page_of_every_family_is_current(family: Family) -> None:
    assert (DOCS / f"{family.name}.md").read_text(encoding="utf-8") == page(family), HINT
    assert (DOCS / f"{family.name}.png").exists(), HINT


def test_the_list_of_pages_is_current() -> None:
    assert (DOCS / "README.md").read_text(encoding="utf-8") == index(list(families())), HINT
    known = {"README", *(f.name for f in families())}
    assert {p.stem for p in DOCS.glob("*.md")} == known, HINT
    assert {p.stem.removesuffix("-examples") for p in DOCS.glob("*.png")} == known - {"README"}, HINT


def test_a_page_is_written_with_its_sheet(tmp_path: Path) -> None:
    done = CliRunner().invoke(application, ["gallery", "--family", "splits", "--page", str(tmp_path / "new"), "-q"])
    assert done.exit_code == 0, done.output
    names = sorted(p.name for p in (tmp_path / "new").iterdir())
    assert names == ["README.md", "splits-examples.png", "splits.md", "splits.png"]
    text = (tmp_path / "new" / "splits.md").read_text(encoding="utf-8")
    assert text.startswith("# splits\n\nImage splits in black and white: halves and quarters.\n")
    assert "```text\nh v W B q B W B B\n```" in text
    with Image.open(tmp_path / "new" / "splits.png") as sheet:
        assert sheet.size == (16 * 34 + 2, 6 * 34 + 2)


def test_the_examples_are_drawn_as_they_are() -> None:
    picture = examples(get_family("splits"))
    assert picture is not None
    assert np.asarray(picture).shape == (96 + 4, 3 * 98 + 2)
    assert examples(Family("none", root="T", signature="a : T")) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "neither --family nor --page says what to draw"),
        (["--page", "{folder}", "-n", "3"], "--page decides what is on its sheets, -n is too much"),
        (["--page", "{folder}/file"], "--page {folder}/file is a file"),
    ],
)
def test_options_that_do_not_go_together_are_told(options: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(application, ["gallery", *(o.format(folder=tmp_path) for o in options)])
    assert done.exit_code == 2
    assert message.format(folder=tmp_path) in done.stderr
