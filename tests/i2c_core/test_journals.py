"""Journals: whole lines whatever ends the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import DataError
from i2c_core.files import DiskError
from i2c_core.journals import Journal, line_of

WRITER = """
import sys
from pathlib import Path
from i2c_core.journals import Journal
with Journal(Path(sys.argv[1]), resume=True) as journal:
    n = sum(1 for _ in journal.records())
    while True:
        journal.append([{"n": n, "more": "x" * (n % 5000)}])
        n += 1
"""


@given(st.integers(0, 200))
def test_whatever_is_cut_off_whole_lines_stay(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    lines = [line_of({"n": n, "text": "ä\n" * n}) for n in range(6)]
    path.write_bytes(b"".join(lines)[:size])
    whole = [n for n in range(6) if len(b"".join(lines[: n + 1])) <= size]
    with Journal(path, resume=True) as journal:
        assert [record["n"] for record in journal.records()] == whole
        journal.append([{"n": 7}])
        assert [record["n"] for record in journal.records()] == [*whole, 7]


def test_a_torn_line_longer_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"n": 0}\n' + b"x" * 200_000)
    with Journal(path, resume=True) as journal:
        assert list(journal.records()) == [{"n": 0}]
    path.write_bytes(b"x" * 200_000)
    with Journal(path, resume=True) as journal:
        assert list(journal.records()) == []
    assert path.read_bytes() == b""


def test_a_killed_writer_leaves_whole_lines(tmp_path: Path) -> None:
    path, kept = tmp_path / "j.jsonl", 0
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
        limit = time.monotonic() + 60
        while not path.exists() or path.stat().st_size <= kept:
            assert time.monotonic() < limit
            time.sleep(0.01)
        os.kill(writer.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        writer.wait()
        with Journal(path, resume=True) as journal:
            numbers = [record["n"] for record in journal.records()]
        assert numbers == list(range(len(numbers)))
        kept = path.stat().st_size


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b"{}\n{")
    with pytest.raises(DataError) as raised:
        Journal(path, resume=False)
    assert raised.value.fact == f"{path} holds answers already"
    assert raised.value.hint == "go on with them by --resume, or name another file"
    assert path.read_bytes() == b"{}\n{"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path, resume=False), pytest.raises(DataError) as raised:
        Journal(path, resume=True)
    assert raised.value.fact == f"another process is writing {path}"
    assert raised.value.hint == "wait for it, or give each process a file of its own"


def test_a_line_that_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    for line in (b"[1]", b"no JSON", b"\xff", b"", b"[" * 100_000):
        path.write_bytes(b"{}\n" + line + b"\n")
        with Journal(path, resume=True) as journal, pytest.raises(DataError) as raised:
            list(journal.records())
        assert raised.value.fact == f"line 2 of {path} is no JSON object"
        assert raised.value.hint == "delete the line, or write into another file"


def test_names_of_files_that_are_no_utf8_come_back() -> None:
    assert json.loads(line_of({"file": "\udcff.png"}))["file"] == "\udcff.png"


def test_a_journal_gives_back_names_of_files_that_are_no_utf8(tmp_path: Path) -> None:
    record = {"file": "caf\udce9.png", "n": 1}
    with Journal(tmp_path / "j.jsonl", resume=True) as journal:
        journal.append([record])
        assert list(journal.records()) == [record]


@pytest.mark.posix
@pytest.mark.parametrize("resume", [False, True])
def test_a_pipe_is_written_and_never_read(tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Journal(path, resume=resume) as journal:
            assert list(journal.records()) == []
            journal.append([{"n": 1}])
            assert os.read(reader, 100) == b'{"n": 1}\n'
    finally:
        os.close(reader)


@pytest.mark.posix
def test_a_pipe_whose_reader_has_gone_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with Journal(path, resume=False) as journal:
        os.close(reader)
        with pytest.raises(DiskError):
            journal.append([{"n": 1}])
