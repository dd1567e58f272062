"""Pseudo pairs in batches: chance of their own, the other places untouched, widths that never change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from i2c_core import get_family
from i2c_core.config import resolve_config
from i2c_core.datasets.batches import Batch, StreamConfig
from i2c_core.datasets.pairs import write_pairs
from i2c_core.datasets.pseudo import PSEUDO_FILE, PseudoPairs, read_pseudo_pairs
from i2c_core.datasets.stream import Stream
from i2c_core.errors import DataError

PAD = 9


def batch(rows: int, tokens: int, value: int, numbers: bool = False) -> Batch:
    """Pairs that are all alike: tokens and pixels of one value."""
    values = np.full((rows, tokens), float(value)) if numbers else None
    return Batch(np.full((rows, tokens), value), values, np.full((rows, 1, 8, 8), value, np.uint8))


def pseudo(share: float, tokens: int = 3, seed: int = 0, numbers: bool = False) -> PseudoPairs:
    """Five pairs of value 2."""
    return PseudoPairs(batch(5, tokens, 2, numbers), PAD, share, seed)


def test_which_places_are_taken_is_a_function_of_seed_and_step() -> None:
    taken, which = pseudo(0.5).places(7, 64)
    assert (taken.tolist(), which.tolist()) == tuple(part.tolist() for part in pseudo(0.5).places(7, 64))
    assert taken.tolist() != pseudo(0.5).places(8, 64)[0].tolist()
    assert taken.tolist() != pseudo(0.5, seed=1).places(7, 64)[0].tolist()
    assert (np.diff(taken) > 0).all()
    assert set(which.tolist()) <= set(range(5))


def test_the_share_is_kept_in_the_mean() -> None:
    counts = [len(pseudo(0.25).places(step, 64)[0]) for step in range(200)]
    assert 15 < np.mean(counts) < 17
    assert len(pseudo(0.0).places(0, 64)[0]) == 0
    assert len(pseudo(1.0).places(0, 64)[0]) == 64


@pytest.mark.parametrize("tokens", [2, 6])
def test_places_that_are_not_taken_are_as_they_were(tokens: int) -> None:
    own, mixing = batch(64, 4, 1, numbers=True), pseudo(0.5, tokens, numbers=True)
    mixed = mixing.into(own, 3)
    taken, _ = mixing.places(3, 64)
    left = np.setdiff1d(np.arange(64), taken)
    width = max(4, tokens)
    assert mixed.ids.shape == (64, width)
    assert mixed.values is not None
    assert mixed.values.shape == (64, width)
    for rows, value, written in ((left, 1, 4), (taken, 2, tokens)):
        assert (mixed.pixels[rows] == value).all()
        assert (mixed.ids[rows, :written] == value).all()
        assert (mixed.ids[rows, written:] == PAD).all()
        assert (mixed.values[rows, :written] == value).all()
        assert np.isnan(mixed.values[rows, written:]).all()
    assert (own.ids == 1).all()  # the batch itself is left alone
    assert (own.pixels == 1).all()


def test_a_stream_mixes_them_in_and_is_else_what_it_would_have_been() -> None:
    family = get_family("splits")
    config = StreamConfig(batch_size=16, max_size=3)
    white = family.vocabulary.pack([family.to_tokens(family.parse("W"))])[0]
    grey = Batch(white, None, np.full((1, 1, *family.size), 128, np.uint8))
    mixing = PseudoPairs(grey, family.vocabulary.pad, 0.5, 0)
    with Stream(family, config, 0) as plain, Stream(family, config, 0, pseudo=mixing) as mixed:
        for step in (0, 5):
            one, other = plain.batch(step), mixed.batch(step)
            taken, _ = mixing.places(step, 16)
            assert 0 < len(taken) < 16
            assert (other.pixels[taken] == 128).all()
            left = np.setdiff1d(np.arange(16), taken)
            assert (one.pixels[left] == other.pixels[left]).all()
            assert (one.ids[left] == other.ids[left, : one.ids.shape[1]]).all()


def test_they_are_read_from_the_run_that_learns_from_them(tmp_path: Path) -> None:
    family = get_family("splits")
    assert read_pseudo_pairs(tmp_path, family, resolve_config()) is None
    asked = resolve_config(options=["data.images=scans", "data.images_share=0.75", "run.seed=3"])
    with pytest.raises(DataError) as caught:
        read_pseudo_pairs(tmp_path, family, asked)
    assert (caught.value.fact, caught.value.hint) == (
        f"{tmp_path} has no {PSEUDO_FILE}, from which it learns",
        "begin a new run with --images",
    )
    ids = family.vocabulary.pack([family.to_tokens(family.parse("h B W"))])[0]
    pixels = np.full((1, 1, *family.size), 77, np.uint8)
    write_pairs(tmp_path / PSEUDO_FILE, family, ids, pixels)
    found = read_pseudo_pairs(tmp_path, family, asked)
    assert found is not None
    assert (found.share, found.seed, found.pad) == (0.75, 3, family.vocabulary.pad)
    assert (found.pairs.ids == ids).all()
    assert (found.pairs.pixels == pixels).all()
