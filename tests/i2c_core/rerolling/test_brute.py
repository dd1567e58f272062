"""The brute force that judges the search is itself judged: by programs written out one by one, and by executing."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from brute_contexts import Contexts
from brute_loops import Brute
from loops_of_tests import drawings, show
from wild_programs import cheapest, drawn, every_body, wild_body

from i2c_core.loops import Command, cost_of, execute


def marks(*places: int) -> list[Command]:
    return [Command("mark", (x,)) for x in places]


@pytest.mark.parametrize(
    ("places", "cost"),
    [
        ((2,), "1"),
        ((1, 2, 3), "2"),  # one loop
        ((1, 3), "2"),  # two commands are no dearer than a loop
        ((1, 2, 3, 4), "2"),
        ((1, 2, 4, 5), "3"),  # a row of two and its mirror image, or two commands a round
    ],
)
def test_what_marks_on_a_line_cost(places: tuple[int, ...], cost: str) -> None:
    layout = drawings("mark", 5, 1, 2)
    found, body = Brute(layout, Contexts(5, 2), marks(*places)).best()
    assert found == cost_of(body) == Fraction(cost)
    assert execute(body, layout) == marks(*places)


def test_no_program_written_out_costs_less() -> None:
    layout, contexts = drawings("mark", 3, 1, 2), Contexts(3, 2)
    least = cheapest(every_body(layout, 3, 4, 1), layout)
    assert len(least) == 7
    assert {s: Brute(layout, contexts, sorted(s)).cost() for s in least} == {s: cost for s, (cost, _) in least.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("commands", "columns", "rows", "cost"), [("circle", 2, 2, 3), ("mark", 4, 1, 3)])
def test_no_program_written_out_costs_less_in_more(commands: str, columns: int, rows: int, cost: int) -> None:
    layout, contexts = drawings(commands, columns, rows, 2), Contexts(columns, 2)
    for commands_drawn, (least, body) in cheapest(every_body(layout, cost, 3, 1), layout).items():
        assert Brute(layout, contexts, sorted(commands_drawn)).cost() <= least, show(body)


@pytest.mark.parametrize("commands", ["circle", "rectangle", "line", "disc", "box", "circle line"])
def test_the_cheapest_program_draws_the_set_at_that_cost_and_no_program_is_cheaper(commands: str) -> None:
    layout, contexts, random = drawings(commands, 3, 2, 2), Contexts(3, 2), Random(commands)
    for body in (wild_body(layout, random) for _ in range(12)):
        found = drawn(body, layout)
        if found and len(found) <= 7:
            cost, best = Brute(layout, contexts, found).best()
            assert cost <= cost_of(body), show(body)
            assert cost == cost_of(best), show(best)
            assert execute(best, layout) == found, show(best)
