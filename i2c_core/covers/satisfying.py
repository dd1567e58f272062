"""Covers by OR-tools' CP-SAT, which is an extra: `pip install images-to-code[synthesis]`."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from i2c_core.covers.formulating import inequalities
from i2c_core.covers.problem import Cover, Problem, cost


def is_there() -> bool:
    """Whether OR-tools can be imported."""
    try:
        from ortools.sat.python import cp_model  # noqa: F401  # takes a third of a second
    except ImportError:
        return False
    return True


def covers_by_sat(problem: Problem, start: Cover, deadline: float | None = None, workers: int = 1) -> Iterator[Cover]:
    """Covers better than the start, or with better bounds; the last one is optimal unless time ran out.

    Args:
        problem: to cover.
        start: a cover to begin with.
        deadline: in seconds of `time.monotonic`.
        workers: threads; with one, the same problem has the same answer.
    """
    from ortools.sat.python import cp_model

    stated = inequalities(problem)
    model = cp_model.CpModel()
    variables = [model.new_int_var(0, most, "") for most in stated.most]
    terms: list[tuple[list[object], list[int]]] = [([], []) for _ in stated.low]
    for row, variable, factor in zip(stated.row, stated.variable, stated.factor, strict=True):
        terms[row][0].append(variables[variable])
        terms[row][1].append(factor)
    for (some, factors), low in zip(terms, stated.low, strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(some, factors) >= low)
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, stated.weights))
    taken = set(start.columns)
    for place in range(len(problem.columns)):
        model.add_hint(variables[place], int(place in taken))

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    solver.parameters.interleave_search = workers > 1
    if deadline is not None:
        solver.parameters.max_time_in_seconds = max(0.001, deadline - time.monotonic())
    said: queue.SimpleQueue[tuple[tuple[int, ...] | None, int] | None] = queue.SimpleQueue()

    class Told(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            columns = tuple(p for p in range(len(problem.columns)) if self.value(variables[p]))
            said.put((columns, round(self.best_objective_bound)))

    told, status = Told(), list[object]()

    def run() -> None:
        try:
            status.append(solver.solve(model, told))
        finally:
            said.put(None)

    solver.best_bound_callback = lambda bound: said.put((None, round(bound)))
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    best = start
    try:
        while (news := said.get()) is not None:
            columns, bound = news
            bound = max(best.bound, bound)
            if columns is not None and (price := cost(problem, columns)) < best.cost:
                best = Cover(columns, price, bound)
                yield best
            elif bound > best.bound:
                best = Cover(best.columns, best.cost, min(bound, best.cost))
                yield best
    finally:
        solver.stop_search()
        thread.join()
    if status and status[0] == cp_model.OPTIMAL and best.bound < best.cost:
        yield Cover(best.columns, best.cost, best.cost)
