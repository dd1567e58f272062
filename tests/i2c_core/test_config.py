"""Settings: layers, types, ranges, and every error's whole text."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from i2c_core.config import HARMLESS, SECTIONS, TrainConfig, all_specs, differences, resolve_config
from i2c_core.errors import BudgetError, ConfigError
from i2c_core.families import Family

HALVES = Family("halves", root="Image", signature="h : (Image, Image) -> Image\nB, W : Image", budget=9, size=(16, 24))


def test_later_layers_override_earlier_ones(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[run]\nsteps = 20\nbatch_size = 20\n[optim]\nlr = 1\n")
    recipe = {"run": {"steps": 10, "batch_size": 10, "seed": 10}, "optim.clip": 10}
    config = resolve_config(recipe, file, ["run.steps=30"])
    assert (config.run.steps, config.run.batch_size, config.run.seed) == (30, 20, 10)
    assert (config.optim.lr, config.optim.clip, config.optim.final) == (1.0, 10.0, 0.0)


@pytest.mark.parametrize(
    ("option", "section", "name", "value"),
    [
        ("run.steps=1e4", "run", "steps", 10_000),
        ("run.steps=20_000", "run", "steps", 20_000),
        ("optim.lr = 1", "optim", "lr", 1.0),
        ("data.holdout=false", "data", "holdout", False),
        ("data.cache=a=b", "data", "cache", "a=b"),
        ("data.cache=3", "data", "cache", "3"),
        ('run.device="cuda:1"', "run", "device", "cuda:1"),
        ("model.where=true", "model", "where", True),
    ],
)
def test_options_are_read_by_the_type_of_their_setting(option: str, section: str, name: str, value: object) -> None:
    found = getattr(getattr(resolve_config(options=[option]), section), name)
    assert found == value
    assert type(found) is type(value)


STEPS = "batches to learn from; its default is 10000"


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("optim.lrr=1", "unknown setting 'optim.lrr' in --set\n  -> did you mean 'optim.lr'?"),
        ("lr=1", "unknown setting 'lr' in --set\n  -> did you mean 'optim.lr'?"),
        ("qqqqqq=1", "unknown setting 'qqqqqq' in --set\n  -> see the settings: i2c train --settings"),
        ("run.steps=0", f"run.steps = 0 in --set, expected an integer of 1 or more\n  -> {STEPS}"),
        ("run.steps=many", f'run.steps = "many" in --set, expected an integer of 1 or more\n  -> {STEPS}'),
        (
            "run.seed=2147483648",
            "run.seed = 2147483648 in --set, expected an integer from 0 to 2147483647\n  -> "
            "of weights, data and dropout; its default is 0",
        ),
        ("run.steps=true", f"run.steps = true in --set, expected an integer of 1 or more\n  -> {STEPS}"),
        ("run.steps=1.5", f"run.steps = 1.5 in --set, expected an integer of 1 or more\n  -> {STEPS}"),
        (
            "optim.final=2",
            "optim.final = 2 in --set, expected a number from 0 to 1"
            "\n  -> learning rate at the end, as a share of the highest; its default is 0.0",
        ),
        (
            "data.holdout=1",
            "data.holdout = 1 in --set, expected true or false"
            "\n  -> keep one image in ten, by its exact pixels, for evaluation; its default is true",
        ),
        (
            "optim.schedule=cosin",
            'optim.schedule = "cosin" in --set, expected one of cosine, constant'
            '\n  -> after the rise: cosine or constant; its default is "cosine"',
        ),
        (
            "model.budget=-1",
            "model.budget = -1 in --set, expected an integer of 1 or more\n  -> most tokens of a program; leave it out",
        ),
        ("run.steps", "--set 'run.steps' gives no value\n  -> write --set section.name=value, as in optim.lr=3e-4"),
    ],
)
def test_a_wrong_option_is_told_with_both_sides(option: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_config(options=[option])
    assert str(caught.value) == text


@pytest.mark.parametrize("number", [float("inf"), -float("inf"), float("nan"), 10**400])
def test_a_number_must_be_finite(number: float) -> None:
    with pytest.raises(ConfigError):
        resolve_config(recipe={"optim": {"lr": number}})


def test_a_file_and_a_recipe_are_named_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[run]\nstep = 20\n")
    with pytest.raises(ConfigError) as caught:
        resolve_config(file=file)
    assert str(caught.value) == f"unknown setting 'run.step' in {file}\n  -> did you mean 'run.steps'?"
    with pytest.raises(ConfigError) as caught:
        resolve_config(recipe={"run": {"batchsize": 3}})
    assert str(caught.value) == (
        "unknown setting 'run.batchsize' in the family's recipe\n  -> did you mean 'run.batch_size'?"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_config(file=tmp_path / "none.toml")
    assert str(caught.value) == (
        f"there is no config file {tmp_path / 'none.toml'}\n  -> check the path given to --config"
    )
    broken = tmp_path / "broken.toml"
    broken.write_text("run = [")
    with pytest.raises(ConfigError, match=r"broken\.toml is no TOML: "):
        resolve_config(file=broken)


def test_a_config_reads_back_from_its_own_file(tmp_path: Path) -> None:
    config = resolve_config(options=["optim.lr=1e-05", 'data.cache=a "quoted" \\ path', "model.where=false"])
    file = tmp_path / "config.toml"
    file.write_text(config.to_toml(), encoding="utf-8")
    assert resolve_config(file=file) == config
    assert resolve_config(recipe=json.loads(json.dumps(config.to_dict()))) == config
    assert tomllib.loads(config.to_toml())["optim"]["lr"] == 1e-05


def test_a_config_is_frozen_and_checked_in_python_too() -> None:
    with pytest.raises(AttributeError):
        TrainConfig().run.steps = 3  # type: ignore[misc]
    section = SECTIONS[-1]
    with pytest.raises(ConfigError, match=r"run\.steps = 0, expected an integer of 1 or more"):
        section(steps=0)  # type: ignore[call-arg]


def test_the_family_fills_in_what_it_decides() -> None:
    config = resolve_config().for_family(HALVES)
    assert (config.model.budget, config.data.min_size, config.data.max_size) == (9, 1, 9)
    assert (config.data.height, config.data.width) == (16, 24)
    assert (config.model.where, config.model.crop) == (False, 0)
    assert config.for_family(HALVES) == config


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            ["data.max_size=11"],
            ConfigError,
            "data.max_size is 11, above the budget of 9 tokens\n  -> raise model.budget or lower data.max_size",
        ),
        (
            ["data.min_size=5", "data.max_size=3"],
            ConfigError,
            "data.min_size is 5, above data.max_size, which is 3\n  -> raise data.max_size or lower data.min_size",
        ),
        (
            ["data.height=32"],
            ConfigError,
            "pictures of 24x32 were asked for, halves draws 24x16 only\n  -> leave data.width and data.height out",
        ),
    ],
)
def test_settings_that_contradict_the_family(options: list[str], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        resolve_config(options=options).for_family(HALVES)
    assert str(caught.value) == text


def test_a_budget_below_the_shortest_program() -> None:
    pair = Family("pair", root="Pair", signature="p : (Image, Image) -> Pair\nB : Image")
    with pytest.raises(BudgetError) as caught:
        resolve_config(options=["model.budget=2"]).for_family(pair)
    assert str(caught.value) == (
        "a budget of 2 tokens is below the shortest Pair, which has 3\n  -> use a budget of at least 3"
    )


def test_differences_name_what_changes_the_result_only() -> None:
    old = resolve_config()
    new = resolve_config(options=["optim.lr=0.1", "run.device=cpu", "data.workers=2", "run.save_every=7"])
    assert differences(old, new) == ["optim.lr is 0.1, was 0.001"]
    assert set(all_specs()) >= HARMLESS


def test_every_setting_says_what_it_is_and_has_a_valid_default() -> None:
    for spec in all_specs().values():
        assert spec.doc
        assert spec.check(spec.default) == spec.default
