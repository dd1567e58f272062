"""Grounding: the types and productions that are reachable from a root type, breadth first, in the signature's order.

Generic symbols, indices, lists and texts all become plain types here: `Expr[Bool]`, `Stmt[2]`, `List[Mark, 0..4]`,
`Name[3]` for a text of which some characters are written (the number is the state of its automaton).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from i2c_core.errors import RegularError, SignatureError, suggest
from i2c_core.symbols import (
    CONS,
    END,
    NIL,
    Bins,
    Range,
    Signature,
    Symbol,
    Text,
    bind_result,
    character,
    character_token,
    instances,
)
from i2c_core.symbols.checks import check_root
from i2c_core.types import Index, Type

MAX_PRODUCTIONS = 1_000_000  # about 100 MB of tables; more is a range or a nesting that wants another way to say it
_LARGEST_TYPE = 200  # names in one type; larger ones come from a symbol whose types never stop growing

_BOUND = "bound its list lengths or ranges, or list fewer types for its variables"
_NONE: tuple[Type, ...] = ()
Alternative = tuple[str, tuple[Type, ...]]  # a token and the types of its arguments


@dataclass(frozen=True, slots=True)
class Production:
    """A token at a ground type: the types it pushes, and for continuous literals the bin's type."""

    type: int
    token: str
    args: tuple[int, ...]


def ground(signature: Signature, root: Type, bound: int) -> tuple[tuple[Type, ...], tuple[Production, ...]]:
    """The ground types, the root first, and their productions; a bound that is exceeded names the symbol."""
    _require_root(signature, root)
    rules = Rules(signature)
    types, index = [root], {root: 0}
    productions: list[Production] = []
    position = 0
    while position < len(types):
        wanted = types[position]
        _require_few(signature, wanted, bound - len(productions))
        if wanted.is_list and (wanted.bounds.high or 0) > bound:  # each length is a type
            raise SignatureError(f"grounding {CONS.name!r} at {wanted} makes more than {bound:,} productions", _BOUND)
        seen: dict[str, tuple[Type, ...]] = {}
        known: dict[int, tuple[int, ...]] = {}  # by id() of the arguments, which `seen` keeps alive
        for token, args in rules.alternatives(wanted):
            if token in seen:  # two included types share the literal
                _require_one_text(rules, wanted, token, seen[token], args)
                continue
            seen[token] = args
            ids = known.get(id(args))
            if ids is None:
                ids = known[id(args)] = tuple([_number(a, index, types, token, wanted) for a in args])
            productions.append(Production(position, token, ids))
            if len(productions) > bound:
                raise _too_many(productions, types, bound)
        position += 1
    return tuple(types), tuple(productions)


def _number(arg: Type, index: dict[Type, int], types: list[Type], token: str, wanted: Type) -> int:
    """The number of a type, a new one where it is met for the first time."""
    found = index.get(arg)
    if found is None:
        _require_small(token, wanted, arg)
        index[arg] = found = len(types)
        types.append(arg)
    return found


