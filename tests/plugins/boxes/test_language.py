"""The language of boxes: its table, how it is written and refused, and what its sampler draws."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from boxes_of_tests import SMALL, programs
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.grammars import read_grammar
from i2c_plugins.boxes import FAMILY
from i2c_plugins.boxes.scenes import SHORTEST, sample
from i2c_plugins.boxes.tokens import COLOURS, PALETTE

GAMMA = """\
paint  : (ground: Fill, boxes: List[Box]) -> Image
box    : (x: Place, y: Place, w: Side, h: Side, fill: Fill) -> Box
pile   : (x: Place, y: Place, w: Side, h: Side, fill: Fill, boxes: List[Box, 1..]) -> Box
Colour = white | black | red | green | blue | yellow
Place  = 0..7
Side   = 1..8
Fill   > Colour
"""


def test_the_table() -> None:
    assert FAMILY.gamma.show() == GAMMA
    assert FAMILY.is_exact


def test_the_examples_are_as_they_are_printed() -> None:
    for text in FAMILY.examples:
        assert FAMILY.show(FAMILY.parse(text)) == text


def test_the_example_of_the_grammar_s_head() -> None:
    assert FAMILY.grammar is not None
    head = re.findall(r"(?m)^//     (.*)$", read_grammar(FAMILY.grammar, "boxes"))
    program = FAMILY.parse("\n".join(head))
    assert FAMILY.show(FAMILY.canonical(program)) == FAMILY.examples[0]


@given(programs(FAMILY))
@settings(max_examples=40, deadline=None)
def test_legal_programs_are_printed_and_read(program: object) -> None:
    assert FAMILY.parse(FAMILY.show(program)) == program  # type: ignore[arg-type]


REFUSED = {
    "white box 1, 1 size 9 by 2 red": """\
line 1, column 21: expected Side (1..8), got '9'
    white box 1, 1 size 9 by 2 red
                        ^
  -> replace it by one of these""",
    "white box 1, 1 size 2 by 2 red { }": """\
line 1, column 34: expected box, got '}'
    white box 1, 1 size 2 by 2 red { }
                                     ^
  -> replace it by one of these""",
    "pink": """\
line 1, column 1: expected Colour (white, black, red, green, blue, yellow), got 'pink'
    pink
    ^
  -> replace it by one of these""",
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items())
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    with pytest.raises(I2cError) as error:
        FAMILY.parse(text)
    assert str(error.value) == told


def test_colours_differ_by_far() -> None:
    rgb = np.array([list(PALETTE[c].to_bytes(3, "big")) for c in COLOURS]).astype(int)
    apart = np.abs(rgb[:, None] - rgb[None]).sum(2) + 1000 * np.eye(len(COLOURS))
    assert apart.min() > 150


@pytest.mark.parametrize("family", [FAMILY, SMALL], ids=lambda f: f.name)
@given(seed=st.integers(0, 1 << 20), size=st.integers(3, 60))
@settings(max_examples=30, deadline=None)
def test_what_is_drawn_at_random_is_canonical_and_no_longer_than_asked(family: Family, seed: int, size: int) -> None:
    program = sample(family, np.random.default_rng(seed), size)
    assert program.size <= size
    assert family.is_canonical(program)
    assert sample(family, np.random.default_rng(seed), size) == program


def test_random_programs_have_all_numbers_of_boxes_and_all_kinds() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample(FAMILY, rng, int(size)) for size in rng.integers(10, 43, 300)]
    counts = Counter(sum(node.name in ("box", "pile") for node in p.nodes()) for p in drawn)
    assert set(counts) == set(range((42 - 3) // SHORTEST + 1))
    assert min(counts[n] for n in range(1, 6)) > 20
    piles = Counter(sum(node.name == "pile" for node in p.nodes()) for p in drawn)
    assert piles[0] > 60
    assert piles[1] > 60
    assert piles[2] > 5
