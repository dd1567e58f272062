"""The one module that imports Lark: compiles a grammar into `trees.Rules` and parses texts into `trees.Node`.

LALR(1) with a contextual lexer: linear in the text, no recursion, and exact sets of what may come next.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from importlib import resources
from typing import Any

import lark
from lark.exceptions import LarkError, UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr
from lark.load_grammar import FromPackageLoader, PackageResource
from lark.parsers.lalr_analysis import LALR_Analyzer

from i2c_core.errors import GrammarError, suggest
from i2c_core.grammars.layout import Layout
from i2c_core.grammars.sources import GrammarText
from i2c_core.grammars.trees import Alternative, Item, Leaf, Node, Rules, Run, Terminal


class Unexpected(Exception):
    """A text that leaves the grammar: where, and which terminals could stand there (`$END` for the text's end)."""

    def __init__(self, position: int, expected: set[str], at_end: bool) -> None:
        super().__init__(position, expected, at_end)
        self.position = position
        self.expected = expected
        self.at_end = at_end


class _Concrete(lark.Lark):
    """Lark that calls `made[rule]` with all children of each rule it finds, tokens included; it makes no trees."""

    made: dict[Any, Callable[[list[Any]], Any]]

    def _prepare_callbacks(self) -> None:
        layout = Layout(self.source_grammar)
        self.alternatives: list[Alternative] = []
        self.made = {}
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
            made = Alternative(name, items, alias, rule.options.expand1, line, place)
            self.alternatives.append(made)
            self.made[rule] = partial(_run if name.startswith("_") else _node, made, _indices(items))
        self._callbacks = self.made

    def _text(self, item: Item) -> str:
        pattern = self._terminals_dict[item.name].pattern if item.terminal else None
        return str(pattern.value) if isinstance(pattern, PatternStr) else item.name


def _indices(items: Sequence[Item]) -> tuple[tuple[int, Item], ...]:
    return tuple((i, item) for i, item in enumerate(items) if item.kept)


def _kept(indices: tuple[tuple[int, Item], ...], children: list[Any]) -> list[Any]:
    return [Leaf(i.name, str(children[n]), children[n].start_pos) if i.terminal else children[n] for n, i in indices]


def _start(children: list[Any]) -> int:
    for child in children:
        start: int | None = child.start_pos if isinstance(child, lark.Token) else child.start
        if start is not None and start >= 0:
            return start
    return -1


def _node(alternative: Alternative, indices: tuple[tuple[int, Item], ...], children: list[Any]) -> Node:
    return Node(alternative, _kept(indices, children), _start(children))


def _run(alternative: Alternative, indices: tuple[tuple[int, Item], ...], children: list[Any]) -> Run:
    start = _start(children)
    kept = _kept(indices, children)
    # Left recursion appends to the run that is there, so that a list of n items takes n steps.
    run = kept.pop(0) if kept and isinstance(kept[0], Run) else Run()
    if kept and isinstance(kept[-1], Run) and not run:
        run = kept.pop()
        run[:0] = _flat(kept)
    else:
        run.extend(_flat(kept))
    run.start = start
    return run


def _flat(kept: list[Any]) -> list[Node | Leaf]:
    flat: list[Node | Leaf] = []
    for value in kept:
        if isinstance(value, Run):
            flat += value
        else:
            flat.append(value)
    return flat


class Parser:
    """A compiled grammar."""

    def __init__(self, text: str, start: str) -> None:
        name = text.name if isinstance(text, GrammarText) else "grammar"
        options: dict[str, Any] = {"import_paths": [_installed]}
        if isinstance(text, GrammarText) and text.package:
            options["source_path"] = PackageResource(text.package, text.name)
            options["import_paths"].append(FromPackageLoader(text.package))
        elif isinstance(text, GrammarText) and text.folder is not None:
            options["source_path"] = os.fspath(text.folder / text.name)
        try:
            self._lark = _Concrete(str(text), parser="lalr", start=start, **options)
            terminals = {t.name: _terminal(t, t.name in self._lark.ignore_tokens) for t in self._lark.terminals}
        except (LarkError, OSError, re.error, RecursionError) as error:
            raise _told(error, name, str(text)) from None
        self.rules = Rules(tuple(self._lark.alternatives), terminals, start, name)
        declared = {i.name for a in self.rules.alternatives for i in a.items if i.terminal} - set(terminals)
        if declared:
            fact = f"{name}: terminal {min(declared)} is declared without a pattern"
            raise GrammarError(fact, "give it a regular expression or a text")

    @cached_property
    def doubt(self) -> str:
        """Where the grammar is not shown unambiguous, empty for none: what Lark settles without a word.

        It shifts where a rule may as well end, and of two rules that may end it takes the one of higher priority.
        """
        analyzer: Any = LALR_Analyzer(self._lark.parser.parser_conf)  # half of it has no types
        analyzer.compute_lr0_states()
        analyzer.compute_reads_relations()
        analyzer.compute_includes_lookback()
        analyzer.compute_lookaheads()
        places = {rule: i for i, rule in enumerate(self._lark.rules)}
        found = min(
            (
                (sorted(places[r] for r in rules), terminal.name)
                for items in analyzer.lr0_itemsets
                for terminal, rules in items.lookaheads.items()
                if len(rules) > 1 or terminal in items.transitions
            ),
            default=None,
        )
        if found is None:
            return ""
        ending = [self.rules.alternatives[i] for i in found[0]]
        at = "the end" if found[1] == "$END" else self.rules.terminals[found[1]].shown
        names = [_owner(a.rule) for a in ending]
        may = f"rule {names[0]} may end or go on" if len(names) == 1 else f"rules {' and '.join(names)} may both end"
        return f"{self.rules.where(ending[0])}: before {at}, {may}"

    def parse(self, text: str) -> Node:
        """The concrete tree of a text; raises `Unexpected`."""
        try:
            found: Any = self._lark.parse(text)
        except UnexpectedInput as error:
            raise self._unexpected(error, text) from None
        assert isinstance(found, Node)
        return found

    def _unexpected(self, error: UnexpectedInput, text: str) -> Unexpected:
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
def _compile(text: str, name: str, package: str | None, folder: Any, start: str) -> Parser:
    return Parser(GrammarText(text, name, package, folder), start)


def compile_grammar(text: str, root: str = "", start: str | None = None) -> Parser:
    """Compile a grammar from rule `start`; where none is called so, from the rule that is named like the type `root`.

    Raises `GrammarError` with line and column where Lark refuses the grammar.
    """
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
    if isinstance(text, GrammarText):
        return _compile(str(text), name, text.package, text.folder, start)
    return _compile(text, name, None, None, start)


def _terminal(found: Any, ignored: bool) -> Terminal:
    flags = re.NOFLAG
    for flag in found.pattern.flags:
        flags |= re.RegexFlag[flag.upper()]
    literal = str(found.pattern.value) if isinstance(found.pattern, PatternStr) else None
    regex = re.escape(literal) if literal is not None else str(found.pattern.value)
    return Terminal(found.name, regex, literal, int(flags), ignored)


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


def _told(error: Exception, name: str, text: str) -> GrammarError:
    """Lark's message as one fact, with the place where there is one."""
    hint = "see https://lark-parser.readthedocs.io/en/stable/grammar.html"
    if isinstance(error, FileNotFoundError):
        fact = f"cannot import {str(error.filename).removesuffix('.lark')!r}"
        where = re.search(
            rf"(?m)^.*%import\s+\.?{re.escape(str(error.filename).removesuffix('.lark').replace(os.sep, '.'))}\b", text
        )
        place = f", line {text[: where.start()].count(chr(10)) + 1}" if where else ""
        return GrammarError(f"{name}{place}: {fact}", "put the imported grammar beside it, or into a package")
    message = str(error).strip()
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    place = ""
    found = re.search(r"[,]? at line (\d+),? column (\d+)(?: in \S+)?:?", lines[0]) if lines else None
    if found:
        place = f", line {found[1]}, column {found[2]}"
        lines[0] = lines[0].replace(found[0], "")
        lines = lines[:1]
    fact = lines[0].rstrip(":. ") if lines else type(error).__name__
    if message.startswith("Reduce/Reduce collision"):
        rules = sorted({line.removeprefix("- ") for line in lines if line.startswith("- ")})
        fact = f"two ways to read the same text: {' and '.join(rules[:2])}"
        hint = "make the grammar LALR(1): give the two different keywords, or join them"
    elif zero := re.fullmatch(r"Lexer does not allow zero-width terminals\. \((\w+): '(.*)'\)", message):
        fact = f"terminal {f'/{zero[2]}/' if zero[1].startswith('__') else zero[1]} matches the empty text"
        hint = "let it match at least one character, and make it optional where it stands"
    elif found and (alias := re.fullmatch(r"Unexpected token Token\('TERMINAL', '(\w+)'\)", fact)):
        before = text.split("\n")[int(found[1]) - 1][: int(found[2]) - 1]
        if before.rstrip().endswith("->"):
            keyword = re.search(r'"(\w+)"i?(?!.*\|)', before)
            leave = f'leave it out: the keyword "{keyword[1]}" names the symbol' if keyword else "write it so"
            fact, hint = f"alias {alias[1]!r} has upper case", f"an alias is lower case in Lark; {leave}"
    elif lines and lines[0].startswith("Rules defined twice"):
        fact = f"two alternatives are the same: {lines[1].removeprefix('* ')}" if len(lines) > 1 else fact
        hint = "remove one of them"
    else:
        used = re.search(r"^Rule '(\w+)' used but not defined \(in rule (\w+)\)", fact)
        if used:
            known = sorted(set(re.findall(r"(?m)^[?!]*(\w+)\s*(?:\.\d+)?\s*:", text)))
            fact, hint = (
                f"rule {used[2]} uses {used[1]}, which is not defined",
                suggest(used[1], known, f"define {used[1]}"),
            )
            where = re.search(rf"\b{re.escape(used[1])}\b", text)
            place = f", line {text[: where.start()].count(chr(10)) + 1}" if where else place
    return GrammarError(f"{name}{place}: {fact}", hint)


def _owner(rule: str) -> str:
    """The rule that a person wrote: Lark calls its helper for `x*` in rule `r` `__r_star_0`."""
    found = re.fullmatch(r"__(\w+)_(?:star|plus|group|rep|maybe)\w*_\d+", rule)
    return found[1] if found else rule
