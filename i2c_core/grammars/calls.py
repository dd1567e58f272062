"""A readable Lark grammar in call notation, `h(v(W, B), B)`, from nothing but a signature.

Each type is a rule, each symbol an alternative that begins with its name; lists are `[a, b]`, literals are themselves,
free text is a JSON string. Types that differ in their indices only share a rule; what that loosens is type-checked
after the parse. A symbol of several types whose texts could be the same says its type: `eq[Coord](1, 2)`.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from itertools import combinations, combinations_with_replacement

from i2c_core.errors import GrammarError
from i2c_core.grammars.naming import key, plain
from i2c_core.grammars.sources import GrammarText
from i2c_core.symbols import TEXT, Bins, Range
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

QUOTED = "QUOTED_TEXT"  # a terminal of this name writes free text as a JSON string
QUOTED_RULE = rf'{QUOTED}: /"([^"\\]|\\.)*"/'
NUMBER = r"NUMBER: /-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/"


def derive_grammar(vocabulary: Vocabulary) -> GrammarText:
    """The grammar in call notation of the programs of a vocabulary's root type."""
    table = _Table(vocabulary)
    rules = {rule: table.alternatives(type_key) for type_key, rule in table.rules.items()}
    text = "// Call notation, derived from the signature.\n\n"
    text += "" if "start" in rules else f"?start: {table.place(table.keys[0])}\n\n"
    for rule, alternatives in rules.items():
        mark = "?" if any(a in ("NUMBER", QUOTED) or a in rules for a in alternatives) else ""
        text += f"{mark}{rule}: " + ("\n" + " " * len(mark + rule) + "| ").join(alternatives) + "\n\n"
    text += f"{NUMBER}\n" if table.has_numbers else ""
    text += f"{QUOTED_RULE}\n" if table.has_texts else ""
    return GrammarText(text + "%ignore /[ \\t\\n\\r]+/\n", "derived grammar")


