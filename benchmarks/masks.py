"""One step of masked decoding, mask and advance for the whole batch: our backends, Lark, xgrammar, llguidance.

    python benchmarks/masks.py [--quick] [--seconds 0.5]

All engines run in one process, on the same tokens, after each was shown to give the same masks. Of the ways to call an
engine the fastest counts. Beside it: what a two-layer Transformer's step costs, how long tables take to compile and to
load, and, where there is a GPU, a whole decode in a CUDA graph. Peers that are not installed are told:
`pip install images-to-code[bench]`.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lark
import numpy as np
import torch
from common import Benchmark, spread, timed
from masking import gpu, languages
from masking.engines import THREADS, Engine, LLGuidance, XGrammar, ours, peers
from masking.languages import Language
from masking.network import Writer
from numpy.typing import NDArray

from i2c_core.automata.cache import compiled
from i2c_core.grammars import derive
from i2c_core.masks import Oracle, PushdownMask, Tables
from i2c_core.plugins import installed
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

BATCHES = (1, 16, 256, 4096)
STEPS = 12
ROUNDS = 64
STATES = 384
SHARES = {1: 0.02, 16: 0.01, 256: 0.005, 4096: 0.005}
Figures = dict[str, tuple[float, str]]  # engine -> seconds of one step and the way it was called


def walks(language: Language, steps: int, seed: int = 0, most: int = 4096) -> NDArray[np.int64]:
    """Random tokens (steps, N) of programs that are longer than `steps`."""
    torch.manual_seed(seed)
    mask = PushdownMask(language.tables, backend="numpy")
    state, written = mask.start(most, language.budget), []
    for _ in range(steps):
        legal = mask.legal(state)
        open_ = legal.any(1)
        token = torch.where(legal, torch.rand(legal.shape), -1.0).argmax(1).masked_fill(~open_, mask.pad)
        written.append(token)
        state = mask.advance(state, token)
    long = ~mask.done(state) & ~mask.refused(state)
    return torch.stack(written)[:, long].numpy()


def require_same(language: Language, mine: Sequence[Engine], others: Sequence[Engine]) -> int:
    """Raise where engines disagree; how many masks were compared.

    No peer knows of budgets. So peers are compared with a mask whose budget closes nothing, and what is timed, under
    the language's own budget, with that one too: equal where the budget closes nothing yet, else within it.
    """
    wide = ours(dataclasses.replace(language, budget=1 << 12), compiled=False)
    tokens = walks(language, STEPS)
    tokens = tokens[:, : -(-3 * STATES // STEPS)]
    groups = (wide + list(others), list(mine))
    states = [[e.start(tokens.shape[1]) for e in group] for group in groups]
    equal = 0
    for t in range(STEPS):
        first: list[NDArray[np.bool_]] = []
        for group, group_states in zip(groups, states, strict=True):
            found = [e.masks(s) for e, s in zip(group, group_states, strict=True)]
            for engine, masks in zip(group, found, strict=True):
                if not np.array_equal(masks, found[0]):
                    raise AssertionError(f"{language.name}: {engine.name}, {engine.way}, gives other masks at {t}")
            first.append(found[0])
        if (first[1] & ~first[0]).any():
            raise AssertionError(f"{language.name}: the budget opens what the language closes at {t}")
        equal += int((first[0] == first[1]).all(1).sum())
        states = [
            [e.step(s, e.convert(tokens[t])) for e, s in zip(group, group_states, strict=True)]
            for group, group_states in zip(groups, states, strict=True)
        ]
    if equal < STATES:
        raise AssertionError(f"{language.name}: only {equal} masks are equal, the budget closes the others")
    return equal


def require_true(language: Language) -> int:
    """Raise where our masks are not the oracle's; how many were compared."""
    assert language.vocabulary is not None
    vocabulary = language.vocabulary
    oracle = Oracle(vocabulary.signature, vocabulary.root)
    engine = ours(language, compiled=False)[0]
    tokens = walks(language, STEPS)[:, : -(-STATES // STEPS)]
    state = engine.start(tokens.shape[1])
    for t in range(STEPS):
        for row, mask in enumerate(engine.masks(state)):
            prefix = [vocabulary.tokens[i] for i in tokens[:t, row]]
            found = {vocabulary.tokens[i] for i in mask.nonzero()[0]}
            if found != oracle.legal_tokens(prefix, language.budget):
                raise AssertionError(f"{language.name}: our masks are not the oracle's behind {' '.join(prefix)}")
        state = engine.step(state, engine.convert(tokens[t]))
    return tokens.size


def one_step(engine: Engine, tokens: NDArray[np.int64], batch: int, seconds: float) -> list[float]:
    """Seconds of one step of the batch, several times: each round takes other rows of the walks through all steps."""

    def one_round(number: int) -> float:
        rows = (number * batch + np.arange(batch)) % tokens.shape[1]
        ready = [engine.convert(row) for row in tokens[:, rows]]
        state = engine.start(batch)
        start = time.perf_counter()
        for token in ready:
            state = engine.step(state, token)
        return (time.perf_counter() - start) / len(ready)

    gc.collect()
    gc.disable()
    try:
        first = min(one_round(0), one_round(1))  # the first round compiles
        return [one_round(n) for n in range(int(min(ROUNDS, max(3, seconds / first / len(tokens)))))]
    finally:
        gc.enable()


def compare(bench: Benchmark, language: Language, batches: Sequence[int], seconds: float, compile_from: int) -> None:
    """The rows of one language; `figures` by batch and engine are left in the JSON."""
    others, missing = peers(language) if language.rules else ([], [])
    for name in missing:
        bench.row(f"{language.name}: {name}", "not installed: pip install images-to-code[bench]")
    mine = ours(language, compiled=compile_from < 1 << 30)
    plain = [e for e in mine if e.name != "compiled"]
    bench.row(f"{language.name}: equal masks in all engines", require_same(language, mine, others))
    if language.vocabulary is not None:
        bench.row(f"{language.name}: masks equal to the oracle's", require_true(language), detail=True)
    tokens = walks(language, STEPS)
    for batch in batches:
        best: Figures = {}
        raw: dict[str, Any] = {}
        for engine in [*(mine if batch >= compile_from else plain), *others]:
            found = one_step(engine, tokens, batch, seconds)
            raw[f"{engine.name}, {engine.way}"] = {"median": statistics.median(found), "spread": spread(found)}
            known = best.get(engine.name, (float("inf"), ""))
            best[engine.name] = min(known, (statistics.median(found), engine.way))
        shown = ", ".join(f"{name} {_ms(found[0])}" for name, found in best.items())
        bench.row(
            f"{language.name}, batch {batch}: ms of a step", shown, ways={n: w for n, (_, w) in best.items()}, all=raw
        )
        _ratios(bench, language, batch, best, bool(others))
        FIGURES[language.name, batch] = best
        SAYABLE.update({language.name} if language.rules else ())


FIGURES: dict[tuple[str, int], Figures] = {}
SAYABLE: set[str] = set()  # the languages that peers can say
OURS = ("eager", "NumPy", "compiled")


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2g}"


def _ratios(bench: Benchmark, language: Language, batch: int, best: Figures, has_peers: bool) -> None:
    mine = _mine(best)
    rivals = {n: s for n, (s, _) in best.items() if n not in OURS}
    if has_peers and rivals:
        rival = min(rivals.values())
        name = min(rivals, key=lambda n: rivals[n])
        where = f"{language.name}, batch {batch}: times as fast as {name}"
        told = language.name == "CSG prefix"
        if batch >= 4096:
            for engine, target in (("eager", 60), ("compiled", 100)):
                if engine in best:
                    ratio = rival / best[engine][0]
                    wanted, met = (f"at least {target}", ratio >= target) if told else ("", None)
                    bench.row(f"{where}, {engine}", ratio, wanted, met, detail=not told)
        else:
            target = {256: 8.0, 1: 0.2}.get(batch) if told else None
            met = None if target is None else rival / mine >= target
            wanted = "" if target is None else f"at least {target:g}"
            bench.row(where, rival / mine, wanted, met, detail=target is None)
    elif not has_peers and ("CSG prefix", batch) in FIGURES:
        other = _mine(FIGURES["CSG prefix", batch])
        figure = f"{language.name}, batch {batch}: times the step of CSG prefix"
        bench.row(figure, mine / other, "at most 3", mine <= 3 * other)


def network_step(batch: int, seconds: float) -> tuple[float, str]:
    """Seconds of the Transformer's step on one thread or two, the faster one, and their spread."""
    longest = 64 if batch < 4096 else 32
    writer = Writer(batch, 34, longest, torch.device("cpu"))
    token, place = torch.zeros(batch, dtype=torch.int64), torch.tensor([longest // 2])
    found = []
    for threads in (1, THREADS):  # where other work runs beside, two wait for each other
        torch.set_num_threads(threads)
        once, _ = timed(lambda: writer(token, place), rounds=1)
        median, all_ = timed(lambda: writer(token, place), rounds=int(min(100, max(3, seconds / once))))
        found.append((median, f"{threads} threads, {spread(all_)}"))
    return min(found)


def shares(bench: Benchmark, batches: Sequence[int], seconds: float) -> None:
    """The step of our fastest backend as a part of the network's, in percent; the target is for what peers can say."""
    for batch in batches:
        network, told = network_step(batch, seconds)
        bench.row(f"Transformer's step, batch {batch}: ms", 1000 * network, spread=told, detail=True)
        found = {}
        for name in dict.fromkeys(n for n, b in FIGURES if b == batch):
            found[name] = 100 * _mine(FIGURES[name, batch]) / network
        shown, target = ", ".join(f"{name} {share:.2g}" for name, share in found.items()), 100 * SHARES[batch]
        met = max(share for name, share in found.items() if name in SAYABLE) < target
        bench.row(f"batch {batch}: our step in % of a Transformer's", shown, f"under {target:g}", met)


def _mine(best: Figures) -> float:
    return min(best[name][0] for name in OURS if name in best)


GRID = """
    rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord > y1) -> Shape
    Coord = 0..1023
"""


def vocabulary_of(name: str) -> Vocabulary:
    """A vocabulary from nothing: of the grid of rectangles, of Lark's own grammar, or of a family."""
    if name == "rectangles on 0..1023":
        return Vocabulary(Signature.parse(GRID), parse_type("Shape"))
    if name == "Lark's own grammar":
        grammar = (Path(lark.__file__).parent / "grammars" / "lark.lark").read_text(encoding="utf-8")
        signature, root = derive(grammar)
        return Vocabulary(signature, parse_type(root))
    family = installed().families[name]
    return Vocabulary(Signature.parse(family.gamma.show()), family.root_type)


def compile_once(name: str, folder: Path) -> dict[str, float]:
    """Seconds from nothing to the first mask, and where the automaton was kept on disk, of loading it again."""
    installed()  # plugins are not what is measured
    start = time.perf_counter()
    vocabulary = vocabulary_of(name)
    mask = PushdownMask(Tables.from_automaton(compiled(vocabulary, folder=folder)))
    mask.legal(mask.start(1, 512))
    found = {"compile": time.perf_counter() - start}
    kept = [*folder.glob("*.npz")]
    if kept:
        start = time.perf_counter()
        again = compiled(vocabulary, folder=folder)
        found["load"] = time.perf_counter() - start
        assert np.array_equal(again.production, mask.tables.automaton.production)
    return found


def compiling(bench: Benchmark, rounds: int = 3) -> None:
    """How long tables take, each time in a process of its own, where nothing is remembered."""
    targets = {f.name: 1.0 for f in installed().families}
    targets |= {"rectangles on 0..1023": 1.0, "Lark's own grammar": 2.0}
    for name, most in targets.items():
        found = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, __file__, "--compile", name, folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found.append(json.loads(done.stdout))
        times = [f["compile"] for f in found]
        median = statistics.median(times)
        bench.row(f"compiling {name}: s", median, f"under {most:g}", median < most, spread=spread(times))
        if "load" in found[0]:
            times = [f["load"] for f in found]
            median = statistics.median(times)
            bench.row(f"loading {name} from disk: ms", 1000 * median, "under 20", median < 0.02, spread=spread(times))


def on_gpu(bench: Benchmark, batch: int = 4096, steps: int = 64) -> None:
    """The whole decode in a CUDA graph, and peers' masks from the CPU."""
    if not torch.cuda.is_available():
        bench.row("GPU: decode in a CUDA graph", "not run: no GPU on this machine")
        return
    device, language = torch.device("cuda"), languages.csg()
    times = {}
    for masked in (False, True):
        decode = gpu.Decode(language, batch, steps, device, masked)
        decode.capture()
        gpu.seconds(decode.run, 3)
        times[masked] = gpu.seconds(decode.run, 20)
        if masked and not gpu.same(decode.tokens, language):
            raise AssertionError("the decode in a CUDA graph wrote what is no program")
    more = 100 * (statistics.median(times[True]) / statistics.median(times[False]) - 1)
    device_name = torch.cuda.get_device_name()
    kept = {"unmasked": spread(times[False]), "masked": spread(times[True]), "device": device_name}
    bench.row(f"{device_name}: {batch} x {steps} tokens, % longer with masks", more, "at most 3", more <= 3, **kept)
    rate = batch * steps / statistics.median(times[True])
    bench.row(f"{device_name}: tokens a second", rate)
    found = {}
    for engine in peers(language)[0]:
        if isinstance(engine, XGrammar | LLGuidance) and engine.way != "bytes":
            run = gpu.decode_with(engine, language, batch, steps, device)
            found[f"{engine.name}, {engine.way}"] = batch * steps / statistics.median(gpu.seconds(run, 3))
    if found:
        best = max(found, key=lambda n: found[n])
        bench.row(f"{device_name}: tokens a second, {best}", found[best], all=found)
        bench.row(f"{device_name}: times as many as it", rate / found[best], "at least 10", rate / found[best] >= 10)


class Fallen(logging.Handler):
    """Hears where the compiled backend does without `torch.compile`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small batches, nothing compiled; writes no figures")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each engine and batch")
    parser.add_argument("--compile-from", type=int, default=256, help="the batch from which torch.compile is tried")
    parser.add_argument("--compile", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compile:
        print(json.dumps(compile_once(given.compile[0], Path(given.compile[1]))))
        return
    torch.set_num_threads(THREADS)
    fallen = Fallen()
    logging.getLogger("i2c_core.masks").addHandler(fallen)
    bench = Benchmark("masks", "one step of the whole batch, mask and advance; two CPU threads")
    bench.packages += ("xgrammar", "llguidance")
    batches = BATCHES[:2] if given.quick else BATCHES
    for make in (languages.csg, languages.csg_text, languages.splits, languages.typed):
        compare(bench, make(), batches, given.seconds, 1 << 30 if given.quick else given.compile_from)
    shares(bench, batches, given.seconds)
    compiling(bench, rounds=1 if given.quick else 3)
    on_gpu(bench)
    if fallen.said:
        bench.row("torch.compile: failed, 'compiled' is eager", fallen.said[0], "does not fail", False)
    if not given.quick:
        bench.finish()


if __name__ == "__main__":
    main()
