"""A grammar bound to a signature: which rule is which type, which alternative which symbol, and where they contradict.

A rule is the type of its name (case and underscores aside); a rule without such a type, through which a typed rule
passes (`?expr: term`), is another level of that type. An alternative is a symbol (see `naming.proposals`), a list's
elements, or a *passage*: something of the rule's own type, with or without brackets.
"""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.errors import GrammarError, suggest
from i2c_core.grammars.assigning import Assigning, closure, is_literal
from i2c_core.grammars.forms import Form, Meaning
from i2c_core.grammars.naming import is_bracketing, key, plain, proposals, rule_names
from i2c_core.grammars.repeats import Element, Many, Repeats
from i2c_core.grammars.trees import Alternative, Item, Rules
from i2c_core.types import Type
from i2c_core.vocabulary import Production, Vocabulary


class Binding(Assigning):
    """The meaning of every alternative; raises `GrammarError` where grammar and signature contradict."""

    def __init__(self, rules: Rules, vocabulary: Vocabulary) -> None:
        super().__init__(rules, vocabulary, Repeats(rules))
        self._collect()
        self._add_included()
        self.sorts = self._sort()
        for rule, alternatives in rules.by_rule.items():
            if not rule.startswith("_"):
                self._mean(rule, alternatives)

    def _add_included(self) -> None:
        """Types that are only ever included have no ground type of their own, but rules may stand for them."""
        signature = self.vocabulary.signature
        for type_key in list(self.made):
            for part in closure(signature.includes, type_key)[1:]:
                if part in self.keys:
                    continue
                self.keys.append(part)
                names = set(closure(signature.includes, part))
                made = {
                    name: [q for q in found if self._belongs(q.token, part, names)]
                    for name, found in self.made[type_key].items()
                }
                self.made[part] = {name: found for name, found in made.items() if found}
                self.has_literals[part] = any(is_literal(q) for found in made.values() for q in found)

    def _belongs(self, token: str, sort: str, names: set[str]) -> bool:
        signature = self.vocabulary.signature
        return signature[token].result.name in names or signature.literal(Type(sort), token)

    # -- rules and types

    def _sort(self) -> dict[str, str]:
        """The type of each rule that makes nodes, by key."""
        by_name = {name: k for k in reversed(self.keys) for name in rule_names(k)}
        by_name |= {plain(k): k for k in self.keys if not k.startswith("List[")}
        names = [r for r in self.rules.by_rule if not r.startswith("_")]
        sorts = {r: by_name[plain(r)] for r in names if plain(r) in by_name}
        root = self.keys[0]
        if sorts.get(self.rules.start) != root:
            sorts[self.rules.start] = root
        pending = list(sorts)
        while pending:  # levels of a type: rules that a typed rule passes through
            rule = pending.pop()
            for alternative in self.rules.by_rule[rule]:
                inner = self._only(alternative)
                if (
                    inner
                    and not inner.terminal
                    and inner.name not in sorts
                    and not self._named(alternative, sorts[rule])
                ):
                    sorts[inner.name] = sorts[rule]
                    pending.append(inner.name)
        signature = self.vocabulary.signature
        results = {plain(s.name): key(s.result) for s in signature.symbols if not s.result.is_variable}
        for rule in names:
            if rule not in sorts and results.get(plain(rule)) in self.made:
                sorts[rule] = results[plain(rule)]  # a rule of its own for one symbol
        for rule in names:
            if rule not in sorts:
                alternative = self.rules.by_rule[rule][0]
                if rule in self.rules.made_up:
                    self._refuse_made_up(rule)
                types = list(dict.fromkeys(self.keys))
                close = suggest(plain(rule), [plain(t) for t in types])
                meant = next((t for t in types if close == f"did you mean {plain(t)!r}?"), None)
                hint = (
                    f"did you mean {_rule_name(meant)!r}?"
                    if meant
                    else f"name it after a type: {', '.join([t for t in types if '[' not in t][:8])}"
                )
                raise GrammarError(f"{self.rules.where(alternative)}: rule {rule!r} is no type of the signature", hint)
        return sorts

    def _refuse_made_up(self, rule: str) -> None:
        """Raise for a repetition of several things that the signature has no type for."""
        alternatives = self.rules.by_rule[rule]
        first, owner = self.rules.made_up[rule]
        shown = [" ".join(self.rules.shown(i) for i in a.items if i.kept) for a in alternatives]
        together = next((s for s, a in zip(shown, alternatives, strict=True) if len(a.kept) > 1), None)
        fact = f"repeats {together!r} together" if together else f"repeats {' and '.join(shown)}, each in another way"
        fact = f"{self.rules.where(first)}: rule {owner} {fact}"
        raise GrammarError(fact, "give what is repeated a rule of its own")

    def _only(self, alternative: Alternative) -> Item | None:
        """The one thing that an alternative keeps, where it is no repetition."""
        return alternative.kept[0] if len(alternative.kept) == 1 and not alternative.kept[0].inlined else None

    def _named(self, alternative: Alternative, sort: str) -> str | None:
        """The symbol at a type that an alternative names by its alias or a literal."""
        made = self.made.get(sort, {})
        rule = alternative.rule
        names = [n for n in proposals(alternative, self.rules.literals(alternative)) if n != rule or alternative.alias]
        return next((n for n in names if n in made), None)

    # -- alternatives and symbols

    def _mean(self, rule: str, alternatives: Sequence[Alternative]) -> None:
        sort = self.sorts[rule]
        taken: dict[str, int] = {}
        for alternative in alternatives:
            if sort.startswith("List["):
                self.meanings[alternative] = self._list(alternative, sort)
                continue
            name = self._symbol(alternative, sort, taken)
            if name is None:
                self.meanings[alternative] = Meaning()
                self._check_passage(alternative, sort)
                continue
            taken.setdefault(name, alternative.place)
            forms = self._forms(alternative, sort, name)
            self.meanings[alternative] = Meaning(name, forms)

    def _symbol(self, alternative: Alternative, sort: str, taken: dict[str, int]) -> str | None:
        made = self.made.get(sort, {})
        literals = self.rules.literals(alternative)
        names = proposals(alternative, literals)
        if literals and literals[0] in self.full.get(sort, {}):
            return literals[0]
        if alternative.alias and not any(n in made for n in names):
            alike = [n for n in made if n.lower() == alternative.alias.lower()]
            if len(alike) == 1:
                return alike[0]
            self._unknown(alternative, sort, alternative.alias)
        inner = self._only(alternative)
        rule = alternative.rule.partition("{")[0].rpartition("__")[2]
        passes = inner is not None and self._passes(inner, sort) and is_bracketing(literals)
        for name in names:
            alike = [n for n in made if plain(n) == plain(name)] if name == rule and not alternative.alias else [name]
            if name == rule and passes and (alternative.expands or not any(n in made for n in alike)):
                break
            for found in alike:
                numbered = self._numbered(made, found)
                free = [n for n in numbered if taken.get(n, alternative.place) == alternative.place]
                if numbered:
                    fits = [n for n in free or numbered if name != rule or self._try(alternative, made[n])]
                    return (fits or free or numbered)[0]
        if inner is not None and (passes or self._is_wrapped(alternative, inner, sort, literals)):
            return None
        words = [w for w in literals if w.isalnum()] or literals
        self._unknown(alternative, sort, words[0] if words else rule)
        return None

    @staticmethod
    def _numbered(made: dict[str, list[Production]], name: str) -> list[str]:
        found = [name] if name in made else []
        number = 2
        while f"{name}_{number}" in made:
            found.append(f"{name}_{number}")
            number += 1
        return found

    def _passes(self, inner: Item, sort: str) -> bool:
        if inner.terminal:
            return self.has_literals.get(sort, False)
        return self.related(self.sorts.get(inner.name, ""), sort)

    def _is_wrapped(self, alternative: Alternative, inner: Item, sort: str, literals: Sequence[str]) -> bool:
        """Whether the text around something of the rule's own type means nothing: it is always there, or ends it."""
        only = all(a.place == alternative.place for a in self.rules.by_rule[alternative.rule])
        return self._passes(inner, sort) and (only or all(text in (";", ",", ".") for text in literals))

    def _check_passage(self, alternative: Alternative, sort: str) -> None:
        inner = alternative.kept[0]
        if not self._passes(inner, sort):
            where = f"{self.rules.where(alternative)}: rule {alternative.rule}"
            fact = f"{where} is {sort}, but passes on {self.rules.shown(inner)}"
            raise GrammarError(fact, f"name a symbol with '-> name', or declare '{sort} > {self.sorts[inner.name]}'")

    def _unknown(self, alternative: Alternative, sort: str, name: str) -> None:
        made = self.made.get(sort, {})
        where = f"{self.rules.where(alternative)}: rule {alternative.rule}"
        signature = self.vocabulary.signature
        if name in signature and name not in made:
            symbol = signature[name]
            fact = f"{where} is {sort}, but its alternative {name!r} is {symbol}"
            raise GrammarError(fact, f"move it to the rule of {key(symbol.result)}, or change the signature")
        fact = f"{where} has an alternative {name!r}, the signature has no such symbol of type {sort}"
        known = ", ".join(list(made)[:8]) or "none"
        raise GrammarError(fact, suggest(name, made, f"symbols of type {sort}: {known}; declare {name!r} or drop it"))

    def _list(self, alternative: Alternative, sort: str) -> Meaning:
        inner = self._only(alternative)
        if inner is not None and not inner.terminal and self.sorts.get(inner.name) == sort:
            return Meaning()
        forms = []
        for elements in self.repeats.variants(alternative):
            places = self._assign(elements, (sort,))
            if places is None:
                where = f"{self.rules.where(alternative)}: rule {alternative.rule}"
                fact = f"{where} is {sort}, but holds {_shown(self.rules, elements)}"
                raise GrammarError(fact, f"let it hold {sort[5:-1]} only, as in {_rule_name(sort[5:-1])}*")
            forms.append(self._form(alternative, elements, places, (sort,)))
        return Meaning(None, {"": forms})

    def _forms(self, alternative: Alternative, sort: str, name: str) -> dict[str, list[Form]]:
        forms: dict[str, list[Form]] = {}
        variants = self.repeats.variants(alternative)
        made = self.made[sort].get(name) or self.full[sort][name]
        fitting = [p for p in made if any(self._fits(v, p) for v in variants)] if len(made) > 1 else made
        for production in fitting or made:
            for elements in variants:
                places = self._assign(elements, self._args(production))
                if places is not None:
                    form = self._form(alternative, elements, places, self._args(production))
                    forms.setdefault(production.token, []).append(form)
        if not forms:
            self._contradict(alternative, name, variants[0], made[0])
        return forms

    def _form(
        self, alternative: Alternative, elements: tuple[Element, ...], places: tuple[int, ...], args: Sequence[str]
    ) -> Form:
        pairs = [(e, p) for e, p in zip(elements, places, strict=True) if p >= 0]
        whole = {p for e, p in pairs if isinstance(e, Item) and self.sorts.get(e.name) == args[p]}
        in_list = tuple(arg.startswith("List[") and place not in whole for place, arg in enumerate(args))
        lists = tuple(place for place, arg in enumerate(args) if arg.startswith("List["))
        return Form(alternative, elements, places, in_list, lists)

    def _try(self, alternative: Alternative, productions: Sequence[Production]) -> bool:
        variants = self.repeats.variants(alternative)
        return any(self._assign(v, self._args(p)) is not None for p in productions for v in variants)

    def _contradict(
        self, alternative: Alternative, name: str, elements: Sequence[Element], production: Production
    ) -> None:
        shown = f"{name} : {self.vocabulary.signature[production.token].type}"
        where = f"{self.rules.where(alternative)}: alternative {name!r} of rule {alternative.rule}"
        kept = [e for e in elements if isinstance(e, Many) or e.kept]
        args = self._args(production)
        if len(kept) != len(args):
            count = f"{len(kept)} argument{'s' * (len(kept) != 1)}"
            raise GrammarError(f"{where} has {count}, the signature says {shown}", "change one of the two")
        for number, (element, arg) in enumerate(zip(kept, args, strict=True), 1):
            if self._assign((element,), (arg,)) is None:
                fact = f"{where} has {_shown(self.rules, [element])} at argument {number}, the signature says {shown}"
                raise GrammarError(fact, f"write {_rule_name(arg)} there, or change the signature")
        raise GrammarError(
            f"{where} has {_shown(self.rules, kept)}, the signature says {shown}", "change one of the two"
        )


def _rule_name(type_key: str | None) -> str:
    """The rule that stands for a type: `list_item` for `ListItem`."""
    shown = type_key or ""
    if shown.startswith("List["):
        return _rule_name(shown[5:-1]) + "_list"
    return "".join(
        "_" + c.lower() if c.isupper() and i and not shown[i - 1].isupper() else c.lower() for i, c in enumerate(shown)
    )


def _shown(rules: Rules, elements: Sequence[Element]) -> str:
    names = []
    for element in elements:
        if isinstance(element, Many):
            names.append(f"({' | '.join(map(rules.shown, element.items))})*")
        elif element.kept:
            names.append(rules.shown(element))
    return " ".join(names) or "nothing"
