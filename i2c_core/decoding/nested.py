"""The constraint of a composition: the model's over the whole, and a material's over each of its programs inside.

A material's constraint begins anew where one of its programs begins, and sees the tokens of that program alone. The
model's sees all tokens, and what it says inside of a foreign program is not asked for. `least` is the model's (or what
types need), with what the open material's program needs put in place of what types say that it needs.

Legend: B sequences, V tokens of the composition, V' of a material, D places that may be open at once. A material's
states have B + 1 rows; the last one is never advanced and is what a program begins with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from i2c_core.composing import Parts
from i2c_core.decoding.family_masks import family_constraint
from i2c_core.errors import SignatureError
from i2c_core.masks.constrained import Closing, Constraint
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary
from i2c_core.vocabulary.shortest import NEVER

NOBODY = -1  # in place of the number of a material


def nested(parts: Parts) -> Callable[[Vocabulary, torch.device], Constraint]:
    """Makes the constraint of a composition, some part of which has one; with `least` where all of these have it."""

    def make(vocabulary: Vocabulary, device: torch.device) -> Constraint:
        found = NestedConstraint(parts, vocabulary, device)
        return found if found.closes else _Open(found)

    return make


@dataclass(frozen=True, eq=False)
class State:
    """B partial programs.

    Attributes:
        stack: (B, D) int64, the types of the places that are open, the next one on top.
        depth: (B,) int64, how many there are.
        owed: (B,) int64, the fewest tokens that types need for them.
        inside: (B,) int64, the material whose program is open, NOBODY outside of all.
        around: (B,) int64, how many of the open places lie outside of that program.
        inner: (B,) int64, the share of `owed` that lies inside of it.
        model: the state of the model's constraint, None where it has none.
        materials: those of the materials' constraints.
    """

    stack: Tensor
    depth: Tensor
    owed: Tensor
    inside: Tensor
    around: Tensor
    inner: Tensor
    model: Any
    materials: tuple[Any, ...]


class Material:
    """The constraint of one material.

    Attributes:
        number: of the material.
        own: (V + 1,) int64, its own ids of the composition's tokens, V' where it has none.
        fewest: the tokens of its shortest program, None where its constraint does not say.
    """

    def __init__(self, number: int, parts: Parts, vocabulary: Vocabulary, device: torch.device) -> None:
        family, names = parts.materials[number], parts.names[number]
        self.number, self.family = number, family
        self.constraint = family_constraint(family, device)
        self.pad = family.vocabulary.size
        ids = family.vocabulary.ids
        self._names = names
        own = [ids.get(names.own(t), self.pad) for t in vocabulary.tokens]
        self.own = torch.tensor([*own, self.pad], device=device)
        self.fewest: int | None = None
        if isinstance(self.constraint, Closing):
            self.fewest = int(self.constraint.least(self.constraint.start(1, family.vocabulary.size))[0])

    def start(self, batch: int, budget: int | Tensor) -> Any:
        if not isinstance(budget, int):
            budget = torch.cat((budget, budget.max()[None])) if batch else 1
        return self.constraint.start(batch + 1, budget)

    def mask(self, state: Any) -> Tensor:
        """(B + 1, V) what is open; the last row tells for the first token of a program."""
        found = self.constraint.mask(state)  # (B + 1, V')
        return torch.cat((found, torch.zeros_like(found[:, :1])), 1)[:, self.own[:-1]]

    def advance(self, state: Any, token: Tensor, begins: Tensor, goes_on: Tensor) -> Any:
        """The state after `token` (B,) of the composition, in rows (B,) where a program begins or goes on."""
        row = torch.arange(len(token) + 1, device=token.device)  # (B + 1,)
        fresh = torch.where(torch.cat((begins, begins.new_zeros(1))), len(token), row)
        own = torch.where(begins | goes_on, self.own[token], self.pad)  # (B,)
        return self.constraint.advance(
            self.constraint.fork(state, fresh), torch.cat((own, own.new_full((1,), self.pad)))
        )

    def fork(self, state: Any, index: Tensor, batch: int) -> Any:
        return self.constraint.fork(state, torch.cat((index, index.new_full((1,), batch))))

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """As `Constraint.legal`, in the names of the composition."""
        return {self._names.token(t) for t in self.constraint.legal([self._names.own(t) for t in tokens])}


class NestedConstraint:
    """See the first lines of the module.

    Attributes:
        closes: whether `least` surely suffices.
    """

    def __init__(self, parts: Parts, vocabulary: Vocabulary, device: torch.device) -> None:
        self._vocabulary, self._device = vocabulary, device
        self._model: Constraint | None = None
        if parts.model.constraint is not None:
            self._model = family_constraint(parts.model, device, vocabulary)
        numbers = [i for i, f in enumerate(parts.materials) if f.constraint is not None]
        self._materials = [Material(i, parts, vocabulary, device) for i in numbers]
        owners = [parts.material_of(t) for t in vocabulary.tokens]
        self._owner = torch.tensor([*(NOBODY if o is None else o for o in owners), NOBODY], device=device)  # (V + 1,)
        self._arity = torch.tensor([*vocabulary.arity.tolist(), 0], device=device)  # (V + 1,)
        self._production = torch.from_numpy(vocabulary.production).to(device, torch.int64)  # (Y, V)
        self._args = torch.from_numpy(vocabulary.prod_args).to(device, torch.int64)  # (P, A)
        least = torch.from_numpy(vocabulary.least).to(device)  # (Y,)
        self._needs = torch.where(self._args >= 0, least[self._args.clamp(min=0)], 0).sum(1)  # (P,) of the arguments
        self._cost = torch.from_numpy(vocabulary.prod_cost).to(device, torch.int64)  # (P,)
        self.closes = self._closes(parts)

    def _closes(self, parts: Parts) -> bool:
        constraints = [*([] if self._model is None else [self._model]), *(m.constraint for m in self._materials)]
        if not all(isinstance(c, Closing) for c in constraints):
            return False
        # Where a material's program is the shortest that fits, types do not know how long its constraint makes it.
        own = _shortest(parts)
        return all(m.fewest is not None and min(own, m.fewest) <= m.family.vocabulary.shortest for m in self._materials)

    def start(self, batch: int, budget: int | Tensor) -> State:
        most = budget if isinstance(budget, int) else int(budget.max()) if batch else 1
        stack = torch.zeros(batch, most + 1, dtype=torch.int64, device=self._device)
        one = torch.ones(batch, dtype=torch.int64, device=self._device)
        return State(
            stack,
            one,
            one * self._vocabulary.shortest,
            one * 0 + NOBODY,
            one * 0,
            one * 0,
            None if self._model is None else self._model.start(batch, budget),
            tuple(m.start(batch, budget) for m in self._materials),
        )

    def mask(self, state: State) -> Tensor:
        batch, tokens = len(state.depth), self._vocabulary.size
        outside = (state.inside == NOBODY)[:, None]  # (B, 1)
        found = torch.ones(batch, tokens, dtype=torch.bool, device=self._device)  # (B, V)
        if self._model is not None:
            found = ~outside | self._model.mask(state.model)
        for material, own in zip(self._materials, state.materials, strict=True):
            open_ = material.mask(own)  # (B + 1, V)
            mine = self._owner[:-1] == material.number  # (V,)
            found &= ~(outside & mine) | open_[-1:]
            found &= (state.inside != material.number)[:, None] | open_[:-1]
        return found

    def advance(self, state: State, token: Tensor) -> State:
        taken = token < self._vocabulary.size  # (B,)
        slots = torch.arange(state.stack.shape[1], device=token.device)  # (D,)
        below = (state.depth - 1).clamp(min=0)  # (B,)
        type_ = state.stack.gather(1, below[:, None]).squeeze(1)
        found = self._production[type_, token.clamp(max=self._vocabulary.size - 1)]  # (B,)
        alive = taken & (found >= 0) & (state.depth > 0)  # a token that types close ends its row elsewhere
        found = found.clamp(min=0)
        depth = torch.where(alive, below + self._arity[token], state.depth)
        stack = state.stack
        for place in range(self._args.shape[1]):
            argument = self._args[found, place]  # (B,)
            here = alive & (argument >= 0)
            at = slots == (depth - 1 - place)[:, None]  # the first argument on top
            stack = torch.where(here[:, None] & at, argument[:, None], stack)
        change = torch.where(alive, self._cost[found] - 1, 0)
        owner = torch.where(alive, self._owner[token], NOBODY)
        begins = (state.inside == NOBODY) & (owner != NOBODY)
        inside = torch.where(begins, owner, state.inside)
        around = torch.where(begins, below, state.around)
        inner = torch.where(begins, self._needs[found], state.inner + change)
        ends = (inside != NOBODY) & (depth == around)
        materials = tuple(
            m.advance(own, token, begins & (owner == m.number), alive & ~begins & (inside == m.number))
            for m, own in zip(self._materials, state.materials, strict=True)
        )
        return State(
            stack,
            depth,
            state.owed + change,
            inside.masked_fill(ends, NOBODY),
            around,
            torch.where(ends | (inside == NOBODY), 0, inner),
            None if self._model is None else self._model.advance(state.model, token),
            materials,
        )

    def fork(self, state: State, index: Tensor) -> State:
        batch = len(state.depth)
        return State(
            state.stack.index_select(0, index),
            state.depth.index_select(0, index),
            state.owed.index_select(0, index),
            state.inside.index_select(0, index),
            state.around.index_select(0, index),
            state.inner.index_select(0, index),
            None if self._model is None else self._model.fork(state.model, index),
            tuple(m.fork(own, index, batch) for m, own in zip(self._materials, state.materials, strict=True)),
        )

    def least(self, state: State) -> Tensor:
        """The model's, where the open program of a material needs what its own constraint says and not its types."""
        found = state.owed
        if self._model is not None:
            assert isinstance(self._model, Closing)
            found = self._model.least(state.model)
        for material, own in zip(self._materials, state.materials, strict=True):
            assert isinstance(material.constraint, Closing)
            needed = material.constraint.least(own)[:-1]
            found = torch.where(state.inside == material.number, found - state.inner + needed, found)
        return found

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """By reading the tokens one by one."""
        known = self._vocabulary.tokens
        number, begun = NOBODY, 0  # the material whose program is open, and where that begins
        left = 0  # places that are open in it
        for position, token in enumerate(tokens):
            id_ = self._vocabulary.ids[token]
            owner = int(self._owner[id_])
            if left == 0 and owner != NOBODY:
                number, begun, left = owner, position, 1
            if left:
                left += int(self._arity[id_]) - 1
        inner = {m.number: m for m in self._materials}
        if left:
            return inner[number].legal(tokens[begun:]) if number in inner else set(known)
        found = set(known) if self._model is None else self._model.legal(tokens)
        for material in self._materials:
            first = material.legal(())
            found = {t for t in found if int(self._owner[self._vocabulary.ids[t]]) != material.number or t in first}
        return found


def _shortest(parts: Parts) -> int:
    """The tokens of the model's own shortest program at the place that materials take; very many where it has none."""
    try:
        return Vocabulary(parts.model.gamma, Type(parts.place)).shortest
    except SignatureError:
        return NEVER


class _Open:
    """The same without `least`, where a part does not say how many tokens close it."""

    def __init__(self, whole: NestedConstraint) -> None:
        self.start, self.mask, self.advance = whole.start, whole.mask, whole.advance
        self.fork, self.legal = whole.fork, whole.legal
