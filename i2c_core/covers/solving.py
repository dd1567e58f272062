"""The best cover within the time there is, with what every cover costs at least."""

from __future__ import annotations

import time
from collections.abc import Iterator

from i2c_core.covers.branching import Search
from i2c_core.covers.mixed import covers_by_mixed_program
from i2c_core.covers.problem import NO_NODE, Cover, Problem, cost, is_cover
from i2c_core.covers.reducing import bits, only
from i2c_core.covers.satisfying import covers_by_sat, is_there
from i2c_core.errors import ConfigError, suggest

SOLVERS = ("auto", "cp-sat", "highs", "python")


def solve(problem: Problem, deadline: float | None = None, solver: str = "auto") -> Iterator[Cover]:
    """Covers, each cheaper or with a better bound than the last: the first at once, the last optimal if time allows.

    All solvers begin with the same bound by shared costs, which proves most problems alone and leaves a small part of
    the others; they differ in how they search that part. `auto` is `python`, the fastest (decision 16).

    Args:
        problem: to cover; each row is covered by a column.
        deadline: when to stop, in seconds of `time.monotonic`; None until the optimum is proven.
        solver: one of SOLVERS; `cp-sat` needs the extra `synthesis`.

    Raises:
        ConfigError: an unknown solver, one that is not installed, or a row that nothing covers.
    """
    if solver not in SOLVERS:
        raise ConfigError(f"unknown solver {solver!r}", suggest(solver, SOLVERS, f"one of {', '.join(SOLVERS)}"))
    if solver == "cp-sat" and not is_there():
        raise ConfigError("the solver cp-sat is not installed", "pip install 'images-to-code[synthesis]'")
    best = first(problem)
    yield best
    if best.optimal or _late(deadline):
        return
    search = Search(problem, best, deadline)
    search.begin()
    if search.waiting and solver in ("cp-sat", "highs") and not _late(deadline):
        small = only(problem, sorted(search.columns() | set(search.best.columns)))
        new = {old: place for place, old in enumerate(small.places)}
        start = search.told(best)
        if start != best:
            yield start
        by = covers_by_sat if solver == "cp-sat" else covers_by_mixed_program
        for cover in by(small.problem, Cover(tuple(new[c] for c in start.columns), start.cost, start.bound), deadline):
            yield Cover(tuple(small.places[c] for c in cover.columns), cover.cost, cover.bound)
        return
    yield from search.run(best)


def first(problem: Problem) -> Cover:
    """A cover at once: for each row the cheapest column, without those that are not needed then.

    Raises:
        ConfigError: a row that nothing covers.
    """
    chosen: dict[int, int] = {}
    for plain in (True, False):  # columns without node cover all rows as a rule, and are few
        for place, column in enumerate(problem.columns):
            if (column.node == NO_NODE) == plain:
                for row in bits(column.covers):
                    if row not in chosen or problem.columns[chosen[row]].cost > column.cost:
                        chosen[row] = place
        if len(chosen) == problem.rows:
            break
    kept = sorted(set(chosen.values()))
    if not is_cover(problem, kept):
        row = min(set(range(problem.rows)) - set(chosen))
        raise ConfigError(f"row {row} is covered by no column", "give each row a column of its own")
    for place in list(kept):
        less = [p for p in kept if p != place]
        if is_cover(problem, less):
            kept = less
    price = cost(problem, kept)
    return Cover(tuple(kept), price, price if not problem.rows else 0)


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() > deadline
