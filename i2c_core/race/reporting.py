"""A race as files: a line of JSON a run, a chart, and what each searcher found as predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from i2c_core.charts import Line, Panel, chart
from i2c_core.drawing import save_png
from i2c_core.files import write_atomically
from i2c_core.predictions import Prediction, write_predictions
from i2c_core.race.racing import Limits, Run
from i2c_core.race.results import Measure, curves

RUNS, CHART, FOUND = "runs.jsonl", "race.png", "predictions"
PANELS: tuple[tuple[Measure, str], ...] = (
    ("exact", "images drawn exactly"),
    ("short", "drawn exactly by code no longer than the true code"),
    ("distance", "mean distance"),
    ("size", "mean symbols of the best code"),
)


def write_race(folder: Path, runs: Sequence[Run], limits: Limits) -> list[Path]:
    """Write `runs.jsonl`, `race.png` and `predictions/SEARCHER-SEED.jsonl` into a folder; the files, in that order."""
    lines = [json.dumps(run.record(), ensure_ascii=False) + "\n" for run in runs]
    write_atomically(folder / RUNS, "".join(lines))
    save_png(race_chart(runs, limits), folder / CHART)
    written = [folder / RUNS, folder / CHART]
    for name, seed in dict.fromkeys((run.searcher, run.seed) for run in runs):
        path = folder / FOUND / f"{name}-{seed}.jsonl"
        own = [prediction_of(run) for run in runs if (run.searcher, run.seed) == (name, seed)]
        write_predictions(path, own)
        written.append(path)
    return written


def prediction_of(run: Run) -> Prediction:
    """The best code of a run in the format that `i2c eval --predictions` reads."""
    best = run.best
    more = {"searcher": run.searcher, "ended": run.ended}
    if best is None:
        return Prediction(run.goal.name, None, run.seed, run.seconds, run.renders, more)
    return Prediction(run.goal.name, best.code, run.seed, best.seconds, best.renders, more)


def race_chart(runs: Sequence[Run], limits: Limits) -> Image.Image:
    """The chart of a race, a Pillow image: what grew over time, or over renders where only these are limited."""
    by = "seconds" if limits.seconds is not None else "renders"
    most = float(limits.seconds if limits.seconds is not None else limits.renders or 1)
    known = all(run.goal.size is not None for run in runs)
    panels, over = [], set()
    for measure, title in PANELS:
        if measure == "short" and not known:
            continue
        found = curves(runs, measure, "seconds" if by == "seconds" else "renders", most)
        over |= {curve.over for curve in found}
        lines = [Line(c.searcher, c.x, c.y, c.low, c.high) for c in found]
        panels.append(Panel(title, by, lines, logarithmic=True, share=measure in ("exact", "short")))
    note = f"bands: 95 % by bootstrap over {' or '.join(sorted(over))}"
    return chart(panels, note=note)