class Rules:
    """What may begin a program of each ground type of a signature."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self._made: dict[str, list[tuple[int, Symbol]]] = {}  # by the name of the result, "" for a type variable
        for place, symbol in enumerate(signature.symbols):
            name = "" if symbol.result.is_variable else symbol.result.name
            self._made.setdefault(name, []).extend((place, instance) for instance in instances(symbol))
        self._makers: dict[str, list[tuple[str, int, Symbol]]] = {}
        self._shapes: dict[object, int] = {}
        self._existing: dict[Type, bool] = {}

    def alternatives(self, wanted: Type) -> Iterator[Alternative]:
        """Each token that may begin a program of a type, with the types of its arguments; a token may come twice.

        Tokens of equal arguments share one tuple of them.
        """
        last, exists = _NONE, True
        for token, args in self.all_alternatives(wanted):
            if args is not last:
                last, exists = args, all(not a.args or self.exists(a) for a in args)
            if exists:
                yield token, args

    def all_alternatives(self, wanted: Type) -> Iterator[Alternative]:
        """The same with those that need a type beyond the bound of its index."""
        if wanted.is_list:
            if wanted.bounds.high is None or wanted.bounds.high > 0:
                yield CONS.name, (wanted.element, wanted.rest)
            if wanted.bounds.low == 0:
                yield NIL.name, _NONE
            return
        signature = self.signature
        started = self._started(wanted)
        if started is not None:
            yield from _characters(wanted.name, *started)
            return
        for part in signature.parts(wanted):
            kind = signature.kind(part)
            if isinstance(kind, Bins):
                yield from ((f"{part.name}:{i}", _NONE) for i in range(kind.count))
            elif isinstance(kind, Text):
                yield from _characters(part.name, kind, 0)
            elif kind is not None:
                yield from ((literal, _NONE) for literal in kind.literals())
            yield from self._applications(part)

    def _applications(self, part: Type) -> Iterator[Alternative]:
        """The symbols that make a type, in Γ's order."""
        if part.name not in self._makers:
            self._makers[part.name] = self._sorted_makers(part.name)
        grounded: dict[int, tuple[Type, ...] | None] = {}
        for token, shape, symbol in self._makers[part.name]:
            if shape not in grounded:
                binding = bind_result(symbol, part, self.signature.indices)
                types = (p.type for p in symbol.parameters)
                grounded[shape] = None if binding is None else tuple([t.substitute(binding) for t in types])
            args = grounded[shape]
            if args is not None:
                yield token, args

    def _sorted_makers(self, name: str) -> list[tuple[str, int, Symbol]]:
        """Token, shape and symbol; symbols of one shape have the same arguments wherever they have the same result."""
        found = sorted(self._made.get(name, []) + self._made.get("", []), key=lambda f: f[0])
        makers = []
        for _, symbol in found:
            shape = (symbol.result, tuple([p.type for p in symbol.parameters]), symbol.ranges)
            makers.append((symbol.name, self._shapes.setdefault(shape, len(self._shapes)), symbol))
        return makers

    def _started(self, wanted: Type) -> tuple[Text, int] | None:
        """The language and the state of a text that has begun: `Name[3]`."""
        kind = self.signature.kinds.get(wanted.name) if wanted.args else None
        state = wanted.args[0] if wanted.args else None
        return (kind, state.offset) if isinstance(kind, Text) and isinstance(state, Index) else None

    def exists(self, type_: Type) -> bool:
        """Whether an indexed type is within its bounds: `Stmt[4]` is not where s = 0..3, nor is `Index[0..-1]`.

        A symbol that makes every type, such as `if : (Bool, t, t) -> t`, brings neither into being.
        """
        if type_.is_list or isinstance(type_.args[0], Type):
            return True
        if type_ not in self._existing:
            self._existing[type_] = self._started(type_) is not None or any(
                map(self._is_made, self.signature.parts(type_))
            )
        return self._existing[type_]

    def _is_made(self, part: Type) -> bool:
        kind = self.signature.kind(part)
        if isinstance(kind, Range):
            return kind.low <= kind.high
        made = self._made.get(part.name, ())
        return kind is not None or any(bind_result(s, part, self.signature.indices) is not None for _, s in made)


def _characters(name: str, text: Text, state: int) -> Iterator[Alternative]:
    """What may come next in a text: a character leads to a state, the empty token ends it."""
    try:
        dfa = text.dfa
    except RegularError as error:
        raise SignatureError(f"type {name}: {error.fact}", error.hint) from None
    if dfa.is_empty:
        return
    for letter, next_ in zip(dfa.alphabet, dfa.step[state], strict=True):
        if next_ >= 0:
            yield character_token(letter), (Type(name, (Index(None, next_),)),)
    if dfa.accepting[state]:
        yield END.name, _NONE


