"""Renderers: programs in, pictures out."""

from i2c_core.raster.arguments import draw_foreign
from i2c_core.raster.contract import Array, Pictures, TokenBatch, Undefined, is_tensor, to_png
from i2c_core.raster.paint import paint
from i2c_core.raster.renderer import Renderer
from i2c_core.raster.zoom import Zooms, rectangles

__all__ = [
    "Array",
    "Pictures",
    "Renderer",
    "TokenBatch",
    "Undefined",
    "Zooms",
    "draw_foreign",
    "is_tensor",
    "paint",
    "rectangles",
    "to_png",
]
