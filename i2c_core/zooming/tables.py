"""What zooming needs to know of a family, as tables: which token may stand at a type, what it opens, and where.

An open node of a program is known by its type, its *role* (the token that it is an argument of, and which argument)
and its rectangle in whole pixels, by the rule that renderers go by (see `i2c_core.raster.Zooms`).

Legend: V tokens, Y types, A the largest arity, Q roles, N programs, T tokens, M nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.raster import Zooms
from i2c_core.symbols import TEXT
from i2c_core.vocabulary import NEVER

ROOT = 0  # the role of a whole program


@dataclass(frozen=True, eq=False)
class ZoomTables:
    """A family that zooms, on a device.

    Attributes:
        legal: (Y, V) bool, the tokens of a type.
        cost: (Y, V) int64, by how many tokens a choice makes the shortest completion longer; NEVER where closed.
        least: (Y,) int64, the tokens of the shortest program of each type.
        child: (Y, V, A) int64, the types of the arguments.
        role: (V, A) int64, the roles of the arguments, from 1.
        arity: (V + 1,) int64, 0 for padding.
        numerator, denominator: (V, A, 4) int64, the arguments' edges x0, y0, x1, y1 as fractions of the rectangle.
        roles: Q, with that of a whole program.
    """

    legal: Tensor
    cost: Tensor
    least: Tensor
    child: Tensor
    role: Tensor
    arity: Tensor
    numerator: Tensor
    denominator: Tensor
    roles: int

    @property
    def pad(self) -> int:
        """V, the token behind the end of a program."""
        return self.legal.shape[1]

    @property
    def types(self) -> int:
        """Y."""
        return self.legal.shape[0]

    @staticmethod
    def of(family: Family, device: torch.device | str = "cpu") -> ZoomTables:
        """The tables of a family.

        Raises:
            FamilyError: it cannot be decoded by zooming; see `require_zooms`.
        """
        require_zooms(family)
        vocabulary = family.vocabulary
        zooms = Zooms.of(vocabulary, family.zooms)
        most = zooms.numerator.shape[1]  # A
        production = vocabulary.production.astype(np.int64)  # (Y, V)
        legal = production >= 0
        cost = np.where(legal, vocabulary.prod_cost[production], NEVER).astype(np.int64)
        child = np.zeros((*production.shape, most), np.int64)  # (Y, V, A)
        width = vocabulary.prod_args.shape[1]
        child[..., :width] = np.where(legal[..., None], np.maximum(vocabulary.prod_args[production], 0), 0)
        arity = zooms.arity  # (V + 1,)
        first = ROOT + 1 + np.concatenate([[0], np.cumsum(arity[:-1])])[:-1]  # (V,)
        role = np.where(np.arange(most) < arity[:-1, None], first[:, None] + np.arange(most), ROOT)

        def tensor(array: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        return ZoomTables(
            legal=tensor(legal),
            cost=tensor(cost),
            least=tensor(vocabulary.least.astype(np.int64)),
            child=tensor(child),
            role=tensor(role),
            arity=tensor(arity),
            numerator=tensor(zooms.numerator[:-1]),
            denominator=tensor(zooms.denominator[:-1]),
            roles=ROOT + 1 + int(arity.sum()),
        )

    def parts(self, token: Tensor, where: Tensor) -> Tensor:
        """The rectangles (M, A, 4) of the arguments of `token` (M,), which live at `where` (M, 4), in pixels."""
        corner = where[:, None, [0, 1, 0, 1]]  # (M, 1, 4)
        extent = where[:, None, [2, 3, 2, 3]] - corner
        shift = torch.div(extent * self.numerator[token], self.denominator[token], rounding_mode="floor")
        return corner + shift

    def replay(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The types and the roles (N, T) of the nodes of whole programs `ids` (N, T), 0 at padding."""
        count, length = ids.shape
        slots = 1 + length * max(1, self.role.shape[1] - 1)  # each token leaves at most A - 1 more nodes behind it
        stack = torch.zeros((2, count, slots + 1), dtype=torch.int64, device=ids.device)  # the last slot is a bin
        depth = torch.ones(count, dtype=torch.int64, device=ids.device)
        row = torch.arange(count, device=ids.device)
        argument = torch.arange(self.role.shape[1], device=ids.device)  # (A,)
        found = torch.zeros((2, count, length), dtype=torch.int64, device=ids.device)
        for t in range(length):
            live = (depth > 0) & (ids[:, t] < self.pad)  # (N,)
            token = ids[:, t].clamp(max=self.pad - 1)
            top = stack[:, row, (depth - 1).clamp(min=0)] * live  # (2, N)
            found[:, :, t] = top
            arity = self.arity[token] * live  # (N,)
            opened = torch.stack([self.child[top[0], token], self.role[token]])  # (2, N, A)
            slot = (depth + arity)[:, None] - 2 - argument  # (N, A), the first argument on top
            slot = torch.where(argument < arity[:, None], slot, slots)
            stack[:, row[:, None], slot] = opened
            depth = depth + arity - live.long()
        return found[0], found[1]


def require_zooms(family: Family) -> None:
    """Raise `FamilyError` where a family cannot be decoded by zooming, with the reason.

    Nodes of one level are chosen at once, each from its own picture. So every symbol with arguments must say where they
    live, and what an argument may be must not depend on another one.
    """
    family.require_sound()
    vocabulary, name = family.vocabulary, family.name
    hint = "read it token by token: leave out --strategy zoom and --learner zoom"
    if not family.zooms:
        fact = f"{name} says of no symbol where in the picture its arguments live"
        raise FamilyError(fact, "declare zooms: docs/zoom.md")
    if vocabulary.related:
        token, symbol = next(iter(vocabulary.related.items()))
        fact = f"an argument of {token!r} in {name} depends on another one ({symbol}), zooming chooses them at once"
        raise FamilyError(fact, hint)
    if vocabulary.has_orders:
        fact = f"lists of {name} stand in an order, so that an element depends on the one before, zooming chooses both"
        raise FamilyError(f"{fact} at once", hint)
    if family.constraint is not None:
        fact = f"{name} has a constraint of its own, by which a token depends on those before, zooming chooses siblings"
        raise FamilyError(f"{fact} at once", hint)
    for token in vocabulary.tokens:
        symbol = vocabulary.signature[token]
        if vocabulary.arity[vocabulary.ids[token]] and token not in family.zooms:
            if symbol.result == TEXT:
                raise FamilyError(f"{name} writes texts character by character, which have no places", hint)
            fact = f"{token!r} of {name} does not say where in the picture its arguments live"
            raise FamilyError(fact, f'give it a box an argument, box("0 0 1 1") for its whole rectangle, or {hint}')
