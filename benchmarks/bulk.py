"""Many images in one call: throughput against the best batch size, memory, kills, and codes at batch 1 and 64.

Images are those of the sharp table of `splits`, 64x64 pixels, one PNG file each. Memory is the most that the process
of a whole call held. Kills are SIGKILL at random moments of `i2c decode --resume`, until the list is done.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command does: threads wait without taking the cores

import numpy as np
import torch
from common import Benchmark
from numpy.typing import NDArray

from i2c_core.datasets.razor import sharp_razor
from i2c_core.examples import held_out_examples, sketched_examples, trained_sizes
from i2c_core.plugins import families, get_family
from i2c_core.raster import Renderer, to_png
from i2c_core.reader import Reader

SIDE = 64  # pixels
BATCHES = (1, 4, 16, 64, 256)  # 256 is cut to what the reader takes at once
PEERS = 1000  # images that each batch size decodes
TURN = 6.0  # seconds that a call runs before the best batch size is measured again
PATIENCE = 600  # seconds that a killed run may go on after the last kill

Pixels = NDArray[np.uint8]


def command(listed: Path, *words: str) -> list[str]:
    """`i2c decode` of a list of files, as a process of its own."""
    return [sys.executable, "-m", "i2c_cli", "decode", "--family", "splits", "--files-from", str(listed), "-q", *words]


def write_images(folder: Path, count: int, size: int) -> list[Pixels]:
    """At most `count` distinct images of splits, of programs of at most this size, one file each."""
    family = get_family("splits")
    table = sharp_razor(family, size)
    rows = np.random.default_rng(1).permutation(len(table))[:count]
    kept: list[Pixels] = []
    with Renderer(family) as renderer:
        for first in range(0, len(rows), 1000):
            for pixels in renderer.render(table.ids[rows[first : first + 1000]], size=(SIDE, SIDE)).pixels:
                to_png(pixels).save(folder / f"{len(kept):06}.png")
                kept.append(pixels)
    return kept


def write_list(folder: Path, files: int, count: int) -> Path:
    """A list of `count` names of `files` images; where there are more names than images, of links to them."""
    names = [folder / f"{number:06}.png" for number in range(count)]
    for number in range(files, count):
        if not names[number].exists():
            os.link(names[number % files], names[number])
    listed = folder / f"{count}.txt"
    listed.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return listed


def measured(words: Sequence[str]) -> tuple[float, float]:
    """The seconds of a process, and the most memory that it held, in MB (Linux tells that)."""
    start = time.perf_counter()
    process = subprocess.Popen(words)
    most = 0.0
    while process.poll() is None:  # what a waiting parent is told afterwards holds its own memory too
        most = max(most, held(process.pid))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed")
    return time.perf_counter() - start, most


def held(pid: int) -> float:
    """The most memory that a running process has held so far, in MB; 0 where nobody knows."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def in_turns(words: Sequence[str], beside: Callable[[], float]) -> tuple[float, list[float]]:
    """The seconds that a process runs, and what is measured beside it while it is stopped, every few seconds: machines
    that others share change their speed by the minute, and so both see the same.
    """
    seconds, found = 0.0, [beside()]
    process = subprocess.Popen(words)
    while True:
        start = time.perf_counter()
        try:
            process.wait(TURN)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGSTOP)
        seconds += time.perf_counter() - start
        found.append(beside())
        if process.returncode is not None:
            break
        process.send_signal(signal.SIGCONT)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed")
    return seconds, found


def throughput_rows(bench: Benchmark, folder: Path, pictures: list[Pixels], quick: bool) -> None:
    """The rate of each batch size, then that of one call, in turns with the best batch size."""
    some = pictures[: 100 if quick else PEERS]
    with Reader.load("splits", device="cpu") as reader:
        list(reader.read_many(some[:64], 1))

        def rate(batch: int) -> float:
            start = time.perf_counter()
            for answer in reader.read_many(some, 1, batch=batch):
                assert answer.error is None
            return len(some) / (time.perf_counter() - start)

        rates = {batch: rate(batch) for batch in BATCHES}
        for batch, found in rates.items():
            bench.row(f"images a second from memory, batch {batch}", found)
        best = max(rates, key=lambda batch: rates[batch])
        listed = write_list(folder, len(pictures), len(pictures))
        words = command(listed, "--json", "-o", str(folder / "throughput.jsonl"))
        seconds, beside = in_turns(words, lambda: rate(best))
    call, peer = len(pictures) / seconds, statistics.harmonic_mean(beside)
    bench.row(f"images a second, {len(pictures):,} files in one call, process start included", call)
    bench.row(f"images a second from memory, batch {best}, in turns with the call", peer, all=beside)
    met = None if quick else call >= 0.8 * peer  # of few images the start takes most
    bench.row("share of the best batch size, %", 100 * call / peer, "at least 80", met, better="more")


