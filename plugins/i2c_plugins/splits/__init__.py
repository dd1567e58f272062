"""Image splits, the first family of the i2c notes: halves and quarters, filled with a palette."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.families import Family, box
from i2c_core.hookspecs import hookimpl

SPLITS = """
h, v : (Image, Image) -> Image
q    : (Image, Image, Image, Image) -> Image
"""
ZOOMS = {
    "h": (box("0 0 1 1/2"), box("0 1/2 1 1")),
    "v": (box("0 0 1/2 1"), box("1/2 0 1 1")),
    "q": (box("0 0 1/2 1/2"), box("1/2 0 1 1/2"), box("0 1/2 1/2 1"), box("1/2 1/2 1 1")),
}

# A network of 0.2 million parameters that is shown the place of each token reads better than one of three times the
# size that is not; through size 13 there are 314,320 images, which the razor lists in two seconds.
RECIPE = {
    "model": {"width": 64, "channels": 16, "crop": 16},
    "data": {"max_size": 13},
    "optim": {"weight_decay": 0.05, "beta2": 0.98},
    "run": {"steps": 4000},
}

FAMILY = Family(
    "splits",
    root="Image",
    signature=SPLITS + "B, W : Image",
    grammar="i2c_grammars:splits.lark",
    render="i2c_plugins.splits.render:render",
    batched=True,
    any_size=True,
    zooms=ZOOMS,
    material="Image",
    weights="i2c_plugins.splits:splits.safetensors",
    zoom_weights="i2c_plugins.splits:splits-zoom.safetensors",
    recipe=RECIPE,
    budget=31,
    doc="image splits in black and white: halves and quarters",
    examples=("h v W B q B W B B", "v W q B W W B", "q W B B W"),
)

FAMILY_RGB = Family(
    "splits-rgb",
    root="Image",
    signature=SPLITS + "B, W, G, r, g, b : Image",
    grammar="i2c_grammars:splits-rgb.lark",
    render="i2c_plugins.splits.render:render",
    batched=True,
    channels=3,
    any_size=True,
    zooms=ZOOMS,
    material="Image",
    recipe=RECIPE | {"data": {"max_size": 9}},
    budget=31,
    doc="image splits with a palette: black, white, grey, red, green, blue",
    examples=("h v r B q g W B b", "v G h r b"),
)


@hookimpl
def i2c_families(register: Callable[[Family], None]) -> None:
    register(FAMILY)
    register(FAMILY_RGB)
