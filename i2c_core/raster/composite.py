"""The renderer of a composition: the model's, helped where it was not made for what other families bring.

A program that is a material's from its root on is drawn by that material alone. A model that draws in grey is asked
once a channel where a material has colours: it gets the arguments' pictures one channel at a time.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from i2c_core.composing import Parts
from i2c_core.programs import Program
from i2c_core.raster.contract import Array, TokenBatch, is_tensor, on_host
from i2c_core.raster.folded import Fold, PictureOf, accepts
from i2c_core.raster.pixels import as_batch, as_pixels
from i2c_core.references import resolve

Size = tuple[int, int]


def channels_of(parts: Parts) -> int:
    """Those of the composition: colours as soon as one of the families has them."""
    return max(n.family.channels for n in parts.all_names)


class Batched:
    """For a model that draws whole batches."""

    def __init__(self, parts: Parts) -> None:
        assert not isinstance(parts.model.render, Mapping)
        assert parts.model.render is not None
        self._parts, self._channels = parts, channels_of(parts)
        self._draw: Callable[[TokenBatch, Size], Any] = resolve(parts.model.render, f"family {parts.model.name}")

    def __call__(self, batch: TokenBatch, size: Size) -> Any:
        """Pixels (N, C, H, W) uint8, and (N,) which programs have a picture."""
        alone = on_host(batch.foreign_arguments()[:, 0])  # (N,)
        if not alone.any():
            return self._drawn(batch, size)
        pixels = _zeros(batch.ids, (len(alone), self._channels, *size), "uint8")
        defined = _zeros(batch.ids, (len(alone),), "bool")
        rows, rest = np.flatnonzero(alone), np.flatnonzero(~alone)
        pixels[rows] = batch.picture(rows, np.zeros_like(rows), size)
        defined[rows] = True  # those without a picture are known to who drew them
        if len(rest):
            pixels[rest], defined[rest] = self._drawn(_part(batch, rest), size)
        return pixels, defined

    def _drawn(self, batch: TokenBatch, size: Size) -> tuple[Array, Array]:
        if self._channels == self._parts.model.channels:
            return self._asked(batch, size)
        known: dict[Any, Array] = {}
        layers = []
        for channel in range(self._channels):

            def layer(rows: Array, positions: Array, asked: Size, channel: int = channel) -> Array:
                key = asked, on_host(rows).tobytes(), on_host(positions).tobytes()
                if key not in known:
                    known[key] = batch.picture(rows, positions, asked)
                return known[key][:, channel : channel + 1]

            layers.append(self._asked(replace(batch, foreign=layer), size))
        pixels, defined = zip(*layers, strict=True)
        return _join(pixels), defined[0]

    def _asked(self, batch: TokenBatch, size: Size) -> tuple[Array, Array]:
        """What the model's renderer answers, in the model's own channels."""
        result = self._draw(batch, size)
        pixels, defined = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        pixels = as_batch(pixels, self._parts.model.channels, size, batch.ids)
        return pixels, _zeros(batch.ids, (len(batch.ids),), "bool") == 0 if defined is None else defined


def _part(batch: TokenBatch, rows: Any) -> TokenBatch:
    """Some programs of a batch."""

    def picture(some: Array, positions: Array, size: Size) -> Array:
        return batch.picture(rows[on_host(some)], positions, size)

    values = None if batch.values is None else batch.values[rows]
    return replace(batch, ids=batch.ids[rows], values=values, foreign=picture)


def _zeros(like: Array, shape: tuple[int, ...], dtype: str) -> Array:
    if not is_tensor(like):
        return np.zeros(shape, dtype)
    import torch

    return torch.zeros(shape, dtype=getattr(torch, dtype), device=like.device)


def _join(layers: tuple[Array, ...]) -> Array:
    """Pictures of one channel each (N, 1, H, W) as one (N, C, H, W)."""
    if not is_tensor(layers[0]):
        return np.concatenate(layers, 1)
    import torch

    return torch.cat(layers, 1)


class OneByOne:
    """For a model that draws one program at a time, by a function or one function a symbol."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._channels = parts, channels_of(parts)
        self._function: Callable[..., Any] | None = None

    def __call__(self, program: Program, size: Size, picture: PictureOf) -> Any:
        if self._parts.material_of(program.name) is not None:
            return picture(program, size)
        if self._channels == self._parts.model.channels:
            return self._asked(program, size, picture)
        layers = []
        for channel in range(self._channels):

            def layer(argument: Program, asked: Size, channel: int = channel) -> Any:
                return picture(argument, asked)[channel : channel + 1]

            layers.append(as_pixels(self._asked(program, size, layer), self._parts.model.channels, size))
        return np.concatenate(layers)

    def _asked(self, program: Program, size: Size, picture: PictureOf) -> Any:
        model = self._parts.model
        if self._function is None:
            if isinstance(model.render, Mapping):
                whole = self._parts.whole()
                self._function = Fold(model.render, whole.vocabulary, f"family {model.name}", whole.foreign)
            else:
                assert model.render is not None
                self._function = resolve(model.render, f"family {model.name}")
        keywords: dict[str, Any] = {"size": size} if accepts(self._function, "size") else {}
        if accepts(self._function, "picture"):
            keywords["picture"] = picture
        return self._function(program, **keywords)
