"""The renderer of splits against a slow oracle: a stack of rectangles, one program and one leaf at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, Program
from i2c_core.raster import TokenBatch
from i2c_plugins.splits import FAMILY, FAMILY_RGB, render

COLOURS = {
    "B": (0, 0, 0),
    "W": (255, 255, 255),
    "G": (128, 128, 128),
    "r": (255, 0, 0),
    "g": (0, 255, 0),
    "b": (0, 0, 255),
}
FAMILIES = {f.name: f for f in (FAMILY, FAMILY_RGB)}
SIZES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def oracle(program: Program, channels: int, size: tuple[int, int]) -> np.ndarray:
    picture = np.zeros((channels, *size), np.uint8)
    todo = [(program, 0, 0, size[0], size[1])]
    while todo:
        node, top, left, bottom, right = todo.pop()
        y, x = top + (bottom - top) // 2, left + (right - left) // 2
        match node.name:
            case "h":
                todo += [(node.args[0], top, left, y, right), (node.args[1], y, left, bottom, right)]
            case "v":
                todo += [(node.args[0], top, left, bottom, x), (node.args[1], top, x, bottom, right)]
            case "q":
                todo += [(node.args[0], top, left, y, x), (node.args[1], top, x, y, right)]
                todo += [(node.args[2], y, left, bottom, x), (node.args[3], y, x, bottom, right)]
            case colour:
                for channel in range(channels):
                    picture[channel, top:bottom, left:right] = COLOURS[colour][channel]
    return picture


@st.composite
def programs(draw: st.DrawFn, family: Family) -> Program:
    """A program of at most some 40 symbols, built from its leaves up."""
    leaf = st.sampled_from([t for t in family.vocabulary.tokens if t not in "hvq"])
    row = [family.program(draw(leaf)) for _ in range(draw(st.integers(1, 20)))]
    while len(row) > 1:
        splits = draw(st.sampled_from("hvq" if len(row) > 3 else "hv"))
        arity = 4 if splits == "q" else 2
        start = draw(st.integers(0, len(row) - arity))
        row[start : start + arity] = [family.program(splits, *row[start : start + arity])]
    return row[0]


def program(text: str) -> Program:
    return FAMILY.from_tokens(FAMILY.vocabulary.names_to_ids(text.split()))


def batch_of(family: Family, chosen: list[Program], library: str = "numpy") -> TokenBatch:
    ids, _ = family.vocabulary.pack([family.to_tokens(p) for p in chosen])
    return TokenBatch(torch.from_numpy(ids) if library == "torch" else ids, None, family.vocabulary)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(data=st.data(), size=SIZES)
@settings(max_examples=60, deadline=None)
def test_equals_the_oracle(family: Family, data: st.DataObject, size: tuple[int, int]) -> None:
    chosen = data.draw(st.lists(programs(family), min_size=1, max_size=4))
    expected = np.stack([oracle(p, family.channels, size) for p in chosen])
    drawn = render.render(batch_of(family, chosen), size)
    assert drawn.dtype == np.uint8
    assert drawn.shape == expected.shape
    assert (drawn == expected).all()
    tensor = render.render(batch_of(family, chosen, "torch"), size)
    assert tensor.dtype == torch.uint8
    assert (tensor.numpy() == expected).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_batch_draws_as_its_members_do_alone(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["W", "h v W B q B W B B", "v W q B W W B", "q W B B W", "h h h h W B W B W"]
    chosen = [program(t) for t in texts]
    together = render.render(batch_of(FAMILY, chosen, library), (13, 9))
    alone = [render.render(batch_of(FAMILY, [p], library), (13, 9))[0] for p in chosen]
    assert all((a == b).all() for a, b in zip(together, alone, strict=True))
    monkeypatch.setattr(render, "CELLS", 2 * 13 * 9)  # two programs a chunk
    assert (render.render(batch_of(FAMILY, chosen, library), (13, 9)) == together).all()


def test_a_picture_as_a_person_reads_it() -> None:
    picture = render.render(batch_of(FAMILY, [program("h v W B q B W B W")]), (5, 6))[0, 0]
    assert ["".join(".#"[int(p == 0)] for p in row) for row in picture] == [
        "...###",
        "...###",
        "###...",
        "###...",
        "###...",
    ]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_one_pixel_shows_the_last_leaf(library: str) -> None:
    drawn = render.render(batch_of(FAMILY, [program("q W W W B"), program("q B B B W")], library), (1, 1))
    assert drawn.reshape(-1).tolist() == [0, 255]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_no_programs_draw_no_pictures(library: str) -> None:
    batch = batch_of(FAMILY_RGB, [], library)
    assert tuple(render.render(batch, (4, 5)).shape) == (0, 3, 4, 5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_deep_program_draws(side: str) -> None:
    depth = 3000
    text = "h " * depth + "W " + "B " * depth if side == "left" else "h W " * depth + "B"
    ids = np.array([FAMILY.vocabulary.names_to_ids(text.split())])
    picture = render.render(TokenBatch(ids, None, FAMILY.vocabulary), (32, 32))[0, 0]
    # Halves of 16, 8, 4, 2 and 1 rows, then rows [0, 1) split at 0: the first child is empty, the second is all.
    assert (picture == 0).all() if side == "left" else ((picture[:31] == 255).all() and (picture[31] == 0).all())
