"""A build is decided by its settings, goes on after a kill, ends at the same bytes, and proves that it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dataset_families import DIALS, SWAPPED

from i2c_core.datasets import build
from i2c_core.datasets.build import BuildConfig, build_dataset, dataset_info
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import read_pairs
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.inputs import Shard
from i2c_core.plugins import get_family

SPLITS = get_family("splits")


class Killed(BaseException):
    pass


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("family", "config"),
    [
        (SPLITS, BuildConfig(max_size=7, shard_size=100)),
        (SPLITS, BuildConfig(max_size=7, count=50, shard_size=30, razor="rough", hash_size=32, seed=3)),
        (SPLITS, BuildConfig(max_size=9, count=90, shard_size=30, razor="none", part="train")),
        (DIALS, BuildConfig(max_size=9, count=40, shard_size=16)),
    ],
    ids=["sharp", "rough", "none", "values"],
)
def test_a_killed_build_ends_at_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: Family, config: BuildConfig
) -> None:
    manifest = build_dataset(family, tmp_path / "whole", config)
    whole = files_of(tmp_path / "whole")
    write = build.write_atomically
    for allowed in range(2 * len(manifest["shards"]) + 2):
        left = allowed

        def stop(path: Path, data: bytes | str) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            write(path, data)

        out = tmp_path / f"killed-{allowed}"
        monkeypatch.setattr(build, "write_atomically", stop)
        with pytest.raises(Killed):
            build_dataset(family, out, config)
        monkeypatch.setattr(build, "write_atomically", write)
        if allowed:
            begun = dataset_info(out)
            assert begun["images"] == sum(file["rows"] for file in begun["shards"])
        assert build_dataset(family, out, config, resume=True) == manifest
        assert files_of(out) == whole
    assert dataset_info(tmp_path / "whole") == manifest


def test_what_a_build_holds(tmp_path: Path) -> None:
    manifest = build_dataset(SPLITS, tmp_path, BuildConfig(max_size=7, shard_size=100))
    assert manifest["counts"] == {
        "programs": {"1": 2, "3": 8, "5": 80, "7": 1024},
        "kept": {"1": 2, "3": 4, "5": 26, "7": 232},
        "written": {"1": 2, "3": 4, "5": 26, "7": 232},
    }
    assert [s["rows"] for s in manifest["shards"]] == [100, 100, 64]
    assert manifest["images"] == 264
    assert manifest["config"]["seed"] == 0
    assert manifest["versions"]["numpy"] == np.__version__
    pairs = read_pairs(tmp_path, SPLITS)
    assert len(pairs) == 264
    assert len(np.unique(pixel_keys(pairs.pixels()))) == 264


def test_parts_share_out_all_images(tmp_path: Path) -> None:
    found = {}
    for part in ("all", "train", "held-out"):
        build_dataset(SPLITS, tmp_path / part, BuildConfig(max_size=7, part=part))
        found[part] = read_pairs(tmp_path / part, SPLITS)
    assert held_out(found["held-out"].pixels()).all()
    assert not held_out(found["train"].pixels()).any()
    assert sorted(found["train"].codes + found["held-out"].codes) == sorted(found["all"].codes)


def test_drawn_pairs_are_all_different_and_end_with_the_language(tmp_path: Path) -> None:
    manifest = build_dataset(SWAPPED, tmp_path, BuildConfig(max_size=3, count=100, shard_size=2))
    assert manifest["razor"] == "none"
    assert manifest["images"] == 5
    assert len(np.unique(pixel_keys(read_pairs(tmp_path, SWAPPED).pixels()))) == 5


@pytest.mark.parametrize(
    "config",
    [
        BuildConfig(max_size=7, shard_size=30),
        BuildConfig(max_size=7, count=70, shard_size=30, part="train"),
        BuildConfig(max_size=5, razor="rough", hash_size=32),
    ],
    ids=["sharp", "some", "rough"],
)
def test_shares_of_a_table_are_disjoint_and_make_the_whole(tmp_path: Path, config: BuildConfig) -> None:
    build_dataset(SPLITS, tmp_path / "whole", config)
    whole = read_pairs(tmp_path / "whole", SPLITS)
    manifests = [build_dataset(SPLITS, tmp_path / "out", config, shard=Shard(index, 3)) for index in (1, 2, 3)]
    pairs = read_pairs(tmp_path / "out", SPLITS)
    assert sorted(pairs.codes) == sorted(whole.codes)
    assert len(set(pairs.files)) == len(pairs)  # answers go by these names
    for index, manifest in enumerate(manifests):
        own = [code for f in manifest["shards"] for code in read_pairs(tmp_path / "out" / f["file"], SPLITS).codes]
        assert own == whole.codes[index::3]
    info = dataset_info(tmp_path / "out")
    assert info["complete"]
    assert info["images"] == len(whole)
    assert info["share"] == {"1/3": "complete", "2/3": "complete", "3/3": "complete"}
    assert info["counts"]["written"] == dataset_info(tmp_path / "whole")["counts"]["written"]


def test_shares_that_are_drawn_have_each_their_part_and_repeat(tmp_path: Path) -> None:
    config = BuildConfig(max_size=9, count=100, shard_size=20, razor="none")
    for out in ("a", "b"):
        for index in (2, 1, 3):
            build_dataset(SPLITS, tmp_path / out, config, shard=Shard(index, 3))
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    found = [
        [code for f in sorted(tmp_path.glob(f"a/data/pairs-{i}-of-3-*")) for code in read_pairs(f, SPLITS).codes]
        for i in (1, 2, 3)
    ]
    assert [len(set(codes)) for codes in found] == [34, 33, 33]
    assert len(set(found[0]) & set(found[1])) < 20  # small programs, mostly: there are few of them
    pixels = read_pairs(tmp_path / "a" / "data" / "pairs-1-of-3-00000.parquet", SPLITS).pixels()
    assert len(np.unique(pixel_keys(pixels))) == 20


def test_shares_of_other_settings_or_another_number_are_refused(tmp_path: Path) -> None:
    config = BuildConfig(max_size=3)
    build_dataset(SPLITS, tmp_path, config, shard=Shard(2, 12))
    with pytest.raises(DataError) as error:
        build_dataset(SPLITS, tmp_path, config, shard=Shard(2, 12))
    assert str(error.value) == (
        f"{tmp_path} holds share 2 of a dataset already\n  -> go on with --resume, or choose another folder"
    )
    for other in (Shard(), Shard(1, 3)):
        with pytest.raises(DataError) as error:
            build_dataset(SPLITS, tmp_path, config, shard=other)
        assert str(error.value) == (
            f"{tmp_path} holds a dataset of another division into shares: manifest-02-of-12.json\n"
            "  -> choose another folder, or the same number of shares"
        )
    with pytest.raises(DataError) as error:
        build_dataset(SPLITS, tmp_path, BuildConfig(max_size=5), shard=Shard(3, 12))
    assert str(error.value).startswith(f"{tmp_path} holds shares of a dataset of config {{")
    assert str(error.value).endswith("\n  -> use the same settings for all shares")
    assert dataset_info(tmp_path)["complete"] is False
    assert set(dataset_info(tmp_path)["share"].values()) == {"complete", "not begun"}


def test_a_share_without_anything_is_no_error(tmp_path: Path) -> None:
    for index in range(1, 10):
        build_dataset(SPLITS, tmp_path, BuildConfig(max_size=3), shard=Shard(index, 9))
    assert dataset_info(tmp_path)["complete"]
    assert len(read_pairs(tmp_path, SPLITS)) == 6


def test_a_changed_or_missing_shard_is_told_and_mended(tmp_path: Path) -> None:
    config = BuildConfig(max_size=7, shard_size=100)
    build_dataset(SPLITS, tmp_path, config)
    whole = files_of(tmp_path)
    shard = tmp_path / "data" / "pairs-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(DataError) as error:
        dataset_info(tmp_path)
    assert str(error.value).startswith(f"{shard} has sha256 ")
    assert str(error.value).endswith("\n  -> build the dataset again with --resume")
    shard.unlink()
    with pytest.raises(DataError) as error:
        dataset_info(tmp_path)
    assert str(error.value) == f"{shard} is missing\n  -> build the dataset again with --resume"
    build_dataset(SPLITS, tmp_path, config, resume=True)
    assert files_of(tmp_path) == whole


def test_errors(tmp_path: Path) -> None:
    build_dataset(SPLITS, tmp_path / "a", BuildConfig(max_size=3))
    with pytest.raises(DataError) as error:
        build_dataset(SPLITS, tmp_path / "a", BuildConfig(max_size=3))
    assert str(error.value) == (
        f"{tmp_path / 'a'} holds a dataset already\n  -> go on with --resume, or choose another folder"
    )
    with pytest.raises(DataError) as error:
        build_dataset(DIALS, tmp_path / "a", BuildConfig(max_size=3), resume=True)
    assert str(error.value) == (
        f'{tmp_path / "a"} holds a dataset of family "splits", got "dials"\n'
        "  -> choose another folder, or use the same settings"
    )
    with pytest.raises(ConfigError) as config_error:
        build_dataset(DIALS, tmp_path / "b", BuildConfig(max_size=3))
    assert str(config_error.value) == (
        "how many pairs of dials to draw is not said\n  -> give a count, or razor 'sharp'"
    )
    with pytest.raises(ConfigError) as config_error:
        BuildConfig(max_size=3, part="traning")
    assert str(config_error.value) == "unknown part 'traning'\n  -> did you mean 'train'?"
    with pytest.raises(ConfigError) as config_error:
        BuildConfig(max_size=0)
    assert str(config_error.value) == "max_size is 0, expected 1 or more\n  -> raise it"
    with pytest.raises(DataError) as error:
        dataset_info(tmp_path)
    assert str(error.value) == (
        f"no dataset at {tmp_path}: manifest.json is missing\n  -> give a folder that 'i2c dataset build' wrote"
    )
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 99, "shards": []}))
    with pytest.raises(DataError) as error:
        dataset_info(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'manifest.json'} is no manifest of schema 1\n  -> build the dataset again in an empty folder"
    )
