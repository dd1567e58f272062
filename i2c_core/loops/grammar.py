"""The grammar of programs with loops: a family's own, in which statements stand where its commands do.

    command: "circle" COORD "," COORD          -> circle
    command: "circle" coord_at "," coord_at    -> circle
           | "for" "(" "i" "<" count ")" "{" figure "}"   -> for_i

Its other rules stay, so that a text of a list of commands is a text of a program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from i2c_core.errors import GrammarError
from i2c_core.loops import scopes
from i2c_core.loops.declaring import WORD, Layout
from i2c_core.loops.executing import NAMES
from i2c_core.loops.statements import X, Y

if TYPE_CHECKING:
    from i2c_core.grammars import GrammarText, Syntax
    from i2c_core.grammars.trees import Alternative, Item, Rules
    from i2c_core.vocabulary import Vocabulary

START = "program"
NUMBER = "LOOP_NUMBER"
COUNT = scopes.rule_of(scopes.COUNT)

ADDED = """
{count}: {number} | linear
{positions}
linear: multiple
      | multiple "+" {number} -> plus
      | multiple "-" {number} -> minus
multiple: positive
        | "-" positive -> negative
positive: variable
        | {number} "*" variable -> times
variable: {variables}
{terminal}
"""


class LoopGrammar:
    """The grammar of a family's programs with loops, made on first use: what `Family.grammar` is there."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @cached_property
    def text(self) -> GrammarText:
        """The grammar, which plain Lark reads."""
        from i2c_core.grammars import GrammarText

        source = self._layout.family.syntax.text
        made = _Writing(self._layout).text()
        name = f"{source.name} with loops"
        return GrammarText(f"{source.strip()}\n{made}", name, source.package, source.folder)

    def syntax(self, vocabulary: Vocabulary, owner: str) -> Syntax:
        """The grammar bound to the signature of programs."""
        from i2c_core.loops.writing import LoopSyntax

        parser = self._layout.family.parser
        return LoopSyntax(self.text, vocabulary, owner, parser, START)