def order_tokens(signature: Signature, reachable: set[str]) -> tuple[str, ...]:
    """Tokens in the signature's order; integers by value; characters by code point; cons and nil last."""
    ordered: dict[str, None] = {}
    by_name: dict[str, Symbol] = {s.name: s for s in signature.symbols}
    for name in signature.order:
        if name in by_name:
            ordered.update((s.name, None) for s in instances(by_name[name]))
        kind = signature.kinds.get(name)
        if isinstance(kind, Bins):
            ordered.update((f"{name}:{i}", None) for i in range(kind.count))
        elif isinstance(kind, Text):
            if END.name not in ordered:
                letters = sorted(c for c in map(character, reachable) if c)
                ordered.update((character_token(c), None) for c in letters)
                ordered[END.name] = None
        elif kind is not None:
            ordered.update((literal, None) for literal in kind.literals())
    own = ordered.keys() | {CONS.name, NIL.name}
    ordered.update((n, None) for n in sorted(reachable - own, key=int))  # integers of no declared range
    ordered.update({CONS.name: None, NIL.name: None})
    return tuple(token for token in ordered if token in reachable)


# -- what cannot be grounded


def _require_root(signature: Signature, root: Type) -> None:
    made = {s.result.name for s in signature.symbols if not s.result.is_variable} | set(signature.kinds)
    made |= set(signature.includes)
    if not root.is_list and root.name not in made:
        hint = suggest(root.name, made, "declare a symbol that makes it")
        raise SignatureError(f"unknown root type {str(root)!r}", hint)
    if not root.is_ground:
        name = next(root.variables())
        raise SignatureError(f"root type {root} leaves {name!r} open", "name one type, such as Stmt[0]")
    if root.args:
        check_root(signature, root)


def _require_few(signature: Signature, wanted: Type, bound: int) -> None:
    """Raise `SignatureError` where a type's literals alone are more than the productions that are left."""
    for part in signature.parts(wanted):
        kind = signature.kind(part)
        if not isinstance(kind, Range | Bins):
            continue
        count = kind.count if isinstance(kind, Bins) else kind.high - kind.low + 1
        if count > bound:
            fact = f"'{part} = {kind}' has {count:,} values, room is left for {bound:,} productions"
            raise SignatureError(fact, "narrow the range, or write its numbers digit by digit")


def _require_small(token: str, wanted: Type, arg: Type) -> None:
    """Raise `SignatureError` where types grow without end: `(Pair[t, t]) -> t`."""
    if not arg.args:
        return
    waiting: list[object] = [arg]
    for _ in range(_LARGEST_TYPE):
        if not waiting:
            return
        part = waiting.pop()
        waiting += part.args if isinstance(part, Type) else ()
    shown = str(wanted)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    fact = f"grounding {token.partition('[')[0]!r} at {shown} makes ever larger types"
    raise SignatureError(fact, "list what its variable may be: ... for t in TypeA, TypeB")


def _require_one_text(rules: Rules, wanted: Type, token: str, one: Iterable[Type], other: Iterable[Type]) -> None:
    """Two texts that may stand at one place must differ in their first character."""
    letter = character(token)
    if not letter or not rules.signature.has_texts:
        return
    names = [next(iter(args)).name for args in (one, other)]
    fact = f"{wanted} may begin with {token} of {names[0]} and of {names[1]}"
    hint = f"give one of them a symbol: {names[1].lower()} : ({names[1]}) -> {wanted}"
    raise SignatureError(fact, hint)


def _too_many(productions: list[Production], types: list[Type], bound: int) -> SignatureError:
    """The error that names the symbol with the most productions, at the type that it came to last."""
    counts = Counter(q.token.partition("[")[0] for q in productions if q.args)
    name = counts.most_common(1)[0][0] if counts else productions[-1].token
    last = next(q for q in reversed(productions) if q.token.partition("[")[0] == name)
    fact = f"grounding {name!r} at {types[last.type]} makes more than {bound:,} productions"
    return SignatureError(fact, _BOUND)
