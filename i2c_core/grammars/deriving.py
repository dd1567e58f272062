"""A signature from nothing but a grammar: rules are types, alternatives are symbols, terminals are literals.

An alternative is named by its alias, else by its first keyword, else by its rule; `x*`, `x+`, `[x]` become lists with
bounds; `?rule` passing on one thing includes its type. A terminal that matches up to 256 strings is an enumeration (or
a range of integers); one that matches every integer is `0..99`, one that matches fractions only `0.0..1.0`, any other
stands for its few shortest strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from i2c_core.errors import GrammarError, suggest
from i2c_core.grammars.lark_bridge import compile_grammar
from i2c_core.grammars.naming import is_bracketing, is_word
from i2c_core.grammars.regexes import whole, words
from i2c_core.grammars.repeats import Element, Many, Repeats
from i2c_core.grammars.trees import Alternative, Item, Rules, Terminal
from i2c_core.symbols import Bins, Enumeration, Kind, Parameter, Range, Signature, Symbol
from i2c_core.types import Type, list_of

INTEGERS = Range(0, 99)  # what a terminal that matches every integer becomes
FRACTIONS = Bins(0.0, 1.0, 20)  # what a terminal for fractions becomes
SHORTEST = 4  # strings of a terminal without end that become an enumeration


def derive_signature(text: str, root: str) -> Signature:
    """The signature of a grammar, `root` one of its types. Raises `GrammarError` naming the rule and the reason."""
    deriving = _Deriving(compile_grammar(text, root=root).rules)
    signature = deriving.signature(root)
    types = {s.result.name for s in signature.symbols} | set(signature.kinds) | set(signature.includes)
    if root not in types:
        fact = f"{deriving.rules.name}: no rule makes the root type {root!r}"
        raise GrammarError(fact, suggest(root, types, f"its types are {', '.join(sorted(types)[:8])}"))
    return signature


def derive(text: str, start: str = "start") -> tuple[Signature, str]:
    """The signature of a grammar and its root type: that of the start rule, or what the start rule only passes on."""
    deriving = _Deriving(compile_grammar(text, start=start).rules)
    return deriving.signature(deriving.root()), deriving.root()


Run = tuple[str, int, int | None]  # a type, and at least and at most how many of it
Column = tuple[str, tuple[int, ...], bool]  # a type, how many of it, and whether any more than the last


@dataclass
class _Group:
    """The alternatives that say one thing: one place of a rule, or one alias."""

    name: str
    numbered: bool
    shapes: list[tuple[Run, ...]] = field(default_factory=list)


class _Deriving:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._repeats = Repeats(rules)
        self._symbols: dict[str, Symbol] = {}
        self._kinds: dict[str, Kind] = {}
        self._includes: dict[str, list[str]] = {}
        self._order: list[str] = []
        self._names = [r for r in rules.by_rule if not r.startswith("_")]
        self._types = self._name_types()
        self._terminals: dict[str, str] = {}
        for rule in self._names:
            self._derive_rule(rule)
        self._clean()

    def signature(self, root: str) -> Signature:
        """The signature; without the start rule's type where that only passes the root type on."""
        start = self._types[self.rules.start]
        unused = start if start != root and self.root() != start else None
        includes = {name: tuple(parts) for name, parts in self._includes.items() if name != unused}
        return Signature(tuple(self._symbols.values()), self._kinds, includes, tuple(self._order))

    def root(self) -> str:
        """The start rule's type; where it only passes one type on, that type."""
        name, seen = self._types[self.rules.start], set()
        while name not in seen:
            seen.add(name)
            own = any(s.result.name == name for s in self._symbols.values()) or name in self._kinds
            parts = self._includes.get(name, [])
            if not own and len(parts) == 1:
                name = parts[0]
        return name

    # -- types

    def _name_types(self) -> dict[str, str]:
        types: dict[str, str] = {}
        for rule in self._names:
            name = _camel(rule.partition("{")[0])
            number = 2
            while name in types.values() or name in ("List", "Literal"):
                name, number = f"{_camel(rule.partition('{')[0])}{number}", number + 1
            types[rule] = name
        return types

    def _type(self, item: Item) -> str:
        """The type of what an item holds; a terminal's is made on first use."""
        if not item.terminal:
            return self._types[item.name]
        if item.name not in self._terminals:
            terminal = self.rules.terminals[item.name]
            name = _camel(item.name) if not item.name.startswith("__") else "Word"
            while name in self._types.values() or name in self._kinds or name in ("List", "Literal"):
                name += "Token"
            self._kinds[name] = self._kind(terminal)
            self._order.append(name)
            self._terminals[item.name] = name
        return self._terminals[item.name]

    def _kind(self, terminal: Terminal) -> Kind:
        """What a terminal's strings are, see the head of this module."""
        if terminal.literal is not None:
            return Enumeration((terminal.literal,))
        found, complete = words(terminal.regex, terminal.flags)
        others = [t for t in self.rules.terminals.values() if t != terminal and not t.ignored]
        taken = [t for t in others if t.literal is not None or words(t.regex, t.flags)[1]]
        found = tuple(w for w in found if not any(whole(t.compiled, w) for t in taken))
        matches = terminal.compiled.fullmatch
        if complete and found:
            numbers = sorted(int(w) for w in found if w.isascii() and w.isdigit() and str(int(w)) == w)
            if len(numbers) == len(found) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                return Range(numbers[0], numbers[-1])
            return Enumeration(found)
        if all(matches(str(n)) for n in (1, 7, 10, 99)):
            return INTEGERS if matches("0") else Range(1, INTEGERS.high)
        if (
            all(matches(repr(FRACTIONS.centre(i))) for i in range(FRACTIONS.count))
            and matches("0.0")
            and matches("1.0")
        ):
            return FRACTIONS
        if not found:
            fact = f"{self.rules.name}: no string is found that terminal {terminal.shown} matches"
            raise GrammarError(fact, "write it as a simpler regular expression, or declare a signature")
        visible = [w for w in found if w and w.isprintable()] or list(found)
        return Enumeration(tuple(visible[:SHORTEST]))

    def _union(self, many: Many, rule: str) -> str:
        """The type of what a repetition holds; several become a type that includes them."""
        parts = [self._type(i) for i in many.items]
        if len(parts) == 1:
            return parts[0]
        for name, known in self._includes.items():
            if known == parts:
                return name
        name = self._types.get(rule, _camel(rule)) + "Item"
        while name in self._includes or name in self._types.values() or name in self._kinds:
            name += "2"
        self._includes[name] = parts
        return name

    # -- symbols

    def _derive_rule(self, rule: str) -> None:
        type_ = self._types[rule]
        alternatives = self.rules.by_rule[rule]
        groups: dict[tuple[int, str], _Group] = {}
        for alternative in alternatives:
            literals = self.rules.literals(alternative)
            inner = self._passed(alternative, literals, len(alternatives) == 1)
            if inner is not None:
                part = self._type(inner)
                if part != type_ and part not in self._includes.setdefault(type_, []):
                    self._includes[type_].append(part)
                continue
            keyword = alternative.alias or next((w for w in literals if is_word(w)), None)
            place = (-1, alternative.alias) if alternative.alias else (alternative.place, keyword or "")
            group = groups.setdefault(place, _Group(keyword or plain_rule(rule), keyword is None))
            for variant in self._repeats.variants(alternative):
                shape = self._shape(variant, rule)
                if shape not in group.shapes:
                    group.shapes.append(shape)
        for group in groups.values():
            for parameters in _merge(group.shapes):
                self._declare(group.name, parameters, type_, rule)

    def _passed(self, alternative: Alternative, literals: Sequence[str], only: bool) -> Item | None:
        """What an alternative passes on without being a symbol of its own."""
        kept = alternative.kept
        if alternative.alias or len(kept) != 1 or kept[0].inlined or not is_bracketing(literals):
            return None
        if kept[0].terminal and only and not literals:
            return kept[0]  # `coord: INT` is a name for the terminal
        return kept[0] if alternative.expands or alternative.rule.find("{") > 0 else None

    def _shape(self, elements: Sequence[Element], rule: str) -> tuple[Run, ...]:
        runs: list[Run] = []
        for element in elements:
            if isinstance(element, Many):
                run: Run = (self._union(element, rule), element.low, element.high)
            elif element.kept:
                run = (self._type(element), 1, 1)
            else:
                continue
            if runs and runs[-1][0] == run[0]:
                name, low, high = runs[-1]
                run = (name, low + run[1], None if high is None or run[2] is None else high + run[2])
                runs.pop()
            runs.append(run)
        return tuple(runs)

    def _declare(self, name: str, parameters: Sequence[Type], type_: str, rule: str) -> None:
        wanted = Symbol(name, tuple(Parameter(p) for p in parameters), Type(type_))
        base = name
        if name in self._symbols and self._symbols[name].result.name != type_:
            base = name = f"{plain_rule(rule)}_{name}"
        number = 1
        while name in self._symbols or name in self._types.values():
            known = self._symbols.get(name)
            if (
                known
                and (known.parameters, known.result) == (wanted.parameters, wanted.result)
                and name != plain_rule(rule)
            ):
                return  # two ways to write one symbol
            number += 1
            name = f"{base}_{number}"
        self._symbols[name] = Symbol(name, wanted.parameters, wanted.result)
        self._order.append(name)

    def _clean(self) -> None:
        """Literals and symbols share one name space: members that a symbol is called by are dropped."""
        for sort, kind in list(self._kinds.items()):
            if isinstance(kind, Enumeration):
                left = tuple(m for m in kind.members if m not in self._symbols)
                if not left:
                    fact = (
                        f"{self.rules.name}: every string of {sort} is the name of a symbol: {', '.join(kind.members)}"
                    )
                    raise GrammarError(fact, "name the symbols with '-> alias'")
                self._kinds[sort] = Enumeration(left)
        if not self._symbols:
            raise GrammarError(
                f"{self.rules.name} has no alternative that is a symbol", "give alternatives keywords or aliases"
            )


