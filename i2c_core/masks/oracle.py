"""The slow truth about masks: plain Python from a signature, sharing no code with the tables or with their grounding.

A token is open when some whole program within the budget begins with the prefix and it. Types are grounded here anew,
and the shortest program of each is found by trying until nothing gets shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.symbols import Bins, Enumeration, Range, Signature
from i2c_core.types import Bounds, Type, parse_type

Rules = dict[str, tuple[Type, ...]]  # what each token opens, at one type


def legal_tokens(signature: Signature, root: Type | str, prefix: Sequence[str], budget: int) -> set[str]:
    """The tokens that may follow `prefix`; empty where the program is complete.

    Raises:
        ValueError: the prefix begins no program within the budget.

    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> sorted(legal_tokens(signature, "Image", ["h", "B"], budget=3))
    ['B', 'W']
    """
    return Oracle(signature, root).legal_tokens(prefix, budget)


class Oracle:
    """The truth about one signature and root type, grounded once."""

    def __init__(self, signature: Signature, root: Type | str) -> None:
        self.signature = signature
        self.root = parse_type(root) if isinstance(root, str) else root
        self.rules: dict[Type, Rules] = {}
        waiting = [self.root]
        while waiting:
            wanted = waiting.pop()
            if wanted not in self.rules:
                self.rules[wanted] = self._ground(wanted)
                waiting += [arg for args in self.rules[wanted].values() for arg in args]
        self.shortest = self._shortest()

    def legal_tokens(self, prefix: Sequence[str], budget: int) -> set[str]:
        """As the function of this name."""
        return self._open(self._follow(prefix, budget), budget - len(prefix))

    def is_program(self, names: Sequence[str], budget: int) -> bool:
        """Whether these tokens are one whole program within the budget."""
        try:
            return not self._follow(names, budget)
        except ValueError:
            return False

    def _follow(self, prefix: Sequence[str], budget: int) -> list[Type]:
        pending = [self.root]
        for position, name in enumerate(prefix):
            if name not in self._open(pending, budget - position):
                raise ValueError(f"no program within {budget} tokens begins with {' '.join(prefix[: position + 1])}")
            args = self.rules[pending[0]][name]
            pending = [*args, *pending[1:]]
        return pending

    def _open(self, pending: list[Type], left: int) -> set[str]:
        """The tokens for the first of the types `pending`, in order, with `left` tokens to close them all."""
        if not pending:
            return set()
        after = sum(self.shortest[t] for t in pending[1:])
        first = self.rules[pending[0]]
        return {n for n, args in first.items() if 1 + sum(self.shortest[a] for a in args) + after <= left}

    def _shortest(self) -> dict[Type, float]:
        found = dict.fromkeys(self.rules, float("inf"))
        changed = True
        while changed:
            changed = False
            for type_, rules in self.rules.items():
                best = min((1 + sum(found[a] for a in args) for args in rules.values()), default=float("inf"))
                if best < found[type_]:
                    found[type_] = best
                    changed = True
        return found

    def _ground(self, wanted: Type) -> Rules:
        if wanted.name == "List":
            element, bounds = wanted.args
            assert isinstance(element, Type)
            assert isinstance(bounds, Bounds)
            return _list_rules(element, bounds.low, bounds.high)
        rules: Rules = {}
        for sort in self._stands_for(wanted):
            for name, args in (*self._literals(sort), *self._applications(sort)):
                rules.setdefault(name, args)
        return rules

    def _stands_for(self, wanted: Type) -> list[Type]:
        found = [wanted]
        for sort in found:
            parts = () if sort.args else self.signature.includes.get(sort.name, ())
            found += [Type(p) for p in parts if Type(p) not in found]
        return found

    def _literals(self, sort: Type) -> list[tuple[str, tuple[Type, ...]]]:
        kind = None if sort.args else self.signature.kinds.get(sort.name)
        names: list[str] = []
        if isinstance(kind, Range):
            names = [str(n) for n in range(kind.low, kind.high + 1)]
        elif isinstance(kind, Enumeration):
            names = list(kind.members)
        elif isinstance(kind, Bins):
            names = [f"{sort.name}:{n}" for n in range(kind.count)]
        return [(name, ()) for name in names]

    def _applications(self, sort: Type) -> list[tuple[str, tuple[Type, ...]]]:
        found = []
        for symbol in self.signature.symbols:
            bound = _unify(symbol.result, sort, {})
            if bound is None:
                continue
            choices = [(bound, "")]
            for variable, types in symbol.ranges:
                if variable in bound:
                    choices = [c for c in choices if c[0][variable] in types]
                else:
                    choices = [({**b, variable: t}, f"{n}, {t}" if n else str(t)) for b, n in choices for t in types]
            for binding, chosen in choices:
                name = f"{symbol.name}[{chosen}]" if chosen else symbol.name
                found.append((name, tuple(_fill(p.type, binding) for p in symbol.parameters)))
        return found


def _list_rules(element: Type, low: int, high: int | None) -> Rules:
    rules: Rules = {}
    if high != 0:
        rest = Bounds(low - 1 if low > 0 else 0, high if high is None else high - 1)
        rules["cons"] = (element, Type("List", (element, rest)))
    if low == 0:
        rules["nil"] = ()
    return rules


def _unify(pattern: Type, ground: Type, bound: dict[str, Type]) -> dict[str, Type] | None:
    """The variables of `pattern` that make it `ground`, on top of those in `bound`; None where nothing does."""
    if pattern.name[0].islower() and not pattern.args:
        if bound.get(pattern.name, ground) != ground:
            return None
        return {**bound, pattern.name: ground}
    if (pattern.name, len(pattern.args)) != (ground.name, len(ground.args)):
        return None
    found: dict[str, Type] | None = bound
    for mine, other in zip(pattern.args, ground.args, strict=True):
        if isinstance(mine, Type) and isinstance(other, Type):
            found = _unify(mine, other, found) if found is not None else None
        elif mine != other:
            return None
    return found


def _fill(pattern: Type, bound: dict[str, Type]) -> Type:
    if pattern.name[0].islower() and not pattern.args:
        return bound[pattern.name]
    return Type(pattern.name, tuple(_fill(a, bound) if isinstance(a, Type) else a for a in pattern.args))
