"""SVG out against the strokes that the renderer draws."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_core.raster import TokenBatch
from i2c_plugins.figures import DIAGRAMS, FAMILY
from i2c_plugins.figures.geometry import strokes
from tests.plugins.figures.test_language import WIDE, some_programs

Drawn = tuple[object, ...]


def places(*numbers: float) -> tuple[float, ...]:
    return tuple(round(n, 2) + 0.0 for n in numbers)


def ends(x1: float, y1: float, x2: float, y2: float) -> tuple[float, ...]:
    """A segment either way round."""
    return min(places(x1, y1, x2, y2), places(x2, y2, x1, y1))


def of_svg(text: str) -> tuple[set[Drawn], tuple[float, ...]]:
    """The segments, circles and arcs of a picture, each with whether it is dashed; and its view box."""
    root = ElementTree.fromstring(text)
    found: set[Drawn] = set()
    for element in list(root)[1:]:  # behind the paper
        get = {k: float(v) for k, v in element.attrib.items() if k not in ("d", "stroke-dasharray")}
        dashed = element.get("stroke-dasharray") == "0.3 0.3"
        tag = element.tag.rpartition("}")[2]
        if tag == "circle":
            found.add(("circle", places(get["cx"], get["cy"], get["r"]), dashed))
        elif tag == "line":
            found.add(("segment", ends(get["x1"], get["y1"], get["x2"], get["y2"]), dashed))
        elif tag == "rect":
            x1, y1, x2, y2 = get["x"], get["y"], get["x"] + get["width"], get["y"] + get["height"]
            corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
            found |= {("segment", ends(*a, *b), dashed) for a, b in pairwise(corners)}
        else:
            x = y = 0.0
            for command, numbers in re.findall(r"([MLHVA])([^MLHVA]*)", element.get("d", "")):
                n = [float(v) for v in numbers.split()]
                to = {"H": (n[0], y), "V": (x, n[0])}.get(command, (n[-2], n[-1]) if len(n) > 1 else (0.0, 0.0))
                if command == "A":
                    found.add(("arc", places(n[0], *to), dashed))
                elif command != "M":
                    found.add(("segment", ends(x, y, *to), dashed))
                x, y = to
    return found, tuple(map(float, root.attrib["viewBox"].split()))


def of_strokes(family: Family, program: object) -> set[Drawn]:
    ids, _ = family.vocabulary.pack([family.to_tokens(program)])  # type: ignore[arg-type]
    drawn = strokes(TokenBatch(ids, None, family.vocabulary))
    found: set[Drawn] = set()
    for shape, arc, dashed, item in zip(
        *(t[0].tolist() for t in (drawn.shape, drawn.arc, drawn.dashed, drawn.item)), strict=True
    ):
        if item < 0:
            continue
        if not arc:
            found.add(("segment", ends(*shape[:4]), dashed))
        elif shape[5] > 6:
            found.add(("circle", places(*shape[:3]), dashed))
        else:
            angle = shape[4] + shape[5]
            end = shape[0] + shape[2] * math.cos(angle), shape[1] + shape[3] * math.sin(angle)
            found.add(("arc", places(shape[2], *end), dashed))
    return found


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS, WIDE], ids=lambda f: f.name)
@given(st.data())
def test_it_draws_the_strokes(family: Family, data: st.DataObject) -> None:
    program = data.draw(some_programs(family))
    drawn, box = of_svg(find_format(family, "svg").dumps(family, program))
    rows, columns = (s // {FAMILY: 8, DIAGRAMS: 6, WIDE: 8}[family] for s in family.size)
    assert box == (0, 0, columns, rows)
    wanted = of_strokes(family, program)
    assert {d[0] for d in drawn} == {d[0] for d in wanted}
    for one in drawn ^ wanted:  # numbers are rounded: another of the same kind lies within two hundredths
        others = drawn if one in wanted else wanted
        near = [o for o in others if o[0] == one[0] and o[2] == one[2]]
        assert any(max(abs(a - b) for a, b in zip(o[1], one[1], strict=True)) < 0.02 for o in near), one
