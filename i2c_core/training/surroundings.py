"""What every learner has around its loop: its own chance and threads, and what it says when it begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from i2c_core.checkpoints import MODEL_FILE
from i2c_core.devices import describe_hardware
from i2c_core.progress import Progress
from i2c_core.training.run import Run


@contextmanager
def own_chance(device: torch.device) -> Iterator[None]:
    """Leaves torch's random numbers as they were for whoever called."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


@contextmanager
def own_threads(threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def wants_bf16(precision: str, device: torch.device) -> bool:
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return precision == "bf16"


def safe(run: Run) -> str:
    lower = "try a lower optim.lr or optim.clip"
    if run.saved < 0:
        return lower
    return f"step {run.saved} is saved: {lower}, from --init {run.folder / MODEL_FILE}"


def introduce(run: Run, device: torch.device, progress: Progress, before: Mapping[str, Any] | None) -> None:
    here = _shown(describe_hardware(device, run.processes.count))
    parameters = sum(p.numel() for p in run.model.parameters())
    begin = f", from step {run.step}" if run.step else ""
    progress.say(
        f"training {run.family.name}: {parameters / 1e6:.2f} million parameters, {run.config.run.steps} steps of "
        f"{run.config.run.batch_size} pairs{begin}, on {here}"
    )
    if before is not None and _shown(before) != here:
        progress.say(
            f"it ran on {_shown(before)} before: sums are rounded in another order here, so the weights will differ in "
            "their last bits from those of a run that stays"
        )


def _shown(hardware: Mapping[str, Any]) -> str:
    """What of the hardware decides in which order numbers are added."""
    threads = f", {hardware['threads']} threads" if hardware["device"] == "cpu" else ""
    several = f", {hardware['processes']} processes" if "processes" in hardware else ""
    return f"{hardware['name'] or hardware['device']}{threads}{several}"


def conclude(
    run: Run, finished: bool, results: Mapping[str, float], shares: Mapping[str, float], progress: Progress
) -> None:
    if not finished:
        progress.say(f"stopped at step {run.step} of {run.config.run.steps}; go on: i2c train --resume {run.folder}")
        return
    if results:
        shown = (f"{name.removeprefix('held_out_')} {value:.4f}" for name, value in results.items())
        progress.say(f"held-out images: {', '.join(shown)}")
    waiting, drawing = (100 * shares[name] for name in ("waiting", "drawing"))
    progress.say(
        f"took {run.seconds:.0f} s; {waiting:.1f} % waiting for data, {drawing:.1f} % drawing beside the network"
    )
    progress.say(f"wrote {run.folder / MODEL_FILE}")
    progress.say(f"next: i2c decode IMAGE.png --family {run.family.name} --weights {run.folder}")
