"""The direct encoding of synthesis: a whole program with holes as one CP-SAT problem, as Ellis et al. do with Sketch.

The template is a syntax tree with holes: headers (each a loop or a reflection, at the top or inside one before it, or
unused), leaves (each a command with expressions inside a header, or unused), a condition before any of them, and plain
commands beside. Holes are kinds, parents, offsets and coefficients. The program is executed symbolically: each leaf in
every round that the headers around it may give it draws one command of the set, which mirrors turn into others of the
set, or else the program is none; and each command of the set is drawn.

Legend: D depth; a round is D numbers, the variable of the loop at that level, 0 or 1 (mirrored) of a reflection there,
0 where there is no header so deep.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from ortools.sat.python import cp_model

from i2c_core.loops import Body, Command, Draw, Layout, Linear, Loop, Reflect, Statement, When, cost_of, execute
from i2c_core.loops.declaring import WORD

Var = cp_model.IntVar
Round = tuple[int, ...]
Mirror = tuple[str, int]
Kind = tuple[str, tuple[str | None, ...]]  # what no round changes of a command: its symbol, and its words
MOST_HEADERS, MOST_LEAVES = 5, 8  # of the template
THIRDS = 3  # of a command, in which costs are whole numbers


@dataclass(frozen=True)
class Direct:
    """What the solver found, and what it proved that no program of the template costs less than."""

    body: Body
    cost: Fraction
    bound: Fraction
    seconds: float

    @property
    def optimal(self) -> bool:
        return self.cost == self.bound


def direct(commands: Sequence[Command], layout: Layout, seconds: float, workers: int = 2) -> Direct:
    """The cheapest program that the solver finds in some seconds, which include those of writing the problem down."""
    begin = time.perf_counter()
    commands = sorted(set(commands))
    least = Fraction(min(1, len(commands)))
    found = Direct(tuple(map(_plain, commands)), Fraction(len(commands)), least, 0.0)
    try:
        template = Template(commands, layout, begin + seconds)
    except TimeoutError:
        return Direct(found.body, found.cost, found.bound, time.perf_counter() - begin)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.01, begin + seconds - time.perf_counter())
    status = solver.solve(template.model)
    bound = max(least, Fraction(round(solver.best_objective_bound), THIRDS))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Direct(found.body, found.cost, bound, time.perf_counter() - begin)
    body = template.body(solver)
    if execute(body, layout) != commands:
        raise AssertionError("the direct encoding and the execution of its program differ")
    return Direct(body, cost_of(body), min(bound, cost_of(body)), time.perf_counter() - begin)


class Node:
    """The holes that headers and leaves have: whether they are used, where, under a condition, and what is around them.

    Attributes:
        inside: whether it is in each header before it; `top` if in none.
        loops, mirrors: for each level, whether the header around it there is a loop, or which reflection.
    """

    def __init__(self, model: cp_model.CpModel, headers: Sequence[Header], mirrors: int, depth: int) -> None:
        self.used, self.top, self.when = (model.new_bool_var("") for _ in range(3))
        self.inside = [model.new_bool_var("") for _ in headers]
        self.headers = list(headers)
        self.loops = [model.new_bool_var("") for _ in range(depth)]
        self.mirrors = [[model.new_bool_var("") for _ in range(mirrors)] for _ in range(depth)]
        model.add_exactly_one(*self.inside, self.top)
        model.add_bool_and(self.when.negated(), *(v.negated() for v in self.around)).only_enforce_if(self.top)
        model.add_bool_or(self.when.negated(), *self.loops)  # the innermost loop's
        for chosen, header in zip(self.inside, headers, strict=True):
            model.add_implication(chosen, header.used)
            model.add_implication(chosen, self.used)
            for mine, its in zip(self.around, header.within, strict=True):
                model.add(mine == its).only_enforce_if(chosen)

    @property
    def around(self) -> list[Var]:
        return [v for loop, mirrors in zip(self.loops, self.mirrors, strict=True) for v in (loop, *mirrors)]


class Header(Node):
    """A loop or a reflection.

    Attributes:
        level: which level it is of.
        is_loop, mirror: whether it is a loop, or which reflection.
        base, slopes: its count, and the coefficient of the loop at each level in it.
        moved: which of the coefficients is not 0.
        within: what is around its body, as `around`.
        active: whether its body runs, for each round.
    """

    def __init__(self, template: Template) -> None:
        model, depth, mirrors = template.model, template.depth, len(template.mirrors)
        super().__init__(model, template.headers, mirrors, depth)
        self.level = [model.new_bool_var("") for _ in range(depth)]
        self.is_loop = model.new_bool_var("")
        self.mirror = [model.new_bool_var("") for _ in range(mirrors)]
        self.base = model.new_int_var(-(template.most**2), template.most**2, "")
        self.slopes, self.moved = template.slopes(self.loops, template.most)
        self.within = [model.new_bool_var("") for _ in self.around]
        self.active = {at: model.new_bool_var("") for at in template.rounds}
        model.add_exactly_one(self.level)
        model.add_exactly_one(self.is_loop, *self.mirror)
        model.add_implication(self.top, self.level[0])
        for moved in self.moved:
            model.add_implication(moved, self.is_loop)
        for chosen, header in zip(self.inside, self.headers, strict=True):
            model.add_implication(chosen, header.level[-1].negated())
            for k in range(depth - 1):
                model.add_bool_or(chosen.negated(), header.level[k].negated(), self.level[k + 1])
        for k in range(depth):
            own = [self.is_loop, *self.mirror]
            places = range(k * len(own), (k + 1) * len(own))
            for mine, place in zip(own, places, strict=True):
                model.add(self.within[place] == mine).only_enforce_if(self.level[k])
                model.add(self.within[place] == self.around[place]).only_enforce_if(self.level[k].negated())


class Leaf(Node):
    """A command with expressions: for each number an offset, and the coefficient of the loop at each level."""

    def __init__(self, template: Template) -> None:
        model = template.model
        super().__init__(model, template.headers, len(template.mirrors), template.depth)
        model.add_exactly_one(self.used, self.top)  # the plain commands are those at the top
        width = max(len(c.args) for c in template.commands)
        reach = template.reach
        self.bases = [model.new_int_var(-reach * template.most, reach * (template.most + 1), "") for _ in range(width)]
        self.slopes = [template.slopes(self.loops, reach - 1)[0] for _ in range(width)]
        self.kinds: dict[Kind, Var] = {_kind(w): model.new_bool_var("") for w, _ in template.written}
        model.add_exactly_one(self.kinds.values())


class Template:
    """The problem of one set of commands.

    Raises:
        TimeoutError: it is not written down at the deadline, in seconds of `time.perf_counter`.
    """

    def __init__(self, commands: Sequence[Command], layout: Layout, deadline: float) -> None:
        self.model, self.layout, self.commands, self.deadline = cp_model.CpModel(), layout, list(commands), deadline
        self.depth = layout.loops.depth
        self.written = [(variant, place) for place, c in enumerate(commands) for variant in layout.variants(c)]
        self.images = dict(self._images())
        self.mirrors = sorted(self.images)
        self.most = max(2, longest(commands) + 1)  # rounds of a loop: one more, under a condition
        self.rounds: list[Round] = list(product(range(self.most), repeat=self.depth))
        self.reach = max((abs(int(a)) for c in commands for a in c.args if not isinstance(a, str)), default=1)
        self.coefficients: dict[int, Var] = {}
        self.headers: list[Header] = []
        self.leaves: list[Leaf] = []
        self.plain = [self.model.new_bool_var("") for _ in commands]
        self.drawn = [[p] for p in self.plain]  # for each command, what draws it
        for _ in range(min(MOST_HEADERS, len(commands) // 2)):
            header = Header(self)
            self._runs(header)
            self.headers.append(header)
        for _ in range(min(MOST_LEAVES, len(commands) - 1) if self.headers else 0):
            leaf = Leaf(self)
            for at in self.rounds:
                self._draws(leaf, at)
            self.leaves.append(leaf)
        for some in self.drawn:
            self.model.add_bool_or(some)
        self._priced()
        for v in self.plain:
            self.model.add_hint(v, True)
        for node in (*self.headers, *self.leaves):
            self.model.add_hint(node.used, False)

    def _images(self) -> Iterator[tuple[Mirror, list[int]]]:
        """The reflections that take some command to another, with the place of each command's image, -1 for none."""
        places = [p for c in self.commands for p in self.layout.places[c.symbol] if p.role != WORD]
        for axis, at in product("xy", range(2, 3 * max((p.high for p in places), default=0) + 1)):
            images = [self.layout.mirrored(c, axis, at) for c in self.commands]
            found = [self.commands.index(i) if i in self.commands else -1 for i in images]
            if any(place not in (-1, n) for n, place in enumerate(found)):
                yield (axis, at), found

    def slopes(self, loops: Sequence[Var], most: int) -> tuple[list[Var], list[Var]]:
        """Coefficients of the loops around, at most one of them not 0, and which one."""
        model = self.model
        slopes = [model.new_int_var(-most, most, "") for _ in loops]
        moved = [model.new_bool_var("") for _ in loops]
        model.add_at_most_one(moved)
        for slope, some, loop in zip(slopes, moved, loops, strict=True):
            model.add(slope == 0).only_enforce_if(some.negated())
            model.add_implication(some, loop)
            for a in range(-most, most + 1):
                if a:
                    paid = self.coefficients.setdefault(a, model.new_bool_var(""))
                    model.add(slope != a).only_enforce_if(paid.negated())
        return slopes, moved

    # -- execution

    def _entered(self, node: Node, at: Round) -> Var:
        """Whether a node is reached in a round: its header's body runs then, and its condition holds."""
        if time.perf_counter() > self.deadline:
            raise TimeoutError
        model = self.model
        entered, holds, free = (model.new_bool_var("") for _ in range(3))
        for k, loop in enumerate(node.loops):  # the innermost loop's variable is above 0
            innermost = [loop, *(v.negated() for v in node.loops[k + 1 :])]
            model.add(holds == int(at[k] > 0)).only_enforce_if(innermost)
        model.add(holds == 0).only_enforce_if([v.negated() for v in node.loops])
        model.add_bool_or(node.when.negated(), holds).only_enforce_if(free)
        model.add_bool_and(node.when, holds.negated()).only_enforce_if(free.negated())
        model.add(entered == (0 if any(at) else node.used)).only_enforce_if(node.top)
        for chosen, header in zip(node.inside, node.headers, strict=True):
            runs = header.active[at]
            model.add_bool_and(runs, free).only_enforce_if([chosen, entered])
            model.add_bool_or(runs.negated(), free.negated(), entered).only_enforce_if(chosen)
        return entered

    def _runs(self, header: Header) -> None:
        """In which rounds a header's body runs."""
        model = self.model
        entered = {at: self._entered(header, at) for at in self.rounds}
        for at, k in product(self.rounds, range(self.depth)):
            here, runs = header.level[k], header.active[at]
            if any(at[k + 1 :]):
                model.add_bool_or(here.negated(), runs.negated())
                continue
            before = entered[(*at[:k], 0, *at[k + 1 :])]
            model.add_bool_or(here.negated(), runs.negated(), before)
            if at[k] < 2:  # the second round of a reflection is the mirror image
                model.add_bool_or(here.negated(), header.is_loop, before.negated(), runs)
            else:
                model.add_bool_or(here.negated(), header.is_loop, runs.negated())
            loop = [here, header.is_loop]
            left = header.base + sum(s * at[n] for n, s in enumerate(header.slopes) if n != k) - at[k]
            model.add(left >= 1).only_enforce_if([*loop, runs])
            model.add(left <= 0).only_enforce_if([*loop, before, runs.negated()])
            if at[k] + 1 == self.most:
                model.add(left <= 1).only_enforce_if([*loop, before])

    def _draws(self, leaf: Leaf, at: Round) -> None:
        """What a leaf draws in one round."""
        model = self.model
        entered = self._entered(leaf, at)
        ways: list[list[Var]] = [[] for _ in self.commands]
        for command, place in self.written:
            way = model.new_bool_var("")
            ways[place].append(way)
            model.add_implication(way, leaf.kinds[_kind(command)])
            for n, arg in enumerate(command.args):
                if not isinstance(arg, str):
                    value = leaf.bases[n] + sum(s * v for s, v in zip(leaf.slopes[n], at, strict=True))
                    model.add(value == arg).only_enforce_if(way)
        drawn = [model.new_bool_var("") for _ in self.commands]
        for one, some in zip(drawn, ways, strict=True):
            model.add(sum(some) == one)
        model.add(sum(drawn) == entered)
        for level in reversed(range(self.depth)):  # the innermost mirror is the first
            if at[level] != 1:
                continue
            image = [model.new_bool_var("") for _ in self.commands]
            model.add(sum(image) == entered)
            for mirror, chosen in zip(self.mirrors, leaf.mirrors[level], strict=True):
                for one, place in zip(drawn, self.images[mirror], strict=True):
                    model.add_bool_or(chosen.negated(), one.negated(), *([] if place < 0 else [image[place]]))
            for one, same in zip(drawn, image, strict=True):
                model.add(one == same).only_enforce_if([v.negated() for v in leaf.mirrors[level]])
            drawn = image
        for one, some in zip(drawn, self.drawn, strict=True):
            some.append(one)

    # -- the cost

    def _priced(self) -> None:
        model = self.model
        twos = [model.new_bool_var("") for _ in self.headers]
        for two, header in zip(twos, self.headers, strict=True):
            below, above = model.new_bool_var(""), model.new_bool_var("")
            model.add(header.base <= 1).only_enforce_if(below)
            model.add(header.base >= 3).only_enforce_if(above)
            constant = [header.is_loop, header.used, *(m.negated() for m in header.moved)]
            model.add_bool_or(two, below, above).only_enforce_if(constant)
        further = model.new_int_var(0, len(self.coefficients), "")
        model.add(further >= sum(self.coefficients.values()) - 1)
        used = [node.used for node in (*self.headers, *self.leaves)]
        model.minimize(THIRDS * (sum(used) + sum(twos) + sum(self.plain)) + further)
        for first, second in (*pairwise(self.headers), *pairwise(self.leaves)):
            model.add_implication(second.used, first.used)

    # -- writing it out

    def body(self, solver: cp_model.CpSolver) -> Body:
        """The program of a solution."""
        plain = [c for c, p in zip(self.commands, self.plain, strict=True) if solver.value(p)]
        return (*map(_plain, plain), *self._inside(solver, None))

    def _inside(self, solver: cp_model.CpSolver, header: Header | None) -> Iterator[Statement]:
        nodes: list[Header | Leaf] = [*self.headers, *self.leaves]
        for node in nodes:
            chosen = [h for h, inside in zip(node.headers, node.inside, strict=True) if solver.value(inside)]
            if solver.value(node.used) and chosen == ([] if header is None else [header]):
                statement = self._statement(solver, node)
                yield When((statement,)) if solver.value(node.when) else statement

    def _statement(self, solver: cp_model.CpSolver, node: Header | Leaf) -> Statement:
        def linear(base: Var, slopes: Sequence[Var]) -> Linear:
            for level, slope in enumerate(slopes):
                if solver.value(slope):
                    variable = sum(solver.value(v) for v in node.loops[:level])
                    return Linear(solver.value(base), solver.value(slope), variable)
            return Linear(solver.value(base))

        if isinstance(node, Leaf):
            symbol, words = next(kind for kind, chosen in node.kinds.items() if solver.value(chosen))
            numbers = [linear(b, s) for b, s in zip(node.bases, node.slopes, strict=True)]
            return Draw(symbol, tuple(n if w is None else w for w, n in zip(words, numbers, strict=False)))
        body = tuple(self._inside(solver, node))
        if solver.value(node.is_loop):
            return Loop(linear(node.base, node.slopes), body)
        axis, at = next(m for m, chosen in zip(self.mirrors, node.mirror, strict=True) if solver.value(chosen))
        return Reflect(axis, at, body)


def _plain(command: Command) -> Draw:
    return Draw(command.symbol, tuple(a if isinstance(a, str) else Linear(a) for a in command.args))


def _kind(command: Command) -> Kind:
    return command.symbol, tuple(a if isinstance(a, str) else None for a in command.args)


def longest(commands: Sequence[Command]) -> int:
    """The most rounds in which a number of the commands can go on by equal steps: no loop needs more to draw them."""
    best = 1
    for symbol in {c.symbol for c in commands}:
        for values in zip(*(c.args for c in commands if c.symbol == symbol), strict=True):
            numbers = {v for v in values if not isinstance(v, str)}
            for first, second in product(numbers, repeat=2):
                length, step = 1, second - first
                while step and first + length * step in numbers:
                    length += 1
                best = max(best, length)
    return best
