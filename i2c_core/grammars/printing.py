"""From a program to text: for each symbol the shortest way that the grammar writes it at each place.

What a rule passes through (`?expr: term`, `"(" expr ")"`) is searched breadth first, so brackets appear where the
grammar needs them and nowhere else. Ways are found once a (rule, symbol) and kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from i2c_core.errors import GrammarError
from i2c_core.grammars.binding import Binding, Form
from i2c_core.grammars.naming import key, plain, rule_names
from i2c_core.grammars.regexes import whole, words
from i2c_core.grammars.repeats import Many
from i2c_core.grammars.trees import Alternative, Item
from i2c_core.programs import Program
from i2c_core.symbols import Bins, Enumeration, Range
from i2c_core.types import Type

Slots = tuple[Item, ...]  # what may be written at a place: one item, or for elements of a list any of several
Piece = str | tuple[Slots, int, int]  # text, or an argument (its slots, its place, the element's place in it or -1)
Way = tuple[Piece, ...]
KEPT = 20_000  # ways and spacings that are kept in memory


class Printer:
    """Prints the programs of one vocabulary by one grammar; raises `GrammarError` where it lacks a way to write one."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._rules = binding.rules
        self._signature = binding.vocabulary.signature
        self._start: Slots = (Item(self._rules.start, False, True),)
        self._reached: dict[Slots, list[tuple[tuple[Alternative, ...], Alternative | Item]]] = {}
        self._ways: dict[tuple[Slots, str, str | None, tuple[int, ...]], Way | None] = {}
        self._gaps: dict[tuple[str, str], str] = {}
        ignored = [t for t in self._rules.terminals.values() if t.ignored]
        self._space = next((c for c in " \n\t" if any(t.compiled.fullmatch(c) for t in ignored)), "")
        self._filler: dict[str, str] = {}
        self.terminal_types: dict[str, set[Type]] = {}
        check_complete(self)

    def show(self, program: Program) -> str:
        """The program as text."""
        pieces: list[str] = []
        stack: list[str | tuple[Slots, Program]] = [(self._start, program)]
        while stack:
            top = stack.pop()
            if isinstance(top, str):
                pieces.append(top)
                continue
            slots, node = top
            way, lists = self._way_of(slots, node)
            for piece in reversed(way):
                if isinstance(piece, str):
                    stack.append(piece)
                elif piece[2] < 0:
                    stack.append((piece[0], node.args[piece[1]] if piece[1] >= 0 else node))
                else:
                    stack.append((piece[0], lists[piece[1]][piece[2]]))
        return self._join(pieces)

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
        known = (slots, name, text, lengths)
        way = self._ways.get(known)
        if way is None:
            way = self.way(slots, name, text, lengths)
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

    def way(self, slots: Slots, name: str, text: str | None, lengths: tuple[int, ...]) -> Way | None:
        """How a token is written at a place, shortest passage first.

        `name` is empty for lists and continuous values; `text` is that of what may be a terminal by itself.
        """
        for passages, end in self._ends(slots):
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
                    if not self._binding.meanings[alternative].is_passage:
                        found.append((passages, alternative))
                    elif alternative.kept[0].name not in seen:
                        seen.add(alternative.kept[0].name)
                        queue.append(((*passages, alternative), alternative.kept[0]))
            self._reached[slots] = sorted(found, key=_length)
        return self._reached[slots]

    def _at_end(self, end: Alternative | Item, name: str, text: str | None, lengths: tuple[int, ...]) -> Way | None:
        if isinstance(end, Item):
            terminal = self._rules.terminals[end.name]
            return (text,) if text is not None and whole(terminal.compiled, text) else None
        for form in self._binding.meanings[end].forms.get(name, ()) if name or text is None else ():
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
        way: list[Piece] = []
        used = dict.fromkeys(range(arity), 0)
        for element, place, count in zip(form.elements, form.places, wanted, strict=True):
            if isinstance(element, Many):
                written = self._binding.repeats.write(element.rule, count)
                if written is None:
                    return None
                for item in written:
                    if item.kept:
                        way.append((element.items, place, used[place]))
                        used[place] += 1
                    else:
                        way.append(self._text(item))
            elif place < 0:
                way.append(self._text(element))
            elif form.in_list[place]:
                way.append(((element,), place, used[place]))
                used[place] += 1
            else:
                way.append(((element,), place, -1))
        return tuple(way)

    def _wrap(self, passage: Alternative, inner: Way) -> Way:
        way: list[Piece] = []
        for item in passage.items:
            way += inner if item.kept else (self._text(item),)
        return tuple(way)

    def _text(self, item: Item) -> str:
        """The text of a terminal that means nothing: its own, or the shortest that it matches."""
        if item.name not in self._filler:
            terminal = self._rules.terminals[item.name]
            found = (terminal.literal,) if terminal.literal is not None else words(terminal.regex, terminal.flags)[0]
            if not found:
                fact = f"{self._rules.name}: no text is found that terminal {self._rules.shown(item)} matches"
                raise GrammarError(fact, "write it as a simpler regular expression")
            self._filler[item.name] = str(found[0])
        return self._filler[item.name]

    # -- spacing

    def _join(self, pieces: Sequence[str]) -> str:
        if not self._space:
            return "".join(pieces)
        out: list[str] = []
        gaps = self._gaps
        before = ""
        for piece in pieces:
            gap = gaps.get((before, piece))
            if gap is None:
                gap = self._gap(before, piece)
                if len(gaps) > KEPT:
                    gaps.clear()
                gaps[before, piece] = gap
            out.append(gap)
            out.append(piece)
            before = piece
        return "".join(out)

    def _gap(self, left: str, right: str) -> str:
        """What stands between two tokens: nothing where people write nothing and no longer token would arise."""
        if not left or not right or left.isspace() or right.isspace():
            return ""
        close = right in (",", ";", ")", "]") or left in ("(", "[") or (right == "(" and re.fullmatch(r"\w+", left))
        if not close:
            return self._space
        joined = left + right
        for terminal in self._rules.terminals.values():
            found = terminal.compiled.match(joined)
            if found is not None and found.end() > len(left):
                return self._space
        return ""


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


