"""The vocabulary of a signature at a root type: tokens, productions and costs as tables, programs as token ids.

Legend: V tokens, Y ground types, P productions, A the largest arity, N programs, T tokens of the longest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import BudgetError, ProgramError, SignatureError, suggest
from i2c_core.programs import Program, require_related, type_name
from i2c_core.symbols import TEXT, Bins, Enumeration, Signature, Symbol
from i2c_core.types import Type
from i2c_core.vocabulary.grounding import MAX_PRODUCTIONS, ground, order_tokens
from i2c_core.vocabulary.shortest import NEVER, endless, needs, shortest

MAX_CELLS = 1 << 29  # of the table of productions: 2 GB


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
        least: (Y,) int64, the number of tokens of the shortest program of each type.
        prod_cost: (P,) int32, by how much a production lowers the slack: 1 + least of its arguments - that of its type.
        continuous: (V,) bool, tokens that carry a value.
        related: the symbols, by token, with arguments that depend on others.
        rules: the text of rewrite rules that canonical programs obey, a rule a line (see `i2c_core.rewriting`). Legal
            is what it is without them: programs encode and decode whatever the rules say.
    """

    def __init__(
        self, signature: Signature, root: Type, max_productions: int = MAX_PRODUCTIONS, rules: Sequence[str] = ()
    ) -> None:
        self.signature = signature
        self.root = root
        self.rules = tuple(rules)
        self.types, self.productions = ground(signature, root, max_productions)
        self.tokens = order_tokens(signature, {p.token for p in self.productions})
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.related: dict[str, Symbol] = {}
        if signature.has_relations:
            symbols = ((token, signature[token]) for token in self.tokens)
            self.related = {token: symbol for token, symbol in symbols if symbol.has_relations}
        self._tables()

    def _tables(self) -> None:
        y, v, p = len(self.types), len(self.tokens), len(self.productions)
        if y * v > MAX_CELLS:
            fact = f"{y:,} types and {v:,} tokens make a table of {y * v:,} cells, more than {MAX_CELLS:,}"
            raise SignatureError(fact, "list fewer types for its variables, or write long names as texts")
        arity = np.fromiter((len(q.args) for q in self.productions), np.int32, p)
        self.prod_type = np.fromiter((q.type for q in self.productions), np.int32, p)  # (P,)
        self.prod_token = np.fromiter((self.ids[q.token] for q in self.productions), np.int32, p)  # (P,)
        self.prod_arity = arity  # (P,)
        width = int(arity.max(initial=0))
        self.prod_args = np.full((p, width), -1, np.int32)  # (P, A)
        flat = chain.from_iterable(q.args for q in self.productions)
        self.prod_args[np.arange(width) < arity[:, None]] = np.fromiter(flat, np.int32, int(arity.sum()))
        self.production = np.full((y, v), -1, np.int32)  # (Y, V)
        self.production[self.prod_type, self.prod_token] = np.arange(p, dtype=np.int32)
        self.least = shortest(y, self.prod_type, self.prod_args)  # (Y,)
        if self.least[0] >= NEVER:
            raise endless(self.signature, self.types, self.least)
        needed = needs(self.least, self.prod_args)
        self.prod_cost = (needed - self.least[self.prod_type]).astype(np.int32)  # (P,)
        self.continuous = np.array([isinstance(self._kind(t), Bins) for t in self.tokens], bool)  # (V,)
        # What cannot end is closed everywhere, so that a mask built on these tables never leads into it.
        closed = needed >= NEVER
        self.production[self.prod_type[closed], self.prod_token[closed]] = -1

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
    def has_orders(self) -> bool:
        """Whether any list that the root reaches stands in order."""
        signature = self.signature
        if not (signature.has_orders or any(t.is_list for t in self.types)):
            return False
        own = any(signature[t].order for t in self.tokens) if signature.has_orders else False
        return own or any(t.increasing for t in self.types)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the symbols reachable from the root: what a checkpoint must agree with."""
        signature = self.signature
        table = [[str(self.types[q.type]), q.token, [str(self.types[a]) for a in q.args]] for q in self.productions]
        types = set(self.types)
        kinds = []
        for name, kind in sorted(signature.kinds.items()):
            if Type(name) in types:
                kinds.append([name, " | ".join(kind.members) if isinstance(kind, Enumeration) else str(kind)])
        parts = [str(self.root), list(self.tokens), table, kinds]
        symbols = [signature[token] for token in self.tokens]
        rules = [str(s) for s in symbols if s.has_relations or s.key is not None or s.order]
        text = json.dumps([*parts, rules] if rules else parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def require_budget(self, budget: int) -> None:
        """Raise `BudgetError` when no program of the root type has at most `budget` tokens."""
        if budget < self.shortest:
            fact = f"a budget of {budget} tokens is below the shortest {self.root}, which has {self.shortest}"
            raise BudgetError(fact, f"use a budget of at least {self.shortest}")

    # -- programs and token ids

    def encode(self, program: Program) -> Encoded:
        """The program's tokens and values; checks every type on the way, from the root down, and every relation."""
        ids: list[int] = []
        values: list[float] = []
        stack: list[tuple[Program, int, Program | None, int]] = [(program, 0, None, 0)]
        while stack:
            node, type_, parent, place = stack.pop()
            name = node.symbol.name
            token = self.ids.get(name)
            found = -1 if token is None else int(self.production[type_, token])
            if token is None or found < 0:
                raise self._wrong(type_, node, parent, place, program)
            ids.append(token)
            values.append(float("nan") if node.value is None else node.value)
            args = self.productions[found].args
            if node.symbol.result == TEXT:  # an error inside a text tells the whole text
                if args:
                    stack.append((node.args[0], args[0], parent, place))
                continue
            if name in self.related:
                require_related(self.signature, self.related[name], [a.symbol.name for a in node.args])
            for number in range(len(args), 0, -1):
                stack.append((node.args[number - 1], args[number - 1], node, number))
        return Encoded(tuple(ids), tuple(values))

    def _wrong(self, type_: int, node: Program, parent: Program | None, place: int, root: Program) -> ProgramError:
        where = "the root" if parent is None else f"argument {place} of {parent.name}"
        hint = f"{self.types[type_]} begins with {self.openings(type_)}"
        wanted = self._shown(type_)
        if node.symbol.result == TEXT:  # tell the whole text, not what is wrong behind its first characters
            node = root if parent is None else parent.args[place - 1]
            languages = self.signature.texts(Type(wanted))
            hint = " or ".join(f"'{name} = {text}'" for name, text in languages) or hint
        return ProgramError(f"expected {wanted}, got {type_name(node)} at {where}", hint)

    def _shown(self, type_: int) -> str:
        """A type as errors name it: a text that has begun by its own type."""
        found = self.types[type_]
        return found.name if found.args and found.name in self.signature.kinds and not found.span else str(found)

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
                fact = f"expected {self._shown(type_)}, got {name} at token {position + 1}"
                raise ProgramError(fact, f"{self.types[type_]} begins with {self.openings(type_)}")
            stack.extend(reversed(self.productions[self.production[type_, token]].args))
        if stack:
            fact = f"the program ends after {len(tokens)} tokens, still open: {self._shown(stack[-1])}"
            raise ProgramError(fact, f"{self.types[stack[-1]]} begins with {self.openings(stack[-1])}")
        if self.related:
            self._check_relations(tokens)

    def _check_relations(self, tokens: Sequence[int]) -> None:
        """Raise where a literal does not stand as it must to an earlier one of the same symbol; `tokens` are whole."""
        heads: list[int] = []  # the first tokens of what comes next, the nearest last
        for token in reversed(tokens):
            arity = int(self.arity[token])
            name = self.tokens[token]
            if name in self.related:
                names = [self.tokens[t] for t in heads[len(heads) - arity :][::-1]]
                require_related(self.signature, self.related[name], names)
            if arity:
                del heads[len(heads) - arity :]
            heads.append(token)

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
        least = ["-" if cost >= NEVER else str(cost) for cost in self.least]
        rows += [(str(t), least[i], self.openings(i, 12) or "nothing") for i, t in enumerate(self.types)]
        widths = [max(len(r[c]) for r in rows) for c in (0, 1)]
        return "\n".join(f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c}" for a, b, c in rows) + "\n"
