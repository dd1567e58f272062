"""Searching by size finds the smallest of the closest programs, best so far at every moment."""

from __future__ import annotations

from i2c_core.plugins import get_family, installed
from i2c_core.raster.renderer import Renderer
from i2c_core.search import Enumeration, Searcher


def test_it_finds_the_smallest_program_of_a_picture() -> None:
    splits = get_family("splits")
    wanted = splits.parse("h v W B q B W B B")
    with Renderer(splits) as renderer:
        image = renderer.render_programs([wanted]).pixels[0]
        searcher: Searcher = Enumeration(splits, renderer)
        found = list(searcher.search(image, budget=9))
        few = list(searcher.search(image, budget=5))
    costs = [f.cost for f in found]
    assert costs == sorted(set(costs), reverse=True)
    assert costs[-1] == 0
    assert all(f.bound == 0 for f in found)
    assert found[-1].program.size <= wanted.size
    assert [f.program for f in few] == [f.program for f in found if f.program.size <= 5]


def test_it_is_found_by_name_and_finds_a_program() -> None:
    splits = get_family("splits")
    registered = installed().searchers["enumeration"]
    assert registered.owner.startswith("images-to-code")
    with Renderer(splits) as renderer:
        searcher: Searcher = registered.load()(splits, renderer)
        *_, best = searcher.search(renderer.render_programs([splits.parse("h v W B B")]).pixels[0], budget=5)
    assert (splits.show(best.program), best.cost) == ("h v W B B", 0)
