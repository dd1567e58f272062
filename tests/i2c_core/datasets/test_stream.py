"""Batches are a function of seed and step, always full, without twins, held-out and excluded images."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from dataset_families import DIALS, FAMILIES, FRAMED, MARKS, SHADES, SWAPPED
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.datasets.batches import RAZORS
from i2c_core.datasets.keys import held_out, is_in, pixel_keys
from i2c_core.datasets.pairs import read_pairs, write_pairs
from i2c_core.datasets.razor import sharp_razor
from i2c_core.datasets.stream import Batch, Stream, StreamConfig
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer

SPLITS = get_family("splits")
RGB = get_family("splits-rgb")
CASES = [
    (SPLITS, StreamConfig(32, max_size=9)),
    (SPLITS, StreamConfig(32, max_size=9, razor="none")),
    (SPLITS, StreamConfig(32, max_size=9, razor="sharp", min_size=5)),
    (SPLITS, StreamConfig(32, max_size=7, razor="rough")),
    (SPLITS, StreamConfig(32, max_size=13, table_candidates=1000)),
    (RGB, StreamConfig(32, max_size=5)),
    (DIALS, StreamConfig(16, max_size=9)),
    (FRAMED, StreamConfig(8, max_size=9)),
    (SWAPPED, StreamConfig(8, max_size=9)),
]


def check_pairs(family: Family, batch: Batch, config: StreamConfig) -> None:
    keys = pixel_keys(batch.pixels)
    assert len(np.unique(keys)) == len(batch) == config.batch_size
    assert not held_out(keys).any()
    sizes = (batch.ids < family.vocabulary.pad).sum(1)
    assert sizes.min() >= config.min_size
    assert sizes.max() <= config.max_size
    with Renderer(family) as renderer:
        np.testing.assert_array_equal(renderer.render(batch.ids, batch.values).pixels, batch.pixels)


@pytest.mark.parametrize(("family", "config"), CASES, ids=[f"{f.name}-{c.razor}-{c.max_size}" for f, c in CASES])
def test_batches(family: Family, config: StreamConfig) -> None:
    stream = Stream(family, config, seed=5)
    steps = [0, 1, stream.source.window, 3]
    batches = {step: stream.batch(step) for step in steps}
    for batch in batches.values():
        check_pairs(family, batch, config)
        assert batch.ids.dtype == np.int64
        assert batch.ids.shape == (config.batch_size, stream.source.longest)
    again = Stream(family, config, seed=5)
    for step in reversed(steps):
        np.testing.assert_array_equal(again.batch(step).ids, batches[step].ids)
        np.testing.assert_array_equal(again.batch(step).pixels, batches[step].pixels)
        if family is DIALS:
            np.testing.assert_array_equal(again.batch(step).values, batches[step].values)
    assert (Stream(family, config, seed=6).batch(0).ids != batches[0].ids).any()
    assert (batches[0].ids != batches[1].ids).any()


@pytest.mark.parametrize("razor", RAZORS)
@pytest.mark.parametrize("family", FAMILIES, ids=[f.name for f in FAMILIES])
def test_a_batch_drawn_again_is_the_same(family: Family, razor: str) -> None:
    """Codes and values say the pictures that they are given with, from whatever source: the table is kept small."""
    largest = 5 if family is SHADES and razor == "sharp" else 7  # it looks at all programs
    config = StreamConfig(24, max_size=largest, razor=razor, holdout=False, table_candidates=50)
    stream = Stream(family, config, seed=3)
    values = family.vocabulary.continuous.any()
    with Renderer(family, workers=0) as renderer:
        for step in range(3):
            batch = stream.batch(step)
            assert (batch.values is not None) == values
            drawn = renderer.render(batch.ids, batch.values)
            assert drawn.defined.all()
            np.testing.assert_array_equal(drawn.pixels, batch.pixels)
    if family is SHADES and razor == "auto":
        assert stream.note == (
            "a table of 28 images, each with one code (substructure); combinations of shortest programs to size 5; "
            "programs drawn uniformly to size 7"
        )


def test_every_image_has_its_shortest_code() -> None:
    table = sharp_razor(SPLITS, 11)
    code = dict(zip(pixel_keys(table.pixels).tolist(), table.ids.tolist(), strict=True))
    batch = Stream(SPLITS, StreamConfig(256), seed=0).batch(3)
    for key, ids in zip(pixel_keys(batch.pixels).tolist(), batch.ids.tolist(), strict=True):
        assert code[key] == ids


def test_beyond_the_table_no_image_of_the_table_is_given() -> None:
    stream = Stream(SPLITS, StreamConfig(64, min_size=11, max_size=13, table_candidates=5000), seed=0)
    assert stream.note == (
        "a table of 0 images, each with one code (substructure); combinations of shortest programs to size 11; "
        "programs drawn uniformly to size 13"
    )
    known = np.sort(pixel_keys(sharp_razor(SPLITS, 9).pixels))
    sizes = set()
    for step in range(4):
        batch = stream.batch(step)
        assert not is_in(pixel_keys(batch.pixels), known).any()
        sizes |= set((batch.ids < SPLITS.vocabulary.pad).sum(1).tolist())
    assert sizes == {11, 13}


def test_only_held_out_images() -> None:
    for razor in ("auto", "none"):
        config = StreamConfig(32, max_size=9, razor=razor, only_held_out=True)
        assert held_out(Stream(SPLITS, config, seed=0).batch(0).pixels).all()


def test_excluded_images_are_not_given() -> None:
    config = StreamConfig(64, max_size=7)
    first = Stream(SPLITS, config, seed=0).batch(0)
    keys = pixel_keys(first.pixels)
    for razor in ("auto", "none"):
        stream = Stream(SPLITS, dataclasses.replace(config, razor=razor), seed=0, exclude=keys)
        for step in range(3):
            assert not np.isin(pixel_keys(stream.batch(step).pixels), keys).any()


def test_a_small_language_repeats_its_images() -> None:
    for family, razor in [(SPLITS, "auto"), (SPLITS, "none"), (SWAPPED, "auto")]:
        stream = Stream(family, StreamConfig(64, max_size=3, razor=razor, holdout=False), seed=0)
        batch = stream.batch(0)
        different = len(np.unique(pixel_keys(batch.pixels)))
        assert different == (6 if family is SPLITS else 5)
        assert len(batch) == 64
        assert "repeat images" in stream.note


def test_the_smaller_code_stays() -> None:
    stream = Stream(SPLITS, StreamConfig(4, max_size=5, razor="none", holdout=False, size_power=0.0), seed=1)
    batch = stream.batch(0)
    table = sharp_razor(SPLITS, 5)
    least = dict(zip(pixel_keys(table.pixels).tolist(), table.sizes.tolist(), strict=True))
    sizes = (batch.ids < SPLITS.vocabulary.pad).sum(1)
    assert all(s >= least[k] for k, s in zip(pixel_keys(batch.pixels).tolist(), sizes.tolist(), strict=True))


def given_pairs(tmp_path: Path, codes: Sequence[str]) -> Path:
    programs = [SPLITS.to_tokens(SPLITS.parse(c)) for c in codes]
    ids, _ = SPLITS.vocabulary.pack(programs)
    with Renderer(SPLITS) as renderer:
        write_pairs(tmp_path / "pairs.parquet", SPLITS, ids, renderer.render(ids).pixels)
    return tmp_path / "pairs.parquet"


def test_pairs_come_once_an_epoch(tmp_path: Path) -> None:
    codes = ["h B B", "B", "W", "h B W", "h W B", "v B W", "v W B", "q B W W B"]
    pairs = read_pairs(given_pairs(tmp_path, codes), SPLITS)
    stream = Stream(SPLITS, StreamConfig(3, holdout=False), seed=2, pairs=pairs)
    assert stream.note == "7 of 8 pairs, each once an epoch"
    rows = np.concatenate([stream.batch(step).ids for step in range(14)])
    shown = [" ".join(SPLITS.vocabulary.tokens[i] for i in r if i < 5) for r in rows.tolist()]
    epochs = [shown[i : i + 7] for i in range(0, 42, 7)]
    assert all(sorted(e) == sorted(codes[1:]) for e in epochs)
    assert len({tuple(e) for e in epochs}) > 1
    again = Stream(SPLITS, StreamConfig(3, holdout=False), seed=2, pairs=pairs)
    np.testing.assert_array_equal(again.batch(9).pixels, stream.batch(9).pixels)


def test_nothing_to_give(tmp_path: Path) -> None:
    pairs = read_pairs(given_pairs(tmp_path, ["B"]), SPLITS)
    with pytest.raises(DataError) as error:
        Stream(SPLITS, StreamConfig(holdout=False), 0, pairs=pairs, exclude=pixel_keys(pairs.pixels()))
    assert str(error.value) == (
        "the pairs leave nothing to give: 1 different images, none held out, 1 excluded\n  -> give more pairs"
    )
    with pytest.raises(DataError) as error:
        Stream(SPLITS, StreamConfig(min_size=2, max_size=2, razor="none"), 0)
    assert str(error.value) == "splits has no program of sizes 2..2\n  -> allow sizes from 1 on"
    everything = pixel_keys(sharp_razor(SPLITS, 3).pixels)
    with pytest.raises(DataError) as error:
        Stream(SPLITS, StreamConfig(max_size=3, holdout=False), 0, exclude=everything)
    assert str(error.value) == (
        "splits has no image to give of sizes 1..3: 6 different images, none held out, 6 excluded\n"
        "  -> allow larger programs"
    )
    with pytest.raises(DataError) as error:
        Stream(SPLITS, StreamConfig(4, max_size=3, holdout=False, razor="none"), 0, exclude=everything).batch(0)
    assert error.value.fact.startswith("splits gave no image: 0 programs without a picture, ")


def test_programs_without_a_picture_are_left_out() -> None:
    batch = Stream(MARKS, StreamConfig(8, max_size=9), seed=0).batch(0)
    check_pairs(MARKS, batch, StreamConfig(8, max_size=9))


@pytest.mark.parametrize(
    ("given_settings", "text"),
    [
        ({"batch_size": 0}, "batch_size is 0, expected 1 or more\n  -> raise it"),
        ({"min_size": 5, "max_size": 4}, "sizes 5..4 are no span\n  -> use 1 <= min_size <= max_size"),
        ({"razor": "shrp"}, "unknown razor 'shrp'\n  -> did you mean 'sharp'?"),
    ],
)
def test_wrong_settings(given_settings: dict[str, int], text: str) -> None:
    with pytest.raises(ConfigError) as error:
        StreamConfig(**given_settings)  # type: ignore[arg-type]
    assert str(error.value) == text


STREAM = Stream(SPLITS, StreamConfig(16, max_size=7), seed=0)


@settings(max_examples=6)
@given(st.integers(0, 10_000))
def test_any_step_at_any_time(step: int) -> None:
    np.testing.assert_array_equal(
        STREAM.batch(step).ids, Stream(SPLITS, StreamConfig(16, max_size=7), seed=0).batch(step).ids
    )
