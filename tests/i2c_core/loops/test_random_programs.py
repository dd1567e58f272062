"""Random programs with loops and reflections: they mean something, repeat, and are regular."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from i2c_core import get_family
from i2c_core.loops import Draw, Layout, Loop, Reflect, When, cost_of, execute, layout_of, nesting, walk
from i2c_core.loops.random_programs import random_body
from i2c_core.loops.tidiness import is_tidy

LAYOUTS = [layout_of(get_family(name)) for name in ("figures", "diagrams")]


@pytest.mark.parametrize("layout", LAYOUTS, ids=["figures", "diagrams"])
def test_they_draw_tidy_scenes_by_something_regular(layout: Layout) -> None:
    rng = Random(5)
    kinds = set()
    for _ in range(40):
        body = random_body(layout, rng)
        commands = execute(body, layout)
        assert 3 <= len(commands) <= 24
        assert is_tidy(commands, layout)
        assert 1 <= nesting(body) <= layout.loops.depth
        assert cost_of(body) <= len(commands)
        assert any(not isinstance(statement, Draw) for statement in body)
        kinds |= {type(statement) for statement in walk(body)}
    assert kinds == {Draw, Loop, Reflect, When}


def test_the_same_chance_gives_the_same_program() -> None:
    layout = LAYOUTS[0]
    assert random_body(layout, Random(3)) == random_body(layout, Random(3)) != random_body(layout, Random(4))
    one, other = (random_body(layout, np.random.default_rng(7)) for _ in range(2))
    assert one == other


def test_most_commands_and_what_is_accepted() -> None:
    layout = LAYOUTS[0]
    rng = Random(2)
    for _ in range(10):
        assert len(execute(random_body(layout, rng, 5), layout)) <= 5
        body = random_body(layout, rng, accepts=lambda found: all(c.symbol == "circle" for c in found))
        assert {c.symbol for c in execute(body, layout)} == {"circle"}
