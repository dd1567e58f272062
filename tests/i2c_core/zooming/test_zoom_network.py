"""What the network sees and says of nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from i2c_core import get_family
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.stream import Batch
from i2c_core.errors import ConfigError
from i2c_core.raster import Renderer
from i2c_core.zooming.areas import Areas
from i2c_core.zooming.growing import Looking
from i2c_core.zooming.lessons import Lessons
from i2c_core.zooming.network import NetworkConfig, ZoomNetwork, fused, seen_once, view

SPLITS = get_family("splits")
NUMBERS: dict[str, Any] = {"vocabulary": 5, "types": 1, "roles": 9, "cells": 8, "channels": 4, "width": 8}


def made() -> ZoomNetwork:
    torch.manual_seed(0)
    network = ZoomNetwork(NetworkConfig(**NUMBERS))
    network(*asked(network, pictures()))  # so that batch norms have met something
    return network.eval()


def pictures(count: int = 3, side: int = 32) -> torch.Tensor:
    chance = torch.Generator().manual_seed(1)
    coarse = torch.randint(0, 2, (count, 1, 4, 4), generator=chance, dtype=torch.uint8) * 255
    return coarse.repeat_interleave(side // 4, 2).repeat_interleave(side // 4, 3)


def asked(network: ZoomNetwork, seen: torch.Tensor) -> tuple[Any, torch.Tensor, torch.Tensor]:
    """All quarters of pictures, and what of them."""
    side = seen.shape[2]
    boxes = [[0, 0, side, side], [0, 0, side // 2, side // 2], [side // 2, 0, side, side // 2], [0, 0, 8, 8]]
    picture = torch.arange(len(seen)).repeat_interleave(len(boxes))
    where = torch.tensor(boxes).repeat(len(seen), 1)
    shown = view(Areas(seen), picture, where, network.config.cells)
    return shown, torch.zeros_like(picture), torch.arange(len(picture)) % 9


def test_rectangles_of_one_colour_are_seen_once() -> None:
    flat = torch.tensor([True, False, True, True, False])
    kept, which = seen_once(flat, torch.tensor([[0], [0], [255], [0], [255]]))
    assert kept.tolist() == [3, 2, 1, 4]
    assert which.tolist() == [0, 2, 1, 0, 3]
    network = made()
    shown, type_, role = asked(network, pictures())
    assert len(shown.cells) < len(type_)
    apart = type(shown)(shown.cells[shown.which], torch.arange(len(type_)), shown.around)
    assert torch.allclose(network(shown, type_, role), network(apart, type_, role), atol=1e-5)


def test_narrow_rectangles_are_pictures_of_their_own() -> None:
    """So that what is seen of a node does not depend on how deep it is."""
    small = pictures(1)
    deep = torch.zeros(1, 1, 512, 512, dtype=torch.uint8)
    deep[:, :, 96:128, 320:352] = small
    whole = view(Areas(small), torch.tensor([0]), torch.tensor([[0, 0, 32, 32]]), 8, torch.tensor([True]))
    found = view(Areas(deep), torch.tensor([0]), torch.tensor([[320, 96, 352, 128]]), 8)
    for name in ("cells", "which", "around"):
        assert torch.allclose(getattr(found, name), getattr(whole, name), atol=1e-6)
    wide = view(Areas(deep), torch.tensor([0]), torch.tensor([[256, 0, 512, 256]]), 8)
    assert wide.around[0, -1].tolist() == [[0.0, 0.0, 1.0, 1.0]] * 2 + [[0.0] * 4] * 2  # a map, of one that is not


def test_batch_norms_become_part_of_convolutions() -> None:
    network = made()
    before = network(*asked(network, pictures()))
    after = fused(network)(*asked(network, pictures()))
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())
    assert torch.allclose(before, after, atol=1e-5)


def test_a_hole_of_several_rows_is_looked_at_once() -> None:
    network, sums = made(), Areas(pictures())
    looking = Looking(network, sums)
    picture = torch.tensor([0, 1, 0, 0])
    where = torch.tensor([[0, 0, 16, 16], [0, 0, 16, 16], [0, 0, 16, 16], [16, 0, 32, 16]])
    type_, role = torch.zeros(4, dtype=torch.int64), torch.tensor([1, 1, 1, 1])
    rows: list[int] = []
    network.register_forward_pre_hook(lambda module, given: rows.append(len(given[1])))
    found = looking(picture, where, type_, role)
    assert rows == [3]
    for m in range(4):
        alone = looking(picture[m : m + 1], where[m : m + 1], type_[m : m + 1], role[m : m + 1])
        assert torch.allclose(found[m], alone[0], atol=1e-5)


@pytest.mark.parametrize("cells", [4, 10, 0])
def test_cells_that_cannot_be_halved_are_refused(cells: int) -> None:
    with pytest.raises(ConfigError) as caught:
        NetworkConfig(**(NUMBERS | {"cells": cells}))
    assert str(caught.value) == (
        f"a rectangle of {cells}x{cells} cells was asked for\n  -> set model.crop to a multiple of 4, 8 or more"
    )


def test_numbers_go_through_json() -> None:
    config = NetworkConfig(**NUMBERS)
    assert NetworkConfig.from_dict(config.to_dict()) == config


class NoStream:
    """Lessons made of batches that a test has."""


def test_lessons_have_every_node_that_has_pixels() -> None:
    rng = np.random.default_rng(0)
    ids, _ = Sampler(SPLITS, 9).sample(rng, np.full(20, 9))
    with Renderer(SPLITS) as renderer:
        lessons = Lessons(SPLITS, NoStream(), renderer, 8, 0)  # type: ignore[arg-type]
        lesson = lessons.lesson(Batch(ids, None, renderer.render(ids, None, (64, 64)).pixels))
        assert len(lesson.target) == 20 * 9
        assert lesson.target.tolist() == ids.flatten().tolist()
        flat, colour = Areas(torch.from_numpy(renderer.render(ids, None, (64, 64)).pixels)).colours(
            *_nodes(lessons, ids, (64, 64))
        )
        leaves = lesson.target >= 3  # B and W, which fill where they live
        assert flat[leaves].all()
        assert (colour[leaves, 0] == (lesson.target[leaves] - 3) * 255).all()
        small = lessons.lesson(Batch(ids, None, renderer.render(ids, None, (2, 2)).pixels))
        assert 20 <= len(small.target) < len(lesson.target)


def _nodes(lessons: Lessons, ids: np.ndarray[Any, Any], size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    from i2c_core.raster import rectangles

    where = torch.from_numpy(rectangles(lessons.zooms, ids, size)).flatten(0, 1)
    return torch.arange(len(ids)).repeat_interleave(ids.shape[1]), where
