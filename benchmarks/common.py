"""What every benchmark shares: a table on the terminal, and a JSON with versions and hardware beside the figures."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("images-to-code", "torch", "numpy", "scipy", "pillow", "imagehash", "lark", "ortools")


class Benchmark:
    """Collects rows of (figure, value, target), prints them, and writes them to `benchmarks/results/NAME.json`."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self.about = name, about
        self.rows: list[dict[str, Any]] = []
        print(f"{name}: {about}", file=sys.stderr)

    def row(self, figure: str, value: object, target: str = "", met: bool | None = None, **more: object) -> None:
        """One figure; `target` is what was to be reached, `met` whether it was, `more` goes into the JSON."""
        self.rows.append({"figure": figure, "value": value, "target": target, "met": met, **more})
        print(f"  {figure}: {_shown(value)}{f'  (target {target})' if target else ''}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Print the table and write the JSON."""
        table = [("figure", "value", "target", "met")]
        for row in self.rows:
            met = {True: "yes", False: "NO", None: ""}[row["met"]]
            table.append((row["figure"], _shown(row["value"]), row["target"], met))
        widths = [max(len(r[c]) for r in table) for c in range(4)]
        for row in table:
            print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        RESULTS.mkdir(exist_ok=True)
        record = {"benchmark": self.name, "about": self.about, "machine": machine(), "rows": self.rows}
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {path}", file=sys.stderr)


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def machine() -> dict[str, object]:
    """Processor, cores, system and versions: what a figure means nothing without."""
    cpu = next((ln.split(":")[1].strip() for ln in _lines("/proc/cpuinfo") if ln.startswith("model name")), "")
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": cpu or platform.processor(),
        "cores": cores,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def timed(run: Callable[[], object], rounds: int = 3, warm_up: int = 1) -> tuple[float, list[float]]:
    """The median of several runs in seconds, after a warm-up, and all of them."""
    for _ in range(warm_up):
        run()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), seconds


def spread(seconds: Sequence[float]) -> str:
    """The range of several timings: `0.61..0.70 s`."""
    return f"{min(seconds):.3g}..{max(seconds):.3g} s"
