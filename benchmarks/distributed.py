"""Training on many processes: whether two learn what one learns, and whether a run outlives being killed.

    python benchmarks/distributed.py [--quick] [--seeds 3] [--steps 300] [--kills 100]

Curves: `i2c train` of a small network in one process and under torchrun in two, at the same global batch, for some
seeds. The difference between one and two processes of a seed is held against the difference between seeds.

Kills: runs in one and in two processes get SIGKILL at random moments, all processes at once or one of two, and go on
until they are done. After each kill every checkpoint in the folder is read. A run that is done is compared with one
that nobody killed, bit for bit. Processes are forked from this one, which has trained a step and so has imported and
compiled everything: moments fall into training and saving.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch
from common import Benchmark

from i2c_core import get_family
from i2c_core.checkpoints import load_checkpoint, load_model
from i2c_core.config import resolve_config
from i2c_core.errors import I2cError
from i2c_core.progress import Silent
from i2c_core.training import train
from i2c_core.training.record import read_metrics

NETWORK = [
    *("model.width=32", "model.layers=1", "model.heads=2", "model.channels=8", "model.blocks=0", "model.crop=8"),
    *("model.budget=13", "data.max_size=11", "data.table=5000", "run.threads=1", "run.device=cpu"),
    *("run.tensorboard=false", "run.calibration_samples=0", "run.save_every=0"),
]
STEPS = 150  # of the runs that are killed
KILLED = [f"run.steps={STEPS}", "run.save_every=4", "run.batch_size=8", "run.eval_samples=8", "run.eval_every=0"]
LONGEST = 1.5  # seconds in training until a kill, at most
PATIENCE = 60.0  # seconds that the other of two processes may take to see that one is gone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two seeds, few steps and kills, to see that it runs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--kills", type=int, default=100, help="of runs in one process, and as many in two")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.steps, options.kills = 2, 40, 6
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    name = "distributed-quick" if options.quick else "distributed"
    bench = Benchmark(name, "training in one and in two processes, and kills at random moments")
    with tempfile.TemporaryDirectory() as folder:
        measure_curves(bench, Path(folder) / "curves", options.seeds, options.steps)
        session(Path(folder) / "first", "run.steps=1")
        for count in (1, 2):
            measure_kills(bench, Path(folder) / f"kills{count}", count, options.kills)
    bench.finish()


# ------------------------------------------------------------------------------------------------------- curves


def measure_curves(bench: Benchmark, folder: Path, seeds: int, steps: int) -> None:
    curves = {(seed, count): curve(folder, seed, count, steps) for seed in range(seeds) for count in (1, 2)}
    same = [apart(curves[seed, 1], curves[seed, 2]) for seed in range(seeds)]
    other = [apart(curves[a, 1], curves[b, 1]) for a, b in itertools.combinations(range(seeds), 2)]
    between, noise = statistics.mean(same), statistics.mean(other)
    bench.row("seeds", seeds, "at least 3", seeds >= 3)
    bench.row(
        "difference between one and two processes of a seed, mean nats a token over the curve",
        *(between, "at most that between seeds", between <= noise),
        better="less",
        each=same,
    )
    bench.row("difference between seeds, mean nats a token over the curve", noise, better="less", each=other)
    worst = max(max(abs(a - b) for a, b in zip(curves[s, 1], curves[s, 2], strict=True)) for s in range(seeds))
    bench.row("largest difference between one and two processes at any step, nats a token", worst, better="less")


def curve(folder: Path, seed: int, count: int, steps: int) -> list[float]:
    """The loss every tenth step, and the held-out loss at the end."""
    out = folder / f"{seed}-{count}"
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", str(count)] if count > 1 else []
    settings = [*NETWORK, f"run.steps={steps}", "run.log_every=10", "run.batch_size=32", f"run.seed={seed}"]
    words = [word for setting in settings for word in ("--set", setting)]
    command = [sys.executable, *launch, "-m", "i2c_cli", "train", "--family", "splits", "-o", str(out), "-q", *words]
    subprocess.run(command, check=True)
    lines = read_metrics(out / "metrics.jsonl")
    return [float(line["loss"]) for line in lines] + [float(lines[-1]["held_out_loss"])]


def apart(one: list[float], two: list[float]) -> float:
    return statistics.mean(abs(a - b) for a, b in zip(one, two, strict=True))


# -------------------------------------------------------------------------------------------------------- kills


def measure_kills(bench: Benchmark, folder: Path, count: int, kills: int) -> None:
    chance = random.Random(count)
    whole, killed = folder / "whole", folder / "killed"
    start = time.perf_counter()
    require_end(fork(whole, count))
    alone = time.perf_counter() - start
    done = failed = corrupt = different = runs = resumed = stuck = 0
    while done < kills:
        begun = (killed / "training.safetensors").exists()
        before = step_of(killed) if begun else 0
        group = fork(killed, count)
        wait_for_training(group, killed, before, chance.uniform(0, LONGEST))
        one = count > 1 and chance.random() < 0.5
        victims = [chance.choice(group)] if one else group
        codes = [kill(pid) if pid in victims else None for pid in group]
        survivors = [wait(pid, PATIENCE) for pid, code in zip(group, codes, strict=True) if code is None]
        done += -signal.SIGKILL in codes
        stuck += None in survivors
        failed += bool({*codes, *survivors} - {0, -signal.SIGKILL, None, *([1] if one else [])})
        corrupt += not readable(killed)
        now = step_of(killed) if (killed / "training.safetensors").exists() else 0
        failed += now < before
        resumed += begun and now > before
        if now == STEPS:
            runs += 1
            different += not alike(whole, killed)
            shutil.rmtree(killed)
    left = len([f for f in killed.rglob("*") if f.name.endswith(".part")]) if killed.exists() else 0
    if killed.exists():  # what was begun last goes to its end
        require_end(fork(killed, count))
        runs += 1
        different += not alike(whole, killed)
    of = f"{count} process{'es' if count > 1 else ''}"
    bench.row(f"{of}: kills", done, "100", done >= 100)
    bench.row(f"{of}: kills after which a checkpoint could not be read", corrupt, "0", corrupt == 0, better="less")
    bench.row(f"{of}: kills after which the run did not go on", failed, "0", failed == 0, better="less")
    if count > 1:
        what = f"{of}: kills of one that the other did not end by within {PATIENCE:.0f} s"
        bench.row(what, stuck, "0", stuck == 0, better="less")
    bench.row(f"{of}: runs to their end, out of {resumed} sessions that went on", runs)
    bench.row(f"{of}: of these, other weights than unkilled", different, "0", different == 0, better="less")
    bench.row(f"{of}: files of unfinished writes in the last folder", left, better="less")
    bench.row(f"{of}: seconds of an unkilled run", alone)


def fork(out: Path, count: int) -> list[int]:
    """Begin a run, or go on with it, in `count` processes made of this one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = []
    for rank in range(count):
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                os._exit(play(out, rank, count, port))
            os._exit(2)
        group.append(pid)
    return group


