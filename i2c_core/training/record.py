"""The record of a run: metrics as JSONL, a curve as PNG, and TensorBoard where it is installed."""

from __future__ import annotations

import io
import json
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from i2c_core.files import DiskError, Lines, disk_error, is_remote, write_atomically

METRICS_FILE = "metrics.jsonl"
CURVE_FILE = "curve.png"
PANELS = (("loss", "held_out_loss"), ("accuracy", "held_out_accuracy", "held_out_exact"))


class Record:
    """One line of JSON a step that is looked at: `{"step": 50, "loss": 0.71, ...}`.

    Opened at step `begin`, it drops the lines of later steps, and a line that a killed run wrote half. TensorBoard's
    files grow as no store behind a URL lets them, and are written on this machine only.
    """

    def __init__(self, folder: Path, begin: int, tensorboard: bool = True) -> None:
        self.folder = folder
        self.path = folder / METRICS_FILE
        lines = [line for line in read_metrics(self.path) if line["step"] <= begin] if begin else []
        self._lines = Lines(self.path, "".join(json.dumps(line) + "\n" for line in lines))
        self._board = _tensorboard(folder / "tensorboard", begin) if tensorboard and not is_remote(folder) else None

    def write(self, step: int, values: dict[str, float | int]) -> None:
        """Add a line; numbers that are not finite are left out, since JSON has none."""
        finite = {k: round(v, 6) if isinstance(v, float) else v for k, v in values.items() if math.isfinite(v)}
        self._lines.write(json.dumps({"step": step, **finite}) + "\n")
        if self._board is not None:
            for name, value in finite.items():
                self._board.add_scalar(name, value, step)

    def draw(self) -> None:
        """Draw the curve of what was written so far."""
        self._lines.flush()
        write_atomically(self.folder / CURVE_FILE, draw_curve(read_metrics(self.path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._lines.close()
            if self._board is not None:
                self._board.close()
        except (OSError, DiskError) as failed:
            if error is None:  # what stopped the run matters more than what could not be flushed behind it
                raise failed if isinstance(failed, DiskError) else disk_error(self.path, failed) from failed


class NoRecord:
    """That of a process beside the one that writes."""

    def write(self, step: int, values: dict[str, float | int]) -> None:
        pass

    def draw(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics file; a last one that was cut is dropped."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def draw_curve(lines: list[dict[str, Any]]) -> bytes:
    """A PNG with the loss above and the accuracies below, by step."""
    with _quiet("matplotlib"):
        return _drawn(lines)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a package from telling where it keeps its own files when there is no home to write to."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _drawn(lines: list[dict[str, Any]]) -> bytes:
    from matplotlib.figure import Figure  # without pyplot, so that no window system is asked for

    figure = Figure(figsize=(8, 6), layout="constrained")
    for axes, names in zip(figure.subplots(len(PANELS), 1, sharex=True), PANELS, strict=True):
        for name in names:
            points = [(line["step"], line[name]) for line in lines if name in line]
            if points:
                axes.plot(
                    *zip(*points, strict=True), label=name.replace("_", " "), marker="." if "held" in name else ""
                )
        if axes.lines:
            axes.legend()
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("nats a token")
    if any(line[name] > 0 for line in lines for name in PANELS[0] if name in line):
        figure.axes[0].set_yscale("log", nonpositive="clip")
    figure.axes[-1].set_ylabel("share")
    figure.axes[-1].set_xlabel("step")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def _tensorboard(folder: Path, begin: int) -> Any:
    try:
        with warnings.catch_warnings():  # its own dependencies warn about each other
            warnings.simplefilter("ignore")
            from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=begin or None)
