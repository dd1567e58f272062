"""Two runs of a benchmark compared: which figures moved by more than chance and the machine explain.

What a figure is, its name says, unless its row has `better` ("more" or "less"):

| the name has           | is         | counts where it moved by             | compared                    |
|------------------------|------------|--------------------------------------|-----------------------------|
| times as               | a ratio    | a fifth                              | always                      |
| %                      | a share    | a point, and out of its interval     | always                      |
| a second               | a rate     | a fifth, and more than its spread    | on one machine that is idle |
| seconds, minutes, ms   | a time     | a fifth, and more than its spread    | on one machine that is idle |
| MB, GB                 | memory     | a tenth                              | always                      |
| anything else          | a count    | anything                             | always                      |

A target that was reached and is missed now is worse, and the other way round better, wherever the figure is compared.
A peer's figure, whose name begins with "peer", is never worse: it tells how the machine was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from i2c_core.benching.records import Record, is_number

Verdict = Literal["same", "better", "worse", "changed", "unlike", "new", "gone"]
Row = dict[str, Any]

SPEED, MEMORY = 0.2, 0.1  # relative: two runs on a quiet machine differ by less
POINT = 1.0  # of a hundred
BUSY = 1.5  # processes that want a core, from which on seconds tell of the others
UNITS = (  # the first that a name has is its unit
    ("ratio", r"\btimes (as|faster|more)\b"),
    ("share", r"%"),
    ("rate", r"\b(a|per) (second|minute)\b"),
    ("time", r"\b(seconds|minutes|hours|ms|milliseconds)\b"),
    ("memory", r"\b[MGK]i?B\b"),
)
MORE = ("at least", "over", "above")
LESS = ("at most", "under", "below", "less than")


@dataclass(frozen=True)
class Change:
    """One figure in two runs, and what its difference means; `unlike`: of another machine, or of a busy one."""

    figure: str
    before: Any
    after: Any
    verdict: Verdict

    def record(self) -> dict[str, Any]:
        return {"figure": self.figure, "before": self.before, "after": self.after, "verdict": self.verdict}


@dataclass(frozen=True)
class Comparison:
    """All figures of two runs, and in what the machines differ."""

    name: str
    changes: list[Change]
    differences: list[str]

    @property
    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.verdict == "worse"]

    @property
    def moved(self) -> list[Change]:
        """What is neither as before nor explained by the machine."""
        return [change for change in self.changes if change.verdict not in ("same", "unlike")]

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "benchmark": self.name,
            "worse": len(self.worse),
            "machine": self.differences,
            "rows": [change.record() for change in self.changes],
        }


def compare(before: Record | None, after: Record) -> Comparison:
    """How the figures of one run differ from those of an earlier one, in the order of the later one; None: all new."""
    if before is None:
        before = replace(after, machine=after.machine | {"load": None}, rows=[])
    old = {row["figure"]: row for row in before.rows}
    new = {row["figure"]: row for row in after.rows}
    unlike = not same_machine(before, after) or bool(_busy(before) or _busy(after))
    changes = []
    for name, row in new.items():
        was = old.get(name)
        verdict: Verdict = "new" if was is None else judge(was, row, unlike)
        changes.append(Change(name, None if was is None else was["value"], row["value"], verdict))
    changes += [Change(name, row["value"], None, "gone") for name, row in old.items() if name not in new]
    return Comparison(after.name, changes, differences(before, after))


def same_machine(before: Record, after: Record) -> bool:
    """Whether seconds of both mean the same: equal processors, equally many."""
    return all(before.machine.get(key) == after.machine.get(key) for key in ("cpu", "cores"))


def differences(before: Record, after: Record) -> list[str]:
    """In what two runs differ, one line each: what was measured, hardware, versions, and other work that ran."""
    found = [] if before.about == after.about else [f"about: {before.about} before, {after.about} now"]
    for key in ("cpu", "cores", "python"):
        if before.machine.get(key) != after.machine.get(key):
            found.append(f"{key}: {before.machine.get(key)} before, {after.machine.get(key)} now")
    old, new = before.machine.get("versions") or {}, after.machine.get("versions") or {}
    for package in old:
        if package in new and old[package] != new[package]:
            found.append(f"{package}: {old[package]} before, {new[package]} now")
    for record, when in ((before, "before"), (after, "now")):
        if load := _busy(record):
            found.append(f"busy {when}: {load:.1f} processes wanted the {record.machine['cores']} cores")
    return found


def _busy(record: Record) -> float:
    """How many processes wanted the cores of a machine, 0 where they were no more than the benchmark's own."""
    load, cores = record.machine.get("load"), record.machine.get("cores")
    if not (isinstance(load, int | float) and isinstance(cores, int)):
        return 0.0
    return float(load) if load > BUSY * cores else 0.0


