"""Which argument each element of an alternative is: terminals write literals, rules what their types include."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from i2c_core.grammars.calls import QUOTED
from i2c_core.grammars.forms import Bound
from i2c_core.grammars.naming import key
from i2c_core.grammars.repeats import Element, Many
from i2c_core.grammars.trees import Item
from i2c_core.symbols import Bins, Text, character
from i2c_core.vocabulary import Production

FEW = 8  # texts of a type of free text that are tried


@dataclass
class Assigning(Bound):
    """A grammar on its way to be bound.

    `keys` are the types without indices, `made` the productions by key and symbol, one for each token and list of
    argument keys; `has_literals` says of each key whether a terminal may write it.
    """

    keys: list[str] = field(default_factory=list)
    made: dict[str, dict[str, list[Production]]] = field(default_factory=dict)
    full: dict[str, dict[str, list[Production]]] = field(default_factory=dict)  # `eq[Coord]`, with its type
    has_literals: dict[str, bool] = field(default_factory=dict)
    _written: dict[tuple[str, str], bool] = field(default_factory=dict)

    def _collect(self) -> None:
        """Find the keys and what is made of each."""
        vocabulary = self.vocabulary
        self.keys = [key(t) for t in vocabulary.types]
        self.has_literals = dict.fromkeys(self.keys, False)
        generic = {s.name for s in vocabulary.signature.symbols if s.ranges}
        for production in vocabulary.productions:
            if vocabulary.production[production.type, vocabulary.ids[production.token]] < 0:
                continue
            of_key = self.made.setdefault(self.keys[production.type], {})
            name = production.token.partition("[")[0]  # `eq` of `eq[Coord]`
            name = name if name in generic else production.token
            known = of_key.setdefault(name, [])
            if all((q.token, self._args(q)) != (production.token, self._args(production)) for q in known):
                known.append(production)
            if name != production.token:  # a grammar may name one of its types
                self.full.setdefault(self.keys[production.type], {}).setdefault(production.token, []).append(production)
            self.has_literals[self.keys[production.type]] |= is_literal(production)

    def _args(self, production: Production) -> tuple[str, ...]:
        return tuple(self.keys[a] for a in production.args)

    def related(self, one: str, other: str) -> bool:
        """Whether one of two types includes the other."""
        includes = self.vocabulary.signature.includes
        if one == other:
            return True
        return any(b in closure(includes, a) for a, b in ((one, other), (other, one)))

    def _accepts(self, item: Item, wanted: str) -> bool:
        if item.terminal:
            return self.has_literals.get(wanted, False)
        return self.related(self.sorts[item.name], wanted)

    def _fits(self, elements: Sequence[Element], production: Production) -> bool:
        """Whether elements belong to a production's arguments and their terminals can write these."""
        args = self._args(production)
        places = self._assign(elements, args) or ()
        pairs = [(e, args[p]) for e, p in zip(elements, places, strict=False) if p >= 0]
        items = [(i, arg) for e, arg in pairs for i in (e.items if isinstance(e, Many) else (e,)) if i.terminal]
        writes = all(self._writes(i.name, arg[5:-1] if arg.startswith("List[") else arg) for i, arg in items)
        return writes and (bool(places) or not elements)

    def _writes(self, terminal: str, wanted: str) -> bool:
        """Whether a terminal matches any literal of a type."""
        if (terminal, wanted) not in self._written:
            known = self.made.get(wanted, {})
            signature = self.vocabulary.signature
            names = [n for n, found in known.items() if any(not p.args for p in found)]
            kinds = [signature.kinds.get(t) for t in closure(signature.includes, wanted)]
            names += [repr(k.low) for k in kinds if isinstance(k, Bins)]
            names += [w for k in kinds if isinstance(k, Text) for w in k.dfa.words(FEW)[0]]
            found = self.rules.terminals[terminal]
            quoted = terminal == QUOTED and any(isinstance(k, Text) for k in kinds)
            self._written[terminal, wanted] = quoted or any(map(found.takes, names))
        return self._written[terminal, wanted]

    def _assign(self, elements: Sequence[Element], args: Sequence[str]) -> tuple[int, ...] | None:
        """For each element the argument that it belongs to, -1 for mere text; None where they do not fit.

        Every argument takes one element, lists take any number that hold their element type. Depth-first, over
        alternatives of a few elements; the first fit in the order of the text wins.
        """
        kept = [i for i, e in enumerate(elements) if isinstance(e, Many) or e.kept]
        pending: list[tuple[tuple[int, ...], int]] = [((), 0)]  # arguments so far, the argument that is next
        tried: set[tuple[int, int, int]] = set()
        while pending:
            chosen, following = pending.pop()
            if len(chosen) == len(kept):
                if all(a.startswith("List[") for a in args[following:]):
                    places = [-1] * len(elements)
                    for position, place in zip(kept, chosen, strict=True):
                        places[position] = place
                    return tuple(places)
                continue
            state = len(chosen), following, chosen[-1] if chosen else -1
            if state in tried:
                continue
            tried.add(state)
            previous = elements[kept[len(chosen) - 1]] if chosen else None
            element = elements[kept[len(chosen)]]
            pending += reversed(self._steps(element, previous, chosen, following, args))
        return None

    def _steps(
        self, element: Element, previous: Element | None, chosen: tuple[int, ...], following: int, args: Sequence[str]
    ) -> list[tuple[tuple[int, ...], int]]:
        items = element.items if isinstance(element, Many) else (element,)
        steps: list[tuple[tuple[int, ...], int]] = []

        def holds(wanted: str) -> bool:
            return wanted.startswith("List[") and all(self._accepts(i, wanted[5:-1]) for i in items)

        last = chosen[-1] if chosen else -1
        whole = isinstance(previous, Item) and previous.name in self.sorts and self.sorts[previous.name] == args[last]
        if last >= 0 and not whole and holds(args[last]):
            steps.append(((*chosen, last), following))
        place = following
        while place < len(args):
            alone = isinstance(element, Item) and self._accepts(element, args[place])
            if alone or holds(args[place]):
                steps.append(((*chosen, place), place + 1))
            if not args[place].startswith("List["):
                break
            place += 1  # a list may be empty
        return steps


def is_literal(production: Production) -> bool:
    """Whether a terminal may write a production: a literal, a symbol by itself, a text by its first character."""
    return not production.args or character(production.token) is not None


def closure(includes: Mapping[str, Sequence[str]], name: str) -> list[str]:
    found = [name]
    for one in found:
        found += [n for n in includes.get(one, ()) if n not in found]
    return found
