"""From a vocabulary to an automaton: which rules are folded into types, which go into registers.

Folding is tried first, for the smaller rules before the larger ones, while the productions that it adds stay under a
bound. What is beyond the bound goes into registers. One thing they cannot say: how many greater elements are left,
which strictly ordered lists of at least two elements must know. It is folded up to a larger bound, and an error beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from i2c_core.automata.automaton import Automaton
from i2c_core.automata.folding import Folding
from i2c_core.automata.guarding import Guarding
from i2c_core.automata.language import HOLE, Cons, Language, Plan
from i2c_core.automata.registers import allocate, list_scope, symbol_scope
from i2c_core.automata.states import (
    Alternative,
    Element,
    Folded,
    Guard,
    Item,
    Narrow,
    Opened,
    Rest,
    Slot,
    State,
)
from i2c_core.automata.tables import assemble, context_free
from i2c_core.errors import SignatureError
from i2c_core.vocabulary import Vocabulary

FOLD = 20_000  # productions that folding may add: some milliseconds to make, and small beside what a decoder holds
MOST = 50_000  # the same where registers cannot say it: half a second, once for a language
CELLS = 1 << 22  # entries (type, token) that folding may add: 16 MiB
_DEEP = 24  # by how much relations may lower the number of states, where folding must be tried: four in a row


def compile_vocabulary(vocabulary: Vocabulary, fold: int = FOLD) -> Automaton:
    """A vocabulary with its orders and relations as tables.

    Args:
        vocabulary: of any signature.
        fold: how many productions may be added to keep orders and relations out of registers; 0 for registers
            wherever they can say it.

    Raises:
        SignatureError: no program satisfies the relations, or an order is neither small enough to fold nor such that
            registers say it.
    """
    if not (vocabulary.related or vocabulary.has_orders):
        return context_free(vocabulary)
    language = Language(vocabulary)
    return assemble(language, Compiler(language, fold))


class Compiler:
    """What every state opens and guards, once it is decided what is folded.

    Attributes:
        used: the productions of the skeleton that are reachable other than as elements of ordered lists.
        registers: how many there are.
    """

    def __init__(self, language: Language, fold: int) -> None:
        self.language = language
        self._folded: dict[State, list[Alternative]] = {}
        self.used, conses = _reachable(language)
        symbols: dict[object, list[int]] = {}
        for p in language.constrained:
            plan = None if p in language.conses or p not in self.used else language.plan(p)
            if plan is not None and any(plan.dependent):
                symbols.setdefault((plan.token, plan.items), []).append(p)
        lists: dict[object, list[Cons]] = {}
        for p in sorted(conses):
            lists.setdefault(language.conses[p].scope, []).append(language.conses[p])
        kept_symbols, kept_lists = self._fold(list(symbols.values()), list(lists.values()), fold)
        scopes = [symbol_scope(language, s) for s in kept_symbols] + [list_scope(language, c) for c in kept_lists]
        self.registers = allocate(language, scopes)
        self._folding = Folding(language, self.opens, self._first)
        self._guarding = Guarding(language, scopes, self.opens, self._first)
        self._opened: dict[int, Opened | None] = {}

    # -- what is folded

    def _fold(
        self, symbols: list[list[int]], lists: list[list[Cons]], fold: int
    ) -> tuple[list[list[int]], list[list[Cons]]]:
        """Fold what is small; the symbols and lists that are left for registers."""
        language = self.language
        room = fold
        cells = CELLS // len(language.vocabulary.tokens)
        kept_symbols, kept_lists = [], []
        for symbol in sorted(symbols, key=lambda s: _symbol_size(language, s[0])):
            done = self._try(symbol, [], room, cells) if _symbol_size(language, symbol[0]) <= room else None
            if done is None:
                kept_symbols.append(symbol)
            else:
                room, cells = room - done[0], cells - done[1]
        for conses in sorted(lists, key=lambda c: _list_size(language, c)):
            must = _must_fold(language, conses)
            limit = MOST if must else room
            likely = _list_size(language, conses) <= limit * (_DEEP if must else 1)
            done = self._try([], conses, limit, cells) if likely else None
            if done is not None:
                room, cells = room - done[0], cells - done[1]
            elif must:
                raise _too_large(language, conses)
            else:
                kept_lists.append(conses)
        return kept_symbols, kept_lists

    def _try(self, symbols: list[int], lists: list[Cons], room: int, cells: int) -> tuple[int, int] | None:
        """Fold one rule: the productions and types that it takes, None where it takes more than there is room for."""
        outside = False  # whether a state opens what another rule decides

        def opens(p: int) -> Opened:
            nonlocal outside
            outside |= p in self.language.constrained
            return Opened(self.language.args(p))

        def first(p: int) -> State:
            nonlocal outside
            outside = True
            return HOLE

        folding = Folding(self.language, opens, first)
        waiting: list[State] = [Element(c.production, -1, None) for c in lists]
        for p in symbols:
            waiting += folding.symbol(p) or ()
        seen: set[State] = set(waiting)
        found: dict[State, list[Alternative]] = {}
        productions = types = 0
        while waiting:
            state = waiting.pop()
            if not isinstance(state, Folded):
                continue
            outside = False
            alternatives = list(folding.alternatives(state))
            if not outside:
                found[state] = alternatives
            productions, types = productions + len(alternatives), types + 1
            if productions > room or types > cells:
                return None
            for alternative in alternatives:
                for arg in alternative.args:
                    if not isinstance(arg, int) and arg not in seen:
                        seen.add(arg)
                        waiting.append(arg)
        self._folded.update(found)
        return productions, types

    # -- what states open

    def opens(self, p: int) -> Opened | None:
        """What a production of the skeleton opens, None where no values satisfy its relations."""
        if p not in self._opened:
            self._opened[p] = self._opens(p)
        return self._opened[p]

    def _opens(self, p: int) -> Opened | None:
        cons = self.language.conses.get(p)
        if cons is not None:
            if p in self._guarding.lists:
                return self._guarding.list(p)
            return Opened((*cons.before, self._first(p), *cons.behind))
        if p in self._guarding.symbols:
            return self._guarding.symbol(p)
        if p not in self.language.constrained:
            return Opened(self.language.args(p))
        args = self._folding.symbol(p)
        return None if args is None else Opened(args)

    def _first(self, p: int) -> State:
        return Item(p, None, False) if p in self._guarding.lists else Element(p, -1, None)

    def alternatives(self, state: State) -> Iterable[Alternative]:
        """What may begin at a refined state."""
        if isinstance(state, Narrow):
            literal = self.language.literal(state.type)
            assert literal is not None
            return [Alternative(literal.between(state.low, state.high), ())]
        if isinstance(state, Folded):
            known = self._folded.get(state)
            return self._folding.alternatives(state) if known is None else known
        assert not isinstance(state, int)
        return self._guarding.alternatives(state)

    def guard(self, state: State) -> Guard | None:
        """What a state asks of its tokens' values, None for nothing."""
        return self._guarding.guard(state) if isinstance(state, Slot | Item) else None

    def spent(self, state: State) -> State | None:
        """The state that stands for this one where nothing greater is left, None for itself."""
        return self._guarding.spent(state) if isinstance(state, Rest) else None


