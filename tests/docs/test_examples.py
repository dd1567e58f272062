"""The example pictures are what the commands in their README draw."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from pages import blocks
from PIL import Image

from i2c_core import get_family
from i2c_core.drawing import draw

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def test_each_picture_is_what_its_command_draws() -> None:
    family = get_family("splits")
    (block,) = blocks(FOLDER / "README.md", "console")
    drawn = set()
    for line in block.text.splitlines():
        words = shlex.split(line.removeprefix("$ "))
        assert [words[k] for k in (0, 1, 3, 5, 7)] == ["i2c", "render", "--family", "--size", "-o"], line
        width, height = map(int, words[6].split("x"))
        pixels = draw(family, [family.parse(words[2])], (height, width))[0]
        assert np.array_equal(np.asarray(Image.open(FOLDER / words[8])), pixels[0]), line
        drawn.add(FOLDER / words[8])
    assert drawn == set(FOLDER.rglob("*.png"))
