"""The compiled form of a signature: a pushdown automaton over types, with a few integer registers.

Context-free part. The stack holds types. A token at the type on top has a production: it takes the type off and opens
the types of its arguments, the first on top. The *slack* is the number of tokens left minus the least that closes
everything open; a production lowers it by its cost, a constant.

Registers. What depends on earlier literals (dependent arguments, canonical orders) is kept in registers, one set a
sequence, or one a *frame* where ordered lists nest without bound. Beside the `count` values R a frame holds two things
for the order of a list: `tight` (the key of the element being written equals the previous element's so far) and
`more`, a word of bits: bit i says that a larger value was possible at key place i of the element written last. The
registers of a key are overwritten place by place: places before the one to come hold the element being written, the
others the previous element, which is all that a lexicographic comparison needs.

A step, with y the type on top:

    if more == 0:  y = spent[y]                                            the variant where nothing greater is left
    low  = max(low[y], R[low_register[y]] + low_offset[y], ...)            lower guards
    high = min(high[y], R[high_register[y]] + high_offset[y], ...)         upper guards
    if key[y] >= 0 and tight:
        low = max(low, R[store[y]] + (strict[y] and (more >> (key[y] + 1)) == 0))
    open = production[y, t] >= 0 and cost <= slack and (space[y] == 0 or low <= values[space[y], t] <= high)

    a token t:  p = production[y, t];  v = values[space[y], t]
    if key[y] >= 0:  bit key[y] of `more` = v < high;  tight = tight and v == R[store[y]]
    R[store[y]] = v
    frame[p]:  +1 opens a frame (tight false, more 0), -1 returns to the one before
    tie[p]:    TIGHT sets tight, LOOSE clears tight and `more`
    slack -= cost[p]; pop y; push args[p]

Guards never close the last way on: the compiler has drawn every consequence of a symbol's relations into each later
argument's guards, so the slack alone decides whether a program can end.

Legend: V tokens, Y types, P productions, A the largest arity, R registers, G guards of a type, S value spaces. Row 0
of what is indexed by type stands for "nothing is open".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEEP, TIGHT, LOOSE = 0, 1, 2  # what a production does to `tight`
UNBOUNDED = 1 << 30  # beyond every value: a guard of -UNBOUNDED or UNBOUNDED closes nothing
MAX_KEYS = 62  # key places of one symbol: the bits of `more`


@dataclass(frozen=True, eq=False)
class Registers:
    """What the registers of an automaton hold and guard; see the head of this module.

    Attributes:
        count: the number of values R; register `count` reads as none in guards and is scratch in `store`.
        frames: whether any production opens a frame.
        low_register, low_offset: (Y + 1, G) int32, lower guards; register `count` for none.
        high_register, high_offset: (Y + 1, G) int32, upper guards.
        low, high: (Y + 1,) int32, the least and largest value that a type's relations ever leave; -UNBOUNDED and
            UNBOUNDED where nothing is guarded.
        space: (Y + 1,) int32, the row of `values` that a type's tokens are compared in, 0 for none.
        values: (S + 1, V) int32, the value of each token in a space; 0 where it has none (row 0 is all 0).
        store: (Y + 1,) int32, the register that takes the value, `count` for none.
        key: (Y + 1,) int32, the place in the key of an ordered list's element, -1 for none.
        strict: (Y + 1,) bool, whether that order is strict.
        spent: (Y + 1,) int32, the type that stands for this one where `more` is 0; itself for most.
        tie: (P,) int8, KEEP, TIGHT or LOOSE.
        frame: (P,) int8, +1, 0 or -1.
    """

    count: int
    frames: bool
    low_register: NDArray[np.int32]
    low_offset: NDArray[np.int32]
    high_register: NDArray[np.int32]
    high_offset: NDArray[np.int32]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    space: NDArray[np.int32]
    values: NDArray[np.int32]
    store: NDArray[np.int32]
    key: NDArray[np.int32]
    strict: NDArray[np.bool_]
    spent: NDArray[np.int32]
    tie: NDArray[np.int8]
    frame: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Automaton:
    """A signature at a root type as tables.

    Attributes:
        tokens: the V token names, those of the vocabulary.
        types: the Y names of types, for errors; the root is the first. Arrays count them from 1.
        production: (Y + 1, V) int32, the production of a token at a type, -1 where it is impossible.
        cost: (P,) int32, by how much a production lowers the slack.
        args: (P, A) int32, the types that a production opens, the first first, 0 beyond its arity.
        least: (Y + 1,) int32, the number of tokens of the shortest program of each type, 0 in row 0.
        registers: None for a context-free language.
    """

    tokens: tuple[str, ...]
    types: tuple[str, ...]
    production: NDArray[np.int32]
    cost: NDArray[np.int32]
    args: NDArray[np.int32]
    least: NDArray[np.int32]
    registers: Registers | None = None
