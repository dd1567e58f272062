"""Ranking for pictures of several sizes, and merging what two proposals found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from i2c_core.decoding import Proposals
from i2c_core.decoding.rank import Candidate, rank
from i2c_core.decoding.redraw import merge, rank_each, take
from i2c_core.errors import I2cError, RenderError
from i2c_core.plugins import get_family
from i2c_core.raster import Pictures, Renderer

SPLITS = get_family("splits")


def proposals(codes: list[list[str]]) -> Proposals:
    width = max(map(len, codes))
    packed = [SPLITS.vocabulary.pack([SPLITS.to_tokens(SPLITS.parse(c)) for c in row])[0] for row in codes]
    longest = max(p.shape[1] for p in packed)
    ids = np.full((len(codes), width, longest), SPLITS.vocabulary.pad)
    logprob = np.full((len(codes), width), -np.inf)
    for row, found in enumerate(packed):
        ids[row, : len(found), : found.shape[1]] = found
        logprob[row, : len(found)] = -1.0 - np.arange(len(found))
    numbers = torch.from_numpy(logprob)
    return Proposals(torch.from_numpy(ids), numbers, torch.zeros_like(numbers), None, torch.zeros_like(numbers).long())


def picture(code: str, size: tuple[int, int]) -> np.ndarray:
    with Renderer(SPLITS) as renderer:
        pixels: np.ndarray = renderer.render_programs([SPLITS.parse(code)], size).pixels
    return np.asarray(pixels[0])


def codes_of(found: list[Candidate] | I2cError) -> list[str]:
    assert not isinstance(found, I2cError)
    return [SPLITS.show(c.program) for c in found]


def test_pictures_of_several_sizes_rank_as_they_do_alone() -> None:
    given = proposals([["B", "h B W"], ["W", "v B W"], ["h W B", "B", "W"]])
    sizes = [(8, 8), (16, 9), (8, 8)]
    inputs = [picture(c, s) for c, s in zip(["h B W", "v B W", "W"], sizes, strict=True)]
    with Renderer(SPLITS) as renderer:
        together = rank_each(SPLITS, renderer, given, inputs)
        alone = [rank(SPLITS, renderer, take(given, [i]), inputs[i][None])[0] for i in range(3)]
    assert [codes_of(f) for f in together] == [codes_of(f) for f in alone]
    assert codes_of(together[2]) == ["W", "h W B", "B"]


class FailsOnLong:
    """A renderer that cannot draw programs of more than one symbol."""

    def __init__(self) -> None:
        self.renderer = Renderer(SPLITS)

    def render(self, ids: np.ndarray, values: object = None, size: tuple[int, int] | None = None) -> Pictures:
        if ids.shape[1] > 1:
            raise RenderError("too long", "")
        return self.renderer.render(ids, None, size)


def test_a_failing_renderer_costs_only_its_own_picture() -> None:
    given = proposals([["B"], ["h B W"], ["W", "B"]])
    first, second, third = rank_each(SPLITS, FailsOnLong(), given, [picture("B", (8, 8))] * 3)
    assert codes_of(first) == ["B"]
    assert isinstance(second, RenderError)
    assert codes_of(third) == ["B", "W"]


def test_merging() -> None:
    with Renderer(SPLITS) as renderer:
        both = [picture("h B W", (8, 8))] * 2
        one, two = rank_each(SPLITS, renderer, proposals([["B", "h B W"], ["W", "h B W", "v B W"]]), both)
    error = RenderError("no", "")
    assert codes_of(merge(one, two)) == ["h B W", "B", "W", "v B W"]
    assert codes_of(merge([], one)) == codes_of(merge(one, [])) == codes_of(one)
    assert merge([], error) is error
    assert merge(one, error) is one
    assert merge(error, one) is one


def test_what_ranks_is_ordered_by_its_scores() -> None:
    given = proposals([["B", "h B W", "W"]])
    scores = torch.tensor([[1.0, -1.0, 2.0]], dtype=torch.float64)
    scored = replace(given, scores=scores, confidence=scores.sigmoid())
    inputs = [picture("h B W", (8, 8))]
    with Renderer(SPLITS) as renderer:
        (far,) = rank_each(SPLITS, renderer, scored, inputs)
        (ranked,) = rank_each(SPLITS, renderer, scored, inputs, ranks=True)
        (again,) = rank_each(SPLITS, renderer, replace(scored, scores=scores * 3), inputs, ranks=True)
    assert codes_of(far) == ["h B W", "B", "W"]
    assert codes_of(ranked) == ["W", "B", "h B W"]
    assert not isinstance(ranked, I2cError)
    assert [c.score for c in ranked] == [2.0, 1.0, -1.0]
    assert ranked[0].confidence == float(scores[0, 2].sigmoid())
    merged = merge(ranked, again, ranks=True)
    assert not isinstance(merged, I2cError)
    assert [c.score for c in merged] == [6.0, 3.0, -1.0]  # the better of both scores of each
    assert codes_of(merge(again, ranked)) == ["h B W", "B", "W"]
