"""A grounded signature as tensors: what may come next at a type under a slack, and what a token then does.

The *slack* of a partial program is the number of tokens left in its budget minus the least number that closes
everything open. A production lowers it by a constant of its own, its cost: how much longer it makes the shortest
completion. So a token is open at a type exactly when its cost is at most the slack, and with K the largest cost, the
row `type * (K + 1) + min(slack, K)` of a table made ahead is the whole mask, budget included.

Legend: V tokens, Y types, P productions, A the largest arity, K the largest cost. In the tables here type 0 stands for
"nothing is open", and the signature's type y is y + 1; token V pads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.errors import BudgetError
from i2c_core.vocabulary import Vocabulary

ROWS_BOUND = 1 << 26  # bytes of mask rows made ahead (one a token); beyond it costs are compared at every step
NEVER = 1 << 30  # the cost of what is impossible: above every budget, and 2**33 of them fit an int64


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of a pushdown mask; made by `from_vocabulary` or `from_arrays`, moved by `to`.

    Attributes:
        tokens, types: names for errors, V and Y of them, the types as the signature counts them (from 0).
        production: ((Y + 1) * (V + 1),) int32, what a token does at a type: row `type * (V + 1) + token`.
        cost: (P + 2,) int64. The last two productions are "rest" (padding behind the end) and "refuse".
        arity: (P + 2,) int64.
        args: (P + 2, A) int64, the types a production opens, the first on top of the stack, 0 beyond the arity.
        least: Y + 1 numbers on the host, the tokens of the shortest program of each type.
        cheapest: (Y + 1,) int64, a token of cost 0 at each type, which every slack opens; padding at type 0.
        costs: (Y + 1, V) int32, the cost of a token at a type, `NEVER` where it is impossible.
        rows: ((Y + 1) * (K + 1), V) bool, the masks made ahead, or None where they would exceed `ROWS_BOUND` bytes.
        K: the largest cost.
    """

    tokens: tuple[str, ...]
    types: tuple[str, ...]
    production: Tensor
    cost: Tensor
    arity: Tensor
    args: Tensor
    least: tuple[int, ...]
    cheapest: Tensor
    costs: Tensor
    rows: Tensor | None
    K: int

    @staticmethod
    def from_vocabulary(vocabulary: Vocabulary, rows_bound: int = ROWS_BOUND) -> Tables:
        """The tables of a grounded signature, on the CPU."""
        return Tables.from_arrays(
            vocabulary.production,
            vocabulary.prod_cost,
            vocabulary.prod_args,
            vocabulary.least,
            vocabulary.tokens,
            tuple(map(str, vocabulary.types)),
            rows_bound,
        )

    @staticmethod
    def from_arrays(
        production: NDArray[np.integer],
        prod_cost: NDArray[np.integer],
        prod_args: NDArray[np.integer],
        least: NDArray[np.integer],
        tokens: Sequence[str] = (),
        types: Sequence[str] = (),
        rows_bound: int = ROWS_BOUND,
    ) -> Tables:
        """The tables of plain arrays.

        Args:
            production: (Y, V), the production of a token at a type, -1 where it is impossible.
            prod_cost: (P,), by how much a production lowers the slack.
            prod_args: (P, A), the types it opens, the first first, -1 beyond its arity.
            least: (Y,), the tokens of the shortest program of each type.
            tokens, types: names for errors; numbers where left out.
            rows_bound: the most bytes of rows made ahead.
        """
        y, v = production.shape
        p = len(prod_cost)
        legal = production >= 0  # (Y, V)
        costs = np.full((y + 1, v), NEVER, np.int32)
        costs[1:][legal] = prod_cost[production[legal]]
        does = np.full((y + 1, v + 1), p + 1, np.int32)  # refuse
        does[1:, :v][legal] = production[legal]
        does[0, v] = p  # rest
        opened = prod_args + 1  # (P, A), 0 for none
        args = np.concatenate([opened, np.zeros((2, prod_args.shape[1]), opened.dtype)])  # (P + 2, A)
        largest = int(costs[costs < NEVER].max(initial=0))
        rows = None
        if (y + 1) * (largest + 1) * v <= rows_bound:
            rows = torch.from_numpy((costs[:, None, :] <= np.arange(largest + 1)[:, None]).reshape(-1, v))
        return Tables(
            tokens=tuple(tokens) or tuple(map(str, range(v))),
            types=tuple(types) or tuple(f"type {i}" for i in range(y)),
            production=torch.from_numpy(does.reshape(-1)),
            cost=_long(np.concatenate([prod_cost, [0, NEVER]])),
            arity=_long((args > 0).sum(1)),
            args=_long(args),
            least=(0, *map(int, least)),
            cheapest=_long(np.concatenate([[v], costs[1:].argmin(1)])),
            costs=torch.from_numpy(costs),
            rows=rows,
            K=largest,
        )

    @property
    def V(self) -> int:
        """The number of tokens; the id V itself pads."""
        return len(self.tokens)

    @property
    def Y(self) -> int:
        """The number of types, "nothing is open" not counted."""
        return len(self.types)

    @property
    def pad(self) -> int:
        return len(self.tokens)

    @property
    def device(self) -> torch.device:
        return self.production.device

    def to(self, device: torch.device | str) -> Tables:
        """The same tables on a device."""
        parts: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        parts.update({name: part.to(device) for name, part in parts.items() if isinstance(part, Tensor)})
        return Tables(**parts)

    def require_budget(self, budget: int, root: int = 0) -> None:
        """Raise `BudgetError` when no program of type `root` has at most `budget` tokens."""
        shortest = self.least[root + 1]
        if budget < shortest:
            fact = f"a budget of {budget} tokens is below the shortest {self.types[root]}, which has {shortest}"
            raise BudgetError(fact, f"use a budget of at least {shortest}")

    def openings(self, type_: int, most: int = 8) -> str:
        """The tokens that may begin a program of a type (as counted here, from 1), for errors: `h, v, q, B, W`."""
        names = [self.tokens[i] for i in (self.costs[type_] < NEVER).nonzero().flatten().tolist()]
        return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _long(array: NDArray[np.integer]) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))
