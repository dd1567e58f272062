"""From the ways to write one thing to symbols: what may be left out or repeated becomes a list, the rest an argument.

A *variant* is a way to write an alternative; it holds *runs*, things of one type side by side. Variants that differ in
how many of each run they hold, each run on its own, are one symbol with lists; where one run depends on another
(`["by" column [direction]]`), each combination is a symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from i2c_core.grammars.repeats import Element, Many
from i2c_core.grammars.trees import Item
from i2c_core.types import Type, list_of

Counts = tuple[int, int | None]  # at least and at most how many


@dataclass(frozen=True)
class Shape:
    """A symbol's parameters and how variants write them: by variant, the argument of each element (-1: none)."""

    parameters: tuple[Type, ...]
    variants: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True)
class _Run:
    type: str
    low: int
    high: int | None
    elements: tuple[int, ...]

    @property
    def counts(self) -> Counts:
        return self.low, self.high


def shapes(variants: Sequence[Sequence[Element]], type_of: Callable[[Element], str]) -> list[Shape]:
    """The symbols that say these variants together; `type_of` is empty for mere text."""
    runs = [_runs(v, type_of, True) for v in variants]
    if _loses(variants, runs):
        runs = [_runs(v, type_of, False) for v in variants]
    sizes = [len(v) for v in variants]
    names = [tuple(r.type for r in found) for found in runs]
    longest = max(range(len(variants)), key=lambda i: len(names[i]))
    columns = [
        _align(names[i], names[longest], variants[i], runs[i], variants[longest], runs[longest])
        for i in range(len(runs))
    ]
    if any(c is None for c in columns):
        return _each(runs, range(len(runs)), sizes)
    rows: list[tuple[Counts, ...]] = []
    for found, places in zip(runs, columns, strict=True):
        row: list[Counts] = [(0, 0)] * len(names[longest])
        for run, place in zip(found, places or (), strict=True):
            row[place] = run.counts
        rows.append(tuple(row))
    made: list[Shape] = []
    for part in _split(rows):
        ranges = [_union([rows[i][c] for i in part]) for c in range(len(names[longest]))]
        if None in ranges:
            made += _each(runs, part, sizes)
            continue
        parameters, first = _parameters(list(zip(names[longest], ranges, strict=True)))  # type: ignore[arg-type]
        members = []
        for i in part:
            places = [-1] * len(variants[i])
            for run, column in zip(runs[i], columns[i] or (), strict=True):
                _place(run, first[column], parameters, places)
            members.append((i, tuple(places)))
        made.append(Shape(parameters, tuple(members)))
    return made


def _each(runs: Sequence[Sequence[_Run]], part: Sequence[int], sizes: Sequence[int]) -> list[Shape]:
    """A symbol for each variant that differs from the others in what it holds."""
    found: dict[tuple[Type, ...], list[tuple[int, tuple[int, ...]]]] = {}
    for i in part:
        parameters, first = _parameters([(r.type, r.counts) for r in runs[i]])
        places = [-1] * sizes[i]
        for run, place in zip(runs[i], first, strict=True):
            _place(run, place, parameters, places)
        found.setdefault(parameters, []).append((i, tuple(places)))
    return [Shape(p, tuple(members)) for p, members in found.items()]


def _place(run: _Run, first: int, parameters: Sequence[Type], places: list[int]) -> None:
    for number, element in enumerate(run.elements):
        places[element] = first if first >= 0 and parameters[first].is_list else first + number


def _parameters(columns: Sequence[tuple[str, Counts]]) -> tuple[tuple[Type, ...], list[int]]:
    """The parameters of columns, and the place of each column's first."""
    parameters: list[Type] = []
    first: list[int] = []
    for name, (low, high) in columns:
        first.append(len(parameters))
        if low == high:
            parameters += [Type(name)] * low
        else:
            parameters.append(list_of(Type(name), low, high))
    return tuple(parameters), first


