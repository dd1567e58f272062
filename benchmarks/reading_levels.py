"""Levels of `pacman` read from renders, sketches and photographs, and their shortest programs.

    python benchmarks/reading_levels.py [--weights RUN] [--quick] [--only rendered,hand,same,random,seconds,programs]

Sketches by other hands are three levels of the Berkeley PacMan engine, found through the environment variable
I2C_REAL_DATA. Nothing is trained on them; the sketch process was written while looking at them, so they are a
development set, and their figures say so. All other levels and sketches have seeds that no training uses.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np
from common import Benchmark, spread
from numpy.typing import NDArray

from i2c_core import Reader
from i2c_core.formats import find_format
from i2c_core.raster import Renderer
from i2c_core.synthesis import synthesize
from i2c_core.tiles.lessons import sketched_page
from i2c_core.tilesets import TileSet, level_of, plain, tileset_of
from i2c_core.tilesets.random_levels import random_level

SEED = 2**31 + 7
SECONDS = 5.0  # for a program

Level = NDArray[np.uint8]


def real_levels(reader: Reader) -> dict[str, Level]:
    """The three levels by name; none where they are not there."""
    folder = Path(os.environ.get("I2C_REAL_DATA", "")) / "pacman"
    lay = find_format(reader.family, "lay")
    return {
        path.stem: level_of(reader.family, lay.loads(reader.family, path.read_text()))
        for path in sorted(folder.glob("*.lay"))
    }


def sketched(reader: Reader, level: Level, seed: int, camera: bool) -> NDArray[np.uint8]:
    """(3, H, W) a level as a hand of its own draws it, scanned, or photographed at an angle."""
    return sketched_page(tileset_of(reader.family), level, SEED + seed, camera=camera)


def score(reader: Reader, pictures: list[NDArray[np.uint8]], levels: list[Level]) -> tuple[float, float, list[float]]:
    """Shares of tiles and of levels that are right, in per cent, and seconds of each; what is not read is all wrong."""
    right = tiles = whole = 0
    seconds = []
    for picture, level in zip(pictures, levels, strict=True):
        begin = time.perf_counter()
        answer = next(iter(reader.read_many([picture], 1)))
        seconds.append(time.perf_counter() - begin)
        tiles += level.size
        if answer.error is None:
            found = level_of(reader.family, answer.candidates[0].program)
            if found.shape == level.shape:
                right += int((found == level).sum())
                whole += bool((found == level).all())
    return 100 * right / tiles, 100 * whole / len(levels), seconds


def rendered_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    tiles = tileset_of(reader.family)
    rng = np.random.default_rng(SEED)
    sides = range(3, 33, 7 if quick else 1)
    levels = [random_level(tiles, rng, columns, rows) for columns in sides for rows in sides]
    programs = [plain(reader.family, level) for level in levels]
    with Renderer(reader.family) as renderer:
        pictures = list(renderer.render_programs(programs).pixels)
    right, whole, seconds = score(reader, pictures, levels)
    bench.row(f"renders of {len(levels)} sizes, 3x3 to 32x32: tiles right, %", right, "100", right == 100)
    bench.row("renders: levels right, %", whole, seconds=spread(seconds))


def hand_rows(bench: Benchmark, reader: Reader) -> None:
    levels = real_levels(reader)
    if not levels:
        bench.row("sketches by other hands", "skipped: I2C_REAL_DATA is not set")
        return
    right = total = 0
    for path in sorted((Path(os.environ["I2C_REAL_DATA"]) / "pacman").glob("*.png")):
        level = levels[path.stem.split("-")[0]]
        found = level_of(reader.family, reader.read(path, 1)[0].program)
        total += level.size
        right += int((found == level).sum()) if found.shape == level.shape else 0
    bench.row("3 sketches by other hands (development set): tiles right, %", 100 * right / total, "100", right == total)


def same_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    levels = list(real_levels(reader).values()) * (3 if quick else 20)
    if not levels:
        return
    for camera, named in ((False, "scanned"), (True, "photographed at an angle")):
        pictures = [sketched(reader, level, seed, camera) for seed, level in enumerate(levels)]
        right, whole, _ = score(reader, pictures, levels)
        met = right == 100 if not camera else None
        bench.row(f"their levels in {len(levels)} styles, {named}: tiles right, %", right, "" if camera else "100", met)
        bench.row(f"their levels, {named}: levels right, %", whole)


def random_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    tiles = tileset_of(reader.family)
    rng = np.random.default_rng(SEED + 1)
    levels = [
        bordered(random_level(tiles, rng, *rng.integers(6, 31, 2).tolist()), tiles) for _ in range(10 if quick else 100)
    ]
    for camera, named in ((False, "scanned"), (True, "photographed at an angle")):
        pictures = [sketched(reader, level, 1000 + seed, camera) for seed, level in enumerate(levels)]
        right, whole, _ = score(reader, pictures, levels)
        bench.row(f"{len(levels)} random levels within walls, {named}: tiles right, %", right, "99.5", right >= 99.5)
        bench.row(f"random levels, {named}: levels right, %", whole, "80", whole >= 80)


def bordered(level: Level, tiles: TileSet) -> Level:
    """The level within a border of walls, as playable ones have: what has no border has no size that can be seen."""
    wall = tiles.index("wall")
    level = level.copy()
    level[[0, -1]] = wall
    level[:, [0, -1]] = wall
    return level


def regular(rng: np.random.Generator, wall: int, dot: int, rest: dict[str, int]) -> Level:
    """A 28x27 level as designers make them: symmetric blocks of walls between corridors of dots."""
    half = np.full((27, 14), dot, np.uint8)
    half[[0, -1]] = wall
    half[:, 0] = wall
    y = 2
    while y < 24:
        tall = int(rng.integers(1, 4))
        x = 2
        while x < 13:
            wide = int(rng.integers(1, 5))
            half[y : min(y + tall, 25), x : min(x + wide, 14)] = wall
            x += wide + 1
        y += tall + 1
    level = np.concatenate((half, half[:, ::-1]), 1)
    if rng.random() < 0.5:  # a house in the middle
        level[11:16, 9:19] = rest["empty"]
        level[12:15, 10:18] = wall
        level[13, 11:17] = rest["ghost"]
        level[12, 13:15] = rest["empty"]
    level[1, [1, -2]] = level[-2, [1, -2]] = rest["power"]
    free = np.argwhere(level == dot)
    level[tuple(free[rng.integers(len(free))])] = rest["pacman"]
    return level


def seconds_rows(bench: Benchmark, reader: Reader) -> None:
    tiles = tileset_of(reader.family)
    rng = np.random.default_rng(SEED + 2)
    kinds = {name: tiles.index(name) for name in tiles.names}
    levels = [regular(rng, kinds["wall"], kinds["dot"], kinds) for _ in range(10)]
    pictures = [sketched(reader, level, 3000 + seed, False) for seed, level in enumerate(levels)]
    score(reader, pictures[:1], levels[:1])
    right, _, seconds = score(reader, pictures, levels)
    median = statistics.median(seconds)
    bench.row("a sketch of 28x27 tiles: seconds, median of 10", median, "1", median < 1, range=spread(seconds))
    bench.row("sketches of regular levels of 28x27: tiles right, %", right)


def program_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    family, tiles = reader.family, tileset_of(reader.family)
    rng = np.random.default_rng(SEED + 2)
    kinds = {name: tiles.index(name) for name in tiles.names}
    levels = dict(real_levels(reader))
    levels |= {f"regular {n}": regular(rng, kinds["wall"], kinds["dot"], kinds) for n in range(3 if quick else 10)}
    gaps, seconds = [], []
    for name, level in levels.items():
        program = plain(family, level)
        found = synthesize(family, program, SECONDS)
        gaps.append(100 * (found.cost - found.bound) / found.cost)
        seconds.append(found.seconds)
        told = f"{program.size} symbols as rows, {found.cost:g} at best, no fewer than {found.bound:g}"
        bench.row(f"program of {name}", told, detail=True, gap=gaps[-1], seconds=found.seconds)
    worst = max(gaps)
    bench.row(
        f"programs of {len(levels)} levels in {SECONDS:g} s: gap to the bound, %, worst", worst, "10", worst <= 10
    )
    bench.row("programs: gap, %, median", statistics.median(gaps), seconds=spread(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--quick", action="store_true", help="fewer pictures; leaves no JSON of the full name")
    parser.add_argument("--only", default="rendered,hand,same,random,seconds,programs", help="parts, between commas")
    options = parser.parse_args()
    name = "reading_levels-quick" if options.quick or options.weights else "reading_levels"
    bench = Benchmark(name, "levels read from pictures, and their shortest programs, family pacman, on CPU")
    parts = options.only.split(",")
    with Reader.load(options.weights or "pacman", device="cpu") as reader:
        if "rendered" in parts:
            rendered_rows(bench, reader, options.quick)
        if "hand" in parts:
            hand_rows(bench, reader)
        if "same" in parts:
            same_rows(bench, reader, options.quick)
        if "random" in parts:
            random_rows(bench, reader, options.quick)
        if "seconds" in parts:
            seconds_rows(bench, reader)
        if "programs" in parts:
            program_rows(bench, reader, options.quick)
    bench.finish()


if __name__ == "__main__":
    main()
