"""The site: every page is in it, its links lead somewhere, and nothing of it is loaded from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOOK = ROOT / "docs" / "site.py"
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")


@pytest.fixture(scope="module")
def site() -> ModuleType:
    pytest.importorskip("mkdocs", reason="needs the extra docs: pip install images-to-code[docs]")
    spec = importlib.util.spec_from_file_location("site_of_docs", HOOK)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def navigation(site: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places of all pages in the navigation."""
    from mkdocs.config import load_config

    monkeypatch.setattr(sys, "path", [*sys.path])
    config = site.on_config(load_config(str(ROOT / "mkdocs.yml")))

    def places(entry: Any) -> list[str]:
        if isinstance(entry, dict):
            return [place for below in entry.values() for place in places(below)]
        return [entry] if isinstance(entry, str) else [place for below in entry for place in places(below)]

    return places(config.nav)


def test_every_page_is_in_the_navigation_once(navigation: list[str]) -> None:
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert not pages - set(navigation), "add them to nav in mkdocs.yml"
    assert len(navigation) == len(set(navigation))
    assert navigation[0] == "index.md"


def test_the_navigation_has_cards_decisions_gallery_and_api(site: ModuleType, navigation: list[str]) -> None:
    for folder in ("cards", "decisions", "gallery", "api"):
        inside = [place for place in navigation if place.startswith(f"{folder}/")]
        assert inside[0] == f"{folder}/README.md"
        assert len(inside) > 2
    assert len([place for place in navigation if place.startswith("cards/")]) == 1 + len(
        list((ROOT / "plugins").rglob("*_CARD.md"))
    )


@pytest.mark.parametrize(
    ("place", "text", "turned"),
    [
        ("index.md", "[a](docs/design.md#words)", "[a](design.md#words)"),
        ("index.md", "![a](docs/level.png)", "![a](level.png)"),
        ("index.md", "[`a`](docs/decisions/) and `[b](c.md)`", "[`a`](decisions/README.md) and `[b](c.md)`"),
        ("index.md", "see [LICENSE](LICENSE)", "see LICENSE"),
        ("index.md", "```text\n[a](docs/design.md)\n```", "```text\n[a](docs/design.md)\n```"),
        ("design.md", "[a](../README.md)", "[a](index.md)"),
        ("figures.md", "[a](../plugins/i2c_plugins/figures/MODEL_CARD.md)", "[a](cards/figures.md)"),
        ("decisions/0001-x.md", "[a](../design.md)", "[a](../design.md)"),
        ("cards/figures.md", "[a](../../../docs/figures.md)", "[a](../figures.md)"),
        ("benchmarks/FIGURES.md", "[a](README.md) [b](https://x.org/y.md) [c](#d)", None),
        ("design.md", "[a](no-such-page.md)", None),
    ],
)
def test_links_lead_to_where_files_stand_on_the_site(
    site: ModuleType, place: str, text: str, turned: str | None
) -> None:
    shown = {*site.places().values(), "design.md", "figures.md", "level.png", "decisions/README.md"}
    files = SimpleNamespace(get_file_from_path=lambda path: path if path in shown else None)
    page = SimpleNamespace(file=SimpleNamespace(src_uri=place))
    assert site.on_page_markdown(text, page, None, files) == (text if turned is None else turned)


def test_pages_that_nobody_writes(site: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    made = site.made()
    assert (
        "| [`i2c_core.hookspecs`](i2c_core.hookspecs.md) | The hooks of i2c: what a plugin may add. |"
        in (made["api/README.md"])
    )
    assert made["api/i2c_core.reader.md"] == "# i2c_core.reader\n\n::: i2c_core.reader\n"
    assert "(splits-zoom.md)" in made["cards/README.md"]
    assert "## pairs" in made["benchmarks/history.md"]


def test_each_decision_is_listed_and_has_its_three_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("0*.md"):
        text = page.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        assert f"- [{title}]({page.name})\n" in listed, f"list {page.name} in docs/decisions/README.md"
        assert title.startswith(f"{int(page.name[:4])}. ")
        assert re.findall(r"^## (.*)$", text, re.M) == ["Context", "Decision", "Consequences"], page.name


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs the extra docs: pip install images-to-code[docs]")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    variables = os.environ | {"NO_MKDOCS_2_WARNING": "1", "HTTPS_PROXY": "http://127.0.0.1:9"}  # where nobody answers
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        assert not LOADED.findall(page.read_text(encoding="utf-8")), page
    reader = (tmp_path / "site" / "api" / "i2c_core.reader.html").read_text(encoding="utf-8")
    assert "A reader by the name of an installed family" in reader
