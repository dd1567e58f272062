"""What is open behind a prefix of a program that no rewrite rule changes, for listing all of a size.

A state is a hole and the frames that wait for it (see `i2c_core.rewriting.machine`); equal ones are one number. Every
state knows which numbers of tokens can close it, for each class that the hole may get, so that no prefix is a dead end.
"""

from __future__ import annotations

from i2c_core.rewriting import Rules
from i2c_core.rewriting.trees import add_sizes


class Irreducible:
    """States as numbers, made when they are first met; 0 is the end.

    Attributes:
        first: the state before the first token.
        ends: by state, a bit set: bit s is set when s tokens can close it.
    """

    def __init__(self, rules: Rules, size: int) -> None:
        self._machine = rules.machine
        self._limit = (1 << (size + 1)) - 1
        self._sizes = self._inner_sizes(
            rules.trees.sizes(size)
        )  # by hole, the sizes of its programs by class, as bit sets
        self._moves: dict[int, list[tuple[int, int, int, int]]] = {}  # by hole: token, class, hole, frame
        # Frames on frames: each the frame, what is below, and by class the sizes of all that is left.
        self._piles: dict[tuple[int, int], int] = {(0, -1): 0}
        self._pile: list[tuple[int, int, tuple[int, ...]]] = [(0, -1, (1,))]
        self._known: dict[tuple[int, int], int] = {(0, -1): 0}
        self._state: list[tuple[int, int]] = [(0, -1)]
        self.ends = [1]
        self.first = self._make(1, 0)

    def moves(self, state: int, left: int) -> tuple[list[int], list[int]]:
        """The tokens, in order, after which exactly `left` more can close the state, and the states behind them."""
        machine = self._machine
        hole, pile = self._state[state]
        tokens, states = [], []
        for token, class_, opened, waits in self._row(hole):
            below, inner, frame = pile, opened, waits
            if class_ >= 0:
                top, below, _ = self._pile[pile]
                inner, frame = int(machine.then_hole[top, class_]), int(machine.then_frame[top, class_])
            after = self._make(inner, self._push(frame, below) if frame else below)
            if self.ends[after] >> left & 1:
                tokens.append(token)
                states.append(after)
        return tokens, states

    def _row(self, hole: int) -> list[tuple[int, int, int, int]]:
        if hole not in self._moves:
            machine = self._machine
            leaf, inner, frame = (t[hole].tolist() for t in (machine.leaf, machine.hole, machine.frame))
            rows = enumerate(zip(leaf, inner, frame, strict=True))
            self._moves[hole] = [(token, *row) for token, row in rows if row[0] >= 0 or row[1] > 0]
        return self._moves[hole]

    def _make(self, hole: int, pile: int) -> int:
        if hole == 0:
            return 0
        found = self._known.get((hole, pile))
        if found is None:
            found = self._known[hole, pile] = len(self._state)
            self._state.append((hole, pile))
            self.ends.append(self._together(hole, self._pile[pile][2]))
        return found

    def _push(self, frame: int, below: int) -> int:
        found = self._piles.get((frame, below))
        if found is None:
            machine, under = self._machine, self._pile[below][2]
            sizes = []
            for class_ in range(machine.classes):
                hole, waits = int(machine.then_hole[frame, class_]), int(machine.then_frame[frame, class_])
                behind = self._pile[self._push(waits, below)][2] if waits else under
                sizes.append(self._together(hole, behind) if hole else 0)
            found = self._piles[frame, below] = len(self._pile)
            self._pile.append((frame, below, tuple(sizes)))
        return found

    def _together(self, hole: int, behind: tuple[int, ...]) -> int:
        """The sizes of a hole's program and what follows each of its classes."""
        total = 0
        for own, rest in zip(self._sizes[hole], behind, strict=False):  # the bottom has one class
            total |= add_sizes(own, rest)
        return total & self._limit

    def _inner_sizes(self, sizes: list[dict[int, int]]) -> list[list[int]]:
        """By hole and class, from the sizes that programs of a type and a state have."""
        found = []
        for type_, known in self._machine.holes:
            own = [0] * self._machine.classes
            for state, class_ in known:
                own[class_] |= sizes[type_][state]
            found.append(own)
        return found
