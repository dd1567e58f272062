"""Programs with loops as statements, and statements as programs: the same things in two forms."""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.errors import ProgramError
from i2c_core.loops import scopes
from i2c_core.loops.declaring import WORD, Layout
from i2c_core.loops.executing import NAMES
from i2c_core.loops.statements import Body, Draw, Linear, Loop, Reflect, Statement, When
from i2c_core.programs import Program
from i2c_core.symbols import Signature


class Reading:
    """Programs as statements."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def body(self, node: Program) -> Body:
        found: list[Statement] = []
        while node.name == self.layout.more:
            first, node = node.args
            found.append(self._statement(first))
        return tuple(found)

    def _statement(self, node: Program) -> Statement:
        places = self.layout.places.get(node.name)
        if places is not None:
            args = zip(node.args, places, strict=True)
            return Draw(node.name, tuple(a.name if p.role == WORD else self._linear(a) for a, p in args))
        if node.name.startswith(scopes.FOR):
            return Loop(self._linear(node.args[0]), self.body(node.args[1]))
        if node.name.startswith(scopes.IF):
            return When(self.body(node.args[0]))
        if node.name.startswith(scopes.REFLECT):
            return Reflect(node.name.removeprefix(scopes.REFLECT), int(node.args[0].name), self.body(node.args[1]))
        fact = f"{node.name} is no command that loops could move"
        raise ProgramError(fact, f"the commands are {', '.join(self.layout.places)}")

    def _linear(self, node: Program) -> Linear:
        if node.name.isdecimal():
            return Linear(int(node.name))
        b = 0
        if node.name in (scopes.PLUS, scopes.MINUS):
            b = int(node.args[1].name) * (1 if node.name == scopes.PLUS else -1)
            node = node.args[0]
        a = 1
        if node.name == scopes.NEGATIVE:
            a, node = -1, node.args[0]
        if node.name == scopes.TIMES:
            a, node = a * int(node.args[0].name), node.args[1]
        return Linear(b, a, NAMES.index(node.name))


class Saying:
    """Statements as programs."""

    def __init__(self, gamma: Signature, layout: Layout) -> None:
        self.gamma, self.layout = gamma, layout
        self._leaves: dict[str, Program] = {}

    def list(self, body: Sequence[Statement], scope: int = 0, depth: int = 0, condition: bool = False) -> Program:
        made: list[Program] = []
        for statement in body:
            made += self._statements(statement, scope, depth, condition)
        found = Program(self.gamma, self.layout.end)
        for one in reversed(made):
            found = Program(self.gamma, self.layout.more, (one, found))
        return found

    def _statements(self, statement: Statement, scope: int, depth: int, condition: bool) -> Sequence[Program]:
        if isinstance(statement, Draw):
            args = [self._leaf(a) if isinstance(a, str) else self._linear(a, scope) for a in statement.args]
            return [Program(self.gamma, statement.symbol, tuple(args))]
        if isinstance(statement, When):
            if condition:
                return [p for s in statement.body for p in self._statements(s, scope, depth, True)]
            if not scope:
                raise ProgramError("a condition outside of every loop", "put it into a loop")
            inner = self.list(statement.body, scope, depth, True)
            return [Program(self.gamma, scopes.IF + NAMES[scope - 1], (inner,))]
        if depth == self.layout.loops.depth:
            fact = f"loops and reflections in each other, {depth + 1} deep"
            raise ProgramError(fact, f"nest them up to {depth} deep")
        if isinstance(statement, Loop):
            inner = self.list(statement.body, scope + 1, depth + 1)
            return [Program(self.gamma, scopes.FOR + NAMES[scope], (self._linear(statement.count, scope), inner))]
        inner = self.list(statement.body, scope, depth + 1, condition)
        return [Program(self.gamma, scopes.REFLECT + statement.axis, (self._leaf(str(statement.at)), inner))]

    def _leaf(self, name: str) -> Program:
        if name not in self._leaves:
            self._leaves[name] = Program(self.gamma, name)
        return self._leaves[name]

    def _linear(self, linear: Linear, scope: int) -> Program:
        if linear.variable is None or not linear.a:
            return self._leaf(str(linear.b))
        if linear.variable >= scope:
            fact = f"{NAMES[linear.variable]} is not in scope"
            raise ProgramError(fact, "it has a value inside its loop only")
        found = self._leaf(NAMES[linear.variable])
        if abs(linear.a) > 1:
            found = Program(self.gamma, scopes.TIMES, (self._leaf(str(abs(linear.a))), found))
        if linear.a < 0:
            found = Program(self.gamma, scopes.NEGATIVE, (found,))
        if linear.b:
            sign = scopes.PLUS if linear.b > 0 else scopes.MINUS
            found = Program(self.gamma, sign, (found, self._leaf(str(abs(linear.b)))))
        return found


__all__ = ["Reading", "Saying"]
