"""Keys tell pictures apart by every pixel and by shape, and are the same on every machine."""

from __future__ import annotations

import numpy as np

from i2c_core.datasets.keys import first_of_each, held_out, is_in, pixel_keys


def slow_key(picture: np.ndarray) -> int:  # type: ignore[type-arg]
    """The formula of the module, with Python integers."""
    mask, state = (1 << 64) - 1, 0

    def odd() -> int:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        x = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
        return x ^ x >> 31 | 1

    content = picture.tobytes() + bytes(-picture.size % 8)
    total, mixer = 0, 0
    for at in range(0, len(content), 8):
        first, second = odd(), odd()
        mixer = mixer or second
        word = int.from_bytes(content[at : at + 8], "little") * first & mask
        total += (word ^ word >> 32) * second
    channels, height, width = picture.shape
    total = total + (channels << 48) + (height << 24) + width & mask
    for _ in range(2):
        total = (total ^ total >> 32) * mixer & mask
    return total ^ total >> 32


def test_the_formula() -> None:
    for shape in [(1, 1, 1), (1, 2, 4), (3, 5, 7), (1, 32, 32)]:
        pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
        assert pixel_keys(pixels).tolist() == [slow_key(p) for p in pixels]


def test_every_pixel_and_the_shape_count() -> None:
    pixels = np.zeros((257, 1, 16, 16), np.uint8)
    pixels.reshape(257, -1)[np.arange(256), np.arange(256)] = 1
    keys = pixel_keys(pixels)
    assert len(np.unique(keys)) == 257
    shapes = [(1, 1, 12), (1, 12, 1), (1, 3, 4), (3, 2, 2), (3, 1, 4), (1, 2, 5)]
    assert len({int(pixel_keys(np.zeros((1, *s), np.uint8))[0]) for s in shapes}) == len(shapes)
    assert pixel_keys(np.zeros((0, 1, 4, 4), np.uint8)).shape == (0,)


def test_one_in_ten_is_held_out() -> None:
    pixels = np.random.default_rng(1).choice(np.array([0, 255], np.uint8), (20_000, 1, 8, 8))
    held = held_out(pixels)
    assert 0.09 < held.mean() < 0.11
    np.testing.assert_array_equal(held_out(pixel_keys(pixels)), held)
    np.testing.assert_array_equal(held_out(pixels[::-1])[::-1], held)


def test_look_up() -> None:
    keys = np.array([5, 1, 5, 9, 1], np.uint64)
    assert first_of_each(keys).tolist() == [0, 1, 3]
    assert is_in(keys, np.array([1, 9], np.uint64)).tolist() == [False, True, False, True, True]
    assert is_in(keys, np.empty(0, np.uint64)).tolist() == [False] * 5