def _reachable(language: Language) -> tuple[set[int], set[int]]:
    """The productions that are reachable other than as elements of ordered lists, and those that make such lists."""
    used: set[int] = set()
    conses: set[int] = set()
    seen, waiting = {0}, [0]
    while waiting:
        y = waiting.pop()
        if language.literal(y) is not None:
            continue
        pending = language.open(y)
        used.update(pending)
        while pending:
            p = pending.pop()
            cons = language.conses.get(p)
            opened = language.args(p)
            if cons is not None:
                opened = (*cons.before, *cons.between, *cons.behind, cons.rest)
                if p not in conses and language.literal(cons.element) is None:
                    pending += [q for _, q in language.elements(cons)]
                conses.add(p)
            for arg in opened:
                if arg not in seen:
                    seen.add(arg)
                    waiting.append(arg)
    return used, conses


def _spans(plan: Plan, items: Iterable[int]) -> int:
    """About how many values these items have together: each guard leaves about half."""
    limits, found = plan.intervals, 1
    for i in sorted(items):
        found *= limits.high[i] - limits.low[i] + 1
        found = (found >> (len(limits.lower[i]) + len(limits.upper[i]))) or 1
    return found


def _symbol_size(language: Language, p: int) -> int:
    """About how many productions folding a symbol's relations takes."""
    plan = language.plan(p)
    if plan is None:
        return 0
    return sum(_spans(plan, [*plan.live[j], j]) for j, needed in enumerate(plan.dependent) if needed)


def _keys(language: Language, cons: Cons) -> Mapping[str, int]:
    """For each symbol of an element about how many keys it has."""
    literal = language.literal(cons.element)
    if literal is not None:
        return {str(language.vocabulary.types[cons.element]): literal.high - literal.low + 1}
    plans = [language.plan(p, keyed=True) for _, p in language.elements(cons)]
    return {language.vocabulary.tokens[q.token]: _spans(q, q.key) for q in plans if q is not None}


def _list_size(language: Language, conses: list[Cons]) -> int:
    """About how many productions folding ordered lists takes: for each key what goes on, what ends, the element."""
    keys = sum(_keys(language, conses[0]).values())
    literal = language.literal(conses[0].element)
    return len(conses) * keys * (3 if literal is None else max(3, keys // 2))


def _must_fold(language: Language, conses: list[Cons]) -> bool:
    """Whether the rest of a list may have to know how many greater elements are left."""
    rests = [language.vocabulary.types[c.rest] for c in conses]
    counted = any(t.is_list and t.bounds.low > 0 for t in rests)
    return counted and conses[0].strict and language.literal(conses[0].element) is None


def _too_large(language: Language, conses: list[Cons]) -> SignatureError:
    v = language.vocabulary
    keys = _keys(language, conses[0])
    name = max(keys, key=lambda n: keys[n])
    longest = max((v.types[c.rest] for c in conses), key=lambda t: t.bounds.low)
    fact = f"{longest} behind an element must count the greater ones, and {name} alone has about {keys[name]:,} keys"
    hint = f"let the list begin at 0 or 1 elements, order it with <=, or declare a smaller key for {name}"
    return SignatureError(fact, hint)
