"""Programs set into others: well typed, no deeper than the deepest, and specks among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from zooms_of_tests import HALVES, TINTS

from i2c_core import Family, Program, get_family
from i2c_core.datasets.sampling import Sampler
from i2c_core.raster import Renderer
from i2c_core.zooming.settings import Settings

FAMILIES = {"halves": HALVES, "tints": TINTS, "splits": get_family("splits")}


def levels(program: Program) -> int:
    return 1 + max(map(levels, program.args)) if program.args else 0


def drawn(family: Family, count: int, seed: int) -> np.ndarray[Any, Any]:
    sampler = Sampler(family, 13)
    rng = np.random.default_rng(seed)
    return sampler.sample(rng, rng.choice(np.array(sampler.sizes(1, 13)), count))[0]


@given(name=st.sampled_from(sorted(FAMILIES)), seed=st.integers(0, 999))
@examples(max_examples=15, deadline=None)
def test_what_is_set_into_others_is_whole_and_no_deeper(name: str, seed: int) -> None:
    family = FAMILIES[name]
    ids = drawn(family, 8, seed)
    setting = Settings.of(family)
    assert setting is not None
    found = setting(ids, np.random.default_rng(seed))
    before = [family.from_tokens(row) for row in ids.tolist()]
    after = [family.from_tokens(row) for row in found.tolist()]
    assert [setting.levels(family.to_tokens(p).ids) for p in before] == [levels(p) for p in before]
    assert max(map(levels, after)) <= max(map(levels, before))
    again = setting(ids, np.random.default_rng(seed))
    assert np.array_equal(found, again)


def test_parts_are_sub_programs() -> None:
    family = FAMILIES["splits"]
    setting = Settings.of(family)
    assert setting is not None
    program = family.parse("h v W B q B W h B W B")
    parts = {family.show(family.from_tokens(p)) for p in (_part(setting, family, program, n) for n in range(60))}
    assert parts == {"h v W B q B W h B W B", "v W B", "q B W h B W B", "h B W"}
    assert _part(setting, family, family.parse("B"), 0) == list(family.to_tokens(family.parse("B")).ids)


def _part(setting: Settings, family: Family, program: Program, seed: int) -> list[int]:
    return setting.part(list(family.to_tokens(program).ids), np.random.default_rng(seed))


def test_there_are_specks_among_them() -> None:
    family = FAMILIES["splits"]
    setting = Settings.of(family)
    assert setting is not None
    ids = drawn(family, 300, 0)
    specks = []
    with Renderer(family) as renderer:
        for rows in (ids, setting(ids, np.random.default_rng(0))):
            white = (renderer.render(rows, None, (128, 128)).pixels > 0).mean((1, 2, 3))
            few = np.minimum(white, 1 - white)
            specks.append(int(((few > 0) & (few < 0.01)).sum()))
    assert specks[1] > 10 * max(specks[0], 1)


def test_families_whose_forms_could_be_left_have_none() -> None:
    assert Settings.of(replace(HALVES, normalise=lambda program: program)) is None
    assert Settings.of(replace(HALVES, rules=["h(B, B) = B"])) is None
    nothing = Family("nothing", root="Image", signature="fill : (Colour) -> Image\nColour = red | blue")
    assert Settings.of(nothing) is None
