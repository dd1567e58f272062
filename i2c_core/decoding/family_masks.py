"""The mask of a family: its types' automaton with its rules, and beside it its own constraint where it has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from i2c_core.automata.following import Position
from i2c_core.errors import FamilyError, ProgramError
from i2c_core.families import Family
from i2c_core.masks import IrreducibleMask, Oracle, PushdownMask, RewritingOracle, Tables
from i2c_core.masks.constrained import METHODS, ConstrainedMask, ConstrainedOracle, Constraint
from i2c_core.references import resolve
from i2c_core.vocabulary import Vocabulary


def family_mask(family: Family, device: torch.device | str = "cpu") -> PushdownMask | ConstrainedMask | IrreducibleMask:
    """Which tokens may come next in a family's programs, on a device.

    Raises:
        FamilyError: the family's constraint lacks a method, or stands beside rewrite rules.
    """
    if family.rewriting is not None:
        if family.constraint is not None:
            fact = f"{family.name} has a constraint and rewrite rules, and no mask knows what both need together"
            raise FamilyError(fact, "leave out the rules, or write them into the constraint")
        return IrreducibleMask(family.rewriting, device)
    mask = PushdownMask(Tables.from_vocabulary(family.vocabulary).to(device))
    if family.constraint is None:
        return mask
    return ConstrainedMask(mask, family_constraint(family, device))


def family_oracle(family: Family) -> Oracle | ConstrainedOracle | RewritingOracle:
    """The slow truth about a family's mask."""
    oracle = Oracle(family.gamma, family.root_type)
    if family.rewriting is not None:
        return RewritingOracle(oracle, [(str(r.left), r.left.variables()) for r in family.rewriting.rules])
    return oracle if family.constraint is None else ConstrainedOracle(oracle, family_constraint(family))


def narrowed(family: Family, position: Position) -> Position:
    """A position behind a prefix with what the family's own constraint, or its rules, close closed too.

    Raises:
        ProgramError: the constraint or the rules close a token of the prefix.
    """
    mask: Any = family_mask(family)
    what = "constraint" if family.rewriting is None else "rules"
    state = mask.start(1, position.budget)
    for number, name in enumerate(position.prefix, 1):
        token = torch.tensor(family.vocabulary.names_to_ids([name]), device=mask.device)
        if not mask.legal(state)[0, token[0]]:
            fact = f"token {number}, {name!r}, is closed by the {what} of {family.name}"
            raise ProgramError(fact, f"open here: {', '.join(_names(family, mask.legal(state)[0])) or 'nothing'}")
        state = mask.advance(state, token)
    return position.narrowed(set(_names(family, mask.legal(state)[0])), f"by the {what} of {family.name}")


def _names(family: Family, legal: Tensor) -> list[str]:
    return [family.vocabulary.tokens[i] for i in legal.nonzero().flatten().tolist()]


def family_constraint(
    family: Family, device: torch.device | str = "cpu", vocabulary: Vocabulary | None = None
) -> Constraint:
    """The constraint of a family that has one, over its own tokens or those of a composition whose model it is."""
    assert family.constraint is not None
    make: Callable[..., Constraint] = resolve(family.constraint, f"family {family.name}")
    made = make(vocabulary or family.vocabulary, torch.device(device))
    missing = [name for name in METHODS if not callable(getattr(made, name, None))]
    if missing:
        fact = f"the constraint of {family.name} has no {' and no '.join(missing)}"
        raise FamilyError(fact, f"give it the methods {', '.join(METHODS)}")
    return made
