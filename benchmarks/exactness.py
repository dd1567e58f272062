"""Exactness: what random logits decode to under the masks, and the masks against the slow oracle, for every family.

    python benchmarks/exactness.py [--decodes 1000000] [--states 100000] [--workers 2] [--quick]

A decode takes, at every step, the most likely open token of random logits, within a random budget. What comes out must
be complete and within the budget, well typed, in canonical order, and plain Lark must parse its text, with the parser
that the family names. A program that was seen before is not looked at again. A state is a prefix on such a walk with
its budget: there the mask must open no token that the oracle closes, and close none that it opens.

Beside the installed families there are four languages with the rules that those may lack: dependent arguments, orders,
scopes and free text; each once folded into types where that is small, and once with registers.

Legend: N rows, V tokens.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import cache

import torch
from common import Benchmark
from lark import Lark

from i2c_core.automata import FOLD, compile_vocabulary
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.legality import in_order
from i2c_core.masks import Oracle, PushdownMask, Tables
from i2c_core.plugins import installed
from i2c_core.progress import make_progress

BATCH = 2048  # decodes of one task
WALKS = 64  # walks of one task that the oracle follows
BEYOND = 30  # tokens that a budget may have beyond the shortest program
BEYOND_ORACLE = 16  # the same where the oracle follows
SPREAD = 3.0  # of the random logits

FIGURES = """
    picture   : (all: List[Command, 1..6, <]) -> Picture
    circle    : (x: Coord, y: Coord, r: Radius) -> Command key x, y
    rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord >= y1 + 2 <= y1 + 9) -> Command
    group     : (of: Colour, all: List[Command, 2..3, <=]) -> Command key of
    Coord     = 1..15
    Radius    = 1..4
    Colour    = red | green | blue
"""
CHAINS = """
    more : (first: Stroke, rest: Line) -> Line order first < rest.first
    end  : Line
    line : (a: Coord, b: Coord > a, c: Coord > b <= a + 9) -> Stroke
    dash : (a: Coord, Line) -> Stroke key a
    Coord = 0..24
"""
SCOPES = """
    program : (body: Block[0]) -> Program
    block   : (all: List[Stmt[s], 1..4]) -> Block[s]
    for     : (n: Count, body: Block[s+1]) -> Stmt[s]
    print   : (e: Expr[s]) -> Stmt[s]
    add     : (Expr[s], Expr[s]) -> Expr[s]
    use     : (k: Index[0..s-1]) -> Expr[s]
    num     : (n: Count) -> Expr[s]
    Count   = 0..9
    s       = 0..3
"""
TEXTS = """
    let  : (name: Name, value: Value) -> Stmt
    both : (Stmt, Stmt) -> Stmt
    ref  : (name: Name) -> Value
    str  : (text: Quoted) -> Value
    Name = /[a-z][a-z0-9]*/ over [a-z0-9] except let | both | ref | str
    Quoted = /"([^"\\\\]|\\\\.)*?"/ over [a-z"\\\\]
"""
LANGUAGES = {
    family.name: family
    for family in (
        Family("figures-of-rules", root="Picture", signature=FIGURES),
        Family("chains-of-rules", root="Line", signature=CHAINS),
        Family("scopes-of-rules", root="Program", signature=SCOPES),
        Family("texts-of-rules", root="Stmt", signature=TEXTS),
    )
}
Figures = Counter[str]
Step = tuple[torch.Tensor, torch.Tensor]  # open tokens (N, V), the token that is taken (N,)


def languages() -> list[tuple[str, bool]]:
    """The names of the languages, and whether their rules are kept out of registers where that is small."""
    found = [(name, True) for name in sorted(f.name for f in installed().families)]
    for name, family in LANGUAGES.items():
        found.append((name, True))
        if compile_vocabulary(family.vocabulary, 0).registers is not None:
            found.append((name, False))
    return found


@cache
def family_of(name: str) -> Family:
    return LANGUAGES[name] if name in LANGUAGES else installed().families[name]


@cache
def mask_of(name: str, fold: bool) -> PushdownMask:
    automaton = compile_vocabulary(family_of(name).vocabulary, FOLD if fold else 0)
    return PushdownMask(Tables.from_automaton(automaton))


@cache
def oracle_of(name: str) -> Oracle:
    return Oracle(family_of(name).gamma, family_of(name).root_type)


@cache
def plain_lark(name: str) -> Lark:
    """The family's grammar in a parser that is not ours."""
    family = family_of(name)
    text = family.syntax.text
    start = family.start or ("start" if re.search(r"^[?!]*start\b", str(text), re.M) else family.root_type.name.lower())
    paths = [] if text.folder is None else [str(text.folder)]
    return Lark(str(text), parser=family.parser, start=start, maybe_placeholders=False, import_paths=paths)


def walk(mask: PushdownMask, budgets: torch.Tensor, generator: torch.Generator) -> Iterator[Step]:
    """Every step of a decode; behind the end the token that pads is taken."""
    state = mask.start(len(budgets), budgets)
    for _ in range(int(budgets.max())):
        legal = mask.legal(state)  # (N, V)
        logits = SPREAD * torch.randn(legal.shape, generator=generator)
        chosen = logits.masked_fill(~legal, -torch.inf).argmax(1)  # (N,)
        token = torch.where(mask.done(state), mask.pad, chosen)  # (N,)
        yield legal, token
        state = mask.advance(state, token)
    assert bool(mask.done(state).all()), "a row is not complete"
    assert not bool(mask.refused(state).any()), "a row took a closed token"


