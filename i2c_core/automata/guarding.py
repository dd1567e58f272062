"""Relations and orders with registers: what the states that carry guards open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from i2c_core.automata.automaton import KEEP, LOOSE, TIGHT
from i2c_core.automata.folding import plain
from i2c_core.automata.language import HOLE, Cons, Language, Literal, Plan
from i2c_core.automata.registers import Scope
from i2c_core.automata.states import LITERAL, Alternative, Guard, Item, Opened, Rest, Slot, State


class Guarding:
    """What states with guards open.

    Args:
        language: whose types and productions the states speak of.
        scopes: those that use registers, placed.
        opens: what a production of the skeleton opens, None where it cannot end.
        first: the state of an ordered list's first element, by the production that makes the list.
    """

    def __init__(
        self,
        language: Language,
        scopes: Sequence[Scope],
        opens: Callable[[int], Opened | None],
        first: Callable[[int], State],
    ) -> None:
        self.language, self._opens, self._first = language, opens, first
        self.symbols = {p: s for s in scopes for p in s.productions}
        self.lists = {c.production: s for s in scopes for c in s.lists}

    def symbol(self, p: int) -> Opened | None:
        """What a production with relations opens; None where no values satisfy them."""
        plan, scope = self.language.plan(p), self.symbols[p]
        if plan is None:
            return None
        closing = max(plan.last) if scope.framed else -1
        return Opened(tuple(self._arguments(p, plan, scope, False, closing)), KEEP, int(scope.framed))

    def list(self, p: int) -> Opened:
        """What a production that begins an ordered list opens."""
        cons = self.language.conses[p]
        tie = KEEP if self.language.literal(cons.element) is None else LOOSE
        return Opened((*cons.before, self._first(p), *cons.behind), tie, int(self.lists[p].framed))

    def _arguments(self, p: int, plan: Plan, scope: Scope, strict: bool, closing: int = -1) -> Iterator[State]:
        limits = plan.intervals
        for j, y in enumerate(plan.items):
            literal = plan.literals[j]
            if literal is None:
                yield self._first(p) if y == HOLE else y
                continue
            place = scope.place(p, j)
            guards = [
                tuple(sorted((scope.start + scope.places[p][i], c) for i, c in side[j]))
                for side in (limits.lower, limits.upper)
            ]
            if place is None and not guards[0] and not guards[1] and j != closing:
                yield plain(plan, j)
                continue
            key = plan.key.index(j) if j in plan.key else -1
            frame = -1 if j == closing else 0
            strictly = strict and key >= 0
            yield Slot(y, limits.low[j], limits.high[j], guards[0], guards[1], place, key, strictly, frame)

    def alternatives(self, state: Slot | Rest | Item) -> Iterator[Alternative]:
        """What may begin at a state."""
        if isinstance(state, Slot):
            return self._slot(state)
        return self._rest(state) if isinstance(state, Rest) else self._item(state)

    def guard(self, state: State) -> Guard | None:
        """What a state asks of its tokens' values."""
        if isinstance(state, Slot):
            literal = self.language.literal(state.type)
            assert literal is not None
            low, high = state.low, state.high
            return Guard(literal.space, low, high, state.lower, state.upper, state.store, state.key, state.strict)
        if isinstance(state, Item):
            cons, found = self.language.conses[state.cons], self._literals(state.cons)
            if found is not None:
                literal, low, high = found
                return Guard(literal.space, low, high, (), (), self.lists[state.cons].start, 0, cons.strict)
        return None

    def spent(self, state: State) -> State | None:
        """The state that stands for this one where no greater element has the token of the last."""
        if not isinstance(state, Rest) or state.spent or self._counts(state.rest):
            return None
        cons = self._follower(state)
        return Rest(state.cons, state.rest, state.symbol, True) if cons.strict else None

    def _follower(self, state: Rest) -> Cons:
        return self.language.conses[int(self.language.vocabulary.production[state.rest, state.cons])]

    def _counts(self, rest: int) -> bool:
        """Whether a rest of a list must have elements."""
        type_ = self.language.vocabulary.types[rest]
        return type_.is_list and type_.bounds.low > 0

    def _literals(self, p: int) -> tuple[Literal, int, int] | None:
        """Where elements are literals, the least and the largest; enough greater ones are left for the rest."""
        cons = self.language.conses[p]
        plan, rest = self.language.tail(p), self.language.vocabulary.types[cons.rest]
        if plan is None or plan.literals[0] is None:
            return None
        greater = rest.bounds.low if rest.is_list and cons.strict else 0
        return plan.literals[0], plan.intervals.low[0], plan.intervals.high[0] - greater

    def _slot(self, state: Slot) -> Iterator[Alternative]:
        literal = self.language.literal(state.type)
        assert literal is not None
        yield Alternative(literal.between(state.low, state.high), (), KEEP, state.frame)

    def _rest(self, state: Rest) -> Iterator[Alternative]:
        tokens = self.language.vocabulary.prod_token
        framed = -int(self._framed(state))
        for p in self.language.open(state.rest):
            if tokens[p] != state.cons:
                opened = self._opens(p)
                if opened is not None:
                    tie = LOOSE if opened.frame + framed == 0 and framed else opened.tie
                    yield Alternative(int(tokens[p]), opened.args, tie, opened.frame + framed)
                continue
            cons = self.language.conses[p]
            tie = KEEP
            if state.symbol == LITERAL:
                if state.spent:
                    continue
                tie = TIGHT
            item = Item(p, None if state.symbol == LITERAL else state.symbol, state.spent)
            yield Alternative(state.cons, (*cons.before, item, *cons.behind), tie, 0)

    def _framed(self, state: Rest) -> bool:
        p = int(self.language.vocabulary.production[state.rest, state.cons])
        return self.lists[p].framed if p >= 0 else state.spent

    def _item(self, state: Item) -> Iterator[Alternative]:
        cons, scope = self.language.conses[state.cons], self.lists[state.cons]
        if self.language.literal(cons.element) is not None:
            plan, found = self.language.tail(state.cons), self._literals(state.cons)
            if plan is not None and found is not None:
                between = tuple(self._arguments(state.cons, plan, scope, False))[1:]
                behind = self._behind(cons, scope, LITERAL, False)
                yield Alternative(found[0].between(*found[1:]), (*between, behind))
            return
        for place, p in self.language.elements(cons):
            plan = self.language.plan(p, keyed=True)
            if plan is None or (state.symbol is not None and place < state.symbol):
                continue
            tie = LOOSE
            if place == state.symbol:
                if state.spent or (cons.strict and not plan.key):
                    continue
                tie = TIGHT
            behind = self._behind(cons, scope, place, cons.strict and not plan.key)
            args = tuple(self._arguments(p, plan, scope, cons.strict))
            yield Alternative(plan.token, (*args, *cons.between, behind), tie)

    def _behind(self, cons: Cons, scope: Scope, symbol: int, spent: bool) -> State:
        """The rest of a list; that of the skeleton where nothing more may follow and no frame is to be closed."""
        goes_on = int(self.language.vocabulary.production[cons.rest, cons.token]) >= 0
        if goes_on:
            return Rest(cons.token, cons.rest, symbol, spent)
        return Rest(cons.token, cons.rest, symbol, True) if scope.framed else cons.rest
