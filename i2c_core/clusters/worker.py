"""The other end of local processes: takes pickled items from its input until that ends, and answers each.

A message is its length as eight bytes, then a pickle. Both ends are one program on one machine, talking over pipes of
their own: nothing else can write to them.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
from typing import IO, Any

from i2c_core.clusters.jobs import answer

_LENGTH = struct.Struct("<Q")


def main() -> None:
    """Serve until the input ends. What the work prints goes to standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    job = b""
    while (message := receive(requests)) is not None:
        if isinstance(message, bytes):
            job = message
            continue
        said = answer(job, message[0])
        try:
            send(answers, said)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            send(answers, (False, RuntimeError(f"a result cannot cross between processes: {error}")))


def send(stream: IO[bytes], message: Any) -> None:
    """Write a message whole; raises `OSError` where nobody reads."""
    content = pickle.dumps(message)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message; None where the other end is gone, in the middle of one or between two."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return pickle.loads(content) if len(content) == length else None
