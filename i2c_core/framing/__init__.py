"""From any picture of a drawing (a photograph, a scan, a screenshot) to the canvas that a network sees."""

from i2c_core.framing.canvas import CELL, is_clean, paper
from i2c_core.framing.grid import Grid, find_frame, find_grid
from i2c_core.framing.ink import Drawing, find_ink
from i2c_core.framing.strokes import Evidence, find_evidence

__all__ = [
    "CELL",
    "Drawing",
    "Evidence",
    "Grid",
    "find_evidence",
    "find_frame",
    "find_grid",
    "find_ink",
    "is_clean",
    "paper",
]
