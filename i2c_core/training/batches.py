"""Batches made ahead in a thread, and how long the loop waited for them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

Made = TypeVar("Made")
PATIENCE = 30.0  # seconds to wait for a batch that nobody wants any more; a renderer that hangs is left behind


class Prefetcher(Generic[Made]):
    """What `make(step)` gives for each step of a range, in order, made up to `ahead` steps before it is asked for.

    `make` runs in one thread of its own (in the caller's where `ahead` is 0); what it raises is raised by `get`.

    Attributes:
        waited: seconds that `get` took so far.
        made: seconds that `make` took so far.
    """

    def __init__(self, make: Callable[[int], Made], steps: range, ahead: int) -> None:
        self.make, self.steps = make, steps
        self.waited = self.made = 0.0
        self._next = steps.start
        self._queue: queue.Queue[Made | BaseException] = queue.Queue(max(ahead, 1))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batches", daemon=True) if ahead else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        patience = time.monotonic() + PATIENCE
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < patience:
            while not self._queue.empty():  # so that a thread that waits for room sees the flag
                self._queue.get_nowait()
            self._thread.join(0.05)

    def get(self) -> Made:
        """The next step's batch."""
        begin = time.perf_counter()
        found = self._queue.get() if self._thread is not None else self._timed(self._next)
        self._next += 1
        self.waited += time.perf_counter() - begin
        if isinstance(found, BaseException):
            raise found
        return found

    def _run(self) -> None:
        for step in self.steps:
            try:
                made: Made | BaseException = self._timed(step)
            except BaseException as error:  # the loop is who can tell it
                made = error
            self._queue.put(made)
            if self._stop.is_set() or isinstance(made, BaseException):
                return

    def _timed(self, step: int) -> Made:
        begin = time.perf_counter()
        try:
            return self.make(step)
        finally:
            self.made += time.perf_counter() - begin
