"""Arguments that another family draws. Legend: C channels, H W pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import RenderError
from i2c_core.families import Family
from i2c_core.images import fit, recolour
from i2c_core.programs import Program
from i2c_core.raster.contract import Pictures, Undefined

GetFamily = Callable[[str], Family]


class Draws(Protocol):
    """What is used of the other family's renderer."""

    family: Family

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures: ...


class Foreign:
    """Draws arguments of the types in `family.foreign`, each by the family named there.

    Args:
        family: whose symbols take the arguments.
        get_family: finds a family by name.
        renderer: makes a family's renderer.
    """

    def __init__(self, family: Family, get_family: GetFamily, renderer: Callable[[Family], Draws]) -> None:
        self._family, self._get_family, self._renderer = family, get_family, renderer
        self._renderers: dict[str, Draws] = {}

    def picture(self, argument: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The picture (C, H, W) of an argument at the size (height, width) asked for.

        A renderer of one program that names a parameter `picture` gets this function. Grey is repeated for a family
        with colours, colours become their brightness for a grey one; a family that draws one size is fitted to the
        size asked for. Raises `Undefined` where the argument has no picture.
        """
        type_ = str(argument.symbol.result)
        foreign = self._family.foreign
        if type_ not in foreign:
            known = ", ".join(foreign) or "none"
            fact = (
                f"{self._family.name} asks for the picture of an argument of type {type_}, its foreign types: {known}"
            )
            raise RenderError(fact, "name the family that draws it in foreign")
        if type_ not in self._renderers:
            self._renderers[type_] = self._renderer(self._get_family(foreign[type_]))
        renderer = self._renderers[type_]
        family = renderer.family
        names = [n.name for n in argument.nodes()]
        values = [float("nan") if n.value is None else n.value for n in argument.nodes()]
        own = family.from_tokens(family.vocabulary.names_to_ids(names), values)  # over its own signature
        drawn = renderer.render_programs([own], size if family.any_size else None)
        if not drawn.defined[0]:
            raise Undefined
        return fit(recolour(drawn.pixels[0], self._family.channels), size)
