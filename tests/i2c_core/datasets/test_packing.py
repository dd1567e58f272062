"""Packed pictures come back whole, and sums over packed bytes are sums over pixels."""

from __future__ import annotations

import numpy as np
import pytest

from i2c_core.datasets.packing import Levels, PackedPictures


@pytest.mark.parametrize(("levels", "bits"), [(0, 1), (1, 1), (2, 1), (3, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
@pytest.mark.parametrize("shape", [(5, 1, 4, 6), (3, 3, 7, 5), (2, 1, 0, 4), (0, 1, 8, 8)])
def test_round_trip_and_sums(levels: int, bits: int, shape: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(levels)
    values = np.sort(rng.permutation(256)[:levels]).astype(np.uint8)
    if levels == 0:
        shape = (0, *shape[1:])
    pixels = values[rng.integers(0, max(levels, 1), shape)] if levels else np.empty(shape, np.uint8)
    packer = Levels(values)
    assert packer.bits == bits
    rows = pixels.reshape(shape[0], shape[1] * shape[2] * shape[3])
    packed = packer.pack(rows)
    assert packed.shape == (shape[0], packer.width(rows.shape[1]))
    np.testing.assert_array_equal(packer.unpack(packed, rows.shape[1]), rows)
    weights = rng.integers(0, 1 << 64, rows.shape[1], dtype=np.uint64)
    table = packer.byte_sums(weights)
    found = table[np.arange(packed.shape[1]), packed].sum(1, dtype=np.uint64)
    np.testing.assert_array_equal(found, (rows * weights).sum(1, dtype=np.uint64))


def test_pictures() -> None:
    pixels = np.random.default_rng(0).choice(np.array([0, 128, 255], np.uint8), (20, 3, 5, 7))
    pictures = PackedPictures.of(pixels)
    assert len(pictures) == 20
    assert pictures.packed.shape == (20, 27)
    np.testing.assert_array_equal(pictures[slice(None)], pixels)
    np.testing.assert_array_equal(pictures[np.array([3, 3, 0])], pixels[[3, 3, 0]])
    np.testing.assert_array_equal(pictures.take(np.array([5, 1]))[slice(None)], pixels[[5, 1]])
