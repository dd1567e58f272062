"""Pictures that hold no drawing of a family's: what people send all the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.uint8]  # (C, H, W)


def face() -> Pixels:
    image = Image.new("RGB", (800, 1000), (90, 110, 140))
    pen = ImageDraw.Draw(image)
    pen.ellipse((200, 180, 600, 780), fill=(224, 180, 150))
    for x in (290, 440):
        pen.ellipse((x, 380, x + 70, 420), fill=(250, 250, 250))
        pen.ellipse((x + 25, 385, x + 50, 415), fill=(40, 30, 30))
    pen.polygon((400, 430, 370, 560, 430, 560), fill=(205, 160, 130))
    pen.arc((310, 560, 490, 680), 20, 160, fill=(150, 40, 50), width=14)
    pen.pieslice((190, 120, 610, 420), 180, 360, fill=(60, 40, 20))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(4))).transpose(2, 0, 1)


def text() -> Pixels:
    image = Image.new("L", (900, 1200), 250)
    pen = ImageDraw.Draw(image)
    for line in range(40):
        pen.text((60, 50 + 27 * line), "the quick brown fox jumps over the lazy dog", fill=20, font_size=22)
    return np.asarray(image)[None]


def many_strokes() -> Pixels:
    image = Image.new("L", (1000, 1000), 255)
    pen = ImageDraw.Draw(image)
    for ends in np.random.default_rng(0).integers(0, 1000, (200, 4)).tolist():
        pen.line(ends, fill=0, width=3)
    return np.asarray(image)[None]


def noise(channels: int, height: int, width: int) -> Pixels:
    return np.random.default_rng(height).integers(0, 256, (channels, height, width), dtype=np.uint8)


BAD: dict[str, Callable[[], Pixels]] = {
    "a face": face,
    "white": lambda: np.full((1, 900, 700), 255, np.uint8),
    "a grey gradient": lambda: np.tile(np.linspace(120, 220, 1000).astype(np.uint8), (1, 900, 1)),
    "text": text,
    "one black pixel": lambda: np.zeros((1, 1, 1), np.uint8),
    "two hundred strokes": many_strokes,
    "noise": lambda: noise(1, 1000, 1000),
    "noise in colour": lambda: noise(3, 900, 1000),
    "black": lambda: np.zeros((1, 800, 1000), np.uint8),
    "half black": lambda: np.repeat(np.array([[[0, 255]]], np.uint8), 500, 2).repeat(800, 1),
    "long": lambda: noise(1, 2, 29_999),
    "high": lambda: noise(1, 5000, 3),
    **{f"{side} pixels": partial(noise, 1, side, side + 1) for side in (2, 3, 5, 8, 13, 21, 34)},
}
