"""The measure of a language, each part against a slow truth or by hand.

Legend: N programs, C channels, H W pixels.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from i2c_cli.app import application
from i2c_core.charts import COLOURS
from i2c_core.datasets.razor import sharp_razor
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.measuring import charts, find_rules
from i2c_core.measuring.coding import Examples, compression, examples_of, png_bytes, steps_of
from i2c_core.measuring.expressing import by_size, chao, sampled, small
from i2c_core.measuring.geometry import VARIABLE, Geometry
from i2c_core.measuring.predicting import predictability
from i2c_core.measuring.redundancy import by_symbol, symmetries
from i2c_core.measuring.shortest import Shortest
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.rewriting import parse_rules

FAMILY = get_family("splits")
SHIPPED = (resources.files("i2c_plugins.splits") / "splits.rules").read_text(encoding="utf-8")


def level(program: Program) -> NDArray[np.uint8]:
    """A grey picture (4, 4) of a number from sums and the larger of two: a language without zooms."""
    done: list[int] = []
    for node in reversed(list(program.nodes())):
        if node.name in ("plus", "max"):
            one, other = done.pop(), done.pop()
            done.append(min(250, one + other) if node.name == "plus" else max(one, other))
        else:
            done.append({"zero": 0, "ten": 10, "twenty": 20, "sixty": 60}[node.name])
    return np.full((4, 4), done[0], np.uint8)


LEVELS = Family(
    "levels",
    root="Level",
    signature="zero, ten, twenty, sixty : Level\nmax, plus : (one: Level, other: Level) -> Level",
    render=level,
    size=(4, 4),
    budget=9,
)


@cache
def brute(picture: tuple[tuple[int, ...], ...]) -> int:
    """The symbols of the shortest program of a black and white picture, straight from what h, v and q mean."""
    rows, columns = len(picture), len(picture[0])
    if len({c for row in picture for c in row}) == 1:
        return 1
    y, x = rows // 2, columns // 2
    top, bottom = picture[:y], picture[y:]
    left, right = (tuple(row[:x] for row in picture), tuple(row[x:] for row in picture))
    best = 10**9
    if y:
        best = min(best, 1 + brute(top) + brute(bottom))
    if x:
        best = min(best, 1 + brute(left) + brute(right))
    if x and y:
        quarters = [tuple(r[:x] for r in half) for half in (top, bottom)]
        quarters += [tuple(r[x:] for r in half) for half in (top, bottom)]
        best = min(best, 1 + sum(map(brute, quarters)))
    return best


def test_all_images_of_a_small_resolution_agree_with_brute_force() -> None:
    wanted: dict[int, int] = {}
    for bits in itertools.product((0, 1), repeat=8):
        size = brute((bits[:4], bits[4:]))
        wanted[size] = wanted.get(size, 0) + 1
    with Renderer(FAMILY) as renderer:
        found = small(FAMILY, (2, 4), renderer)
        at_four = small(FAMILY, (4, 4), renderer, most=11)
    assert found.images == dict(sorted(wanted.items()))
    assert (found.reached, found.all, found.complete) == (256, 256, True)
    assert at_four.images == {1: 2, 3: 4, 5: 26, 7: 168, 9: 1056, 11: 3240}
    assert not at_four.complete


def test_shortest_programs_are_those_of_the_razor() -> None:
    razored = sharp_razor(FAMILY, 9)
    rows = np.random.default_rng(0).choice(len(razored), 150, replace=False)
    with Renderer(FAMILY) as renderer, Shortest(FAMILY, renderer) as shortest:
        for row in rows.tolist():
            found = shortest.of(razored.pictures[np.array([row])][0])
            assert found == tuple(razored.ids[row, : razored.sizes[row]].tolist())
        grey = np.full((1, 8, 8), 77, np.uint8)
        assert shortest.of(grey) is None


def test_the_rules_that_are_shipped_are_those_that_are_found() -> None:
    with Renderer(FAMILY) as renderer:
        found = find_rules(FAMILY, 7, renderer)
    assert found.text() == SHIPPED
    assert (found.proved, found.through, len(found.rules), found.symmetries) == (True, 7, 22, ())
    assert "h(v(x, y), v(z, w)) = q(x, y, z, w)" in SHIPPED


def test_no_left_side_has_another_in_it_and_no_irreducible_pair_looks_alike() -> None:
    with Renderer(FAMILY) as renderer:
        found = find_rules(FAMILY, 5, renderer)
        again = find_rules(FAMILY, 4, renderer)
    assert [r for r in found.rules if r.size <= 4] == list(again.rules)
    lefts = [r.left for r in found.rules]
    for one in lefts:
        parts = list(one.nodes())
        assert not any(_instance(other, part) for other in lefts for part in parts if other is not one)


def _instance(pattern, term) -> bool:  # type: ignore[no-untyped-def]
    if pattern.is_variable:
        return True
    return pattern.name == term.name and all(_instance(a, b) for a, b in zip(pattern.args, term.args, strict=True))


def test_geometry_is_exact_where_pixels_are_not() -> None:
    with Renderer(FAMILY) as renderer:
        geometry = Geometry(FAMILY, 7, renderer)
    ids, x = FAMILY.vocabulary.ids, (VARIABLE,)
    h, v, q, B, W = (ids[t] for t in "hvqBW")
    pairs = [
        ((h, (v, x, x), (v, x, x)), (q, x, x, x, x), True),
        ((h, (B,), (h, (B,), (B,))), (B,), True),
        ((h, x, x), x, False),
        ((h, (B,), (W,)), (v, (B,), (W,)), False),
        ((v, (h, x, (B,)), (B,)), (h, (v, x, (B,)), (B,)), True),
        ((v, (h, x, (B,)), (W,)), (h, (v, x, (W,)), (B,)), False),
    ]
    for one, other, alike in pairs:
        assert geometry.alike(one, other) is alike
        assert (geometry.fingerprint(one) == geometry.fingerprint(other)) is alike


def test_a_language_without_zooms_has_its_rules_tested() -> None:
    with Renderer(LEVELS, workers=0) as renderer:
        found = find_rules(LEVELS, 3, renderer)
    rules = set(map(str, found.rules))
    assert not found.proved
    assert found.instances == 200
    assert {"max(zero, x) = x", "plus(zero, x) = x", "plus(ten, ten) = twenty", "max(x, zero) = x"} <= rules
    assert "max(x, sixty) = x" not in rules
    assert [str(s) for s in found.symmetries] == ["max(x, y) = max(y, x)", "plus(x, y) = plus(y, x)"]


def test_relations_and_orders_keep_rules_from_being_looked_for() -> None:
    family = get_family("figures")
    with Renderer(family) as renderer, pytest.raises(DataError) as caught:
        find_rules(family, 5, renderer)
    assert caught.value.fact == "programs of figures have relations or orders, so a part cannot stand everywhere"


def test_lower_bounds_of_what_was_drawn_once_and_twice() -> None:
    assert chao(np.array([1, 1, 1], np.uint64)) == (1.0, 1.0)
    assert chao(np.array([1, 2, 3, 3], np.uint64)) == (5.0, 3.0)


def test_an_estimate_has_the_truth_in_its_interval() -> None:
    ruled = replace(FAMILY, rules=SHIPPED)
    with Renderer(FAMILY) as renderer:
        counted = by_size(ruled, 11, renderer)[-1]
        guessed = sampled(ruled, 11, 150, renderer, np.random.default_rng(0))
    assert (counted.programs, counted.canonical, counted.images) == (231936, 27240, 25640)
    assert guessed.low <= counted.images <= guessed.high
    assert not guessed.exact
    assert counted.images / 27240 >= 0.9  # 0.11 without rules


def test_redundancy_by_symbol_and_by_symmetry() -> None:
    with Renderer(FAMILY) as renderer:
        size, begun = by_symbol(FAMILY, renderer, most=100)
    assert (size, [(b.symbol, b.programs, b.images, b.shared) for b in begun]) == (
        5,
        [("h", 32, 20, 24), ("v", 32, 20, 24), ("q", 16, 16, 14)],  # h: 6 times 2, on either side, and 4 of them twice,
    )
    found = symmetries(FAMILY, parse_rules(["h(B, B) = B", "h(W, W) = W"], FAMILY.vocabulary.ids), 3)
    assert [(f.pattern, f.rules) for f in found] == [("h(*, *) = *", 2)]
    assert (found[0].alone, found[0].besides) == pytest.approx((8 / 6, 8 / 6))


def test_bits_of_code_by_hand() -> None:
    program = FAMILY.parse("h B W")
    with Renderer(FAMILY) as renderer:
        picture = renderer.render_programs([program]).pixels[0]
        found = examples_of(FAMILY, [picture], renderer, "here")
    assert found.programs == [tuple(FAMILY.to_tokens(program).ids)]
    bits = compression(FAMILY, found)
    assert bits.uniform == pytest.approx(3 * np.log2(5))
    assert (bits.coded, bits.tokens, bits.pixels) == (1, 3, 1024.0)
    assert bits.png == 8 * png_bytes(picture)
    unknown = compression(FAMILY, Examples([picture], [None], "here"))
    assert (unknown.images, unknown.coded, unknown.uniform) == (1, 0, 0)


def test_what_is_open_knows_the_rules() -> None:
    ruled, ids = replace(FAMILY, rules=SHIPPED), FAMILY.vocabulary.names_to_ids(["h", "B", "v", "B", "W"])
    for family, last in ((FAMILY, 5), (ruled, 4)):  # behind h B v B nothing that makes it B
        steps = steps_of(family, [ids, ids[1:2]])
        assert [s.token for s in steps[0]] == ids
        assert len(steps[0][-1].open) == last
        assert [(s.parent, s.left) for s in steps[0]][2:4] == [((0, 1), 3), ((1, 0), -1)]


def test_tokens_are_less_surprising_to_a_table_than_to_nobody() -> None:
    with Renderer(FAMILY) as renderer:
        found = predictability(FAMILY, 9, 400, renderer, np.random.default_rng(0))
    assert found.entropy is not None
    assert found.entropy < found.table < found.uniform == pytest.approx(np.log2(5))
    assert found.trained + found.held_out == 400


def test_bars_are_as_long_as_their_numbers() -> None:
    picture = np.asarray(charts.bars([("a", 2.0, "2"), ("b", 1.0, "1")], "title"))
    assert picture.shape[1] == charts.WIDTH
    blue = np.array([int(COLOURS[0][i : i + 2], 16) for i in (1, 3, 5)])
    first, second = ((picture[charts.TOP + n * charts.ROW + 8] == blue).all(1).sum() for n in (0, 1))
    assert abs(first - 2 * second) <= 2


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    runner = CliRunner()
    made = runner.invoke(application, ["render", "h B W", "--family", "splits", "-o", str(folder / "a.png")])
    assert made.exit_code == 0, made.output
    small_one = ["--family", "splits", "--pixels", "2x2", "--max-size", "5", "--through", "7", "-q"]
    done = runner.invoke(
        application, ["measure", *small_one, "--images", str(folder), "--json", "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["small"]["images"] == {"1": 2, "3": 4, "5": 10}
    assert len(record["rules"]["rules"]) == 20
    assert record["plain_code"]["coded"] == 1
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == [
        "compression.png",
        "expressiveness-small.png",
        "expressiveness.png",
        "measure.json",
        "measure.md",
        "splits.rules",
        "symmetries.png",
    ]
    page = (tmp_path / "out" / "measure.md").read_text(encoding="utf-8")
    assert "At 2x2 pixels: 16 of all 16 images." in page
    assert "![Symmetries](symmetries.png)" in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--images", "{empty}"], "folder {empty} holds no images"),
        (["--pixels", "0x4"], "--pixels '0x4' is no size"),
        (["-o", "{file}"], "-o {file} is a file"),
    ],
)
def test_bad_input_is_told(options: list[str], message: str, tmp_path: Path) -> None:
    names = {"empty": str(tmp_path / "empty"), "file": str(tmp_path / "file")}
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(application, ["measure", "--family", "splits", *(o.format(**names) for o in options)])
    assert done.exit_code in (1, 2)
    assert message.format(**names) in done.stderr
    assert "Traceback" not in done.stderr
