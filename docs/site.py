"""What MkDocs does not do by itself to make a site of this repository: `mkdocs.yml` names this file as its hook.

Pages are written to be read in the repository, so their links lead to its files. Some files from outside `docs/` become
pages too (the README is the first), links are turned to where their files stand on the site, and a link to a file that
the site does not show is left as text. The pages that nobody writes are made: the API, the history of the figures.

Legend: a *path* is that of a file in the repository; a *place* is where it stands on the site, MkDocs' `src_uri`.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PLACES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
    "benchmarks/README.md": "benchmarks/README.md",
    "benchmarks/FIGURES.md": "benchmarks/FIGURES.md",
}
API = {
    "To use": (
        *("i2c_core", "i2c_core.reader", "i2c_core.answers", "i2c_core.bulk", "i2c_core.images"),
        *("i2c_core.evaluation", "i2c_core.predictions", "i2c_core.errors"),
    ),
    "To write a family": (
        *("i2c_core.hookspecs", "i2c_core.families", "i2c_core.symbols", "i2c_core.types", "i2c_core.programs"),
        *("i2c_core.formats", "i2c_core.references", "i2c_core.plugins", "i2c_core.composing", "i2c_core.tilesets"),
        *("i2c_core.raster", "i2c_core.strokes", "i2c_core.testing"),
    ),
    "To build on": (
        *("i2c_core.vocabulary", "i2c_core.grammars", "i2c_core.masks", "i2c_core.decoding", "i2c_core.checkpoints"),
        *("i2c_core.datasets.sampling", "i2c_core.datasets.stream", "i2c_core.datasets.pairs"),
        *("i2c_core.datasets.build", "i2c_core.config", "i2c_core.training", "i2c_core.selftraining"),
        *("i2c_core.search", "i2c_core.race", "i2c_core.clusters", "i2c_core.files", "i2c_core.benching"),
    ),
}
# Left to right: fences and code are passed over, and what remains of brackets is a link.
LINK = re.compile(
    r"^```.*?^```$|(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)|`[^`\n]+`", re.M | re.S
)


def places() -> dict[str, str]:
    """The place of each file from outside `docs/` that the site shows, by its path."""
    cards = {}
    for path in sorted(ROOT.glob("plugins/*/*/*_CARD.md")):
        kind = path.stem.removesuffix("_CARD").lower()
        name = path.parent.name if kind == "model" else f"{path.parent.name}-{kind}"
        cards[path.relative_to(ROOT).as_posix()] = f"cards/{name}.md"
    return PLACES | cards


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """An entry of the navigation that ends in a slash becomes all pages of that folder."""
    if str(ROOT / "benchmarks") not in sys.path:
        sys.path.insert(0, str(ROOT / "benchmarks"))  # for the page of the history
    known = [*places().values(), *(p.relative_to(ROOT / "docs").as_posix() for p in ROOT.glob("docs/*/*.md"))]
    known += made()
    config.nav = [_expanded(entry, sorted(known)) for entry in config.nav or []]
    return config


def _expanded(entry: Any, known: list[str]) -> Any:
    if isinstance(entry, dict):
        ((title, below),) = entry.items()
        if isinstance(below, str) and below.endswith("/"):
            inside = [place for place in known if place.startswith(below)]
            return {title: sorted(inside, key=lambda place: (not place.endswith("README.md"), place))}
        return {title: [_expanded(e, known) for e in below] if isinstance(below, list) else below}
    return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside `docs/`, and those that are made."""
    for path, place in places().items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    for place, text in made().items():
        files.append(File.generated(config, place, content=text))
    return files


def made() -> dict[str, str]:
    """The text of each page that nobody writes, by its place."""
    modules = {f"api/{name}.md": f"# {name}\n\n::: {name}\n" for names in API.values() for name in names}
    pages = {"cards/README.md": cards_page(), "api/README.md": api_page(), "benchmarks/history.md": history_page()}
    return modules | pages | {"api/i2c_core.md": package_page()}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page to where the files stand on the site."""
    moved = places()
    path = {place: path for path, place in moved.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def turn(found: re.Match[str]) -> str:
        if found["target"] is None:
            return found[0]
        file, mark, anchor = found["target"].partition("#")
        if not file or "://" in file or file.startswith("mailto:"):
            return found[0]
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        place = moved.get(wanted) or wanted.removeprefix("docs/")
        if not files.get_file_from_path(place):
            place = f"{place}/README.md"
        if not files.get_file_from_path(place):
            return found["text"] if (ROOT / wanted).exists() else found[0]  # the build tells of what does not exist
        link = posixpath.relpath(place, posixpath.dirname(page.file.src_uri))
        return f"{found['image']}[{found['text']}]({link}{mark}{anchor})"

    return LINK.sub(turn, markdown)


def cards_page() -> str:
    """The first page of the model cards: the title of each."""
    lines = ["# Model cards", "", "What each of the shipped networks was trained on, and how well it reads.", ""]
    for path, place in places().items():
        if place.startswith("cards/"):
            title = (ROOT / path).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            lines.append(f"- [{title}]({Path(place).name})")
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """The first page of the API: what each module says of itself."""
    lines = [
        "# The API",
        "",
        "The modules that plugins and programs build on, from their docstrings.",
        "Every public name of every module is listed in `tests/house/public_api.txt`.",
        "",
    ]
    for title, names in API.items():
        lines += [f"## {title}", "", "| module | what is in it |", "|---|---|"]
        lines += [f"| [`{name}`]({name}.md) | {about(name)} |" for name in names]
        lines.append("")
    lines += ["## All modules", "", "In the order of imports: each imports only what stands before it.", ""]
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    order = re.search(r"<!-- order -->\n```text\n(.*?)```", design, re.S)
    lines += ["| module | what is in it |", "|---|---|"]
    lines += [f"| `i2c_core.{room}` | {about(f'i2c_core.{room}')} |" for room in (order[1].split() if order else [])]
    return "\n".join([*lines, ""])


def package_page() -> str:
    """The page of `i2c_core` itself: its names, each with a link to the module that makes it."""
    tree = ast.parse(module_file("i2c_core").read_text(encoding="utf-8"))
    made_in = {a.name: n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module for a in n.names}
    shown = {name for names in API.values() for name in names}
    lines = ["# i2c_core", "", about("i2c_core"), "", "| name | made in |", "|---|---|"]
    for name, module in sorted(made_in.items()):
        if module in shown - {"i2c_core"}:
            lines.append(f"| [`{name}`]({module}.md#{module}.{name}) | `{module}` |")
    return "\n".join([*lines, ""])


def about(name: str) -> str:
    """The first paragraph of a module's docstring; the module is not imported."""
    said = ast.get_docstring(ast.parse(module_file(name).read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")


def module_file(name: str) -> Path:
    """The file of a module, by its import name."""
    path = ROOT / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def history_page() -> str:
    """The history of the figures, which the benchmarks know how to draw."""
    import history  # of benchmarks/

    return str(history.page())
