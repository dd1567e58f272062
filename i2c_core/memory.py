"""Memory that ran out: how it shows, and work that goes on with less at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger(__name__)

# What torch's allocators say; on CPU it is a plain RuntimeError.
_SAID = ("can't allocate memory", "not enough memory", "out of memory", "cannot allocate memory")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory, in the machine or in its accelerator.

    >>> out_of_memory(MemoryError()), out_of_memory(RuntimeError("CUDA out of memory. Tried ...")), out_of_memory(
    ...     RuntimeError("a bug"))
    (True, True, False)
    """
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _SAID)


@dataclass
class Halving:
    """Batches of at most `size`, which is halved for good when memory runs out, and that is told once."""

    size: int
    told: bool = False

    def run(
        self,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Result]],
        alone: Callable[[Item], Result],
    ) -> Iterator[Result]:
        """What `work` makes of the items, one result an item, in order; `alone` for one that is too much by itself."""
        done = 0
        while done < len(items):
            part = items[done : done + self.size]
            found: Sequence[Result] | None = None
            try:
                found = work(part)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
            # Only here is what the error held free again.
            if found is None and len(part) > 1:
                self.size = -(-len(part) // 2)
                if not self.told:
                    log.warning("memory ran out with %d at once; going on with %d or fewer", len(part), self.size)
                self.told = True
                continue
            yield from [alone(part[0])] if found is None else found
            done += len(part)


__all__ = ["Halving", "out_of_memory"]
