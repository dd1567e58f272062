"""A family's grammar in llguidance's dialect of Lark, for engines that mask text tokens of a language model.

llguidance reads context-free rules and regular terminals. What a signature says beyond that (budgets, dependent
arguments, orders, scopes) and what its dialect lacks (priorities, lookaround) is left out, and each such rule is named.
`check` says of a text that an engine has made which of them it breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from i2c_core.errors import I2cError, ParseError, RelationError
from i2c_core.families import Family
from i2c_core.grammars.lark_bridge import compile_grammar
from i2c_core.grammars.trees import Rules, Terminal
from i2c_core.interop.patterns import rust_pattern
from i2c_core.symbols import Bins, Range, Text
from i2c_core.types import ANY_LENGTH, Index, Span, Type
from i2c_core.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Dropped:
    """A rule that the exported grammar does not hold: of which kind, where it stands, what it says."""

    kind: str
    where: str
    rule: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Exported:
    """A grammar for `llguidance.grammar_from("lark", text)`, and the rules that it does not hold."""

    text: str
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a text breaks: `syntax` (the grammar), `types`, `budget` or `canonical`, and the error's words."""

    kind: str
    said: str


def export(family: Family) -> Exported:
    """The family's grammar in llguidance's dialect, from its `start` rule."""
    rules = compile_grammar(family.syntax.text, root=family.root_type.name).rules
    text, dropped = export_rules(rules)
    return Exported(text, (*dropped, *_of_types(family)))


def check(family: Family, text: str, budget: int | None = None) -> tuple[Failure, ...]:
    """What is wrong with a text; nothing where it is a canonical program within the budget (the family's own)."""
    try:
        program = family.parse(text)
        family.vocabulary.encode(program)
    except RelationError as error:
        return (Failure("types", str(error)),)
    except ParseError as error:
        return (Failure("syntax", str(error)),)
    except I2cError as error:
        return (Failure("types", str(error)),)
    found = []
    budget = family.budget if budget is None else budget
    if program.size > budget:
        found.append(Failure("budget", f"the program has {program.size} tokens, the budget is {budget}"))
    try:
        canonical = family.canonical(program)
    except I2cError as error:
        return (*found, Failure("canonical", str(error)))
    if canonical != program:
        found.append(Failure("canonical", f"its canonical form is {family.show(canonical)}"))
    return tuple(found)


def export_rules(rules: Rules) -> tuple[str, tuple[Dropped, ...]]:
    """A compiled grammar in llguidance's dialect, and what the dialect lacks."""
    dropped: list[Dropped] = []
    names = _Names(rules)
    lines = []
    for rule, alternatives in rules.by_rule.items():
        bodies = dict.fromkeys(" ".join(map(names.shown, (i.name for i in a.items))) or '""' for a in alternatives)
        lines.append(f"{names.rules[rule]}: " + f"\n{' ' * len(names.rules[rule])}| ".join(bodies))
    lines.append("")
    used = {i.name for a in rules.alternatives for i in a.items if i.terminal}
    for name, terminal in rules.terminals.items():
        if name not in used and not terminal.ignored:
            continue
        if terminal.priority:
            dropped.append(Dropped("priority", terminal.shown, f"priority {terminal.priority} over other terminals"))
        if _is_plain(terminal):
            lines += [f"%ignore {_quoted(terminal)}"] if terminal.ignored else []
            continue
        pattern, missing = rust_pattern(terminal.regex, terminal.flags)
        dropped += [Dropped("lookaround", terminal.shown, part) for part in missing]
        lines.append(f"{names.terminals[name]}: /{pattern}/")
        lines += [f"%ignore {names.terminals[name]}"] if terminal.ignored else []
    dropped += _collisions(rules, used)
    return "\n".join(lines) + "\n", tuple(dropped)


