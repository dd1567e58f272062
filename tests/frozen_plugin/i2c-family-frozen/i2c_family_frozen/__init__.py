"""The language frozen: a few marks on a grid of eight by eight cells. Edit it until it is yours."""

from i2c_core import Family, hookimpl

FAMILY = Family(
    "frozen",
    root="Picture",
    signature="""
    draw   : (marks: List[Mark, 1..3]) -> Picture
    dot    : (x: Cell, y: Cell) -> Mark
    row    : (y: Cell) -> Mark
    column : (x: Cell) -> Mark
    Cell   = 0..7
    """,
    grammar="i2c_family_frozen:frozen.lark",
    render="i2c_family_frozen.render:render",
    size=(16, 16),
    budget=16,
    doc="up to three marks on a grid of eight by eight cells",
    examples=("draw dot 1 2", "draw row 3 column 4", "draw dot 0 0 dot 7 7 row 4"),
)


@hookimpl
def i2c_families(register):
    register(FAMILY)
