"""The cache of pictures on disk: found again, told apart, bounded, and never a reason to fail."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from i2c_core import Family, Program
from i2c_core.raster import Renderer, Undefined
from i2c_core.raster.cache import PictureCache

CALLS: list[str] = []


def draw(program: Program, size: tuple[int, int]) -> np.ndarray:
    CALLS.append(program.name)
    if program.name == "none":
        raise Undefined
    return np.full(size, int(program.args[0].value or 0) if program.args else 10, np.uint8)


def shades(**more: Any) -> Family:
    table = "one, none : Shade\nof : (Level) -> Shade\nLevel = 0.0..100.0 in 2 bins"
    return Family("shades", root="Shade", signature=table, **{"render": draw, "size": (2, 3), "any_size": True, **more})


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def drawn(family: Family, folder: Path, *names: str, size: tuple[int, int] = (2, 3)) -> list[str]:
    """What was drawn afresh to show the programs."""
    CALLS.clear()
    programs = [family.program(n) for n in names]
    pictures = Renderer(family, cache=folder).render_programs(programs, size)
    assert pictures.defined.tolist() == [n != "none" for n in names]
    assert (pictures.pixels[pictures.defined] == 10).all()
    return sorted(CALLS)


def test_what_was_drawn_is_found_again(tmp_path: Path) -> None:
    assert drawn(shades(), tmp_path, "one", "none") == ["none", "one"]
    assert drawn(shades(), tmp_path, "one", "none") == []
    assert drawn(shades(), tmp_path, "one", size=(3, 2)) == ["one"]
    assert drawn(shades(semantics=2), tmp_path, "one") == ["one"]
    assert len(files(tmp_path)) == 4


def test_an_edited_renderer_draws_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(shades(), tmp_path, "one")
    monkeypatch.setattr("i2c_core.raster.cache._source", lambda family: "edited")
    assert drawn(shades(), tmp_path, "one") == ["one"]


def test_values_count(tmp_path: Path) -> None:
    renderer = Renderer(shades(), cache=tmp_path)
    ids = np.array([renderer.family.vocabulary.names_to_ids(["of", "Level:0"])])
    for value in (3.0, 7.0, 3.0):
        assert (renderer.render(ids, np.array([[np.nan, value]])).pixels == value).all()
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("content", [b"", b"p\n\n\n", b"u", b"x123456"])
def test_a_cut_off_file_is_drawn_again(tmp_path: Path, content: bytes) -> None:
    drawn(shades(), tmp_path, "one")
    files(tmp_path)[0].write_bytes(content)
    assert drawn(shades(), tmp_path, "one") == ["one"]
    assert drawn(shades(), tmp_path, "one") == []


def test_the_oldest_go_first(tmp_path: Path) -> None:
    family = shades()
    cache = PictureCache(tmp_path, family, most_bytes=10 * 7)
    programs = [family.to_tokens(family.program("of", family.program("Level:0", value=float(v)))) for v in range(11)]
    for age, program in enumerate(programs):
        cache.put(program, (2, 3), np.full((1, 2, 3), age, np.uint8))
        newest = max(files(tmp_path), key=lambda p: p.stat().st_mtime_ns)
        os.utime(newest, ns=(age, age))
    known = [cache.get(p, (2, 3))[0] for p in programs]
    assert known == [False] * 2 + [True] * 9


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_full_or_read_only_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("i2c_core.files.writing.replace_file", fails)
    assert drawn(shades(), tmp_path, "one") == ["one"]
    assert not files(tmp_path)


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert drawn(shades(), tmp_path / "cache", "one") == ["one"]
        shutil.rmtree(tmp_path / "cache")


def test_a_folder_that_cannot_be_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert drawn(shades(), tmp_path / "file" / "cache", "one") == ["one"]
    assert drawn(shades(), tmp_path / "file" / "cache", "one") == ["one"]
