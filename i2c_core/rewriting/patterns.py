"""Which left sides of rules a program has in it, decided from the leaves up by a deterministic tree automaton.

The *state* of a program says which parts of left sides match it; *dead* says that some part of the program is a whole
left side. A symbol reads the states of its arguments one after the other: what stands between two of them is a *node*,
the patterns that fit so far. Left sides are linear, so that each argument can be looked at alone.

H. Comon et al., "Tree Automata Techniques and Applications", 2008, chapter 1.

Legend: a state or a node is a number; a pattern is a term with a token at its root.
"""

from __future__ import annotations

from collections.abc import Iterable

from i2c_core.rewriting.terms import Term

DEAD = -1


class Patterns:
    """The automaton of some left sides, made as far as it is asked for.

    Attributes:
        patterns: the left sides and their parts that have a token at their root.
    """

    def __init__(self, lefts: Iterable[Term]) -> None:
        whole = dict.fromkeys(lefts)
        parts = dict.fromkeys(p for left in whole for arg in left.args for p in arg.nodes() if not p.is_variable)
        self.patterns = [*dict.fromkeys([*whole, *parts])]
        number = {p: i for i, p in enumerate(self.patterns)}
        self._whole = {number[p] for p in whole}
        self._part = {number[p] for p in parts}
        self._args = [[-1 if a.is_variable else number[a] for a in p.args] for p in self.patterns]
        self._heads: dict[str, frozenset[int]] = {}
        for i, pattern in enumerate(self.patterns):
            self._heads[pattern.name] = self._heads.get(pattern.name, frozenset()) | {i}
        self._nodes: dict[tuple[int, frozenset[int]], int] = {}  # how many arguments were read, what fits
        self._node_of: list[tuple[int, frozenset[int]]] = []
        self._states: dict[frozenset[int], int] = {}
        self._state_of: list[frozenset[int]] = []
        self._steps: dict[tuple[int, int], int] = {}
        self._node(0, frozenset())  # node 0: nothing fits, whatever comes
        self._state(frozenset())  # state 0: nothing matches

    def start(self, token: str) -> int:
        """The node of a symbol before its first argument."""
        return self._node(0, self._heads.get(token, frozenset()))

    def step(self, node: int, state: int) -> int:
        """The node after one more argument, of this state."""
        if node == 0:
            return 0
        found = self._steps.get((node, state))
        if found is None:
            read, fits = self._node_of[node]
            has = self._state_of[state]
            left = frozenset(p for p in fits if self._args[p][read] < 0 or self._args[p][read] in has)
            found = self._steps[node, state] = self._node(read + 1, left)
        return found

    def finish(self, node: int) -> int:
        """The state of a symbol whose arguments were all read, or `DEAD`."""
        fits = self._node_of[node][1]
        return DEAD if fits & self._whole else self._state(fits & self._part)

    def _node(self, read: int, fits: frozenset[int]) -> int:
        key = (read, fits) if fits else (0, fits)
        if key not in self._nodes:
            self._nodes[key] = len(self._node_of)
            self._node_of.append(key)
        return self._nodes[key]

    def _state(self, matched: frozenset[int]) -> int:
        if matched not in self._states:
            self._states[matched] = len(self._state_of)
            self._state_of.append(matched)
        return self._states[matched]
