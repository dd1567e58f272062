"""The other end of the pool: a process that draws one program after the other, told by JSON over its pipes.

A message is one JSON line; an answer that carries a picture is followed by its bytes. Nothing is pickled.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
from typing import Any

from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.raster.renderer import Renderer

_START = 60.0  # seconds in which a renderer's module must have been imported


def main() -> None:
    """Serve until the input ends. What a renderer prints goes to standard error."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    job = json.loads(requests.readline())
    silence = open(os.devnull, "wb")  # noqa: SIM115, it is written to at the very end
    faulthandler.dump_traceback_later(_START, exit=True, file=silence)
    try:
        family = Family(
            job["name"],
            job["root"],
            signature=job["signature"],
            render=job["render"],
            channels=job["channels"],
            foreign=job["foreign"],
        )
        plain = Renderer(family, workers=0, time_limit=job["time_limit"]).plain
        vocabulary = family.vocabulary
    except I2cError as error:
        _answer(answers, {"kind": "error", "fact": error.fact, "hint": error.hint})
        return
    faulthandler.cancel_dump_traceback_later()
    _answer(answers, {"kind": "ready"})
    for line in requests:
        task = json.loads(line)
        values = task["values"]
        program = vocabulary.decode(
            task["ids"], None if values is None else [float("nan") if v is None else v for v in values]
        )
        # The watchdog is a thread of its own in C: it ends this process even where the renderer holds the
        # interpreter, and also where the parent is gone.
        faulthandler.dump_traceback_later(job["time_limit"], exit=True, file=silence)
        try:
            pixels = plain.draw(program, (task["height"], task["width"]))
        except I2cError as error:
            faulthandler.cancel_dump_traceback_later()
            _answer(answers, {"kind": "error", "fact": error.fact, "hint": error.hint})
            continue
        faulthandler.cancel_dump_traceback_later()
        if pixels is None:
            _answer(answers, {"kind": "undefined"})
        else:
            _answer(answers, {"kind": "picture"}, pixels.tobytes())


def _answer(stream: Any, head: dict[str, Any], body: bytes = b"") -> None:
    stream.write(json.dumps(head).encode() + b"\n" + body)
    stream.flush()
