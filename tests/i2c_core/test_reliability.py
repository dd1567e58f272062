"""Expected calibration error, bins and the plot."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from i2c_core.reliability import Reliability


def test_bins_and_error() -> None:
    told = [(0.95, True), (0.95, True), (1.0, False), (0.05, False), (0.55, True)]
    found = Reliability.of(told)
    assert found is not None
    assert [(b.low, b.high, b.count) for b in found.bins] == [(0.0, 0.1, 1), (0.5, 0.6, 1), (0.9, 1.0, 3)]
    assert [b.right for b in found.bins] == [0.0, 1.0, pytest.approx(2 / 3)]
    top = abs((0.95 + 0.95 + 1.0) / 3 - 2 / 3)
    assert found.error == pytest.approx((0.05 + 0.45 + 3 * top) / 5)
    assert found.sure == (3, 2)
    assert found.tell() == "calibration error 0.280; 3 of 5 told at 0.9 or above, of which 66.7 % are right"
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["sure"] == {"from": 0.9, "pictures": 3, "right": 2}
    assert len(record["bins"]) == 3


def test_perfect_confidence_has_no_error() -> None:
    found = Reliability.of([(1.0, True)] * 4 + [(0.0, False)] * 3)
    assert found is not None
    assert found.error == 0.0
    unsure = Reliability.of([(0.2, False)])
    assert unsure is not None
    assert unsure.tell() == "calibration error 0.200; 0 of 1 told at 0.9 or above"
    assert Reliability.of([]) is None


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.circles = 0
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.circles += tag == "circle"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_plot_has_a_dot_a_bin() -> None:
    found = Reliability.of([(0.95, True), (0.15, False), (0.35, True)])
    assert found is not None
    page = Tags()
    page.feed(found.svg())
    assert (page.circles, page.open) == (3, [])
    assert 'cx="258.0" cy="30.0"' in found.svg()  # 0.95 across, all right
