"""The slow truths about automata: an interpreter as the automaton's docstring reads, and all programs by trying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from i2c_core.automata import Automaton
from i2c_core.automata.automaton import LOOSE, TIGHT
from i2c_core.symbols import Signature
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

GARBAGE = (-77, 77)  # what unwritten registers hold: reading one must not matter
MOST = 5000  # programs of one type and size: more are not tried


@dataclass
class Frame:
    values: list[int]
    tight: bool = False
    more: int = 0


@dataclass
class Walk:
    """One sequence under an automaton, token by token."""

    automaton: Automaton
    slack: int
    stack: list[int] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    garbage: int = GARBAGE[0]

    @staticmethod
    def start(automaton: Automaton, budget: int, garbage: int = GARBAGE[0]) -> Walk:
        walk = Walk(automaton, budget - int(automaton.least[1]), [1], garbage=garbage)
        first = walk.fresh()
        first.tight, first.more = True, 5  # wrong on purpose: the first element of a list must not ask
        walk.frames = [first]
        return walk

    def fresh(self) -> Frame:
        registers = self.automaton.registers
        return Frame([self.garbage] * (0 if registers is None else registers.count + 1))

    def copy(self) -> Walk:
        frames = [Frame(list(f.values), f.tight, f.more) for f in self.frames]
        return Walk(self.automaton, self.slack, list(self.stack), frames, self.garbage)

    def type(self) -> int:
        y, registers = self.stack[-1], self.automaton.registers
        if registers is not None and self.frames[-1].more == 0:
            y = int(registers.spent[y])
        return y

    def bounds(self, y: int) -> tuple[int, int]:
        registers, frame = self.automaton.registers, self.frames[-1]
        assert registers is not None
        low, high = int(registers.low[y]), int(registers.high[y])
        for r, c in zip(registers.low_register[y], registers.low_offset[y], strict=True):
            low = max(low, frame.values[r] + int(c))
        for r, c in zip(registers.high_register[y], registers.high_offset[y], strict=True):
            high = min(high, frame.values[r] + int(c))
        key = int(registers.key[y])
        if key >= 0 and frame.tight:
            low = max(
                low, frame.values[registers.store[y]] + bool(registers.strict[y] and frame.more >> (key + 1) == 0)
            )
        return low, high

    def open(self) -> set[int]:
        """The tokens that may come next."""
        if not self.stack:
            return set()
        automaton, registers, y = self.automaton, self.automaton.registers, self.type()
        found = set()
        low, high = (0, 0) if registers is None else self.bounds(y)
        for token in range(len(automaton.tokens)):
            p = int(automaton.production[y, token])
            if p < 0 or automaton.cost[p] > self.slack:
                continue
            space = 0 if registers is None else int(registers.space[y])
            if registers is None or not space or low <= registers.values[space, token] <= high:
                found.add(token)
        return found

    def advance(self, token: int) -> None:
        automaton, registers, y = self.automaton, self.automaton.registers, self.type()
        p = int(automaton.production[y, token])
        if registers is not None:
            frame, value = self.frames[-1], int(registers.values[registers.space[y], token])
            key, store = int(registers.key[y]), int(registers.store[y])
            if key >= 0:
                _, high = self.bounds(y)
                frame.more = frame.more & ~(1 << key) | (value < high) << key
                frame.tight = frame.tight and value == frame.values[store]
            frame.values[store] = value
            if registers.frame[p] > 0:
                self.frames.append(self.fresh())
            elif registers.frame[p] < 0:
                self.frames.pop()
            if registers.tie[p] == TIGHT:
                self.frames[-1].tight = True
            elif registers.tie[p] == LOOSE:
                self.frames[-1].tight, self.frames[-1].more = False, 0
        self.slack -= int(automaton.cost[p])
        assert self.slack >= 0
        self.stack.pop()
        self.stack += [int(a) for a in automaton.args[p][::-1] if a]


Tree = tuple[str, tuple["Tree", ...]]


def programs(vocabulary: Vocabulary, budget: int) -> set[tuple[str, ...]]:
    """All programs of at most `budget` tokens that satisfy relations and orders, tried one by one."""
    trees = _Trees(vocabulary)
    return {tuple(_prefix(tree)) for size in range(1, budget + 1) for tree in trees.of(0, size)}


def _prefix(tree: Tree) -> Iterator[str]:
    yield tree[0]
    for arg in tree[1]:
        yield from _prefix(arg)


class _Trees:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary, self.signature = vocabulary, vocabulary.signature
        self._known: dict[tuple[int, int], list[Tree]] = {}
        self._rules: dict[int, list[tuple[str, tuple[int, ...]]]] = {}
        for production in vocabulary.productions:
            self._rules.setdefault(production.type, []).append((production.token, production.args))

    def args(self, y: int, token: str) -> tuple[int, ...]:
        return next(a for t, a in self._rules[y] if t == token)

    def of(self, y: int, size: int) -> list[Tree]:
        """All trees of a type and size."""
        if (y, size) not in self._known:
            self._known[y, size] = []
            for token, args in self._rules.get(y, []):
                for children in self._sequences(args, size - 1):
                    if self._related(token, args, children) and _in_order(self, (token, children), y):
                        self._known[y, size].append((token, children))
                if len(self._known[y, size]) > MOST:
                    raise OverflowError(f"more than {MOST} programs of {self.vocabulary.types[y]}")
        return self._known[y, size]

    def _sequences(self, args: Sequence[int], size: int) -> Iterator[tuple[Tree, ...]]:
        if not args:
            if size == 0:
                yield ()
            return
        for first in range(1, size - len(args) + 2):
            heads = self.of(args[0], first)
            if heads:
                for rest in self._sequences(args[1:], size - first):
                    for head in heads:
                        yield (head, *rest)

    def value(self, y: int, token: str) -> int:
        kind = self.signature.literal_kind(self.vocabulary.types[y])
        assert kind is not None
        return kind.place(token)

    def _related(self, token: str, args: Sequence[int], children: Sequence[Tree]) -> bool:
        symbol = self.signature[token]
        for j, parameter in enumerate(symbol.parameters):
            for relation in parameter.relations:
                i = symbol.place(relation.argument)
                if not relation.holds(self.value(args[j], children[j][0]), self.value(args[i], children[i][0])):
                    return False
        return True

    def key(self, tree: Tree, y: int) -> tuple[int, ...]:
        """What an order compares."""
        token, children = tree
        if self.signature.literal_kind(self.vocabulary.types[y]) is not None:
            return (self.value(y, token),)
        symbol, args = self.signature[token], self.args(y, token)
        place = [s.name for s in self.signature.symbols].index(token)
        if symbol.key is None:
            at = [i for i, p in enumerate(symbol.parameters) if self.signature.literal_kind(p.type) is not None]
        else:
            at = [symbol.place(n) for n in symbol.key]
        return (place, *(self.value(args[i], children[i][0]) for i in at))


def _in_order(trees: _Trees, tree: Tree, y: int) -> bool:
    """Whether the element of a list is below that of its rest."""
    token, children = tree
    type_: Type = trees.vocabulary.types[y]
    symbol, args = trees.signature[token], trees.args(y, token)
    if type_.is_list and type_.increasing is not None and token == "cons":
        element, rest, strict = 0, 1, type_.increasing.strict
    elif symbol.order is not None:
        element, rest, strict = symbol.place(symbol.order.element), symbol.place(symbol.order.rest), symbol.order.strict
    else:
        return True
    if children[rest][0] != token:
        return True
    one = trees.key(children[element], args[element])
    behind = trees.args(args[rest], token)
    other = trees.key(children[rest][1][element], behind[element])
    return one < other if strict else one <= other


def begins(all_programs: set[tuple[str, ...]]) -> dict[tuple[str, ...], set[tuple[str, int]]]:
    """For each prefix of a program the next tokens, each with the size of the smallest program that begins so."""
    least: dict[tuple[str, ...], dict[str, int]] = {}
    for program in all_programs:
        for cut in range(len(program)):
            nexts = least.setdefault(program[:cut], {})
            nexts[program[cut]] = min(len(program), nexts.get(program[cut], len(program)))
    return {prefix: set(nexts.items()) for prefix, nexts in least.items()}


def check(automaton: Automaton, all_programs: set[tuple[str, ...]], budget: int, signature: Signature) -> int:
    """Hold an automaton to all programs, at every prefix and every budget up to `budget`; the prefixes that were seen.

    `all_programs` must be all those of at most `budget` tokens.
    """
    table = begins(all_programs)
    names, seen = automaton.tokens, 0
    assert all_programs, f"no program within {budget}:\n{signature.show()}"
    shortest = min(map(len, all_programs))
    assert shortest == automaton.least[1], f"least {automaton.least[1]}, shortest {shortest}:\n{signature.show()}"
    for limit in {budget, budget - 1, shortest, (budget + shortest) // 2} - set(range(shortest)):
        waiting: list[tuple[tuple[str, ...], Walk]] = [((), Walk.start(automaton, limit, GARBAGE[limit % 2]))]
        while waiting:
            prefix, walk = waiting.pop()
            seen += 1
            got = {names[t] for t in walk.open()}
            want = {token for token, size in table.get(prefix, set()) if size <= limit}
            shown = f"{signature.show()}prefix {' '.join(prefix)}\nbudget {limit}\n"
            assert got == want, f"{shown}too many {got - want}\ntoo few {want - got}"
            if not walk.stack:
                assert prefix in all_programs, shown
                assert len(walk.frames) == 1, f"{shown}{len(walk.frames)} frames"
            for token in sorted(got):
                then = walk.copy()
                then.advance(names.index(token))
                waiting.append(((*prefix, token), then))
    return seen
