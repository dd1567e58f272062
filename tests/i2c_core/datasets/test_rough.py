"""The rough razor reproduces the published counts of the splits language, however its stream is cut."""

from __future__ import annotations

from functools import cache

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from i2c_core.datasets.rough import RoughRazor, keep_first_hash

PROGRAMS = {1: 2, 3: 8, 5: 80, 7: 1024, 9: 14848}
KEPT = {1: 2, 3: 4, 5: 26, 7: 232, 9: 2348}


@cache
def render(size: int, height: int = 32, width: int = 32) -> NDArray[np.uint8]:
    """All splits programs of ``size`` tokens (odd), drawn on (height, width); (N, height, width) uint8."""
    if size == 1:
        return np.stack([np.zeros((height, width), np.uint8), np.full((height, width), 255, np.uint8)])
    y, x = height // 2, width // 2
    parts = [np.empty((0, height, width), np.uint8)]
    for a in range(1, size - 1, 2):
        b = size - 1 - a
        parts.append(join(render(a, y, width), render(b, height - y, width), axis=1))
        parts.append(join(render(a, height, x), render(b, height, width - x), axis=2))
    for a in range(1, size - 3, 2):
        for b in range(1, size - 2 - a, 2):
            for c in range(1, size - 1 - a - b, 2):
                top = join(render(a, y, x), render(b, y, width - x), axis=2)
                d = size - 1 - a - b - c
                bottom = join(render(c, height - y, x), render(d, height - y, width - x), axis=2)
                parts.append(join(top, bottom, axis=1))
    return np.concatenate(parts)


def join(one: NDArray[np.uint8], other: NDArray[np.uint8], axis: int) -> NDArray[np.uint8]:
    """Every image of ``one`` beside (axis 2), or above (axis 1), every image of ``other``."""
    left, right = np.repeat(one, len(other), axis=0), np.tile(other, (len(one), 1, 1))
    return np.concatenate([left, right], axis=axis)


@pytest.fixture(scope="module")
def images() -> dict[int, NDArray[np.uint8]]:
    return {size: render(size) for size in PROGRAMS}


def test_published_counts(images: dict[int, NDArray[np.uint8]]) -> None:
    razor = RoughRazor(hash_size=32, highfreq_factor=4)
    assert {size: len(batch) for size, batch in images.items()} == PROGRAMS
    assert {size: int(razor.keep(batch).sum()) for size, batch in images.items()} == KEPT
    assert len(razor) == sum(KEPT.values())


@pytest.mark.parametrize("hash_size", [8, 32])
def test_as_one_by_one(images: dict[int, NDArray[np.uint8]], hash_size: int) -> None:
    stream = np.concatenate([images[size] for size in (1, 3, 5, 7)])[:600]
    seen: set[str] = set()
    expected = []
    for image in stream:
        key = str(imagehash.phash(Image.fromarray(image), hash_size))
        expected.append(key not in seen)
        seen.add(key)
    for batch in (1 << 20, 37):
        razor = RoughRazor(hash_size)
        got = [razor.keep(stream[i : i + batch]) for i in range(0, len(stream), batch)]
        np.testing.assert_array_equal(np.concatenate(got), expected)


@pytest.mark.parametrize("twin_bytes", [0, 100 * 1024])
def test_small_memory(images: dict[int, NDArray[np.uint8]], twin_bytes: int) -> None:
    stream = np.concatenate([images[size] for size in (1, 3, 5, 7)])
    expected = RoughRazor().keep(stream)
    razor = RoughRazor(twin_bytes=twin_bytes, workers=1)
    got = [razor.keep(stream[i : i + 64]) for i in range(0, len(stream), 64)]
    np.testing.assert_array_equal(np.concatenate(got), expected)


def test_colour_and_empty(images: dict[int, NDArray[np.uint8]]) -> None:
    batch = images[5]
    expected = RoughRazor().keep(batch)
    np.testing.assert_array_equal(RoughRazor().keep(np.repeat(batch[:, None], 3, axis=1)), expected)
    np.testing.assert_array_equal(RoughRazor().keep(np.repeat(batch[..., None], 3, axis=3)), expected)
    razor = RoughRazor()
    assert razor.keep(batch[:0]).shape == (0,)
    assert razor.keep(batch[:1]).tolist() == [True]
    assert razor.keep(batch[:2]).tolist() == [False, bool(expected[1])]


def test_colliding_pixel_hashes(images: dict[int, NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = RoughRazor()
    expected = [whole.keep(batch) for batch in (images[5], images[7])]
    monkeypatch.setattr("i2c_core.datasets.rough.row_hashes", lambda rows: np.arange(len(rows)) % 3)
    razor = RoughRazor()
    for batch, kept in zip((images[5], images[7]), expected, strict=True):
        np.testing.assert_array_equal(razor.keep(batch), kept)


def test_bad_arguments(images: dict[int, NDArray[np.uint8]]) -> None:
    with pytest.raises(ValueError, match="twin_bytes"):
        RoughRazor(twin_bytes=-1)
    razor = RoughRazor()
    with pytest.raises(TypeError, match="uint8"):
        razor.keep(images[3].astype(np.float32))
    razor.keep(images[3])
    with pytest.raises(ValueError, match="images were"):
        razor.keep(images[3].reshape(-1, 16, 64))


def test_keep_first_hash() -> None:
    seen = {b"aa"}
    keys = np.frombuffer(b"aabbaabbcc", np.uint8).reshape(-1, 2)
    assert keep_first_hash(keys, seen).tolist() == [False, True, False, False, True]
    assert seen == {b"aa", b"bb", b"cc"}
    assert keep_first_hash(keys[:0], seen).shape == (0,)
    with pytest.raises(TypeError, match="uint8"):
        keep_first_hash(keys.astype(np.int64), seen)
    with pytest.raises(ValueError, match="keys"):
        keep_first_hash(keys[0], seen)
