"""The race: one clock and one renderer for everybody, what each found when, and what it comes to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_families import DIALS, MARKS
from numpy.typing import NDArray
from PIL import Image

from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.plugins import Registered, get_family, installed
from i2c_core.predictions import read_predictions
from i2c_core.progress import Silent
from i2c_core.race import (
    Goal,
    Limits,
    Meter,
    Over,
    Point,
    Racer,
    Run,
    curves,
    field_of,
    held_out_goals,
    race,
    read_goals,
    standings,
    write_race,
)
from i2c_core.raster import Renderer
from i2c_core.search import Enumeration, Found, Network, Searcher

SPLITS = get_family("splits")


def ids_of(family: Family, *codes: str) -> NDArray[np.int64]:
    ids, _ = family.vocabulary.pack([family.to_tokens(family.parse(code)) for code in codes])
    return ids


def goal(code: str, size: tuple[int, int] = (8, 8), name: str = "a") -> Goal:
    with Renderer(SPLITS, workers=0) as renderer:
        program = SPLITS.parse(code)
        return Goal(name, renderer.render_programs([program], size).pixels[0], program.size)


class Scripted:
    """A searcher that yields what it is told, and draws one program before each."""

    def __init__(self, family: Family, renderer: Renderer, script: list[tuple[str, float]]) -> None:
        self.family, self.renderer, self.script = family, renderer, script

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        for code, cost in self.script:
            program = self.family.parse(code)
            self.renderer.render_programs([program], (int(image.shape[1]), int(image.shape[2])))
            yield Found(program, cost, 0.0)


def scripted(*script: tuple[str, float], name: str = "scripted", seeded: bool = False) -> Racer:
    def make(family: Family, renderer: Renderer, seed: int) -> Searcher:
        return Scripted(family, renderer, list(script))

    return Racer(name, "as it is told", make, seeded)


def run_of(racer: Racer, goals: list[Goal], limits: Limits, seeds: int = 1) -> list[Run]:
    return list(race(SPLITS, goals, [racer], limits, range(seeds), Silent()))


# -- the meter


def test_programs_beyond_the_number_come_back_without_a_picture_and_then_it_is_over() -> None:
    with Meter(SPLITS, renders=3) as meter:
        ids = ids_of(SPLITS, "W", "B", "h W B", "v W B")
        drawn = meter.render(ids, None, (4, 4))
        assert drawn.defined.tolist() == [True, True, True, False]
        assert drawn.pixels.shape == (4, 1, 4, 4)
        assert (meter.renders, meter.over) == (3, True)
        for ask in (lambda: meter.render(ids), lambda: meter.render_programs([SPLITS.parse("W")]), meter.tick):
            with pytest.raises(Over):
                ask()


def test_it_draws_as_a_renderer_does_and_counts_each_program_once() -> None:
    import torch

    ids = ids_of(SPLITS, "q W B B W", "v h W B B")
    with Meter(SPLITS, seconds=60) as meter, Renderer(SPLITS, workers=0) as renderer:
        wanted = renderer.render(ids, None, (6, 5))
        programs = [SPLITS.from_tokens(row) for row in ids.tolist()]
        assert (meter.render(ids, None, (6, 5)).pixels == wanted.pixels).all()
        assert (meter.render_programs(programs, (6, 5)).pixels == wanted.pixels).all()
        pixels, defined = meter.render_tensors(torch.from_numpy(ids), None, (6, 5))
        assert (pixels.numpy() == wanted.pixels).all()
        assert defined.all()
        assert meter.renders == 6
        assert len(meter.render(ids[:0]).pixels) == 0


def test_the_clock_stops_a_renderer_of_one_program_in_the_middle_of_a_batch() -> None:
    def slow(program: Any) -> NDArray[np.uint8]:
        time.sleep(0.005)
        return np.zeros((4, 4), np.uint8)

    family = Family(
        "slow", root="Image", signature="h : (Image, Image) -> Image\nB, W : Image", render=slow, size=(4, 4)
    )
    sampled = np.array([[0, 1 + (i & 1), 1 + (i >> 1 & 1)] for i in range(4)])  # four programs, again and again
    with Meter(family, seconds=0.05) as meter:
        defined = np.concatenate([meter.render(np.tile(sampled, (16, 1))).defined for _ in range(1)])
        while not meter.over:
            meter.render(sampled)
        assert defined.any()
        with pytest.raises(Over):
            meter.render(sampled)


def test_the_clock_of_the_processor_stands_while_others_have_it() -> None:
    with Meter(SPLITS, seconds=5, clock="processor") as meter:
        time.sleep(0.1)
        assert meter.elapsed < 0.09
    with Meter(SPLITS, seconds=5) as meter:
        time.sleep(0.1)
        assert meter.elapsed >= 0.1


# -- a search


def test_what_is_better_counts_with_its_time_and_renders() -> None:
    racer = scripted(("W", 0.5), ("B", 0.5), ("h W B", 0.25), ("h v W W B", 0.0), ("h W B", 0.0))
    (run,) = run_of(racer, [goal("h W B")], Limits(60, None, 9))
    assert [(p.code, p.distance, p.size, p.renders) for p in run.points] == [("W", 0.5, 1, 1), ("h W B", 0, 3, 3)]
    assert [p.seconds for p in run.points] == sorted(p.seconds for p in run.points)
    assert (run.ended, run.renders, run.error) == ("exhausted", 5, "")


def test_claims_are_drawn_again() -> None:
    (run,) = run_of(scripted(("W", 0.0)), [goal("h W B")], Limits(60, None, 9))
    assert run.best is not None
    assert run.best.distance == 0.5


def test_code_beyond_the_budget_does_not_count() -> None:
    (run,) = run_of(scripted(("W", 0.5), ("h v W W B", 0.0)), [goal("h W B")], Limits(60, None, 3))
    assert [p.code for p in run.points] == ["W"]


def test_it_ends_when_nothing_better_exists_or_when_it_is_enough() -> None:
    wanted = goal("h W B")
    names = {r.name: r for r in field_of(SPLITS, installed().searchers, [], ["enumeration", "divide"]).racers}
    for racer in names.values():
        (run,) = run_of(racer, [wanted], Limits(60, None, 9))
        assert (run.ended, run.best and run.best.size) == ("proved", 3)
    script = scripted(("h W B", 0.0), ("W", 0.5))
    assert run_of(script, [wanted], Limits(60, None, 9, enough=True))[0].ended == "enough"
    assert run_of(script, [Goal("b", wanted.picture)], Limits(60, None, 9, enough=True))[0].ended == "exhausted"


@pytest.mark.parametrize("name", ["enumeration", "genetic", "tree"])
def test_renders_are_counted_exactly(name: str) -> None:
    image = (np.random.default_rng(0).random((1, 8, 8)) < 0.5).astype(np.uint8) * 255
    (racer,) = field_of(SPLITS, installed().searchers, [], [name]).racers
    (run,) = run_of(racer, [Goal("noise", image)], Limits(None, 700, 15))
    assert (run.ended, run.renders) == ("renders", 700)


def test_time_is_kept_by_who_finds_nothing_new() -> None:
    class Idle:
        def __init__(self, family: Family, renderer: Any) -> None:
            self.renderer = renderer

        def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
            yield Found(SPLITS.parse("W"), 1.0, 0.0)
            while True:
                self.renderer.tick()

    racer = Racer("idle", "", lambda family, renderer, seed: Idle(family, renderer), False)
    (run,) = run_of(racer, [goal("B")], Limits(0.05, None, 9))
    assert run.ended == "seconds"
    assert 0.05 <= run.seconds < 5


def test_a_searcher_that_raises_fails_alone() -> None:
    class Raises:
        def __init__(self, family: Family, renderer: Any) -> None:
            pass

        def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
            yield Found(SPLITS.parse("W"), 1.0, 0.0)
            raise KeyError("lost")

    racers = [Racer("raises", "", lambda family, renderer, seed: Raises(family, renderer), False), scripted(("B", 0.0))]
    found = list(race(SPLITS, [goal("B")], racers, Limits(60, None, 9), [0], Silent()))
    assert [(r.ended, r.error, len(r.points)) for r in found] == [
        ("failed", "KeyError: 'lost'", 1),
        ("proved", "", 1),  # nothing is closer or smaller than one token that draws the image
    ]


def test_seeds_are_for_those_that_draw_lots() -> None:
    goals = [goal("W"), goal("B", name="b")]
    assert [r.seed for r in run_of(scripted(("W", 0.0)), goals, Limits(60, None, 9), seeds=3)] == [0, 0]
    assert len(run_of(scripted(("W", 0.0), seeded=True), goals, Limits(60, None, 9), seeds=3)) == 6


@pytest.mark.parametrize(
    ("limits", "fact"),
    [
        ((None, None), "a race without an end was asked for"),
        ((0, None), "a race of 0 seconds was asked for"),
        ((float("inf"), None), "a race of inf seconds was asked for"),
        ((None, 0), "a race of 0 renders was asked for"),
    ],
)
def test_limits_that_are_none(limits: tuple[float | None, int | None], fact: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Limits(*limits, 9)
    assert caught.value.fact == fact


# -- who races


def test_without_a_network_the_others_race_and_it_is_said_why() -> None:
    field = field_of(SPLITS, installed().searchers, [], None, "splits ships no weights")
    assert [r.name for r in field.racers] == ["divide", "enumeration", "genetic", "tree"]
    assert field.absent == dict.fromkeys(
        ["guided", "greedy", "beam", "sample", "stochastic-beam", "smc"], "splits ships no weights"
    )


def test_with_a_network_its_strategies_race() -> None:
    field = field_of(SPLITS, installed().searchers, [Network.shipped(SPLITS)], ["greedy", "smc", "guided"])
    assert [(r.name, r.seeded, r.learned) for r in field.racers] == [
        ("greedy", False, True),
        ("smc", True, True),
        ("guided", True, True),
    ]
    for racer in field.racers[::2]:
        (run,) = run_of(racer, [goal("h v W B B", (32, 32))], Limits(None, 40, 15, enough=True))
        assert run.ended == "enough"


def test_a_network_with_strategies_of_its_own_races_by_them() -> None:
    class Own:
        strategies = ("auto", "greedy")

        def stages(self, name: str, n: int) -> None:
            return None

    network = Network(Own(), (32, 32), 31, "own.safetensors")  # type: ignore[arg-type]
    field = field_of(SPLITS, installed().searchers, [network])
    assert [r.name for r in field.racers] == ["divide", "enumeration", "genetic", "tree", "auto"]
    assert field.absent == {"guided": "the network of own.safetensors does not write token by token"}
    field = field_of(SPLITS, installed().searchers, [network], ["greedy", "smc"])
    assert [r.name for r in field.racers] == ["greedy"]
    assert field.absent == {"smc": "the network of own.safetensors does not write token by token"}


def test_who_cannot_search_a_family_does_not_race() -> None:
    field = field_of(MARKS, installed().searchers, [], ["divide", "enumeration"])
    assert [r.name for r in field.racers] == ["enumeration"]
    assert field.absent == {"divide": "no symbol of marks says by zooms how whole programs tile its place"}


def test_names_that_nobody_has() -> None:
    with pytest.raises(ConfigError) as caught:
        field_of(SPLITS, installed().searchers, [], ["genetics"])
    assert str(caught.value) == "there is no searcher 'genetics'\n  -> did you mean 'genetic'?"
    with pytest.raises(ConfigError) as caught:
        field_of(SPLITS, installed().searchers, [], ["guided"], "splits ships no weights")
    assert str(caught.value) == (
        "no searcher can race for splits (guided: splits ships no weights)\n  -> choose others with --searchers"
    )


def test_a_strangers_searcher_races_under_its_name() -> None:
    mine = Registered("mine", lambda family, renderer: Scripted(family, renderer, [("W", 1.0)]), "mine", "a plugin")
    (racer,) = field_of(SPLITS, {"mine": mine}, [], ["mine"]).racers
    assert (racer.name, racer.seeded, racer.learned) == ("mine", False, False)
    assert run_of(racer, [goal("B")], Limits(60, None, 9))[0].points[0].code == "W"
    wrong = Registered("mine", lambda family, renderer: 7, "mine", "a plugin")
    field = field_of(SPLITS, {"mine": wrong, **installed().searchers}, [], ["mine", "tree"])
    assert field.absent == {"mine": "searcher 'mine' of a plugin has no method search"}
    clash = {"beam": Registered("beam", Enumeration, "mine", "a plugin")}
    field = field_of(SPLITS, clash | installed().searchers, [], ["beam", "tree"])
    assert field.absent == {"beam": "the searcher of a plugin has the name of a strategy"}


# -- images


def test_images_come_with_their_programs_or_without(tmp_path: Path) -> None:
    Image.new("L", (12, 8), 255).save(tmp_path / "a.png")
    Image.new("L", (300, 600), 0).save(tmp_path / "b.png")
    found = read_goals(SPLITS, tmp_path)
    assert [(g.name, g.size, g.picture.shape) for g in found] == [
        ("a.png", None, (1, 8, 12)),
        ("b.png", None, (1, 256, 128)),  # as large as programs are compared with it
    ]
    assert [g.name for g in read_goals(SPLITS, tmp_path / "a.png")] == ["a.png"]
    (tmp_path / "pairs.jsonl").write_text('{"file": "a.png", "code": "h W W"}\n')
    assert [(g.name, g.size) for g in read_goals(SPLITS, tmp_path)] == [("a.png", 3)]


def test_held_out_images_have_true_sizes() -> None:
    assert [g.size for g in held_out_goals(SPLITS, [5, 7], 2, 0)] == [5, 5, 7, 7]


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_goals(SPLITS, tmp_path)
    assert str(caught.value) == f"{tmp_path} is empty\n  -> give an image, a folder of images, or a data set"


# -- results


def a_run(searcher: str, name: str, seed: int, *points: tuple[float, float, int], size: int = 3) -> Run:
    made = tuple(Point(s, int(100 * s), d, n, "W") for s, d, n in points)
    return Run(searcher, Goal(name, np.zeros((1, 1, 1), np.uint8), size), seed, made, 1.0, 100, "seconds")


RUNS = [
    a_run("fast", "a", 0, (0.1, 0.5, 1), (0.2, 0.0, 5), (0.4, 0.0, 3)),
    a_run("fast", "b", 0, (0.1, 0.4, 1)),
    a_run("slow", "a", 0, (0.8, 0.0, 3)),
    a_run("slow", "a", 1),
    a_run("slow", "b", 0),
    a_run("slow", "b", 1, (0.9, 0.6, 2)),
]


def test_standings() -> None:
    fast, slow = standings(RUNS)
    assert (fast.runs, fast.images, fast.seeds, fast.exact, fast.short) == (2, 2, 1, 1, 1)
    assert (fast.distance, fast.size, fast.seconds, fast.renders) == (0.2, 3.0, 0.2, 20)
    assert (slow.runs, slow.images, slow.seeds, slow.exact) == (4, 2, 2, 1)
    assert slow.distance == pytest.approx((0 + 0.5 + 0.6 + 0.6) / 4)  # who finds nothing counts as the worst
    assert json.loads(json.dumps(fast.record()))["exact_interval"] == pytest.approx([0.094529, 0.905471], abs=1e-6)


def test_curves_are_means_of_what_was_best_at_each_moment() -> None:
    fast, slow = curves(RUNS, "exact", "seconds", 1.0)
    assert (fast.over, slow.over) == ("images", "seeds")
    for curve in (fast, slow):
        own = [r for r in RUNS if r.searcher == curve.searcher]
        for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
            best = [r.at(x) for r in own]
            assert y == pytest.approx(sum(p is not None and p.distance == 0 for p in best) / len(own))
    assert (np.diff(fast.y) >= 0).all()
    assert ((slow.low <= slow.y + 1e-12) & (slow.y <= slow.high + 1e-12)).all()
    assert curves(RUNS, "short", "seconds", 1.0)[0].y[-1] == 0.5
    assert curves(RUNS, "distance", "renders", 100)[0].y[[0, -1]].tolist() == pytest.approx([0.55, 0.2])
    assert curves(RUNS, "size", "seconds", 1.0)[0].y[-1] == 2.0


def test_a_race_is_written_as_lines_chart_and_predictions(tmp_path: Path) -> None:
    written = write_race(tmp_path, RUNS, Limits(1.0, None, 9))
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        "runs.jsonl",
        "race.png",
        "predictions/fast-0.jsonl",
        "predictions/slow-0.jsonl",
        "predictions/slow-1.jsonl",
    ]
    lines = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert [line["searcher"] for line in lines] == [r.searcher for r in RUNS]
    assert lines[0]["points"][1] == {"seconds": 0.2, "renders": 20, "distance": 0.0, "size": 5, "code": "W"}
    with Image.open(tmp_path / "race.png") as chart:
        assert chart.width > 600
        colours = chart.convert("RGB").getcolors(1 << 24)
        assert colours is not None
        assert len(colours) > 50  # there is something on it
    (first, _) = read_predictions(written[2])
    assert (first.file, first.code, first.seed, first.seconds, first.renders) == ("a", "W", 0, 0.4, 40)
    assert [p.code for p in read_predictions(written[3])] == ["W", None]


def test_continuous_families_race() -> None:
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, 0, :2] = 90, 217
    (racer,) = field_of(DIALS, installed().searchers, [], ["genetic"]).racers
    (run,) = race(DIALS, [Goal("dial", image)], [racer], Limits(None, 3000, 9), [0], Silent())
    assert run.best is not None
    assert run.best.distance < 0.02


@pytest.mark.parametrize("name", ["boxes", "functions-rgb", "splits-rgb"])
def test_shipped_families_race(name: str) -> None:
    family = get_family(name)
    ids, values = Sampler(family, 12).sample(np.random.default_rng(0), np.array([9]))
    with Renderer(family, workers=0) as renderer:
        image = renderer.render(ids, values).pixels[0]
    racers = field_of(family, installed().searchers, [], ["genetic", "tree"]).racers
    for run in race(family, [Goal(name, image)], racers, Limits(None, 150, 12), [0], Silent()):
        assert (run.error, run.ended in ("renders", "proved")) == ("", True)
        assert run.best is not None
        program = family.parse(run.best.code)
        assert family.is_canonical(program)
        assert program.size == run.best.size