def check_complete(printer: Printer) -> None:
    """Raise `GrammarError` for the first symbol, literal or list length that some reachable place cannot write."""
    binding = printer._binding
    vocabulary = binding.vocabulary
    seen: set[tuple[Slots, str]] = set()
    pending: list[tuple[Slots, int]] = [(printer._start, 0)]
    by_type: dict[int, list[tuple[str, tuple[int, ...]]]] = {}
    for production in vocabulary.productions:
        if vocabulary.production[production.type, vocabulary.ids[production.token]] >= 0:
            by_type.setdefault(production.type, []).append((production.token, production.args))
    while pending:
        slots, type_ = pending.pop()
        wanted = vocabulary.types[type_]
        if (slots, str(wanted)) in seen:
            continue
        seen.add((slots, str(wanted)))
        for item in slots:
            if item.terminal:
                printer.terminal_types.setdefault(item.name, set()).add(wanted)
        if wanted.is_list:
            _check_list(printer, slots, wanted, pending)
            continue
        literals = _literals(printer, wanted)
        for name, text, type_name in literals:
            if printer.way(slots, name, text, ()) is None:
                raise _missing(printer, slots, wanted, f"{text!r} of type {type_name}")
        for token, args in by_type.get(type_, ()):
            if not args and _is_literal(printer, token):
                continue
            for lengths in _lengths([vocabulary.types[a] for a in args]):
                way = printer.way(slots, token, None if args else token, lengths)
                if way is None:
                    shown = f"symbol {token!r} of type {wanted}"
                    shown += f" with {' and '.join(map(str, lengths))} elements" if lengths else ""
                    raise _missing(printer, slots, wanted, shown)
                for piece in way:
                    if not isinstance(piece, str):
                        inner = args[piece[1]]
                        element = vocabulary.types[inner].element if piece[2] >= 0 else None
                        pending.append((piece[0], inner if element is None else vocabulary.types.index(element)))


def _missing(printer: Printer, slots: Slots, wanted: Type, what: str) -> GrammarError:
    binding = printer._binding
    rules = binding.rules
    names = [i.name for i in slots]
    own = [r for r in rules.by_rule if plain(r) in rule_names(key(wanted)) and not slots[0].terminal]
    names = own[:1] if own and binding.sorts.get(names[0]) == key(wanted) else names
    first = rules.by_rule.get(names[0])
    where = rules.where(first[0]) if first else rules.name
    shown = [i.shown if (i := rules.terminals.get(n)) and n.startswith("__") else n for n in names]
    kind = "terminal" if names[0] in rules.terminals else "rule"
    return GrammarError(
        f"{where}: {kind} {' or '.join(shown)} has no way to write {what}",
        "add an alternative for it, or change the signature",
    )


def _check_list(printer: Printer, slots: Slots, wanted: Type, pending: list[tuple[Slots, int]]) -> None:
    for lengths in _lengths([wanted]):
        way = printer.way(slots, "", None, lengths)
        if way is None:
            raise _missing(printer, slots, wanted, f"{lengths[0]} {wanted.element}s")
        element = printer._binding.vocabulary.types.index(wanted.element) if lengths[0] else 0
        pending += [(p[0], element) for p in way if not isinstance(p, str)]


def _lengths(types: Sequence[Type]) -> Iterator[tuple[int, ...]]:
    """List lengths to try: the least, the few after it, and the most, each list in turn."""
    bounds = [t.bounds for t in types if t.is_list]
    least = tuple(b.low for b in bounds)
    yield least
    for place, bound in enumerate(bounds):
        most = bound.low + 3 if bound.high is None else min(bound.low + 3, bound.high)
        tried = {*range(bound.low + 1, most + 1)} | (
            {bound.high} if bound.high is not None and bound.high <= 1000 else set()
        )
        for count in sorted(c for c in tried if c != bound.low):
            yield (*least[:place], count, *least[place + 1 :])


def _is_literal(printer: Printer, token: str) -> bool:
    signature = printer._signature
    return signature[token].result.name == "Literal" or isinstance(signature.kind(signature[token].result), Bins)


def _literals(printer: Printer, wanted: Type) -> Iterator[tuple[str, str, str]]:
    """Texts that a type's literals must be writable as: the ends of ranges, every member, bins' ends and centres."""
    signature = printer._signature
    for name in signature.included(wanted):
        kind = signature.kinds.get(name)
        if isinstance(kind, Range):
            for number in sorted(
                {kind.low, min(kind.low + 1, kind.high), min(max(kind.low, 10), kind.high), kind.high}
            ):
                yield str(number), str(number), f"{name} ({kind})"
        elif isinstance(kind, Enumeration):
            yield from ((member, member, name) for member in kind.members)
        elif isinstance(kind, Bins):
            for value in (kind.low, kind.centre(0), kind.centre(kind.count - 1), kind.high):
                yield "", repr(value), f"{name} ({kind.low}..{kind.high})"