def plain_rule(rule: str) -> str:
    return rule.partition("{")[0].rpartition("__")[2]


def _camel(name: str) -> str:
    parts = [p for p in name.rpartition("__")[2].split("_") if p]
    camel = "".join(p[0].upper() + (p[1:].lower() if p.isupper() else p[1:]) for p in parts)
    return camel if camel[:1].isalpha() else "T" + camel


def _merge(shapes: Sequence[tuple[Run, ...]]) -> Iterator[list[Type]]:
    """The parameters that say several shapes at once (`x*` compiles into two), else one list each."""
    columns = _columns(shapes)
    for part in [columns] if columns is not None else [_columns([s]) or [] for s in shapes]:
        parameters: list[Type] = []
        for name, counts, more in part:
            if not more and len(counts) == 1:
                parameters += [Type(name)] * counts[0]
            else:
                parameters.append(list_of(Type(name), counts[0], None if more else counts[-1]))
        yield parameters


def _columns(shapes: Sequence[tuple[Run, ...]]) -> list[Column] | None:
    """Shapes as independent columns, each with the counts that it may have; None where columns depend on each other."""
    longest = max(shapes, key=len)
    most = 2 + max((max(low, high or 0) for s in shapes for _, low, high in s), default=0)
    rows: set[tuple[int, ...]] = set()
    for shape in shapes:
        choices: list[range] = []
        rest = list(shape)
        for name, _, _ in longest:
            if rest and rest[0][0] == name:
                _, low, high = rest.pop(0)
                choices.append(range(low, (most if high is None else high) + 1))
            else:
                choices.append(range(1))
        if rest:
            return None
        if len(shapes) == 1:
            return [(r[0], (r[1],) if r[1] == r[2] else (r[1], r[2] or most), r[2] is None) for r in longest]
        rows.update(product(*choices))
        if len(rows) > 100_000:
            return None
    found: list[Column] = []
    for place, (name, _, _) in enumerate(longest):
        counts = tuple(sorted({row[place] for row in rows}))
        if counts != tuple(range(counts[0], counts[-1] + 1)):
            return None
        found.append((name, counts, counts[-1] == most))
    total = 1
    for _, counts, _ in found:
        total *= len(counts)
    return found if total == len(rows) else None
