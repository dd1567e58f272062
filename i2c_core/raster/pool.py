"""A pool of processes for renderers of one program: they draw side by side, and one that hangs or dies is replaced.

The processes are started afresh, not forked, and not through `multiprocessing`: a script that reads images needs no
`if __name__ == "__main__"` for it, and threads of this process do not matter.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import RenderError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster.plain import died, too_slow
from i2c_core.references import Reference, resolve
from i2c_core.symbols import Signature

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from i2c_core.raster.worker import main; main()"


def crossing(reference: Reference) -> str | None:
    """The reference as text that means the same in another process, or None: lambdas and closures cannot cross."""
    if isinstance(reference, str):
        return reference
    module, name = getattr(reference, "__module__", None), getattr(reference, "__qualname__", "")
    if not module or module == "__main__" or not name.isidentifier():
        return None
    text = f"{module}:{name}"
    try:
        return text if resolve(text, "") is reference else None
    except Exception:  # a module that can only be loaded in this process
        return None


def job_of(family: Family, time_limit: float) -> dict[str, Any] | None:
    """What a worker must know of a family, or None where that cannot cross to another process."""
    render: Any
    if isinstance(family.render, Mapping):
        render = {name: crossing(f) for name, f in family.render.items()}
        crosses = None not in render.values()
    else:
        render = crossing(family.render) if family.render is not None else None
        crosses = render is not None
    table = family.gamma.show()
    crosses = crosses and all(isinstance(f, str) for f in family.foreign.values())
    if not crosses or not sys.executable or Signature.parse(table) != family.gamma:
        return None
    return {
        "name": family.name,
        "root": family.root,
        "signature": table,
        "render": render,
        "channels": family.channels,
        "foreign": dict(family.foreign),
        "time_limit": time_limit,
    }


class Worker:
    """One process; started on first use, and again after it hung or died."""

    def __init__(self, family: Family, job: Mapping[str, Any]) -> None:
        self._family, self._job = family, job
        self._process: subprocess.Popen[bytes] | None = None

    def draw(self, program: Program, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        """As `Plain.draw`."""
        process = self._process or self._start()
        encoded = self._family.vocabulary.encode(program)
        values = [None if v != v else v for v in encoded.values] if encoded.has_values else None
        task = {"ids": list(encoded.ids), "values": values, "height": size[0], "width": size[1]}
        start = time.monotonic()
        shape = (self._family.channels, *size)
        answer, body = self._ask(process, task, int(np.prod(shape)))
        if answer is None:
            seconds = time.monotonic() - start
            status = self._end()
            limit = self._job["time_limit"]
            raise too_slow(self._family, program, limit) if seconds >= limit else died(self._family, program, status)
        if answer["kind"] == "error":
            raise RenderError(answer["fact"], answer["hint"])
        if answer["kind"] == "undefined":
            return None
        return np.frombuffer(body, np.uint8).reshape(shape)

    def _start(self) -> subprocess.Popen[bytes]:
        # One thread each: the pool has as many processes as there are cores.
        environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ}
        path = [entry or os.getcwd() for entry in sys.path]
        process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._process = process
        answer, _ = self._ask(process, self._job, 0)
        if answer is None:
            fact = f"a process for the renderer of {self._family.name} ended with status {self._end()} as it started"
            raise RenderError(fact, "read what it printed, or render with workers=0")
        if answer["kind"] == "error":
            self._end()
            raise RenderError(answer["fact"], answer["hint"])
        return process

    @staticmethod
    def _ask(
        process: subprocess.Popen[bytes], message: Mapping[str, Any], length: int
    ) -> tuple[dict[str, Any] | None, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line.endswith(b"\n"):
                return None, b""
            answer: dict[str, Any] = json.loads(line)
            body = process.stdout.read(length) if answer["kind"] == "picture" else b""
        except OSError:
            return None, b""
        return (answer, body) if len(body) == length or answer["kind"] != "picture" else (None, b"")

    def _end(self) -> int | None:
        """End the process and tell its exit status."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)  # one that died by itself tells why
        process.kill()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        return process.wait()

    def close(self) -> None:
        """End the process; at once, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._end()


class Pool:
    """As many workers as wanted, each with one program at a time."""

    def __init__(self, family: Family, job: Mapping[str, Any], workers: int) -> None:
        self._workers = [Worker(family, job) for _ in range(workers)]
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(workers, "i2c-render")
        self._close = weakref.finalize(self, _close, self._threads, self._workers)  # also where nobody calls close

    def draw(
        self, programs: Sequence[Program], size: tuple[int, int], done: Callable[[int, NDArray[np.uint8] | None], None]
    ) -> None:
        """Draw each program and tell `done(number, picture)`; the first error, by the programs' order, is raised."""

        def one(program: Program) -> NDArray[np.uint8] | None:
            worker = self._free.get()
            try:
                return worker.draw(program, size)
            finally:
                self._free.put(worker)

        for number, picture in enumerate(self._threads.map(one, programs)):
            done(number, picture)

    def close(self) -> None:
        """End all processes at once."""
        self._close()


def _close(threads: ThreadPoolExecutor, workers: Sequence[Worker]) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.close()
