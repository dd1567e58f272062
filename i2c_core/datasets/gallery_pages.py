"""Pages about families: what a language is, what it writes, and a sheet of its images; made by `i2c gallery --page`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from i2c_core.datasets.gallery import contact_sheet, gallery, random_gallery
from i2c_core.files import write_atomically
from i2c_core.raster import Renderer, to_png

if TYPE_CHECKING:
    from PIL.Image import Image

    from i2c_core.families import Family

SHOWN, COLUMNS = 96, 16  # images of a sheet, and in a row of it
LARGEST_SHEET = 1200  # pixels a side
EXAMPLE = 96  # pixels a side of an example


def write_pages(families: Iterable[Family], folder: Path) -> list[Path]:
    """Write a page and a sheet for each family, and a page that lists them; what was written.

    Raises:
        DiskError: the folder cannot be written.
    """
    from i2c_core.drawing import save_png

    families, written = list(families), []
    for family in families:
        for name, image in (("", sheet(family)), ("-examples", examples(family))):
            if image is not None:
                save_png(image, folder / f"{family.name}{name}.png")
                written.append(folder / f"{family.name}{name}.png")
        write_atomically(folder / f"{family.name}.md", page(family))
        written.append(folder / f"{family.name}.md")
    write_atomically(folder / "README.md", index(families))
    return [*written, folder / "README.md"]


def page(family: Family) -> str:
    """A family's page as Markdown."""
    lines = [f"# {family.name}", "", f"{family.doc[:1].upper()}{family.doc[1:]}.", ""]
    lines += [f"![Images of {family.name}]({family.name}.png)", "", _caption(family), ""]
    if family.examples:
        lines += ["## Examples", "", f"![Examples of {family.name}]({family.name}-examples.png)", ""]
        for example in family.examples:
            lines += ["```text", example.strip("\n"), "```", ""]
    lines += ["## The language", "", "```text", _table(family), "```", ""]
    lines += ["Made by `i2c gallery --page`. [All families](README.md)", ""]
    return "\n".join(lines)


def index(families: Sequence[Family]) -> str:
    """The page that lists families, as Markdown."""
    lines = ["# Gallery", "", "The families that are installed; made by `i2c gallery --page docs/gallery`.", ""]
    lines += [f"- [{f.name}]({f.name}.md): {f.doc}" for f in families]
    return "\n".join([*lines, ""])


def sheet(family: Family) -> Image:
    """Some images of a family: the first ones where all are drawn from small to large, else random ones."""
    most = max(1, LARGEST_SHEET // COLUMNS)
    cell = min(family.size[0], most) if family.any_size or max(family.size) > most else None
    if _first(family):
        return gallery(family, SHOWN, "sharp", cell, columns=COLUMNS, hash_size=8)
    return random_gallery(family, SHOWN, 0, cell, columns=COLUMNS)


def examples(family: Family) -> Image | None:
    """The examples of a family side by side, None where it has none."""
    if not family.examples:
        return None
    height, width = family.size
    size = (EXAMPLE, max(1, EXAMPLE * width // height)) if family.any_size else family.size
    with Renderer(family) as renderer:
        pixels = renderer.render_programs([family.parse(text) for text in family.examples], size).pixels
    if len(pixels) == 1:
        return to_png(pixels[0])
    return contact_sheet(pixels, columns=len(pixels))


def _first(family: Family) -> bool:
    """Whether the first images of a family are worth a look: its programs are drawn uniformly."""
    return family.sample is None and family.tiles is None


def _caption(family: Family) -> str:
    if _first(family):
        return f"The first {SHOWN} images, from small programs to large, each once."
    return f"{SHOWN} random programs, drawn as training draws them."


def _table(family: Family) -> str:
    height, width = family.size
    colour = "grey" if family.channels == 1 else "colour"
    head = f"root {family.root}; pictures {colour}, {width}x{height}{', any size' if family.any_size else ''}"
    return f"{head}\n\n{family.gamma.show().strip()}"
