"""What a proposer may look at: images, and channels beside them that go wherever their images go."""

from __future__ import annotations

import pytest
import torch

from i2c_core.model import Observation


def test_channels_follow_their_images() -> None:
    image, canvas = torch.rand(3, 1, 8, 8), torch.rand(3, 2, 8, 8)
    seen = Observation(image, {"canvas": canvas})
    assert len(seen) == 3
    for index in ([2, 0], slice(1, 3), torch.tensor([1])):
        some = seen.select(index)
        assert torch.equal(some.image, image[index])
        assert torch.equal(some.channels["canvas"], canvas[index])
    assert seen.to("meta").channels["canvas"].device.type == "meta"


def test_a_channel_of_other_images_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^channel 'canvas' has 2 rows, expected 3$"):
        Observation(torch.zeros(3, 1, 8, 8), {"canvas": torch.zeros(2, 1, 8, 8)})
