"""The programs of a language that no rule changes, by type and state, and a grammar for them.

Every program has one state (see `i2c_core.rewriting.patterns`), so the programs of a type are those of its states, each
counted once. Among the states of an argument, those after which the same may follow are taken together: a *sort* is a
type and a set of states, and the sorts have a context-free grammar in which every program has one derivation.

Legend: V tokens, Y types, P productions, A the largest arity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from i2c_core.rewriting.patterns import DEAD, Patterns

Sort = tuple[int, frozenset[int]]  # a type and states
MAX_ALTERNATIVES = 200_000  # of the grammar of sorts: a few seconds of counting


class Trees:
    """The irreducible programs of every type.

    Args:
        tokens: the V names.
        production: (Y, V), the production of a token at a type, -1 where it is impossible.
        args: (P, A), the types that a production opens, -1 beyond its arity.
        patterns: of the left sides.

    Attributes:
        least: by type, the states that its programs have, each with the size of the smallest.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        production: NDArray[np.int32],
        args: NDArray[np.int32],
        patterns: Patterns,
    ) -> None:
        self.tokens, self.production, self.args, self.patterns = tuple(tokens), production, args, patterns
        self.starts = [patterns.start(t) for t in tokens]
        self.groups = [self._groups(y) for y in range(len(production))]
        self.least: list[dict[int, int]] = [{} for _ in self.groups]
        self._after: dict[tuple[int, int], list[tuple[int, tuple[int, ...]]]] = {}
        self._settle()

    def opened(self, type_: int, token: int) -> tuple[int, ...] | None:
        """The types that a token opens at a type, None where it is impossible."""
        found = int(self.production[type_, token])
        return None if found < 0 else tuple(a for a in self.args[found].tolist() if a >= 0)

    def after(self, type_: int, node: int) -> list[tuple[int, tuple[int, ...]]]:
        """The nodes to which an argument of a type leads, each with the states of the argument that do, ascending."""
        key = type_, node
        if key not in self._after:
            found: dict[int, list[int]] = {}
            for state in sorted(self.least[type_]):
                found.setdefault(self.patterns.step(node, state), []).append(state)
            self._after[key] = [(n, tuple(states)) for n, states in found.items()]
        return self._after[key]

    def sizes(self, most: int) -> list[dict[int, int]]:
        """By type and state, the sizes of programs up to `most`, as bit sets: bit s is set for size s."""
        limit = (1 << (most + 1)) - 1
        found: list[dict[int, int]] = [dict.fromkeys(states, 0) for states in self.least]
        changed = True
        while changed:
            changed = False
            for y, groups in enumerate(self.groups):
                for args, start in groups:
                    nodes = {start: 2}
                    for arg in args:
                        reached: dict[int, int] = {}
                        for node, sizes in nodes.items():
                            for then, states in self.after(arg, node):
                                own = 0
                                for state in states:
                                    own |= found[arg][state]
                                reached[then] = reached.get(then, 0) | add_sizes(sizes, own) & limit
                        nodes = reached
                    for node, sizes in nodes.items():
                        state = self.patterns.finish(node)
                        if state != DEAD and sizes & ~found[y].get(state, 0) & limit:
                            found[y][state] = found[y].get(state, 0) | sizes & limit
                            changed = True
        return found

    def _groups(self, type_: int) -> dict[tuple[tuple[int, ...], int], list[int]]:
        """The tokens of a type by what they open and the node that they begin: those of a group differ in name only."""
        found: dict[tuple[tuple[int, ...], int], list[int]] = {}
        for token in np.flatnonzero(self.production[type_] >= 0).tolist():
            args = self.opened(type_, token)
            assert args is not None
            found.setdefault((args, self.starts[token]), []).append(token)
        return found

    def _settle(self) -> None:
        """Find the states of each type and their smallest programs: again and again until nothing changes."""
        users: list[set[int]] = [set() for _ in self.groups]
        for y, groups in enumerate(self.groups):
            for args, _ in groups:
                for arg in args:
                    users[arg].add(y)
        pending = set(range(len(self.groups)))
        while pending:
            y = pending.pop()
            if self._improve(y):
                pending |= users[y]

    def _improve(self, type_: int) -> bool:
        least, changed = self.least[type_], False
        for args, start in self.groups[type_]:
            nodes = {start: 1}
            for arg in args:
                after: dict[int, int] = {}
                for node, cost in nodes.items():
                    for state, more in self.least[arg].items():
                        found = self.patterns.step(node, state)
                        if cost + more < after.get(found, cost + more + 1):
                            after[found] = cost + more
                nodes = after
            for node, cost in nodes.items():
                state = self.patterns.finish(node)
                if state != DEAD and cost < least.get(state, cost + 1):
                    least[state], changed = cost, True
        return changed

    # -- the grammar of sorts

    @cached_property
    def grammar(self) -> tuple[list[Sort], list[tuple[int, list[int], tuple[int, ...]]]]:
        """The sorts, that of whole programs first; and alternatives: a sort, tokens, and the sorts that they open.

        Raises:
            OverflowError: more than `MAX_ALTERNATIVES`.
        """
        root: Sort = (0, frozenset(self.least[0]))
        number = {root: 0}
        sorts, alternatives = [root], []
        for sort in sorts:  # grows on the way
            type_, states = sort
            for (args, start), tokens in self.groups[type_].items():
                for row in self._rows(args, start, states):
                    for wanted in row:
                        if wanted not in number:
                            number[wanted] = len(sorts)
                            sorts.append(wanted)
                    alternatives.append((number[sort], tokens, tuple(number[w] for w in row)))
                    if len(alternatives) > MAX_ALTERNATIVES:
                        raise OverflowError
        return sorts, alternatives

    def _rows(self, args: tuple[int, ...], node: int, goal: frozenset[int]) -> list[tuple[Sort, ...]]:
        """The sorts of arguments still to come with which a symbol at a node comes to a state of `goal`."""
        if not args:
            return [()] if self.patterns.finish(node) in goal else []
        merged: dict[tuple[tuple[Sort, ...], ...], set[int]] = {}
        for reached, states in self.after(args[0], node):
            rest = tuple(self._rows(args[1:], reached, goal))
            if rest:
                merged.setdefault(rest, set()).update(states)
        return [((args[0], frozenset(states)), *row) for rest, states in merged.items() for row in rest]


def add_sizes(one: int, other: int) -> int:
    """The bit set of all sums of a member of `one` and a member of `other`."""
    total = 0
    while other:
        low = other & -other
        total |= one * low
        other ^= low
    return total
