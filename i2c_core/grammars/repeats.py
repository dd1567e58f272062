"""What inlined rules hold: `x*`, `x+`, `x ~ n..m` and `("," x)*` as repetitions with counts, all others spelt out.

Lark compiles a repetition into rules of its own, left-recursive ones (`__command_star_0`) or nests of them; people
write such rules too (`_commands: command | _commands ";" command`). Both are one `Many` here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from i2c_core.grammars.trees import Alternative, Item, Rules

MAX_VARIANTS = 256  # of one alternative once its inlined rules are spelt out


@dataclass(frozen=True, slots=True)
class Many:
    """`low` to `high` (None: any number) things, each any of `items`, written by an inlined rule."""

    rule: str
    low: int
    high: int | None
    items: tuple[Item, ...]


Element = Item | Many


class Repeats:
    """The inlined rules of a grammar; with `choices`, a rule that is one of several things is one `Many` of one."""

    def __init__(self, rules: Rules, choices: bool = False) -> None:
        self._rules = rules
        self._choices = choices
        self._inlined = {name: found for name, found in rules.by_rule.items() if name.startswith("_")}
        self._below = {name: self._reach(name) for name in self._inlined}
        self._ranges = self._count()
        self._counts: dict[str, int] = {}

    def problems(self) -> list[str]:
        """Inlined rules that refer to themselves and are no `Many`, none of which is below another of them."""
        found: list[str] = []
        for name in self._inlined:
            below = self._below[name]
            if name in below and self._many[name] is None and self.holds(name) and not below & set(found):
                found.append(name)
        return found

    def variants(self, alternative: Alternative) -> list[tuple[Element, ...]]:
        """The ways to write an alternative, its inlined rules spelt out or turned into `Many`."""
        return self._spell(alternative.items)

    def count(self, items: Sequence[Item]) -> int:
        """How many variants items have."""
        return prod(self._counted(i.name) for i in items if i.inlined)

    def _counted(self, name: str) -> int:
        if name not in self._counts:
            self._counts[name] = 1
            if self._many[name] is None and name not in self._below[name]:
                self._counts[name] = sum(self.count(a.items) for a in self._inlined[name])
        return self._counts[name]

    def write(self, rule: str, count: int) -> list[Item] | None:
        """The items that make `count` things by an inlined rule, or None where it cannot."""
        before: list[Item] = []
        after: list[list[Item]] = []
        while True:
            for alternative in self._inlined[rule]:
                if all(i.name != rule for i in alternative.items):
                    middle = self.spread(alternative.items, count)
                    if middle is not None:
                        return before + middle + [i for chunk in reversed(after) for i in chunk]
            step = next((a for a in self._inlined[rule] if sum(i.name == rule for i in a.items) == 1), None)
            if step is None:
                return None
            place = [i.name for i in step.items].index(rule)
            sides = step.items[:place], step.items[place + 1 :]
            taken = [sum(self._range(i)[0] for i in side) for side in sides]
            left, right = self.spread(sides[0], taken[0]), self.spread(sides[1], taken[1])
            count -= sum(taken)
            if left is None or right is None or sum(taken) == 0 or count < 0:
                return None
            before += left
            after.append(right)

    def spread(self, elements: Sequence[Element], count: int) -> list[Item] | None:
        """The items that make `count` things by these elements together, or None."""
        ranges = [self._range(e) for e in elements]
        rest = count - sum(low for low, _ in ranges)
        if rest < 0:
            return None
        written: list[Item] = []
        for element, (low, high) in zip(elements, ranges, strict=True):
            more = rest if high is None else min(rest, high - low)
            rest -= more
            if isinstance(element, Many) or element.inlined:
                part = self.write(element.rule if isinstance(element, Many) else element.name, low + more)
                if part is None:
                    return None
                written += part
            else:
                written.append(element)
        return written if rest == 0 else None

    def _range(self, element: Element) -> tuple[int, int | None]:
        if isinstance(element, Many):
            return element.low, element.high
        if element.inlined:
            return self._ranges[element.name]
        return int(element.kept), int(element.kept)

    def _reach(self, name: str) -> set[str]:
        """The inlined rules below an inlined rule; itself among them where it is recursive."""
        found: set[str] = set()
        pending = [name]
        while pending:
            for alternative in self._inlined[pending.pop()]:
                fresh = {i.name for i in alternative.items if i.inlined} - found
                found |= fresh
                pending += fresh
        return found

    def _count(self) -> dict[str, tuple[int, int | None]]:
        ranges: dict[str, tuple[int, int | None]] = {}
        pending = list(self._inlined)
        recursive = {n for n in pending if n in self._below[n]}
        low = dict.fromkeys(pending, 1 << 30)
        changed = True
        while changed:
            changed = False
            for name in pending:
                best = min(sum(low[i.name] if i.inlined else int(i.kept) for i in a.items) for a in self._inlined[name])
                if best < low[name]:
                    low[name], changed = best, True
        for name in sorted(pending, key=lambda n: len(self._below[n] - {n})):  # what is below comes first
            highs: list[int | None] = []
            for alternative in self._inlined[name] if name not in recursive else ():
                parts = [ranges[i.name][1] if i.inlined else int(i.kept) for i in alternative.items]
                highs.append(None if None in parts else sum(p for p in parts if p is not None))
            if not any(
                i.kept and not i.inlined for n in self._below[name] | {name} for a in self._inlined[n] for i in a.items
            ):
                highs = [0]  # blank lines and the like, however many
            ranges[name] = low[name], None if not highs or None in highs else max(h for h in highs if h is not None)
        return ranges

    @cached_property
    def _many(self) -> dict[str, Many | None]:
        return {name: self._as_many(name) for name in self._inlined}

    def holds(self, name: str) -> bool:
        """Whether an inlined rule keeps anything."""
        inlined = self._below[name] | {name}
        return any(i.kept and not i.inlined for n in inlined for a in self._inlined[n] for i in a.items)

    def _as_many(self, name: str) -> Many | None:
        """The rule as a repetition of one thing, or of several in the same way; None where it is none."""
        plain = not name.startswith("__") and name not in self._below[name]
        if plain and not (self._choices and self._is_choice(name)):
            return None
        shapes: dict[Item, set[tuple[str, ...]]] = {}
        inlined = self._below[name] | {name}
        for alternative in (a for n in inlined for a in self._inlined[n]):
            things = [i for i in alternative.items if i.kept and not i.inlined]
            if len(things) > 1:
                return None
            for thing in things:
                shape = tuple("" if i == thing else i.name for i in alternative.items)
                shapes.setdefault(thing, set()).add((alternative.rule, *shape))
        if len({frozenset(s) for s in shapes.values()}) > 1:
            return None
        low, high = self._ranges[name]
        found = Many(name, low, high, tuple(shapes)) if shapes else None
        if found is not None and high is not None and any(self.write(name, n) is None for n in range(low, high + 1)):
            return None
        return found

    def _is_choice(self, name: str) -> bool:
        """Whether a rule is `a | b | c`, one thing in each way to write it."""
        return all(
            sum(i.kept for i in a.items) == 1 and not any(i.inlined and i.name in self._below[i.name] for i in a.items)
            for n in self._below[name] | {name}
            for a in self._inlined[n]
        )

    def _spell(self, items: Sequence[Item]) -> list[tuple[Element, ...]]:
        choices: list[list[tuple[Element, ...]]] = []
        for item in items:
            if not item.inlined:
                choices.append([(item,)])
                continue
            many = self._many[item.name]
            if many is not None:
                choices.append([(many,)])
            elif item.name in self._below[item.name]:  # a repetition of nothing that counts, such as blank lines
                written = self.write(item.name, 0)
                choices.append([tuple(written or ())])
            else:
                below = [self._spell(a.items) for a in self._inlined[item.name]]
                choices.append([variant for part in below for variant in part])
        return [tuple(e for part in combination for e in part) for combination in product(*choices)]


def owner(rule: str) -> str:
    """The rule that a person wrote: Lark calls its helper for `x*` in rule `r` `__r_star_0`."""
    found = re.fullmatch(r"__(\w+)_(?:(?:star|plus|group|rep|maybe)\w*_\d+|run)", rule)
    return found[1] if found else rule.strip("_")
