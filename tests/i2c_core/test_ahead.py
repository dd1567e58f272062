"""Things made ready by another thread."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from i2c_core.ahead import ahead


def test_in_order_and_at_most_so_many_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for n in range(40):
            made.append(n)
            yield n

    for n in ahead(items(), 3):
        assert len(made) <= n + 1 + 3 + 2  # used, in the queue, and at its door
    assert made == list(range(40))


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError("three")

    things = ahead(items(), 8)
    assert [next(things), next(things)] == [1, 2]
    with pytest.raises(KeyError, match="three"):
        next(things)


def test_the_thread_ends_with_its_reader() -> None:
    before = threading.active_count()
    things = ahead(iter(int, 1), 2)  # without end
    assert next(things) == 0
    things.close()
    assert threading.active_count() == before


WAITS = """
from pathlib import Path
from i2c_core.ahead import ahead
from i2c_core.inputs import listed
names = ahead(listed(Path("-")), 2)
print(next(names), flush=True)
names.close()
"""


def test_a_pipe_that_says_no_more_keeps_nobody_waiting() -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reader.stdin is not None
    with reader:
        reader.stdin.write(b"a.png\n")
        reader.stdin.flush()
        assert reader.wait(timeout=60) == 0  # with the pipe still open
        assert reader.stdout is not None
        assert reader.stdout.read() == b"a.png\n"
        assert reader.stderr is not None
        assert reader.stderr.read() == b""