def _runs(variant: Sequence[Element], type_of: Callable[[Element], str], together: bool) -> list[_Run]:
    """What a variant holds; things of one type side by side are one run, or only those with a repetition among them."""
    found: list[_Run] = []
    for place, element in enumerate(variant):
        name = type_of(element)
        if not name:
            continue
        low, high = (element.low, element.high) if isinstance(element, Many) else (1, 1)
        last = found[-1] if found else None
        if last is not None and last.type == name and together:
            high = None if high is None or last.high is None else last.high + high
            found[-1] = _Run(name, last.low + low, high, (*last.elements, place))
        else:
            found.append(_Run(name, low, high, (place,)))
    return found


def _loses(variants: Sequence[Sequence[Element]], runs: Sequence[Sequence[_Run]]) -> bool:
    """Whether runs are alike for variants that keep different things: `x? ":" x?` with the first or the second."""
    seen: dict[tuple[object, ...], tuple[str, ...]] = {}
    for variant, found in zip(variants, runs, strict=True):
        if any(isinstance(e, Many) for e in variant):
            continue
        shape = tuple((r.type, r.low, r.high) for r in found)
        text = tuple(e.name for e in variant if isinstance(e, Item))
        before = seen.setdefault(shape, text)
        if before != text and sorted(before) == sorted(text):
            return True
    return False


def _align(
    names: Sequence[str],
    longest: Sequence[str],
    variant: Sequence[Element],
    runs: Sequence[_Run],
    whole: Sequence[Element],
    wholes: Sequence[_Run],
) -> list[int] | None:
    """The column of each run: of its type, behind the last one, with the same text around where there is a choice."""
    columns: list[int] = []
    place = 0
    for number, name in enumerate(names):
        fits = [c for c in range(place, len(longest)) if longest[c] == name]
        left = names[number + 1 :]
        fits = [c for c in fits if _holds(longest[c + 1 :], left)]
        if not fits:
            return None
        around = _around(variant, runs[number])
        fits.sort(key=lambda c: (-len(around & _around(whole, wholes[c])), c))
        columns.append(fits[0])
        place = fits[0] + 1
    assert all(a < b for a, b in pairwise(columns))
    return columns


def _holds(names: Sequence[str], part: Sequence[str]) -> bool:
    rest = iter(names)
    return all(name in rest for name in part)


def _around(variant: Sequence[Element], run: _Run) -> set[tuple[str, str]]:
    """All text before and behind a run: the first `x` of `x ":" x` has the colon behind it, the second before."""
    before = {("before", e.name) for e in variant[: run.elements[0]] if not isinstance(e, Many)}
    behind = {("behind", e.name) for e in variant[run.elements[-1] + 1 :] if not isinstance(e, Many)}
    return before | behind


def _union(counts: Sequence[Counts]) -> Counts | None:
    """Counts together as one range; None where it has a gap."""
    low, high = counts[0]
    rest = sorted(set(counts), key=lambda c: c[0])
    low, high = rest[0]
    for more, most in rest[1:]:
        if high is None:
            break
        if more > high + 1:
            return None
        high = None if most is None else max(high, most)
    return low, high


def _split(rows: Sequence[tuple[Counts, ...]]) -> list[list[int]]:
    """The rows in parts, in each of which every column is independent of the others."""
    width = len(rows[0])
    if len(set(rows)) == 1:
        return [list(range(len(rows)))]
    varying = [c for c in range(width) if len({r[c] for r in rows}) > 1]
    blocks: list[set[int]] = [{c} for c in varying]
    for a, b in product(varying, varying):
        if a < b and len({(r[a], r[b]) for r in rows}) < len({r[a] for r in rows}) * len({r[b] for r in rows}):
            one = next(x for x in blocks if a in x)
            other = next(x for x in blocks if b in x)
            if one is not other:
                blocks.remove(other)
                one |= other
    total = 1
    for block in blocks:
        total *= len({tuple(r[c] for c in sorted(block)) for r in rows})
    if total != len(set(rows)):
        blocks = [set(varying)]
    dependent = sorted(c for b in blocks if len(b) > 1 for c in b)
    gaps = [c for c in varying if _union([r[c] for r in rows]) is None]
    dependent = sorted({*dependent, *gaps})
    parts: dict[tuple[Counts, ...], list[int]] = {}
    for i, row in enumerate(rows):
        parts.setdefault(tuple(row[c] for c in dependent), []).append(i)
    return list(parts.values())
