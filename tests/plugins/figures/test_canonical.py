"""One program a figure: the mask writes the canonical programs, all of them, and nothing else.

Legend: B programs, V tokens.
"""

from __future__ import annotations

import random
from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.decoding import family_mask
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.families import Family
from i2c_core.raster import Renderer
from i2c_plugins.figures import FAMILY, language
from i2c_plugins.figures.canonical import Canonical
from i2c_plugins.figures.commands import TIP, X2, Command, program_of

TINY = language("tiny", 3, 3, pixels=8)  # four points
LOW = language("low", 4, 3, pixels=8, most_radius=2, labels=True, grammar="i2c_grammars:diagrams.lark")


def canonical_commands() -> list[Command]:
    """All of the tiny language, written down from the definition."""
    points = list(product((1, 2), repeat=2))
    found = [Command("circle", p) for p in points] + [Command("rectangle", (1, 1, 2, 2))]
    for a, b, arrow, dash in product(points, points, (0, 1), (0, 1)):
        if a != b and (arrow or a < b):
            found.append(Command("line", (*a, *b, arrow, dash)))
    return found


def test_the_mask_writes_every_canonical_program_once() -> None:
    budget = 17  # two lines, or four circles
    cost = {"circle": 4, "rectangle": 6, "line": 8}
    commands = canonical_commands()
    wanted = set()
    for count in range(5):
        for chosen in combinations(commands, count):
            if sum(cost[c.kind] for c in chosen) < budget:
                wanted.add(program_of(TINY.gamma, sorted(chosen, key=lambda c: c.key)))
    mask = family_mask(TINY)
    state, rows = mask.start(1, budget), torch.empty(1, 0, dtype=torch.int64)
    found = []
    while len(rows):
        legal = mask.legal(state)  # (B, V)
        assert bool(legal.any(1).all()), "a dead end"
        row, token = legal.nonzero(as_tuple=True)
        rows = torch.cat((rows[row], token[:, None]), 1)
        state = mask.advance(mask.fork(state, row), token)
        done = mask.done(state)
        found += [TINY.from_tokens(r) for r in rows[done].tolist()]
        going = (~done).nonzero().flatten()
        rows, state = rows[going], mask.fork(state, going)
    assert len(found) == len(wanted)
    assert set(found) == wanted
    assert all(TINY.is_canonical(p) for p in found)


@pytest.mark.parametrize("family", [TINY, LOW], ids=lambda f: f.name)
def test_the_mask_is_the_oracles(family: Family) -> None:
    mask, oracle, rng = family_mask(family), family_oracle(family), random.Random(0)
    for budget in range(1, 26):
        state, prefix = mask.start(1, budget), list[str]()
        while not bool(mask.done(state)):
            legal = [family.vocabulary.tokens[i] for i in mask.legal(state)[0].nonzero().flatten().tolist()]
            assert set(legal) == oracle.legal_tokens(prefix, budget), prefix
            # Mostly what is late in the order, where dead ends would be.
            prefix.append(
                max(legal, key=family.vocabulary.ids.__getitem__) if rng.random() < 0.7 else rng.choice(legal)
            )
            state = mask.advance(state, torch.tensor([family.vocabulary.ids[prefix[-1]]]))


def test_the_last_line_ends_a_figure() -> None:
    rule = Canonical(FAMILY.vocabulary, torch.device("cpu"))
    mask = family_mask(FAMILY)
    state = mask.start(1, 40)
    for name in ["cons", "line", "15", "15", "15", "14", "arrow", "dashed"]:
        state = mask.advance(state, torch.tensor([FAMILY.vocabulary.ids[name]]))
    assert [FAMILY.vocabulary.tokens[i] for i in mask.legal(state)[0].nonzero().flatten().tolist()] == ["nil"]
    assert rule.legal(["cons", "line", "3", "4", "3"]) == set(FAMILY.vocabulary.tokens) - {"4"}
    assert rule.legal(["cons", "line", "3", "4", "3", "2"]) == set(FAMILY.vocabulary.tokens) - {"plain"}


COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 3), st.integers(1, 3)).map(lambda a: Command("circle", a)),
        st.tuples(*[st.integers(1, 3)] * 4, st.integers(0, 1), st.integers(0, 1)).map(lambda a: Command("line", a)),
    ),
    max_size=6,
)


@given(COMMANDS)
def test_normalise_keeps_the_picture_and_nothing_that_is_said_twice(commands: list[Command]) -> None:
    program = program_of(FAMILY.gamma, commands)
    canonical = FAMILY.canonical(program)
    assert FAMILY.is_canonical(canonical)
    assert FAMILY.canonical(canonical) == canonical
    said = {
        (
            c.kind,
            *(c.args if c.kind == "circle" or c.arrow else (*sorted((c.args[:X2], c.args[X2:TIP])), *c.args[TIP:])),
        )
        for c in commands
        if c.kind == "circle" or c.args[:X2] != c.args[X2:TIP]
    }
    assert canonical.name == "cons" or not said
    assert sum(n.name == "cons" for n in canonical.nodes()) == len(said)
    with Renderer(FAMILY) as renderer:
        pixels = renderer.render_programs([program, canonical]).pixels
    assert np.array_equal(*pixels)
