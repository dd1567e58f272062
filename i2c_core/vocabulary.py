"""A signature grounded from a root type: tokens, productions, and programs as rows of token ids.

A vocabulary *token* is a symbol; a *production* is a symbol at a type: what it pushes and what it costs. The two differ
wherever a symbol serves several types (`cons`, `3`, a generic `if`), so tables are indexed by (type, token).

Legend: V tokens, Y ground types, P productions, A the largest arity, N programs, T tokens of the longest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import BudgetError, ProgramError, SignatureError, suggest
from i2c_core.programs import Program, type_name
from i2c_core.symbols import CONS, NIL, Bins, Range, Signature, Symbol, bind_result, instances
from i2c_core.types import Bounds, Type

MAX_PRODUCTIONS = 1_000_000  # about 100 MB of tables; more is a range or a nesting that wants another way to say it
NEVER = np.iinfo(np.int32).max // 4  # the cost of what cannot end, small enough to add a few up in int32


@dataclass(frozen=True, slots=True)
class Production:
    """A token at a ground type: the types it pushes, and for continuous literals the bin's type."""

    type: int
    token: str
    args: tuple[int, ...]


@dataclass(frozen=True)
class Encoded:
    """A program as the model sees it: one token id a symbol in prefix order, NaN where a token has no value."""

    ids: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def has_values(self) -> bool:
        return any(v == v for v in self.values)


