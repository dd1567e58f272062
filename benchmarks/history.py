"""The history of the figures as a page of the site: each figure's first and last value, and a line through all runs.

    python benchmarks/history.py      prints the page

A rate or a time is drawn over the runs on the machine of the last run, every other figure over all runs.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from table import shown

from i2c_core.benching.comparing import unit_of
from i2c_core.benching.records import history
from i2c_core.benching.suites import Suite

SUITE = Suite.load(Path(__file__).parent)
WIDTH, HEIGHT, EDGE = 120, 24, 3  # of a line, in pixels
Run = dict[str, Any]


def page() -> str:
    """The page, a section for each benchmark that has run."""
    lines = [
        "# History of the figures",
        "",
        "Every run of a benchmark appends a line to `benchmarks/history/NAME.jsonl`: date, commit, machine, figures.",
        "The commit is what the run stood on, with + where files had changed since; of runs before there was a history",
        "it is the one that brought their figures. Rates and times are those of the machine of the last run.",
        "",
    ]
    for name in SUITE.minutes:
        runs = history(SUITE.history(name))
        if runs:
            lines += section(name, runs)
    return "\n".join(lines)


def section(name: str, runs: list[Run]) -> list[str]:
    """The figures of one benchmark that its last run has."""
    last = runs[-1]
    machine = last["machine"]
    count = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    lines = [
        f"## {name.replace('_', '-')}",
        "",
        f"{count}, the last on {last['date'][:10]} at `{last['commit'] or '?'}`; "
        f"{machine['cpu']}, {machine['cores']} cores, torch {machine['torch']}.",
        "",
        "| figure | first | last | all |",
        "|---|---|---|---|",
    ]
    for figure in last["values"]:
        values = series(figure, runs)
        lines.append(f"| {html.escape(figure)} | {shown(values[0])} | {shown(values[-1])} | {sparkline(values)} |")
    return [*lines, ""]


def series(figure: str, runs: list[Run]) -> list[float]:
    """A figure's values, oldest first, in the runs that have it and can be compared with the last."""
    hardware = [(run["machine"]["cpu"], run["machine"]["cores"]) for run in runs]
    alike = [h == hardware[-1] or unit_of(figure) not in ("rate", "time") for h in hardware]
    return [run["values"][figure] for run, same in zip(runs, alike, strict=True) if same and figure in run["values"]]


def sparkline(values: list[float]) -> str:
    """A small line through the values, its last point marked, as SVG; empty for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    x = [EDGE + (WIDTH - 2 * EDGE) * n / (len(values) - 1) for n in range(len(values))]
    y = [HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (v - low) / span if high > low else HEIGHT / 2 for v in values]
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    told = f"{shown(low)} to {shown(high)} in {len(values)} runs"
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img"><title>{told}</title>'
        f'<polyline points="{points}" fill="none" stroke="currentColor"/>'
        f'<circle cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="2.5" fill="currentColor"/></svg>'
    )


if __name__ == "__main__":
    print(page())
