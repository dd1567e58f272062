"""From a program to text: for each symbol the shortest way that the grammar writes it at each place.

What a rule passes through (`?expr: term`, `"(" expr ")"`) is searched breadth first, so brackets appear where the
grammar needs them and nowhere else. Ways are found once a (rule, symbol) and kept.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from i2c_core.errors import GrammarError
from i2c_core.grammars.forms import Bound, Form
from i2c_core.grammars.languages import shortest
from i2c_core.grammars.repeats import Many
from i2c_core.grammars.spacing import Spacing, Token
from i2c_core.grammars.trees import Alternative, Item
from i2c_core.programs import Program, text_of
from i2c_core.symbols import TEXT

Slots = tuple[Item, ...]  # what may be written at a place: one item, or for elements of a list any of several
KEPT = 20_000  # ways that are kept in memory


class Hole(NamedTuple):
    """A place for an argument: what may be written there, which argument, and which element of it (-1: all of it)."""

    slots: Slots
    place: int
    element: int


Piece = Token | Hole
Way = tuple[Piece, ...]


class Printer:
    """Prints the programs of one vocabulary by one grammar; raises `GrammarError` where it lacks a way to write one."""

    def __init__(self, binding: Bound) -> None:
        self.binding = binding
        self._rules = binding.rules
        self._start: Slots = (Item(self._rules.start, False, True),)
        self._reached: dict[Slots, list[tuple[tuple[Alternative, ...], Alternative | Item]]] = {}
        self._ways: dict[tuple[Slots, str, str | None, tuple[int, ...], str], Way | None] = {}
        self._spacing = Spacing(self._rules)
        self._filler: dict[str, Token] = {}
        self._wraps = {(terminal, symbol) for (_, terminal), symbol in binding.wraps.items()}
        self.terminal_types = binding.terminal_types

    @property
    def start(self) -> Slots:
        """Where a whole program is written."""
        return self._start

    def show(self, program: Program) -> str:
        """The program as text."""
        return self._spacing.join(self.tokens(program))

    def tokens(self, program: Program) -> list[Token]:
        """The program's terminals with their texts."""
        tokens: list[Token] = []
        stack: list[Token | tuple[Slots, Program, None]] = [(self._start, program, None)]
        while stack:
            top = stack.pop()
            if len(top) == 2:
                tokens.append(top)
                continue
            slots, node, _ = top
            if node.symbol.result == TEXT:
                tokens.extend(self._text_way(slots, text_of(node)))  # type: ignore[arg-type]
                continue
            way, lists = self._way_of(slots, node)
            for piece in reversed(way):
                if len(piece) == 2:
                    stack.append(piece)
                elif piece.element < 0:
                    stack.append((piece.slots, node.args[piece.place] if piece.place >= 0 else node, None))
                else:
                    stack.append((piece.slots, lists[piece.place][piece.element], None))
        return tokens

    def writes(self, slots: Slots, text: str) -> bool:
        """Whether a free text can be written at a place."""
        return self._find_text(slots, text) is not None

    def _text_way(self, slots: Slots, text: str) -> Way:
        way = self._find_text(slots, text)
        if way is None:
            rule = " or ".join(map(self._rules.shown, slots))
            fact = f"{self._rules.name}: rule {rule} has no way to write {text!r}"
            raise GrammarError(fact, "add an alternative for it")
        return way

    def _find_text(self, slots: Slots, text: str) -> Way | None:
        """A text at a place where a terminal matches it, or where one in quotes may stand."""
        home = self.home(slots, "")
        for passages, end in self._ends(slots):
            if not isinstance(end, Item) or self._home_of(passages, end) != home:
                continue
            way: Way = ()
            if end.name in self.binding.quoted:
                way = ((end.name, json.dumps(text, ensure_ascii=False)),)
            elif self._rules.terminals[end.name].takes(text):
                way = ((end.name, text),)
            if way:
                for passage in reversed(passages):
                    way = self._wrap(passage, way)
                return way
        return None

    # -- ways

    def _way_of(self, slots: Slots, node: Program) -> tuple[Way, dict[int, list[Program]]]:
        name = node.symbol.name
        text: str | None = None
        lists: dict[int, list[Program]] = {}
        lengths: tuple[int, ...] = ()
        if name in ("cons", "nil") and node.symbol.result.is_list:
            lists = {0: elements(node)}
            lengths = (len(lists[0]),)
            name = ""
        elif node.value is not None:
            name, text = "", repr(node.value)
        elif not node.args:
            text = name
        elif any(p.type.is_list for p in node.symbol.parameters):
            lists = {i: elements(node.args[i]) for i, p in enumerate(node.symbol.parameters) if p.type.is_list}
            lengths = tuple(len(e) for e in lists.values())
        home = self.home(slots, node.symbol.name)
        known = (slots, name, text, lengths, home)
        way = self._ways.get(known)
        if way is None:
            way = self.way(slots, name, text, lengths, home)
            if sum(lengths) <= 64:
                if len(self._ways) > KEPT:
                    self._ways.clear()
                self._ways[known] = way
        if way is None:
            rule = " or ".join(map(self._rules.shown, slots))
            fact = f"{self._rules.name}: rule {rule} has no way to write {node.symbol.name}"
            fact += f" with {', '.join(map(str, lengths))} elements" if lengths else ""
            raise GrammarError(fact, "add an alternative for it")
        return way, lists

    def home(self, slots: Slots, token: str) -> str:
        """The part of the grammar that writes a token; for one that no part has to itself, that of the place."""
        owner = self.binding.owners.get(token)
        return self.binding.home(slots[0].name) if owner is None else owner

    def _home_of(self, passages: tuple[Alternative, ...], end: Alternative | Item) -> str:
        if isinstance(end, Alternative):
            return self.binding.home(end.rule)
        return self.binding.home(passages[-1].rule if passages else end.name)

    def way(self, slots: Slots, name: str, text: str | None, lengths: tuple[int, ...], home: str) -> Way | None:
        """How a token is written at a place, shortest passage first.

        `name` is empty for lists and continuous values; `text` is that of what may be a terminal by itself; `home` is
        as in the method of that name.
        """
        text = None if text is None else self.binding.texts.get(text, text)
        for passages, end in self._ends(slots):
            if self._home_of(passages, end) != home:
                continue
            inner = self._at_end(end, name, text, lengths)
            if inner is not None:
                for passage in reversed(passages):
                    inner = self._wrap(passage, inner)
                return inner
        return None

    def _ends(self, slots: Slots) -> list[tuple[tuple[Alternative, ...], Alternative | Item]]:
        """The alternatives and terminals that a place leads to, with the passages to each, shortest first."""
        if slots not in self._reached:
            found: list[tuple[tuple[Alternative, ...], Alternative | Item]] = []
            queue: list[tuple[tuple[Alternative, ...], Item]] = [((), item) for item in slots]
            seen = {i.name for i in slots}
            for passages, item in queue:
                if item.terminal:
                    found.append((passages, item))
                    continue
                for alternative in self._rules.by_rule[item.name]:
                    if not self.binding.meanings[alternative].is_passage:
                        found.append((passages, alternative))
                    elif alternative.kept[0].name not in seen:
                        seen.add(alternative.kept[0].name)
                        queue.append(((*passages, alternative), alternative.kept[0]))
            self._reached[slots] = sorted(found, key=_length)
        return self._reached[slots]

    def _at_end(self, end: Alternative | Item, name: str, text: str | None, lengths: tuple[int, ...]) -> Way | None:
        if isinstance(end, Item):
            terminal = self._rules.terminals[end.name]
            if text is not None and terminal.takes(text):
                return ((end.name, text),)
            wrapped = (end.name, name) in self._wraps
            return (Hole((end,), 0, -1),) if wrapped else None
        for form in self.binding.meanings[end].forms.get(name, ()) if name or text is None else ():
            way = self._fill(form, lengths)
            if way is not None:
                return way
        return None

    def _fill(self, form: Form, lengths: tuple[int, ...]) -> Way | None:
        """A form with as many elements in its lists as `lengths` says, one length a list argument."""
        arity = max([*form.places, len(form.in_list) - 1]) + 1
        if len(form.lists) != len(lengths):
            return None
        counts = dict(zip(form.lists, lengths, strict=True))
        ranges = [(e.low, e.high) if isinstance(e, Many) else (1, 1) for e in form.elements]
        wanted = [0] * len(form.elements)
        for place in range(arity):
            if place in counts and form.in_list[place]:
                own = [i for i, p in enumerate(form.places) if p == place]
                rest = counts[place] - sum(ranges[i][0] for i in own)
                if rest < 0:
                    return None
                for i in own:
                    low, high = ranges[i]
                    more = rest if high is None else min(rest, high - low)
                    wanted[i], rest = low + more, rest - more
                if rest:
                    return None
        for i, (element, place) in enumerate(zip(form.elements, form.places, strict=True)):
            if isinstance(element, Many) and (place < 0 or not form.in_list[place]):
                wanted[i] = element.low  # one of several things
        way: list[Piece] = []
        used = dict.fromkeys(range(arity), 0)
        for element, place, count in zip(form.elements, form.places, wanted, strict=True):
            if isinstance(element, Many):
                written = self.binding.repeats.write(element.rule, count)
                if written is None:
                    return None
                for item in written:
                    if item.kept:
                        way.append(Hole(element.items, place, used[place] if form.in_list[place] else -1))
                        used[place] += 1
                    else:
                        way.append(self._text(item))
            elif place < 0:
                way.append(self._text(element))
            elif form.in_list[place]:
                way.append(Hole((element,), place, used[place]))
                used[place] += 1
            else:
                way.append(Hole((element,), place, -1))
        return tuple(way)

    def _wrap(self, passage: Alternative, inner: Way) -> Way:
        way: list[Piece] = []
        for item in passage.items:
            way += inner if item.kept else (self._text(item),)
        return tuple(way)

    def _text(self, item: Item) -> Token:
        """The text of a terminal that means nothing: its own, or the shortest that it matches."""
        if item.name not in self._filler:
            self._filler[item.name] = item.name, shortest(self._rules.terminals[item.name], self._rules)
        return self._filler[item.name]


def _length(end: tuple[tuple[Alternative, ...], Alternative | Item]) -> tuple[int, int, int]:
    """Few passages first, then the order of the grammar's text, then without parts that may be left out."""
    passages, last = end
    return (len(passages), last.place, len(last.items)) if isinstance(last, Alternative) else (len(passages), 0, 0)


def elements(node: Program) -> list[Program]:
    """The elements of a list `cons first (cons second ... nil)`."""
    found = []
    while node.symbol.name == "cons":
        found.append(node.args[0])
        node = node.args[1]
    return found
