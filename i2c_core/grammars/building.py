"""What a parser's reductions make: nodes, and runs of what inlined rules hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from i2c_core.grammars.trees import Alternative, Item, Leaf, Node, Run
from i2c_core.grammars.unfolding import Made

Build = Callable[[list[Any]], Any]


def builder(made: Made) -> Build:
    """The function from all children of a reduction, tokens of the parser included, to what stands for them."""
    alternative = made.alternative
    indices = tuple((i, item) for i, item in enumerate(alternative.items) if item.kept)
    if made.wrapped:
        return _wrapping(alternative, indices, made.rest)
    if alternative.rule.startswith("_"):
        return lambda children: _run(indices, children)
    return lambda children: Node(alternative, _kept(indices, children), _start(children))


def _wrapping(alternative: Alternative, indices: tuple[tuple[int, Item], ...], rest: int | None) -> Build:
    def build(children: list[Any]) -> Run:
        run = Run() if rest is None else children.pop(rest)
        run.start = _start([run, *children] if rest == 0 else children)
        node = Node(alternative, _kept(indices, children), _start(children))
        if rest == -1:
            run.insert(0, node)
        else:
            run.append(node)
        return run

    return build


def _kept(indices: tuple[tuple[int, Item], ...], children: list[Any]) -> list[Any]:
    return [Leaf(i.name, str(children[n]), children[n].start_pos) if i.terminal else children[n] for n, i in indices]


def _start(children: list[Any]) -> int:
    for child in children:
        start: int | None = child.start if isinstance(child, Node | Run) else child.start_pos
        if start is not None and start >= 0:
            return start
    return -1


def _run(indices: tuple[tuple[int, Item], ...], children: list[Any]) -> Run:
    start = _start(children)
    kept = _kept(indices, children)
    # Left recursion appends to the run that is there, so that a list of n items takes n steps.
    run = kept.pop(0) if kept and isinstance(kept[0], Run) else Run()
    if kept and isinstance(kept[-1], Run) and not run:
        run = kept.pop()
        run[:0] = _flat(kept)
    else:
        run.extend(_flat(kept))
    run.start = start
    return run


def _flat(kept: list[Any]) -> list[Node | Leaf]:
    flat: list[Node | Leaf] = []
    for value in kept:
        if isinstance(value, Run):
            flat += value
        else:
            flat.append(value)
    return flat
