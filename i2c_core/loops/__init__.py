"""Loops, reflections and conditions over the drawing commands of a family (Ellis et al., NeurIPS 2018)."""

from i2c_core.loops.declaring import Layout, Loops, layout_of
from i2c_core.loops.executing import execute
from i2c_core.loops.language import body_of, listed, plain_of, program_from, programs_of, with_loops
from i2c_core.loops.statements import (
    Body,
    Command,
    Draw,
    Linear,
    Loop,
    Reflect,
    Statement,
    When,
    cost_of,
    lines_of,
    nesting,
    walk,
)

__all__ = [
    "Body",
    "Command",
    "Draw",
    "Layout",
    "Linear",
    "Loop",
    "Loops",
    "Reflect",
    "Statement",
    "When",
    "body_of",
    "cost_of",
    "execute",
    "layout_of",
    "lines_of",
    "listed",
    "nesting",
    "plain_of",
    "program_from",
    "programs_of",
    "walk",
    "with_loops",
]
