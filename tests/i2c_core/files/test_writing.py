"""Files are whole or not there, whoever else writes them, and nothing is left beside them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from stores import ObjectStore, bucket

from i2c_core.files import DiskError, locate, make_folder, parts, write_atomically
from i2c_core.files.parts import ABANDONED

__all__ = ["bucket"]

WRITER = """
import sys
from pathlib import Path
from i2c_core.files import write_atomically
path, letter = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for length in range(1, 40):
    write_atomically(path, (letter * 50_000 + "\\n") * length, lasting=False)
"""


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "file.txt"
    write_atomically(path, "first\n")
    write_atomically(path, b"second\n")
    assert path.read_bytes() == b"second\n"
    assert names(path.parent) == ["file.txt"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")

    def full(descriptor: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError) as caught:
        write_atomically(path, b"x" * 1_500_000)
    assert str(caught.value) == (f"cannot write {path} (1.5 MB): No space left on device\n  -> free some space")
    assert names(tmp_path) == ["file.bin"]
    assert path.read_bytes() == b"old"


def test_an_interruption_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")

    def interrupted(descriptor: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert (names(tmp_path), path.read_bytes()) == (["file.bin"], b"old")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(DiskError) as caught:
        write_atomically(tmp_path / "taken" / "file", "x")
    taken = tmp_path / "taken"
    assert str(caught.value) == f"cannot write {taken / 'file'}: {taken} is no folder\n  -> choose another folder"


def test_processes_that_write_one_file_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), letter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for letter in "abc"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = 0
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            lines = path.read_text().splitlines()
            assert {len(line) for line in lines} == {50_000}
            assert len(set(lines)) == 1  # of one writer
            seen += 1
    assert [writer.communicate()[1] for writer in writers] == [None] * 3
    assert [writer.returncode for writer in writers] == [0] * 3
    assert seen > 3
    assert len(path.read_text().splitlines()) == 39
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be asked for here: what it left goes after a day")
def test_what_a_killed_writer_left_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    stuck = "import os, time; os.fsync = lambda file: (print('here', flush=True), time.sleep(60))\n" + WRITER.replace(
        ", lasting=False", ""
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", stuck, str(path), "a"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()
    assert [writer.stdout.readline() for _ in range(2)] == ["ready\n", "here\n"]
    write_atomically(path, "ours")
    assert len(names(tmp_path)) == 2  # the part of one that lives is left alone
    writer.kill()
    writer.communicate()
    assert len(names(tmp_path)) == 2
    parts._swept.clear()  # as a new process begins
    write_atomically(path, "ours again")
    assert names(tmp_path) == ["file.txt"]


def test_a_part_of_another_machine_goes_after_a_day(tmp_path: Path) -> None:
    young, old = (tmp_path / f".i2c-0123abcd-{number}-{number:016x}.part" for number in (1, 2))
    young.touch()
    old.touch()
    os.utime(old, (time.time() - ABANDONED - 60,) * 2)
    (tmp_path / ".i2c-notes.part").touch()  # somebody's own
    write_atomically(tmp_path / "file", "x")
    assert names(tmp_path) == sorted([".i2c-notes.part", young.name, "file"])


def test_others_may_read_what_the_mask_of_new_files_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "file", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == (0o644 if os.name == "posix" else 0o666)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_and_a_device_are_written_to_and_stay_what_they_are(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, "through it")
        assert os.read(reader, 100) == b"through it"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    write_atomically(Path(os.devnull), "gone")
    assert Path(os.devnull).is_char_device()


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be taken away here")
def test_a_part_that_vanishes_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync, calls = os.fsync, []

    def and_gone(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            shutil.rmtree(tmp_path / "folder")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", and_gone)
    write_atomically(tmp_path / "folder" / "file", "x")
    assert ((tmp_path / "folder" / "file").read_text(), names(tmp_path / "folder")) == ("x", ["file"])


def refusing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[float]:
    """Windows, where another process has the file open for a while; the pauses are noted."""
    replace, pauses, left = os.replace, [], [times]

    def refused(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(errno.EACCES, "Access is denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refused)
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def test_a_file_that_is_open_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = refusing(monkeypatch, 3)
    write_atomically(tmp_path / "file", "x")
    assert (len(pauses), (tmp_path / "file").read_text(), names(tmp_path)) == (3, "x", ["file"])


def test_a_file_that_stays_open_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    pauses = refusing(monkeypatch, 1_000)
    with pytest.raises(DiskError) as caught:
        write_atomically(path, "x")
    hint = "check the folder and its permissions"
    if os.name == "nt":
        hint = "close the program that has it open, or check the folder's permissions"
    assert str(caught.value) == f"cannot write {path}: Access is denied\n  -> {hint}"
    assert sum(pauses) < 2
    assert (names(tmp_path), path.read_text()) == (["file"], "old")


def test_a_share_that_cannot_flush_folders_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, calls = os.fsync, []

    def of_a_share(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_a_share)
    write_atomically(tmp_path / "file", "x")
    assert (tmp_path / "file").read_text() == "x"


def test_a_store_takes_a_file_at_once(bucket: type[ObjectStore]) -> None:
    folder = locate("s3://one/run")
    make_folder(folder)
    assert not bucket.objects
    write_atomically(folder / "deeper" / "file.txt", "first\n")
    write_atomically(folder / "deeper" / "file.txt", "second\n")
    assert (folder / "deeper" / "file.txt").read_bytes() == b"second\n"
    assert len(bucket.objects) == 1


def test_a_store_that_fails_is_told_in_a_line(bucket: type[ObjectStore]) -> None:
    path = locate("s3://one/run/file")
    bucket.down = True
    with pytest.raises(DiskError) as caught:
        write_atomically(path, "x")
    fact = "cannot write s3://one/run/file: no credentials were found"
    assert str(caught.value) == f"{fact}\n  -> check the address, the network, and whether you may use it"
