"""A folder of drawings in the order of how alike their programs are to one drawing's.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.images import EXTENSIONS, fit, recolour
from i2c_core.metrics import difference
from i2c_core.progress import Progress, Silent
from i2c_core.similarity.structure import apart, features_of
from i2c_core.synthesis import number_of
from i2c_core.understanding import Failed, Pixels, Understanding, Understood


@dataclass(frozen=True)
class Match:
    """One drawing beside another.

    Attributes:
        name: the file's, with the name in it where it holds many.
        drawing: the one in the folder.
        structure: how far apart the programs' structures are, from 0 to 1; see `i2c_core.similarity.structure`.
        pixels: the mean absolute difference of the pictures' pixels, from 0 to 1.
    """

    name: str
    drawing: Understood
    structure: float
    pixels: float

    def record(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {
            "name": self.name,
            "structure": round(self.structure, 6),
            "pixels": round(self.pixels, 6),
            "cost": number_of(self.drawing.found.cost),
            "code": self.drawing.found.code,
        }


def find_drawings(family: Family, folder: Path, without: Path | None = None) -> list[Path]:
    """The drawings in a folder, by name: pictures, and files in the formats that the family reads.

    Args:
        without: a file that is not listed, if it is one of them.

    Raises:
        FormatError: no folder, or one without drawings.
    """
    if not folder.is_dir():
        raise FormatError(f"{folder} is no folder", "name the folder of drawings to compare with")
    endings = (*EXTENSIONS, *(f.extension for f in family.all_formats if f.read is not None))
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in endings and p.is_file())
    found = [p for p in found if not p.name.startswith(".")]
    if without is not None and without.exists():
        found = [p for p in found if not p.samefile(without)]
    if not found:
        raise FormatError(f"folder {folder} holds no drawings", f"it needs files that end in {', '.join(endings)}")
    return found


def rank(
    drawing: Understood,
    others: Sequence[str | Path],
    understanding: Understanding,
    progress: Progress | None = None,
) -> tuple[list[Match], list[Failed]]:
    """Drawings in the order of how alike they are to one, by structure and then by pixels; and those that failed.

    Args:
        drawing: to compare with.
        others: files.
        understanding: reads them.
        progress: where it is told how far this is.
    """
    matches, failed = [], []
    features = features_of(drawing.body)
    with (Silent() if progress is None else progress).task("drawings", len(others)) as task:
        for source in map(Path, others):
            drawings = list(understanding.read([source]))
            for found in drawings:
                if isinstance(found, Failed):
                    failed.append(found)
                    continue
                name = source.name if len(drawings) == 1 else f"{source.name}: {found.name}"
                away = apart(features, features_of(found.body))
                beside = pixels_apart(drawing.picture, found.picture, drawing.family)
                matches.append(Match(name, found, away, beside))
            task.advance()
    return sorted(matches, key=lambda m: (m.structure, m.pixels, m.name)), failed


def pixels_apart(one: Pixels, other: Pixels, family: Family) -> float:
    """The mean absolute difference of two pictures (C, H, W) at the family's own size."""
    pair = [fit(recolour(p, family.channels), family.size)[None] for p in (one, other)]  # (1, C, H, W) each
    return float(difference(family, *pair)[0])


__all__ = ["Match", "find_drawings", "pixels_apart", "rank"]
