"""Weights are replaced only where others surely read better, and only where they will stay."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy
import pytest

from i2c_core.checkpoints import Checkpoint, load_checkpoint
from i2c_core.config import resolve_config
from i2c_core.errors import CheckpointError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.predictions import Difference
from i2c_core.progress import Silent
from i2c_core.reader import Reader
from i2c_core.retraining import Verdict, home_of_weights, judge, replace_weights
from i2c_core.training import train

NAME = "splits"
TINY = {
    **{"model.width": 16, "model.layers": 1, "model.heads": 2, "model.channels": 8, "model.budget": 7},
    **{"data.razor": "none", "data.max_size": 7},
    **{"run.steps": 2, "run.batch_size": 4, "run.eval_samples": 4, "run.device": "cpu", "run.tensorboard": False},
}


@pytest.fixture(scope="module")
def beginner(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A network that has learned next to nothing."""
    folder = tmp_path_factory.mktemp("run") / "run"
    settings = [f"{name}={str(value).lower()}" for name, value in TINY.items()]
    return load_checkpoint(
        train(get_family(NAME), resolve_config({}, None, settings), folder, progress=Silent()).checkpoint
    )


@pytest.fixture(scope="module")
def expert() -> Checkpoint:
    """The network that the family ships."""
    with Reader.load(NAME) as reader:
        return reader.checkpoint


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Family:
    """The family as a plugin of somebody's that is installed from its source."""
    package = tmp_path / "source" / "weights_of_tests"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, "weights_of_tests", raising=False)
    return replace(get_family(NAME), weights="weights_of_tests:mine.safetensors")


def test_the_first_weights_land_with_a_card(family: Family, expert: Checkpoint) -> None:
    home = home_of_weights(family, "paired")
    verdict = judge(expert, family, home, 2, Silent())
    assert verdict.better
    assert verdict.old is None
    card = replace_weights(family, expert, verdict, home, 2)
    assert home.read_bytes() == expert.path.read_bytes()
    assert card == home.parent / "MODEL_CARD.md"
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# mine.safetensors: a network that reads splits")
    assert f"`i2c eval --family splits -n 2 --seed {verdict.seed} --card MODEL_CARD.md` wrote this card" in text
    assert hashlib.sha256(home.read_bytes()).hexdigest() in text


def test_only_better_weights_replace(family: Family, beginner: Checkpoint, expert: Checkpoint) -> None:
    home = home_of_weights(family, "paired")
    home.write_bytes(beginner.path.read_bytes())
    up = judge(expert, family, home, 12, Silent())
    assert up.better
    assert up.difference is not None
    assert (up.difference.one, up.difference.other) == ("new", "old")
    assert up.difference.exact > 0.5

    home.write_bytes(expert.path.read_bytes())
    down = judge(beginner, family, home, 2, Silent())
    assert not down.better
    same = judge(expert, family, home, 2, Silent())
    assert not same.better
    assert same.difference is not None
    assert same.difference.exact == 0


def test_weights_of_another_language_count_as_none(family: Family, expert: Checkpoint) -> None:
    home = home_of_weights(family, "paired")
    with Reader.load("boxes") as reader:
        home.write_bytes(reader.checkpoint.path.read_bytes())
    said: list[str] = []

    class Telling(Silent):
        def say(self, text: str) -> None:
            said.append(text)

    assert judge(expert, family, home, 2, Telling()).better
    assert len(said) == 1
    assert said[0].startswith(f"the shipped weights count as none: {home} was trained on boxes (signature ")


def test_a_new_card_leaves_the_cards_of_others(family: Family, beginner: Checkpoint) -> None:
    home = home_of_weights(family, "paired")
    other = home.parent / "MODEL_CARD.md"
    other.write_text("# theirs.safetensors: a network\n", encoding="utf-8")
    verdict = judge(beginner, family, home, 1, Silent())
    assert replace_weights(family, beginner, verdict, home, 1).name == "MINE_CARD.md"
    assert replace_weights(family, beginner, verdict, home, 1).name == "MINE_CARD.md"
    assert other.read_text(encoding="utf-8") == "# theirs.safetensors: a network\n"


@pytest.mark.parametrize(
    ("only_new", "only_old", "better"), [(4, 0, False), (5, 0, False), (6, 0, True), (20, 8, True)]
)
def test_a_few_pictures_are_not_beyond_chance(
    family: Family, beginner: Checkpoint, only_new: int, only_old: int, better: bool
) -> None:
    share = (only_new - only_old) / 1000
    found = Difference("new", "old", 1000, share, (0.001, 0.02), 0.0, (0.0, 0.0), only_new, only_old)
    new = judge(beginner, family, home_of_weights(family, "paired"), 1, Silent()).new
    assert Verdict(new, new, found, 0).better is better


def test_who_has_seen_all_images_cannot_be_judged(family: Family, beginner: Checkpoint) -> None:
    recipe = beginner.meta["train"]
    config = recipe["config"] | {"data": recipe["config"]["data"] | {"holdout": False}}
    cheat = replace(beginner, meta=beginner.meta | {"train": recipe | {"config": config}})
    with pytest.raises(CheckpointError) as error:
        judge(cheat, family, home_of_weights(family, "paired"), 1, Silent())
    assert error.value.fact == (
        f"{beginner.name} has learned from held-out images too, which are what it would be judged by"
    )
    assert error.value.hint == "train it with data.holdout=true"


def test_every_candidate_has_pictures_of_its_own(family: Family, beginner: Checkpoint, expert: Checkpoint) -> None:
    home = home_of_weights(family, "paired")
    one, other = (judge(c, family, home, 1, Silent()).seed for c in (beginner, expert))
    assert one != other


def test_weights_without_a_home() -> None:
    with pytest.raises(CheckpointError) as error:
        home_of_weights(replace(get_family(NAME), weights=None), "paired")
    assert error.value.fact == "splits has no file for weights of the learner 'paired'"
    assert error.value.hint == 'declare it in the family: weights="package:splits.safetensors"'
    installed = replace(get_family(NAME), weights="numpy:mine.safetensors")
    with pytest.raises(CheckpointError) as error:
        home_of_weights(installed, "paired")
    path = Path(numpy.__file__).parent / "mine.safetensors"
    assert error.value.fact == f"{path} belongs to an installed package, which the next update replaces"
    assert error.value.hint == "install the package from its source, so that they land there: pip install -e FOLDER"
    with pytest.raises(CheckpointError) as error:
        home_of_weights(replace(get_family(NAME), weights="nowhere_at_all:x.safetensors"), "paired")
    assert error.value.fact == "there is no package 'nowhere_at_all', which splits names"
