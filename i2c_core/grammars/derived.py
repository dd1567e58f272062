"""What a grammar alone says: rules are types, alternatives are symbols, terminals are literals or free text.

An alternative is named by its alias, else by its first keyword, else by its rule; `x*`, `x+`, `[x]` become lists with
bounds; `?rule` passing on one thing includes its type. What the texts of a terminal are is said in `languages`; one
with free text is the argument of a symbol of its own, `name : (Name) -> Atom`, so that each text has one type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from i2c_core.errors import GrammarError
from i2c_core.grammars.forms import Bound, Form, Meaning
from i2c_core.grammars.languages import Stands, kind_of, living
from i2c_core.grammars.layout import UNKNOWN
from i2c_core.grammars.naming import is_bracketing, is_word, plain_rule
from i2c_core.grammars.refusals import require_ending
from i2c_core.grammars.repeats import Element, Many, Repeats
from i2c_core.grammars.shapes import shapes
from i2c_core.grammars.trees import Alternative, Item, Rules
from i2c_core.grammars.unfolding import is_part
from i2c_core.symbols import Enumeration, Kind, Parameter, Range, Signature, Symbol, Text
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

RESERVED = ("cons", "nil")  # what lists bring along
TAKEN = ("List", "Literal", "Text")  # names that no type of a rule has


class Derived:
    """A grammar's symbols, kinds and inclusions, and what each alternative means by them.

    `forms` are the symbols of each alternative with the ways to write them, `passages` those that only pass a type on;
    `wraps` says which symbol makes a terminal's text something of a wider type.
    """

    def __init__(self, rules: Rules, stands: Callable[[], Stands]) -> None:
        self._kinds: dict[str, Kind | None] = {}
        require_ending(rules)
        self.rules = living(rules, stands)
        self.repeats = Repeats(self.rules, choices=True)
        self.symbols: dict[str, Symbol] = {}
        self.kinds: dict[str, Kind] = {}
        self.includes: dict[str, list[str]] = {}
        self.forms: dict[Alternative, list[tuple[str, Form]]] = {}
        self.passages: set[Alternative] = set()
        self.wraps: dict[tuple[str, str], str] = {}  # (type, terminal) -> symbol
        self.order: list[str] = []
        self._rule = ""
        self._names = [r for r in self.rules.by_rule if not r.startswith("_")]
        self.types = self._name_types()
        self._terminals: dict[str, str] = {}
        self._members = self._all_members()
        for rule in self._names:
            self._derive_rule(rule)
        if not self.symbols and not self.kinds:
            fact = f"{rules.name} has no alternative that is a symbol"
            raise GrammarError(fact, "give alternatives keywords or aliases")

    def signature(self, root: str) -> Signature:
        """The signature; without the start rule's type where that only passes the root type on."""
        start = self.types[self.rules.start]
        unused = start if start != root and self.root() != start and not self._is_used(start) else None
        includes = {name: tuple(parts) for name, parts in self.includes.items() if name != unused}
        return Signature(tuple(self.symbols.values()), dict(self.kinds), includes, tuple(self.order))

    def _is_used(self, name: str) -> bool:
        """Whether a type is an argument of a symbol or a part of another type."""
        arguments = {p.type.element if p.type.is_list else p.type for s in self.symbols.values() for p in s.parameters}
        return Type(name) in arguments or any(name in parts for parts in self.includes.values())

    def root(self) -> str:
        """The start rule's type; where it only passes one type on, that type."""
        name, seen = self.types[self.rules.start], set()
        while name not in seen:
            seen.add(name)
            own = any(s.result.name == name for s in self.symbols.values()) or name in self.kinds
            parts = self.includes.get(name, [])
            if not own and len(parts) == 1:
                name = parts[0]
        return name

    def fits(self, signature: Signature) -> bool:
        """Whether a signature has the symbols and types that are derived here, whatever its kinds list."""
        own = {(s.name, s.parameters, s.result) for s in self.symbols.values()}
        theirs = {(s.name, tuple(Parameter(p.type) for p in s.parameters), s.result) for s in signature.symbols}
        return own == theirs and set(self.kinds) == set(signature.kinds)

    def bind(self, vocabulary: Vocabulary) -> Bound:
        """What the grammar means by the tokens of a vocabulary."""
        meanings: dict[Alternative, Meaning] = {a: Meaning() for a in self.passages}
        for alternative, found in self.forms.items():
            forms: dict[str, list[Form]] = {}
            for name, form in found:
                forms.setdefault(name, []).append(form)
            meanings[alternative] = Meaning(found[0][0], forms)
        for alternative in self._steps_to(vocabulary.root.name):
            meanings[alternative] = Meaning()
        terminals = {name: {Type(type_)} for name, type_ in self._terminals.items()}
        return Bound(self.rules, vocabulary, self.repeats, meanings, self.wraps, terminals, dict(self.types))

    def _steps_to(self, root: str) -> list[Alternative]:
        """The alternatives of the start rule that lead to a root type of another rule."""
        start = self.types[self.rules.start]
        if root in self._included(start):
            return []
        found = [a for a in self.rules.by_rule[self.rules.start] if len(a.kept) == 1 and not a.kept[0].inlined]
        return [a for a in found if not a.kept[0].terminal and root in self._included(self.types[a.kept[0].name])]

    def _included(self, name: str) -> list[str]:
        found = [name]
        for one in found:
            found += [n for n in self.includes.get(one, ()) if n not in found]
        return found

    # -- terminals

    def _kind(self, name: str, rules: Rules) -> Kind | None:
        if name not in self._kinds:
            self._kinds[name] = kind_of(rules, name)
        return self._kinds[name]

    def _all_members(self) -> set[str]:
        """The literals of the grammar's enumerations: no symbol may be called like one."""
        kept = {i.name for a in self.rules.alternatives for i in a.items if i.terminal and i.kept}
        kinds = [self._kind(n, self.rules) for n in kept if self.rules.terminals[n].literal is None]
        return {m for k in kinds if isinstance(k, Enumeration) for m in k.members}

    # -- types

    def _name_types(self) -> dict[str, str]:
        types: dict[str, str] = {}
        taken = set(TAKEN)
        for rule in self._names:
            base = _camel(rule.partition("{")[0])
            name = base
            number = 2
            while name in taken:
                name, number = f"{base}{number}", number + 1
            types[rule] = name
            taken.add(name)
        return types

    def _type(self, item: Item) -> str:
        """The type of what an item holds; a terminal's is made on first use."""
        if not item.terminal:
            return self.types[item.name]
        if item.name not in self._terminals:
            terminal = self.rules.terminals[item.name]
            base = _camel(item.name) if not item.name.startswith("__") else self.types.get(self._rule, "") + "Text"
            name = base
            number = 2
            while name in self.types.values() or name in self.kinds or name in TAKEN:
                name, number = (f"{base}Token", number) if name == base else (f"{base}{number}", number + 1)
            kind = self._kind(item.name, self.rules)
            assert kind is not None, terminal
            self.kinds[name] = kind
            self.order.append(name)
            self._terminals[item.name] = name
        return self._terminals[item.name]

    def _is_text(self, item: Item) -> bool:
        """Whether an item is a terminal with free text."""
        return item.terminal and isinstance(self._kind(item.name, self.rules), Text)

    def _is_mark(self, item: Item) -> bool:
        """Whether an item can be written in one way only, so that it says nothing."""
        if not item.kept or not item.terminal:
            return not item.kept
        if self.rules.terminals[item.name].literal is not None:
            return True
        kind = self._kind(item.name, self.rules)
        if isinstance(kind, Text):
            return kind.dfa.is_finite and len(kind.dfa.words(2)[0]) == 1
        return isinstance(kind, Enumeration | Range) and len(list(islice(kind.literals(), 2))) == 1

    def _type_of(self, element: Element, rule: str) -> str:
        """The type of what an element holds, empty for mere text."""
        if isinstance(element, Many):
            return self._union(element.items, rule)
        return "" if self._is_mark(element) else self._type(element)

    def _union(self, items: Sequence[Item], rule: str) -> str:
        """The type of what a repetition holds; several things become a type that includes theirs."""
        if len(items) == 1:
            return self._type(items[0])
        texts = [i for i in items if self._is_text(i)]
        parts = [self._type(i) for i in items if i not in texts]
        own = {(i.name, self._type(i)) for i in texts}
        for name, known in self.includes.items():
            if (
                known == parts
                and own == {(t, self._terminals[t]) for n, t in self.wraps if n == name}
                and own | set(parts)
            ):
                return name
        name = self.types.get(rule, _camel(rule)) + "Item"
        while name in self.includes or name in self.types.values() or name in self.kinds:
            name += "2"
        self.includes[name] = parts
        for item in texts:
            made = self._declare([self._plain_terminal(item)], (Type(self._type(item)),), name, rule, False)
            self.wraps[name, item.name] = made
        if not parts:
            del self.includes[name]
        return name

    # -- symbols

    def _derive_rule(self, rule: str) -> None:
        type_ = self.types[rule]
        self._rule = rule
        alternatives = self.rules.by_rule[rule]
        groups: dict[object, list[Alternative]] = {}
        for alternative in alternatives:
            inner = self._passed(alternative, len(alternatives) == 1)
            if inner is None:
                leader = self._leader(alternative, alternatives)
                groups.setdefault((leader.place, leader.alias), []).append(alternative)
                continue
            self.passages.add(alternative)
            part = self._type(inner)
            if part != type_ and part not in self.includes.setdefault(type_, []):
                self.includes[type_].append(part)
            if not self.includes[type_]:
                del self.includes[type_]
        for group in groups.values():
            self._derive_group(group, type_, rule, len(groups) == 1)

    def _leader(self, alternative: Alternative, alternatives: Sequence[Alternative]) -> Alternative:
        """Where Lark has multiplied an alternative of a text that is not at hand, the one with all its parts."""
        if alternative.place < UNKNOWN:
            return alternative

        def held(one: Alternative) -> int:
            return sum(not self._is_mark(i) for i in one.items)

        names = [i.name for i in alternative.items]
        longer = [a for a in alternatives if a.alias == alternative.alias and held(a) > held(alternative)]
        fits = [a for a in longer if a.place >= UNKNOWN and is_part(names, [i.name for i in a.items])]
        return max(fits, key=lambda a: len(a.items), default=alternative)

    def _derive_group(self, group: Sequence[Alternative], type_: str, rule: str, only: bool) -> None:
        variants = [(a, v) for a in group for v in self.repeats.variants(a)]
        found = shapes([v for _, v in variants], lambda e: self._type_of(e, rule))
        for shape in found:
            names = self._proposals(variants[shape.variants[0][0]][0], rule, only)
            names = names[::-1] if len(found) > 1 else names
            alias = group[0].alias is not None
            name = self._declare(names, shape.parameters, type_, rule, alias)
            in_list = tuple(p.is_list for p in shape.parameters)
            lists = tuple(i for i, p in enumerate(shape.parameters) if p.is_list)
            for number, places in shape.variants:
                alternative, elements = variants[number]
                form = Form(alternative, elements, places, in_list, lists)
                self.forms.setdefault(alternative, []).append((name, form))

    def _passed(self, alternative: Alternative, only: bool) -> Item | None:
        """What an alternative passes on without being a symbol of its own."""
        kept = alternative.kept
        literals = self.rules.literals(alternative)
        if alternative.alias or len(kept) != 1 or kept[0].inlined or not is_bracketing(literals):
            return None
        item = kept[0]
        if self._is_mark(item) or self._is_text(item):
            return None
        if item.terminal and only and not literals:
            return item  # `coord: INT` is a name for the terminal
        return item if alternative.expands or alternative.rule.find("{") > 0 else None

    def _proposals(self, first: Alternative, rule: str, only: bool) -> list[str]:
        """What a symbol may be called, best first."""
        if first.alias:
            return [first.alias]
        terminals = [self.rules.terminals[i.name] for i in first.items if i.terminal]
        found = [t.literal for t in terminals if t.literal is not None and is_word(t.literal)]
        names = [found[0], "_".join(found)] if found else []
        held = [i for i in first.kept if not self._is_mark(i)]
        if not names and not only and len(held) == 1 and not held[0].name.startswith("_"):
            inner = plain_rule(held[0].name).lower()
            names += [inner] * held[0].terminal + [f"{plain_rule(rule)}_{inner}"]
        return names or [plain_rule(rule)]

    def _plain_terminal(self, item: Item) -> str:
        made_up = item.name.startswith("__")
        return self._type(item).lower() if made_up else plain_rule(item.name).lower().strip("_")

    def _declare(self, names: Sequence[str], parameters: Sequence[Type], type_: str, rule: str, alias: bool) -> str:
        """Make a symbol under the first name that is free, or find the one of an alias that is used again."""
        made = tuple(Parameter(p) for p in parameters)
        known = self.symbols.get(names[0])
        if alias and known is not None and (known.parameters, known.result) == (made, Type(type_)):
            return names[0]
        tries = list(dict.fromkeys([*names, *(f"{plain_rule(rule)}_{n}" for n in names if n != plain_rule(rule))]))
        if known is not None and known.result.name == type_ and len(names) == 1:
            tries = tries[:1]  # several of one rule are numbered
        name = next((n for n in tries if self._is_free(n)), "")
        number = 2
        while not name:
            name = f"{tries[0]}_{number}" if self._is_free(f"{tries[0]}_{number}") else ""
            number += 1
        self.symbols[name] = Symbol(name, made, Type(type_))
        self.order.append(name)
        return name

    def _is_free(self, name: str) -> bool:
        taken = name in self.symbols or name in self.kinds or name in self.types.values()
        return not taken and name not in self._members and name not in RESERVED


def _camel(name: str) -> str:
    parts = [p for p in name.rpartition("__")[2].split("_") if p]
    camel = "".join(p[0].upper() + (p[1:].lower() if p.isupper() else p[1:]) for p in parts)
    return camel if camel[:1].isalpha() else "T" + camel
