"""States and what they open, as the arrays of an automaton.

Legend: V tokens, Y types, P productions, A the largest arity, G guards of a type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata.automaton import UNBOUNDED, Automaton, Registers
from i2c_core.automata.language import Language
from i2c_core.automata.naming import endless, name
from i2c_core.automata.states import Guard, State
from i2c_core.vocabulary import NEVER, Vocabulary
from i2c_core.vocabulary.shortest import needs, shortest

if TYPE_CHECKING:
    from i2c_core.automata.compiling import Compiler


def context_free(vocabulary: Vocabulary) -> Automaton:
    """The tables of a vocabulary as it is."""
    production = np.concatenate([np.full((1, vocabulary.size), -1, np.int32), vocabulary.production])
    least = np.concatenate([[0], vocabulary.least]).astype(np.int32)
    args = np.zeros((len(vocabulary.prod_args), max(vocabulary.prod_args.shape[1], 1)), np.int32)
    args[:, : vocabulary.prod_args.shape[1]] = vocabulary.prod_args + 1
    return Automaton(
        vocabulary.tokens, tuple(map(str, vocabulary.types)), production, vocabulary.prod_cost, args, least
    )


@dataclass
class _Draft:
    """Types and productions in the order in which they are found; types count from 1, the skeleton's first."""

    compiler: Compiler
    states: list[State]
    numbers: dict[State, int]
    args: list[tuple[int, ...]] = field(default_factory=list)
    tie: list[int] = field(default_factory=list)
    frame: list[int] = field(default_factory=list)
    rows: list[tuple[int, int | NDArray[np.int32], int]] = field(default_factory=list)  # type, tokens, production
    leaves: dict[int, int] = field(default_factory=dict)  # productions that open nothing, by frame

    def number(self, state: State) -> int:
        """The type of a state."""
        found = self.numbers.get(state)
        if found is None:
            self.states.append(state)
            found = self.numbers[state] = len(self.states)
        return found

    def produce(self, args: tuple[State, ...], tie: int, frame: int) -> int:
        """A new production, or the one that all literals share."""
        if not args and not tie and frame in self.leaves:
            return self.leaves[frame]
        self.args.append(tuple(map(self.number, args)))
        self.tie.append(tie)
        self.frame.append(frame)
        if not args and not tie:
            self.leaves[frame] = len(self.args) - 1
        return len(self.args) - 1


def assemble(language: Language, compiler: Compiler) -> Automaton:
    """The automaton of a vocabulary with orders and relations."""
    v = language.vocabulary
    base = len(v.types)
    draft = _Draft(compiler, list(range(base)), {y: y + 1 for y in range(base)})
    changed = [p for p in language.constrained if p in compiler.used]
    for p in changed:
        what = compiler.opens(p)
        if what is not None:
            made = draft.produce(what.args, what.tie, what.frame)
            draft.rows.append((int(v.prod_type[p]) + 1, int(v.prod_token[p]), made))
    position = base
    while position < len(draft.states):
        state = draft.states[position]
        position += 1
        for tokens, args, tie, frame in compiler.alternatives(state):
            draft.rows.append((position, tokens, draft.produce(args, tie, frame)))
        spent = compiler.spent(state)
        if spent is not None:
            draft.number(spent)
    return _finish(language, draft, changed)


def _finish(language: Language, draft: _Draft, changed: Sequence[int]) -> Automaton:
    v = language.vocabulary
    skeleton, types = len(v.prod_type), len(draft.states)
    width = max(v.prod_args.shape[1], max(map(len, draft.args), default=0))
    args = np.zeros((skeleton + len(draft.args), width), np.int32)  # (P, A)
    args[:skeleton, : v.prod_args.shape[1]] = v.prod_args + 1
    for p, types_opened in enumerate(draft.args, skeleton):
        args[p, : len(types_opened)] = types_opened
    production = np.full((types + 1, v.size), -1, np.int32)  # (Y + 1, V)
    production[1 : len(v.types) + 1] = v.production
    production[v.prod_type[list(changed)] + 1, v.prod_token[list(changed)]] = -1
    single = [(y, t, p) for y, t, p in draft.rows if isinstance(t, int)]
    if single:
        at = np.array(single, np.int32)
        production[at[:, 0], at[:, 1]] = at[:, 2] + skeleton
    for y, tokens, p in draft.rows:
        if not isinstance(tokens, int):
            production[y, tokens] = p + skeleton
    rows = [(y, p + skeleton) for y, t, p in draft.rows if isinstance(t, int) or len(t)]
    kept = v.production[v.prod_type, v.prod_token] == np.arange(skeleton)
    kept[list(changed)] = False
    own = np.flatnonzero(kept).astype(np.int32)
    pairs = np.array(rows, np.int32).reshape(-1, 2)
    pair_type = np.concatenate([v.prod_type[own] + 1, pairs[:, 0]])
    pair_production = np.concatenate([own, pairs[:, 1]])
    found = shortest(types, pair_type - 1, args[pair_production] - 1)
    if found[0] >= NEVER:
        raise endless(language, draft.compiler, found)
    need = needs(found, args - 1)
    least = np.concatenate([[0], found]).astype(np.int32)  # (Y + 1,)
    cost = np.zeros(len(args), np.int64)
    cost[pair_production] = need[pair_production] - least[pair_type]
    live = (need < NEVER)[np.maximum(production, 0)]
    production = np.where(live, production, -1)
    return _compact(language, draft, production, cost, args, least)


