"""Programs from statements on their paths: headers that are the same stand once, and all in a tidy order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, Statement, When
from i2c_core.rerolling.contexts import WHEN, Condition, Header, Leaf, Path
from i2c_core.rerolling.points import Points
from i2c_core.rerolling.tidying import in_order, tidied


@dataclass
class _Block:
    """What stands between two brackets."""

    inner: dict[Header, _Block] = field(default_factory=dict)
    draws: list[Draw] = field(default_factory=list)


def body_of(points: Points, statements: Iterable[tuple[Path, Leaf]]) -> Body:
    """The program of some statements."""
    root = _Block()
    for path, leaf in statements:
        block = root
        for header in (*path, WHEN) if leaf.within else path:
            block = block.inner.setdefault(header, _Block())
        block.draws.append(_draw(points, leaf))
    return tidied(_written(root))


def _written(block: _Block) -> Body:
    whole: list[Statement] = [*block.draws]
    for header, inner in block.inner.items():
        body = _written(inner)
        match header:
            case Linear():
                whole.append(Loop(header, body))
            case Condition():
                whole.append(When(body))
            case _:
                whole.append(Reflect(header.axis, header.at, body))
    return in_order(whole)


def _draw(points: Points, leaf: Leaf) -> Draw:
    """A statement: its corner's numbers, moved back to where all variables are 0, and what each round adds."""
    point = points.points[leaf.corner]
    numbers: list[Linear] = []
    for k, number in enumerate(point.vector):
        found = Linear(number)
        for variable, (step, at) in enumerate(zip(leaf.steps, leaf.at, strict=True)):
            if step is not None and step[k]:
                found = Linear(number - step[k] * at, step[k], variable)
        numbers.append(found)
    return points.kinds[point.kind].draw(numbers)


__all__: Sequence[str] = ["body_of"]
