"""Deterministic finite automata: the languages of regular expressions over a stated alphabet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from i2c_core.regular.minimal import minimal


@dataclass(frozen=True)
class Dfa:
    """A minimal automaton; state 0 is the start, and each state can still accept (but for the empty language's one).

    States are numbered in the order in which letters reach them, so two automata over one alphabet are equal where
    their languages are.

    Attributes:
        alphabet: L single characters.
        step: (Q, L), the state after a letter, -1 where no text goes on so.
        accepting: (Q,), whether a text may end.
    """

    alphabet: tuple[str, ...]
    step: tuple[tuple[int, ...], ...]
    accepting: tuple[bool, ...]

    def state(self, text: str) -> int:
        """The state after a text, -1 where no word begins with it."""
        state = 0
        for character in text:
            letter = self._letters.get(character, -1)
            state = self.step[state][letter] if letter >= 0 else -1
            if state < 0:
                return -1
        return state

    def matches(self, text: str) -> bool:
        """Whether a text is a word of the language."""
        state = self.state(text)
        return state >= 0 and self.accepting[state]

    def extends(self, text: str) -> bool:
        """Whether a longer word begins with a text."""
        state = self.state(text)
        return state >= 0 and max(self.step[state], default=-1) >= 0

    @cached_property
    def shortest(self) -> tuple[int, ...]:
        """(Q,), the least number of letters from each state to one that accepts; -1 in the empty language."""
        found = [0 if accepts else -1 for accepts in self.accepting]
        before: list[set[int]] = [set() for _ in self.step]
        for state, targets in enumerate(self._targets):
            for target in targets:
                before[target].add(state)
        wave = [state for state, accepts in enumerate(self.accepting) if accepts]
        while wave:
            reached = {s for target in wave for s in before[target] if found[s] < 0}
            for state in reached:
                found[state] = found[wave[0]] + 1
            wave = sorted(reached)
        return tuple(found)

    @property
    def is_empty(self) -> bool:
        """Whether there is no word at all."""
        return not any(self.accepting)

    @property
    def is_finite(self) -> bool:
        """Whether there are finitely many words."""
        return self.longest is not None

    @cached_property
    def longest(self) -> int | None:
        """The letters of the longest word; None in an infinite language, -1 in the empty one."""
        if self.is_empty:
            return -1
        entering = [0] * len(self.step)
        for targets in self._targets:
            for target in targets:
                entering[target] += 1
        depth, pending, seen = [0] * len(self.step), [s for s, n in enumerate(entering) if n == 0], 0
        while pending:  # in topological order; states on a cycle are never reached
            state = pending.pop()
            seen += 1
            for target in self._targets[state]:
                depth[target] = max(depth[target], depth[state] + 1)
                entering[target] -= 1
                if entering[target] == 0:
                    pending.append(target)
        return max(depth) if seen == len(self.step) else None

    def words(self, limit: int, longest: int | None = None) -> tuple[list[str], bool]:
        """The first words, short ones first, then in the order of the alphabet; and whether these are all.

        Args:
            limit: at most so many.
            longest: of at most so many letters; None for no bound.
        """
        found: list[str] = []
        most = self.longest
        exact = [{s for s, accepts in enumerate(self.accepting) if accepts}]  # states that accept after n letters
        while most is None or len(exact) - 1 <= most:
            if longest is not None and len(exact) - 1 > longest:
                return found, False
            for word in self._of_length(exact):
                if len(found) >= limit:
                    return found, False
                found.append(word)
            last = exact[-1]
            exact.append({s for s, targets in enumerate(self._targets) if targets & last})
        return found, True

    def intersect(self, other: Dfa) -> Dfa:
        """The words of both, over the letters of both."""
        alphabet = tuple(c for c in self.alphabet if c in other._letters)
        return self._product(other, alphabet, lambda mine, theirs: mine and theirs, outside=False)

    def minus(self, other: Dfa) -> Dfa:
        """The words of this language that are none of the other, over this alphabet."""
        return self._product(other, self.alphabet, lambda mine, theirs: mine and not theirs, outside=True)

    def _product(
        self, other: Dfa, alphabet: tuple[str, ...], accepts: Callable[[bool, bool], bool], *, outside: bool
    ) -> Dfa:
        """Both side by side; with `outside` also where no word of the other goes on."""
        letters = [(self._letters[c], other._letters.get(c, -1)) for c in alphabet]
        alike = [(self._columns[mine], other._columns[theirs] if theirs >= 0 else -1) for mine, theirs in letters]
        kinds: dict[tuple[int, int], tuple[int, int]] = {}  # a letter of each kind, in order
        for kind, pair in zip(alike, letters, strict=True):
            kinds.setdefault(kind, pair)
        pairs = {(0, 0): 0}
        step: list[list[int]] = []
        accepting: list[bool] = []
        for mine, theirs in (found := list(pairs)):
            row: list[int] = []
            for left, right in kinds.values():
                pair = self.step[mine][left], other.step[theirs][right] if min(theirs, right) >= 0 else -1
                if pair[0] < 0 or (pair[1] < 0 and not outside):
                    row.append(-1)
                    continue
                if pair not in pairs:
                    pairs[pair] = len(found)
                    found.append(pair)  # the loop goes on to it
                row.append(pairs[pair])
            step.append(row)
            accepting.append(accepts(self.accepting[mine], theirs >= 0 and other.accepting[theirs]))
        order = {kind: i for i, kind in enumerate(kinds)}
        return of_table(alphabet, [order[kind] for kind in alike], step, accepting)

    def _of_length(self, exact: Sequence[set[int]]) -> Iterator[str]:
        """The words of `len(exact) - 1` letters; `exact[n]` are the states that accept after n letters."""
        if 0 not in exact[-1]:
            return
        prefix: list[str] = []
        paths = [iter([("", 0)])]
        while paths:
            letter, state = next(paths[-1], ("", -1))
            if state < 0:
                paths.pop()
                if prefix:
                    prefix.pop()
                continue
            left = len(exact) - len(paths)  # letters still to come
            if left == 0:
                yield "".join(prefix) + letter
                continue
            prefix.append(letter)
            paths.append(iter([way for way in self._ways[state] if way[1] in exact[left - 1]]))

    @cached_property
    def _letters(self) -> dict[str, int]:
        return {c: i for i, c in enumerate(self.alphabet)}

    @cached_property
    def _targets(self) -> list[set[int]]:
        """The states one letter after each."""
        return [set(row) - {-1} for row in self.step]

    @cached_property
    def _ways(self) -> list[list[tuple[str, int]]]:
        """The letters that go on from each state, and where to."""
        return [[(c, target) for c, target in zip(self.alphabet, row, strict=True) if target >= 0] for row in self.step]

    @cached_property
    def _columns(self) -> list[int]:
        """A number for each letter, the same for letters that no state tells apart."""
        known: dict[tuple[int, ...], int] = {}
        return [known.setdefault(column, len(known)) for column in zip(*self.step, strict=True)]


def of_table(
    alphabet: tuple[str, ...], kinds: Sequence[int], step: Sequence[Sequence[int]], accepting: Sequence[bool]
) -> Dfa:
    """The minimal automaton of a table over kinds of letters, numbered by the first letter of each.

    Args:
        kinds: (L,), the kind of each letter.
        step: the state after a letter of a kind, -1 where there is none.
    """
    rows, ends = minimal(step, accepting)
    return Dfa(alphabet, tuple(tuple(row[kind] for kind in kinds) for row in rows), ends)


def of_words(words: Iterable[str], alphabet: Sequence[str]) -> Dfa:
    """The automaton of a finite language; words with other letters are left out."""
    letters = {c: i for i, c in enumerate(alphabet)}
    step: list[list[int]] = [[-1] * len(letters)]
    ends: set[int] = set()
    for word in words:
        if not letters.keys() >= set(word):
            continue
        state = 0
        for c in word:
            target = step[state][letters[c]]
            if target < 0:
                target = step[state][letters[c]] = len(step)
                step.append([-1] * len(letters))
            state = target
        ends.add(state)
    return of_table(tuple(alphabet), range(len(letters)), step, [state in ends for state in range(len(step))])
