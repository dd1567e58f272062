"""The pages: their examples run, their links lead somewhere, and what they repeat is what the code says."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from pages import Block, blocks, run_console, run_python

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = ROOT / "tests" / "house" / "test_layout.py"
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])


@pytest.mark.parametrize(
    "name",
    [
        "boxes.md",
        "bulk.md",
        "clusters.md",
        "composing.md",
        "correction.md",
        "confidence.md",
        "decoding.md",
        "design.md",
        "figures.md",
        "framing.md",
        "functions.md",
        "grammars.md",
        "images.md",
        "items.md",
        "levels.md",
        "masking.md",
        "measure.md",
        "programs.md",
        "race.md",
        "selftraining.md",
        "signatures.md",
        "sketching.md",
        "synthesis.md",
        "tiles.md",
        "training.md",
        "zoom.md",
    ],
)
def test_examples_run(name: str) -> None:
    run_python(ROOT / "docs" / name, blocks(ROOT / "docs" / name, "python"))


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "grammars.md", "console"), ids=lambda b: f"line-{b.line}")
def test_commands_on_a_grammar_alone_run(block: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run_console(ROOT / "docs" / "grammars.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_boxes_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "boxes.md", "console"):
        run_console(ROOT / "docs" / "boxes.md", block, tmp_path, lambda: {"PATH": path})


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "figures.md", "console"), ids=lambda b: f"line-{b.line}")
def test_commands_on_figures_run(block: Block, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run_console(ROOT / "docs" / "figures.md", block, tmp_path, lambda: {"PATH": path})


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "composing.md", "console"), ids=lambda b: f"line-{b.line}")
def test_commands_on_compositions_run(block: Block, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run_console(ROOT / "docs" / "composing.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_programs_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "programs.md", "console"):
        run_console(ROOT / "docs" / "programs.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_files_of_several_pictures_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "images.md", "console"):
        run_console(ROOT / "docs" / "images.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_files_of_levels_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "levels.md", "console"):
        run_console(ROOT / "docs" / "levels.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_of_the_race_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "race.md", "console"):
        run_console(ROOT / "docs" / "race.md", block, tmp_path, lambda: {"PATH": path})


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "measure.md", "console"), ids=lambda b: f"line-{b.line}")
def test_commands_that_measure_run(block: Block, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run_console(ROOT / "docs" / "measure.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_training_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "training.md", "console"):
        run_console(ROOT / "docs" / "training.md", block, tmp_path, lambda: {"PATH": path})


def test_commands_on_many_images_run(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / "bulk.md", "console"):
        run_console(ROOT / "docs" / "bulk.md", block, tmp_path, lambda: {"PATH": path})


@pytest.mark.parametrize("name", ["clusters.md", "datasets.md"])
def test_commands_on_data_sets_run(name: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for block in blocks(ROOT / "docs" / name, "console"):
        run_console(ROOT / "docs" / name, block, tmp_path, lambda: {"PATH": path})


def test_the_design_lists_the_order_of_imports_that_is_tested() -> None:
    order = runpy.run_path(str(LAYOUT))["ORDER"]
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    listed = re.search(r"<!-- order -->\n```text\n(.*?)```", page, re.S)
    assert listed
    assert listed[1].split() == order, "copy ORDER from tests/house/test_layout.py into docs/design.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        assert found.exists(), f"{page.name} links to {target}, which does not exist"
        if anchor:
            titles = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}, target
