"""What every benchmark shares: a table on the terminal, and a JSON with versions and hardware beside the figures."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from i2c_core.benching import Record, Suite, machine
from i2c_core.benching.records import PACKAGES, QUICK

SUITE = Suite.load(Path(__file__).parent)
RESULTS = SUITE.folder / "results"


class Benchmark:
    """Collects rows of (figure, value, target), prints them, and writes them to `benchmarks/results/NAME.json`."""

    def __init__(self, name: str, about: str, quick: bool = False) -> None:
        """`quick` says that this run is a short one: its figures get a file of their own, and no history."""
        self.name, self.about = f"{name}{QUICK}" if quick else name, about
        self.rows: list[dict[str, Any]] = []
        self.packages = PACKAGES  # whose versions are recorded
        print(f"{name}: {about}", file=sys.stderr)

    def row(self, figure: str, value: object, target: str = "", met: bool | None = None, **more: object) -> None:
        """One figure; `target` is what was to be reached, `met` whether it was, `more` goes into the JSON.

        Its name says its unit ("..., %", "pairs a second", "seconds, median"), by which `i2c bench` compares it with
        the last run; where it does not, `better="more"` or `better="less"` does. `spread` and `interval` say what is
        chance.
        """
        self.rows.append({"figure": figure, "value": value, "target": target, "met": met, **more})
        print(f"  {figure}: {_shown(value)}{f'  (target {target})' if target else ''}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Print the table, write the JSON, and append the run to the history."""
        table = [("figure", "value", "target", "met")]
        for row in self.rows:
            met = {True: "yes", False: "NO", None: ""}[row["met"]]
            table.append((row["figure"], _shown(row["value"]), row["target"], met))
        widths = [max(len(r[c]) for r in table) for c in range(4)]
        for row in table:
            print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        path = SUITE.keep(Record(self.name, self.about, machine(self.packages), self.rows))
        print(f"wrote {path}", file=sys.stderr)


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


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
