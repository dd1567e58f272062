"""Processes of this machine as a cluster.

They are started afresh, not forked, and not through `multiprocessing`: a script that uses them needs no
`if __name__ == "__main__"`, threads of this process do not matter, and it is the same on every system.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from i2c_core.clusters.cluster import Cluster, Lost
from i2c_core.clusters.worker import receive, send

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from i2c_core.clusters.worker import main; main()"
_ENDING = 0.2  # seconds in which a process that died by itself can be asked how


class Processes(Cluster):
    """So many processes of this machine, each with one item at a time; one that dies is replaced."""

    def __init__(self, workers: int, tell: Callable[[str], None] | None = None) -> None:
        super().__init__(tell)
        self.workers = workers
        self._all = [_Worker() for _ in range(workers)]
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._all:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(workers, "i2c-cluster")
        self._end = weakref.finalize(self, _end, self._threads, self._all)  # also where nobody calls close

    def _submit(self, work: bytes, item: Any) -> Future[tuple[bool, Any]]:
        return self._threads.submit(self._one, work, item)

    def _one(self, job: bytes, item: Any) -> tuple[bool, Any]:
        worker = self._free.get()
        try:
            return worker.ask(job, item)
        finally:
            self._free.put(worker)

    def _result(self, handle: Future[tuple[bool, Any]]) -> tuple[bool, Any]:
        return handle.result()

    def _cancel(self, handle: Future[tuple[bool, Any]]) -> None:
        handle.cancel()

    def close(self) -> None:
        """End all processes at once, whatever they do."""
        self._end()


class _Worker:
    """One process; started when it is first asked, and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._job = b""
        self._closed = False

    def ask(self, job: bytes, item: Any) -> tuple[bool, Any]:
        """The answer to an item; raises `Lost` where the process dies over it."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        said = None
        with contextlib.suppress(OSError):
            if self._job != job:
                send(process.stdin, job)
                self._job = job
            send(process.stdin, (item,))
            said = receive(process.stdout)
        if said is None:
            status = self.end()
            raise Lost("it was ended" if status is None else f"it ended with status {status}")
        answer: tuple[bool, Any] = said
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        # One thread each: there are as many processes as somebody wants cores used.
        environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ}
        path = [entry or os.getcwd() for entry in sys.path]
        command = [sys.executable, "-c", _BOOT, json.dumps(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._job = b""
        if self._closed:
            self._process.kill()
        return self._process

    def end(self) -> int | None:
        """End the process and tell its exit status."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING)  # one that died by itself tells why
        process.kill()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        return process.wait()

    def kill(self) -> None:
        """End the process at once, and each that a thread is just starting."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def _end(threads: ThreadPoolExecutor, workers: Sequence[_Worker]) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.kill()
    threads.shutdown()  # each thread sees that its process is gone
    for worker in workers:
        worker.end()
