"""The Python door, with a stand-in for the network whose proposals a test chooses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

import i2c_core
from i2c_core.calibration import FEATURES, Calibration
from i2c_core.checkpoints import Checkpoint, describe_model, save_checkpoint
from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Proposals, Sample
from i2c_core.decoding.rounds import comparison_size, make_stages
from i2c_core.decoding.strategies import STAGES
from i2c_core.errors import BudgetError, CheckpointError, ConfigError, FamilyError, I2cError, ImageError, RenderError
from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl
from i2c_core.model import ModelConfig, Observation
from i2c_core.plugins import Plugin, Plugins, get_family
from i2c_core.reader import Reader
from i2c_core.vocabulary import Encoded

SPLITS = get_family("splits")
Picture = NDArray[np.uint8]


class Proposer:
    """Proposes the same programs for every image, the first `wide` of them only to beams that are wide enough."""

    def __init__(self, family: Family, codes: Sequence[str], last_from: int = 0) -> None:
        self.family, self.codes, self.last_from = family, list(codes), last_from
        self.asked: list[tuple[int, Any]] = []

    def propose(
        self, observation: Observation, *, n: int = 1, strategy: Any = None, budget: int = 64, generator: Any = None
    ) -> Proposals:
        self.asked.append((len(observation), strategy))
        wide = not isinstance(strategy, Beam) or strategy.width >= self.last_from
        codes = self.codes if wide else self.codes[:-1]
        encoded: list[Encoded] = [self.family.to_tokens(self.family.parse(c)) for c in codes]
        ids = torch.from_numpy(self.family.vocabulary.pack(encoded)[0]).expand(len(observation), -1, -1)
        logprob = -torch.arange(1.0, len(codes) + 1, dtype=torch.float64).expand(len(observation), -1)
        return Proposals(ids, logprob, torch.zeros_like(logprob), None, torch.zeros_like(logprob).long())


def make_reader(codes: Sequence[str], last_from: int = 0, family: Family = SPLITS) -> Reader:
    config = ModelConfig(vocabulary=family.vocabulary.size, max_tokens=11, image=(family.channels, *family.size))
    checkpoint = Checkpoint(Path("none"), describe_model(family, config, {}, 0), {})
    return Reader(family, Proposer(family, codes, last_from), checkpoint)


def halves(height: int = 32, width: int = 32) -> Picture:
    """What `h B W` draws."""
    picture = np.zeros((height, width), np.uint8)
    picture[height // 2 :] = 255
    return picture


def test_candidates_say_what_they_are() -> None:
    with make_reader(["B", "h B W", "h h B B W"]) as reader:
        found = reader.read(halves())
    codes = [(c.code, c.distance, c.logprob, c.size) for c in found]
    assert codes == [("h B W", 0.0, -2.0, 3), ("h h B B W", 0.0, -3.0, 5), ("B", 0.5, -1.0, 1)]
    assert found[0].program == SPLITS.parse("h B W")
    assert (found[0].picture[0] == halves()).all()
    assert isinstance(found[0], i2c_core.Candidate)


def test_one_or_many(tmp_path: Path) -> None:
    Image.fromarray(halves()).save(tmp_path / "a.png")
    path = tmp_path / "a.png"
    tensor = torch.from_numpy(halves())[None].float() / 255
    with make_reader(["h B W"]) as reader, Image.open(path) as image:
        for one in (path, str(path), path.read_bytes(), image, halves(), halves()[..., None], tensor):
            assert [c.code for c in reader.read(one)] == ["h B W"]
        stack = np.stack([halves()[None]] * 3)
        for many in ([path] * 3, (halves(), image, tensor), stack, torch.from_numpy(stack), (p for p in [path] * 3)):
            assert [[c.code for c in found] for found in reader.read(many)] == [["h B W"]] * 3
        assert reader.read([]) == []


def test_pictures_of_any_size_are_compared_at_their_own() -> None:
    with make_reader(["h B W"]) as reader:
        answers = list(reader.read_many([halves(20, 30), halves(64, 64), halves(20, 30), halves(1000, 500)]))
    assert [a.picture.shape for a in answers if a.picture is not None] == [
        (1, 20, 30), (1, 64, 64), (1, 20, 30), (1, 256, 128)
    ]  # fmt: skip
    for answer in answers:
        assert answer.candidates[0].distance == 0.0
        assert answer.candidates[0].picture.shape == answer.picture.shape  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("size", "expected"), [((40, 30), (40, 30)), ((256, 1), (256, 1)), ((512, 256), (256, 128)), ((9000, 2), (256, 1))]
)
def test_comparison_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert comparison_size(SPLITS, *size) == expected


def test_comparison_size_of_a_family_of_one_size() -> None:
    fixed = Family("fixed", root="Image", signature="B : Image", size=(8, 9))
    assert comparison_size(fixed, 100, 200) == (8, 9)


def test_one_bad_picture_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    with make_reader(["B"]) as reader:
        first, second, third = reader.read_many([halves(), tmp_path / "bad.png", tmp_path / "missing.png"])
        assert first.candidates
        assert isinstance(second.error, ImageError)
        assert (second.name, second.picture, second.candidates) == (str(tmp_path / "bad.png"), None, [])
        assert isinstance(third.error, ImageError)
        with pytest.raises(ImageError, match="is not an image"):
            reader.read([halves(), tmp_path / "bad.png"])


def test_beams_widen_until_a_picture_is_drawn_exactly() -> None:
    with make_reader(["B", "h B W"], last_from=STAGES[1]) as reader:
        black = np.zeros((32, 32), np.uint8)
        answers = list(reader.read_many([halves(), black, halves()], n=1))
        asked = reader.proposer.asked  # type: ignore[attr-defined]
    assert [a.candidates[0].code for a in answers] == ["h B W", "B", "h B W"]
    assert asked == [(3, Beam(STAGES[0])), (2, Beam(STAGES[1]))]


def test_strategies_by_name() -> None:
    assert make_stages("greedy", 5) == (Greedy(),)
    assert make_stages("sample", 5) == (Sample(),)
    assert make_stages("beam", 99) == (Beam(99),)
    assert make_stages("auto", 20) == (Beam(20), Beam(64))
    assert make_stages("auto", 99) == (Beam(99),)
    assert make_stages(Beam(3), 5) == (Beam(3),)
    with pytest.raises(ConfigError) as caught:
        make_stages("greddy")
    assert str(caught.value) == "there is no strategy 'greddy'\n  -> did you mean 'greedy'?"


def test_limits() -> None:
    with make_reader(["B"]) as reader:
        for budget, kind, message in (
            (0, BudgetError, "a budget of 0 tokens is below the shortest Image, which has 1"),
            (12, ConfigError, "a budget of 12 tokens is above the 11 that the network was trained for"),
        ):
            with pytest.raises(kind) as caught:
                reader.read(halves(), budget=budget)
            assert caught.value.fact == message
        for n in (0, 1001):
            with pytest.raises(ConfigError) as caught:
                reader.read(halves(), n)
            assert str(caught.value) == f"{n} candidates were asked for\n  -> ask for 1 to 1000"
        with pytest.raises(ConfigError) as caught:
            reader.read(halves(), seed=-1)
        assert str(caught.value) == f"the seed is -1\n  -> use a whole number from 0 to {2**63 - 1}"


class Ranking(Proposer):
    """Knows which program is right: the last one, whatever it draws; stops when it is told."""

    ranks = anytime = True
    strategies = ("fast", "thorough")
    deadlines: list[float | None]

    def stages(self, name: str, n: int) -> tuple[Any, ...] | None:
        return {"auto": (Beam(n),), "fast": (Beam(n),), "thorough": (Beam(n), Beam(n + 1))}.get(name)

    def propose(self, observation: Observation, *, deadline: float | None = None, **rest: Any) -> Proposals:
        self.deadlines = [*getattr(self, "deadlines", []), deadline]
        found = super().propose(observation, **rest)
        scores = -found.logprob - (0.0 if rest["strategy"] == Beam(rest["n"]) else 10.0)
        return replace(found, scores=scores, confidence=(scores / 4).clip(0, 1))


def make_ranking(codes: Sequence[str]) -> tuple[Reader, Ranking]:
    reader, proposer = make_reader(codes), Ranking(SPLITS, codes)
    reader.proposer = proposer
    return reader, proposer


def test_a_proposer_that_ranks_keeps_its_order() -> None:
    reader, proposer = make_ranking(["h B W", "h h B B W", "B"])
    with reader:
        found = reader.read(halves())
        assert [(c.code, c.distance, c.logprob) for c in found] == [
            ("B", 0.5, -3.0), ("h h B B W", 0.0, -2.0), ("h B W", 0.0, -1.0)
        ]  # fmt: skip
        assert proposer.asked == [(1, Beam(5))]
        reader.read([halves()] * 3, strategy="thorough")  # every stage, though the first drew it exactly
        assert proposer.asked[1:] == [(3, Beam(5)), (3, Beam(6))]


def test_confidence_does_not_depend_on_how_many_are_asked_for() -> None:
    reader, proposer = make_ranking(["h B W", "h h B B W", "B"])
    numbers = dict.fromkeys(FEATURES, 0.0)
    reader.calibration = Calibration({**numbers, "margin": 1.0}, numbers, dict.fromkeys(FEATURES, 1.0), 0.0, 1)
    with reader:
        one, many = reader.read(halves(), 1), reader.read(halves(), 3)
    assert len(one) == 1
    assert one[0].confidence == many[0].confidence
    assert proposer.asked == [(1, Beam(5)), (1, Beam(5))]


def test_strategies_of_a_proposers_own() -> None:
    reader, _ = make_ranking(["B"])
    with reader, pytest.raises(ConfigError) as caught:
        reader.read(halves(), strategy="beam")
    assert str(caught.value) == "this network knows no strategy 'beam'\n  -> use one of fast, thorough"


def test_time_is_told_to_those_who_can_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.reader.monotonic", lambda: 100.0)
    reader, proposer = make_ranking(["B"])
    with reader:
        reader.read([halves(), halves()], time=2.0)
        assert proposer.deadlines == [101.8, 101.8]  # an image at a time; the rest is for drawing
        reader.read(halves())
        assert proposer.deadlines[-1] is None
        for wrong in (0.0, -1.0, math.inf, math.nan):
            with pytest.raises(ConfigError, match="use a number above 0, or none for no limit"):
                reader.read(halves(), time=wrong)


def test_stages_stop_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make_reader(["B", "W"])
    proposer = reader.proposer
    assert isinstance(proposer, Proposer)
    with reader:
        for module in ("reader", "decoding.rounds"):
            monkeypatch.setattr(f"i2c_core.{module}.monotonic", lambda: 10.0 * len(proposer.asked))
        assert reader.read(halves(), time=5.0)  # the first stage is always run
        assert [strategy for _, strategy in proposer.asked] == [Beam(5)]
        reader.read(halves(), time=15.0)
        assert len(proposer.asked) == 1 + 2


def undefined(program: Any) -> Any:
    from i2c_core.raster import Undefined

    if program.name == "N":
        raise Undefined
    if program.name == "X":
        raise ValueError("no ink")
    return np.zeros((8, 8), np.uint8)


def test_programs_without_a_picture() -> None:
    family = Family("holes", root="Image", signature="N, B, X : Image", render=undefined, size=(8, 8))
    black = np.zeros((8, 8), np.uint8)
    with make_reader(["N", "B"], family=family) as reader:
        assert [c.code for c in reader.read(black)] == ["B"]
    with make_reader(["N"], family=family) as reader:
        (answer,) = reader.read_many([black])
        assert isinstance(answer.error, RenderError)
        assert answer.error.fact == "none of the programs found for it has a picture"
        assert answer.record(family)["error"] == answer.error.fact
    with make_reader(["X", "B"], family=family) as reader:
        errors = [a.error for a in reader.read_many([black, black])]
        assert all(isinstance(e, I2cError) and "no ink" in e.fact for e in errors)


def test_loading(tmp_path: Path) -> None:
    with pytest.raises(FamilyError) as caught:
        Reader.load("splts")
    assert str(caught.value) == "'splts' is neither an installed family nor a file\n  -> did you mean 'splits'?"
    with pytest.raises(I2cError, match=r"there is no checkpoint nowhere\.safetensors"):
        Reader.load("nowhere.safetensors")
    with pytest.raises(I2cError, match="there is no checkpoint"):
        Reader.load(tmp_path / "splits")


def test_a_checkpoint_of_a_family_that_is_not_installed(tmp_path: Path) -> None:
    from i2c_core.model import build

    stranger = Family("stranger", root="Image", signature="B, W : Image", size=(8, 8))
    config = ModelConfig(vocabulary=2, max_tokens=1, image=(1, 8, 8), width=8, layers=1, heads=1, channels=2)
    path = tmp_path / "stranger.safetensors"
    save_checkpoint(path, build(config).state_dict(), describe_model(stranger, config, {}, 0))
    with pytest.raises(FamilyError) as caught:
        Reader.load(path)
    assert str(caught.value) == (
        f"{path} reads the family 'stranger', which is not installed\n"
        "  -> install its plugin, for example: pip install i2c-family-stranger"
    )


def test_json_has_no_number_where_the_network_gave_none() -> None:
    with make_reader(["h B W"]) as reader:
        (answer,) = reader.read_many([halves()], 1)
    unsure = replace(answer, candidates=[replace(c, logprob=-math.inf) for c in answer.candidates])
    wanted = [{"code": "h B W", "distance": 0.0, "logprob": None, "size": 3, "confidence": None}]
    assert json.loads(json.dumps(unsure.record(SPLITS), allow_nan=False))["candidates"] == wanted


class Canvas:
    """A learner whose checkpoints are read by a proposer of its own."""

    @staticmethod
    def proposer(checkpoint: Checkpoint, family: Family, device: torch.device) -> Proposer:
        return Proposer(family, ["h B W"])


def plain(*args: object, **kwargs: object) -> None:
    """A learner that trains what the autoregressive proposer reads with."""


class Learners:
    """A plugin with two learners."""

    @hookimpl
    def i2c_learners(self, register: Callable[..., None]) -> None:
        register("canvas", f"{__name__}:Canvas", "paints")
        register("plain", f"{__name__}:plain", "nothing new")


def test_the_learner_of_a_checkpoint_says_what_reads_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from i2c_core.model import build

    plugins = Plugins()
    plugins.register(Learners(), Plugin("learners", "tests", "i2c-learners"))
    monkeypatch.setattr("i2c_core.reader.installed", lambda: plugins)
    config = ModelConfig(
        vocabulary=SPLITS.vocabulary.size, max_tokens=11, image=(1, 32, 32), width=8, layers=1, heads=1, channels=2
    )

    def load(learner: str) -> Reader:
        path, meta = tmp_path / "some.safetensors", describe_model(SPLITS, config, {}, 0, learner)
        save_checkpoint(path, build(config).state_dict() if learner == "plain" else {}, meta)
        return Reader.load(path, device="cpu")

    with load("canvas") as reader:
        assert [c.code for c in reader.read(halves())] == ["h B W"]
    with load("plain") as reader:
        assert isinstance(reader.proposer, AutoregressiveProposer)
    for stranger in ("other", f"{__name__}:Canvas"):
        with pytest.raises(CheckpointError) as caught:
            load(stranger)
        assert str(caught.value) == (
            f"{tmp_path / 'some.safetensors'} was trained by the learner {stranger!r}, which is not installed\n"
            "  -> install its plugin; i2c plugins lists those that are"
        )


def test_a_batch_reads_as_its_members_do_alone(tmp_path: Path) -> None:
    from tests.cli.conftest import tiny_checkpoint

    rng = np.random.default_rng(0)
    pictures = [np.kron(rng.integers(0, 2, (4, 4), np.uint8) * 255, np.ones((8, 8), np.uint8)) for _ in range(6)]
    with Reader.load(tiny_checkpoint("splits", tmp_path / "tiny.safetensors"), device="cpu") as reader:
        together = reader.read(pictures, 4)
        alone = [reader.read(p, 4) for p in pictures]
        in_pairs = [a.candidates for a in reader.read_many(pictures, 4, batch=2)]
    for some in (alone, in_pairs):
        assert [[c.code for c in found] for found in some] == [[c.code for c in found] for found in together]


def test_pictures_are_framed_before_they_are_read() -> None:
    family = replace(SPLITS, framing=lambda pixels: pixels[:, 4:-4, 4:-4])
    wide = np.pad(halves(), 4, constant_values=77)
    with make_reader(["B", "h B W"], family=family) as reader:
        (answer,) = reader.read_many([wide])
        assert answer.picture is not None
        assert (answer.picture == halves()).all()
        assert answer.candidates[0].distance == 0
        (raw,) = reader.read_many([wide], preprocess=False)
        assert raw.candidates[0].distance > 0
        assert reader.read(wide)[0].distance == 0
        assert reader.read(wide, preprocess=False)[0].distance > 0
