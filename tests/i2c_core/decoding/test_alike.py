"""A picture's numbers are the same bit for bit in every batch, where the library adds rows by fours."""

from __future__ import annotations

import pytest
import torch

from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Sample, StochasticBeam, Strategy
from i2c_core.decoding.proposals import ALIKE, _filling
from i2c_core.model import Observation
from i2c_core.plugins import get_family
from i2c_core.reader import Reader

MKL = bool(torch.backends.mkl.is_available())  # type: ignore[no-untyped-call]


@pytest.mark.skipif(not MKL, reason="other libraries add in other orders")
@pytest.mark.parametrize("strategy", [Greedy(), Beam(4), Sample(), StochasticBeam(7)], ids=str)
@pytest.mark.parametrize("name", ["splits", "functions"])
def test_numbers_do_not_depend_on_the_batch(name: str, strategy: Strategy) -> None:
    family = get_family(name)
    with Reader.load(name, device="cpu") as reader:
        proposer, budget = reader.proposer, reader.budget
    assert isinstance(proposer, AutoregressiveProposer)
    chance = torch.Generator().manual_seed(0)
    images = torch.rand((19, family.channels, *reader.image_size), generator=chance).round()
    together = proposer.propose(Observation(images), n=3, strategy=strategy, budget=budget, generator=1)
    for first, last in ((0, 1), (3, 5), (4, 11)):
        some = proposer.propose(Observation(images[first:last]), n=3, strategy=strategy, budget=budget, generator=1)
        for column in ("ids", "logprob", "logq", "values"):
            one, all_ = getattr(some, column), getattr(together, column)
            if one is not None:
                torch.testing.assert_close(one, all_[first:last], rtol=0, atol=0, equal_nan=True)


def test_rows_are_filled_by_the_last_image() -> None:
    for width in range(1, 9):
        for count in range(9):
            filled = _filling(count, width)
            assert filled.tolist()[:count] == list(range(count))
            assert set(filled.tolist()[count:]) <= {count - 1}
            assert len(filled) * width % ALIKE == 0
            assert len(filled) < count + ALIKE