def random_budgets(name: str, fold: bool, rows: int, beyond: int, generator: torch.Generator) -> torch.Tensor:
    shortest = mask_of(name, fold).tables.least[1]
    most = max(shortest, min(family_of(name).budget, shortest + beyond))
    return torch.randint(shortest, most + 1, (rows,), generator=generator)  # (N,)


def decode(name: str, fold: bool, seed: int, rows: int, seen: set[tuple[int, ...]] | None = None) -> Figures:
    """Decode `rows` programs and count what is wrong with them, by what was promised."""
    seen = _SEEN.setdefault(name, set()) if seen is None else seen
    family, mask = family_of(name), mask_of(name, fold)
    vocabulary, generator = family.vocabulary, torch.Generator().manual_seed(2 * seed + fold)
    budgets = random_budgets(name, fold, rows, BEYOND, generator)
    found: Figures = Counter(decodes=rows)
    try:
        ids = torch.stack([token for _, token in walk(mask, budgets, generator)], 1)  # (N, T)
    except AssertionError:
        found["incomplete"] += rows
        return found
    for row, budget in zip(ids.tolist(), budgets.tolist(), strict=True):
        tokens = tuple(t for t in row if t != mask.pad)
        found["beyond the budget"] += len(tokens) > budget
        if tokens in seen:
            continue
        seen.add(tokens)
        found["different programs"] += 1
        try:
            program = vocabulary.decode(tokens)
        except I2cError:
            found["ill typed"] += 1
            continue
        found["out of order"] += not in_order(vocabulary, program)
        found["changed by normalise"] += not family.is_canonical(program)
        try:
            text = family.show(program)
            plain_lark(name).parse(text)
            if family.parse(text) != program:
                found["reparsed" if not family.is_exact else "parsed differently"] += 1
        except Exception:  # whatever plain Lark raises
            found["reparsed" if not family.is_exact else "not parsed"] += 1
    return found


_SEEN: dict[str, set[tuple[int, ...]]] = {}


def compare(name: str, fold: bool, seed: int, rows: int) -> Figures:
    """Follow `rows` walks with the oracle, and count the states and the tokens about which mask and oracle differ."""
    mask, oracle = mask_of(name, fold), oracle_of(name)
    tokens, generator = mask.tables.tokens, torch.Generator().manual_seed(2 * seed + fold)
    budgets = random_budgets(name, fold, rows, BEYOND_ORACLE, generator)
    prefixes: list[list[str]] = [[] for _ in range(rows)]
    found: Figures = Counter()
    for legal, token in walk(mask, budgets, generator):
        for prefix, budget, open_, chosen in zip(prefixes, budgets.tolist(), legal, token.tolist(), strict=True):
            if chosen == mask.pad:
                continue
            wanted = oracle.legal_tokens(prefix, budget)
            got = {tokens[i] for i in open_.nonzero().flatten().tolist()}
            found["states"] += 1
            found["open and should be closed"] += len(got - wanted)
            found["closed and should be open"] += len(wanted - got)
            prefix.append(tokens[chosen])
    return found


def run(decodes: int, states: int, workers: int) -> dict[str, Figures]:
    """The figures of every language: `decodes` over all of them together, `states` of each."""
    every = languages()
    each = -(-decodes // len(every))
    figures: dict[str, Figures] = {}
    context = multiprocessing.get_context("spawn")
    task_ = make_progress().task("checking", decodes + states * len(every))
    with task_ as progress, ProcessPoolExecutor(workers, context) as pool:
        for name, fold in every:
            label = name if fold else f"{name}, registers"
            total = figures[label] = Counter()
            begun = time.perf_counter()
            tasks: list[Future[Figures]] = []
            for start in range(0, each, BATCH):
                tasks.append(pool.submit(decode, name, fold, start, min(BATCH, each - start)))
            for task in as_completed(tasks):
                total.update(task.result())
                progress.advance(task.result()["decodes"])
            seed = 0
            while total["states"] < states:
                tasks = [pool.submit(compare, name, fold, seed + i, WALKS) for i in range(4 * workers)]
                seed += len(tasks)
                for task in as_completed(tasks):
                    total.update(task.result())
                    progress.advance(task.result()["states"])
            total["seconds"] = round(time.perf_counter() - begun)
    return figures


WRONG = (
    "incomplete",
    "beyond the budget",
    "ill typed",
    "out of order",
    "not parsed",
    "parsed differently",
    "open and should be closed",
    "closed and should be open",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--decodes", type=int, default=1_000_000, help="random decodes, over all families together")
    parser.add_argument("--states", type=int, default=100_000, help="states of each family that the oracle looks at")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--quick", action="store_true", help="a hundredth of it")
    args = parser.parse_args()
    part = 100 if args.quick else 1
    bench = Benchmark("exactness", "random decodes and random states that are not as promised, by family", args.quick)
    found = run(args.decodes // part, args.states // part, args.workers)
    for name, figures in found.items():
        wrong = {kind: figures[kind] for kind in WRONG}
        bench.row(f"{name}: wrong of {figures['decodes']:,} decodes and {figures['states']:,} states",
                  sum(wrong.values()), "0", not any(wrong.values()), **wrong,
                  **{kind: count for kind, count in figures.items() if kind not in WRONG})  # fmt: skip
    every = Counter[str]()
    for figures in found.values():
        every.update(figures)
    bench.row("random decodes, all", every["decodes"], different_programs=every["different programs"])
    bench.row("states that the oracle looked at, all", every["states"])
    bench.row("wrong, all", sum(every[kind] for kind in WRONG), "0", not any(every[kind] for kind in WRONG))
    bench.finish()


if __name__ == "__main__":
    main()
