"""The slow truth about masks: plain Python from a signature, sharing no code with the tables or with their grounding.

A token is open when some whole canonical program within the budget begins with the prefix and it. What is open behind
a prefix is a stack of *frames*, one a symbol whose arguments are not all written. A frame may be under a *demand*: the
key of a list's element, or of a list's first element, is beyond that of the element before. The fewest tokens that
complete a frame are found by trying; where a choice of literals is left, the smallest that the relations allow is as
good as any, because smaller keys leave the elements behind them more room, and no literal changes a size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from i2c_core.masks.oracle_rules import Grounding, Rule, Sort
from i2c_core.masks.oracle_text import Spelling
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type

Key = tuple[int, ...]  # what an order compares: a symbol's place and its key values, or a literal's value
Done = tuple[Key | None, ...]  # the keys of the arguments that are written, None where nobody asks
Spans = dict[int, tuple[int, int]]  # the least and largest value of each literal argument
KNOWN_PREFIXES = 100_000  # prefixes whose frames are remembered


class Demand(NamedTuple):
    """What the place of a node asks of it: its key, or its first element's if the same symbol makes it, is beyond
    `key`."""

    of: Literal["element", "list"]
    key: Key
    strict: bool
    symbol: str  # what makes the list

    def meets(self, key: Key) -> bool:
        return key > self.key if self.strict else key >= self.key


class Goal(NamedTuple):
    """A node to come: its ground type and what its place asks."""

    sort: Sort
    demand: Demand | None


class Frame(NamedTuple):
    """A symbol whose arguments are being written."""

    rule: Rule
    done: Done
    demand: Demand | None


def legal_tokens(signature: Signature, root: Type | str, prefix: Sequence[str], budget: int) -> set[str]:
    """The tokens that may follow `prefix`; empty where the program is complete.

    Raises:
        ValueError: the prefix begins no program within the budget.

    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> sorted(legal_tokens(signature, "Image", ["h", "B"], budget=3))
    ['B', 'W']
    """
    return Oracle(signature, root).legal_tokens(prefix, budget)


class Oracle:
    """The truth about one signature and root type. What it finds it remembers, so that walks are affordable."""

    def __init__(self, signature: Signature, root: Type | str) -> None:
        self.signature = signature
        self.root = parse_type(root) if isinstance(root, str) else root
        self.grounding = Grounding(signature)
        self._bottom = (Frame(self.grounding.marked(Rule("", (self.root,))), (), None),)
        self._frames: dict[tuple[str, ...], tuple[Frame, ...]] = {}
        self._least: dict[Goal, int] = {}  # sizes that were found
        self._tried: dict[Goal, int] = {}  # sizes up to which nothing was found
        self._completions: dict[tuple[Frame, int], dict[Key, int]] = {}

    def legal_tokens(self, prefix: Sequence[str], budget: int) -> set[str]:
        """As the function of this name."""
        frames, left = self._follow(prefix, budget), budget - len(prefix)
        if not frames:
            return set()
        goal, costs = _next(frames[-1]), _Rest(self, frames, left)
        return {name for name, rule in self.grounding.rules(goal.sort).items() if costs.least(rule, goal) <= left}

    def is_program(self, names: Sequence[str], budget: int) -> bool:
        """Whether these tokens are one whole canonical program within the budget."""
        try:
            return not self._follow(names, budget)
        except ValueError:
            return False

    def shortest(self, limit: int) -> int | None:
        """The number of tokens of the shortest canonical program; None where it is beyond `limit`."""
        return self.least(Goal(self.root, None), limit)

    def _follow(self, prefix: Sequence[str], budget: int) -> tuple[Frame, ...]:
        """The frames behind a prefix, innermost last; none where the program is complete."""
        frames: tuple[Frame, ...] = self._bottom
        for position, name in enumerate(prefix):
            key = tuple(prefix[: position + 1])
            if key in self._frames:
                frames = self._frames[key]
                continue
            goal = _next(frames[-1]) if frames else None
            rule = self.grounding.rules(goal.sort).get(name) if goal else None
            if goal is None or rule is None:
                raise _no_program(prefix, position, budget)
            left = budget - position
            if _Rest(self, frames, left).least(rule, goal) > left:
                raise _no_program(prefix, position, budget)
            if len(self._frames) >= KNOWN_PREFIXES:
                self._frames.clear()
            frames = self._frames[key] = self._write(frames, rule, goal)
        if frames and _Rest(self, frames, budget - len(prefix)).open() > budget - len(prefix):
            # A longer budget has let these frames in before.
            for position in range(len(prefix)):
                before = self._frames[tuple(prefix[: position + 1])]
                if before and _Rest(self, before, budget - position - 1).open() > budget - position - 1:
                    raise _no_program(prefix, position, budget)
            raise _no_program(prefix, len(prefix) - 1, budget)
        if len(prefix) > budget:
            raise _no_program(prefix, budget, budget)
        return frames

    def _write(self, frames: tuple[Frame, ...], rule: Rule, goal: Goal) -> tuple[Frame, ...]:
        """The frames behind one more token; a frame whose arguments are all written is its parent's argument."""
        frames = (*frames, Frame(rule, (), goal.demand))
        while len(frames[-1].done) == len(frames[-1].rule.args):
            whole = frames[-1]
            if len(frames) == 1:
                return ()
            parent = frames[-2]
            frames = (*frames[:-2], parent._replace(done=(*parent.done, _told(parent, self._key(whole)))))
        return frames

    def _key(self, whole: Frame) -> Key:
        (key,) = self.completions(whole, 0)
        return key

    def least(self, goal: Goal, limit: int) -> int | None:
        """The fewest tokens of a node that suits `goal`; None where it has no program of at most `limit` tokens.

        Sizes are tried from 1 on, each on top of all smaller ones, so that no question waits for itself.
        """
        if goal not in self._least:
            if isinstance(goal.sort, Spelling):
                found = goal.sort.least(limit)
                if found is None:
                    return None
                self._least[goal] = found
            else:
                for size in range(self._tried.get(goal, 0) + 1, limit + 1):
                    if self._has_size(goal, size):
                        self._least[goal] = size
                        break
                    self._tried[goal] = size
        found = self._least.get(goal)
        return found if found is not None and found <= limit else None

    def _has_size(self, goal: Goal, size: int) -> bool:
        rules = self.grounding.rules(goal.sort).values()
        return any(self.completions(Frame(rule, (), goal.demand), size - 1) for rule in rules)

    def ways(self, goal: Goal, limit: int) -> dict[Key, int]:
        """The keys that a node for `goal` may have, each with the fewest tokens; dominated ones may be missing."""
        ways: dict[Key, int] = {}
        for rule in self.grounding.rules(goal.sort).values():
            for key, cost in self.completions(Frame(rule, (), goal.demand), limit - 1).items():
                ways[key] = min(cost + 1, ways.get(key, cost + 1))
        return ways

    def completions(self, frame: Frame, limit: int) -> dict[Key, int]:
        """The keys that a frame's node may have in the end, each with the fewest tokens, at most `limit`, that are
        still to be written; of the keys with equal costs the smallest, except where the node is an ordered list's."""
        known = self._completions.get((frame, limit))
        if known is None:
            known = self._completions[frame, limit] = self._complete(frame, limit)
        return known

    def _complete(self, frame: Frame, limit: int) -> dict[Key, int]:
        rule, done, demand = frame
        cost, pending = 0, range(len(done), len(rule.args))
        for i in pending:
            if self.grounding.literals(rule.args[i]) is not None:
                cost += 1
            elif rule.order is None or i not in (rule.order.element, rule.order.rest):
                least = self.least(Goal(rule.args[i], None), limit - cost)
                if least is None:
                    return {}
                cost += least
            if cost > limit:
                return {}
        if rule.order is None:
            key = self._smallest(rule, done, demand, {})
            return {} if key is None else {key: cost}
        found: dict[Key, int] = {}
        for fixed, element, spent in self._elements(frame, limit - cost):
            total = cost + spent
            if rule.order.rest in pending:
                behind = Goal(rule.args[rule.order.rest], Demand("list", element, rule.order.strict, rule.name))
                least = self.least(behind, limit - total)
                if least is None:
                    continue
                total += least
            key = self._smallest(rule, done, demand, fixed)
            if key is not None and total <= limit:
                found[key] = min(total, found.get(key, total))
        return found

    def _elements(self, frame: Frame, limit: int) -> list[tuple[dict[int, int], Key, int]]:
        """The keys that the element of an ordered list's frame may have: fixed literals, the key, tokens to write."""
        rule, done, demand = frame
        assert rule.order is not None
        place, above = rule.order.element, demand if _goes_on(rule, demand) else None
        literals = self.grounding.literals(rule.args[place])
        if place < len(done):
            key = done[place]
            assert key is not None
            fits = literals is None or above is None or above.meets(key)  # others were held to it when they began
            return [({}, key, 0)] if fits else []
        if literals is not None:  # its token is counted with those of the literals
            return [({place: v}, (v,), 0) for v in literals if above is None or above.meets((v,))]
        goal = Goal(rule.args[place], above and above._replace(of="element"))
        return [({}, key, cost) for key, cost in self.ways(goal, limit).items()]

    def _smallest(self, rule: Rule, done: Done, demand: Demand | None, fixed: dict[int, int]) -> Key | None:
        """The smallest key of a rule's node whose first arguments are `done`, that its relations and its demand allow.

        None where there is none. The least solution of relations is the smallest at every place at once.
        """
        spans: Spans = {}
        for i, arg in enumerate(rule.args):
            literals = self.grounding.literals(arg)
            if literals is not None:
                if not len(literals):
                    return None
                value = fixed.get(i)
                if i < len(done):
                    written = done[i]
                    assert written is not None
                    value = written[0]
                spans[i] = (literals[0], literals[-1]) if value is None else (value, value)
        above = demand if demand is not None and demand.of == "element" else None
        if rule.value is not None:
            return (rule.value,) if above is None or above.meets((rule.value,)) else None
        if above is None or rule.place > above.key[0]:
            tried = [spans]
        elif rule.place < above.key[0]:
            return None
        else:
            tried = _beyond(spans, rule.key, above.key[1:], above.strict)
        for choice in tried:
            least = _least_solution(choice, rule)
            if least is not None:
                return (rule.place, *(least[i] for i in rule.key))
        return None


