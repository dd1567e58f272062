"""One grammar of those of several families: the model's, and in brackets, where its types let them, the others'.

The text is one that plain Lark reads. What each alternative means is not found anew: it is what its own grammar means
by it, under the names of the composition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

from i2c_core.errors import GrammarError
from i2c_core.grammars.forms import Bound, Form, Meaning
from i2c_core.grammars.lark_bridge import Parser
from i2c_core.grammars.renaming import Renaming, imports
from i2c_core.grammars.repeats import Element, Many, Repeats
from i2c_core.grammars.sources import GrammarText
from i2c_core.grammars.syntax import Syntax
from i2c_core.grammars.trees import Alternative, Rules
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

BRACKETS = (("[", "]"), ("{", "}"), ("<", ">"), ("[[", "]]"), ("{{", "}}"), ("(", ")"))  # the first that fits


class Spoken(Protocol):
    """What is used of a family."""

    @property
    def name(self) -> str: ...

    @property
    def syntax(self) -> Syntax: ...


@dataclass(frozen=True, eq=False)
class Part:
    """One family's share of a joined grammar.

    Attributes:
        family: has the grammar.
        qualifier: what stands before its names, `functions.`; empty for the model.
        token, type: the names of its tokens and types in the composition.
        own: its own name of a token of the composition.
        has: whether a token of the composition is its own.
    """

    family: Spoken
    qualifier: str
    token: Callable[[str], str]
    own: Callable[[str], str]
    type: Callable[[Type], Type]
    has: Callable[[str], bool]

    @property
    def rules(self) -> Rules:
        """The rules of its own grammar."""
        return self.family.syntax.parser.rules

    @cached_property
    def rename(self) -> Renaming:
        return Renaming(self.qualifier.rstrip("."))

    @property
    def bracketing(self) -> str:
        """The rule of its programs in brackets."""
        return self.rename("in_brackets")

    def key(self, type_key: str) -> str:
        """A type without its indices, `Mark` or `List[Mark]`, under its new name."""
        if type_key.startswith("List["):
            return f"List[{self.key(type_key[5:-1])}]"
        return self.qualifier + type_key


class Joined:
    """A grammar to be made of several: what `Family.grammar` is in a composition.

    Args:
        parts: the model first.
        place: the model's type whose place the others' programs take.
        vocabulary: gives that of the composition.

    Its first use raises `GrammarError` where the model's grammar has no rule for `place`, or no brackets keep the
    grammars apart.
    """

    def __init__(self, parts: Sequence[Part], place: str, vocabulary: Callable[[], Vocabulary]) -> None:
        self._parts, self._place, self._vocabulary = tuple(parts), place, vocabulary

    @cached_property
    def text(self) -> GrammarText:
        """The grammar."""
        return self._chosen.text

    def syntax(self, vocabulary: Vocabulary, owner: str) -> Syntax:
        """The grammar bound to the signature of the composition."""
        return self._bound(self.text, vocabulary, owner)

    def _bound(self, text: GrammarText, vocabulary: Vocabulary, owner: str) -> Syntax:
        lalr = all(p.family.syntax.parser.is_lalr for p in self._parts)
        start = self._parts[0].rules.start
        return Syntax(text, vocabulary, owner, "lalr" if lalr else "earley", start, partial(_transported, self._parts))

    @cached_property
    def _chosen(self) -> Syntax:
        """The first way to write the brackets that reads back, as far as the grammars do by themselves."""
        owner = "+".join(p.family.name for p in self._parts)
        exact = all(p.family.syntax.exact for p in self._parts)
        found: Syntax | None = None
        refused: GrammarError | None = None
        for text in self._texts(owner):
            try:
                syntax = self._bound(text, self._vocabulary(), owner)
            except GrammarError as error:
                refused = refused or error
                continue
            if syntax.exact or not exact:
                return syntax
            found = found or syntax
        if found is None:
            assert refused is not None
            raise refused
        return found

    def _texts(self, owner: str) -> Iterator[GrammarText]:
        """The grammars to try: each rule that may write the place, in each kind of brackets."""
        model, *others = self._parts
        source = model.family.syntax.text
        ignored = {t.regex for t in model.rules.terminals.values() if t.ignored}
        chunks = [source.strip() + "\n"]
        imported = imports(source)
        for part in others:
            heading = f"// -- {part.family.name}, in brackets\n\n"
            own = part.family.syntax.text
            chunks.append(heading + part.rename.text(own, ignored, part.rules.terminals, imported))
            ignored |= {t.regex for t in part.rules.terminals.values() if t.ignored}
        named = [(f"{p.family.name}[", "]") for p in others]
        choices = [[pair] for pair in BRACKETS] if len(others) == 1 else []
        for brackets in (*choices, named):
            for rule in self._hosts():
                ends = [
                    f'{p.bracketing}: "{left}" {p.rename(p.rules.start)} "{right}"\n\n%extend {rule}: {p.bracketing}\n'
                    for p, (left, right) in zip(others, brackets, strict=True)
                ]
                yield GrammarText("\n".join([*chunks, *ends]), owner, source.package, source.folder)

    def _hosts(self) -> list[str]:
        """The model's rules that write the place, the innermost first: there brackets may stand wherever it may."""
        model = self._parts[0]
        bound = model.family.syntax.binding
        rules = [r for r in model.rules.by_rule if bound.sorts.get(r) == self._place and "{" not in r]
        if not rules:
            fact = f"{model.rules.name} has no rule for {self._place}, whose place other families' programs take"
            raise GrammarError(fact, f"give it one: {self._place.lower()}: ...")

        def below(rule: str) -> set[str]:
            found, pending = {rule}, [rule]
            while pending:
                for alternative in model.rules.by_rule[pending.pop()]:
                    meaning = bound.meanings.get(alternative)
                    passes = meaning is not None and meaning.is_passage and len(alternative.items) == 1
                    inner = alternative.items[0].name if passes else ""  # nothing is written around it
                    if inner in rules and inner not in found:
                        found.add(inner)
                        pending.append(inner)
            return found

        reached = {rule: sum(rule in below(other) for other in rules) for rule in rules}
        return sorted(rules, key=lambda r: -reached[r])


