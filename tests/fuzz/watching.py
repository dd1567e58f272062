"""The law of fuzzing: whatever a file holds, what reads it answers, or says an `I2cError` with a fact and a next step.

It is done in ten seconds of the processor, leaves no file open, no file behind and no thread running, warns of nothing,
and needs no memory to speak of.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import math
import os
import re
import resource
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from i2c_core.errors import I2cError

SECONDS = 10.0  # of the processor, that an input may take
HARD = 3 * SECONDS  # of the clock: then the process is ended
BRIEF = 0.05  # within so many seconds nothing dear is done
GIGABYTES = 1.5  # that an input may add to the memory of the process
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finding:
    """An input that breaks the law: `kind` is how, `where` the place in the code (equal ones are told once)."""

    kind: str
    where: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of an input: `behaviour` is alike for inputs that are answered alike."""

    behaviour: str
    seconds: float
    finding: Finding | None


class Watch:
    """Tries inputs one after the other; `scratch` is a folder of its own, the only one that inputs may write into."""

    def __init__(
        self, scratch: Path, seconds: float = SECONDS, gigabytes: float = GIGABYTES, *, kill: bool = False
    ) -> None:
        self.scratch, self.seconds, self.gigabytes, self._kill = scratch, seconds, gigabytes, kill
        self._noise: list[str] = []
        self._memory = _peak()
        self._armed, self._spent = -math.inf, 0.0  # when the hard limit was last set, and the processor's time then

    def attempt(self, run: Callable[[Path], object], file: Path) -> Outcome:
        """Run what reads `file`, and judge it."""
        before, files, threads = _open_files(), sorted(self.scratch.rglob("*")), threading.active_count()
        self._noise.clear()
        error: BaseException | None = None
        start = monotonic()
        if start - self._armed > 1:  # neither a thread of its own nor a question to the system for every input
            if self._kill:
                faulthandler.dump_traceback_later(HARD, exit=True)
            self._armed, self._spent = start, process_time()
        with self._listening():
            try:
                run(file)
            except (Exception, SystemExit) as raised:
                error = raised
            seconds = monotonic() - start
            behaviour, finding = _judged(error)
            place = finding.where if finding else behaviour
            del error
        if finding is None:
            finding = self._left(before, files, threads, place)
        if finding is None and seconds > BRIEF:
            finding = self._dear(place, seconds)
        return Outcome(behaviour, seconds, finding)

    def _dear(self, place: str, seconds: float) -> Finding | None:
        """What an input took, of the processor and of memory; the machine may be busy with other things too."""
        if seconds > self.seconds and (spent := process_time() - self._spent) > self.seconds:
            return Finding("slow", place, f"{spent:.1f} s, the limit is {self.seconds:g}")
        memory, self._memory = self._memory, _peak()
        if self._memory - memory > self.gigabytes * 1e9:
            told = f"{(self._memory - memory) / 1e9:.1f} GB more, the limit is {self.gigabytes:g}"
            return Finding("memory", place, told)
        return None

    def _left(self, before: set[str], files: list[Path], threads: int, place: str) -> Finding | None:
        """What is left behind by an input that was answered, or refused, as it should be."""
        if self._noise:
            return Finding("noise", _shape(self._noise[0])[:200], "\n".join(self._noise))
        if _open_files() - before:
            gc.collect()  # what waits for the collector of cycles is told as what is left, too, if it is still there
            if left := _open_files() - before:
                return Finding("open file", place, ", ".join(sorted(left)))
        if left_files := [f for f in sorted(self.scratch.rglob("*"), reverse=True) if f not in files]:
            for each in left_files:  # a folder comes after what is in it
                each.rmdir() if each.is_dir() else each.unlink()
            return Finding("file left behind", place, ", ".join(map(str, left_files)))
        if threading.active_count() > threads:
            names = ", ".join(t.name for t in threading.enumerate())
            return Finding("thread left running", place, names)
        return None

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Keep warnings, and errors that nobody catches, as noise."""
        hooks = sys.unraisablehook, threading.excepthook
        sys.unraisablehook = lambda args: self._noise.append(f"unraisable: {args.exc_value!r}")
        threading.excepthook = lambda args: self._noise.append(f"in a thread: {args.exc_value!r}")
        try:
            said = io.StringIO()  # what is told beside the answer
            with warnings.catch_warnings(record=True) as caught, redirect_stdout(said), redirect_stderr(said):
                warnings.simplefilter("always")
                warnings.simplefilter("ignore", FutureWarning)  # of `re`, about expressions such as [a--z]
                yield
            self._noise += [f"{w.category.__name__}: {w.message} ({_short(w.filename)}:{w.lineno})" for w in caught]
        finally:
            sys.unraisablehook, threading.excepthook = hooks


def _judged(error: BaseException | None) -> tuple[str, Finding | None]:
    """How an input was answered, and what is wrong with that."""
    if error is None:
        return "fine", None
    if not isinstance(error, I2cError):
        where = f"{type(error).__name__} at {_place(error)}"
        return where, Finding("traceback", where, "".join(traceback.format_exception(error)[-30:]))
    behaviour = f"{type(error).__name__}: {_shape(error.fact)}"
    for part, content in (("fact", error.fact), ("hint", error.hint)):
        wrong = _wrong(content)
        if wrong:
            text = "".join(traceback.format_exception(error)[-12:])
            return behaviour, Finding("message", f"{part} {wrong} at {_place(error)}", f"{content[:500]!r}\n{text}")
    return behaviour, None


def _wrong(content: object) -> str:
    """What is wrong with one half of an error."""
    if not isinstance(content, str) or not content.strip():
        return "is empty"
    if len(content) > 3000:
        return "is endless"
    if any(not c.isprintable() and c != "\n" for c in content):
        return "has characters that a terminal obeys"
    return ""


def _place(error: BaseException) -> str:
    """The innermost line of this repository that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if str(ROOT) in f.filename and "/tests/" not in f.filename]
    return ":".join((_short(own[-1].filename), str(own[-1].lineno))) if own else "?"


def _short(filename: str) -> str:
    return filename.removeprefix(f"{ROOT}/")


def _shape(fact: str) -> str:
    """A fact without what differs between inputs."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|/\S*/|\d+", "_", fact.splitlines()[0] if fact else "")[:100]


def _open_files() -> set[str]:
    """The open files of this process, where the system tells them."""
    folder = "/proc/self/fd"
    found = set()
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with contextlib.suppress(OSError):  # the one that lists them is closed again
            found.add(f"{name} {os.readlink(f'{folder}/{name}')}")
    return {f for f in found if "/proc/" not in f}


def _peak() -> int:
    """The most memory that this process had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def limit_memory(gigabytes: float) -> None:
    """Let the process have only so much more data than now: what asks for more raises, and takes no machine down."""
    with open("/proc/self/status", encoding="ascii") as status:
        now = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    limit = now + int(gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


__all__: Any = ["Finding", "Outcome", "Watch", "limit_memory"]
