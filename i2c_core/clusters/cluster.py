"""The interface of all clusters: items go out to workers, results come back in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from i2c_core.clusters.jobs import Job, packed
from i2c_core.errors import I2cError

AHEAD = 2  # items a worker that are out at once: one under way, one waiting
TRIES = 4  # how often an item is given to a worker before it counts as what kills workers


class ClusterError(I2cError):
    """A cluster that cannot be reached, or that lost too many workers."""


class Lost(Exception):
    """A worker died, or its machine went away, before its answer was here; says how."""


class Cluster(ABC):
    """Processes that run a function of one item, here or on other machines. A context manager.

    What an item comes to must depend on the job and the item alone: then results do not depend on how many workers
    there are, nor on which of them die.

    Args:
        tell: called with a line when a worker is lost.

    Attributes:
        workers: how many items run at once.
        lost: workers lost so far.
    """

    workers: int

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self.lost = 0
        self._tell = tell

    def map(self, job: Job, items: Iterable[Any]) -> Iterator[Any]:
        """The results of items, in their order, as they are asked for; only a few items are out at any time.

        The items of a worker that is lost are run again.

        Raises:
            I2cError: of the first item, in their order, that failed.
            ClusterError: an item was lost with several workers, or the cluster cannot be reached any more.
        """
        work = self._announce(packed(job))
        out: deque[tuple[Any, Any]] = deque()
        try:
            for item in items:
                out.append((item, self._submit(work, item)))
                if len(out) >= AHEAD * self.workers:
                    yield self._settled(work, *out.popleft())
            while out:
                yield self._settled(work, *out.popleft())
        finally:
            for _, handle in out:
                self._cancel(handle)

    def _settled(self, work: Any, item: Any, handle: Any) -> Any:
        for attempt in range(1, TRIES + 1):
            try:
                well, result = self._result(handle)
            except Lost as lost:
                self.lost += 1
                if attempt == TRIES:
                    fact = f"{TRIES} workers were lost with one item, the last one: {lost}"
                    raise ClusterError(fact, "give workers more memory, or run it without a cluster") from None
                if self._tell is not None:
                    self._tell(f"a worker was lost ({lost}); what it had is run again")
                handle = self._submit(work, item)
                continue
            if not well:
                raise result
            return result
        raise AssertionError("an item is settled or given up")

    def _announce(self, job: bytes) -> Any:
        """What `_submit` takes for a job."""
        return job

    @abstractmethod
    def _submit(self, work: Any, item: Any) -> Any:
        """Give an item to a worker; a handle of it."""

    @abstractmethod
    def _result(self, handle: Any) -> tuple[bool, Any]:
        """Wait for what a worker says (see `jobs.answer`); raises `Lost` where it cannot say anything any more."""

    @abstractmethod
    def _cancel(self, handle: Any) -> None:
        """Do not wait for an item; it may run to its end."""

    @abstractmethod
    def close(self) -> None:
        """End what was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