class _Rest:
    """What a stack of frames still needs, for each key that its innermost node may get."""

    def __init__(self, oracle: Oracle, frames: tuple[Frame, ...], left: int) -> None:
        self.oracle, self.frames, self.left = oracle, frames, left
        self._known: dict[tuple[int, Key | None], int] = {}

    def least(self, rule: Rule, goal: Goal) -> int:
        """The fewest tokens that complete everything, a token of `rule` for `goal` and all behind it."""
        ways = self.oracle.completions(Frame(rule, (), goal.demand), self.left - 1)
        innermost = len(self.frames) - 1
        return min((1 + c + self._behind(innermost, key) for key, c in ways.items()), default=self.left + 1)

    def open(self) -> int:
        """The fewest tokens that complete everything."""
        ways = self.oracle.completions(self.frames[-1], self.left)
        innermost = len(self.frames) - 2
        return min((c + self._behind(innermost, key) for key, c in ways.items()), default=self.left + 1)

    def _behind(self, depth: int, key: Key) -> int:
        """The fewest tokens for the frames up to `depth`, when the argument that is open in the last has `key`."""
        if depth < 0:
            return 0
        frame = self.frames[depth]
        told = _told(frame, key)
        if (depth, told) not in self._known:
            ways = self.oracle.completions(frame._replace(done=(*frame.done, told)), self.left)
            self._known[depth, told] = min(
                (cost + self._behind(depth - 1, own) for own, cost in ways.items()), default=self.left + 1
            )
        return self._known[depth, told]