class _Writing:
    """One grammar being written."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.gamma = layout, layout.family.gamma
        self.syntax = layout.family.syntax
        self.rules: Rules = self.syntax.parser.rules
        self.bound = self.syntax.binding
        self.owner = layout.family.name
        self.number = self._number()

    def text(self) -> str:
        element, block = self._list_rules()
        alternatives = [*self._commands(), *self._statements(block)]
        lines = [f"\n// -- loops, conditions and reflections over the commands of {self.owner}\n"]
        start = self.rules.start
        body = block if self.layout.list_type == self.layout.family.root_type else self._root_rule()
        if start == "start" and not self._is_used(start):
            lines.append(f"%override ?start: {START}\n")
        elif "start" not in self.rules.by_rule:
            lines.append(f"?start: {START}\n")
        lines.append(f"{START}: {body} -> {scopes.WHOLE}\n")
        lines.append(f"%override {element}: " + "\n  | ".join(alternatives) + "\n")
        lines.append(
            ADDED.strip("\n").format(
                number=self.number,
                count=COUNT,
                positions="\n".join(f"{rule}: {self.number} | linear" for rule in self._position_rules()),
                variables=" | ".join(f'"{n}" -> {n}' for n in NAMES[: self.layout.loops.depth]),
                terminal=f"{NUMBER}: /[0-9]+/" if self.number == NUMBER else "",
            )
        )
        return "\n".join(lines)

    # -- the family's rules

    def _root_rule(self) -> str:
        """The rule of the family's root type."""
        name = self.layout.family.root_type.name
        start = self.rules.start
        found = [r for r in self.rules.by_rule if self.bound.sorts.get(r) == name and not r.startswith("_")]
        named = [r for r in found if r != start] or ([start] if self._is_used(start) or start != "start" else [])
        if not named:
            fact = f"{self.rules.name} has no rule for {name} beside its start"
            raise GrammarError(fact, f"give it one: start: {name.lower()}")
        return named[0]

    def _is_used(self, rule: str) -> bool:
        return any(i.name == rule for a in self.rules.alternatives for i in a.items)

    def _list_rules(self) -> tuple[str, str]:
        """The rules of a statement, and of a list of statements."""
        firsts: dict[str, None] = {}
        homes: dict[str, None] = {}
        for alternative, meaning in self.bound.meanings.items():
            for form in meaning.forms.get(self.layout.more, ()):
                homes[alternative.rule] = None
                for written, place in zip(form.elements, form.places, strict=True):
                    if place == 0:
                        firsts[str(getattr(written, "name", ""))] = None
        whole = self._list_home(list(homes))
        if len(firsts) != 1 or not (element := next(iter(firsts))) or element not in self.rules.by_rule:
            fact = f"{self.rules.name} has no one rule for {self.layout.element}, where statements could stand"
            raise GrammarError(fact, f"give it one: {self.layout.element.name.lower()}: ...")
        return element, whole

    def _list_home(self, homes: list[str]) -> str:
        """The rule that others use for a whole list: that of the frame, else the start's own."""
        used: dict[str, None] = {}
        for meaning in self.bound.meanings.values():
            for token, forms in meaning.forms.items():
                if token in (self.layout.more, ""):
                    continue
                for form in forms:
                    symbol = self.gamma[token]
                    for written, place in zip(form.elements, form.places, strict=True):
                        if place >= 0 and symbol.parameters[place].type == self.layout.list_type:
                            used[str(getattr(written, "name", ""))] = None
        found = next(iter(used), "")
        if not found:
            sort = self.layout.list_type.name
            same = [r for r in self.rules.by_rule if self.bound.sorts.get(r) == sort and r != "start"]
            found = next((r for r in same if r.replace("_", "") == sort.lower()), homes[0])
        return found

    # -- alternatives

    def _commands(self) -> Iterator[str]:
        """The ways to write each command, with expressions where it has positions."""
        for name in self.layout.places:
            written = False
            for alternative, meaning in self.bound.meanings.items():
                for form in meaning.forms.get(name, ()):
                    if not form.is_simple:
                        fact = f"{self.rules.where(alternative)}: {name} is written with repetitions"
                        raise GrammarError(fact, "write each argument of a command that loops move by itself")
                    written = True
                    yield self._command(name, alternative, form.places)
            if not written:
                raise GrammarError(f"{self.rules.name} does not write {name}", "give it an alternative of its own")

    def _command(self, name: str, alternative: Alternative, places: tuple[int, ...]) -> str:
        symbol, roles = self.gamma[name], self.layout.places[name]
        parts = []
        for item, place in zip(alternative.items, places, strict=True):
            if place >= 0 and roles[place].role != WORD:
                parts.append(scopes.rule_of(scopes.expression(symbol.parameters[place].type.name)))
            else:
                parts.append(self._item(item))
        return f"{' '.join(parts)} -> {name}"

    def _item(self, item: Item) -> str:
        """An item as a grammar's text says it."""
        if not item.terminal:
            if item.name.startswith("__"):
                fact = f"{self.rules.name} writes commands with repetitions"
                raise GrammarError(fact, "give what is repeated a rule of its own")
            return item.name
        terminal = self.rules.terminals[item.name]
        if terminal.literal is not None and not item.kept:
            return json.dumps(terminal.literal)
        if item.name.startswith("__"):
            return f"/{terminal.regex}/"
        return item.name

    def _statements(self, block: str) -> Iterator[str]:
        braces = f'"{{" {block} "}}"'
        names = NAMES[: self.layout.loops.depth]
        for n in names:
            yield f'"for" "(" "{n}" "<" {COUNT} ")" {braces} -> {scopes.FOR}{n}'
        for n in names:
            yield f'"if" "(" "{n}" ">" "0" ")" {braces} -> {scopes.IF}{n}'
        roles = {p.role for places in self.layout.places.values() for p in places}
        for axis in (X, Y):
            if axis in roles:
                yield f'"reflect" "(" "{axis}" "=" {self.number} ")" {braces} -> {scopes.REFLECT}{axis}'

    # -- numbers

    def _position_rules(self) -> list[str]:
        found: dict[str, None] = {}
        for name, places in self.layout.places.items():
            for parameter, place in zip(self.gamma[name].parameters, places, strict=True):
                if place.role != WORD:
                    found[scopes.rule_of(scopes.expression(parameter.type.name))] = None
                    if place.low < 0:
                        fact = f"{self.owner} has positions down to {place.low}, in {name}"
                        raise GrammarError(fact, "count positions from 0 or 1")
        return list(found)

    def _number(self) -> str:
        """A terminal of the family's that takes every number, or one of its own."""
        for name, terminal in self.rules.terminals.items():
            plain = terminal.literal is None and terminal.regex in ("[0-9]+", r"\d+", "(?:[0-9])+")
            if plain and not name.startswith("__") and not terminal.ignored:
                return name
        return NUMBER


__all__ = ["LoopGrammar"]
