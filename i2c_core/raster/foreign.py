"""Arguments that another family draws.

Legend: N programs, T tokens, n arguments asked for, V tokens of the vocabulary, C channels, H W pixels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import RenderError
from i2c_core.families import Family
from i2c_core.images import fit, recolour
from i2c_core.programs import Program
from i2c_core.raster.arguments import foreign_openings, spans
from i2c_core.raster.contract import Array, Pictures, Undefined, is_tensor, on_host

if TYPE_CHECKING:
    from torch import Tensor

GetFamily = Callable[[str], Family]


class Draws(Protocol):
    """What is used of the other family's renderer."""

    family: Family

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures: ...

    def render(
        self, ids: NDArray[Any], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures: ...

    def render_tensors(
        self, ids: Tensor, values: Tensor | None = None, size: tuple[int, int] | None = None
    ) -> tuple[Tensor, Tensor]: ...


def foreign_name(name: str, family: str) -> str:
    """What a family itself calls a symbol that another signature lists, bare or qualified by the family's name.

    >>> foreign_name("splits.h", "splits"), foreign_name("h", "splits"), foreign_name("eq[a.Coord]", "a")
    ('h', 'h', 'eq[Coord]')
    """
    return re.sub(rf"(^|[\[ ]){re.escape(family)}\.", r"\1", name)


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

    @cached_property
    def _types(self) -> dict[str, str]:
        """The foreign type of each token that may begin an argument."""
        return foreign_openings(self._family.vocabulary, self._family.foreign)

    @cached_property
    def opens(self) -> NDArray[np.bool_] | None:
        """(V,) the tokens that may begin an argument; None where the family has no foreign types."""
        if not self._family.foreign:
            return None
        return np.array([token in self._types for token in self._family.vocabulary.tokens])

    def _type_of(self, token: str) -> str:
        return self._types.get(token) or str(self._family.vocabulary.signature[token].result)

    def picture(self, argument: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The picture (C, H, W) of an argument at the size (height, width) asked for.

        A renderer of one program that names a parameter `picture` gets this function. Grey is repeated for a family
        with colours, colours become their brightness for a grey one; a family that draws one size is fitted to the
        size asked for. Raises `Undefined` where the argument has no picture.
        """
        renderer = self._drawer(self._type_of(argument.name))
        family = renderer.family
        names = [foreign_name(n.name, family.name) for n in argument.nodes()]
        values = [float("nan") if n.value is None else n.value for n in argument.nodes()]
        own = family.from_tokens(family.vocabulary.names_to_ids(names), values)  # over its own signature
        drawn = renderer.render_programs([own], size if family.any_size else None)
        if not drawn.defined[0]:
            raise Undefined
        return fit(recolour(drawn.pixels[0], self._family.channels), size)

    def pictures(
        self, ids: Array, values: Array | None, rows: Array, positions: Array, size: tuple[int, int]
    ) -> tuple[Array, NDArray[np.bool_]]:
        """The pictures of n arguments of programs given as tokens; as `picture`, in one call a foreign type.

        Args:
            ids, values: (N, T) whole programs, as in `TokenBatch`.
            rows, positions: (n,) which programs, and the tokens in them that the arguments begin with.
            size: height and width.

        Returns:
            (n, C, H, W) uint8 in the library and on the device of `ids`, black where an argument has no picture, and
            (n,) NumPy, whether it has one.
        """
        tokens, rows, positions = on_host(ids), on_host(rows), on_host(positions)
        numbers = None if values is None else on_host(values)
        vocabulary = self._family.vocabulary
        kinds = np.array([*map(self._type_of, vocabulary.tokens), "padding"])[tokens[rows, positions]]  # (n,)
        pixels: Array = np.zeros((len(rows), self._family.channels, *size), np.uint8)
        if is_tensor(ids):
            import torch

            pixels = torch.from_numpy(pixels).to(ids.device)
        defined = np.zeros(len(rows), bool)
        for type_ in dict.fromkeys(kinds.tolist()):
            some = np.flatnonzero(kinds == type_)
            renderer = self._drawer(type_)
            own, exact = self._arguments(renderer.family, tokens, numbers, rows[some], positions[some])
            pixels[some], defined[some] = self._draw(renderer, own, exact, size, ids)
        return pixels, defined

    def _drawer(self, type_: str) -> Draws:
        foreign = self._family.foreign
        if type_ not in foreign:
            known = ", ".join(foreign) or "none"
            fact = (
                f"{self._family.name} asks for the picture of an argument of type {type_}, its foreign types: {known}"
            )
            raise RenderError(fact, "name the family that draws it in foreign")
        if type_ not in self._renderers:
            other = foreign[type_]
            self._renderers[type_] = self._renderer(other if isinstance(other, Family) else self._get_family(other))
        return self._renderers[type_]

    def _arguments(
        self,
        family: Family,
        ids: NDArray[Any],
        values: NDArray[np.float64] | None,
        rows: NDArray[np.int64],
        positions: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """The sub-programs (n, T) that begin at tokens, in the other family's tokens, and their values."""
        vocabulary, other = self._family.vocabulary, family.vocabulary
        place, taken = spans(ids, vocabulary.arity, rows, positions)  # (n, longest)
        parts = np.where(taken, ids[rows[:, None], place], vocabulary.pad)
        used = np.unique(parts[taken])
        table = np.full(vocabulary.size + 1, other.pad, np.int64)
        table[used] = other.names_to_ids(foreign_name(vocabulary.tokens[t], family.name) for t in used.tolist())
        for token in used[vocabulary.arity[used] != other.arity[table[used]]].tolist():
            takes, name = (vocabulary.arity[token], vocabulary.tokens[token]), other.tokens[table[token]]
            fact = f"{self._family.name} gives {takes[1]} {takes[0]} arguments, {name} of {family.name} takes "
            raise RenderError(f"{fact}{other.arity[table[token]]}", "declare it as the other family does")
        own = table[parts]
        if values is None or not other.continuous.any():
            return own, None
        return own, np.where(taken, values[rows[:, None], place], np.nan)

    def _draw(
        self,
        renderer: Draws,
        ids: NDArray[np.int64],
        values: NDArray[np.float64] | None,
        size: tuple[int, int],
        like: Array,
    ) -> tuple[Array, NDArray[np.bool_]]:
        family = renderer.family
        asked = size if family.any_size else None
        if not is_tensor(like):
            drawn = renderer.render(ids, values, asked)
            return self._fitted(drawn.pixels, size), drawn.defined
        import torch

        exact = None if values is None else torch.from_numpy(values).to(like.device)
        pixels, defined = renderer.render_tensors(torch.from_numpy(ids).to(like.device), exact, asked)
        if tuple(pixels.shape[1:]) != (self._family.channels, *size):
            pixels = torch.from_numpy(self._fitted(pixels.cpu().numpy(), size)).to(like.device)
        return pixels, defined.cpu().numpy()

    def _fitted(self, pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        pixels = recolour(pixels, self._family.channels)
        return pixels if pixels.shape[2:] == size else np.stack([fit(p, size) for p in pixels])
