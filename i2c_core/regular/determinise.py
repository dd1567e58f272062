"""The deterministic automaton of a program: a state is what must hold of the letters to come.

What `re.match` does is said by Boolean functions. Let S(p) say that some way from a place p leads through to the end of
the scope that p is in (the expression, an atomic group), whatever comes after; and let E(p) say that the first such
way ends where the text does. Then

    p takes a letter of A, then q     E(p) and S(p) are variables; the letter a replaces them by E(q) and S(q), or by
                                      false where a is not in A
    p goes to q, else to r            S(p) = S(q) or S(r)        E(p) = E(q) or (not S(q) and E(r))
    p checks a lookahead at q         S(p) = S(q) and S(next)    E(p) = S(q) and E(next); `not S(q)` where negative
    p is the end of the expression    S(p) = true                E(p) = the text ends here

so cutting off what stands below the first match, an obligation that a lookahead leaves, and one that ends with the text
are all the same. An atomic group adds a third function to the places inside of it, and so on: function `i` of a place
says that the first way out of the innermost scope goes on to what function `i` says there, and the last one says that
there is a way out at all.

A lookbehind has a fixed width w. Its body is started at each position, and what w letters make of the function S of its
start is what the lookbehind says: true or false, or a function of letters to come where there is a lookahead in it.
The last w such functions are part of the state.
"""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.errors import RegularError
from i2c_core.regular.functions import FALSE, TRUE, Functions
from i2c_core.regular.program import (
    Ahead,
    Behind,
    Both,
    Branch,
    Char,
    Check,
    Condition,
    End,
    Exit,
    Final,
    Leave,
    Loop,
    Not,
    Program,
    Start,
)

Waiting = tuple[tuple[int, ...], ...]  # for each lookbehind the functions of its bodies under way, the oldest first
State = tuple[int, Waiting]
_NONE: frozenset[int] = frozenset()


class _Context:
    """A position, for what depends on the text before it: whether that is the start, and what lookbehinds say."""

    def __init__(self, start: bool, behinds: tuple[int, ...]) -> None:
        self.start = start
        self.behinds = behinds
        self.values: dict[tuple[int, int, frozenset[int]], int] = {}
        self.replaced: dict[int, dict[int, int]] = {}  # by letter, what it makes of functions


