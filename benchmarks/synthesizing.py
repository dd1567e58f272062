"""Programs of least cost for sets of drawing commands: how fast, how often with proof, how much shorter; and a peer.

    python benchmarks/synthesizing.py [--quick] [--direct SECONDS] [--only examples,hand,scenes]

The peer is the direct encoding (`direct.py`), the whole program as one problem for CP-SAT on two threads, on the same
commands in the same run. Drawings are the 40 of Ellis et al. 2018 that are found through the environment variable
I2C_REAL_DATA; the search was tuned while looking at their commands, so they are a development set. Scenes are what
random programs draw, up to 60 commands each. Nothing is trained.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from common import Benchmark
from direct import Direct, direct

from i2c_core import get_family
from i2c_core.formats import find_format
from i2c_core.loops import (
    Body,
    Command,
    Draw,
    Layout,
    Linear,
    Loop,
    Reflect,
    When,
    cost_of,
    execute,
    layout_of,
    lines_of,
)
from i2c_core.loops.random_programs import random_body
from i2c_core.rerolling import Rerolled, reroll

LIMIT, SCENE_LIMIT = 60.0, 10.0  # seconds for a drawing, and for a scene
SEED, SCENES, MOST_COMMANDS = 1, 200, 60
Sets = Mapping[str, Sequence[Command]]


@dataclass(frozen=True)
class Found:
    """A set of commands, and what was found for it, in seconds."""

    commands: Sequence[Command]
    answer: Rerolled
    seconds: float
    peer: Direct | None

    @property
    def exact(self) -> bool:
        drawn = self.answer.body
        return execute(drawn, LAYOUT) == sorted(self.commands) and cost_of(drawn) == self.answer.cost

    def record(self) -> dict[str, object]:
        """Figures alone: the drawings are other people's."""
        answer = self.answer
        own = {
            "commands": len(self.commands),
            "lines": lines_of(answer.body),
            "cost": str(answer.cost),
            "bound": str(answer.bound),
            "seconds": round(self.seconds, 4),
        }
        if self.peer is None:
            return own
        peer = {"cost": str(self.peer.cost), "bound": str(self.peer.bound), "seconds": round(self.peer.seconds, 4)}
        return own | {"direct": peer}


FAMILY = get_family("figures")
LAYOUT: Layout = layout_of(FAMILY)


def i(a: int, b: int) -> Linear:
    return Linear(b, a, 0)


def j(a: int, b: int) -> Linear:
    return Linear(b, a, 1)


def n(b: int) -> Linear:
    return Linear(b)


# The examples of the paper: lines, and a program of so many.
EXAMPLES: dict[str, tuple[int, Body]] = {
    "3x3 circles joined by lines": (
        6,
        (
            Loop(
                n(3),
                (
                    Loop(
                        n(3),
                        (
                            When(
                                (
                                    Draw("line", (j(-3, 8), i(-3, 7), j(-3, 9), i(-3, 7), "plain", "solid")),
                                    Draw("line", (i(-3, 7), j(-3, 8), i(-3, 7), j(-3, 9), "plain", "solid")),
                                )
                            ),
                            Draw("circle", (j(-3, 7), i(-3, 7))),
                        ),
                    ),
                ),
            ),
        ),
    ),
    "4x4 rectangles": (
        3,
        (Loop(n(4), (Loop(n(4), (Draw("rectangle", (i(-3, 10), j(-2, 7), i(-3, 12), j(-2, 8))),)),)),),
    ),
    "mirrored circles and rectangles": (
        5,
        (
            Reflect(
                "y",
                8,
                (
                    Loop(
                        n(3),
                        (
                            When((Draw("rectangle", (i(3, -1), n(2), i(3, 0), n(3))),)),
                            Draw("circle", (i(3, 1), i(3, 1))),
                        ),
                    ),
                ),
            ),
        ),
    ),
}


def drawings(folder: Path) -> Sets:
    """The commands of drawings by hand, by name."""
    own = find_format(FAMILY, "json")
    listed = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    programs = {name: FAMILY.canonical(own.loads(FAMILY, json.dumps(commands))) for name, commands in listed.items()}
    return {name: sorted(set(LAYOUT.commands_of(program))) for name, program in programs.items()}


def scenes(count: int) -> tuple[Sets, dict[str, Fraction]]:
    """What random programs draw, and what these cost."""
    rng = np.random.default_rng(SEED)
    found, costs = {}, {}
    for number in range(count):
        body = random_body(LAYOUT, rng, MOST_COMMANDS)
        found[f"scene {number}"], costs[f"scene {number}"] = execute(body, LAYOUT), cost_of(body)
    return found, costs