def play(out: Path, rank: int, count: int, port: int) -> int:
    """What one of several processes does, without a word; its exit code."""
    place = {"RANK": rank, "WORLD_SIZE": count, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count}
    place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what C++ says of a process that is gone
    try:
        session(out)
    except (SystemExit, I2cError):
        return 1
    except BaseException:
        (out.parent / f"bug-{rank}.txt").write_text(traceback.format_exc(), encoding="utf-8")
        return 3
    return 0


def session(out: Path, *more: str) -> None:
    """Begin a run in this process, or go on with it."""
    begun = (out / "training.safetensors").exists()
    config = resolve_config(options=[*NETWORK, *KILLED, *more])
    train(get_family("splits"), config, out, resume=begun, progress=Silent())


def wait_for_training(group: list[int], out: Path, before: int, seconds: float) -> None:
    """Wait for a random time of training; one time in five for a random time since the start."""
    until = time.monotonic() + 120
    while (
        seconds < 0.8 * LONGEST and time.monotonic() < until and all(wait(pid, 0, reap=False) is None for pid in group)
    ):
        if any(line["step"] >= before + 8 for line in read_metrics(out / "metrics.jsonl")):
            break
        time.sleep(0.002)
    time.sleep(seconds)


def kill(pid: int) -> int | None:
    """Kill a process; its exit code."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return wait(pid, PATIENCE)


def wait(pid: int, seconds: float, reap: bool = True) -> int | None:
    """The exit code of a process that ends by then; of one that does not, None, and with `reap` it is no more."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= until:
            if reap:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return None
        time.sleep(0.002)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if reap else 0


def require_end(group: list[int]) -> None:
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in group]
    if any(codes):
        raise SystemExit(f"a run that nobody killed ended with {codes}")


def step_of(out: Path) -> int:
    return int(load_checkpoint(out / "training.safetensors").meta["step"])


def readable(out: Path) -> bool:
    """Whether each checkpoint of a folder is whole; before the first one is saved there is none."""
    try:
        for name in ("training.safetensors", "model.safetensors"):
            if (out / name).exists():
                checkpoint = load_checkpoint(out / name)
                if name == "model.safetensors":
                    load_model(checkpoint)
    except I2cError:
        return False
    return True


def alike(one: Path, two: Path) -> bool:
    first, second = (load_checkpoint(folder / "training.safetensors").tensors for folder in (one, two))
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


if __name__ == "__main__":
    main()
