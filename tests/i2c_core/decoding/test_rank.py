"""Candidates: type-checked, canonical, distinct, rendered again, and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Observation, Proposals, Sample, rank
from i2c_core.errors import FamilyError, ImageError, ProgramError
from i2c_core.families import Family
from i2c_core.model import ModelConfig, build
from i2c_core.plugins import get_family
from i2c_core.programs import Program

SIGNATURE = "h : (Image, Image) -> Image\nB, W, U : Image\nturn : (Image) -> Image"


def family(**options: Any) -> Family:
    return Family("halves", "Image", signature=SIGNATURE, channels=1, size=(4, 4), **options)


class Halves:
    """Draws halves; U has no picture; counts what it draws."""

    def __init__(self, family: Family) -> None:
        self.family, self.drawn = family, 0

    def render(
        self, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Any:
        assert size is not None
        assert values is None
        self.drawn += len(ids)
        pixels = np.zeros((len(ids), 1, *size), np.uint8)
        defined = np.ones(len(ids), bool)
        for n, row in enumerate(ids):
            program = self.family.from_tokens(row.tolist())
            defined[n] = all(node.name != "U" for node in program.nodes())
            self._draw(program, pixels[n, 0])
        return SimpleNamespace(pixels=pixels, defined=defined)

    def _draw(self, program: Program, part: NDArray[np.uint8]) -> None:
        if program.name == "turn":
            self._draw(program.args[0], part)
        elif program.name == "h":
            self._draw(program.args[0], part[: len(part) // 2])
            self._draw(program.args[1], part[len(part) // 2 :])
        else:
            part[:] = 255 * (program.name == "W")


def proposals(family: Family, images: Sequence[Sequence[tuple[str, float]]]) -> Proposals:
    vocabulary = family.vocabulary
    ids = torch.full((len(images), max(map(len, images)), 9), vocabulary.pad)
    logprob = torch.full(ids.shape[:2], -torch.inf, dtype=torch.float64)
    for b, programs in enumerate(images):
        for k, (text, score) in enumerate(programs):
            tokens = vocabulary.names_to_ids(text.split())
            ids[b, k, : len(tokens)] = torch.tensor(tokens)
            logprob[b, k] = score
    return Proposals(ids, logprob, torch.zeros_like(logprob), None, torch.zeros_like(ids[..., 0]))


def names(program: Program) -> str:
    return " ".join(node.name for node in program.nodes())


def inputs() -> NDArray[np.uint8]:
    pixels = np.zeros((2, 1, 4, 4), np.uint8)
    pixels[0, 0, :2] = 255
    return pixels


def test_candidates_are_ordered_by_distance_size_and_probability() -> None:
    own, renderer = family(), Halves(family())
    first = [("W", -1.0), ("h W B", -9.0), ("h h W W B", -2.0), ("h h W W h B B", -1.0), ("h W B", -8.0), ("U", -0.1)]
    second = [("W", -2.0), ("h h B B B", -4.0), ("h B h B B", -3.0)]
    found = rank(own, renderer, proposals(own, [first, second]), inputs())
    assert [(names(c.program), c.distance, c.size, c.logprob) for c in found[0]] == [
        ("h W B", 0.0, 3, -8.0),
        ("h h W W B", 0.0, 5, -2.0),
        ("h h W W h B B", 0.0, 7, -1.0),
        ("W", 0.5, 1, -1.0),
    ]
    assert [(names(c.program), c.distance) for c in found[1]] == [("h B h B B", 0), ("h h B B B", 0), ("W", 1)]
    assert np.array_equal(found[0][0].pixels, inputs()[0])
    assert renderer.drawn == 7  # each distinct program once, W for both images


def test_normalised_programs_are_one() -> None:
    def unturned(program: Program) -> Program:
        while program.name == "turn":
            program = program.args[0]
        return program

    own = family(normalise=unturned)
    found = rank(own, Halves(own), proposals(own, [[("turn turn B", -3.0), ("B", -5.0)], []]), inputs())
    assert [[(names(c.program), c.size, c.logprob) for c in each] for each in found] == [[("B", 1, -3.0)], []]


def test_a_family_compares_in_its_own_way() -> None:
    def darkness(pictures: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = pictures.reshape(len(pictures), -1).mean(1) + picture.mean()
        return found

    own = family(distance=darkness)
    found = rank(own, Halves(own), proposals(own, [[("W", -1.0), ("B", -5.0)], [("W", -1.0)]]), inputs())
    assert [[c.distance for c in each] for each in found] == [[127.5, 382.5], [255.0]]
    wrong = family(distance=lambda pictures, picture: np.zeros(7))
    with pytest.raises(FamilyError) as caught:
        rank(wrong, Halves(wrong), proposals(wrong, [[("W", -1.0)], []]), inputs())
    text = "distance of halves returned shape (7,), expected (1,)\n  -> return one number a picture"
    assert str(caught.value) == text


def test_a_program_of_no_stated_probability_is_ranked_the_last_of_equals() -> None:
    own = family()
    found = rank(own, Halves(own), proposals(own, [[("h W B", -np.inf), ("h B W", -9.0), ("B", -1.0)], []]), inputs())
    alone = rank(own, Halves(own), proposals(own, [[("W", -np.inf)], []]), inputs())
    assert sorted(c.logprob for c in found[0]) == [-np.inf, -9.0, -1.0]
    assert [(str(c.program.name), c.logprob) for c in alone[0]] == [("W", -np.inf)]
    assert found[1] == alone[1] == []


def test_nothing_proposed() -> None:
    own = family()
    assert rank(own, Halves(own), proposals(own, [[], []]), inputs()) == [[], []]
    assert rank(own, Halves(own), proposals(own, [[("U", -1.0)], []]), inputs()) == [[], []]


def test_what_a_mask_would_never_let_through_is_refused() -> None:
    own = family()
    with pytest.raises(ProgramError, match="still open: Image"):
        rank(own, Halves(own), proposals(own, [[("h W", -1.0)], []]), inputs())


def test_as_many_inputs_as_images() -> None:
    own = family()
    with pytest.raises(ImageError) as caught:
        rank(own, Halves(own), proposals(own, [[("W", -1.0)]]), inputs())
    assert str(caught.value) == "2 inputs for the proposals of 1 images\n  -> give one input an image"


@pytest.mark.parametrize("decoder", ["transformer", "recurrent"])
@pytest.mark.parametrize("places", [False, True])
def test_a_real_network_over_a_real_family(decoder: Literal["transformer", "recurrent"], places: bool) -> None:
    splits = get_family("splits")
    torch.manual_seed(0)
    config = ModelConfig(
        vocabulary=splits.vocabulary.size,
        image=(1, 8, 8),
        max_tokens=15,
        where=places,
        decoder=decoder,
        width=32,
        layers=1,
        heads=2,
    )
    proposer = AutoregressiveProposer.for_family(build(config).eval(), splits)
    images = torch.rand(3, *config.image)
    for strategy in (Greedy(), Sample(), Beam(4)):
        found = proposer.propose(Observation(images), n=4, strategy=strategy, budget=15)
        for row in found.ids.flatten(0, 1).tolist():
            assert splits.from_tokens(row).size <= 15
        alone = proposer.propose(Observation(images[2:]), n=4, strategy=strategy, budget=15)
        assert torch.equal(alone.ids, found.ids[2:])
        assert torch.allclose(alone.logprob, found.logprob[2:], atol=1e-4)


def test_a_candidate_is_what_its_text_says(caplog: pytest.LogCaptureFixture) -> None:
    """Where `x + x + x` is read from the right, the program that adds from the left cannot be written."""
    sums = Family(
        "sums", "Expr", grammar='start: expr\nexpr: expr "+" expr -> add\n    | "x"\n%ignore " "\n', size=(4, 4)
    )
    assert not sums.is_exact
    vocabulary = sums.vocabulary
    ids = torch.full((1, 2, 9), vocabulary.pad)
    for k, names in enumerate(("add add x x x", "add x add x x")):
        ids[0, k, :5] = torch.tensor(vocabulary.names_to_ids(names.split()))
    logprob = torch.tensor([[-1.0, -2.0]], dtype=torch.float64)
    undefined = torch.zeros(1, 2, dtype=torch.int64)
    found = rank(sums, Blank(), Proposals(ids, logprob, logprob, None, undefined), np.zeros((1, 1, 4, 4), np.uint8))
    assert [(sums.show(c.program), c.size, c.logprob) for c in found[0]] == [("x + x + x", 5, -1.0)]
    assert found[0][0].program == sums.parse("x + x + x")
    assert caplog.messages == [
        "1 of 2 programs of sums were written in a text that says another one, which was taken; 0 in none"
    ]


class Blank:
    """Draws nothing."""

    def render(
        self, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Any:
        assert size is not None
        return SimpleNamespace(pixels=np.zeros((len(ids), 1, *size), np.uint8), defined=np.ones(len(ids), bool))