def answered(sets: Sets, rounds: int, peer: float, limit: float = LIMIT) -> dict[str, Found]:
    """The answers for some sets, timed, the median of some rounds; the peer's for as many seconds as it may take."""
    found = {}
    for place, (name, commands) in enumerate(sets.items(), 1):
        taken, last = [], None
        for _ in range(rounds):
            start = time.perf_counter()
            *_, last = reroll(commands, LAYOUT, time.monotonic() + limit)
            taken.append(time.perf_counter() - start)
        assert last is not None
        other = direct(commands, LAYOUT, peer) if peer else None
        found[name] = Found(commands, last, statistics.median(taken), other)
        print(f"\r  {place} of {len(sets)}", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    return found


def rows(bench: Benchmark, what: str, found: Mapping[str, Found], targets: bool) -> None:
    every = list(found.values())
    seconds = sorted(f.seconds for f in every)
    late = seconds[math.ceil(0.95 * len(seconds)) - 1]
    median = statistics.median(seconds)

    def row(figure: str, value: float, target: str, met: bool) -> None:
        bench.row(f"{what}: {figure}", value, *((target, met) if targets else ()))

    row("seconds to the program, median", median, "at most 0.3, with proof", median <= 0.3)
    row("seconds, 95 % within", late, "at most 3", late <= 3)
    row("seconds, worst", seconds[-1], "at most 60", seconds[-1] <= LIMIT)
    optimal = sum(f.answer.optimal for f in every)
    records = {name: f.record() for name, f in found.items()}
    target = ("all", optimal == len(every)) if targets else ("", None)
    bench.row(f"{what}: optimal, of {len(every)}", optimal, *target, sets=records)
    exact = sum(f.exact for f in every)
    bench.row(f"{what}: draw exactly their commands", exact, f"all {len(every)}", exact == len(every))
    lines = sum(lines_of(f.answer.body) for f in every)
    bench.row(f"{what}: commands a line", sum(len(f.commands) for f in every) / lines)
    bench.row(f"{what}: cost a command", float(sum(f.answer.cost for f in every) / sum(len(f.commands) for f in every)))


def peer_rows(bench: Benchmark, what: str, found: Mapping[str, Found], limit: float) -> None:
    pairs = [(f.answer, f.peer) for f in found.values() if f.peer is not None]
    if not pairs:
        return
    peers = [peer for _, peer in pairs]
    bench.row(
        f"{what}: direct encoding, seconds, median, at most {limit:g}", statistics.median(p.seconds for p in peers)
    )
    bench.row(f"{what}: direct encoding, optimal, of {len(peers)}", sum(p.optimal for p in peers))
    bench.row(f"{what}: direct encoding, dearer programs", sum(p.cost > a.cost for a, p in pairs))
    cheaper = sum(p.cost < a.cost for a, p in pairs)
    bench.row(f"{what}: direct encoding, cheaper programs", cheaper, "none", cheaper == 0)
    differ = sum(p.optimal and a.optimal and p.cost != a.cost for a, p in pairs)
    bench.row(f"{what}: both optimal and of different cost", differ, "none", differ == 0)


def examples(bench: Benchmark, quick: bool, peer: float) -> None:
    sets = {name: execute(body, LAYOUT) for name, (_, body) in EXAMPLES.items()}
    for name, found in answered(sets, 1, peer).items():
        lines, most = lines_of(found.answer.body), EXAMPLES[name][0]
        good = lines <= most and found.answer.optimal and found.exact
        figure = f"{name}, {len(found.commands)} commands: lines"
        bench.row(figure, lines, f"at most {most}, optimal", good, set=found.record())


def by_hand(bench: Benchmark, quick: bool, peer: float) -> None:
    real = os.environ.get("I2C_REAL_DATA")
    if not real:
        bench.row("drawings by hand", "skipped: I2C_REAL_DATA is not set")
        return
    sets = drawings(Path(real) / "drawings")
    if quick:
        sets = dict(sorted(sets.items())[::4])
    what = f"{len(sets)} drawings by hand (development set)"
    found = answered(sets, 3, peer)
    rows(bench, what, found, targets=True)
    peer_rows(bench, what, found, peer)


def made_up(bench: Benchmark, quick: bool, peer: float) -> None:
    sets, costs = scenes(SCENES // 10 if quick else SCENES)
    what = f"{len(sets)} regular scenes, at most {SCENE_LIMIT:g} s each"
    found = answered(sets, 1, 0.0, SCENE_LIMIT)
    rows(bench, what, found, targets=False)
    dearer = sum(f.answer.optimal and f.answer.cost > costs[name] for name, f in found.items())
    bench.row(f"{what}: called optimal, and dearer than the program that drew them", dearer, "none", dearer == 0)
    behind = sum(f.answer.cost > costs[name] for name, f in found.items())
    bench.row(f"{what}: dearer than the program that drew them", behind)


PARTS: dict[str, Callable[[Benchmark, bool, float], None]] = {"examples": examples, "hand": by_hand, "scenes": made_up}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fourth of the drawings and a tenth of the scenes")
    parser.add_argument(
        "--direct", type=float, default=20.0, metavar="SECONDS", help="a set for the peer; 0 leaves it out"
    )
    parser.add_argument("--only", default=",".join(PARTS), help="which parts, with commas between")
    given = parser.parse_args()
    whole = not given.quick and given.only == parser.get_default("only")
    bench = Benchmark("synthesizing" if whole else "synthesizing-quick", "programs of least cost for drawing commands")
    list(reroll(execute(EXAMPLES["4x4 rectangles"][1], LAYOUT), LAYOUT))  # what is loaded on first use
    for name in given.only.split(","):
        PARTS[name](bench, given.quick, given.direct)
    bench.finish()


if __name__ == "__main__":
    main()
