"""Telling how far along a long task is, on stderr: a bar on a terminal, a line now and then elsewhere, or nothing."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Protocol, Self, TextIO

EVERY = 10.0  # seconds between lines where there is no terminal


class Task(Protocol):
    """One task under way; a context manager, so that its bar is taken down whatever happens."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Say that `amount` more is done; `note` is what to show beside it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the task."""


class Progress(Protocol):
    """Where long work tells how far it is."""

    def say(self, text: str) -> None:
        """Tell one line."""

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        """Begin a task of `total` units (None where nobody knows), `done` of them before."""


def make_progress(silent: bool = False, stream: TextIO | None = None) -> Progress:
    """Progress on `stream` (stderr): rich on a terminal, plain lines elsewhere, nothing where `silent`."""
    stream = sys.stderr if stream is None else stream
    if silent:
        return Silent()
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return Rich(stream)
    return Plain(stream)


class Silent:
    """Says nothing."""

    def say(self, text: str) -> None:
        pass

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        return SilentTask()


class SilentTask:
    """A task that nobody hears of."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class Plain:
    """Whole lines, for files and pipes.

    >>> import sys
    >>> with Plain(sys.stdout, every=0).task("counting", total=2) as task:
    ...     task.advance(note="half")
    counting: 1 of 2 (50 %), half
    """

    def __init__(self, stream: TextIO, every: float = EVERY) -> None:
        self.stream = stream
        self.every = every

    def say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        return PlainTask(self, what, total, done)


class PlainTask(SilentTask):
    """A line at most every few seconds."""

    def __init__(self, progress: Plain, what: str, total: int | None, done: int) -> None:
        self.progress, self.what, self.total, self.done = progress, what, total, done
        self.told = time.monotonic()

    def advance(self, amount: int = 1, note: str = "") -> None:
        self.done += amount
        if time.monotonic() - self.told < self.progress.every:
            return
        self.told = time.monotonic()
        of = f" of {self.total} ({100 * self.done // max(self.total, 1)} %)" if self.total is not None else ""
        self.progress.say(f"{self.what}: {self.done}{of}{', ' if note else ''}{note}")


class Rich:
    """A bar with the time left; lines told meanwhile go above it."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self.console = Console(file=stream, highlight=False)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        return RichTask(self, what, total, done)


class RichTask:
    """A bar of rich's."""

    def __init__(self, progress: Rich, what: str, total: int | None, done: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bars = Bars(*columns, TextColumn("{task.fields[note]}"), console=progress.console, transient=True)
        self.id = self.bars.add_task(what, total=total, completed=done, note="")

    def advance(self, amount: int = 1, note: str = "") -> None:
        if note:
            self.bars.update(self.id, advance=amount, note=note)
        else:
            self.bars.update(self.id, advance=amount)

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()
