"""One order for the arguments that may stand in any: `x + y`, and never `y + x`.

Of the two arguments of +, *, min and max, the one whose symbol is listed first in the signature stands first; of two
with the same symbol both orders are canonical. Variables are listed behind what is made of them and numbers last of
all, so that sums lean to the left, `sin(x * 2.0) + x`, and some variable or number fits into every place that is open:
the rule never makes a program longer, and a mask that keeps it has no dead ends.

Legend: B programs, V tokens of the vocabulary, D places that may be open at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_core.vocabulary import Vocabulary

COMMUTATIVE = ("plus", "times", "min", "max")
ROOT = -1  # in place of a rank where nothing has been written


def normalise(program: Program) -> Program:
    """The canonical program of a legal one."""
    done: list[Program] = []
    for node in reversed(list(program.nodes())):  # from the leaves to the root
        arity = len(node.args)
        args = tuple(done[len(done) - arity :][::-1])
        del done[len(done) - arity :]
        if node.name in COMMUTATIVE and rank(node.signature, args[0].name) > rank(node.signature, args[1].name):
            args = args[::-1]
        same = all(a is b for a, b in zip(args, node.args, strict=True))
        done.append(node if same else Program(node.signature, node.name, args, node.value))
    return done[0]


def rank(signature: Signature, token: str) -> int:
    """Where a token's symbol stands in the signature; a number's is behind all."""
    return next((n for n, s in enumerate(signature.symbols) if s.name == token), len(signature.symbols))


@dataclass(frozen=True, slots=True)
class State:
    """B partial programs.

    Attributes:
        lowest: (B, D) int64, of each open place the lowest rank that may fill it, the next one on top.
        first: (B, D) bool, whether it is the first of two arguments that may stand in any order.
        depth: (B,) int64, how many places are open.
    """

    lowest: Tensor
    first: Tensor
    depth: Tensor


class Canonical:
    """The rule as a constraint (see `i2c_core.masks.constrained`)."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.vocabulary = vocabulary
        signature, tokens = vocabulary.signature, vocabulary.tokens
        self.shortest = vocabulary.shortest
        self.rank = torch.tensor([*(rank(signature, t) for t in tokens), 0], device=device)  # (V + 1,)
        self.arity = torch.tensor([*vocabulary.arity.tolist(), 0], device=device)  # (V + 1,)
        self.commutes = torch.tensor([*(t in COMMUTATIVE for t in tokens), False], device=device)  # (V + 1,)

    def start(self, batch: int, budget: int | Tensor) -> State:
        most = int(budget) if isinstance(budget, int) else int(budget.max()) if len(budget) else 0
        lowest = self.rank.new_zeros(batch, most + 1)
        lowest[:, 0] = ROOT
        return State(lowest, torch.zeros_like(lowest, dtype=torch.bool), lowest.new_ones(batch))

    def mask(self, state: State) -> Tensor:
        top = (state.depth - 1).clamp(min=0)[:, None]
        return self.rank[:-1] >= state.lowest.gather(1, top)  # (B, V)

    def advance(self, state: State, token: Tensor) -> State:
        """Close the place on top, and open one for each argument."""
        taken = token < len(self.vocabulary.tokens)  # (B,)
        depth = torch.where(taken, state.depth - 1, state.depth)
        slots = torch.arange(state.lowest.shape[1], device=token.device)  # (D,)
        was_first = taken & state.first.gather(1, depth.clamp(min=0, max=len(slots) - 1)[:, None]).squeeze(1)
        beside = was_first[:, None] & (slots == depth[:, None] - 1)  # the place of the second argument
        lowest = torch.where(beside, self.rank[token][:, None], state.lowest)
        after = depth + self.arity[token]
        fresh = taken[:, None] & (slots >= depth[:, None])  # (B, D)
        first = state.first & ~fresh | (taken & self.commutes[token])[:, None] & (slots == after[:, None] - 1)
        return State(lowest.masked_fill(fresh, 0), first, after)

    def fork(self, state: State, index: Tensor) -> State:
        return State(state.lowest[index], state.first[index], state.depth[index])

    def least(self, state: State) -> Tensor:
        """A variable or a number for each open place, for the place of the root the shortest program."""
        return torch.where(state.lowest[:, 0] == ROOT, self.shortest, state.depth)

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """By reading the tokens one by one."""
        signature, known = self.vocabulary.signature, self.vocabulary.tokens
        arity = dict(zip(known, self.vocabulary.arity.tolist(), strict=True))
        written: list[tuple[str, list[str]]] = []  # what is open, outermost first, with the heads of its arguments
        for token in tokens:
            if written:
                written[-1][1].append(token)
            written.append((token, []))
            while written and len(written[-1][1]) == arity[written[-1][0]]:
                written.pop()
        if not written or written[-1][0] not in COMMUTATIVE or len(written[-1][1]) != 1:
            return set(known)
        return {t for t in known if rank(signature, t) >= rank(signature, written[-1][1][0])}
