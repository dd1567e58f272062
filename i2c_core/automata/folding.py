"""Relations and orders without registers: what must be remembered is part of the types."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from i2c_core.automata.language import HOLE, Cons, Language, Plan
from i2c_core.automata.states import LITERAL, After, Alternative, Chain, Element, Narrow, Opened, Run, State


def plain(plan: Plan, item: int) -> State:
    """An argument that no other one depends on."""
    span = plan.span(item)
    return plan.items[item] if span is None else Narrow(plan.items[item], *span)


class Folding:
    """What folded states open.

    Args:
        opens: what a production of the skeleton opens, None where it cannot end.
        first: the state of an ordered list's first element, by the production that makes the list.
    """

    def __init__(
        self, language: Language, opens: Callable[[int], Opened | None], first: Callable[[int], State]
    ) -> None:
        self.language, self._opens, self._first = language, opens, first

    def symbol(self, p: int) -> tuple[State, ...] | None:
        """What a production with relations opens; None where no values satisfy them."""
        plan = self.language.plan(p)
        return None if plan is None else self._start(p, plan, None)

    def alternatives(self, state: Chain | After | Element) -> Iterator[Alternative]:
        """What may begin at a state."""
        if isinstance(state, Chain):
            return self._chain(state)
        return self._after(state) if isinstance(state, After) else self._element(state)

    def _chain(self, state: Chain) -> Iterator[Alternative]:
        p, j, known, run = state
        plan = self.language.chained(state)
        limits, literal = plan.intervals, plan.literals[j]
        assert literal is not None
        low, high = limits.low[j], limits.high[j]
        if known:
            values = dict(zip(plan.live[j], known, strict=True))
            low = max([low, *(values[i] + c for i, c in limits.lower[j])])
            high = min([high, *(values[i] + c for i, c in limits.upper[j])])
        compared = run is not None and j in plan.key
        if run is not None and run.bound is not None and compared:
            low = max(low, run.bound[len(run.keys)])
        before, item = self._until(p, plan, j + 1)
        places = (*plan.live[j], j)
        kept = [places.index(i) for i in plan.live[item]] if item < len(plan.items) else []
        here: Run | None = run
        for value, token in enumerate(literal.between(low, high).tolist(), low):
            if run is not None and compared:
                here = self._compare(run, value)
                if here is None:
                    continue
            written = (*known, value)
            yield Alternative(token, self._close(p, plan, before, item, tuple([written[i] for i in kept]), here))

    def _compare(self, run: Run, value: int) -> Run | None:
        """An element with one more value of its key; None where it would be below the element before."""
        keys, bound = (*run.keys, value), run.bound
        if bound is None:
            return Run(run.cons, run.symbol, keys, None)
        whole = len(keys) == len(bound)
        smallest = bound[len(keys) - 1] + (whole and self.language.conses[run.cons].strict)
        if value < smallest:
            return None
        tight = value == bound[len(keys) - 1] and not whole
        return Run(run.cons, run.symbol, keys, bound if tight else None)

    def _start(self, p: int, plan: Plan, run: Run | None) -> tuple[State, ...]:
        """The states of a symbol's arguments, and of what stands behind an element."""
        before, item = self._until(p, plan, 0)
        return self._close(p, plan, before, item, (), run)

    def _until(self, p: int, plan: Plan, start: int) -> tuple[tuple[State, ...], int]:
        """The states of the arguments from `start` up to the first that something depends on, and that one."""
        found: list[State] = []
        for j in range(start, len(plan.items)):
            if plan.dependent[j] or j in plan.key:
                return tuple(found), j
            found.append(self._first(p) if plan.items[j] == HOLE else plain(plan, j))
        return tuple(found), len(plan.items)

    def _close(
        self, p: int, plan: Plan, before: tuple[State, ...], item: int, known: tuple[int, ...], run: Run | None
    ) -> tuple[State, ...]:
        """Arguments that nothing depends on, then a chain from `item` on, or what stands behind the symbol."""
        if item < len(plan.items):
            return (*before, Chain(p, item, known, run))
        if run is None:
            return before
        cons = self.language.conses[run.cons]
        between = () if run.symbol == LITERAL else cons.between  # a literal's are items of its plan
        return (*before, *between, self._behind(cons, run.symbol, run.keys))

    def _behind(self, cons: Cons, symbol: int, key: tuple[int, ...]) -> State:
        """The rest of a list."""
        goes_on = int(self.language.vocabulary.production[cons.rest, cons.token]) >= 0
        return After(cons.token, cons.rest, symbol, key) if goes_on else cons.rest

    def _after(self, state: After) -> Iterator[Alternative]:
        tokens = self.language.vocabulary.prod_token
        for p in self.language.open(state.rest):
            if tokens[p] == state.cons:
                cons = self.language.conses[p]
                args: tuple[State, ...] = (*cons.before, Element(p, state.symbol, state.key), *cons.behind)
                yield Alternative(state.cons, args)
            else:
                opened = self._opens(p)
                if opened is not None:
                    yield Alternative(int(tokens[p]), opened.args, opened.tie, opened.frame)

    def _element(self, state: Element) -> Iterator[Alternative]:
        cons = self.language.conses[state.cons]
        if self.language.literal(cons.element) is not None:
            yield from self._literals(state, cons)
            return
        for place, p in self.language.elements(cons):
            plan = self.language.plan(p, keyed=True)
            if plan is None or (state.key is not None and place < state.symbol):
                continue
            bound = state.key if state.key is not None and place == state.symbol else None
            if bound == ():
                if cons.strict:
                    continue
                bound = None
            yield Alternative(plan.token, self._start(p, plan, Run(state.cons, place, (), bound)))

    def _literals(self, state: Element, cons: Cons) -> Iterator[Alternative]:
        """An element that is a literal, with what stands between it and the rest."""
        plan = self.language.tail(cons.production)
        if plan is None:
            return
        literal, low, high = plan.literals[0], plan.intervals.low[0], plan.intervals.high[0]
        assert literal is not None
        if state.key is not None:
            low = max(low, state.key[0] + cons.strict)
        before, item = self._until(cons.production, plan, 1)
        read = item < len(plan.items) and 0 in plan.live[item]
        for value, token in enumerate(literal.between(low, high).tolist(), low):
            run = Run(cons.production, LITERAL, (value,), None)
            known = (value,) if read else ()
            yield Alternative(token, self._close(cons.production, plan, before, item, known, run))
