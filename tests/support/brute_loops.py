"""The cost of the cheapest program with loops that draws a set of commands, by trying every program: the slow truth.

Executing distributes over statements: a body draws the union of what its statements draw, and a statement draws the
union over the rounds and mirror images that the statements around it give. So a program draws its set exactly if no
leaf (a command in its place) ever draws anything else, and the leaves together draw all of it. What a leaf draws
depends on its own arguments and on its context only: the rounds in which it runs, as a set of values of the variables
in scope, and the mirrors around it. Hence every program is a choice of leaves in contexts, and what is left to do is
to try all contexts, all leaves and all choices. No heuristics, and no code of `i2c_core.rerolling`.

What is said once for many programs, all without loss:
- Contexts that offer the same are one (see `brute_contexts`).
- Of two leaves, or two bodies of equal cost, in one place, one that draws more (still of the set) is never worse.
- Coefficients are chosen first, for the whole program; then everything costs whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from brute_contexts import Coefficients, Contexts, Rounds, Shape, opened

from i2c_core.loops import Body, Command, Draw, Layout, Linear, Loop, Reflect, Statement, When
from i2c_core.loops.declaring import WORD

Choice = tuple[Any, ...]  # of a statement, for writing it out


@dataclass
class Brute:
    """The cheapest program of one set of commands.

    Args:
        layout: of a family with a tiny grid.
        contexts: of its grid and depth.
        commands: the set, canonical.
    """

    layout: Layout
    contexts: Contexts
    commands: Sequence[Command]
    _leaves: dict[Shape, list[tuple[int, Coefficients, Draw]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commands = sorted(set(self.commands))
        self.all = (1 << len(self.commands)) - 1
        self.written = [(w, self.commands.index(c)) for w, c in written(self.layout, self.commands)]
        self.mirrors = list(self._mirrors())

    def _mirrors(self) -> Iterator[tuple[tuple[str, int], tuple[int, ...]]]:
        """The reflections under which some command stays in the set: which command each becomes, -1 for none of it."""
        for axis in "xy":
            ends = [p for c in self.commands for p in self.layout.places[c.symbol] if p.role == axis]
            far = max((p.high for c in self.commands for p in self.layout.places[c.symbol]), default=0)
            for at in range(2 * min((p.low for p in ends), default=0), 3 * far + 1) if ends else ():
                images = [self.layout.mirrored(c, axis, at) for c in self.commands]
                places = tuple(self.commands.index(i) if i in self.commands else -1 for i in images)
                if any(p not in (-1, n) for n, p in enumerate(places)):
                    yield (axis, at), places

    # -- leaves

    def leaves(self, shape: Shape) -> list[tuple[int, Coefficients, Draw]]:
        """What single commands draw in the rounds of a shape, with the coefficients they need, the best of them."""
        if shape not in self._leaves:
            found: dict[tuple[int, Coefficients], Draw] = {}
            for symbol in {w.symbol for w, _ in self.written}:
                for draw in self._draws(symbol, shape):
                    drawn = self.drawn(draw, shape)
                    found.setdefault((drawn, coefficients(draw)), draw)
            kept = [
                (m, k, d)
                for (m, k), d in found.items()
                if not any((m | n) == n and j <= k and (n, j) != (m, k) for n, j in found)
            ]
            self._leaves[shape] = kept
        return self._leaves[shape]

    def _draws(self, symbol: str, shape: Shape) -> Iterator[Draw]:
        """The commands with expressions that draw some of the set, and nothing else, in every round of a shape."""
        written = [w for w, _ in self.written if w.symbol == symbol]
        slots: list[list[tuple[Linear | str, list[int]]]] = []
        for n, place in enumerate(self.layout.places[symbol]):
            where: dict[int | str, int] = {}  # for each value of this argument, the commands that have it, as bits
            for bit, w in enumerate(written):
                where[w.args[n]] = where.get(w.args[n], 0) | 1 << bit
            offers: list[tuple[Linear | str, list[int]]] = []
            for value, bits in where.items():
                offers.append((str(value) if place.role == WORD else Linear(int(value)), [bits] * len(shape)))
            for variable in range(len(shape[0])) if place.role != WORD else ():
                for a in range(place.low - place.high, place.high - place.low + 1):
                    steps = [a * r[variable] for r in shape]
                    for b in range(place.low - min(steps), place.high + 1 - max(steps)):
                        linear = Linear(b, a, variable)
                        bits_of = [where.get(linear.at(r), 0) for r in shape]
                        if a and all(bits_of):
                            offers.append((linear, bits_of))
            slots.append(offers)

        def rest(n: int, possible: list[int], args: tuple[Linear | str, ...]) -> Iterator[Draw]:
            if n == len(slots):
                yield Draw(symbol, args)
                return
            for arg, bits in slots[n]:
                left = [p & b for p, b in zip(possible, bits, strict=True)]
                if all(left):
                    yield from rest(n + 1, left, (*args, arg))

        yield from rest(0, [(1 << len(written)) - 1] * len(shape), ())

    def drawn(self, draw: Draw, rounds: Shape | Rounds) -> int:
        """The commands that a leaf draws, as bits; -1 where it draws any other."""
        told, found = dict(self.written), 0
        for r in rounds:
            c = Command(draw.symbol, tuple(a.at(r) if isinstance(a, Linear) else a for a in draw.args))
            if c not in told:
                return -1
            found |= 1 << told[c]
        return found

    # -- bodies

    def cost(self) -> Fraction:
        """What the cheapest program costs."""
        return self.best()[0]

    def best(self) -> tuple[Fraction, Body]:
        """The cost of the cheapest program, and one of that cost."""
        everything = frozenset(a for c in self.contexts.all for _, k, _ in self.leaves(c.shape) for a in k)
        everything |= {a for c in self.contexts.all for _, _, k in c.loops for a in k}
        best = Fraction(len(self.commands))
        body: Body = tuple(
            Draw(c.symbol, tuple(a if isinstance(a, str) else Linear(a) for a in c.args)) for c in self.commands
        )
        least = _Search(self, everything).solve(len(self.commands) - 1)
        if least is None:
            return best, body
        for size in range(len(everything) + 1):
            extra = Fraction(max(0, size - 1), 3)
            if least[0] + extra >= best:
                break
            for chosen in combinations(sorted(everything), size):
                budget = _below(best - extra)
                if budget < least[0]:
                    break
                found = _Search(self, frozenset(chosen)).solve(budget)
                if found is not None:
                    best, body = found[0] + extra, found[1]
        return best, body


class _Search:
    """The cheapest program with some coefficients, which cost nothing."""

    def __init__(self, brute: Brute, allowed: Coefficients) -> None:
        self.brute, self.allowed, self.all = brute, allowed, brute.contexts.all
        self.known: dict[tuple[int, tuple[int, ...]], tuple[int, list[dict[int, tuple[Choice, ...]]]]] = {}

    def solve(self, budget: int) -> tuple[int, Body] | None:
        """The cost of the cheapest program and the program, None where none costs as little as `budget`."""
        same = tuple(1 << n for n in range(len(self.brute.commands)))
        bodies = self.bodies(self.brute.contexts.root, same, budget)
        for cost, known in enumerate(bodies):
            if self.brute.all in known:
                rounds: Rounds = frozenset([()])
                return cost, self.written(known[self.brute.all], rounds, self.brute.contexts.depth, same)
        return None

    def bodies(self, place: int, images: tuple[int, ...], budget: int) -> list[dict[int, tuple[Choice, ...]]]:
        """For each cost up to `budget`, the greatest sets that bodies of this cost or less draw.

        `images` has, for each command, what the mirrors around make of it, as bits; 0 where that leaves the set.
        """
        had = self.known.get((place, images))
        if had is None or had[0] < budget:
            had = budget, self._bodies(place, images, budget)
            self.known[place, images] = had
        return had[1][: budget + 1]

    def _bodies(self, place: int, images: tuple[int, ...], budget: int) -> list[dict[int, tuple[Choice, ...]]]:
        context = self.all[place]
        single: list[dict[int, tuple[Choice, ...]]] = [{} for _ in range(budget + 1)]
        if budget >= 1:
            for mask, used, _ in self.brute.leaves(context.shape):
                drawn = seen(mask, images) if used <= self.allowed else 0
                if drawn:
                    single[1].setdefault(drawn, (("draw", mask, used),))
            if context.when is not None:
                for cost, known in enumerate(self.bodies(context.when, images, budget)):
                    for mask, choices in known.items():
                        if mask:
                            single[cost].setdefault(mask, (("when", choices),))
        for child, price, used in context.loops:
            if price < budget and used <= self.allowed:
                for cost, known in enumerate(self.bodies(child, images, budget - price)):
                    for mask, choices in known.items():
                        if mask:
                            single[cost + price].setdefault(mask, (("loop", (child, price, used), choices),))
        if context.reflected is not None and budget > 1:
            for mirror, places in self.brute.mirrors:
                inner = tuple(
                    images[n] | images[p] if p >= 0 and images[n] and images[p] else 0 for n, p in enumerate(places)
                )
                if all(i in (0, old) for i, old in zip(inner, images, strict=True)):
                    continue
                for cost, known in enumerate(self.bodies(context.reflected, inner, budget - 1)):
                    for mask, choices in known.items():
                        if mask:
                            single[cost + 1].setdefault(mask, (("reflect", mirror, inner, choices),))
        single = [greatest(s) for s in single]
        found: list[dict[int, tuple[Choice, ...]]] = [{0: ()}]
        for cost in range(1, budget + 1):
            more = dict(found[-1])
            for part in range(1, cost + 1):
                for (one, choice), (other, choices) in product(single[part].items(), found[cost - part].items()):
                    more.setdefault(one | other, choice + choices)
            found.append(greatest(more))
        return found

    # -- writing it out

    def written(self, choices: tuple[Choice, ...], rounds: Rounds, depth: int, images: tuple[int, ...]) -> Body:
        """The program that was chosen, in the rounds in which it really runs."""
        return tuple(self._statement(choice, rounds, depth, images) for choice in choices)

    def _statement(self, choice: Choice, rounds: Rounds, depth: int, images: tuple[int, ...]) -> Statement:
        kind, *more = choice
        contexts = self.brute.contexts
        if kind == "when":
            return When(self.written(more[0], frozenset(r for r in rounds if r[-1] > 0), depth, images))
        if kind == "reflect":
            (axis, at), inner, choices = more
            return Reflect(axis, at, self.written(choices, rounds, depth - 1, inner))
        if kind == "loop":
            header, choices = more
            for count, cost in contexts.counts(rounds, depth):
                inside = opened(rounds, count)
                used = frozenset() if count.variable is None else frozenset([count.a])
                if (contexts.of(inside, depth - 1), cost, used) == header:
                    return Loop(count, self.written(choices, inside, depth - 1, images))
            raise AssertionError("a context without the loop that it has")
        mask, used = more
        shape = tuple(sorted(rounds))
        for symbol in {w.symbol for w, _ in self.brute.written}:
            for draw in self.brute._draws(symbol, shape):
                if self.brute.drawn(draw, shape) == mask and coefficients(draw) == used:
                    return draw
        raise AssertionError("a context without the command that it has")


def greatest(sets: dict[int, tuple[Choice, ...]]) -> dict[int, tuple[Choice, ...]]:
    """Those that lie in no other."""
    kept: dict[int, tuple[Choice, ...]] = {}
    for mask in sorted(sets, key=int.bit_count, reverse=True):
        if not any((mask | k) == k for k in kept):
            kept[mask] = sets[mask]
    return kept


def seen(mask: int, images: tuple[int, ...]) -> int:
    """What mirrors make of a set of commands; 0 where a mirror image is not of the set."""
    found = 0
    for n, image in enumerate(images):
        if mask >> n & 1:
            if not image:
                return 0
            found |= image
    return found


def coefficients(draw: Draw) -> Coefficients:
    return frozenset(a.a for a in draw.args if isinstance(a, Linear) and a.variable is not None and a.a)


def written(layout: Layout, commands: Sequence[Command]) -> Iterator[tuple[Command, Command]]:
    """Every way to write each command, with the command, by trying all that may be written."""
    for symbol in sorted({c.symbol for c in commands}):
        values = [
            sorted({c.args[n] for c in commands if c.symbol == symbol}, key=str)
            if place.role == WORD
            else range(place.low, place.high + 1)
            for n, place in enumerate(layout.places[symbol])
        ]
        for args in product(*values):
            command = Command(symbol, args)
            found = layout.canonical(command)
            if found is not None and found in commands:
                yield command, found


def _below(cost: Fraction) -> int:
    """The greatest whole number below."""
    return -int(-cost // 1) - 1