def judge(before: Row, after: Row, unlike: bool = False) -> Verdict:
    """What became of one figure; `unlike` says that seconds of the two runs do not mean the same."""
    old, new = before["value"], after["value"]
    unit = unit_of(after["figure"])
    if unlike and unit in ("rate", "time"):
        return "unlike"
    if before["met"] is not None and after["met"] is not None and before["met"] != after["met"]:
        return "better" if after["met"] else "worse"
    if not (is_number(old) and is_number(new)):
        return "same" if old == new else "changed"
    if _is_close(before, after, unit):
        return "same"
    direction = direction_of(after)
    if not direction:
        return "changed"
    return "better" if (new > old) == (direction == "more") else "worse"


def unit_of(figure: str) -> str:
    """What kind of number a figure is: ratio, share, rate, time, memory or count.

    >>> [unit_of(f) for f in ("pairs a second", "minutes to train", "exact, %", "times as fast as Lark", "rules")]
    ['rate', 'time', 'share', 'ratio', 'count']
    """
    return next((unit for unit, pattern in UNITS if re.search(pattern, figure)), "count")


def direction_of(row: Row) -> str:
    """Whether "more" or "less" is better; empty where nobody says so."""
    if row["figure"].startswith("peer"):
        return ""
    if row.get("better") in ("more", "less"):
        return str(row["better"])
    if row["target"].startswith(MORE):
        return "more"
    if row["target"].startswith(LESS):
        return "less"
    unit = unit_of(row["figure"])
    if unit == "share":
        return "more" if re.search(r"\b(exact|right|read)\b", row["figure"]) else ""
    return {"ratio": "more", "rate": "more", "time": "less", "memory": "less"}.get(unit, "")


def _is_close(before: Row, after: Row, unit: str) -> bool:
    """Whether two numbers differ by no more than chance."""
    old, new = before["value"], after["value"]
    gap = abs(new - old)
    if unit == "share":
        low, high = _interval(before)
        return bool(gap <= POINT or low <= new <= high)
    if unit == "count":
        return bool(old == new)
    allowed = MEMORY if unit == "memory" else max(SPEED, _spread(before), _spread(after))
    return bool(gap <= allowed * max(abs(old), abs(new)))


def _spread(row: Row) -> float:
    """The range of a figure's timings, relative to the largest: 0 where it does not tell them."""
    found = re.match(r"([\d.eE+-]+?)\.\.([\d.eE+-]+)", str(row.get("spread", "")))
    try:
        low, high = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    except ValueError:
        return 0.0
    return (high - low) / high if high > 0 else 0.0


def _interval(row: Row) -> tuple[float, float]:
    """The interval of a share in percent, (1, 0) where it does not tell one."""
    found = row.get("interval")
    if not (isinstance(found, list) and len(found) == 2 and all(map(is_number, found))):
        return 1.0, 0.0
    scale = 100.0 if max(found) <= 1.0 < row["value"] else 1.0
    return scale * found[0], scale * found[1]
