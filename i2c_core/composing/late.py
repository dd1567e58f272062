"""What a composition makes of its parts on first use, so that composing needs neither NumPy nor Lark nor torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from i2c_core.composing.parts import Parts, build
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.references import resolve

if TYPE_CHECKING:
    from i2c_core.grammars import GrammarText, Joined, Syntax
    from i2c_core.vocabulary import Vocabulary


class Late:
    """A function that `package.module:make` makes of the parts when it is first called."""

    def __init__(self, parts: Parts, maker: str) -> None:
        self.parts, self.maker = parts, maker

    @cached_property
    def _made(self) -> Callable[..., Any]:
        made: Callable[..., Any] = resolve(self.maker, "a composition")(self.parts)
        return made

    def __call__(self, *args: Any) -> Any:
        return self._made(*args)


class LatePlain(Late):
    """The same for a renderer of one program, which is known by the names of its parameters."""

    def __call__(self, program: Program, size: tuple[int, int], picture: Callable[..., Any]) -> Any:
        return self._made(program, size, picture)


class LateGrammar:
    """The parts' grammars, joined."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def _joined(self) -> Joined:
        from i2c_core.grammars import Joined
        from i2c_core.grammars.joining import Part

        shares = [Part(n.family, n.qualifier, n.token, n.own, n.type, n.has) for n in self._parts.all_names]
        return Joined(shares, self._parts.place, lambda: self._parts.whole().vocabulary)

    @property
    def text(self) -> GrammarText:
        """The grammar, which plain Lark reads."""
        return self._joined.text

    def syntax(self, vocabulary: Vocabulary, owner: str) -> Syntax:
        """The grammar bound to the signature of a composition."""
        return self._joined.syntax(vocabulary, owner)


class Examples(Sequence[str]):
    """The model's examples, then the same with an example of a material in place of a leaf."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        parts, family = self._parts, self._parts.whole()
        own = [parts.model.parse(text) for text in parts.model.examples]
        found = [build(family.gamma, [(n.name, len(n.args), n.value) for n in p.nodes()]) for p in own]
        for material, other in enumerate(parts.materials):
            for number, text in enumerate(other.examples[: max(1, len(own))]):
                into = found[number % len(own)] if own else None
                planted = planted_at(family, parts, into, material, other.parse(text))
                found += [] if planted is None else [planted]
        return tuple(family.show(family.canonical(p)) for p in found)

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._texts[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


def planted_at(
    family: Family, parts: Parts, program: Program | None, material: int, own: Program, which: int = 0
) -> Program | None:
    """A program with a material's own program in place of the `which`-th leaf that it may replace; None for none.

    Without a program the material's stands alone, where it may.
    """
    steps = parts.steps(material, own)
    if program is None:
        return build(family.gamma, steps) if parts.place == family.root else None
    places = leaves(family, parts, program)
    if not places:
        return None
    found = [(n.name, len(n.args), n.value) for n in program.nodes()]
    place = places[which % len(places)]
    return build(family.gamma, [*found[:place], *steps, *found[place + 1 :]])


def leaves(family: Family, parts: Parts, program: Program) -> list[int]:
    """The tokens of a program, by position, that are symbols without arguments where a material may stand."""
    vocabulary = family.vocabulary
    found: list[int] = []
    stack = [0]
    skipped = 0  # tokens that are still to come of a part
    for position, node in enumerate(program.nodes()):
        if skipped:
            skipped -= 1
            continue
        type_ = stack.pop()
        here = vocabulary.types[type_]
        if parts.material_of(node.name) is not None:
            skipped = node.size - 1
            continue
        if here.name == parts.place and not node.args:
            found.append(position)
        stack.extend(reversed(vocabulary.productions[vocabulary.production[type_, vocabulary.ids[node.name]]].args))
    return found
