"""A run's folder: what is in it, how a run begins, is saved, and goes on after it was cut short.

config.toml             the resolved settings
model.safetensors       the checkpoint: weights and recipe, to decode with
training.safetensors    weights, optimizer and step, to go on with; needs nothing beside it
metrics.jsonl, curve.png, tensorboard/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from i2c_core.calibration import KEY as CALIBRATION
from i2c_core.calibration import Calibration
from i2c_core.checkpoints import (
    LEARNER,
    MODEL_FILE,
    Checkpoint,
    NetworkNumbers,
    describe_model,
    fill,
    load_checkpoint,
    save_checkpoint,
)
from i2c_core.config import TrainConfig, differences, resolve_config
from i2c_core.devices import describe_hardware
from i2c_core.errors import CheckpointError, TrainingError
from i2c_core.families import Family
from i2c_core.files import DiskError, write_atomically
from i2c_core.training.processes import ALONE, Processes

STATE_FILE = "training.safetensors"
CONFIG_FILE = "config.toml"


def run_config(folder: Path) -> tuple[str, str, TrainConfig]:
    """The names of family and learner and the settings of a run, to resume it with.

    Raises:
        CheckpointError: the folder holds no run, or a damaged one.
    """
    meta = load_state(folder).meta
    return meta["family"], str(meta["learner"]), resolve_config(meta["train"]["config"], owner=str(folder / STATE_FILE))


def load_state(folder: Path) -> Checkpoint:
    """What a run left to go on with."""
    if not (folder / STATE_FILE).exists():
        fact = f"{folder} holds no run to resume: there is no {STATE_FILE}"
        raise CheckpointError(fact, "give the folder that i2c train wrote, or begin anew without --resume")
    return load_checkpoint(folder / STATE_FILE)


def require_new(folder: Path) -> None:
    """Raise `TrainingError` where a folder holds a run already, so that none is overwritten."""
    if (folder / STATE_FILE).exists():
        hint = f"go on with --resume {folder}, or choose another folder with --out"
        raise TrainingError(f"{folder} holds a run already", hint)


def require_same(folder: Path, old: Checkpoint, config: TrainConfig, learner: str = LEARNER) -> None:
    """Raise `TrainingError` where a resumed run would learn something else than it began with, or by another way."""
    if old.meta["learner"] != learner:
        fact = f"{folder} is a run of the learner {old.meta['learner']!r}, not of {learner!r}"
        raise TrainingError(fact, f"go on with its own: i2c train --resume {folder}")
    changed = differences(resolve_config(old.meta["train"]["config"], owner=old.name), config)
    if changed:
        fact = f"--resume cannot change what is learned: {'; '.join(changed)}"
        raise TrainingError(fact, f"leave it out, or begin a run of its own with --init {folder}")


def require_network(checkpoint: Checkpoint, config: NetworkNumbers) -> None:
    """Raise `CheckpointError` where weights to begin from are of another network than the run's."""
    theirs, ours = checkpoint.meta["model"], config.to_dict()
    for name in sorted((theirs.keys() | ours.keys()) - {"dropout"}):
        if theirs.get(name) != ours.get(name):
            setting = {"max_tokens": "model.budget", "image": "data.height"}.get(name, f"model.{name}")
            shown = f"{name} {json.dumps(theirs.get(name))}, this run has {json.dumps(ours.get(name))}"
            hint = f"train with the same one: --set {setting}={json.dumps(theirs.get(name))}"
            if name == "image":
                hint = "train on pictures of the same size: --set data.height=... --set data.width=..."
            raise CheckpointError(f"the network of {checkpoint.name} has {shown}", hint)


@dataclass
class Run:
    """One training run: where it is kept, and all that it must remember between two steps.

    Dropout and data are functions of seed and step, so there is no other state than this. Of several processes each has
    all of it, and the first one writes it.
    """

    folder: Path
    family: Family
    config: TrainConfig
    model: nn.Module
    mean: nn.Module | None  # the running mean of the weights, where there is one
    optimizer: torch.optim.Optimizer
    network: NetworkNumbers
    processes: Processes = ALONE
    step: int = 0
    seconds: float = 0.0  # in the loop, earlier sessions included
    began_from: str = ""  # what --init named
    saved: int = -1  # the step of the last save
    calibration: Calibration | None = None  # fitted at the end
    learner: str = LEARNER

    @property
    def best(self) -> nn.Module:
        """The network to decode with: the running mean where there is one."""
        return self.model if self.mean is None else self.mean

    def begin(self) -> None:
        """Make the folder and write the settings into it."""
        if self.processes.first:
            write_atomically(self.folder / CONFIG_FILE, self.config.to_toml())

    def save(self, device: torch.device, results: Mapping[str, Any]) -> None:
        """Write the training state, then the checkpoint; each is whole, or what stood there stays.

        Raises:
            DiskError: they cannot be written.
        """
        if not self.processes.first:
            self.saved = self.step
            return
        recipe = {
            "config": self.config.to_dict(),
            "samples": self.step * self.config.run.batch_size,
            "seconds": round(self.seconds, 1),
            "hardware": describe_hardware(device, self.processes.count),
            "init": self.began_from,
            "results": dict(results),
        }
        meta = describe_model(self.family, self.network, recipe, self.step, self.learner)
        if self.calibration is not None:
            meta[CALIBRATION] = self.calibration.to_dict()
        save_checkpoint(self.folder / STATE_FILE, self._tensors(), {**meta, "state": True})
        save_checkpoint(self.folder / MODEL_FILE, self.best.state_dict(), meta)
        self.saved = self.step

    @contextmanager
    def telling_what_is_safe(self) -> Iterator[None]:
        """Adds to an error of the disk which step is saved, and how to go on from it."""
        try:
            yield
        except DiskError as error:
            if self.saved < 0:
                raise
            hint = f"{error.hint}: step {self.saved} is saved, go on with --resume {self.folder}"
            raise DiskError(error.fact, hint) from error

    def restore(self, state: Checkpoint) -> None:
        """Go back to where a saved run was.

        Raises:
            CheckpointError: the state is not of this network.
        """
        fill(self.model, _under(state.tensors, "model."), state.name)
        if self.mean is not None:
            fill(self.mean, _under(state.tensors, "mean."), state.name)
        moments: dict[int, dict[str, Tensor]] = {}
        for key, tensor in _under(state.tensors, "optimizer.").items():
            number, _, name = key.partition(".")
            moments.setdefault(int(number), {})[name] = tensor
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        for weight, own in self.optimizer.state.items():
            for name, moment in own.items():
                if torch.is_tensor(moment) and moment.shape == weight.shape:  # laid out alike, or last bits differ
                    own[name] = torch.empty_like(weight).copy_(moment)
        self.step = self.saved = int(state.meta["step"])
        self.seconds = float(state.meta["train"]["seconds"])
        self.began_from = str(state.meta["train"]["init"])
        try:
            behind = load_checkpoint(self.folder / MODEL_FILE).meta["step"] != self.step
        except CheckpointError:
            behind = True
        if behind and self.processes.first:  # the kill came between the two files
            meta = {name: value for name, value in state.meta.items() if name != "state"}
            save_checkpoint(self.folder / MODEL_FILE, self.best.state_dict(), meta)

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        if self.mean is not None:
            tensors |= {f"mean.{name}": tensor for name, tensor in self.mean.state_dict().items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in moments.items()}
        return tensors


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
