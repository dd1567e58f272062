"""What all searchers promise: better and better, within the budget, as told, again with the same seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest
from dataset_families import DIALS, FRAMED, MARKS, SHADES
from numpy.typing import NDArray

from i2c_core.decoding.rank import distances
from i2c_core.errors import CheckpointError, FamilyError, RenderError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.raster import Pictures, Renderer
from i2c_core.search import (
    Divide,
    Enumeration,
    Found,
    Genetic,
    Guided,
    Judge,
    Network,
    Proposing,
    Searcher,
    TreeSearch,
)

SPLITS, FIGURES = get_family("splits"), get_family("figures")
Make = Callable[[Family, Any], Searcher]


class Stop(Exception):
    """The test has seen enough."""


class Few:
    """A renderer that stops a search after some batches."""

    def __init__(self, family: Family, batches: int) -> None:
        self.renderer, self.left = Renderer(family, workers=0), batches

    def render(self, *words: Any) -> Pictures:
        self.left -= 1
        if self.left < 0:
            raise Stop
        return self.renderer.render(*words)

    tick = None


def watched(family: Family, make: Make, image: NDArray[np.uint8], budget: int, batches: int) -> list[Found]:
    """What a searcher finds with some batches of drawing."""
    found = []
    try:
        for each in make(family, Few(family, batches)).search(image, budget):
            found.append(each)
    except Stop:
        pass
    return found


def picture(family: Family, code: str, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    with Renderer(family, workers=0) as renderer:
        pixels: NDArray[np.uint8] = renderer.render_programs([family.parse(code)], size).pixels[0]
    return pixels


SEARCHERS: dict[str, Make] = {
    "genetic": lambda family, renderer: Genetic(family, renderer, population=48, elite=8),
    "tree": lambda family, renderer: TreeSearch(family, renderer, batch=16),
    "enumeration": lambda family, renderer: Enumeration(family, renderer, chunk=64),
}


@pytest.mark.parametrize("name", SEARCHERS)
@pytest.mark.parametrize("family", [MARKS, DIALS, FRAMED, FIGURES], ids=lambda f: f.name)
def test_every_find_is_better_and_as_it_says(family: Family, name: str) -> None:
    budget = 9
    rng = np.random.default_rng(3)
    image = (rng.random((family.channels, *family.size)) < 0.2).astype(np.uint8) * 255
    found = watched(family, SEARCHERS[name], image, budget, 4)
    assert found
    orders = [each.order for each in found]
    assert orders == sorted(set(orders), reverse=True)
    with Renderer(family, workers=0) as renderer:
        pictures = renderer.render_programs([each.program for each in found])
    every = np.arange(len(found))
    far = distances(family, pictures.pixels, image[None], every, np.zeros_like(every))
    assert far.tolist() == [each.cost for each in found]
    assert all(family.is_canonical(each.program) and each.program.size <= budget for each in found)
    again = watched(family, SEARCHERS[name], image, budget, 4)
    assert [each.program for each in again] == [each.program for each in found]


@pytest.mark.parametrize("name", ["genetic", "tree"])
def test_another_seed_finds_in_another_way(name: str) -> None:
    kind = {"genetic": Genetic, "tree": TreeSearch}[name]
    image = picture(SPLITS, "h v W q B W B W q B h W B W v B W", (16, 16))
    ways = []
    for seed in range(2):

        def make(family: Family, renderer: Any, seed: int = seed) -> Searcher:
            made: Searcher = kind(family, renderer, seed=seed)
            return made

        ways.append([each.order for each in watched(SPLITS, make, image, 21, 3)])
    assert ways[0] != ways[1]


def test_breeding_finds_what_drew_a_picture() -> None:
    image = picture(SPLITS, "h v W q B W B W B", (16, 16))
    with Renderer(SPLITS, workers=0) as renderer:
        search = Genetic(SPLITS, renderer, population=200).search(image, 15)
        best = next(each for each in islice(search, 40) if each.cost == 0)
        assert renderer.drawn < 20_000
    assert not best.optimal  # nothing is proven by breeding


def test_a_tree_that_was_searched_to_its_end_is_proof() -> None:
    image = (np.random.default_rng(0).random((1, 6, 6)) < 0.5).astype(np.uint8) * 255
    with Renderer(FRAMED, workers=0) as renderer:
        *_, best = TreeSearch(FRAMED, renderer, batch=8).search(image, 5)
        tried = renderer.drawn
        *_, first = Enumeration(FRAMED, renderer).search(image, 5)
    assert best.optimal
    assert best.order == first.order
    assert tried == 2 + 2 * 4 + 2 * 4 * 4 * 2  # every program of 1, 3 and 5 symbols, once each


def test_a_tree_seeks_shorter_programs_once_the_image_is_drawn() -> None:
    image = picture(SPLITS, "h v W B B", (8, 8))
    with Renderer(SPLITS, workers=0) as renderer:
        found = list(TreeSearch(SPLITS, renderer, batch=8).search(image, 7))
        exact = [each for each in found if each.cost == 0]
        assert (exact[-1].optimal, exact[-1].program.size) == (True, 5)
        assert renderer.drawn <= 2 + 8 + 80 + 1024  # of up to seven symbols there are no more
        *_, one = TreeSearch(SPLITS, renderer, batch=8).search(picture(SPLITS, "W", (8, 8)), 3)
    assert (one.optimal, one.program.size) == (True, 1)


def test_what_has_continuous_values_is_never_proven() -> None:
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, 0, 0] = 90  # the middle of a bin
    with Renderer(DIALS, workers=0) as renderer:
        *_, best = TreeSearch(DIALS, renderer, batch=8).search(image, 3)
        *_, least = Enumeration(DIALS, renderer).search(image, 3)
    assert not best.optimal
    assert (least.cost, least.least) == (0, 1)


def test_enumeration_proves_the_smallest() -> None:
    image = picture(SPLITS, "h v W B B", (8, 8))
    with Renderer(SPLITS, workers=0) as renderer:
        *_, best = Enumeration(SPLITS, renderer).search(image, 9)
    assert (best.optimal, best.least, SPLITS.show(best.program)) == (True, 5, "h v W B B")


# -- one image, and who judges


def test_a_judge_draws_each_program_once_and_prefers_the_smaller_of_equals() -> None:
    image = picture(SPLITS, "W", (4, 4))
    with Renderer(SPLITS, workers=0) as renderer:
        judge = Judge(SPLITS, renderer, image, 9)
        ids, _ = SPLITS.vocabulary.pack([SPLITS.to_tokens(SPLITS.parse(c)) for c in ("h W W", "W", "B", "W")])
        assert judge.costs(ids).tolist() == [0, 0, 1, 0]
        assert renderer.drawn == 3
        assert judge.costs(ids[:, :3]).tolist() == [0, 0, 1, 0]
        assert renderer.drawn == 3
    assert judge.best is not None
    assert judge.best.order == (0, 1)


def test_a_renderer_that_fails_costs_only_its_own_program() -> None:
    class Fails:
        def render(self, ids: NDArray[np.int64], values: Any = None, size: Any = None) -> Pictures:
            if (ids[:, 0] == SPLITS.vocabulary.ids["h"]).any():
                raise RenderError("it raised", "mend it")
            return Pictures(np.zeros((len(ids), 1, *size), np.uint8), np.ones(len(ids), bool))

    judge = Judge(SPLITS, Fails(), np.zeros((1, 4, 4), np.uint8), 9)
    ids, _ = SPLITS.vocabulary.pack([SPLITS.to_tokens(SPLITS.parse(c)) for c in ("h W W", "W", "v B W", "h B B")])
    assert judge.costs(ids).tolist() == [np.inf, 0, 0, np.inf]


# -- dividing


@pytest.mark.parametrize("seed", range(4))
def test_dividing_finds_the_closest_and_smallest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = (rng.integers(0, 4, (1, 4, 4)) * 85).astype(np.uint8)
    with Renderer(SPLITS, workers=0) as renderer:
        for budget in (1, 3, 5, 7):
            *_, best = Divide(SPLITS, renderer).search(image, budget)
            *_, wanted = Enumeration(SPLITS, renderer).search(image, budget)
            assert best.cost == pytest.approx(wanted.cost)
            assert best.program.size <= budget
            assert best.optimal
            if best.cost == wanted.cost:
                assert best.program.size == wanted.program.size


def test_dividing_gets_better_and_draws_little() -> None:
    code = "q h W B v h W v W B B W q B W B v W B"
    image = picture(SPLITS, code)
    with Renderer(SPLITS, workers=0) as renderer:
        found = list(Divide(SPLITS, renderer).search(image, 31))
        assert renderer.drawn < 200
    assert found[-1].cost == 0
    assert found[-1].optimal
    assert found[-1].program.size <= len(code.split())
    assert [each.order for each in found[:-1]] == sorted({each.order for each in found}, reverse=True)


def test_a_symbol_that_draws_something_itself_is_no_cut() -> None:
    image = picture(FRAMED, "h(v(B, W), B)")
    with Renderer(FRAMED, workers=0) as renderer:
        *_, best = Divide(FRAMED, renderer).search(image, 9)
    assert not best.optimal
    assert best.cost > 0  # `h` is not used, since its line is not its arguments'


def test_materials_with_values_prove_nothing() -> None:
    image = np.full((1, 8, 8), 60, np.uint8)
    with Renderer(SHADES, workers=0) as renderer:
        *_, best = Divide(SHADES, renderer).search(image, 5)
    assert not best.optimal
    assert best.cost < 30 / 255


def test_dividing_needs_zooms() -> None:
    with Renderer(MARKS, workers=0) as renderer, pytest.raises(FamilyError) as caught:
        Divide(MARKS, renderer)
    assert str(caught.value) == (
        "no symbol of marks says by zooms how whole programs tile its place\n"
        "  -> leave this searcher out, or declare zooms"
    )


# -- with a trained network


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.shipped(SPLITS)


def test_a_guided_search_begins_with_what_greedy_decoding_finds(network: Network) -> None:
    image = picture(SPLITS, "h v W q B v W B B W v B h W B")
    with Renderer(SPLITS, workers=0) as renderer:
        first = next(iter(Guided(SPLITS, renderer, network, batch=4).search(image, 31)))
        assert renderer.drawn == 1
        (greedy,) = Proposing(SPLITS, renderer, network, "greedy").search(image, 31)
    assert first.program == greedy.program


def test_a_guided_search_departs_from_what_was_wrong(network: Network) -> None:
    image = (np.random.default_rng(5).random((1, 32, 32)) < 0.5).astype(np.uint8) * 255  # nothing that it knows
    found = watched(SPLITS, lambda f, r: Guided(f, r, network, batch=8), image, 15, 6)
    assert len(found) > 1
    assert found[-1].cost < found[0].cost


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample", "stochastic-beam", "smc"])
def test_strategies_search(network: Network, strategy: str) -> None:
    image = picture(SPLITS, "h v W B q B W B B")
    with Renderer(SPLITS, workers=0) as renderer:
        found = list(islice(Proposing(SPLITS, renderer, network, strategy, seed=1).search(image, 15), 1))
    assert [each.cost for each in found] == [0]


def test_a_family_without_weights_has_no_network() -> None:
    with pytest.raises(CheckpointError) as caught:
        Network.shipped(get_family("splits-rgb"))
    assert caught.value.fact == "splits-rgb ships no weights"
