"""The one module that imports Lark: compiles a grammar into `trees.Rules` and parses texts into `trees.Node`.

LALR(1) with a contextual lexer: linear in the text, no recursion, and exact sets of what may come next. Earley with the
dynamic lexer for grammars that are not LALR(1): it reads each, and tells nobody whether there was another way.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import lark
from lark.exceptions import LarkError, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr
from lark.load_grammar import FromPackageLoader, PackageResource, load_grammar
from lark.parsers.lalr_analysis import LALR_Analyzer
from lark.parsers.lalr_parser import LALR_Parser, _Parser

from i2c_core.errors import GrammarError, suggest
from i2c_core.grammars.building import builder
from i2c_core.grammars.languages import texts_of
from i2c_core.grammars.layout import Layout
from i2c_core.grammars.lexing import Lexing
from i2c_core.grammars.refusals import REGEX_ERRORS, require_possible, told
from i2c_core.grammars.repeats import owner
from i2c_core.grammars.sources import GrammarText
from i2c_core.grammars.trees import Alternative, Item, Node, Rules, Terminal
from i2c_core.grammars.unfolding import unfold

LALR = "lalr"
PARSERS = (LALR, "earley")


class Unexpected(Exception):
    """A text that leaves the grammar: where, and which terminals could stand there (`$END` for the text's end)."""

    def __init__(self, position: int, expected: set[str], at_end: bool) -> None:
        super().__init__(position, expected, at_end)
        self.position = position
        self.expected = expected
        self.at_end = at_end


class Analyzer(LALR_Analyzer):
    """Lark's LALR analysis; one step of it takes time that grows with the square of a state's rules, but not here."""

    def compute_includes_lookback(self) -> None:
        found: Any = self  # Lark has no types here
        pointers: dict[Any, dict[Any, list[Any]]] = {}  # of each state, by the rule's name
        ended: dict[Any, set[Any]] = {}  # the rules that end in a state
        for state in found.lr0_itemsets:
            of_state = pointers.setdefault(state, {})
            for pointer in state.closure:
                of_state.setdefault(pointer.rule.origin, []).append(pointer)
            ended[state] = {p.rule for p in state.closure if p.is_satisfied}
        for transition in found.nonterminal_transitions:
            start, name = transition
            lookback = found.lookback[transition]
            for pointer in pointers[start].get(name, ()):
                state, symbols = start, pointer.rule.expansion
                for place in range(pointer.index, len(symbols)):
                    other = state, symbols[place]
                    state = state.transitions[symbols[place]]
                    if other in found.reads and all(s in found.NULLABLE for s in symbols[place + 1 :]):
                        found.includes[other].add(transition)
                if pointer.index == 0 and pointer.rule in ended[state]:
                    lookback.add((state, pointer.rule))


class _Keeping(LALR_Parser):
    """Lark's LALR parser that keeps the states of its automaton, `itemsets`, which Lark forgets but for their numbers.

    Finding them is nearly all of the time that a large grammar takes, so that it is done once.
    """

    def __init__(self, parser_conf: Any, debug: bool = False, strict: bool = False) -> None:
        analysis: Any = Analyzer(parser_conf, debug=debug, strict=strict)
        analysis.compute_lalr()
        self.itemsets = analysis.lr0_itemsets
        self.parser_conf = parser_conf
        self._parse_table = analysis.parse_table
        self.parser = _Parser(analysis.parse_table, parser_conf.callbacks, debug)


class _Concrete(lark.Lark):
    """Lark that calls `made[rule]` with all children of each rule it finds, tokens included; it makes no trees."""

    def __init__(self, text: str, name: str, **options: Any) -> None:
        self.source_grammar, self.name = text, name
        source = options.get("source_path") or "<string>"
        load: Any = load_grammar  # has no types
        try:
            grammar, _ = load(text, source, options["import_paths"], False)
        except LarkError:
            raise
        except (TypeError, ValueError) as error:  # of Lark's own, while it looks for what is wrong
            fact = f"{name} is no grammar that Lark reads, and it finds no better reason than: {error}"
            raise GrammarError(fact, "look for quotes, slashes and brackets that are not closed") from None
        require_possible(((str(r), parameters, tree) for r, parameters, tree, _ in grammar.rule_defs), name)
        super().__init__(grammar, **options)

    def _prepare_callbacks(self) -> None:
        self.rules = _reachable(self.rules, self.options.start)
        layout = Layout(self.source_grammar)
        alternatives: list[Alternative] = []
        if not self.rules:
            raise GrammarError(f"{self.name} has no rule", 'write one, as in: start: "dot"')
        for rule in self.rules:
            items = tuple(
                Item(
                    str(s.name),
                    s.is_term,
                    not (s.is_term and getattr(s, "filter_out", False)) or rule.options.keep_all_tokens,
                )
                for s in rule.expansion
            )
            name, alias = str(rule.origin.name), None if rule.alias is None else str(rule.alias)
            words = [self._text(i) for i in items]
            place, line = layout.find(name, alias, words, rule.order, getattr(rule.origin.name, "line", None) or 1)
            alternatives.append(Alternative(name, items, alias, rule.options.expand1, line, place))
        found = {t.name: _terminal(t, t.name in self.ignore_tokens) for t in self.terminals}
        self.unfolded = unfold(alternatives, found, "")
        self.compiled_terminals = found
        self._callbacks = {r: builder(m) for r, m in zip(self.rules, self.unfolded.made, strict=True)}

    def _text(self, item: Item) -> str:
        pattern = (
            self._terminals_dict[item.name].pattern if item.terminal and item.name in self._terminals_dict else None
        )
        return str(pattern.value) if isinstance(pattern, PatternStr) else item.name


class Parser:
    """A compiled grammar."""

    def __init__(self, text: str, start: str, parser: str = LALR) -> None:
        name = text.name if isinstance(text, GrammarText) else "grammar"
        options: dict[str, Any] = {"import_paths": [_installed], "_plugins": {"LALR_Parser": _Keeping}}
        if isinstance(text, GrammarText) and text.package:
            options["source_path"] = PackageResource(text.package, text.name)
            options["import_paths"].append(FromPackageLoader(text.package))
        elif isinstance(text, GrammarText) and text.folder is not None:
            options["source_path"] = os.fspath(text.folder / text.name)
        try:
            self._lark = _Concrete(str(text), name, parser=parser, start=start, **options)
        except (LarkError, OSError, OverflowError, RecursionError, *REGEX_ERRORS) as error:
            raise told(error, name, str(text)) from None
        self.is_lalr = parser == LALR
        made, terminals = self._lark.unfolded, self._lark.compiled_terminals
        self._made = made.made
        self._by_rule = dict(zip(self._lark.rules, (m.alternative for m in made.made), strict=True))
        declared = {i.name for a in made.alternatives for i in a.items if i.terminal} - set(terminals)
        if declared:
            shown, many = " and ".join(sorted(declared)[:4]), len(declared) > 1
            shown = f"terminals {shown} are" if many else f"terminal {shown} is"
            fact = f"{name}: {shown} declared without a pattern, which only a post-lexer makes"
            them = "them regular expressions or texts" if many else "it a regular expression or a text"
            raise GrammarError(fact, f"give {them}; i2c runs no post-lexer")
        for terminal in terminals.values():
            _require_plain(terminal, name)
        self.rules = Rules(made.alternatives, terminals, start, name, Lexing(terminals, self._states()), made.made_up)

    def _states(self) -> tuple[frozenset[str], ...]:
        """The terminals that each of the parser's states tries together; none for Earley, which asks one by one."""
        if not self.is_lalr:
            return ()
        table: Any = self._lark.parser.parser._parse_table
        known = {t.name for t in self._lark.terminals}
        ignored = set(self._lark.ignore_tokens)
        return tuple(dict.fromkeys(frozenset((set(a) & known) | ignored) for a in table.states.values()))

    @property
    def _itemsets(self) -> Any:
        """The states of the LALR automaton with what each may do next."""
        return self._lark.parser.parser.itemsets

    def stands(self) -> dict[tuple[Alternative, int], set[frozenset[str]]]:
        """For each terminal in an alternative, by place, the sets of terminals that the lexer tries there.

        Right behind another terminal that is the state that takes it; behind a rule it is a state where the rule ends.
        """
        found: dict[tuple[Alternative, int], set[frozenset[str]]] = {}
        ignored = set(self._lark.ignore_tokens)
        offsets = {r: int(m.wrapped and m.rest == 0) for r, m in zip(self._lark.rules, self._made, strict=True)}
        itemsets = self._itemsets if self.is_lalr else ()
        tried: dict[int, frozenset[str]] = {}
        ends: dict[str, set[frozenset[str]]] = {}
        for number, items in enumerate(itemsets):
            following = {s.name for s in (*items.transitions, *items.lookaheads) if s.is_term and s.name != "$END"}
            tried[number] = frozenset(following | ignored)
            for symbol in items.lookaheads:
                ends.setdefault(symbol.name, set()).add(tried[number])
        for number, items in enumerate(itemsets):
            direct = any(not p.index or p.rule.expansion[p.index - 1].is_term for p in items.kernel)
            for pointer in items.closure:
                if pointer.rule in offsets and not pointer.is_satisfied and pointer.next.is_term:
                    key = self._by_rule[pointer.rule], pointer.index - offsets[pointer.rule]
                    states = {tried[number]} if direct else ends.get(pointer.next.name, set())
                    found.setdefault(key, set()).update(states)
        return found

    @cached_property
    def doubt(self) -> str:
        """Where the grammar is not shown unambiguous, empty for none: what Lark settles without a word.

        It shifts where a rule may as well end, and of two rules that may end it takes the one of higher priority.
        """
        if not self.is_lalr:
            return f"{self.rules.name}: Earley does not show that a text has one reading"
        places = {rule: i for i, rule in enumerate(self._lark.rules)}
        found = min(
            (
                (sorted(places[r] for r in rules), terminal.name)
                for items in self._itemsets
                for terminal, rules in items.lookaheads.items()
                if len(rules) > 1 or terminal in items.transitions
            ),
            default=None,
        )
        if found is None:
            return ""
        ending = [self._by_rule[self._lark.rules[i]] for i in found[0]]
        at = "the end" if found[1] == "$END" else self.rules.terminals[found[1]].shown
        names = [owner(self._lark.rules[i].origin.name) for i in found[0]]
        may = f"rule {names[0]} may end or go on" if len(names) == 1 else f"rules {' and '.join(names)} may both end"
        return f"{self.rules.where(ending[0])}: before {at}, {may}"

    def parse(self, text: str) -> Node:
        """The concrete tree of a text; raises `Unexpected`."""
        try:
            found: Any = self._lark.parse(text)
        except UnexpectedInput as error:
            raise self._unexpected(error, text) from None
        except RecursionError:
            raise Unexpected(0, set(), at_end=False) from None
        assert isinstance(found, Node)
        return found

    def _unexpected(self, error: UnexpectedInput, text: str) -> Unexpected:
        if not self.is_lalr:
            at_end = isinstance(error, UnexpectedEOF)
            expected = set(getattr(error, "expected", None) or getattr(error, "allowed", None) or ())
            return Unexpected(len(text) if at_end else error.pos_in_stream or 0, expected, at_end)
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        position = len(text) if at_end else error.pos_in_stream or 0
        # An LALR parser reduces before it notices; what could stand there is known best just before the wrong token.
        before: Any = self._lark.parse_interactive(text[:position])
        try:
            before.exhaust_lexer()
        except UnexpectedInput:
            before = getattr(error, "interactive_parser", None) or before
        return Unexpected(position, set(before.accepts()), at_end)


@lru_cache(maxsize=64)
def _compile(text: str, name: str, package: str | None, folder: Any, start: str, parser: str) -> Parser:
    return Parser(GrammarText(text, name, package, folder), start, parser)


def compile_grammar(text: str, root: str = "", start: str | None = None, parser: str = LALR) -> Parser:
    """Compile a grammar from rule `start`; where none is called so, from the rule that is named like the type `root`.

    `parser` is `lalr` or `earley`. Raises `GrammarError` with line and column where Lark refuses the grammar.
    """
    if parser not in PARSERS:
        raise GrammarError(f"there is no parser {parser!r}", suggest(parser, PARSERS, f"use {' or '.join(PARSERS)}"))
    rules = Layout(text).rules
    name = text.name if isinstance(text, GrammarText) else "grammar"
    if not text.strip():
        raise GrammarError(f"{name} is empty", 'write a rule, as in: start: "dot"')
    named = start is not None  # by a person, with the option
    if start is None:
        alike = [r for r in rules if r.replace("_", "").lower() == root.lower()]
        start = "start" if "start" in rules or not alike else alike[0]
    if start not in rules and rules:
        fact = f"{name} has no rule {start!r}"
        known = f"its rules are {', '.join(list(rules)[:8])}"
        if named:
            raise GrammarError(fact, f"name the first rule with --start: {suggest(start, rules, known)}")
        raise GrammarError(fact, suggest(start, rules, f"{known}; begin with '{start}: ...'"))
    if start.startswith("_"):
        fact = f"{name}: rule {start} makes no node, since its name begins with an underscore"
        raise GrammarError(fact, "begin with a rule whose name begins with a letter")
    if isinstance(text, GrammarText):
        return _compile(str(text), name, text.package, text.folder, start, parser)
    return _compile(text, name, None, None, start, parser)


def _require_plain(terminal: Terminal, name: str) -> None:
    """Refuse a terminal that cannot stand in the one expression that a lexer makes of all."""
    try:
        re.compile(f"(?P<{terminal.name}>{terminal.source})")
    except re.error as error:
        texts_of(terminal, name)  # says so where a back reference is the reason
        fact = f"{name}: terminal {terminal.shown} cannot be put beside others: {error.msg}"
        raise GrammarError(fact, "write it without back references and without flags in the middle") from None


def _reachable(rules: list[Any], starts: Sequence[str]) -> list[Any]:
    """Lark's rules without those that the start does not lead to: it keeps such as refer to each other in a circle."""
    by_name: dict[str, list[Any]] = {}
    for rule in rules:
        by_name.setdefault(rule.origin.name, []).append(rule)
    found = dict.fromkeys(starts)
    pending = list(starts)
    while pending:
        names = {s.name for r in by_name.get(pending.pop(), ()) for s in r.expansion if not s.is_term}
        pending += names - found.keys()
        found |= dict.fromkeys(names)
    return [r for r in rules if r.origin.name in found]


def _terminal(found: Any, ignored: bool) -> Terminal:
    flags = re.NOFLAG
    for flag in found.pattern.flags:
        flags |= re.RegexFlag[flag.upper()]
    literal = str(found.pattern.value) if isinstance(found.pattern, PatternStr) else None
    regex = re.escape(literal) if literal is not None else str(found.pattern.value)
    width = int(found.pattern.max_width)
    return Terminal(found.name, regex, literal, int(flags), ignored, int(found.priority), width)


def _installed(base: Any, path: str) -> tuple[PackageResource, str]:
    """Loader of `%import some_package.file.RULE` from installed packages, which Lark looks for in files only."""
    package, _, file = path.replace(os.sep, "/").rpartition("/")
    if not package or package == "lark":
        raise OSError(path)
    try:
        importlib.import_module(package.replace("/", "."))
        return PackageResource(package.replace("/", "."), file), (
            resources.files(package.replace("/", ".")) / file
        ).read_text("utf-8")
    except (ImportError, ValueError):
        raise OSError(path) from None
