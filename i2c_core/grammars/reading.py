"""From a concrete tree to token ids: types are checked from the root down, which also chooses among generic symbols."""

from __future__ import annotations

from i2c_core.errors import ParseError, ProgramError, RelationError, suggest
from i2c_core.grammars.carets import parse_error
from i2c_core.grammars.forms import Bound, Form
from i2c_core.grammars.literals import NAN, Literals
from i2c_core.grammars.repeats import Many
from i2c_core.grammars.trees import Alternative, Leaf, Node, Run
from i2c_core.programs import require_related
from i2c_core.symbols import Bins, Enumeration, Range
from i2c_core.types import Type

Tree = Node | Leaf


class _Rest:
    """The elements of a list from one place on; `type` is that of the whole list."""

    __slots__ = ("elements", "place", "start", "type")

    def __init__(self, elements: list[Tree], place: int, start: int, type_: int) -> None:
        self.elements = elements
        self.place = place
        self.start = start
        self.type = type_


class TreeReader:
    """Reads the trees of one grammar as programs of one vocabulary."""

    def __init__(self, binding: Bound) -> None:
        self._binding = binding
        self._vocabulary = binding.vocabulary
        self._literals = Literals(binding)
        self._nil = self._vocabulary.ids.get("nil", -1)
        self._cons = self._vocabulary.ids.get("cons", -1)
        ids = self._vocabulary.ids
        self._forms: dict[Alternative, list[tuple[int, list[Form]]]] = {}
        for alternative, meaning in binding.meanings.items():
            self._forms[alternative] = [(ids[t], f) for t, f in meaning.forms.items() if t in ids]

    def read(self, tree: Node, text: str) -> tuple[list[int], list[float]]:
        """Token ids and values in prefix order; raises `ParseError` where the tree is not well typed."""
        vocabulary = self._vocabulary
        production, productions = vocabulary.production, vocabulary.productions
        ids: list[int] = []
        values: list[float] = []
        fits: dict[int, frozenset[int]] | None = None
        stack: list[tuple[Tree | _Rest, int, int]] = [(tree, 0, 0)]
        while stack:
            node, type_, start = stack.pop()
            if isinstance(node, Leaf):
                literal = self._literals.read(type_, node)
                if literal is None:
                    raise self._wrong(text, node.start, type_, node.text)
                ids += literal[0]
                values += literal[1]
                continue
            if isinstance(node, Node):
                node = self._through(node)
                if isinstance(node, Leaf):
                    stack.append((node, type_, start))
                    continue
                start = node.start if node.start >= 0 else start
                meaning = self._binding.meanings[node.alternative]
                if meaning.is_list:
                    listed = self._must_group(node, meaning.forms[""], 1)[0]
                    stack.append((_Rest(listed, 0, start, type_), type_, start))  # type: ignore[arg-type]
                    continue
                options = [o for o in self._forms[node.alternative] if production[type_, o[0]] >= 0]
                if len(options) > 1:
                    options = [o for o in options if self._grouped(node, o[1], self._arity(o[0])) is not None]
                if len(options) > 1:
                    fits = self._fits(tree) if fits is None else fits
                    options = [o for o in options if self._holds(node, o, type_, fits)] or options
                if not options:
                    raise self._wrong(text, start, type_, meaning.symbol or "")
                token, forms = options[0]
                ids.append(token)
                values.append(NAN)
                args = productions[production[type_, token]].args
                grouped = list(zip(self._must_group(node, forms, len(args)), args, strict=True))
                if vocabulary.related and vocabulary.tokens[token] in vocabulary.related:
                    self._require_related(token, grouped, text, start)
                for value, arg in reversed(grouped):
                    if isinstance(value, list):
                        value = _Rest(value, 0, start, arg)
                    stack.append((value, arg, start))
                continue
            token = self._cons if node.place < len(node.elements) else self._nil
            found = production[type_, token] if token >= 0 else -1
            if found < 0:
                raise self._wrong_length(text, node)
            ids.append(token)
            values.append(NAN)
            if token == self._cons:
                element, rest = productions[found].args
                stack.append((_Rest(node.elements, node.place + 1, node.start, node.type), rest, start))
                stack.append((node.elements[node.place], element, start))
        return ids, values

    def _require_related(self, token: int, grouped: list[tuple[Tree | list[Tree], int]], text: str, start: int) -> None:
        """Raise `RelationError` at the literal that does not stand as it must to an earlier one of its symbol."""
        vocabulary = self._vocabulary
        names, places = [""] * len(grouped), [start] * len(grouped)
        for number, (value, type_) in enumerate(grouped):
            leaf = value if isinstance(value, list) else self._through(value)
            literal = self._literals.read(type_, leaf) if isinstance(leaf, Leaf) else None
            if literal is None or not isinstance(leaf, Leaf):
                continue  # no literal, or one of another type, which is told when it is read
            names[number], places[number] = vocabulary.tokens[literal[0][0]], leaf.start
            try:
                require_related(vocabulary.signature, vocabulary.related[vocabulary.tokens[token]], names)
            except ProgramError as error:
                told = parse_error(text, places[number], error.fact, error.hint)
                raise RelationError(told.fact, told.hint, told.line, told.column) from None

    def _through(self, node: Tree) -> Tree:
        """What a chain of passages leads to."""
        meanings = self._binding.meanings
        while isinstance(node, Node) and meanings[node.alternative].is_passage:
            inner = node.kept[0]
            assert not isinstance(inner, Run)
            node = inner
        return node

    def _arity(self, token: int) -> int:
        return int(self._vocabulary.arity[token])

    def _must_group(self, node: Node, forms: list[Form], arity: int) -> list[Tree | list[Tree]]:
        found = self._grouped(node, forms, arity)
        assert found is not None, f"no form of {node.alternative.rule} has what was parsed"
        return found

    def _grouped(self, node: Node, forms: list[Form], arity: int) -> list[Tree | list[Tree]] | None:
        """What a node keeps, by argument: one tree, or the elements of a list; None where no form has it."""
        form = forms[0]
        if not form.is_simple:
            return self._aligned(node, forms, arity)
        args = self._empty(form, arity)
        kept = iter(node.kept)
        for element, place in zip(form.elements, form.places, strict=True):
            if not (isinstance(element, Many) or element.kept):
                continue
            value = next(kept)
            if place >= 0:
                _put(args, place, value, form)
        return args  # type: ignore[return-value]

    def _aligned(self, node: Node, forms: list[Form], arity: int) -> list[Tree | list[Tree]] | None:
        """The same where inlined rules are spelt out: the first form whose elements are what the node keeps."""
        flat: list[Tree] = []
        for value in node.kept:
            flat += value if isinstance(value, Run) else [value]
        for form in forms:
            args = self._empty(form, arity)
            position = 0
            needed = sum(e.low if isinstance(e, Many) else int(e.kept) for e in form.elements)
            spare = len(flat) - needed
            for element, place in zip(form.elements, form.places, strict=True):
                if isinstance(element, Many):
                    names = {i.name for i in element.items}
                    end = position + element.low
                    most = len(flat) if element.high is None else position + element.high
                    while spare > 0 and end < most and end < len(flat) and flat[end].name in names:
                        end, spare = end + 1, spare - 1
                    if end > len(flat) or any(flat[i].name not in names for i in range(position, end)):
                        break
                    _put(args, place, Run(flat[position:end]), form)
                    position = end
                elif element.kept:
                    if position >= len(flat) or flat[position].name != element.name:
                        break
                    if place >= 0:
                        _put(args, place, flat[position], form)
                    position += 1
            else:
                if position == len(flat):
                    return args  # type: ignore[return-value]
        return None

    def _empty(self, form: Form, arity: int) -> list[Tree | list[Tree] | None]:
        """Arguments to fill; those that no element writes are empty lists."""
        args: list[Tree | list[Tree] | None] = [None] * arity
        for place in range(arity):
            if place not in form.places:
                args[place] = []
        return args

    # -- generic symbols

    def _holds(self, node: Node, option: tuple[int, list[Form]], type_: int, fits: dict[int, frozenset[int]]) -> bool:
        vocabulary = self._vocabulary
        args = vocabulary.productions[vocabulary.production[type_, option[0]]].args
        grouped = self._grouped(node, option[1], len(args))
        return grouped is not None and all(
            self._fits_at(value, arg, fits) for value, arg in zip(grouped, args, strict=True)
        )

    def _fits_at(self, value: Tree | list[Tree], type_: int, fits: dict[int, frozenset[int]]) -> bool:
        if not isinstance(value, list):
            return type_ in self._types_of(self._through(value), fits)
        wanted = self._vocabulary.types[type_]
        if not wanted.is_list or len(value) < wanted.bounds.low:
            return False
        if not value:
            return True
        if wanted.bounds.high is not None and wanted.bounds.high < len(value):
            return False
        if wanted.element not in self._vocabulary.types:  # nothing is of that type, so that only empty lists are
            return False
        element = self._vocabulary.types.index(wanted.element)
        return all(element in self._types_of(self._through(v), fits) for v in value)

    def _types_of(self, node: Tree, fits: dict[int, frozenset[int]]) -> frozenset[int]:
        if isinstance(node, Leaf):
            types = range(len(self._vocabulary.types))
            return frozenset(y for y in types if self._literals.read(y, node) is not None)
        return fits[id(node)]

    def _fits(self, tree: Node) -> dict[int, frozenset[int]]:
        """By id() of each node that is no passage, the types that it can have: from the leaves up, exact."""
        order: list[Node] = []
        stack: list[Tree] = [tree]
        while stack:
            node = self._through(stack.pop())
            if isinstance(node, Leaf):
                continue
            order.append(node)
            for value in node.kept:
                stack += value if isinstance(value, Run) else [value]
        fits: dict[int, frozenset[int]] = {}
        production = self._vocabulary.production
        for node in reversed(order):
            meaning = self._binding.meanings[node.alternative]
            if meaning.is_list:
                elements = self._must_group(node, meaning.forms[""], 1)[0]
                types = range(len(self._vocabulary.types))
                fits[id(node)] = frozenset(y for y in types if self._fits_at(elements, y, fits))
                continue
            found = set()
            for option in self._forms[node.alternative]:
                for type_ in (production[:, option[0]] >= 0).nonzero()[0].tolist():
                    if self._holds(node, option, type_, fits):
                        found.add(type_)
            fits[id(node)] = frozenset(found)
        return fits

    # -- errors

    def _wrong(self, text: str, start: int, type_: int, got: str) -> ParseError:
        vocabulary = self._vocabulary
        wanted = vocabulary.types[type_]
        openings = [t for t in vocabulary.tokens if vocabulary.production[type_, vocabulary.ids[t]] >= 0]
        kind = vocabulary.signature.kind(wanted)
        if isinstance(kind, Range | Bins):
            hint = f"write a number from {kind.low} to {kind.high}"
        else:
            hint = suggest(got, openings, f"{wanted} begins with {vocabulary.openings(type_)}")
        return parse_error(text, start, f"expected {self.shown(wanted)}, got {got}", hint)

    def shown(self, type_: Type) -> str:
        """A type as errors show it: `Coord (1..15)`."""
        kind = self._vocabulary.signature.kind(type_)
        if isinstance(kind, Range):
            return f"{type_} ({kind})"
        if isinstance(kind, Bins):
            return f"{type_} ({kind.low}..{kind.high})"
        if isinstance(kind, Enumeration) and len(kind.members) <= 8:
            return f"{type_} ({', '.join(kind.members)})"
        return str(type_)

    def _wrong_length(self, text: str, rest: _Rest) -> ParseError:
        wanted = self._vocabulary.types[rest.type]
        count = len(rest.elements)
        if not wanted.is_list:
            return self._wrong(text, rest.start, rest.type, "a list")
        low, high = wanted.bounds.low, wanted.bounds.high
        bounds = f"at least {low}" if high is None else f"{low}..{high}" if low != high else str(low)
        begin = rest.elements[min(rest.place, count - 1)].start if rest.elements else rest.start
        fact = f"expected {bounds} {wanted.element}{'s' * (bounds != '1')}, got {count}"
        hint = "write more" if count < low else "write fewer"
        return parse_error(text, begin if begin >= 0 else rest.start, fact, hint)


def _put(args: list[Tree | list[Tree] | None], place: int, value: Tree | Run, form: Form) -> None:
    """Give a value to its argument: runs and elements go into its list, anything else is the argument."""
    if isinstance(value, Run):
        known = args[place]
        if not form.in_list[place]:  # one of several things
            args[place] = value[0]
            return
        args[place] = [*(known if isinstance(known, list) else []), *value]
    elif form.in_list[place]:
        known = args[place]
        args[place] = [*(known if isinstance(known, list) else []), value]
    else:
        args[place] = value
