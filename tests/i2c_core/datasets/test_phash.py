"""Every bit of the batched perceptual hash equals that of ``imagehash.phash``."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import i2c_core.datasets.phash as module
import i2c_core.datasets.rows as rows_module
from i2c_core.datasets.phash import phash
from i2c_core.datasets.rows import row_hashes, unique_rows


def plain(images: NDArray[np.uint8], hash_size: int, highfreq_factor: int = 4) -> NDArray[np.uint8]:
    """The reference, one image (H, W) or (H, W, 3) at a time."""
    hashes = [imagehash.phash(Image.fromarray(image), hash_size, highfreq_factor).hash for image in images]
    return np.packbits(np.array(hashes).reshape(len(images), -1), axis=1)


def splits(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """A random drawing of nested halves and quarters; often symmetric, often plain."""
    image = np.zeros((height, width), np.uint8)

    def draw(part: NDArray[np.uint8], depth: int) -> None:
        kind = rng.integers(0, 5) if depth else 3
        y, x = part.shape[0] // 2, part.shape[1] // 2
        if kind == 0:
            draw(part[:y], depth - 1)
            draw(part[y:], depth - 1)
        elif kind == 1:
            draw(part[:, :x], depth - 1)
            draw(part[:, x:], depth - 1)
        elif kind == 2:
            for quarter in (part[:y, :x], part[:y, x:], part[y:, :x], part[y:, x:]):
                draw(quarter, depth - 1)
        else:
            part[...] = 255 * rng.integers(0, 2)

    draw(image, 4)
    symmetry = rng.integers(0, 4)
    if symmetry == 1:
        image = np.maximum(image, image[::-1])
    elif symmetry == 2:
        image = np.maximum(image, image[:, ::-1])
    elif symmetry == 3:
        image = np.minimum(image, image[::-1, ::-1])
    return image


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    hash_size=st.sampled_from([2, 3, 8, 9, 32]),
    highfreq_factor=st.sampled_from([1, 2, 4]),
    kind=st.sampled_from(["noise", "splits", "few levels", "smooth"]),
)
def test_any_size(seed: int, height: int, width: int, hash_size: int, highfreq_factor: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (3, height, width), dtype=np.uint8)
    if kind == "splits":
        images = np.stack([splits(rng, height, width) for _ in range(3)])
    elif kind == "few levels":
        images = images // 100 * 100
    elif kind == "smooth":
        images = np.sort(images, axis=2)
    got = phash(images, hash_size=hash_size, highfreq_factor=highfreq_factor)
    np.testing.assert_array_equal(got, plain(images, hash_size, highfreq_factor))


@pytest.mark.parametrize("hash_size", [8, 32])
@pytest.mark.parametrize("side", [8, 16, 24, 28, 32, 64])
def test_symmetric_splits(hash_size: int, side: int) -> None:
    rng = np.random.default_rng(side)
    images = np.stack([splits(rng, side, side) for _ in range(150)])
    images[0], images[1] = 0, 255
    np.testing.assert_array_equal(phash(images, hash_size=hash_size), plain(images, hash_size))


@pytest.mark.parametrize("hash_size", [8, 32])
def test_noise(hash_size: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 32, 32), dtype=np.uint8)
    np.testing.assert_array_equal(phash(images, hash_size=hash_size), plain(images, hash_size))


@pytest.mark.parametrize("hash_size", [8, 32])
def test_colour(hash_size: int) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (20, 24, 40, 3), dtype=np.uint8)
    flat = np.stack([splits(rng, 24, 40) for _ in range(20)])[..., None] // np.array([1, 2, 3], np.uint8)
    images = np.concatenate([noise, flat])
    expected = plain(images, hash_size)
    np.testing.assert_array_equal(phash(images, hash_size=hash_size), expected)
    np.testing.assert_array_equal(phash(np.moveaxis(images, 3, 1), hash_size=hash_size), expected)


def test_unknown_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resize that is neither of the two known ones is left to Pillow."""
    rng = np.random.default_rng(6)
    images = np.stack([splits(rng, 20, 30) for _ in range(20)])
    monkeypatch.setattr(module, "resize_plan", lambda *size: None)
    np.testing.assert_array_equal(phash(images), plain(images, 8))


