"""How programs with loops are read and printed: blocks indented, numbers close together, mistakes of scope told."""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.errors import ParseError
from i2c_core.grammars import Syntax
from i2c_core.grammars.carets import parse_error
from i2c_core.grammars.spacing import Spacing, Token
from i2c_core.grammars.trees import Leaf, Node, Run
from i2c_core.loops import scopes
from i2c_core.loops.executing import NAMES
from i2c_core.programs import Program
from i2c_core.symbols import Range, Signature

INDENT = "  "
KEYWORDS = ("for", "if", "reflect")


class LoopSyntax(Syntax):
    """The syntax of a language with loops."""

    def show(self, program: Program) -> str:
        """The program as text, what is in braces on lines of its own."""
        return _laid_out(self._printer.tokens(program), _Tight(self._rules))

    def _tree(self, text: str) -> Node:
        tree = super()._tree(text)
        _Checking(text, self.vocabulary.signature).check(tree)
        return tree


class _Tight(Spacing):
    """`for (i < 3)` and `-2*j + 14`: nothing around a times, nor behind a minus that nothing stands before."""

    def _close(self, left: Token, right: Token) -> bool:
        if right[1] == "(" and left[1] in KEYWORDS:
            return False
        return "*" in (left[1], right[1]) or super()._close(left, right)

    def _habits(self, tokens: Sequence[Token]) -> list[str]:
        gaps = super()._habits(tokens)
        for n, token in enumerate(tokens[:-1]):
            if token[1] == "-" and (n == 0 or tokens[n - 1][1] not in NAMES):
                gaps[n] = ""
        return gaps


def _laid_out(tokens: Sequence[Token], spacing: Spacing) -> str:
    """Tokens as lines, indented by the braces around them."""
    lines: list[str] = []
    line: list[Token] = []
    level = 0

    def end() -> None:
        if line:
            lines.append(INDENT * level + spacing.join(line))
            line.clear()

    for token in tokens:
        text = token[1]
        if text == "}":
            end()
            level -= 1
        if not (text.isspace() and "\n" in text):
            line.append(token)
        else:
            end()
        if text == "{":
            end()
            level += 1
    end()
    return "\n".join(lines)


class _Checking:
    """What types forbid as well, told as people would: variables out of scope, and nests that are too deep."""

    def __init__(self, text: str, signature: Signature) -> None:
        self.text, self.signature = text, signature
        self.depth = signature.indices[scopes.DEPTH].high
        expressions = [t for t in signature.includes if scopes.LINEAR in signature.includes[t]]
        self.sorts = {scopes.rule_of(t): signature.includes[t][0] for t in expressions}

    def check(self, tree: Node) -> None:
        """Raise `ParseError` at the first statement or variable that may not stand where it does."""
        stack: list[tuple[Node | Leaf | Run, int, int, bool]] = [(tree, 0, 0, False)]
        while stack:
            node, scope, depth, condition = stack.pop()
            if isinstance(node, Leaf):
                continue
            parts = list(node) if isinstance(node, Run) else list(node.kept)
            if isinstance(node, Node):
                name = node.alternative.alias or ""
                self._require_numbers(node, name, parts)
                if name in NAMES and node.alternative.rule == scopes.VARIABLE.lower():
                    self._require_in_scope(node, name, scope)
                elif name.startswith(scopes.FOR):
                    self._require_room(node, depth)
                    variable = name.removeprefix(scopes.FOR)
                    if variable != NAMES[scope]:
                        fact = f"expected the variable {NAMES[scope]} of this loop, got {variable}"
                        known = ", ".join(NAMES[: self.depth])
                        raise self._error(node, fact, f"loops in each other have {known}, outermost first")
                    count, body = parts
                    stack += [(body, scope + 1, depth + 1, False), (count, scope, depth, condition)]
                    continue
                elif name.startswith(scopes.IF):
                    self._require_innermost(node, name.removeprefix(scopes.IF), scope, condition)
                    condition = True
                elif name.startswith(scopes.REFLECT):
                    self._require_room(node, depth)
                    depth += 1
            stack += [(part, scope, depth, condition) for part in reversed(parts)]

    def _require_in_scope(self, node: Node, name: str, scope: int) -> None:
        if NAMES.index(name) >= scope:
            known = ", ".join(NAMES[:scope])
            hint = f"in scope: {known}" if known else "it has a value inside its loop only"
            raise self._error(node, f"{name} is not in scope", hint)

    def _require_room(self, node: Node, depth: int) -> None:
        if depth == self.depth:
            fact = f"loops and reflections in each other, {depth + 1} deep"
            raise self._error(node, fact, f"nest them up to {self.depth} deep")

    def _require_innermost(self, node: Node, name: str, scope: int, condition: bool) -> None:
        if not scope:
            raise self._error(node, "a condition outside of every loop", "put it into a loop")
        if name != NAMES[scope - 1]:
            fact = f"a condition on {name}, the innermost loop's variable is {NAMES[scope - 1]}"
            raise self._error(node, fact, f"write if ({NAMES[scope - 1]} > 0)")
        if condition:
            raise self._error(node, f"a condition on {name} inside another one", "leave one of them out")

    def _require_numbers(self, node: Node, name: str, parts: Sequence[Node | Leaf | Run]) -> None:
        """Whether each number is one that may stand there."""
        for leaf in parts:
            if not isinstance(leaf, Leaf) or not leaf.text.isdecimal():
                continue
            value = leaf.text.lstrip("0") or "0"
            if name == scopes.TIMES and value in ("0", "1"):
                hint = "write the variable alone" if value == "1" else "write the number that is left"
                raise self._error(leaf, f"{value} times a variable", hint)
            if name in (scopes.PLUS, scopes.MINUS) and value == "0":
                raise self._error(leaf, f"{name} 0", "leave it out")
            sort = {scopes.TIMES: scopes.FACTOR, scopes.PLUS: scopes.OFFSET, scopes.MINUS: scopes.OFFSET}.get(name)
            if name.startswith(scopes.REFLECT):
                sort = scopes.mirror(name.removeprefix(scopes.REFLECT))
            sort = sort or self.sorts.get(node.alternative.rule)
            kind = self.signature.kinds.get(sort or "")
            if isinstance(kind, Range) and not (len(value) < 10 and kind.low <= int(value) <= kind.high):
                fact = f"expected {sort} ({kind}), got {leaf.text[:20]}"
                raise self._error(leaf, fact, f"write a number from {kind.low} to {kind.high}")

    def _error(self, node: Node | Leaf, fact: str, hint: str) -> ParseError:
        return parse_error(self.text, max(node.start, 0), fact, hint)


__all__ = ["LoopSyntax"]
