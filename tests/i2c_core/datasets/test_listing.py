"""Programs that people give: each once, in order, whatever fails, however often the build is killed."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_families import DIALS, FRAMED
from numpy.typing import NDArray

from i2c_core.datasets import build
from i2c_core.datasets.build import BuildConfig, build_dataset
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import read_pairs
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.inputs import Shard
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster import Renderer, Undefined

SPLITS = get_family("splits")
LIST = BuildConfig(max_size=None, shard_size=7)


def draw_faulty(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    for node in program.nodes():
        if node.name == "U":
            raise Undefined
        if node.name == "X":
            raise ValueError("no X today")
    return np.full(size, 255 if program.name == "W" else 0, np.uint8)


FAULTY = Family("faulty", "Image", "h : (Image, Image) -> Image\nB, W, U, X : Image", render=draw_faulty, size=(4, 4))


class Killed(BaseException):
    pass


def codes_of(family: Family, count: int, seed: int = 0, max_size: int = 9) -> list[str]:
    sampler = Sampler(family, max_size)
    rng = np.random.default_rng(seed)
    sizes = sampler.sizes(1, max_size)
    found = []
    for _ in range(count):
        ids, values = sampler.sample(rng, np.array([rng.choice(sizes)]))
        row = [i for i in ids[0].tolist() if i < family.vocabulary.size]
        program = family.from_tokens(row, None if values is None else values[0, : len(row)].tolist())
        found.append(family.show(family.canonical(program)))
    return found


def lines_of(codes: list[str]) -> list[str]:
    return [json.dumps({"code": code}) for code in codes]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def first_of_each_picture(family: Family, codes: list[str]) -> list[str]:
    """The slow truth: of programs with one picture the first."""
    kept: dict[bytes, str] = {}
    with Renderer(family, workers=0) as renderer:
        for code in codes:
            picture = renderer.render_programs([family.parse(code)]).pixels[0]
            kept.setdefault(picture.tobytes(), code)
    return list(kept.values())


@pytest.mark.parametrize("family", [SPLITS, DIALS, FRAMED], ids=lambda f: f.name)
def test_the_first_of_equal_pictures_is_kept_in_the_order_of_the_list(tmp_path: Path, family: Family) -> None:
    codes = codes_of(family, 60)
    manifest = build_dataset(family, tmp_path / "auto", LIST, given=lines_of(codes))
    wanted = first_of_each_picture(family, codes)
    assert read_pairs(tmp_path / "auto", family).codes == wanted
    assert manifest["counts"]["given"] == 60
    assert manifest["counts"]["twins"] == 60 - len(wanted)
    assert [file["rows"] for file in manifest["shards"][:-1]] == [7] * (len(wanted) // 7 - (len(wanted) % 7 == 0))
    every = BuildConfig(max_size=None, razor="none")
    build_dataset(family, tmp_path / "none", every, given=lines_of(codes))
    assert read_pairs(tmp_path / "none", family).codes == list(dict.fromkeys(codes))
    with Renderer(family, workers=0) as renderer:
        drawn = renderer.render_programs([family.parse(code) for code in wanted]).pixels
    assert (read_pairs(tmp_path / "auto", family).pixels() == drawn).all()


def test_a_build_of_a_list_that_is_killed_anywhere_ends_at_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = lines_of(codes_of(SPLITS, 40))
    for place in (3, 17, 18, 30):
        lines.insert(place, '{"code": "h B"}')
    random.Random(0).shuffle(lines)
    manifest = build_dataset(SPLITS, tmp_path / "whole", LIST, given=lines)
    assert manifest["counts"]["failed"] == 4
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
            build_dataset(SPLITS, out, LIST, given=lines)
        monkeypatch.setattr(build, "write_atomically", write)
        assert build_dataset(SPLITS, out, LIST, given=lines, resume=True) == manifest
        assert files_of(out) == whole


def test_a_list_that_grew_or_was_mended_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("h B")
    lines = [str(tmp_path / "a.txt"), '{"code": "h B W"}', '{"code": "v B W"}']
    told: list[dict[str, Any]] = []
    manifest = build_dataset(SPLITS, tmp_path / "out", LIST, given=lines, tell=told.append)
    assert (manifest["images"], manifest["counts"]["failed"]) == (2, 1)
    (tmp_path / "a.txt").write_text("B")
    more: list[dict[str, Any]] = []
    lines.insert(0, '{"code": "W"}')
    manifest = build_dataset(SPLITS, tmp_path / "out", LIST, given=lines, resume=True, tell=more.append)
    assert (manifest["images"], manifest["counts"]["failed"], manifest["counts"]["twins"]) == (4, 0, 0)
    assert read_pairs(tmp_path / "out", SPLITS).codes == ["h B W", "v B W", "W", "B"]
    assert [record["code"] for record in more] == ["W", "B"]  # what is there already is not told again
    before = files_of(tmp_path / "out")
    assert build_dataset(SPLITS, tmp_path / "out", LIST, given=lines, resume=True) == manifest
    assert files_of(tmp_path / "out") == before


def test_entries_are_files_of_any_format_and_objects_and_failures_are_told_in_order(tmp_path: Path) -> None:
    program = SPLITS.parse("h B W")
    (tmp_path / "ä b.json").write_text(next(f for f in SPLITS.all_formats if f.name == "json").dumps(SPLITS, program))
    (tmp_path / "crlf.txt").write_bytes(b"\xef\xbb\xbfv B\r\nW\r\n")
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    lines = [
        str(tmp_path / "ä b.json"),
        str(tmp_path / "none.txt"),
        str(tmp_path / "crlf.txt"),
        str(tmp_path / "latin.txt"),
        str(tmp_path),
        '{"file": "mine", "tokens": ["h", "W", "B"]}',
        '{"code": 3}',
        "{",
        '{"code": "h h B W h B W"}',
        "x.png",
    ]
    reason = "Permission denied" if os.name == "nt" else "Is a directory"
    told: list[dict[str, Any]] = []
    config = BuildConfig(max_size=5, shard_size=7)
    manifest = build_dataset(SPLITS, tmp_path / "out", config, given=lines, tell=told.append)
    errors = [(Path(r["source"]).name, r["error"], r["hint"]) for r in told if "error" in r]
    assert errors == [
        ("none.txt", "there is no such file", "check the path"),
        ("latin.txt", "it is no UTF-8 text: byte 1", "save it as UTF-8"),
        (tmp_path.name, f"it cannot be read: {reason}", "check the file and its permissions"),
        ("entry 7", "this has neither code nor tokens: code", 'name a file, or write {"code": "..."}'),
        ("entry 8", "this is no JSON: line 1, column 2: Expecting property name enclosed in double quotes",
         'name a file, or write {"code": "..."}'),
        ("entry 9", "it has 7 tokens, at most 5 are wanted", "raise --max-size, or leave it out"),
        ("x.png", "there is no such file", "check the path"),
    ]  # fmt: skip
    pairs = [(Path(r["source"]).name, r["file"], r["row"], r["code"]) for r in told if "error" not in r]
    assert pairs == [
        ("ä b.json", "data/pairs-00000.parquet", 0, "h B W"),
        ("crlf.txt", "data/pairs-00000.parquet", 1, "v B W"),
        ("mine", "data/pairs-00000.parquet", 2, "h W B"),
    ]
    assert {len(r["sha256"]) for r in told if "error" not in r} == {64}
    assert manifest["counts"]["failed"] == 7


def test_parts_of_a_list_share_out_its_pictures(tmp_path: Path) -> None:
    lines = lines_of(codes_of(SPLITS, 200))
    found = {}
    for part in ("all", "train", "held-out"):
        manifest = build_dataset(SPLITS, tmp_path / part, BuildConfig(None, part=part), given=lines)
        found[part] = read_pairs(tmp_path / part, SPLITS)
        assert manifest["counts"]["given"] == 200
    assert held_out(found["held-out"].pixels()).all()
    assert not held_out(found["train"].pixels()).any()
    assert sorted(found["train"].codes + found["held-out"].codes) == sorted(found["all"].codes)


def test_shares_of_a_list_make_one_dataset(tmp_path: Path) -> None:
    codes = codes_of(SPLITS, 100)
    config = BuildConfig(None, razor="none", shard_size=10)
    for index in (3, 1, 2):
        build_dataset(SPLITS, tmp_path, config, given=lines_of(codes), shard=Shard(index, 3))
    pairs = read_pairs(tmp_path, SPLITS)
    assert set(pairs.codes) == set(codes)
    for index in (1, 2, 3):
        own = list(dict.fromkeys(codes[index - 1 :: 3]))
        names = sorted(tmp_path.glob(f"data/pairs-{index}-of-3-*.parquet"))
        assert [code for name in names for code in read_pairs(name, SPLITS).codes] == own
    assert len(np.unique(pixel_keys(pairs.pixels()))) == len(first_of_each_picture(SPLITS, codes))


def test_one_program_whose_renderer_fails_stops_no_other(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    manifest = build_dataset(
        FAULTY, tmp_path, BuildConfig(None), given=lines_of(["h(B, W)", "h(U, W)", "X", "W"]), tell=told.append
    )
    assert manifest["images"] == 2
    assert [(r["source"], r["error"], r["hint"]) for r in told if "error" in r] == [
        ("entry 2", "h(U, W) has no picture", "its renderer says that it is undefined"),
        ("entry 3", "renderer of faulty raised ValueError: no X today on X",
         "mend the renderer, or raise i2c_core.raster.Undefined where a program has no picture"),
    ]  # fmt: skip


def test_what_does_not_go_with_a_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        build_dataset(SPLITS, tmp_path, BuildConfig(None, razor="sharp"), given=[])
    assert str(error.value) == (
        "the razor 'sharp' sieves a language, not a list of programs\n"
        "  -> use auto, which keeps the first of equal pictures, or none"
    )
    with pytest.raises(ConfigError) as error:
        build_dataset(SPLITS, tmp_path, BuildConfig(None, count=1000), given=[])
    assert str(error.value) == "1,000 images of a list were asked for\n  -> leave the count out, and cut the list"
    with pytest.raises(ConfigError) as error:
        build_dataset(SPLITS, tmp_path, BuildConfig(None))
    assert str(error.value) == "how large programs of splits may be is not said\n  -> give max_size"
    with pytest.raises(DataError) as empty:
        build_dataset(SPLITS, tmp_path, BuildConfig(None), given=[])
    assert str(empty.value) == 'the list names no program\n  -> name a file, or write {"code": "..."}'
