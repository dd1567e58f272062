"""The HTML page and the side-by-side picture."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np

from i2c_core.answers import Answer, Candidate
from i2c_core.errors import ImageError
from i2c_core.leftovers import Region
from i2c_core.plugins import get_family
from i2c_core.report import INVENTED, MISSED, difference, html_report, mark, marked_output, side_by_side
from i2c_core.sheets import CELL

SPLITS = get_family("splits")
NASTY = """<script>alert("x")</script> & 'quotes'"""


def answers() -> list[Answer]:
    picture = np.zeros((1, 20, 40), np.uint8)
    program = SPLITS.parse("B")
    candidates = [Candidate(program, code, 0.25, -1.0, 1, picture) for code in ("B", NASTY)]
    failed = Answer(NASTY, None, [], ImageError(f"{NASTY} is no image", NASTY))
    return [Answer("a.png", picture, candidates), failed, Answer("b.png", picture, candidates[:1])]


class Tags(HTMLParser):
    """Collects what a page is made of; refuses tags that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_is_whole_and_escaped() -> None:
    page = Tags()
    page.feed(html_report("splits", answers(), title=NASTY))
    page.close()
    assert page.open == []
    assert "script" not in page.seen
    assert page.text.count(NASTY) == 6  # twice as title, once as code, name, error and hint
    assert page.seen.count("img") == 2 + 3
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)


def test_a_page_is_one_text_of_its_answers() -> None:
    assert html_report("splits", answers()) == html_report("splits", answers())
    assert "<title>i2c: images read as splits</title>" in html_report("splits", [])


def test_side_by_side_shows_inputs_beside_outputs() -> None:
    light, dark = np.full((1, 4, 4), 255, np.uint8), np.zeros((1, 4, 4), np.uint8)
    candidate = Candidate(SPLITS.parse("B"), "B " * 300, 1.0, -1.0, 1, dark)
    sheet = np.asarray(side_by_side([Answer("a.png", light, [candidate]), *answers()]).convert("L"))
    middle = CELL // 2
    assert sheet[middle + 20, CELL // 2] == 255
    assert sheet[middle + 20, CELL + CELL // 2] == 0
    assert side_by_side([]).width == sheet.shape[1]
    assert sheet.shape[0] > 4 * CELL


def test_side_by_side_of_many_is_about_as_wide_as_high() -> None:
    light = np.full((1, 8, 8), 200, np.uint8)
    sheet = side_by_side([Answer(f"{n}.png", light, []) for n in range(40)])
    assert 0.5 < sheet.width / sheet.height < 2


def drawn() -> Answer:
    """A line across that the program does not explain, and one down that it draws instead."""
    given, made = np.full((2, 1, 64, 64), 255, np.uint8)
    given[0, 20:22, 5:60] = made[0, 10:60, 40:42] = 0
    left = Candidate(SPLITS.parse("B"), "B", 0.1, -1.0, 1, made, 0.934, given)
    return Answer("a.png", given, [left])


def test_ink_that_is_left_over_is_marked() -> None:
    answer = drawn()
    (best,) = answer.candidates
    page = html_report("some", [answer])
    assert "<td>93 %</td>" in page
    assert "Confidence: how probable it is" in page
    assert "Red</span>: ink of the input" in page
    output = marked_output(best)
    assert output.shape == (3, 64, 64)
    assert tuple(output[:, 30, 40]) == INVENTED
    assert tuple(output[:, 12, 41]) == INVENTED
    apart = difference(best)
    assert apart is not None
    assert tuple(apart[:, 20, 10]) == MISSED
    assert tuple(apart[:, 50, 40]) == INVENTED
    sheet = np.asarray(side_by_side([answer]))
    colours = {tuple(c) for c in sheet.reshape(-1, 3).tolist()}
    assert {MISSED, INVENTED} <= colours
    assert difference(answers()[0].candidates[0]) is None  # nothing is said of ink


def test_marking_keeps_inside_the_picture() -> None:
    picture = np.full((1, 8, 8), 255, np.uint8)
    ink = np.zeros((8, 8), bool)
    ink[0, 0] = True
    marked = mark(picture, ink, [Region(0.0, 0.0, 1.0, 1.0, 1.0)], MISSED)
    assert tuple(marked[:, 0, 0]) == MISSED
    assert marked.shape == (3, 8, 8)
    assert (picture == 255).all()
