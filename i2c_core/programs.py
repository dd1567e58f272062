"""Programs: well-typed trees over a signature, immutable and hashable, checked when they are made.

Nothing here recurses over a program, so that a chain of a hundred thousand symbols is as welcome as a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from i2c_core.errors import ProgramError
from i2c_core.symbols import (
    END,
    LITERAL,
    TEXT,
    Bins,
    Enumeration,
    Relation,
    Signature,
    Symbol,
    bind_result,
    character,
    character_token,
)
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


def text_program(signature: Signature, text: str) -> Program:
    """A text as a program: one symbol a character, then the symbol that ends it."""
    found = Program(signature, END.name)
    for letter in reversed(text):
        found = Program(signature, character_token(letter), (found,))
    return found


def text_of(program: Program) -> str:
    """The text that a program of characters is; raises `ProgramError` for every other program."""
    letters = []
    for node in program.nodes():
        if node.symbol.result != TEXT:
            raise ProgramError(f"{node.name} is no character of a text", "ask for the text of a program of characters")
        letters.append(character(node.name) or "")
    return "".join(letters)


def fits(program: Program, type_: Type) -> bool:
    """Whether the program may stand where `type_` is wanted.

    A program made of literals, lists and characters has no type of its own, so the question has a type in it. Arguments
    of a type without variables were checked when they were put there, so they are not looked at again.
    """
    pending = [(program, type_)]
    while pending:
        node, wanted = pending.pop()
        signature, symbol = node.signature, node.symbol
        if symbol.name == "cons" and wanted.is_list:
            if wanted.bounds.high == 0:
                return False
            pending += [(node.args[1], wanted.rest), (node.args[0], wanted.element)]
        elif symbol.name == "nil" and wanted.is_list:
            if wanted.bounds.low > 0:
                return False
        elif symbol.result == LITERAL:
            if not signature.literal(wanted, symbol.name):
                return False
        elif symbol.result == TEXT:
            if wanted != TEXT and not _is_text(node, wanted):
                return False
        elif not symbol.result.is_ground:
            bindings = (bind_result(symbol, sort, signature.indices) for sort in signature.parts(wanted))
            binding = next((b for b in bindings if b is not None), None)
            if binding is None:
                return False
            for arg, parameter in zip(node.args, symbol.parameters, strict=True):
                if not parameter.type.is_ground:
                    pending.append((arg, parameter.type.substitute(binding)))
        elif not signature.holds(wanted, symbol.result):
            return False
    return True


def _is_text(program: Program, wanted: Type) -> bool:
    languages = program.signature.texts(wanted)
    text = text_of(program) if languages else ""
    return any(language.matches(text) for _, language in languages)


def type_name(program: Program) -> str:
    """What to call a program's type in an error: its symbol's result, or the literal itself."""
    if program.symbol.result == TEXT:
        text = text_of(program)
        return f"text {text if len(text) <= 40 else text[:40] + '...'!r}"
    return program.name if program.symbol.result == LITERAL else str(program.symbol.result)


def require_related(signature: Signature, symbol: Symbol, names: Sequence[str]) -> None:
    """Raise `ProgramError` where a literal does not stand as it must to an earlier one.

    `names` are the names of the symbol's arguments. What is no literal is left to the check of types.
    """
    for number, parameter in enumerate(symbol.parameters, 1):
        for relation in parameter.relations:
            earlier = symbol.place(relation.argument)
            mine = signature.literal_kind(parameter.type)
            other = signature.literal_kind(symbol.parameters[earlier].type)
            if mine is None or other is None:
                continue
            try:
                value, compared = mine.place(names[number - 1]), other.place(names[earlier])
            except ValueError:
                continue
            if not relation.holds(value, compared):
                wanted = _shown_relation(relation, other, names[earlier], compared)
                who = parameter.name or "a value"
                raise ProgramError(
                    f"expected {who} {wanted}, got {names[number - 1]} at argument {number} of {symbol.name}",
                    f"its type is {symbol.type}",
                )


def _shown_relation(relation: Relation, kind: object, literal: str, place: int) -> str:
    """A relation with what it comes to: `> x1 = 5`, `>= y1 + 2 = 7`."""
    bound = place + relation.offset
    if not relation.offset:
        return f"{relation} = {literal}"
    if isinstance(kind, Enumeration):
        reached = kind.members[bound] if 0 <= bound < len(kind.members) else f"beyond {literal}"
        return f"{relation} = {reached}"
    if isinstance(kind, Bins):
        return f"{relation}, {relation.argument} = {literal}"
    return f"{relation} = {bound}"


def _check_arguments(program: Program) -> None:
    symbol = program.symbol
    if len(program.args) != symbol.arity:
        takes = f"{symbol.arity} argument{'s' * (symbol.arity != 1)}"
        raise ProgramError(f"{symbol.name} takes {takes}, got {len(program.args)}", f"its type is {symbol.type}")
    by_variable: dict[str, list[int]] = {}
    for number, (arg, parameter) in enumerate(zip(program.args, symbol.parameters, strict=True), 1):
        if parameter.type.is_variable:
            by_variable.setdefault(parameter.type.name, []).append(number)
        elif parameter.type.is_ground and not fits(arg, parameter.type):
            raise ProgramError(
                f"expected {parameter.type}, got {type_name(arg)} at argument {number} of {symbol.name}",
                f"its type is {symbol.type}",
            )
    if symbol.name not in ("cons", "nil"):  # lists are checked, once, where they are used
        for variable, numbers in by_variable.items():
            _check_variable(program, variable, numbers)
    if program.signature.has_relations and symbol.has_relations:
        require_related(program.signature, symbol, [a.symbol.name for a in program.args])


def _check_variable(program: Program, variable: str, numbers: list[int]) -> None:
    """Some type must suit all arguments that stand for one variable.

    Only arguments with a type of their own are looked at: generic ones are checked where they are used, so that a chain
    of them costs no more than its length.
    """
    symbol, signature = program.symbol, program.signature
    own = [program.args[n - 1] for n in numbers]
    own = [a for a in own if a.symbol.result.is_ground]
    choices = dict(symbol.ranges).get(variable)
    if choices is None:
        sorts = dict.fromkeys(a.symbol.result for a in own if a.symbol.result not in (LITERAL, TEXT))
        if not sorts:
            return
        choices = (*sorts, *(Type(n) for n in signature.includes if Type(n) not in sorts))
    for type_ in choices:
        if all(_suits(arg, type_) for arg in own):
            return
    where = " and ".join(f"{type_name(program.args[n - 1])} at argument {n}" for n in numbers)
    raise ProgramError(f"no type {variable} suits {where} of {symbol.name}", f"its type is {symbol.type}")


def _suits(program: Program, type_: Type) -> bool:
    """Whether a program whose symbol has a type of its own may stand where `type_` is wanted."""
    signature, result = program.signature, program.symbol.result
    if result == LITERAL:
        return signature.literal(type_, program.symbol.name)
    return _is_text(program, type_) if result == TEXT else signature.holds(type_, result)
