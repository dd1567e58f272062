"""The network's parts against torch's own, and that no image sees the others of its batch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from items_of_tests import SIZE, TINY, ink_of, marks_catalogue, tiny_network
from torch import Tensor

from i2c_core.items.network import NetworkConfig, _sample
from i2c_core.items.screening import Screen, Screened


def looked(ink: Tensor, canvas: Tensor, asked: Screened, state: Tensor) -> Tensor:
    network = tiny_network()
    with torch.no_grad():
        found: Tensor = network(network.features(ink, canvas), asked, state)
    return found


def test_samples_are_those_of_grid_sample() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(3, 5, 7, 9, generator=generator)
    image = torch.tensor([0, 0, 1, 2, 2, 2])
    probes = torch.rand(6, 11, 2, generator=generator) * 1.2 - 0.1  # some beyond the picture
    expected = F.grid_sample(
        features[image], probes[:, :, None] * 2 - 1, mode="bilinear", padding_mode="border", align_corners=False
    )[..., 0].transpose(1, 2)
    torch.testing.assert_close(_sample(features, image, probes), expected, atol=1e-5, rtol=1e-5)
    assert _sample(features, image[:0], probes[:0]).shape == (0, 11, 5)


def test_a_batch_is_scored_as_its_members_alone() -> None:
    ink, canvas = ink_of([3, 50], [400], [0, 300, 77]), ink_of([], [400], [0, 12])
    asked = Screen(marks_catalogue(), SIZE)(ink)
    state = torch.arange(len(asked)) % 2
    together = looked(ink, canvas, asked, state)
    for number in range(len(ink)):
        rows = asked.image == number
        one = slice(number, number + 1)
        alone = Screened(torch.zeros_like(asked.image[rows]), asked.placement[rows])
        torch.testing.assert_close(
            looked(ink[one], canvas[one], alone, state[rows]), together[rows], atol=1e-4, rtol=1e-4
        )


def test_scores_say_nothing_of_variants_that_a_symbol_does_not_have() -> None:
    ink = torch.ones(1, *SIZE)
    asked = Screen(marks_catalogue(), SIZE)(ink)
    found = looked(ink, ink, asked, torch.zeros_like(asked.image))
    kinds = torch.from_numpy(marks_catalogue().kind)[asked.placement]
    assert torch.isfinite(found[:, :2]).all()
    assert (torch.isfinite(found[:, 2]) == (kinds == 3)).all()


def test_ink_counts_by_its_share_of_the_darkest() -> None:
    ink, canvas = ink_of([3, 50, 300]), ink_of([3])
    asked = Screen(marks_catalogue(), SIZE)(ink)
    state = torch.zeros_like(asked.image)
    torch.testing.assert_close(
        looked(ink, canvas, asked, state), looked(ink / 2, canvas, asked, state), atol=1e-4, rtol=1e-4
    )


def test_nothing_asked_is_nothing_said() -> None:
    ink = torch.zeros(1, *SIZE)
    none = torch.zeros(0, dtype=torch.int64)
    assert looked(ink, ink, Screened(none, none), none).shape == (0, 3)


@pytest.mark.parametrize("config", [NetworkConfig(), TINY])
def test_numbers_are_written_and_read(config: NetworkConfig) -> None:
    assert NetworkConfig.from_dict(config.to_dict()) == config
    assert config.image == (1, *config.size)
