"""The minimal automaton: states that cannot accept are dropped, those of the same future are one (Hopcroft 1971).

Legend: an automaton is a table `step[state][letter]`, -1 where there is no way on, and the states that accept; the
first state is the start.
"""

from __future__ import annotations

from collections.abc import Sequence

Table = tuple[tuple[tuple[int, ...], ...], tuple[bool, ...]]


def minimal(step: Sequence[Sequence[int]], accepting: Sequence[bool]) -> Table:
    """The minimal automaton of the same language, states in the order in which letters reach them from the start."""
    letters = len(step[0])
    live = _live(step, accepting)
    if not live[0]:
        return ((-1,) * letters,), (False,)
    before: list[dict[int, list[int]]] = [{} for _ in range(letters)]
    for state, row in enumerate(step):
        if live[state]:
            for letter, target in enumerate(row):
                if target >= 0 and live[target]:
                    before[letter].setdefault(target, []).append(state)
    part = _parts(before, accepting, live)
    return _numbered(step, accepting, part)


def _live(step: Sequence[Sequence[int]], accepting: Sequence[bool]) -> list[bool]:
    """Whether each state reaches one that accepts."""
    before: list[list[int]] = [[] for _ in step]
    for state, row in enumerate(step):
        for target in set(row):
            if target >= 0:
                before[target].append(state)
    live = list(accepting)
    pending = [state for state, accepts in enumerate(accepting) if accepts]
    while pending:
        for state in before[pending.pop()]:
            if not live[state]:
                live[state] = True
                pending.append(state)
    return live


def _parts(before: list[dict[int, list[int]]], accepting: Sequence[bool], live: list[bool]) -> list[int]:
    """The part that each state belongs to, -1 for those that are not live."""
    blocks = [{s for s, ok in enumerate(live) if ok and accepting[s] == accepts} for accepts in (True, False)]
    blocks = [block for block in blocks if block]
    part = [-1] * len(live)
    for number, block in enumerate(blocks):
        for state in block:
            part[state] = number
    pending = {(number, letter) for number in range(len(blocks)) for letter in range(len(before))}
    while pending:
        number, letter = pending.pop()
        sources = before[letter]
        hit: dict[int, set[int]] = {}
        for target in blocks[number]:
            for state in sources.get(target, ()):
                hit.setdefault(part[state], set()).add(state)
        for old, inside in hit.items():
            if len(inside) == len(blocks[old]):
                continue
            blocks[old] -= inside
            new = len(blocks)
            blocks.append(inside)
            for state in inside:
                part[state] = new
            smaller = new if len(inside) <= len(blocks[old]) else old
            for other in range(len(before)):
                pending.add((new, other) if (old, other) in pending else (smaller, other))
    return part


def _numbered(step: Sequence[Sequence[int]], accepting: Sequence[bool], part: list[int]) -> Table:
    number = {part[0]: 0}
    first = [0]  # a state of each part
    rows: list[tuple[int, ...]] = []
    while len(rows) < len(first):
        row: list[int] = []
        for target in step[first[len(rows)]]:
            found = part[target] if target >= 0 else -1
            if found >= 0 and found not in number:
                number[found] = len(first)
                first.append(target)
            row.append(number[found] if found >= 0 else -1)
        rows.append(tuple(row))
    return tuple(rows), tuple(bool(accepting[state]) for state in first)
