"""The noise of sampling is the same everywhere, and uniform."""

from __future__ import annotations

import torch

from i2c_core.decoding.noise import image_keys, mix, row_keys, uniform
from i2c_core.decoding.picking import draw


def plain_mix(x: int) -> int:
    """splitmix64's finaliser in Python integers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def test_mix_is_splitmix() -> None:
    numbers = [0, 1, -1, 2**63 - 1, -(2**63), 123_456_789_012_345_678, -42]
    mixed = mix(torch.tensor(numbers)).tolist()
    assert [m % 2**64 for m in mixed] == [plain_mix(n % 2**64) for n in numbers]


def test_keys_depend_on_pixels_and_seed_alone() -> None:
    images = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    keys = image_keys(images, 7)
    assert torch.equal(image_keys(images[3:4], 7), keys[3:4])
    assert torch.equal(image_keys(images + 1e-4, 7)[:0], keys[:0])
    assert len(set(keys.tolist()) | set(image_keys(images, 8).tolist())) == 10
    assert len(set(image_keys(images, 2**64 + 7).tolist()) & set(keys.tolist())) == 5  # seeds wrap at 64 bits
    swapped = images.flip(3)
    assert not torch.equal(image_keys(swapped, 7), keys)


def test_numbers_are_uniform_and_belong_to_their_row() -> None:
    rows = row_keys(torch.tensor([1, 2, 3]), 20_000)
    assert len(set(rows.tolist())) == 60_000
    assert torch.equal(row_keys(torch.tensor([2]), 5), rows[20_000:20_005])
    first, second = uniform(rows, 0), uniform(rows, 1)
    assert float(first.min()) >= 0
    assert float(first.max()) < 1
    counts = torch.histc(first, 20, 0, 1)
    assert float((counts - 3000).abs().max()) < 5 * 3000**0.5
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.02


def test_draw_never_takes_what_is_impossible() -> None:
    logq = torch.log(torch.tensor([[0.0, 0.25, 0.0, 0.75, 0.0]]))
    u = torch.tensor([0.0, 0.2499999, 0.25, 0.5, 1 - 2**-53], dtype=torch.float64)
    assert draw(logq.expand(5, -1), u).tolist() == [1, 1, 3, 3, 3]
    only_last = torch.log(torch.tensor([[0.0, 0.0, 1.0]]))
    assert draw(only_last.expand(5, -1), u).tolist() == [2] * 5