class _Names:
    """Names that the dialect takes: rules in lower case, `start` the first; terminals in upper case, or their text."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.rules: dict[str, str] = {rules.start: "start"}
        for rule in rules.by_rule:
            if rule not in self.rules:
                self.rules[rule] = _free(re.sub(r"\W+", "_", rule).strip("_").lower(), self.rules.values())
        self.terminals: dict[str, str] = {}
        for name in rules.terminals:
            self.terminals[name] = _free(re.sub(r"\W+", "_", name).strip("_").upper(), self.terminals.values())

    def shown(self, name: str) -> str:
        terminal = self._rules.terminals.get(name)
        if terminal is None:
            return self.rules[name]
        return _quoted(terminal) if _is_plain(terminal) else self.terminals[name]


def _free(name: str, taken: Iterable[str]) -> str:
    name = name if name[:1].isalpha() and name.isascii() else f"x{name}" if name.isascii() else "x"
    taken, number, tried = set(taken), 2, name
    while tried in taken:
        tried, number = f"{name}_{number}", number + 1
    return tried if not tried.islower() or tried != "start" else f"{tried}_2"


def _is_plain(terminal: Terminal) -> bool:
    return terminal.literal is not None and not terminal.flags & re.I


def _quoted(terminal: Terminal) -> str:
    return json.dumps(terminal.literal, ensure_ascii=False)


def _collisions(rules: Rules, used: set[str]) -> Iterator[Dropped]:
    """Texts that Lark's lexer gives to one terminal where llguidance tries all that match."""
    literals = [rules.terminals[n] for n in used if rules.terminals[n].literal is not None]
    for name in sorted(used):
        terminal = rules.terminals[name]
        if terminal.literal is None:
            words = sorted(t.literal for t in literals if t.literal and terminal.compiled.fullmatch(t.literal))
            if words:
                shown = ", ".join(map(repr, words[:5])) + (", ..." if len(words) > 5 else "")
                yield Dropped("keyword", terminal.shown, f"the lexer takes {shown} for a keyword")


def _of_types(family: Family) -> Iterator[Dropped]:
    """What the signature says beyond any context-free grammar, or may say beyond the family's own."""
    yield Dropped("budget", family.root, f"at most {family.budget} tokens")
    vocabulary = family.vocabulary
    yield from _of_symbols(vocabulary)
    yield from _of_kinds(vocabulary)
    if family.constraint is not None:
        yield Dropped("constraint", family.name, "the family's own constraint")
    if family.normalise is not None or family.rules:
        yield Dropped("canonical", family.name, "one way to write each program")


def _of_symbols(vocabulary: Vocabulary) -> Iterator[Dropped]:
    used = {t.partition("[")[0] for t in vocabulary.tokens}
    for symbol in vocabulary.signature.symbols:
        if symbol.name not in used:
            continue
        for number, parameter in enumerate(symbol.parameters, 1):
            name = parameter.name or f"argument {number}"
            for relation in parameter.relations:
                yield Dropped("relation", symbol.name, f"{name} {relation}")
            for type_ in _inside(parameter.type):
                if type_.is_list and type_.bounds != ANY_LENGTH:
                    yield Dropped("length", symbol.name, f"{name}: {type_}")
                if type_.increasing is not None:
                    yield Dropped("order", symbol.name, f"{name}: {type_}")
        if symbol.order is not None:
            yield Dropped("order", symbol.name, str(symbol.order))
        types = [t for p in (symbol.result, *(p.type for p in symbol.parameters)) for t in _inside(p)]
        if any(isinstance(a, Index | Span) for t in types for a in t.args):
            yield Dropped("scope", symbol.name, symbol.type)
        elif symbol.is_generic:
            yield Dropped("generic", symbol.name, symbol.type)


def _inside(type_: Type) -> Iterator[Type]:
    """A type and the types inside it."""
    yield type_
    for arg in type_.args:
        if isinstance(arg, Type):
            yield from _inside(arg)


def _of_kinds(vocabulary: Vocabulary) -> Iterator[Dropped]:
    types = {t.name for t in vocabulary.types}
    for name, kind in vocabulary.signature.kinds.items():
        if name in types and isinstance(kind, Range | Bins):
            yield Dropped("range", name, str(kind))
        if name in types and isinstance(kind, Text):
            yield Dropped("text", name, str(kind))
