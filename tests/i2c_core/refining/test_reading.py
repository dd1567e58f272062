"""Refinement inside the closed loop: a stage is refined before it is decided whether to go on."""

from __future__ import annotations

import numpy as np
import torch

from i2c_core import get_family
from i2c_core.decoding import Beam, Observation, Proposals
from i2c_core.decoding.rounds import search
from i2c_core.decoding.strategies import Strategy
from i2c_core.model.numbers import number_spans
from i2c_core.raster import Renderer
from i2c_core.refining import Refiner

FUNCTIONS = get_family("functions")


class Guess:
    """In place of a network: always one program, and what it was asked for."""

    def __init__(self, code: str) -> None:
        self.ids, self.values = FUNCTIONS.vocabulary.pack([FUNCTIONS.to_tokens(FUNCTIONS.parse(code))])
        self.asked: list[Strategy] = []

    def propose(
        self,
        observation: Observation,
        *,
        n: int = 1,
        strategy: Strategy = Beam(),  # noqa: B008  frozen
        budget: int = 64,
        generator: torch.Generator | int | None = None,
    ) -> Proposals:
        self.asked.append(strategy)
        zero = torch.zeros(len(observation), 1, dtype=torch.float64)
        ids, values = (torch.from_numpy(x)[None].expand(len(observation), -1, -1) for x in (self.ids, self.values))
        return Proposals(ids, zero, zero, values, zero.long())


def test_a_picture_that_refinement_draws_exactly_is_settled() -> None:
    with Renderer(FUNCTIONS) as renderer:
        picture = renderer.render_programs([FUNCTIONS.parse("sin(radius * 3.25)")]).pixels[0]
        stages = Refiner.stages("auto", (Beam(4), Beam(16)))
        assert len(stages) == 3
        assert Refiner.stages("beam", (Beam(4),)) == (Beam(4),)
        for refine, rounds in ((Refiner.of(FUNCTIONS, renderer), 1), (None, 3)):
            proposer = Guess("sin(radius * 3.0)")
            (found,) = search(
                FUNCTIONS, renderer, proposer, picture[None], [picture], stages, n=1, budget=9, refine=refine
            )
            assert isinstance(found, list)
            assert len(proposer.asked) == rounds
            assert (found[0].distance == 0) == (refine is not None)
            merge = number_spans(FUNCTIONS.vocabulary) if refine is not None else ()
            assert proposer.asked[0] == Beam(4, merge)  # numbers are no choice where they are fitted
            assert np.array_equal(found[0].pixels, picture) == (refine is not None)