def _next(frame: Frame) -> Goal:
    """The argument of a frame that is written next."""
    rule, done, demand = frame
    sort, order = rule.args[len(done)], rule.order
    if order is not None and len(done) == order.element and demand is not None and _goes_on(rule, demand):
        return Goal(sort, demand._replace(of="element"))
    if order is not None and len(done) == order.rest:
        key = done[order.element]
        assert key is not None
        return Goal(sort, Demand("list", key, order.strict, rule.name))
    return Goal(sort, None)


def _goes_on(rule: Rule, demand: Demand | None) -> bool:
    """Whether a rule's node goes on with the ordered list that asks for it."""
    return demand is not None and demand.of == "list" and demand.symbol == rule.name


def _told(parent: Frame, key: Key) -> Key | None:
    """What a frame remembers of its next argument: the key of a literal or of its list's element."""
    place = len(parent.done)
    needed = place in parent.rule.literal or (parent.rule.order is not None and place == parent.rule.order.element)
    return key if needed else None


def _beyond(spans: Spans, places: tuple[int, ...], key: Key, strict: bool) -> list[Spans]:
    """The ways to be beyond `key`, the smallest first: equal up to a place and larger there, or equal at all."""
    found = []
    for equal in range(len(places), -1, -1):
        if equal == len(places) and strict:
            continue
        choice = dict(spans)
        for place, value in zip(places[:equal], key, strict=False):
            choice[place] = (max(choice[place][0], value), min(choice[place][1], value))
        if equal < len(places):
            place = places[equal]
            choice[place] = (max(choice[place][0], key[equal] + 1), choice[place][1])
        found.append(choice)
    return found


def _least_solution(spans: Spans, rule: Rule) -> dict[int, int] | None:
    """The smallest values in their spans that satisfy a rule's relations; None where there are none."""
    low, high = {i: s[0] for i, s in spans.items()}, {i: s[1] for i, s in spans.items()}
    changed = True
    while changed:
        changed = False
        for later, op, earlier, offset in rule.relations:
            # left + gap <= right
            left, right = (earlier, later) if op in (">", ">=") else (later, earlier)
            gap = offset if op in (">", ">=") else -offset
            gap += op in (">", "<")
            if low[right] < low[left] + gap:
                low[right], changed = low[left] + gap, True
            if low[right] > high[right]:
                return None
    return low if all(low[i] <= high[i] for i in low) else None


def _no_program(prefix: Sequence[str], position: int, budget: int) -> ValueError:
    shown = " ".join(prefix[: position + 1])
    return ValueError(f"no program within {budget} tokens begins with {shown}")
