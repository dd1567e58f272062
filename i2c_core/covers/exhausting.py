"""The end of a search: all covers of a part with few columns, tried one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from i2c_core.covers.parts import Part
from i2c_core.covers.reducing import bits


@dataclass(frozen=True, slots=True)
class _Item:
    """A column of a part: its rows, the items that it needs (nodes, then features), its cost and its place."""

    covers: int
    needs: int
    cost: int
    place: int


def exhausted(part: Part, limit: int, found: Callable[[Sequence[int]], int], most: int) -> bool:
    """Try all covers of a part that may cost less than a limit; False where there were too many to try.

    Args:
        part: to cover.
        limit: what its columns, nodes and features have to stay below.
        found: told of each such cover, by places in the problem; gives the new limit.
        most: how many partial covers are tried.
    """
    items, prices = _items(part)
    whole = (1 << part.covers.shape[1]) - 1
    largest = max(item.covers.bit_count() for item in items)
    cheapest = min(item.cost for item in items)
    covering = [[item for item in items if item.covers >> row & 1] for row in range(part.covers.shape[1])]
    rows = sorted(range(len(covering)), key=lambda row: len(covering[row]))
    steps = 0
    # what is covered, what is paid for, what it cost, the columns
    waiting: list[tuple[int, int, int, tuple[int, ...]]] = [(0, 0, 0, ())]
    while waiting:
        steps += 1
        if steps > most:
            return False
        covered, paid, spent, taken = waiting.pop()
        left = whole & ~covered
        if spent + cheapest * -(-left.bit_count() // largest) >= limit:
            continue
        if not left:
            limit = min(limit, found((*part.taken, *taken)))
            continue
        row = next(row for row in rows if left >> row & 1)
        for item in covering[row]:
            price = spent + item.cost
            new = item.needs & ~paid
            if new:
                price += sum(prices[k] for k in bits(new))
            if price < limit:
                waiting.append((covered | item.covers, paid | item.needs, price, (*taken, item.place)))
    return True


def _items(part: Part) -> tuple[list[_Item], list[int]]:
    """The columns of a part, and what the items cost that they need."""
    prices = [int(p) for p in part.prices] + [int(f) for f in part.fees]
    count, needs = len(part.nodes), part.needs()
    found = []
    for place in range(len(part.columns)):
        covers = sum(1 << row for row, inside in enumerate(part.covers[place].tolist()) if inside)
        needed = sum(1 << n for n, inside in enumerate(needs[:, place].tolist()) if inside and prices[n])
        needed |= sum(1 << count + f for f, inside in enumerate(part.uses[place].tolist()) if inside)
        found.append(_Item(covers, needed, int(part.costs[place]), int(part.columns[place])))
    return found, prices
