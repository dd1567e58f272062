"""Memory that runs out makes batches smaller, never pictures other ones."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_families import DIALS
from numpy.typing import NDArray

from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import RenderError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer, TokenBatch
from i2c_core.raster.careful import Careful

SPLITS = get_family("splits")


class Narrow:
    """The renderer of `splits` with room for so many programs at once; notes how many it was asked for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.asked: list[int] = []
        self.inner = Renderer(SPLITS)

    def __call__(self, batch: TokenBatch, size: tuple[int, int]) -> NDArray[np.uint8]:
        self.asked.append(len(batch.ids))
        if len(batch.ids) > self.room:
            raise MemoryError(f"no room for {len(batch.ids)}")
        return self.inner.render(batch.ids, batch.values, size).pixels


def narrow(room: int) -> tuple[Family, Narrow]:
    render = Narrow(room)
    return Family("narrow", "Image", SPLITS.gamma, render=render, batched=True), render


def ids_of(family: Family, count: int) -> NDArray[np.int64]:
    ids, _ = Sampler(family, 9).sample(np.random.default_rng(0), np.full(count, 9))
    return ids


def test_pictures_are_the_same_in_halves_and_it_is_told_once() -> None:
    family, render = narrow(5)
    ids = ids_of(SPLITS, 64)
    told: list[str] = []
    careful = Careful(family, told.append)
    for count in (64, 3, 64, 1, 0):
        drawn, wanted = careful.render(ids[:count]), Renderer(SPLITS).render(ids[:count])
        assert (drawn.pixels == wanted.pixels).all()
        assert (drawn.defined == wanted.defined).all()
        assert drawn.pixels.shape == wanted.pixels.shape
    assert told == ["memory ran out for 64 programs at once; going on with fewer"]
    assert careful.most == 4
    assert render.asked[:5] == [64, 32, 16, 8, 4]
    assert max(render.asked[5:]) == 4
    programs = [SPLITS.from_tokens([i for i in row if i < SPLITS.vocabulary.size]) for row in ids.tolist()]
    assert (careful.render_programs(programs).pixels == Renderer(SPLITS).render(ids).pixels).all()


def test_one_program_that_is_too_much_is_an_error() -> None:
    family, render = narrow(0)
    with pytest.raises(RenderError) as error:
        Careful(family).render(ids_of(SPLITS, 4))
    assert str(error.value) == (
        "renderer of narrow raised MemoryError: no room for 1 on a batch of 1 programs\n"
        "  -> mend the renderer; 'i2c check' shows which programs it fails on"
    )
    assert render.asked == [4, 2, 1]


def test_other_errors_and_renderers_of_one_program_are_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    ids, values = Sampler(DIALS, 7).sample(np.random.default_rng(0), np.full(5, 7))
    with Careful(DIALS, workers=0) as careful, Renderer(DIALS, workers=0) as renderer:
        careful.most = 2
        assert (careful.render(ids, values).pixels == renderer.render(ids, values).pixels).all()
        programs = [DIALS.vocabulary.decode(row.tolist(), v.tolist()) for row, v in zip(ids, values, strict=True)]
        assert (careful.render_programs(programs).pixels == renderer.render_programs(programs).pixels).all()
    monkeypatch.setattr(Renderer, "render", lambda *_: (_ for _ in ()).throw(RuntimeError("no such luck")))
    with pytest.raises(RuntimeError, match="no such luck"):
        Careful(SPLITS).render(ids_of(SPLITS, 4))
