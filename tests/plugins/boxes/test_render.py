"""The renderer of boxes against a slow oracle: one program, one box and one pixel at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from boxes_of_tests import FILLED, SMALL, programs
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, Program, get_family
from i2c_core.raster import Renderer, TokenBatch
from i2c_plugins.boxes import FAMILY, render
from i2c_plugins.boxes.tokens import PALETTE

SIZES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def oracle(program: Program, cells: int, size: tuple[int, int]) -> np.ndarray:
    """By the definition: every box is cut to the one it is on, filled, and painted over what is there."""
    picture = np.zeros((3, *size), np.uint8)

    def paint(fill: Program, left: int, upper: int, right: int, lower: int) -> None:
        x0, x1 = (edge * size[1] // cells for edge in (left, right))
        y0, y1 = (edge * size[0] // cells for edge in (upper, lower))
        if x0 >= x1 or y0 >= y1:
            return
        if fill.name in PALETTE:
            picture[:, y0:y1, x0:x1] = np.array([*PALETTE[fill.name].to_bytes(3, "big")])[:, None, None]
            return
        splits = get_family("splits")
        with Renderer(splits) as renderer:
            own = splits.parse(" ".join(node.name for node in fill.nodes()))
            picture[:, y0:y1, x0:x1] = renderer.render_programs([own], (y1 - y0, x1 - x0)).pixels[0]

    def all_of(list_: Program, around: tuple[int, int, int, int]) -> None:
        while list_.args:
            box, list_ = list_.args
            x, y, w, h = (int(a.name) for a in box.args[:4])
            left, upper = around[0] + x, around[1] + y
            own = left, upper, min(left + w, around[2]), min(upper + h, around[3])
            if own[0] < own[2] and own[1] < own[3]:
                paint(box.args[4], *own)
                if box.name == "pile":
                    all_of(box.args[5], own)

    whole = 0, 0, cells, cells
    paint(program.args[0], *whole)
    all_of(program.args[1], whole)
    return picture


def batch_of(family: Family, chosen: list[Program], library: str = "numpy") -> TokenBatch:
    ids, _ = family.vocabulary.pack([family.to_tokens(p) for p in chosen])
    return TokenBatch(torch.from_numpy(ids) if library == "torch" else ids, None, family.vocabulary)


@pytest.mark.parametrize(("family", "cells"), [(FAMILY, 8), (SMALL, 3)], ids=["boxes", "small"])
@given(data=st.data(), size=SIZES)
@settings(max_examples=40, deadline=None)
def test_equals_the_oracle(family: Family, cells: int, data: st.DataObject, size: tuple[int, int]) -> None:
    chosen = data.draw(st.lists(programs(family), min_size=1, max_size=3))
    expected = np.stack([oracle(p, cells, size) for p in chosen])
    drawn = render.render(batch_of(family, chosen), size)
    assert drawn.dtype == np.uint8
    assert drawn.shape == expected.shape
    assert (drawn == expected).all()
    tensor = render.render(batch_of(family, chosen, "torch"), size)
    assert tensor.dtype == torch.uint8
    assert (tensor.numpy() == expected).all()


@given(data=st.data(), size=SIZES)
@settings(max_examples=25, deadline=None)
def test_fills_of_another_family_are_drawn_by_it(data: st.DataObject, size: tuple[int, int]) -> None:
    chosen = data.draw(st.lists(programs(FILLED), min_size=1, max_size=3))
    expected = np.stack([oracle(p, 8, size) for p in chosen])
    ids, _ = FILLED.vocabulary.pack([FILLED.to_tokens(p) for p in chosen])
    with Renderer(FILLED) as renderer:
        assert (renderer.render(ids, None, size).pixels == expected).all()
        on_tensors, defined = renderer._draw_batch(torch.from_numpy(ids), None, size)
    assert (on_tensors.numpy() == expected).all()
    assert bool(defined.all())


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_batch_draws_as_its_members_do_alone(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [
        FAMILY.parse(text) for text in (*FAMILY.examples, "red box 7, 7 size 8 by 8 blue { box 0, 0 size 1 by 1 red }")
    ]
    together = render.render(batch_of(FAMILY, chosen, library), (13, 9))
    alone = [render.render(batch_of(FAMILY, [p], library), (13, 9))[0] for p in chosen]
    assert all((a == b).all() for a, b in zip(together, alone, strict=True))
    monkeypatch.setattr(render, "WORKED", 2 * 13 * 9 * 3)  # two programs a step
    assert (render.render(batch_of(FAMILY, chosen, library), (13, 9)) == together).all()


def test_a_picture_as_a_person_reads_it() -> None:
    pile = "box 1, 1 size 6 by 4 red { box 1, 1 size 2 by 2 blue box 4, 2 size 5 by 5 green }"
    code = FAMILY.parse(f"white {pile} box 0, 6 size 8 by 1 black")
    picture = render.render(batch_of(FAMILY, [code]), (8, 8))[0]
    letters = {rgb: name[0] for name, rgb in PALETTE.items()} | {0x000000: "k", 0xFFFFFF: "."}
    words = picture.astype(int).transpose(1, 2, 0) @ np.array([1 << 16, 1 << 8, 1])
    assert ["".join(letters[w] for w in row) for row in words.tolist()] == [
        "........",
        ".rrrrrr.",
        ".rbbrrr.",
        ".rbbrgg.",
        ".rrrrgg.",
        "........",
        "kkkkkkkk",
        "........",
    ]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_no_programs_draw_no_pictures(library: str) -> None:
    assert tuple(render.render(batch_of(FAMILY, [], library), (4, 5)).shape) == (0, 3, 4, 5)


def test_boxes_within_boxes_to_any_depth() -> None:
    depth = 300
    code = "red" + " box 0, 0 size 8 by 8 blue {" * depth + " box 1, 1 size 1 by 1 black" + " }" * depth
    picture = render.render(batch_of(FAMILY, [FAMILY.parse(code)]), (8, 8))[0].astype(int).sum(0)
    blue = sum(PALETTE["blue"].to_bytes(3, "big"))
    assert picture[1, 1] == 0
    assert (np.delete(picture.ravel(), 9) == blue).all()