def memory_rows(bench: Benchmark, folder: Path, files: int, sizes: Sequence[int]) -> None:
    held = []
    for count in sizes:
        listed = write_list(folder, files, count)
        out = folder / f"memory-{count}.jsonl"
        seconds, most = measured(command(listed, "--strategy", "greedy", "--json", "-o", str(out)))
        held.append(most)
        bench.row(f"most memory of {count:,} images in one call, MB", most, seconds=seconds)
    grown = held[-1] - held[0]
    bench.row(f"more memory for {sizes[-1]:,} images than for {sizes[0]:,}, MB", grown, "under 64", grown < 64)


def kill_rows(bench: Benchmark, folder: Path, files: int, kills: int) -> None:
    chance = random.Random(0)
    words = command(folder / f"{files}.txt", "--json", "-o", str(folder / "killed.jsonl"), "--resume")
    done = torn = 0
    start = time.perf_counter()
    while done < kills:
        process = subprocess.Popen(words)
        try:
            process.wait(chance.uniform(0.5, 8))
            break  # the list is done
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            done += 1
            out = folder / "killed.jsonl"
            torn += out.exists() and out.stat().st_size > 0 and not out.read_bytes().endswith(b"\n")
    subprocess.run(words, check=True, timeout=PATIENCE + files)
    records = [json.loads(line) for line in (folder / "killed.jsonl").read_text(encoding="utf-8").splitlines()]
    times = Counter(Path(record["file"]).name for record in records)
    once = sum(count == 1 for count in times.values())
    seconds = time.perf_counter() - start
    bench.row("kills at random moments", done, f"{kills}", done == kills, torn=torn, seconds=seconds)
    right = once == len(times) == files
    bench.row(f"files of {files:,} answered exactly once after the kills", once, f"{files:,}", right)


def law_rows(bench: Benchmark, pictures: list[Pixels], quick: bool) -> None:
    for family in families():
        if family.weights is None:
            continue
        with Reader.load(family.name, device="cpu") as reader:
            if family.name == "splits":
                some = pictures[: 50 if quick else 2000]
            else:
                some = examples(
                    reader, 4 if quick else 150 if family.strokes is None and family.sketches is None else 40
                )
            codes = [answers(reader, some, batch) for batch in (1, 64)]
        differ = [n for n, (alone, together) in enumerate(zip(*codes, strict=True)) if alone != together]
        figure = f"codes of {family.name} that differ at batch 1 and 64, of {len(some):,}"
        bench.row(figure, len(differ), "0", not differ, which=differ[:20], better="less")


def examples(reader: Reader, count: int) -> list[Any]:
    """Pictures that a family's network is measured on, and some of noise."""
    family, sizes = reader.family, trained_sizes(reader.checkpoint, reader.family)
    if family.strokes is not None or family.sketches is not None:
        return [e.picture for e in sketched_examples(family, sizes, count, 11)]
    found = [e.picture for e in held_out_examples(family, sizes, -(-count // len(sizes)), 11)][:count]
    noise = np.random.default_rng(0).integers(0, 256, (count // 10, family.channels, *family.size), np.uint8)
    return [*found, *noise]


def answers(reader: Reader, pictures: Sequence[Any], batch: int) -> list[list[str]]:
    """The codes of each picture, best first."""
    return [[c.code for c in answer.candidates] for answer in reader.read_many(pictures, 3, batch=batch)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer images and kills")
    options = parser.parse_args()
    torch.set_num_threads(min(2, torch.get_num_threads()))
    bench = Benchmark("bulk-quick" if options.quick else "bulk", "many images of splits in one call, on two cores")
    files, kills = (300, 3) if options.quick else (10_000, 20)
    sizes = (100, 300, 1000) if options.quick else (1000, 10_000, 100_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = write_images(folder, files, 7 if options.quick else 11)
        throughput_rows(bench, folder, pictures, options.quick)
        memory_rows(bench, folder, len(pictures), sizes)
        kill_rows(bench, folder, len(pictures), kills)
        law_rows(bench, pictures, options.quick)
    bench.finish()


if __name__ == "__main__":
    main()
