"""A small tile set and settings that train in seconds, for tests."""

from __future__ import annotations

from pathlib import Path

from i2c_core.config import TrainConfig, resolve_config
from i2c_core.families import Family
from i2c_core.tilesets import language

CAVES = Path(__file__).parent / "caves.toml"


def caves() -> Family:
    """Fourteen tiles, up to 128 x 16 of them."""
    return language(CAVES)


def settings(*more: str) -> TrainConfig:
    """Four steps of a tiny network."""
    few = ["run.steps=4", "run.batch_size=2", "run.save_every=2", "run.eval_every=0", "run.eval_samples=2"]
    small = ["model.channels=8", "model.blocks=1", "data.height=64", "data.width=64", "run.threads=1"]
    return resolve_config(options=[*few, *small, "run.device=cpu", "run.calibration_samples=0", *more])
