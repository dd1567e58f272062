"""Irreducible programs in prefix order: a pushdown machine that says what may come next, and what it will cost.

Written from the root down, a program shows the states of its arguments only when they are complete. So what is open is
a *hole*: a type, and for every state that its program may get the *class* that this state has for what waits. What
waits is a *frame*: a symbol whose next argument the hole is. A class of a frame leads to the hole of the argument
behind, and to a frame that waits for it in turn; before its last argument a frame goes, and what it had to say is part
of the last hole's classes. So every token takes off at most one frame and puts on at most one.

Which classes still fit into a budget is a sum along the frames: the least size of a hole's program for each class, and
the least that a frame then needs for each class of the frame below. That is a product of small matrices over (min, +),
kept for every frame when it is put on. The mask is exact: a token is open when some irreducible program within the
budget goes on with it.

Legend: H holes, F frames, V tokens, R the most classes of a frame. Hole 0 is "nothing is open", frame 0 the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import FamilyError
from i2c_core.rewriting.trees import Trees

NEVER = 1 << 28  # a cost that no budget meets; a few of them add up in int32
MAX_CELLS = 1 << 26  # of a table: 256 MB

Classes = tuple[tuple[int, int], ...]  # state and class, ascending


@dataclass(frozen=True, eq=False)
class Machine:
    """The tables.

    Attributes:
        leaf: (H, V) the class that a token without arguments gets in a hole, -1 for every other.
        hole, frame: (H, V) the hole that a token with arguments opens, and the frame it puts on; 0 for none.
        then_hole, then_frame: (F, R) what a frame leads to when its argument gets a class.
        cost: (H, V, R) the least size of a program that begins with a token in a hole and gets a class.
        rest: (F, R, R) the least size of all that is behind the argument of a frame, by its class and the class that
            the whole then has for the frame below.
        holes: the H types and classes of their states; type -1 for hole 0.
    """

    leaf: NDArray[np.int32]
    hole: NDArray[np.int32]
    frame: NDArray[np.int32]
    then_hole: NDArray[np.int32]
    then_frame: NDArray[np.int32]
    cost: NDArray[np.int32]
    rest: NDArray[np.int32]
    holes: tuple[tuple[int, Classes], ...]

    @property
    def classes(self) -> int:
        """R."""
        return int(self.rest.shape[1])

    @property
    def shortest(self) -> int:
        """The size of the smallest irreducible program."""
        return int(self.cost[1, :, 0].min())


def make_machine(trees: Trees, owner: str) -> Machine:
    """The machine of a language.

    Raises:
        FamilyError: its tables are too large.
    """
    return _Maker(trees, owner).made()


class _Maker:
    def __init__(self, trees: Trees, owner: str) -> None:
        self.trees, self.owner = trees, owner
        self._holes: dict[tuple[int, Classes], int] = {(-1, ()): 0}
        self._frames: dict[tuple[tuple[int, ...], int, Classes], tuple[int, Classes]] = {}
        self._goals: dict[Classes, dict[int, int]] = {}
        self._then: list[list[tuple[int, int]]] = [[(0, 0)]]  # by frame, what each class leads to
        self._opens: list[dict[int, tuple[int, int]]] = []  # by hole, what a token leads to
        self._leaf: list[dict[int, int]] = []
        self._hole(0, tuple((s, 0) for s in sorted(trees.least[0])))

    def made(self) -> Machine:
        self._explore()
        holes, tokens = len(self._leaf), len(self.trees.tokens)
        frames, classes = len(self._then), max(map(len, self._then))
        if max(holes * tokens * classes, frames * classes * classes) > MAX_CELLS:
            fact = f"the rules of {self.owner} make {holes:,} kinds of places, {tokens:,} tokens each"
            raise FamilyError(fact, "adopt fewer or smaller rules")
        leaf, hole, frame = (np.full((holes, tokens), v, np.int32) for v in (-1, 0, 0))
        for h, (ends, opens) in enumerate(zip(self._leaf, self._opens, strict=True)):
            leaf[h, [*ends]] = [*ends.values()]
            hole[h, [*opens]] = [o[0] for o in opens.values()]
            frame[h, [*opens]] = [o[1] for o in opens.values()]
        then_hole, then_frame = np.zeros((2, frames, classes), np.int32)
        for f, then in enumerate(self._then):
            then_hole[f, : len(then)], then_frame[f, : len(then)] = zip(*then, strict=True)
        least = np.full((holes, classes), NEVER, np.int64)  # of a hole, by class
        for (type_, known), h in self._holes.items():
            for state, class_ in known:
                least[h, class_] = min(least[h, class_], self.trees.least[type_][state])
        rest = self._rest(least, then_hole, then_frame)
        cost = np.full((holes, tokens, classes), NEVER, np.int64)
        for h, (ends, opens) in enumerate(zip(self._leaf, self._opens, strict=True)):
            for token, class_ in ends.items():
                cost[h, token, class_] = 1
            for token, (inner, waits) in opens.items():
                cost[h, token] = 1 + _behind(least[inner], rest[waits] if waits else None)
        small = [np.minimum(t, NEVER).astype(np.int32) for t in (cost, rest)]
        return Machine(leaf, hole, frame, then_hole, then_frame, small[0], small[1], tuple(self._holes))

    def _explore(self) -> None:
        """Follow every token of every hole; holes are found on the way."""
        trees, done = self.trees, 1
        self._leaf, self._opens = [{}], [{}]
        while done < len(self._holes):
            type_, known = list(self._holes)[done]
            goal, ends, opens = dict(known), {}, {}
            for (args, start), tokens in trees.groups[type_].items():
                if not args:
                    class_ = goal.get(trees.patterns.finish(start), -1)
                    ends.update(dict.fromkeys(tokens, class_) if class_ >= 0 else {})
                    continue
                found = self._follow(args, start, known)
                if found is not None:
                    opens.update(dict.fromkeys(tokens, found))
            self._leaf.append(ends)
            self._opens.append(opens)
            done += 1
            if done * len(trees.tokens) > MAX_CELLS:
                fact = f"the rules of {self.owner} make more than {done:,} kinds of places"
                raise FamilyError(fact, "adopt fewer or smaller rules")

    def _follow(self, args: tuple[int, ...], node: int, goal: Classes) -> tuple[int, int] | None:
        """The hole and the frame (0 for none) of arguments still to come, None where no program fits."""
        if len(args) > 1:
            waits = self._frame(args, node, goal)
            return None if waits is None else (self._hole(args[0], waits[1]), waits[0])
        classes = self._goals.setdefault(goal, dict(goal))
        found = []
        for then, states in self.trees.after(args[0], node):
            class_ = classes.get(self.trees.patterns.finish(then), -1)  # no class is that of DEAD
            if class_ >= 0:
                found += [(state, class_) for state in states]
        return (self._hole(args[0], tuple(sorted(found))), 0) if found else None

    def _frame(self, args: tuple[int, ...], node: int, goal: Classes) -> tuple[int, Classes] | None:
        """The frame that waits for the first of some arguments, and what it makes of that one's states."""
        key = (args, node, goal)
        if key in self._frames:
            return self._frames[key]
        outcomes: dict[tuple[int, int], int] = {}
        found = []
        for reached, states in self.trees.after(args[0], node):
            then = self._follow(args[1:], reached, goal)
            if then is not None:
                class_ = outcomes.setdefault(then, len(outcomes))
                found += [(state, class_) for state in states]
        if not found:
            return None
        self._frames[key] = len(self._then), tuple(sorted(found))
        self._then.append(list(outcomes))
        return self._frames[key]

    def _hole(self, type_: int, known: Classes) -> int:
        return self._holes.setdefault((type_, known), len(self._holes))

    def _rest(
        self, least: NDArray[np.int64], then_hole: NDArray[np.int32], then_frame: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """(F, R, R): frames lead only to frames that were made before them."""
        classes = least.shape[1]
        rest = np.full((len(self._then), classes, classes), NEVER, np.int64)
        rest[0, 0, 0] = 0
        nothing = np.full((classes, classes), NEVER, np.int64)  # what is behind the last argument
        np.fill_diagonal(nothing, 0)
        for f, then in enumerate(self._then[1:], 1):
            behind = then_frame[f, : len(then)]
            waits = np.where((behind > 0)[:, None, None], rest[behind], nothing)  # (n, R, R)
            found = (least[then_hole[f, : len(then)]][:, :, None] + waits).min(1)
            rest[f, : len(then)] = np.minimum(found, NEVER)
        return rest


def _behind(least: NDArray[np.int64], rest: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """(R,) the least for each class below, of a hole's program (R,) and all behind it (R, R)."""
    found = least if rest is None else (least[:, None] + rest).min(0)
    return np.minimum(found, NEVER)