class _Table:
    """The types of a vocabulary as rules; types that include each other share one. `rules`: type keys to rule names."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._signature = vocabulary.signature
        self.keys = [key(t) for t in vocabulary.types]
        kinds = self._signature.kinds
        self._generic = {s.name for s in self._signature.symbols if s.ranges}
        self._found: dict[str, dict[str, tuple[str, ...]]] = {}
        for production in vocabulary.productions:
            if vocabulary.production[production.type, vocabulary.ids[production.token]] >= 0:
                args = tuple(self.keys[a] for a in production.args)
                token = QUOTED if self._signature[production.token].result == TEXT else production.token
                self._found.setdefault(self.keys[production.type], {})[token] = () if token == QUOTED else args
        # Numbers are a terminal; where symbols make the type too (`if` of numbers), it is a rule.
        numeric = [k for k in self._found if isinstance(kinds.get(k), Range | Bins)]
        self._numbers = {k for k in numeric if all(map(self._is_number, self._found[k]))}
        self._texts = {k for k, found in self._found.items() if set(found) == {QUOTED}}
        self.has_texts = any(QUOTED in found for found in self._found.values())
        self.has_numbers = any(any(map(self._is_number, found)) for found in self._found.values())
        self._same: dict[str, str] = {}
        for type_key in dict.fromkeys(self.keys):
            alike = (k for k in self._same.values() if self._includes(k, type_key) and self._includes(type_key, k))
            self._same[type_key] = next(alike, type_key)
        made = [k for k in dict.fromkeys(self._same.values()) if k in self._found or k.startswith("List[")]
        own = [k for k in made if k not in self._numbers | self._texts]
        self.rules = _rule_names(own, self.keys[0])

    @cached_property
    def _alike(self) -> set[frozenset[str]]:
        """Pairs of types, or single types, that a text may be of both: numbers, or a symbol with such arguments."""
        keys = [k for k in self._found if self._found[k]]
        found: set[frozenset[str]] = set()
        while True:
            pairs = [p for a, b in combinations_with_replacement(keys, 2) if (p := frozenset((a, b))) not in found]
            fresh = {p for p in pairs if self._shares(min(p), max(p), found)}
            if not fresh:
                return found
            found |= fresh

    def _shares(self, one: str, other: str, alike: set[frozenset[str]]) -> bool:
        """Whether two types have a text in common, of whose arguments that is known."""
        kinds = [self._signature.kinds.get(t) for t in (one, other)]
        if one in self._numbers and other in self._numbers:
            low, high = (max(k.low for k in kinds), min(k.high for k in kinds))  # type: ignore[union-attr]
            return bool(low <= high)
        theirs: dict[str, list[tuple[str, ...]]] = {}
        for token, args in self._found[other].items():
            theirs.setdefault(self._bare(token), []).append(args)
        return any(
            len(args) == len(others) and all(self._may_be_both(a, b, alike) for a, b in zip(args, others, strict=True))
            for token, args in self._found[one].items()
            for others in theirs.get(self._bare(token), ())
        )

    @staticmethod
    def _may_be_both(one: str, other: str, alike: set[frozenset[str]]) -> bool:
        lists = one.startswith("List["), other.startswith("List[")
        return all(lists) or (not any(lists) and frozenset((one, other)) in alike)

    @cached_property
    def _full(self) -> set[str]:
        """The symbols of several types that say theirs: those of one result whose arguments a text may be of two."""
        found: set[str] = set()
        for made in self._found.values() if self._generic else ():
            variants: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
            for token, args in made.items():
                if "[" in token and token.partition("[")[0] in self._generic:
                    variants.setdefault(token.partition("[")[0], []).append((token, args))
            for name, those in variants.items():
                if any(
                    all(self._may_be_both(a, b, self._alike) for a, b in zip(one[1], other[1], strict=True))
                    for one, other in combinations(those, 2)
                ):
                    found.add(name)
        return found

    def _includes(self, one: str, other: str) -> bool:
        return one == other or other in self._signature.included(Type(one))

    def place(self, type_key: str) -> str:
        """How an argument of a type is written."""
        if type_key in self._texts:
            return QUOTED
        return "NUMBER" if type_key in self._numbers else self.rules[self._same[type_key]]

    def _openings(self, type_key: str) -> set[str]:
        """What a text of a type may begin with."""
        return {self._opening(t) for t in self._found.get(type_key, ())}

    def _opening(self, token: str) -> str:
        """What a text begins with that begins with a token."""
        return "NUMBER" if self._is_number(token) else QUOTED if token == QUOTED else self._name(token)

    def alternatives(self, type_key: str) -> list[str]:
        """The alternatives of a type's rule; each text is read in one way only."""
        if type_key.startswith("List["):
            if type_key[5:-1] not in self._found:
                return ['"[" "]"']  # nothing is of the elements' type
            element = self.place(type_key[5:-1])
            return [f'"[" [{element} ("," {element})*] "]"']
        found: dict[str, None] = {}
        passed: dict[str, None] = {}
        covered: set[str] = set()
        for part in self._signature.included(Type(type_key))[1:]:
            known = part in self.rules and self._same.get(part) == part != type_key
            own = self._found.get(type_key, {})
            known = known and all(own.get(t) == args for t, args in self._found.get(part, {}).items())
            if known and not covered & self._openings(part):
                covered |= self._openings(part)
                passed[self.place(part)] = None
        for token, args in self._found.get(type_key, {}).items():
            name = self._opening(token)
            if name in covered:
                continue
            inner = ' "," '.join(map(self.place, args))
            if name != QUOTED and any(c.isspace() or c == '"' for c in name):
                name = json.dumps(name, ensure_ascii=False)  # in quotes, so that it is not taken for a gap
            shown = name if name in ("NUMBER", QUOTED) else json.dumps(name, ensure_ascii=False)
            found[f'{shown} "(" {inner} ")"' if args else shown] = None
        return [*found, *passed]

    def _name(self, token: str) -> str:
        name = token.partition("[")[0]
        return name if name in self._generic and name not in self._full else token

    def _bare(self, token: str) -> str:
        """What a text begins with, symbols without their types."""
        name = token.partition("[")[0]
        return "NUMBER" if self._is_number(token) else name if name in self._generic else token

    def _is_number(self, token: str) -> bool:
        if token == QUOTED:
            return False
        symbol = self._signature[token]
        if symbol.parameters or symbol in self._signature.symbols:
            return False
        return isinstance(self._signature.kind(symbol.result), Bins) or re.fullmatch(r"-?\d+", token) is not None


def _rule_names(keys: list[str], root: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for type_key in keys:
        name = _snake(type_key)
        name += "_" * (name == "start" and type_key != root)
        other = next((k for k, n in names.items() if plain(n) == plain(name)), None)
        if other is not None and "List[" in type_key + other:  # a list has other names
            own = type_key if type_key.startswith("List[") else other
            element = _snake(own[5:-1])
            free = next(
                (n for n in (f"list_{element}", f"{element}s") if plain(n) not in map(plain, names.values())), None
            )
            if free is not None:
                names |= {type_key: name, own: free}
                continue
        if other is not None:
            fact = f"types {other} and {type_key} share the rule name {name!r}"
            raise GrammarError(fact, "rename one of them, or write a grammar")
        names[type_key] = name
    return names


def _snake(type_key: str) -> str:
    if type_key.startswith("List["):
        return _snake(type_key[5:-1]) + "_list"
    if "." in type_key:
        return "_".join(map(_snake, type_key.split(".")))
    shown = "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(type_key))
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in shown).lstrip("_") or "type"
