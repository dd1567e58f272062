"""The likelihood of redrawing, and particles that are led by it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from decoders import Fake
from numpy.typing import NDArray

from i2c_core import get_family
from i2c_core.decoding import AutoregressiveProposer, Observation, Sample, SequentialMonteCarlo, family_mask
from i2c_core.decoding.redrawing import Redrawing
from i2c_core.errors import RenderError
from i2c_core.raster import Pictures, Renderer

SPLITS = get_family("splits")
V = SPLITS.vocabulary.size


def state_of(prefixes: list[list[str]], budget: int) -> tuple[Any, torch.Tensor]:
    """The mask's state behind prefixes, and their tokens."""
    mask: Any = family_mask(SPLITS)
    state, longest = mask.start(len(prefixes), budget), max(map(len, prefixes))
    ids = torch.full((len(prefixes), budget), V)
    for row, prefix in enumerate(prefixes):
        ids[row, : len(prefix)] = torch.tensor(SPLITS.vocabulary.names_to_ids(prefix))
    for place in range(longest):
        state = mask.advance(state, ids[:, place])
    return state, ids


def seen(program: str, images: int = 1) -> Observation:
    with Renderer(SPLITS) as renderer:
        pixels = renderer.render_programs([SPLITS.parse(program)]).pixels
    return Observation(torch.from_numpy(pixels).float().repeat(images, 1, 1, 1) / 255)


def test_it_is_the_distance_of_the_program_closed_shortly() -> None:
    state, ids = state_of([["h", "B", "W"], ["h", "B", "B"], ["h", "W", "v"], ["v", "B", "h"], ["B"], ["W"]], 7)
    with Renderer(SPLITS) as renderer:
        found = Redrawing(SPLITS, renderer, sharpness=10.0)(ids, state, seen("h B W", images=2)).tolist()
    # The cheapest token of splits is B, which is black. A half is wrong in h B B, all in h W v B B.
    wanted = [0.0, -5.0, -10.0, -5.0, -5.0, -5.0]
    assert found == pytest.approx(wanted)
    assert ids[2].tolist()[:3] == SPLITS.vocabulary.names_to_ids(["h", "W", "v"])  # what it was given stays


def test_what_cannot_be_drawn_is_impossible() -> None:
    class Broken:
        """Draws nothing for W, and fails on a batch with a B alone."""

        def render(
            self, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
        ) -> Pictures:
            b, w = SPLITS.vocabulary.names_to_ids(["B", "W"])
            if any(row[0] == b for row in ids):
                raise RenderError("B cannot be drawn")
            return Pictures(np.zeros((len(ids), 1, *(size or (1, 1))), np.uint8), ids[:, 0] != w)

    state, ids = state_of([["B"], ["W"], ["h", "B", "B"]], 7)
    found = Redrawing(SPLITS, Broken())(ids, state, seen("B")).tolist()
    assert found == [-math.inf, -math.inf, 0.0]


def test_particles_are_led_to_the_picture() -> None:
    class Guess(Fake):
        """Knows nothing: all tokens are alike."""

        def step(self, state: Any, previous: Any, where: Any = None) -> Any:
            return torch.zeros(len(previous), self.vocabulary), state

    observation = seen("h v W B q B W W B")
    proposer = AutoregressiveProposer(Guess(V), family_mask(SPLITS))
    with Renderer(SPLITS) as renderer:
        likelihood = Redrawing(SPLITS, renderer)
        best = []
        for strategy in (Sample(), SequentialMonteCarlo(likelihood, 200)):
            found = proposer.propose(observation, n=200, strategy=strategy, budget=15, generator=1)
            state, ids = state_of(
                [[SPLITS.vocabulary.tokens[t] for t in r if t < V] for r in found.ids[0].tolist()], 15
            )
            best.append(float(likelihood(ids, state, observation).max()))
    assert best[1] > best[0] + 1
