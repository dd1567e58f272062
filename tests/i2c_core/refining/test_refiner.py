"""Refined candidates: closer by the renderer's own word, or left as they were."""

from __future__ import annotations

from time import monotonic

import numpy as np
import pytest

from i2c_core import Family, Program, get_family
from i2c_core.decoding.rank import Candidate
from i2c_core.errors import RenderError
from i2c_core.raster import Renderer
from i2c_core.refining import Refiner

FUNCTIONS = get_family("functions")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(FUNCTIONS)


def candidate(renderer: Renderer, program: Program, picture: np.ndarray, logprob: float = -1.0) -> Candidate:
    pixels = renderer.render_programs([program], picture.shape[1:]).pixels[0]
    far = float(np.abs(pixels.astype(int) - picture).mean() / 255)
    return Candidate(program, far, logprob, program.size, pixels)


def refined(
    renderer: Renderer, guess: str, truth: str, size: tuple[int, int] = (32, 32)
) -> tuple[Candidate, list[Candidate]]:
    picture = renderer.render_programs([FUNCTIONS.parse(truth)], size).pixels[0]
    first = candidate(renderer, FUNCTIONS.parse(guess), picture)
    refiner = Refiner.of(FUNCTIONS, renderer)
    assert refiner is not None
    (found,) = refiner([[first]], [picture])
    assert isinstance(found, list)
    return first, found


@pytest.mark.parametrize(
    ("guess", "truth"),
    [
        ("sin(radius * 3.1)", "sin(radius * 3.25)"),
        ("x > 0.1", "x > 0.55"),  # through three bins
        ("if x > 0.1 then 0.5 else -0.5", "if x > 0.31 then 0.72 else -0.18"),
        ("max(x * 1.2 + y, 0.1)", "max(x * 1.75 + y, -0.31)"),
        ("(x + 0.1) * 1.2", "(x + -0.25) * -1.5"),
    ],
)
def test_numbers_are_found_and_written_with_few_decimals(renderer: Renderer, guess: str, truth: str) -> None:
    first, found = refined(renderer, guess, truth)
    assert found[0].distance == 0
    assert found[1:] == [first]  # what was proposed is kept behind it
    assert found[0].logprob == first.logprob
    assert found[0].program.size == first.size
    assert all(len(str(n.value).partition(".")[2]) <= 2 for n in found[0].program.nodes() if n.value is not None)
    if ">" not in truth:  # no pixel tells where an edge is exactly
        assert FUNCTIONS.show(found[0].program) == truth


def test_a_picture_of_another_size_is_met_at_its_own(renderer: Renderer) -> None:
    _, found = refined(renderer, "sin(radius * 3.1)", "sin(radius * 3.25)", (20, 70))
    assert found[0].pixels.shape == (1, 20, 70)
    assert found[0].distance == 0


def test_another_structure_comes_closer_and_no_further(renderer: Renderer) -> None:
    first, found = refined(renderer, "radius > 0.1", "sin(x * 3.0) + y")
    assert found[0].distance <= first.distance
    assert [c.distance for c in found] == sorted(c.distance for c in found)
    pixels = renderer.render_programs([found[0].program]).pixels[0]
    assert (pixels == found[0].pixels).all()


def test_what_has_nothing_to_fit_is_as_it_was(renderer: Renderer) -> None:
    picture = renderer.render_programs([FUNCTIONS.parse("x * y")]).pixels[0]
    exact = candidate(renderer, FUNCTIONS.parse("x * y"), picture)
    plain = candidate(renderer, FUNCTIONS.parse("x + y"), picture)
    late = candidate(renderer, FUNCTIONS.parse("x > 0.3"), picture)
    failed = RenderError("it fails", "mend it")
    refiner = Refiner(FUNCTIONS, renderer)
    assert refiner([[exact, late], [plain], [], failed], [picture] * 4) == [[exact, late], [plain], [], failed]


def test_the_deadline_is_kept(renderer: Renderer) -> None:
    picture = renderer.render_programs([FUNCTIONS.parse("x > 0.5")]).pixels[0]
    first = candidate(renderer, FUNCTIONS.parse("x > 0.1"), picture)
    found = Refiner(FUNCTIONS, renderer)([[first]], [picture], monotonic())[0]
    assert isinstance(found, list)
    assert found[0].distance == first.distance


def test_only_families_with_soft_renderers_and_numbers_are_refined(renderer: Renderer) -> None:
    assert Refiner.of(get_family("splits"), renderer) is None
    assert Refiner.of(Family("plain", root="A", signature="a : A", soft="nowhere:soft"), renderer) is None
