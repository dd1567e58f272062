"""The example pictures are what the commands in their README draw."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from pages import blocks
from PIL import Image

from i2c_core import get_family
from i2c_core.drawing import draw
from i2c_core.photographs import photographed
from i2c_core.sources import read_programs
from i2c_core.strokes.sheets import draw_sketches

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def commands(family: str) -> list[list[str]]:
    """The words of the page's commands that draw pictures of a family."""
    lines = [line for block in blocks(FOLDER / "README.md", "console") for line in block.text.splitlines()]
    return [words for line in lines if family in (words := shlex.split(line.removeprefix("$ ")))]


def test_each_sketch_is_what_its_command_draws() -> None:
    family = get_family("figures")
    drawn = set()
    for words in commands("figures"):
        assert [words[k] for k in (0, 1, 3, 5, 6, 8, 10)] == [
            "i2c", "render", "--family", "--sketch", "--seed", "--size", "-o"
        ], words  # fmt: skip
        program = family.parse((FOLDER / words[2]).read_text(encoding="utf-8"))
        width, height = map(int, words[9].split("x"))
        pixels = draw_sketches(family, [program], (height, width), int(words[7]))[0, 0].astype(int)
        with Image.open(FOLDER / words[11]) as picture:
            difference = np.abs(np.asarray(picture).astype(int) - pixels)
        assert (difference > 1).mean() < 0.001, words  # another machine may round a pixel otherwise
        drawn.add(FOLDER / words[11])
    assert drawn == set((FOLDER / "figures").glob("*.png"))


def test_each_picture_is_what_its_command_draws() -> None:
    family = get_family("splits")
    drawn = set()
    for words in commands("splits"):
        assert [words[k] for k in (0, 1, 3, 5, 7)] == ["i2c", "render", "--family", "--size", "-o"], words
        width, height = map(int, words[6].split("x"))
        pixels = draw(family, [family.parse(words[2])], (height, width))[0]
        assert np.array_equal(np.asarray(Image.open(FOLDER / words[8])), pixels[0]), words
        drawn.add(FOLDER / words[8])
    assert drawn == set((FOLDER / "splits").glob("*.png"))


def test_each_level_is_what_its_command_draws() -> None:
    family, drawn = get_family("pacman"), set()
    for words in commands("pacman"):
        assert [words[k] for k in (0, 1, 3, 6, 8, 10)] == ["i2c", "render", "--family", "--seed", "--size", "-o"], words
        assert words[5] in ("--sketch", "--photograph")
        program = read_programs(family, [str(FOLDER / words[2])])[0].program
        width, height = map(int, words[9].split("x"))
        pixels = draw_sketches(family, [program], (height, width), int(words[7]))
        if words[5] == "--photograph":
            pixels = photographed(pixels, int(words[7]))
        with Image.open(FOLDER / words[11]) as picture:
            difference = np.abs(np.asarray(picture).transpose(2, 0, 1).astype(int) - pixels[0])
        assert (difference > 1).mean() < 0.001, words  # another machine may round a pixel otherwise
        drawn.add(FOLDER / words[11])
    assert drawn == set((FOLDER / "pacman").glob("*.png"))
