"""Renderers of compositions: arguments at their rectangles, whatever kind the parts' renderers are, and in colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from composed_families import FRAMES, STRIPES, Picture, Size, flat

from i2c_core import Family, get_family
from i2c_core.composing import compose
from i2c_core.images import recolour
from i2c_core.raster import Renderer, TokenBatch

SPLITS, RGB = get_family("splits"), get_family("splits-rgb")
COLUMNS = np.array([0, 255, 0, 255, 0, 255, 0, 255])


def drawn(family: Family, text: str, size: Size | None = None) -> Picture:
    """The picture of a program, the same from tensors."""
    ids, _ = family.vocabulary.pack([family.to_tokens(family.parse(text))])
    with Renderer(family, workers=0) as renderer:
        found = renderer.render(ids, None, size).pixels[0]
        if renderer.batched:
            pixels, _ = renderer._draw_batch(torch.from_numpy(ids), None, size or family.size)  # as on a device
            assert np.array_equal(pixels.numpy()[0], found)
    return found


def test_a_material_is_drawn_at_the_rectangle_of_its_leaf() -> None:
    composed = compose(RGB, STRIPES)
    found = drawn(composed, "q [red] g b [blue]", (16, 16))
    assert (found[0, :8, :8] == COLUMNS).all()
    assert (found[2, 8:, 8:] == COLUMNS).all()
    assert (found[:, 0, 8] == [0, 255, 0]).all()
    assert (found[:, 8, 0] == [0, 0, 255]).all()
    assert found[1:, :8, :8].max() == found[:2, 8:, 8:].max() == 0


def test_a_grey_model_shows_the_colours_of_a_material() -> None:
    composed = compose(SPLITS, STRIPES)
    found = drawn(composed, "v [red] W", (8, 16))
    assert (found[0, :, :8] == COLUMNS).all()
    assert found[1:, :, :8].max() == 0
    assert (found[:, :, 8:] == 255).all()


def test_a_program_that_is_all_of_a_material_is_drawn_by_that_alone() -> None:
    def never(batch: TokenBatch, size: Size) -> None:
        raise AssertionError("the model is not asked")

    for model in (replace(SPLITS, render=never), replace(RGB, render=never)):
        assert (drawn(compose(model, STRIPES), "[red]", (4, 8))[0] == COLUMNS).all()
    whole = replace(FRAMES, root="Image", material="Image")
    assert (drawn(compose(whole, STRIPES), "[blue]")[2] == COLUMNS).all()


def test_plain_and_folded_models_ask_for_pictures_too() -> None:
    found = drawn(compose(FRAMES, STRIPES), "frame([red])")
    assert (found[:, 0] == 128).all()
    assert (found[0, 1:-1, 1:-1] == COLUMNS[:6]).all()
    assert found[1:, 1:-1, 1:-1].max() == 0
    folded = {"frame": lambda picture, size: np.maximum(picture(size), 9), "both": max, "if": max, "blank": min}
    found = drawn(compose(replace(FRAMES, render=folded), STRIPES), "frame([red])")
    assert (found[0] == np.maximum(COLUMNS, 9)).all()
    assert (found[1:] == 9).all()


def test_a_material_of_one_size_is_fitted_and_one_in_colour_is_brightness_in_grey() -> None:
    small = Family("small", root="Image", signature="dot : Image", render=flat, size=(2, 2))
    with Renderer(small) as renderer:
        level = renderer.render_programs([small.parse("dot")]).pixels[0, 0, 0, 0]
    found = drawn(compose(SPLITS, small), "h [dot] B", (6, 6))
    assert (found[0, :3] == level).all()
    assert found[0, 3:].max() == 0
    foreign = Family(
        "grey",
        root="Image",
        signature="put : (Other) -> Image\nred, blue, none : Other",
        render={"put": lambda picture, size: picture(size)},
        any_size=True,
        foreign={"Other": STRIPES},
    )
    red = np.zeros((3, 8, 8), np.uint8)
    red[0] = COLUMNS
    assert np.array_equal(drawn(foreign, "put(red)", (8, 8)), recolour(red, 1))


def test_what_has_no_picture_in_a_part_has_none_as_a_whole() -> None:
    for model in (SPLITS, RGB):
        composed = compose(model, STRIPES)
        with Renderer(composed) as renderer:
            found = renderer.render_programs([composed.parse(t) for t in ("h [none] B", "h [red] B", "[none]", "B")])
        assert found.defined.tolist() == [False, True, False, True]
        assert found.pixels[0].max() == found.pixels[2].max() == 0


def test_foreign_arguments_are_the_outermost_ones() -> None:
    cloth = compose(SPLITS, STRIPES, name="cloth")
    composed = compose(RGB, cloth)
    program = composed.parse("q [h [red] B] g [W] [[blue]]")
    ids, _ = composed.vocabulary.pack([composed.to_tokens(program), composed.to_tokens(composed.parse("g"))])
    opens = np.array([t.startswith("cloth.") for t in composed.vocabulary.tokens])
    for tokens in (ids, torch.from_numpy(ids)):
        batch = TokenBatch(tokens, None, composed.vocabulary, opens=opens)
        places = batch.foreign_arguments()
        names = [composed.vocabulary.tokens[t] for t in tokens[places].tolist()]
        assert names == ["cloth.h", "cloth.W", "cloth.stripes.blue"]
    assert not TokenBatch(ids, None, composed.vocabulary).foreign_arguments().any()
    assert (drawn(composed, "v [h [red] B] g", (8, 16))[0, :4, :8] == COLUMNS).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 7)])
def test_rectangles_may_be_empty(size: Size) -> None:
    assert drawn(compose(SPLITS, STRIPES), "h h h [red] B [blue] [red]", size).shape == (3, *size)
