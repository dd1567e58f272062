"""Two runs compared: what is chance, what another machine explains, and what is worse."""

from __future__ import annotations

from typing import Any

import pytest

from i2c_core.benching import Record, compare
from i2c_core.benching.comparing import differences, direction_of, judge, unit_of

HERE = {"cpu": "one", "cores": 2, "python": "3.11.7", "load": 1.0, "versions": {"torch": "2.13.0"}}


def row(figure: str, value: object, target: str = "", met: bool | None = None, **more: Any) -> dict[str, Any]:
    return {"figure": figure, "value": value, "target": target, "met": met, **more}


def record(*rows: dict[str, Any], **machine: Any) -> Record:
    return Record("some", "about", HERE | machine, list(rows))


@pytest.mark.parametrize(
    ("figure", "unit", "direction"),
    [
        ("pairs a second", "rate", "more"),
        ("CSG prefix, batch 1: times as fast as xgrammar", "ratio", "more"),
        ("minutes, process start to end", "time", "less"),
        ("CSG prefix, batch 1: ms of a step", "time", "less"),
        ("greedy: exact of 100 images, %", "share", "more"),
        ("sketches: right among five, %", "share", "more"),
        ("share of a step spent waiting for data, %", "share", ""),
        ("programs of 13 levels in 5 s: gap to the bound, %, worst", "share", ""),
        ("memory at 100,000 images, MB", "memory", "less"),
        ("rules of up to 7 symbols", "count", ""),
        ("peer: Pillow, pictures a second", "rate", ""),
    ],
)
def test_a_name_says_unit_and_direction(figure: str, unit: str, direction: str) -> None:
    assert unit_of(figure) == unit
    assert direction_of(row(figure, 1)) == direction


def test_a_target_says_the_direction_and_the_row_itself_before_it() -> None:
    assert direction_of(row("lines", 6, "at most 6, optimal")) == "less"
    assert direction_of(row("share of a step, %", 6, "under 10")) == "less"
    assert direction_of(row("lines", 6, "at least 6")) == "more"
    assert direction_of(row("lines", 6, "at least 6", better="less")) == "less"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (row("pairs a second", 100.0), row("pairs a second", 85.0), "same"),
        (row("pairs a second", 100.0), row("pairs a second", 75.0), "worse"),
        (row("pairs a second", 100.0), row("pairs a second", 150.0), "better"),
        (row("pairs a second", 100.0, spread="2..4 s"), row("pairs a second", 75.0), "same"),  # it spreads by half
        (row("seconds to train", 10.0), row("seconds to train", 20.0), "worse"),
        (row("exact, %", 95.0), row("exact, %", 94.1), "same"),
        (row("exact, %", 95.0), row("exact, %", 90.0), "worse"),
        (row("exact, %", 95.0, interval=[88.0, 98.0]), row("exact, %", 90.0), "same"),
        (row("exact, %", 95.0, interval=[0.88, 0.98]), row("exact, %", 90.0), "same"),
        (row("exact, %", 95.0, interval=[0.88, 0.98]), row("exact, %", 87.0), "worse"),
        (row("gap, %", 1.0), row("gap, %", 5.0), "changed"),
        (row("peak, MB", 100), row("peak, MB", 109), "same"),
        (row("peak, MB", 100), row("peak, MB", 112), "worse"),
        (row("rules", 22), row("rules", 21), "changed"),
        (row("lines", 6, "at most 6", True), row("lines", 5, "at most 6", True), "better"),
        (row("kept", {"1": 2}), row("kept", {"1": 2}), "same"),
        (row("kept", {"1": 2}), row("kept", {"1": 3}), "changed"),
        (row("kept", "none"), row("kept", 3), "changed"),
        (row("exact, %", 95.2, "at least 95", True), row("exact, %", 94.9, "at least 95", False), "worse"),
        (row("exact, %", 94.9, "at least 95", False), row("exact, %", 95.2, "at least 95", True), "better"),
        (row("wrong", True), row("wrong", True), "same"),
    ],
)
def test_what_became_of_a_figure(before: dict[str, Any], after: dict[str, Any], verdict: str) -> None:
    assert judge(before, after) == verdict


def test_seconds_of_another_machine_are_not_compared_and_shares_and_ratios_are() -> None:
    before = record(row("s: seconds", 1.0, "at most 2", True), row("exact, %", 90.0), row("times as fast as X", 4.0))
    after = record(
        row("s: seconds", 9.0, "at most 2", False), row("exact, %", 80.0), row("times as fast as X", 2.0), cpu="other"
    )
    found = compare(before, after)
    assert [change.verdict for change in found.changes] == ["unlike", "worse", "worse"]
    assert found.differences == ["cpu: one before, other now"]
    busy = compare(record(row("s: seconds", 1.0), load=3.1), record(row("s: seconds", 9.0)))
    assert [change.verdict for change in busy.changes] == ["unlike"]
    assert busy.differences == ["busy before: 3.1 processes wanted the 2 cores"]


def test_figures_that_come_and_go() -> None:
    found = compare(record(row("a", 1), row("b", 2)), record(row("b", 2), row("c", 3)))
    assert [(c.figure, c.before, c.after, c.verdict) for c in found.changes] == [
        ("b", 2, 2, "same"),
        ("c", None, 3, "new"),
        ("a", 1, None, "gone"),
    ]
    assert [c.figure for c in found.moved] == ["c", "a"]
    assert not found.worse


def test_versions_and_other_work_are_told() -> None:
    after = record(load=6.0, versions={"torch": "2.14.0"})
    assert differences(record(), after) == [
        "torch: 2.13.0 before, 2.14.0 now",
        "busy now: 6.0 processes wanted the 2 cores",
    ]


def test_a_record_of_a_comparison_counts_what_is_worse() -> None:
    found = compare(record(row("pairs a second", 100.0)), record(row("pairs a second", 50.0)))
    assert found.record() == {
        "benchmark": "some",
        "worse": 1,
        "machine": [],
        "rows": [{"figure": "pairs a second", "before": 100.0, "after": 50.0, "verdict": "worse"}],
    }