@pytest.mark.parametrize("shape", [(60, 7), (7, 60), (128, 5), (32, 5), (64, 16), (100, 90)])
@pytest.mark.parametrize("hash_size", [8, 32])
def test_order_of_the_passes(shape: tuple[int, int], hash_size: int) -> None:
    images = np.random.default_rng(7).integers(0, 256, (10, *shape), dtype=np.uint8)
    np.testing.assert_array_equal(phash(images, hash_size=hash_size), plain(images, hash_size))


def test_string_form() -> None:
    image = np.random.default_rng(2).integers(0, 256, (32, 32), dtype=np.uint8)
    assert phash(image[None])[0].tobytes().hex() == str(imagehash.phash(Image.fromarray(image)))


@pytest.mark.parametrize("hash_size", [8, 32])
def test_batch_invariance(monkeypatch: pytest.MonkeyPatch, hash_size: int) -> None:
    rng = np.random.default_rng(3)
    images = np.stack([splits(rng, 32, 32) for _ in range(100)])
    images[::7] = rng.integers(0, 256, images[::7].shape, dtype=np.uint8)
    whole = phash(images, hash_size=hash_size, workers=1)
    np.testing.assert_array_equal(phash(images[3:4], hash_size=hash_size), whole[3:4])
    np.testing.assert_array_equal(phash(images[::-1], hash_size=hash_size), whole[::-1])
    monkeypatch.setattr(module, "_CHUNK_PIXELS", 13 * 32 * 32)
    np.testing.assert_array_equal(phash(images, hash_size=hash_size, workers=3), whole)


def test_no_image() -> None:
    assert phash(np.empty((0, 32, 32), np.uint8), hash_size=32).shape == (0, 128)
    assert phash(np.empty((0, 3, 5, 7), np.uint8), hash_size=9).shape == (0, 11)


def test_bad_arguments() -> None:
    image = np.zeros((1, 8, 8), np.uint8)
    with pytest.raises(TypeError, match="uint8"):
        phash(image.astype(np.float32))
    for shape in [(8, 8), (1, 4, 8, 8), (1, 0, 8)]:
        with pytest.raises(ValueError, match="images"):
            phash(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="hash_size"):
        phash(image, hash_size=1)
    with pytest.raises(ValueError, match="highfreq_factor"):
        phash(image, highfreq_factor=0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 80), size=st.integers(1, 150))
def test_unique_rows(seed: int, count: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 256, (20, size), dtype=np.uint8)
    rows = kinds[rng.integers(0, 20, count)]
    first, inverse = unique_rows(rows)
    np.testing.assert_array_equal(rows[first][inverse], rows)
    _, expected = np.unique(rows, axis=0, return_index=True)
    np.testing.assert_array_equal(np.sort(first), np.sort(expected))


def test_unique_rows_of_colliding_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "row_hashes", lambda rows: row_hashes(rows) & np.uint64(1 << 63))
    rows = np.random.default_rng(4).integers(0, 3, (200, 3), dtype=np.uint8)
    first, inverse = unique_rows(rows)
    np.testing.assert_array_equal(rows[first][inverse], rows)
    _, expected = np.unique(rows, axis=0, return_index=True)
    np.testing.assert_array_equal(np.sort(first), np.sort(expected))


def test_above_median() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(400, 64))
    values[100:200] = rng.integers(-2, 3, (100, 64))  # exact ties, at zero and elsewhere
    values[200:300] = 1 + rng.integers(-2, 3, (100, 64)) * 2.0**-52  # ties of float32 only
    values[300:] *= rng.random((100, 64)) < 0.4
    expected = values > np.median(values, axis=1, keepdims=True)
    np.testing.assert_array_equal(module._above_median(values), expected)
