"""Programs: well-typed trees over a signature, immutable and hashable, checked when they are made.

Nothing here recurses over a program, so that a chain of a hundred thousand symbols is as welcome as a small one.
"""

from __future__ import annotations

from collections.abc import Iterator

from i2c_core.errors import ProgramError
from i2c_core.symbols import LITERAL, Bins, Signature, Symbol, bind_result
from i2c_core.types import Type

_DEEPEST_TREE = 1000  # levels that `Program.tree` prints


class Program:
    """A symbol applied to programs; `value` is the exact number of a continuous literal, else None.

    Made by `Program(signature, name, args)`, or by a family's `parse` and `from_tokens`. Two programs are equal
    when their symbols and values are.
    """

    __slots__ = ("_hash", "args", "depth", "signature", "size", "symbol", "value")

    signature: Signature
    symbol: Symbol
    args: tuple[Program, ...]
    value: float | None
    size: int
    depth: int
    _hash: int

    def __init__(
        self, signature: Signature, name: str, args: tuple[Program, ...] = (), value: float | None = None
    ) -> None:
        symbol = signature[name]
        write = object.__setattr__
        write(self, "signature", signature)
        write(self, "symbol", symbol)
        write(self, "args", tuple(args))
        kind = signature.kind(symbol.result) if not args else None
        if isinstance(kind, Bins):
            index = int(name.rpartition(":")[2])
            value = kind.centre(index) if value is None else float(value)
            if kind.index(value) != index:
                raise ProgramError(
                    f"{value:g} is not in bin {index} of {symbol.result}", "use its own bin, or no value"
                )
        elif value is not None:
            raise ProgramError(f"{name} takes no value, got {value:g}", "values belong to continuous types only")
        write(self, "value", value)
        write(self, "size", 1 + sum(a.size for a in self.args))
        write(self, "depth", 1 + max((a.depth for a in self.args), default=0))
        write(self, "_hash", hash((name, value, tuple(a._hash for a in self.args))))
        _check_arguments(self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"programs are immutable: cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"programs are immutable: cannot delete {name}")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        if self._hash != other._hash or self.size != other.size:
            return False
        pairs = zip(self.nodes(), other.nodes(), strict=True)
        return all(a.symbol.name == b.symbol.name and a.value == b.value for a, b in pairs)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.signature, [(n.symbol.name, len(n.args), n.value) for n in self.nodes()])

    def nodes(self) -> Iterator[Program]:
        """This program and all below it, in prefix order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.args))

    @property
    def name(self) -> str:
        return self.symbol.name

    def tree(self) -> str:
        """The program as an indented tree, one symbol a line.

        Raises:
            ProgramError: it is deeper than 1,000 levels; what indents so many levels grows with their square.
        """
        if self.depth > _DEEPEST_TREE:
            fact = f"the program is {self.depth:,} levels deep, a tree of it shows up to {_DEEPEST_TREE:,}"
            raise ProgramError(fact, "print its tokens instead")
        lines, stack = [], [(self, 0)]
        while stack:
            node, level = stack.pop()
            value = "" if node.value is None else f" = {node.value!r}"
            lines.append("  " * level + node.name + value)
            stack.extend((a, level + 1) for a in reversed(node.args))
        return "\n".join(lines)

    def __repr__(self) -> str:
        names = [n.name for _, n in zip(range(12), self.nodes(), strict=False)]
        return f"<Program {' '.join(names)}{' ...' if self.size > 12 else ''}>"


def _rebuild(signature: Signature, nodes: list[tuple[str, int, float | None]]) -> Program:
    done: list[Program] = []
    for name, arity, value in reversed(nodes):
        args = tuple(done[len(done) - arity :][::-1]) if arity else ()
        del done[len(done) - arity :]
        done.append(Program(signature, name, args, value))
    return done[0]


def fits(program: Program, type_: Type) -> bool:
    """Whether the program may stand where `type_` is wanted.

    A program made of literals and lists has no type of its own, so the question has a type in it.
    """
    pending = [(program, type_)]
    while pending:
        node, wanted = pending.pop()
        signature, symbol = node.signature, node.symbol
        if symbol.name == "cons" and wanted.is_list:
            low, high = wanted.bounds.low, wanted.bounds.high
            if high == 0:
                return False
            rest = Type(
                "List", (wanted.element, type(wanted.bounds)(max(low - 1, 0), None if high is None else high - 1))
            )
            pending += [(node.args[1], rest), (node.args[0], wanted.element)]
        elif symbol.name == "nil" and wanted.is_list:
            if wanted.bounds.low > 0:
                return False
        elif symbol.result == LITERAL:
            if not signature.literal(wanted, symbol.name):
                return False
        elif any(True for _ in symbol.result.variables()):
            sorts = [wanted, *map(Type, signature.included(wanted)[1:])]
            bindings = (bind_result(symbol, sort) for sort in sorts)
            binding = next((b for b in bindings if b is not None), None)
            if binding is None:
                return False
            pending += [(a, p.type.substitute(binding)) for a, p in zip(node.args, symbol.parameters, strict=True)]
        elif not signature.holds(wanted, symbol.result):
            return False
    return True


def type_name(program: Program) -> str:
    """What to call a program's type in an error: its symbol's result, or the literal itself."""
    return program.name if program.symbol.result == LITERAL else str(program.symbol.result)


def _check_arguments(program: Program) -> None:
    symbol = program.symbol
    if len(program.args) != symbol.arity:
        takes = f"{symbol.arity} argument{'s' * (symbol.arity != 1)}"
        raise ProgramError(f"{symbol.name} takes {takes}, got {len(program.args)}", f"its type is {symbol.type}")
    by_variable: dict[str, list[int]] = {}
    for number, (arg, parameter) in enumerate(zip(program.args, symbol.parameters, strict=True), 1):
        if parameter.type.is_variable:
            by_variable.setdefault(parameter.type.name, []).append(number)
        elif next(parameter.type.variables(), None) is None and not fits(arg, parameter.type):
            raise ProgramError(
                f"expected {parameter.type}, got {type_name(arg)} at argument {number} of {symbol.name}",
                f"its type is {symbol.type}",
            )
    if symbol.name not in ("cons", "nil"):  # lists are checked, once, where they are used
        for variable, numbers in by_variable.items():
            _check_variable(program, variable, numbers)


def _check_variable(program: Program, variable: str, numbers: list[int]) -> None:
    """Some type must suit all arguments that stand for one variable.

    Only arguments with a type of their own are looked at: generic ones are checked where they are used, so that a chain
    of them costs no more than its length.
    """
    symbol, signature = program.symbol, program.signature
    own = [program.args[n - 1].symbol for n in numbers]
    own = [s for s in own if next(s.result.variables(), None) is None]
    choices = dict(symbol.ranges).get(variable)
    if choices is None:
        if not any(s.result != LITERAL for s in own):
            return
        sorts = dict.fromkeys([*(s.result for s in own if s.result != LITERAL), *map(Type, signature.includes)])
        choices = tuple(sorts)
    for type_ in choices:
        if all(
            signature.literal(type_, s.name) if s.result == LITERAL else signature.holds(type_, s.result) for s in own
        ):
            return
    where = " and ".join(f"{type_name(program.args[n - 1])} at argument {n}" for n in numbers)
    raise ProgramError(f"no type {variable} suits {where} of {symbol.name}", f"its type is {symbol.type}")
