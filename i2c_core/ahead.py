"""Work done ahead: a thread that makes the next things ready while the last ones are used."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Empty, Full, Queue
from typing import Any, TypeVar

Item = TypeVar("Item")

_PATIENCE = 1.0  # seconds for what is being made ready when nobody wants it any more
_WAIT = 0.1  # seconds between looks at whether the other side has gone; a wait without end could not be interrupted
_END = object()


def ahead(items: Iterable[Item], most: int) -> Generator[Item, None, None]:
    """The items in order, taken by a thread of its own that is at most `most` of them ahead.

    An error of the items is raised where its item would have come. The thread ends when this iterator is closed;
    one that waits for a pipe to say more is left behind, and ends with the process.
    """
    queue: Queue[tuple[Any, BaseException | None]] = Queue(most)
    gone = threading.Event()

    def put(entry: tuple[Any, BaseException | None]) -> bool:
        while not gone.is_set():
            try:
                queue.put(entry, timeout=_WAIT)
                return True
            except Full:
                continue
        return False

    def take() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
            put((_END, None))
        except BaseException as error:  # whatever it is belongs to whoever asks for the next item
            put((_END, error))

    thread = threading.Thread(target=take, name="i2c-ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item, error = queue.get(timeout=_WAIT)
            except Empty:
                continue
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        gone.set()
        thread.join(_PATIENCE)


__all__ = ["ahead"]