class Determiniser:
    """Steps of the automaton of one program, over classes of letters."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions = Functions()
        self._contexts: dict[tuple[bool, tuple[int, ...]], _Context] = {}
        self._width = max(program.depths) + 1
        self._end_level = len(program.places) * self._width
        self._end = self.functions.variable(self._end_level)

    def begin(self) -> State:
        """The state at the start of a text."""
        context, waiting = self._position(True, lambda number, _: (FALSE,) * self.program.behinds[number][1])
        return self._value(context, self.program.start, 0, _NONE), waiting

    def after(self, state: State, letter: int) -> State:
        """The state after a letter, which is given as the mask of its class."""
        function, waiting = state
        context, waiting = self._moved(waiting, letter)
        return self._replace(function, letter, context), waiting

    def accepts(self, state: State) -> bool:
        """Whether a text that ends here is matched."""
        return self.functions.holds(state[0], self._end_level)

    def beginnings(self, letters: list[int], most: int) -> list[State]:
        """The states at the start of a match within a text: one for each case of what the letters before it may be."""
        known = {self.begin(): None}  # a dict keeps the order
        pending = list(known)
        while pending:
            _, before = pending.pop()
            for letter in letters:
                context, waiting = self._moved(before, letter)
                state = self._value(context, self.program.start, 0, _NONE), waiting
                if state not in known:
                    if len(known) >= most:
                        raise RegularError("what may stand before has too many cases", "look less far behind")
                    known[state] = None
                    pending.append(state)
        return list(known)

    def _moved(self, waiting: Waiting, letter: int) -> tuple[_Context, Waiting]:
        return self._position(
            False, lambda number, context: tuple(self._replace(f, letter, context) for f in waiting[number])
        )

    def _position(self, start: bool, bodies: Callable[[int, _Context], tuple[int, ...]]) -> tuple[_Context, Waiting]:
        """A position's context, and the bodies of lookbehinds under way from it on.

        Args:
            bodies: those under way at the position before, moved here, of a lookbehind: the oldest is at its end.
        """
        said: tuple[int, ...] = ()
        waiting: list[tuple[int, ...]] = []
        for number, (place, _) in enumerate(self.program.behinds):
            context = self._context(start, said)  # a lookbehind depends on those inside of it only
            begun = (*bodies(number, context), self._value(context, place, 0, _NONE))
            said = (*said, begun[0])
            waiting.append(begun[1:])
        return self._context(start, said), tuple(waiting)

    def _context(self, start: bool, said: tuple[int, ...]) -> _Context:
        key = (start, said)
        if key not in self._contexts:
            self._contexts[key] = _Context(start, said)
        return self._contexts[key]

    def _replace(self, function: int, letter: int, context: _Context) -> int:
        """What a letter makes of a function, at the position after it."""
        if function <= TRUE:
            return function

        def value(level: int) -> int:
            if level == self._end_level:
                return FALSE
            place, i = divmod(level, self._width)
            taken = self.program.places[len(self.program.places) - 1 - place]
            assert isinstance(taken, Char)  # only these have variables
            return self._value(context, taken.next, i, _NONE) if taken.letters & letter else FALSE

        return self.functions.replace(function, value, context.replaced.setdefault(letter, {}))

    def _value(self, context: _Context, place: int, i: int, begun: frozenset[int]) -> int:
        """Function `i` of a place; `begun` are the loops around it whose iteration began at this position."""
        key = (place, i, begun)
        found = context.values.get(key)
        if found is None:
            found = context.values[key] = self._made(context, place, i, begun)
        return found

    def _made(self, context: _Context, place: int, i: int, begun: frozenset[int]) -> int:
        functions, depth = self.functions, self.program.depths[place]
        match self.program.places[place]:
            case Char():
                return functions.variable((len(self.program.places) - 1 - place) * self._width + i)
            case Branch(ways):
                value = FALSE
                for way in reversed(ways):
                    value = self._first(context, way, i, begun, depth, value)
                return value
            case Loop(number, body, tail, lazy):
                outside = begun - {number}
                if number in begun:
                    return self._value(context, tail, i, outside)
                inside = begun | {number} if number >= 0 else begun
                if lazy:
                    return self._first(context, tail, i, outside, depth, self._value(context, body, i, inside))
                return self._first(context, body, i, inside, depth, self._value(context, tail, i, outside))
            case Leave(number, after):
                return self._value(context, after, i, begun - {number})
            case Check(condition, after):
                return functions.both(self._condition(context, condition), self._value(context, after, i, begun))
            case Exit(after):
                return TRUE if i == depth else self._value(context, after, i, begun)
            case Final():
                return TRUE if i == depth else self._end
        raise AssertionError(f"place {place} is of no known kind")

    def _first(self, context: _Context, place: int, i: int, begun: frozenset[int], depth: int, otherwise: int) -> int:
        """What a place says if any way leads through from it, and else what is said otherwise."""
        value = self._value(context, place, i, begun)
        if i < depth:
            through = self._value(context, place, depth, begun)
            otherwise = self.functions.choose(through, FALSE, otherwise)
        return self.functions.either(value, otherwise)

    def _condition(self, context: _Context, condition: Condition) -> int:
        functions = self.functions
        match condition:
            case Ahead(place):
                return self._value(context, place, 0, _NONE)
            case Behind(number):
                return context.behinds[number]
            case Start():
                return int(context.start)
            case End():
                return self._end
            case Not(inner):
                return functions.negate(self._condition(context, inner))
            case Both(left, right):
                return functions.both(self._condition(context, left), self._condition(context, right))
