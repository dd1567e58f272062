"""Whether a grammar can write all that a signature says: every symbol, literal and list length at each place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from i2c_core.errors import GrammarError
from i2c_core.grammars.naming import key, plain, rule_names
from i2c_core.grammars.printing import Hole, Printer, Slots
from i2c_core.symbols import Bins, Enumeration, Range, character
from i2c_core.types import Type

FEW = 8  # texts of a type of free text that are tried


def check_complete(printer: Printer) -> None:
    """Raise `GrammarError` for the first symbol, literal or list length that some reachable place cannot write."""
    binding = printer.binding
    vocabulary = binding.vocabulary
    seen: set[tuple[Slots, str]] = set()
    pending: list[tuple[Slots, int]] = [(printer.start, 0)]
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
        for text_type, language in printer.binding.vocabulary.signature.texts(wanted):
            for word in language.dfa.words(FEW)[0]:
                if not printer.writes(slots, word):
                    raise _missing(printer, slots, wanted, f"{word!r} of type {text_type}")
        literals = _literals(printer, wanted)
        for name, text, type_name in literals:
            if printer.way(slots, name, text, (), printer.home(slots, name)) is None:
                raise _missing(printer, slots, wanted, f"{text!r} of type {type_name}")
        for token, args in by_type.get(type_, ()):
            if (not args and _is_literal(printer, token)) or character(token) is not None:
                continue
            for lengths in _lengths(printer, [vocabulary.types[a] for a in args]):
                way = printer.way(slots, token, None if args else token, lengths, printer.home(slots, token))
                if way is None:
                    shown = f"symbol {token!r} of type {wanted}"
                    shown += f" with {' and '.join(map(str, lengths))} elements" if lengths else ""
                    raise _missing(printer, slots, wanted, shown)
                for piece in way:
                    if isinstance(piece, Hole):
                        inner = args[piece[1]]
                        element = vocabulary.types[inner].element if piece[2] >= 0 else None
                        pending.append((piece[0], inner if element is None else vocabulary.types.index(element)))


def _missing(printer: Printer, slots: Slots, wanted: Type, what: str) -> GrammarError:
    binding = printer.binding
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
    types = printer.binding.vocabulary.types
    for lengths in _lengths(printer, [wanted]):
        way = printer.way(slots, "", None, lengths, printer.home(slots, ""))
        if way is None:
            raise _missing(printer, slots, wanted, f"{lengths[0]} {wanted.element}s")
        element = types.index(wanted.element) if lengths[0] else 0
        pending += [(p[0], element) for p in way if isinstance(p, Hole)]


def _lengths(printer: Printer, types: Sequence[Type]) -> Iterator[tuple[int, ...]]:
    """List lengths to try: the least, the few after it, and the most, each list in turn; none where nothing is."""
    bounds = [_bounds(printer, t) for t in types if t.is_list]
    least = tuple(low for low, _ in bounds)
    yield least
    for place, (low, high) in enumerate(bounds):
        most = low + 3 if high is None else min(low + 3, high)
        tried = {*range(low + 1, most + 1)} | ({high} if high is not None and high <= 1000 else set())
        for count in sorted(c for c in tried if c != low):
            yield (*least[:place], count, *least[place + 1 :])


def _bounds(printer: Printer, wanted: Type) -> tuple[int, int | None]:
    """How many elements a list may have; none where nothing is of their type."""
    vocabulary = printer.binding.vocabulary
    if wanted.element not in vocabulary.types:
        return 0, 0
    if not bool((vocabulary.production[vocabulary.types.index(wanted.element)] >= 0).any()):
        return 0, 0
    return wanted.bounds.low, wanted.bounds.high


def _is_literal(printer: Printer, token: str) -> bool:
    signature = printer.binding.vocabulary.signature
    return signature[token].result.name == "Literal" or isinstance(signature.kind(signature[token].result), Bins)


def _literals(printer: Printer, wanted: Type) -> Iterator[tuple[str, str, str]]:
    """Texts that a type's literals must be writable as: the ends of ranges, every member, bins' ends and centres."""
    signature = printer.binding.vocabulary.signature
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
                yield f"{name}:0", repr(value), f"{name} ({kind.low}..{kind.high})"
