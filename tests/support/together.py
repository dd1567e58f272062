"""What several processes do together in tests: `start` starts this file in each of them, with a part to play."""

from __future__ import annotations

import copy
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from i2c_core import get_family
from i2c_core.config import resolve_config
from i2c_core.errors import ConfigError
from i2c_core.learning import learn
from i2c_core.progress import Progress, Silent, SilentTask
from i2c_core.training import Task, train
from i2c_core.training.loop import learn as loop
from i2c_core.training.loss import Loss
from i2c_core.training.paired import network_config
from i2c_core.training.processes import ELECTED, Processes, joined
from i2c_core.training.sharing import whole_batch

PLAIN = [
    *("run.eval_samples=0", "run.calibration_samples=0", "run.threads=1", "run.tensorboard=false", "run.device=cpu"),
    *("run.log_every=1", "run.seed=3", "run.save_every=0"),
]
SMALL = ["model.width=16", "model.layers=1", "model.heads=2", "model.channels=4", "model.blocks=0"]
LEARNERS = {  # batches that two processes cannot halve; family, learner, settings
    "paired": ("splits", "paired", [*SMALL, "run.steps=6", "run.batch_size=7", "data.max_size=7", "optim.ema=0.9"]),
    "numbers": ("functions", "paired", [*SMALL, "run.steps=3", "run.batch_size=5", "data.max_size=5"]),
    "items": (
        *("figures", "items"),
        ["run.steps=2", "data.height=64", "data.width=64", "model.channels=8", "model.blocks=1", "run.batch_size=3"],
    ),
    "tiles": (
        *("pacman", "tiles"),
        ["run.steps=2", "data.height=64", "data.width=64", "model.channels=8", "model.blocks=1", "run.batch_size=3"],
    ),
    "zoom": (
        *("splits", "zoom"),
        ["run.steps=3", "model.width=16", "model.channels=4", "model.crop=8", "run.batch_size=7", "data.max_size=7"],
    ),
}
MOVED = [
    *PLAIN,
    *SMALL,
    "run.steps=12",
    "run.batch_size=8",
    "model.budget=9",
    "data.max_size=7",
]  # one run, moved about


class At(Silent):
    """Progress that calls somebody after every step."""

    def __init__(self, call: Callable[[int], None]) -> None:
        self.call = call

    def task(self, what: str, total: int | None = None, done: int = 0) -> SilentTask:
        return _AtTask(self.call, done)


class _AtTask(SilentTask):
    def __init__(self, call: Callable[[int], None], done: int) -> None:
        self.call, self.done = call, done

    def advance(self, amount: int = 1, note: str = "") -> None:
        self.done += amount
        self.call(self.done)


def learn_all(out: Path) -> None:
    """Every learner once, each in a folder of its name."""
    for name, (family, learner, options) in LEARNERS.items():
        learn(get_family(family), [*PLAIN, *options], out / name, None, None, None, learner, Silent())


def move(out: Path, resume: bool, progress: Progress | None = None) -> bool:
    """Begin the run that is moved about, or go on with it; whether it finished."""
    config = resolve_config(options=MOVED)
    return train(get_family("splits"), config, out, resume=resume, progress=progress or Silent()).finished


def start(count: int, *words: str) -> list[tuple[int, str]]:
    """Play parts in `count` processes: of each its exit code and what it told on stderr."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = []
    for rank in range(count):
        place = {"RANK": rank, "WORLD_SIZE": count, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count}
        place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        env = os.environ | {name: str(value) for name, value in place.items()}
        command = [sys.executable, __file__, *words]
        begun.append(subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, encoding="utf-8"))
    told = [process.communicate(timeout=300)[1] for process in begun]
    return [(process.returncode, text) for process, text in zip(begun, told, strict=True)]


def play_all(us: Processes, out: Path) -> None:
    require_norms_of_the_whole_batch(us)
    require_refusals(us, out / "refused")
    learn_all(out)

    def stop(step: int) -> None:
        if step == 9:
            signal.raise_signal(signal.SIGTERM)

    heard = At(stop) if us.first else None
    assert not move(out / "moved", resume=True, progress=heard)


def require_norms_of_the_whole_batch(us: Processes) -> None:
    """Batch norm of parts is that of the whole, forwards and backwards, and remembers the same."""
    torch.manual_seed(0)
    x, above = 3 * torch.randn(7, 5, 4, 6) + 2, torch.randn(7, 5, 4, 6)
    one = nn.BatchNorm2d(5, momentum=0.03)
    nn.init.normal_(one.weight)
    nn.init.normal_(one.bias)
    parts = nn.Sequential(copy.deepcopy(one))
    whole_batch(parts)
    own = us.rows(7)
    whole, part = x.clone().requires_grad_(), x[own].clone().requires_grad_()
    expected, found = one(whole), parts(part)
    (expected * above).sum().backward()
    (found * above[own]).sum().backward()
    other = parts[0]
    near(found, expected[own])
    near(_gradient(part), _gradient(whole)[own])
    for name in ("weight", "bias"):
        near(us.sum(_gradient(getattr(other, name))), _gradient(getattr(one, name)))
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        near(getattr(other, name), getattr(one, name))
    parts.eval()
    near(parts(x), one.eval()(x))


def require_refusals(us: Processes, out: Path) -> None:
    family, config = get_family("splits"), resolve_config(options=MOVED).for_family(get_family("splits"))

    def build() -> tuple[nn.Module, object]:
        return nn.Linear(1, 1), network_config(family, config)

    def loss(*_: object) -> tuple[Loss, Tensor]:
        raise AssertionError

    told = []
    for act in (
        lambda: us.require_alike(us.rank, {}),
        lambda: us.require_alike(0, {"run": us.rank}),
        lambda: us.require_rows(1),
        lambda: us.device("cuda:0"),
        lambda: loop(
            *(family, config, out, build),
            lambda session: Task(lambda step: None, loss, lambda n: {}, lambda n, c: None),
            name="mine",
            progress=Silent(),
        ),
    ):
        try:
            act()  # type: ignore[no-untyped-call]
        except ConfigError as error:
            told.append((error.fact, error.hint))
    assert told == [
        ("process 0 is at step 0 and process 1 at step 1", "let all machines see one run's folder"),
        ("processes 0 and 1 have different settings", "start all with the same command"),
        ("2 processes cannot share a batch of 1", "use --batch-size 2 or more, or fewer processes"),
        ("device cuda:0 was asked for by 2 processes, each of which has one of its own", "use --device cuda"),
        ("the learner 'mine' learns in one process, 2 were started", "start it without torchrun"),
    ], told


def near(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def _gradient(tensor: Tensor) -> Tensor:
    assert tensor.grad is not None
    return tensor.grad


def play(part: str, out: Path) -> None:
    with joined() as us:
        if part == "all":
            play_all(us, out)
            if us.rank == 1:
                raise ConfigError("one of them cannot", "help it")
        elif us.rank == us.count - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        us.any(False)


if __name__ == "__main__":
    try:
        play(sys.argv[1], Path(sys.argv[2]))
    except Exception as error:
        print(f"{type(error).__name__}: {error}{'' if getattr(error, ELECTED) else ', by chance'}", file=sys.stderr)
        sys.exit(1)
