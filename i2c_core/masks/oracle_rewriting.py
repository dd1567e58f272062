"""The slow truth about the mask of a language with rewrite rules, in plain Python: every whole program is tried.

It shares no code with the machine, nor with how rules are read: a pattern is the text of a left side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_Tree = tuple[str, tuple[Any, ...]]  # a name and trees


class RewritingOracle:
    """Looks behind a prefix for a whole program that no left side matches; for small budgets.

    Args:
        oracle: the truth about the types: `legal_tokens(prefix, budget)`.
        lefts: left sides as text, each with the names of its variables.
    """

    def __init__(self, oracle: Any, lefts: Iterable[tuple[str, Sequence[str]]]) -> None:
        self.oracle = oracle
        self._lefts = [(_read(text), frozenset(names)) for text, names in lefts]
        self._arity: dict[str, int] = {}
        self._ends: dict[tuple[int, tuple[str, ...]], bool] = {}

    def legal_tokens(self, prefix: Sequence[str], budget: int) -> set[str]:
        """The tokens with which some irreducible program within the budget goes on behind `prefix`."""
        here = tuple(prefix)
        found: set[str] = self.oracle.legal_tokens(here, budget)
        return {name for name in found if self._can_end((*here, name), budget)}

    def _can_end(self, prefix: tuple[str, ...], budget: int) -> bool:
        key = budget, prefix
        if key not in self._ends:
            done, whole = self._built(prefix)
            if any(self._has_left(tree) for tree in done):
                found = False
            else:
                names = () if whole else sorted(self.oracle.legal_tokens(prefix, budget))
                found = whole or any(self._can_end((*prefix, name), budget) for name in names)
            self._ends[key] = found
        return self._ends[key]

    def _built(self, prefix: tuple[str, ...]) -> tuple[list[_Tree], bool]:
        """The complete parts of what is written, and whether all of it is one."""
        stack: list[tuple[str, int, list[_Tree]]] = []
        done: list[_Tree] = []
        for name in prefix:
            stack.append((name, self._arguments(name), []))
            while stack and len(stack[-1][2]) == stack[-1][1]:
                own, _, args = stack.pop()
                tree = (own, tuple(args))
                done.append(tree)
                if stack:
                    stack[-1][2].append(tree)
        return done, not stack

    def _arguments(self, name: str) -> int:
        if name not in self._arity:
            self._arity[name] = self.oracle.signature[name].arity
        return self._arity[name]

    def _has_left(self, tree: _Tree) -> bool:
        """Whether a left side matches at the root; deeper parts were looked at when they were complete."""
        return any(_matches(left, names, tree) for left, names in self._lefts)


def _matches(left: _Tree, names: frozenset[str], tree: _Tree) -> bool:
    if left[0] in names and not left[1]:
        return True
    return left[0] == tree[0] and all(_matches(a, names, b) for a, b in zip(left[1], tree[1], strict=True))


def _read(text: str) -> _Tree:
    parts = re.findall(r"[^\s(),]+|[(),]", text)
    place = 0

    def term() -> _Tree:
        nonlocal place
        name, args = parts[place], []
        place += 1
        if place < len(parts) and parts[place] == "(":
            while parts[place] != ")":
                place += 1
                args.append(term())
            place += 1
        return name, tuple(args)

    return term()
