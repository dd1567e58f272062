"""Automata on disk: equal to those that are made, found again, and never a reason to fail."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from i2c_core.automata import Automaton, Registers, cache, compile_vocabulary, compiled
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

TABLE = "box : (a: C, b: C > a) -> Box\nlist : (all: List[Box, 0..9, <]) -> Boxes\nC = 0..1023"


def boxes(table: str = TABLE) -> Vocabulary:
    return Vocabulary(Signature.parse(table), parse_type("Boxes"))


def same(one: Automaton, other: Automaton) -> bool:
    pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(Automaton) if f.name != "registers"]
    if one.registers is not None and other.registers is not None:
        pairs += [(getattr(one.registers, f.name), getattr(other.registers, f.name)) for f in fields(Registers)]
    arrays = all(np.array_equal(a, b) and getattr(a, "dtype", 0) == getattr(b, "dtype", 0) for a, b in pairs)
    return arrays and (one.registers is None) == (other.registers is None)


@pytest.mark.parametrize("fold", [0, 20_000])
def test_what_is_kept_is_what_was_made(tmp_path: Path, fold: int) -> None:
    tried = boxes(TABLE.replace("1023", "3"))
    made = compile_vocabulary(tried, fold)
    cache.save(tmp_path, "name", made)
    found = cache.load(tmp_path, "name")
    assert found is not None
    assert same(found, made)


def test_a_language_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled(boxes(), folder=tmp_path)

    def never(vocabulary: Vocabulary, fold: int) -> Automaton:
        raise AssertionError("compiled again")

    monkeypatch.setattr(cache, "compile_vocabulary", never)
    assert same(compiled(boxes(), folder=tmp_path), first)
    with pytest.raises(AssertionError, match="compiled again"):
        compiled(boxes(TABLE.replace("1023", "1022")), folder=tmp_path)
    with pytest.raises(AssertionError, match="compiled again"):
        compiled(boxes(), fold=0, folder=tmp_path)


def test_loading_is_fast(tmp_path: Path) -> None:
    compiled(boxes(), folder=tmp_path)
    name, times = cache.key(boxes()), []
    for _ in range(5):
        start = time.perf_counter()
        assert cache.load(tmp_path, name) is not None
        times.append(time.perf_counter() - start)
    assert min(times) < 0.020


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "another file", "another array"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    first = compiled(boxes(), folder=tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 3] ^= 255
    path.write_bytes(b"" if damage == "empty" else b"text" if damage == "another file" else bytes(content))
    if damage == "another array":
        with path.open("wb") as file:
            np.savez(file, production=np.zeros(3))
    assert cache.load(tmp_path, path.stem) is None
    assert same(compiled(boxes(), folder=tmp_path), first)
    assert cache.load(tmp_path, path.stem) is not None


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    with (tmp_path / "name.npz").open("wb") as file:
        np.savez(file, tokens=np.array([{"a": 1}], object))
    assert cache.load(tmp_path, "name") is None


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert compiled(boxes(), folder=blocked).types[0] == "Boxes"
    assert compiled(boxes(), folder=blocked / "below").types[0] == "Boxes"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_full_or_read_only_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("i2c_core.files.writing.replace_file", fails)
    assert compiled(boxes(), folder=tmp_path).types[0] == "Boxes"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "deeper" / "cache"
    for _ in range(2):
        compiled(boxes(), folder=folder)
        assert len(list(folder.iterdir())) == 1
        shutil.rmtree(tmp_path / "deeper")


PROCESS = """
import sys
from pathlib import Path
from i2c_core.automata import cache, compiled
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

folder, table = Path(sys.argv[1]), sys.argv[2]
tried = Vocabulary(Signature.parse(table), parse_type("Boxes"))
for _ in range(15):
    assert compiled(tried, folder=folder).types[0] == "Boxes"
    (folder / f"{cache.key(tried)}.npz").unlink(missing_ok=True)
compiled(tried, folder=folder)
"""


def test_processes_may_write_and_drop_the_same_file(tmp_path: Path) -> None:
    words = [sys.executable, "-W", "error", "-c", PROCESS, str(tmp_path), TABLE.replace("1023", "3")]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(p.communicate()[1], p.returncode) for p in both] == [("", 0), ("", 0)]
    assert all(p.suffix == ".npz" for p in tmp_path.iterdir())


def test_several_may_write_at_once(tmp_path: Path) -> None:
    made = compile_vocabulary(boxes())
    threads = [threading.Thread(target=cache.save, args=(tmp_path, "name", made)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = cache.load(tmp_path, "name")
    assert found is not None
    assert same(found, made)
    assert [p.name for p in tmp_path.iterdir()] == ["name.npz"]


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_FILES", 2)
    made = compile_vocabulary(boxes(TABLE.replace("1023", "3")))
    for age, name in enumerate("abc"):
        cache.save(tmp_path, name, made)
        os.utime(tmp_path / f"{name}.npz", (1e9 + age, 1e9 + age))
    cache.save(tmp_path, "d", made)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.npz", "d.npz"]


def test_a_language_without_rules_is_never_kept(tmp_path: Path) -> None:
    tried = Vocabulary(Signature.parse("h : (Image, Image) -> Image\nB, W : Image"), parse_type("Image"))
    compiled(tried, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_where_automata_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("I2C_CACHE", str(tmp_path))
    assert cache.default_folder() == tmp_path / "automata"
    monkeypatch.setenv("I2C_CACHE", "")
    assert cache.default_folder() is None
    assert compiled(boxes(TABLE.replace("1023", "3"))).types[0] == "Boxes"
    monkeypatch.setenv("I2C_CACHE", "s3://bucket/cache")
    assert cache.default_folder() is None
    monkeypatch.delenv("I2C_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default_folder() == tmp_path / "i2c" / "automata"
