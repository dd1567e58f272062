"""What a composition is made of, and its programs taken apart: which of their parts belong to another family.

Nothing here recurses over a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from i2c_core.composing.naming import Names
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.references import resolve
from i2c_core.symbols import Signature

Step = tuple[str, int, float | None]  # a token, its arguments, its value


class Parts:
    """The families of a composition.

    Args:
        model: the family whose programs hold others.
        materials: those whose whole programs may stand in it.
        place: the model's type whose place they may take.
        whole: gives the composition.

    Attributes:
        names: the names of each material in the composition.
    """

    def __init__(self, model: Family, materials: Sequence[Family], place: str, whole: Callable[[], Family]) -> None:
        self.model, self.materials, self.place, self.whole = model, tuple(materials), place, whole
        self.names = tuple(Names(m) for m in self.materials)

    @cached_property
    def all_names(self) -> tuple[Names, ...]:
        """Those of the model too, which stay as they are, and come first."""
        return (Names(self.model, is_model=True), *self.names)

    def material_of(self, token: str) -> int | None:
        """The number of the material that a token belongs to, None for the model and for shared tokens."""
        return next((i for i, names in enumerate(self.names) if names.has(token)), None)

    def inside(self, program: Program) -> Iterator[tuple[int, Program]]:
        """The parts of a program that are whole programs of a material: their materials' numbers, and the parts."""
        stack = [program]
        while stack:
            node = stack.pop()
            material = self.material_of(node.name)
            if material is not None:
                yield material, node
            else:
                stack.extend(reversed(node.args))

    def own(self, material: int, part: Program) -> Program:
        """A part as the material's own program."""
        names, family = self.names[material], self.materials[material]
        return build(family.gamma, [(names.own(n.name), len(n.args), n.value) for n in part.nodes()])

    def steps(self, material: int, program: Program) -> list[Step]:
        """The tokens of a material's own program as the composition has them."""
        names = self.names[material]
        return [(names.token(n.name), len(n.args), n.value) for n in program.nodes()]

    def replaced(self, program: Program, change: Callable[[int, Program], Program]) -> Program:
        """The program with `change(material, own program)` in place of each part; itself where nothing changes."""
        steps: list[Step] = []
        changed = False
        stack = [program]
        while stack:
            node = stack.pop()
            material = self.material_of(node.name)
            if material is None:
                steps.append((node.name, len(node.args), node.value))
                stack.extend(reversed(node.args))
                continue
            before = self.own(material, node)
            after = change(material, before)
            changed |= after != before
            steps += self.steps(material, after)
        return build(program.signature, steps) if changed else program

    def normalise(self, program: Program) -> Program:
        """The canonical program of a legal one: each part by its family, then the whole by the model."""
        program = self.replaced(program, lambda material, own: self.materials[material].canonical(own))
        if self.model.normalise is None:
            return program
        found = resolve(self.model.normalise, f"family {self.model.name}")(program)
        return found  # type: ignore[no-any-return]  # the family that is composed checks what it gets


def build(signature: Signature, steps: Sequence[Step]) -> Program:
    """The program of tokens in prefix order."""
    done: list[Program] = []
    for name, arity, value in reversed(steps):
        args = tuple(done[len(done) - arity :][::-1]) if arity else ()
        del done[len(done) - arity :]
        done.append(Program(signature, name, args, value))
    return done[0]