class Vocabulary:
    """The tokens and productions that are reachable from `root`, in the signature's order.

    Attributes (NumPy, so that every backend can take them):
        tokens: the V token names; ids count from 0, and V itself pads.
        types: the Y ground types; the root is type 0.
        production: (Y, V) int32, the production of a token at a type, -1 where the token is impossible there.
        prod_token, prod_type, prod_arity: (P,) int32.
        prod_args: (P, A) int32 type ids, -1 beyond the arity.
        least: (Y,) int32, the number of tokens of the shortest program of each type.
        prod_cost: (P,) int32, by how much a production lowers the slack: 1 + least of its arguments - that of its type.
        continuous: (V,) bool, tokens that carry a value.
    """

    def __init__(self, signature: Signature, root: Type, max_productions: int = MAX_PRODUCTIONS) -> None:
        self.signature = signature
        self.root = root
        self.types, self.productions = _ground(signature, root, max_productions)
        self.tokens = _order(signature, {p.token for p in self.productions})
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self._tables()

    def _tables(self) -> None:
        y, v, p = len(self.types), len(self.tokens), len(self.productions)
        width = max(len(q.args) for q in self.productions)
        self.prod_type = np.array([q.type for q in self.productions], np.int32)  # (P,)
        self.prod_token = np.array([self.ids[q.token] for q in self.productions], np.int32)  # (P,)
        self.prod_arity = np.array([len(q.args) for q in self.productions], np.int32)  # (P,)
        self.prod_args = np.full((p, width), -1, np.int32)  # (P, A)
        for i, q in enumerate(self.productions):
            self.prod_args[i, : len(q.args)] = q.args
        self.production = np.full((y, v), -1, np.int32)  # (Y, V)
        self.production[self.prod_type, self.prod_token] = np.arange(p, dtype=np.int32)
        self.least = _least(y, self.prod_type, self.prod_args)  # (Y,)
        if self.least[0] >= NEVER:
            _refuse_endless(self)
        self.prod_cost = (_needs(self.least, self.prod_args) - self.least[self.prod_type]).astype(np.int32)  # (P,)
        self.continuous = np.array([isinstance(self._kind(t), Bins) for t in self.tokens], bool)  # (V,)
        # What cannot end is closed everywhere, so that a mask built on these tables never leads into it.
        endless = _needs(self.least, self.prod_args) >= NEVER
        self.production[self.prod_type[endless], self.prod_token[endless]] = -1

    def _kind(self, token: str) -> object:
        symbol = self.signature[token]
        return None if symbol.parameters else self.signature.kind(symbol.result)

    @property
    def size(self) -> int:
        """V, the number of tokens; the id V itself pads."""
        return len(self.tokens)

    @property
    def pad(self) -> int:
        return len(self.tokens)

    @property
    def shortest(self) -> int:
        """The number of tokens of the shortest program of the root type."""
        return int(self.least[0])

    @cached_property
    def arity(self) -> NDArray[np.int32]:
        """(V,) the number of arguments of each token, the same at every type."""
        arity = np.zeros(self.size, np.int32)
        arity[self.prod_token] = self.prod_arity
        return arity

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the symbols reachable from the root: what a checkpoint must agree with."""
        table = [[str(self.types[q.type]), q.token, [str(self.types[a]) for a in q.args]] for q in self.productions]
        kinds = [[n, str(k)] for n, k in sorted(self.signature.kinds.items()) if Type(n) in self.types]
        text = json.dumps([str(self.root), list(self.tokens), table, kinds])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def require_budget(self, budget: int) -> None:
        """Raise `BudgetError` when no program of the root type has at most `budget` tokens."""
        if budget < self.shortest:
            fact = f"a budget of {budget} tokens is below the shortest {self.root}, which has {self.shortest}"
            raise BudgetError(fact, f"use a budget of at least {self.shortest}")

    def encode(self, program: Program) -> Encoded:
        """The program's tokens and values; checks every type on the way, from the root down."""
        ids: list[int] = []
        values: list[float] = []
        stack: list[tuple[Program, int, str]] = [(program, 0, "the root")]
        while stack:
            node, type_, where = stack.pop()
            token = self.ids.get(node.name)
            found = -1 if token is None else int(self.production[type_, token])
            if token is None or found < 0:
                fact = f"expected {self.types[type_]}, got {type_name(node)} at {where}"
                raise ProgramError(fact, f"{self.types[type_]} begins with {self.openings(type_)}")
            ids.append(token)
            values.append(float("nan") if node.value is None else node.value)
            args = self.productions[found].args
            for number in range(len(args), 0, -1):
                stack.append((node.args[number - 1], args[number - 1], f"argument {number} of {node.name}"))
        return Encoded(tuple(ids), tuple(values))

    def decode(self, ids: Iterable[int], values: Sequence[float] | None = None) -> Program:
        """The program that token ids say; padding behind it is dropped; raises `ProgramError` with the position."""
        tokens = [int(i) for i in ids]
        while tokens and tokens[-1] == self.pad:
            tokens.pop()
        self.check(tokens)
        return self._build(tokens, values)

    def check(self, tokens: Sequence[int]) -> None:
        """Raise `ProgramError` with the position where token ids, without padding, are no whole program of the root."""
        stack = [0]
        for position, token in enumerate(tokens):
            if not stack:
                fact = f"the program is complete after {position} tokens, got {len(tokens)}"
                raise ProgramError(fact, "drop the tokens behind it")
            type_ = stack.pop()
            if not 0 <= token < self.size or self.production[type_, token] < 0:
                name = self.tokens[token] if 0 <= token < self.size else str(token)
                fact = f"expected {self.types[type_]}, got {name} at token {position + 1}"
                raise ProgramError(fact, f"{self.types[type_]} begins with {self.openings(type_)}")
            stack.extend(reversed(self.productions[self.production[type_, token]].args))
        if stack:
            fact = f"the program ends after {len(tokens)} tokens, still open: {self.types[stack[-1]]}"
            raise ProgramError(fact, f"{self.types[stack[-1]]} begins with {self.openings(stack[-1])}")

    def _build(self, tokens: Sequence[int], values: Sequence[float] | None) -> Program:
        done: list[Program] = []
        for position in range(len(tokens) - 1, -1, -1):
            token = tokens[position]
            arity = int(self.arity[token])
            args = tuple(done[len(done) - arity :][::-1]) if arity else ()
            del done[len(done) - arity :]
            value = None if values is None or values[position] != values[position] else float(values[position])
            done.append(Program(self.signature, self.tokens[token], args, value))
        return done[0]

    def openings(self, type_: int, most: int = 8) -> str:
        """The tokens that may begin a program of a type, for errors: `h, v, q, B, W`."""
        names = [self.tokens[i] for i in np.flatnonzero(self.production[type_] >= 0)]
        return ", ".join(names[:most]) + (", ..." if len(names) > most else "")

    def pack(self, programs: Sequence[Encoded]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Programs as padded arrays: ids (N, T) with V behind each end, values (N, T) with NaN for none."""
        longest = max((len(p.ids) for p in programs), default=1)
        ids = np.full((len(programs), longest), self.pad, np.int64)  # (N, T)
        values = np.full((len(programs), longest), np.nan)  # (N, T)
        for row, program in enumerate(programs):
            ids[row, : len(program.ids)] = program.ids
            values[row, : len(program.values)] = program.values
        return ids, values

    def names_to_ids(self, names: Iterable[str]) -> list[int]:
        """Token ids by name; an unknown name raises with the closest known one."""
        found = []
        for name in names:
            if name not in self.ids:
                raise ProgramError(f"unknown token {name!r}", suggest(name, self.tokens, "see the symbol table"))
            found.append(self.ids[name])
        return found

    def show(self) -> str:
        """What was derived: for each ground type its shortest program's tokens and what may begin it."""
        rows = [("type", "least", "begins with")]
        rows += [(str(t), str(self.least[i]), self.openings(i, 12)) for i, t in enumerate(self.types)]
        widths = [max(len(r[c]) for r in rows) for c in (0, 1)]
        return "\n".join(f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c}" for a, b, c in rows) + "\n"


def _ground(signature: Signature, root: Type, bound: int) -> tuple[tuple[Type, ...], tuple[Production, ...]]:
    types, index = [root], {root: 0}
    productions: list[Production] = []
    seen: set[tuple[int, str]] = set()
    made = {s.result.name for s in signature.symbols if not s.result.is_variable} | set(signature.kinds)
    if not root.is_list and root.name not in made | set(signature.includes):
        raise SignatureError(
            f"unknown root type {str(root)!r}", suggest(root.name, made, "declare a symbol that makes it")
        )
    position = 0
    while position < len(types):
        wanted = types[position]
        _require_few(signature, wanted, bound - len(productions))
        for token, args in _alternatives(signature, wanted):
            if (position, token) in seen:
                continue  # two included types share the literal
            seen.add((position, token))
            for arg in args:
                if arg not in index:
                    index[arg] = len(types)
                    types.append(arg)
            productions.append(Production(position, token, tuple(index[a] for a in args)))
            if len(productions) > bound:
                fact = f"grounding {token.partition('[')[0]!r} at {wanted} makes more than {bound:,} productions"
                raise SignatureError(fact, "bound its list lengths or ranges, or list fewer types for its variables")
        position += 1
    return tuple(types), tuple(productions)


def _require_few(signature: Signature, wanted: Type, bound: int) -> None:
    """Raise `SignatureError` where a type's literals alone are more than the productions that are left."""
    for name in signature.included(wanted):
        kind = signature.kinds.get(name)
        if not isinstance(kind, Range | Bins):
            continue
        count = kind.count if isinstance(kind, Bins) else kind.high - kind.low + 1
        if count > bound:
            fact = f"'{name} = {kind}' has {count:,} values, room is left for {bound:,} productions"
            raise SignatureError(fact, "narrow the range, or write its numbers digit by digit")


def _alternatives(signature: Signature, wanted: Type) -> Iterable[tuple[str, tuple[Type, ...]]]:
    if wanted.is_list:
        low, high = wanted.bounds.low, wanted.bounds.high
        if high is None or high > 0:
            rest = Bounds(max(low - 1, 0), None if high is None else high - 1)
            yield CONS.name, (wanted.element, Type("List", (wanted.element, rest)))
        if low == 0:
            yield NIL.name, ()
        return
    for name in signature.included(wanted) or [wanted.name]:
        sort = wanted if name == wanted.name else Type(name)
        kind = signature.kind(sort)
        if isinstance(kind, Bins):
            yield from ((f"{name}:{i}", ()) for i in range(kind.count))
        elif kind is not None:
            yield from ((literal, ()) for literal in kind.literals())
        for symbol in signature.symbols:
            for instance in instances(symbol):
                binding = bind_result(instance, sort)
                if binding is not None:
                    yield instance.name, tuple(p.type.substitute(binding) for p in instance.parameters)


def _order(signature: Signature, reachable: set[str]) -> tuple[str, ...]:
    """Tokens in the signature's order; integers by value; cons and nil last."""
    ordered: dict[str, None] = {}
    by_name: dict[str, Symbol] = {s.name: s for s in signature.symbols}
    for name in signature.order:
        if name in by_name:
            ordered.update((s.name, None) for s in instances(by_name[name]))
        kind = signature.kinds.get(name)
        if isinstance(kind, Bins):
            ordered.update((f"{name}:{i}", None) for i in range(kind.count))
        elif kind is not None:
            ordered.update((literal, None) for literal in kind.literals())
    ordered.update({CONS.name: None, NIL.name: None})
    return tuple(token for token in ordered if token in reachable)


def _needs(least: NDArray[np.int64], args: NDArray[np.int32]) -> NDArray[np.int64]:
    """(P,) the tokens of the shortest program that begins with each production."""
    needs: NDArray[np.int64] = 1 + np.where(args >= 0, least[args], 0).sum(1, dtype=np.int64)
    return np.minimum(needs, NEVER, out=needs)


def _least(types: int, prod_type: NDArray[np.int32], prod_args: NDArray[np.int32]) -> NDArray[np.int64]:
    least = np.full(types, NEVER, np.int64)
    while True:
        better = least.copy()
        np.minimum.at(better, prod_type, _needs(least, prod_args))
        if np.array_equal(better, least):
            return least
        least = better


def _refuse_endless(vocabulary: Vocabulary) -> None:
    root = vocabulary.types[0]
    symbols = sorted({q.token for q in vocabulary.productions if q.type == 0})
    if not symbols:
        raise SignatureError(f"root type {root} has no symbol", f"declare a symbol that makes a {root}")
    endless = {str(vocabulary.types[i]) for i in range(len(vocabulary.types)) if vocabulary.least[i] >= NEVER}
    needs = f"each of its symbols ({', '.join(symbols)}) needs {' or '.join(sorted(endless))}"
    raise SignatureError(
        f"root type {root} can never end: {needs}", f"declare a symbol of type {root} that needs none of them"
    )
