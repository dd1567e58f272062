"""Functions of x and y, the third family of the i2c notes: arithmetic drawn as brightness, or as three colours."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl

# Numbers stand only where they change something: none is added to another, none is drawn alone, a factor of a factor
# cannot be written. Each symbol's numbers have a type, and so a range, of their own.
FUNCTIONS = """
plus, times, minus  : (Term, Term) -> Form
min, max            : (Term, Bound) -> Form
sin                 : (Shifted, Frequency) -> Form
mod                 : (Shifted, Period) -> Form
above               : (Form, Threshold) -> Form
if                  : (Form, Threshold, Choice, Choice) -> Form
shift               : (Form, Offset) -> Shifted
scale               : (Shifted, Factor) -> Term
x, y, radius, angle : Form
Shifted             > Form
Term                > Shifted
Bound               > Term, Level
Choice              > Term, Level
Frequency = 0.5..8.5 in 8 bins
Period    = 0.0..1.5 in 6 bins
Threshold = -1.0..1.0 in 8 bins
Offset    = -1.0..1.0 in 8 bins
Factor    = -3.0..3.0 in 8 bins
Level     = -1.0..1.0 in 8 bins
"""

# Every program has an odd number of tokens: those drawn for ten have nine, and each size is drawn as often as the next.
RECIPE = {
    "model": {"budget": 10},
    "data": {"max_size": 10},
    "optim": {"weight_decay": 0.05, "beta2": 0.98},
    "run": {"steps": 9000},
}

FAMILY = Family(
    "functions",
    root="Image",
    signature="Image > Term\n" + FUNCTIONS,
    grammar="i2c_grammars:functions.lark",
    render="i2c_plugins.functions.render:render",
    soft="i2c_plugins.functions.render:soft",
    normalise="i2c_plugins.functions.canonical:normalise",
    constraint="i2c_plugins.functions.canonical:Canonical",
    sample="i2c_plugins.functions.sampling:sample",
    batched=True,
    any_size=True,
    weights="i2c_plugins.functions:functions.safetensors",
    recipe=RECIPE,
    budget=24,
    doc="functions of x and y in grey: arithmetic, waves and thresholds with exact numbers",
    examples=(
        "sin(radius * 3.0)",
        "if x + y > 0.25 then mod(angle, 0.5) else max(x, -0.5)",
        "(sin(x * 2.0) + sin(y * 2.0)) * 0.5",
    ),
)

FAMILY_RGB = Family(
    "functions-rgb",
    root="Image",
    signature="rgb : (red: Term, green: Term, blue: Term) -> Image\n" + FUNCTIONS,
    grammar="i2c_grammars:functions-rgb.lark",
    render="i2c_plugins.functions.render:render",
    soft="i2c_plugins.functions.render:soft",
    normalise="i2c_plugins.functions.canonical:normalise",
    constraint="i2c_plugins.functions.canonical:Canonical",
    sample="i2c_plugins.functions.sampling:sample",
    batched=True,
    channels=3,
    any_size=True,
    budget=40,
    doc="functions of x and y in colour: one for red, one for green, one for blue",
    examples=("rgb(x, y, sin(radius * 3.0))", "rgb(x > 0.0, radius * -1.5, angle)"),
)


@hookimpl
def i2c_families(register: Callable[[Family], None]) -> None:
    register(FAMILY)
    register(FAMILY_RGB)
