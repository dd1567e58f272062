"""The shipped weights on images that this project did not draw, and on those that it ships as examples."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from i2c_core.reader import Reader

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load("splits", device="cpu")


def test_the_original_program_s_images_are_drawn_again_by_code_no_longer_than_theirs(reader: Reader) -> None:
    real = os.environ.get("I2C_REAL_DATA")
    if not real:
        pytest.skip("I2C_REAL_DATA does not say where the images of the original program are")
    folder = Path(real) / "splits"
    truth: dict[str, str] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    answers = list(reader.read_many([folder / name for name in truth], 1))
    exact = [answer.candidates[0].distance == 0 for answer in answers]
    assert sum(exact) >= len(truth) - 1
    for answer, code in zip(answers, truth.values(), strict=True):
        assert answer.candidates[0].size <= len(code.split()), answer.name


def test_the_examples_are_drawn_again_exactly(reader: Reader) -> None:
    files = sorted((ROOT / "examples" / "splits").glob("*.png"))
    assert len(files) == 12
    for answer in reader.read_many(files, 1):
        assert answer.candidates[0].distance == 0, answer.name


def test_a_blank_image_is_one_symbol(reader: Reader) -> None:
    for grey, code in ((0, "B"), (255, "W")):
        best = reader.read_many([np.full((48, 80), grey, np.uint8)], 1)
        assert next(iter(best)).candidates[0].code == code
