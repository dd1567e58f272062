"""Arrays and tensors as pictures: every kind and shape, and what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core.errors import ImageError
from i2c_core.images import read_image

GREY = np.array([[0, 50, 100, 110, 120, 130], [150, 200, 255, 1, 2, 3]], np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY])  # (3, 2, 3)


@pytest.mark.parametrize(
    "source",
    [
        GREY,
        GREY[..., None],
        GREY[None],
        np.stack([GREY] * 3, -1),
        np.stack([GREY] * 3 + [np.full_like(GREY, 255)]),
        GREY / 255,
        (GREY / 255).astype(np.float16),
        GREY.astype(np.int64),
        GREY.astype(np.uint16) * 257,
        GREY.tolist(),
        torch.from_numpy(GREY),
        torch.from_numpy(GREY)[None].requires_grad_(False),
        (torch.from_numpy(GREY)[None] / 255).requires_grad_(True),
    ],
    ids=[
        "HW",
        "HW1",
        "1HW",
        "HW3",
        "4HW",
        "float64",
        "float16",
        "int64",
        "uint16",
        "list",
        "tensor",
        "tensor1",
        "grad",
    ],
)
def test_arrays(source: Any) -> None:
    assert read_image(source, 1).shape == (1, 2, 6)
    assert (read_image(source, 1) == GREY).all()
    assert (read_image(source, 3) == GREY).all()


def test_arrays_of_colour_and_of_truth() -> None:
    assert (read_image(COLOUR, 3) == COLOUR).all()
    assert (read_image(COLOUR.transpose(1, 2, 0), 3) == COLOUR).all()
    both = COLOUR[:, :, :3]  # (3, 2, 3), which is (C, H, W) for torch and (H, W, C) for NumPy
    assert (read_image(torch.from_numpy(both), 3) == both).all()
    assert (read_image(both, 3) == both.transpose(2, 0, 1)).all()
    assert (read_image(GREY > 100, 1) == 255 * (GREY > 100)).all()


SHAPES = "(H, W), (H, W, C) or (C, H, W) with 1 to 4 channels"
ARRAY_HINTS = [
    (
        np.zeros((2, 3, 4, 5)),
        f"an array of shape (2, 3, 4, 5), expected {SHAPES}",
    ),
    (np.zeros((5, 6, 7)), f"an array of shape (5, 6, 7), expected {SHAPES}"),
    (np.zeros((0, 6)), "the array is 6x0 pixels"),
    (GREY / 100, "an array of floats from 0 to 2.55, expected 0 to 1"),
    (np.full((2, 2), np.nan), "an array of floats from nan to nan, expected 0 to 1"),
    (
        np.full((2, 2), 300),
        "an array of int64 from 300 to 300, expected uint8, uint16, bool or floats from 0 to 1",
    ),
    (None, "an object of type NoneType, expected an image"),
    (Image, "an object of type module, expected an image"),
]


@pytest.mark.parametrize(("source", "fact"), ARRAY_HINTS)
def test_wrong_arrays(source: Any, fact: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_image(source, 1)
    assert caught.value.fact == fact
    assert caught.value.hint


def test_a_number_is_no_array() -> None:
    with pytest.raises(ImageError) as caught:
        read_image(3, 1)
    expected = "an array of shape (), expected (H, W), (H, W, C) or (C, H, W) with 1 to 4 channels"
    assert str(caught.value) == f"{expected}\n  -> pass one picture at a time"