def _compact(
    language: Language,
    draft: _Draft,
    production: NDArray[np.int32],
    cost: NDArray[np.int64],
    args: NDArray[np.int32],
    least: NDArray[np.int32],
) -> Automaton:
    """Only what is reachable from the root, with registers where anything needs them."""
    compiler = draft.compiler
    types, skeleton = len(draft.states), len(args) - len(draft.args)
    spent = np.arange(types + 1, dtype=np.int32)  # (Y + 1,)
    guards: dict[int, Guard] = {}
    for y, state in enumerate(draft.states[len(language.vocabulary.types) :], len(language.vocabulary.types) + 1):
        other, guard = compiler.spent(state), compiler.guard(state)
        if other is not None:
            spent[y] = draft.numbers[other]
        if guard is not None:
            guards[y] = guard
    seen, reached = np.zeros(types + 1, bool), np.zeros(types + 1, bool)
    reached[:2] = True
    while len(front := np.flatnonzero(reached & ~seen)):
        seen[front] = True
        taken = production[front]
        reached[args[taken[taken >= 0]]] = True
        reached[spent[front]] = True
    keep = np.flatnonzero(seen)
    assert (least[spent[keep]] == least[keep]).all(), "a spent type takes as many tokens as the type that it stands for"
    table = production[keep]  # (Y + 1, V)
    used = np.unique(table[table >= 0])
    renumbered = np.zeros(len(args) + 1, np.int32)
    renumbered[-1] = -1  # what -1 indexes
    renumbered[used] = np.arange(len(used))
    type_of = np.zeros(types + 1, np.int32)
    type_of[keep] = np.arange(len(keep))
    ties = np.concatenate([np.zeros(skeleton, np.int8), np.array(draft.tie, np.int8)])[used]
    frames = np.concatenate([np.zeros(skeleton, np.int8), np.array(draft.frame, np.int8)])[used]
    registers = None
    if guards.keys() & set(keep.tolist()) or frames.any():
        by_type = {int(type_of[y]): guard for y, guard in guards.items() if seen[y]}
        registers = _registers(language, compiler.registers, by_type, len(keep), type_of[spent[keep]], ties, frames)
    names = tuple(name(language, draft.states[y - 1]) for y in keep[1:].tolist())
    opened = type_of[args[used]]  # (P, A)
    opened = opened[:, : max(int((opened > 0).sum(1).max(initial=0)), 1)]
    tokens = language.vocabulary.tokens
    return Automaton(tokens, names, renumbered[table], cost[used].astype(np.int32), opened, least[keep], registers)


def _registers(
    language: Language,
    count: int,
    guards: dict[int, Guard],
    rows: int,
    spent: NDArray[np.int32],
    tie: NDArray[np.int8],
    frame: NDArray[np.int8],
) -> Registers:
    most = max(1, *(max(len(g.lower), len(g.upper)) for g in guards.values()), 1)
    registers = [np.full((rows, most), count, np.int32) for _ in range(2)]
    offsets = [np.full((rows, most), bound, np.int32) for bound in (-UNBOUNDED, UNBOUNDED)]
    low, high = np.full(rows, -UNBOUNDED, np.int32), np.full(rows, UNBOUNDED, np.int32)
    space, store, key = np.zeros(rows, np.int32), np.full(rows, count, np.int32), np.full(rows, -1, np.int32)
    strict = np.zeros(rows, bool)
    spaces = {name: i for i, name in enumerate(sorted({g.space for g in guards.values()}), 1)}
    for y, guard in guards.items():
        for side, found in enumerate((guard.lower, guard.upper)):
            for place, (register, offset) in enumerate(found):
                registers[side][y, place], offsets[side][y, place] = register, offset
        low[y], high[y], space[y], key[y], strict[y] = (
            guard.low,
            guard.high,
            spaces[guard.space],
            guard.key,
            guard.strict,
        )
        store[y] = count if guard.store is None else guard.store
    values = np.zeros((len(spaces) + 1, language.vocabulary.size), np.int32)
    for y in range(len(language.vocabulary.types)):
        literal = language.literal(y)
        if literal is not None and literal.space in spaces:
            values[spaces[literal.space], literal.tokens] = np.arange(literal.low, literal.high + 1)
    return Registers(
        count,
        bool(frame.any()),
        registers[0],
        offsets[0],
        registers[1],
        offsets[1],
        low,
        high,
        space,
        values,
        store,
        key,
        strict,
        spent,
        tie,
        frame,
    )
