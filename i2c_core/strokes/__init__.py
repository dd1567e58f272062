"""Strokes: figures as lines and arcs in units of their own grid, drawn clean, or as a hand would sketch them.

A family whose programs are drawings gives `strokes=`, a function from a batch of programs to `Strokes`; the renderer,
the sketch process, and the dense proposals of `i2c_core.items` follow from it.
"""

from i2c_core.strokes.drawing import draw
from i2c_core.strokes.sketching import Style, sketch
from i2c_core.strokes.strokes import Strokes

__all__ = ["Strokes", "Style", "draw", "sketch"]
