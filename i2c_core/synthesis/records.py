"""What is told of programs that were found: their cost in words, and the commands that they draw as data."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Protocol

from i2c_core.families import Family
from i2c_core.loops import Command
from i2c_core.synthesis.looping import Scene, scene_of
from i2c_core.synthesis.synthesizing import Cost, Synthesized


def number_of(cost: Cost) -> int | float:
    """A cost as a number of JSON: whole where it is whole.

    >>> number_of(Fraction(6)), number_of(Fraction(13, 2))
    (6, 6.5)
    """
    return int(cost) if Fraction(cost).denominator == 1 else float(cost)


def said(cost: Cost) -> str:
    """A cost in words.

    >>> said(Fraction(19, 3)), said(Fraction(1, 3)), said(6)
    ('6 1/3', '1/3', '6')
    """
    whole, rest = divmod(Fraction(cost), 1)
    return f"{whole} {rest}" if whole and rest else str(rest or whole)


class Costed(Protocol):
    """What has a cost and a bound, in thirds."""

    @property
    def cost(self) -> Cost: ...

    @property
    def bound(self) -> Cost: ...


def told_cost(found: Costed) -> str:
    """A cost and what is proved of it: `cost 6 1/3, the shortest`, `cost 9, at least 8 (11.1 % gap)`."""
    if found.cost <= found.bound:
        return f"cost {said(found.cost)}, the shortest"
    gap = float((found.cost - found.bound) / found.cost)
    return f"cost {said(found.cost)}, at least {said(found.bound)} ({100 * gap:.1f} % gap)"


def record(name: str, found: Synthesized) -> dict[str, Any]:
    """What `--json` says of a program; with loops, also what it draws when it is executed."""
    told: dict[str, Any] = {
        "name": name,
        "code": found.code,
        "cost": number_of(found.cost),
        "bound": number_of(found.bound),
        "optimal": found.optimal,
        "seconds": round(found.seconds, 3),
    }
    if found.body is not None:
        assert found.family is not None
        told["commands"] = records_of(scene_of(found.family, found.program))  # executed
    return told


def records_of(scene: Scene) -> list[Any]:
    """The commands of a scene: the family's own JSON of them, or objects with an `op` and its arguments by name."""
    for format_ in scene.family.formats:
        if format_.key is not None:
            listed: list[Any] = json.loads(format_.dumps(scene.family, scene.program))
            return listed
    return [_record(scene.family, command) for command in scene.commands]


def _record(family: Family, command: Command) -> dict[str, Any]:
    names = [parameter.name for parameter in family.gamma[command.symbol].parameters]
    return {"op": command.symbol} | dict(zip(names, command.args, strict=True))


__all__ = ["number_of", "record", "records_of", "said", "told_cost"]