def _transported(parts: Sequence[Part], parser: Parser, vocabulary: Vocabulary) -> Bound:
    """What the alternatives of a joined grammar mean, from what they mean in the grammars of its parts."""
    rules = parser.rules
    added = {p.bracketing for p in parts[1:]}
    meanings = {a: Meaning() for a in rules.alternatives if a.rule in added or {i.name for i in a.items} & added}
    bound = Bound(rules, vocabulary, Repeats(rules), meanings)
    quoted = set(bound.quoted)
    for part in parts:
        own = part.family.syntax.binding
        same = _Same(part, rules, added)
        for alternative, meaning in own.meanings.items():
            if alternative in same.alternatives:
                meanings[same.alternatives[alternative]] = same.meaning(meaning)
        bound.wraps |= {
            (part.key(t), same.names[n]): part.token(s) for (t, n), s in own.wraps.items() if n in same.names
        }
        for name, types in own.terminal_types.items():
            if name in same.names:
                bound.terminal_types.setdefault(same.names[name], set()).update(map(part.type, types))
        bound.sorts |= {same.names[r]: part.key(k) for r, k in own.sorts.items() if r in same.names}
        for name, home in same.homes(own).items():
            if bound.homes.setdefault(name, home) != home:
                shown = rules.terminals[name].shown
                fact = f"{rules.name}: terminal {shown} is kept by rules of two families"
                raise GrammarError(fact, "give it a name in one of the grammars")
        quoted |= {same.names[q] for q in own.quoted if q in same.names}
        bound.owners |= {t: part.qualifier + own.owners.get(part.own(t), "") for t in vocabulary.tokens if part.has(t)}
        own_tokens = own.vocabulary.tokens
        said = {part.token(t): own.texts.get(t, t) for t in own_tokens}
        bound.texts |= {token: text for token, text in said.items() if token != text}
    bound.quoted = frozenset(quoted)
    return bound


class _Same:
    """The rules of a part's grammar in the joined one: alternative by alternative, item by item, from the start on."""

    def __init__(self, part: Part, rules: Rules, added: set[str]) -> None:
        self._part = part
        own = part.rules
        self.names = {own.start: part.rename(own.start)}
        self.alternatives: dict[Alternative, Alternative] = {}
        pending = [own.start]
        while pending:
            rule = pending.pop()
            theirs = [a for a in rules.by_rule.get(self.names[rule], ()) if not {i.name for i in a.items} & added]
            mine = own.by_rule[rule]
            if [len(a.items) for a in mine] != [len(a.items) for a in theirs]:
                fact = f"{rules.name}: rule {rule} of {part.family.name} is another one beside the other grammars"
                raise GrammarError(
                    fact, "rename what both grammars define or import, so that neither changes the other"
                )
            for one, other in zip(mine, theirs, strict=True):
                self.alternatives[one] = other
                for item, same in zip(one.items, other.items, strict=True):
                    if item.name not in self.names:
                        self.names[item.name] = same.name
                        pending += [item.name] * (not item.terminal)

    def meaning(self, meaning: Meaning) -> Meaning:
        """A meaning in the joined grammar."""
        token = self._part.token
        forms = {token(t) if t else t: list(map(self._form, forms)) for t, forms in meaning.forms.items()}
        symbol = meaning.symbol
        return Meaning(symbol if symbol is None else token(symbol), forms)

    def _form(self, form: Form) -> Form:
        elements = tuple(map(self._element, form.elements))
        return Form(self.alternatives[form.alternative], elements, form.places, form.in_list, form.lists)

    def _element(self, element: Element) -> Element:
        if isinstance(element, Many):
            items = tuple(replace(i, name=self.names[i.name]) for i in element.items)
            return Many(self.names[element.rule], element.low, element.high, items)
        return replace(element, name=self.names[element.name])

    def homes(self, own: Bound) -> dict[str, str]:
        """The part's rules and the terminals that it keeps, by their new names, each with the part's qualifier."""
        found: dict[str, str] = {}
        for alternative in self.alternatives:
            found[self.names[alternative.rule]] = self._part.qualifier + own.home(alternative.rule)
            for item in alternative.items:
                if item.terminal and item.kept:
                    found[self.names[item.name]] = self._part.qualifier + own.home(item.name)
        return found
