"""One door to every family's renderer: batches of programs in, pictures out.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import FamilyError, I2cError, RenderError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster.cache import PictureCache
from i2c_core.raster.contract import Array, Pictures, TokenBatch, is_tensor, on_host
from i2c_core.raster.foreign import Foreign, GetFamily
from i2c_core.raster.pixels import NoPicture, as_batch, require_beside
from i2c_core.raster.plain import Plain, can_limit
from i2c_core.raster.pool import Pool, job_of
from i2c_core.raster.values import fill_values
from i2c_core.references import resolve
from i2c_core.vocabulary import Encoded

if TYPE_CHECKING:
    from torch import Tensor

_SLOW = 0.002  # seconds a program; below it a process costs more than it saves
_WORTH = 0.5  # seconds of waiting that are worth starting processes, which takes about as long
_log = logging.getLogger(__name__)


class Renderer:
    """Draws a family's programs, whatever kind its renderer is.

    Args:
        family: whose programs it draws.
        workers: processes for a renderer of one program: 0 draws in this process, None starts as many as there are
            cores once a batch is worth it. A batched renderer always draws in this process.
        time_limit: seconds for one program; a batched renderer has none.
        cache: a folder for the pictures of a renderer of one program, or None.
        get_family: finds the families that draw foreign arguments.

    Attributes:
        seconds: spent in rendering so far.
        drawn: programs that were asked for so far, equal ones included.
        note: why processes were wanted and are not used, or empty.

    `render` is called from one thread at a time.
    """

    def __init__(
        self,
        family: Family,
        *,
        workers: int | None = None,
        time_limit: float = 10.0,
        cache: Path | None = None,
        get_family: GetFamily = get_family,
    ) -> None:
        if family.render is None:
            raise FamilyError(f"family {family.name} has no renderer", "give it one with render=")
        self.family = family
        self.seconds = 0.0
        self.drawn = 0
        self.note = ""
        self._workers = workers
        self._time_limit = time_limit
        self._get_family = get_family
        self._foreign = Foreign(family, get_family, self._other)
        self._batched: Callable[[TokenBatch, tuple[int, int]], Any] | None = None
        self._plain: Plain | None = None
        if not family.batched:
            self._plain = Plain(family, self._foreign.picture, time_limit)
        elif isinstance(family.render, Mapping):
            fact = f"family {family.name} has one function a symbol, which cannot be batched"
            raise FamilyError(fact, "leave batched out, or give one function of token arrays")
        else:
            self._batched = resolve(family.render, f"family {family.name}")
        self._cache = PictureCache(cache, family) if cache is not None and not family.batched else None
        self._pool: Pool | None = None

    @property
    def batched(self) -> bool:
        """Whether the family draws whole batches; where it does not, training may wait for pictures."""
        return self._batched is not None

    def render(
        self, ids: NDArray[Any], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures:
        """Draw programs given as tokens.

        Args:
            ids: (N, T) whole programs in prefix order, V behind their end.
            values: (N, T) exact values, NaN where there is none; or None.
            size: height and width; None for the family's own.

        Returns:
            N pictures. Raises `RenderError` where the renderer raises, hangs or returns something else.
        """
        size = self._size(size)
        with self._timed():
            self.drawn += len(ids)
            if self._batched is not None:
                pixels, defined = self._draw_batch(ids, values, size)
                return Pictures(pixels, np.asarray(defined, bool))
            encoded = self._encoded(np.asarray(ids), values)
            return self._draw_each(encoded, [None] * len(encoded), size)

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures:
        """Draw programs; as `render`."""
        encoded = [self.family.vocabulary.encode(p) for p in programs]
        if self._batched is not None:
            ids, values = self.family.vocabulary.pack(encoded)
            return self.render(ids, values if any(e.has_values for e in encoded) else None, size)
        with self._timed():
            self.drawn += len(encoded)
            return self._draw_each(encoded, list(programs), self._size(size))

    def render_tensors(
        self, ids: Tensor, values: Tensor | None = None, size: tuple[int, int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw programs given as tensors; as `render`.

        Returns:
            (N, C, H, W) uint8 and (N,) bool, whether each is defined, on the device of `ids`. A batched renderer draws
            on that device; others draw on the CPU.
        """
        import torch

        size = self._size(size)
        if self._batched is not None and ids.device.type != "cpu":
            with self._timed():
                self.drawn += len(ids)
                pixels, defined = self._draw_batch(ids, values, size)
                found = torch.as_tensor(pixels, device=ids.device)
                return found, torch.as_tensor(defined, device=ids.device, dtype=torch.bool)
        # On a CPU the NumPy path of a renderer serves tensors as well, without a copy.
        drawn = self.render(ids.cpu().numpy(), None if values is None else values.cpu().double().numpy(), size)
        pixels = drawn.pixels if drawn.pixels.flags.writeable else drawn.pixels.copy()
        return torch.from_numpy(pixels).to(ids.device), torch.from_numpy(drawn.defined).to(ids.device)

    @property
    def plain(self) -> Plain:
        """The renderer of one program; only where the family is not batched."""
        assert self._plain is not None
        return self._plain

    def close(self) -> None:
        """End the processes, if any were started; the renderer can be used again."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _other(self, family: Family) -> Renderer:
        return Renderer(family, workers=0, time_limit=self._time_limit, get_family=self._get_family)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start

    def _size(self, size: tuple[int, int] | None) -> tuple[int, int]:
        family = self.family
        if size is None or tuple(size) == tuple(family.size):
            return family.size
        height, width = size
        if min(height, width) < 1:
            raise RenderError(f"a picture of {width}x{height} pixels", "ask for at least 1x1")
        if not family.any_size:
            fact = f"{family.name} draws {family.size[1]}x{family.size[0]} pixels, asked for {width}x{height}"
            raise RenderError(fact, "ask for its own size, or declare any_size=True for a renderer that takes a size")
        return int(height), int(width)

    def _draw_batch(self, ids: Array, values: Array | None, size: tuple[int, int]) -> tuple[Array, Array]:
        """Pixels (N, C, H, W) uint8 and defined (N,); a renderer may return both, or pixels alone."""
        assert self._batched is not None
        name, count, vocabulary = self.family.name, len(ids), self.family.vocabulary
        values = fill_values(vocabulary, ids, values)
        whole = np.ones(count, bool)  # programs whose foreign arguments all have pictures

        def picture(rows: Array, positions: Array, size: tuple[int, int]) -> Array:
            drawn, found = self._foreign.pictures(ids, values, rows, positions, size)
            whole[on_host(rows)[~found]] = False
            return drawn

        batch = TokenBatch(ids, values, vocabulary, picture, self._foreign.opens)
        try:
            with redirect_stdout(sys.stderr):
                result = self._batched(batch, size)
        except I2cError:
            raise
        except (Exception, SystemExit) as error:
            fact = f"renderer of {name} raised {type(error).__name__}: {error} on a batch of {count} programs"
            hint = "mend the renderer; 'i2c check' shows which programs it fails on"
            if not is_tensor(ids) and "numpy" in str(error):
                hint = "let it take NumPy arrays as well as tensors"
            raise RenderError(fact, hint) from error
        pixels, defined = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        try:
            pixels = as_batch(pixels, self.family.channels, size, ids)
            if defined is not None:
                require_beside(defined, ids)
        except NoPicture as error:
            fact = (
                f"renderer of {name} returned {error.found} on a batch of {count} programs, expected {error.expected}"
            )
            raise RenderError(fact, "return such pictures") from None
        if defined is not None and tuple(defined.shape) != (count,):
            fact = f"renderer of {name} returned defined of shape {tuple(defined.shape)}, expected ({count},)"
            raise RenderError(fact, "return pictures (N, C, H, W) and defined (N,)")
        if whole.all():
            if defined is None:
                return pixels, whole
        else:
            mask: Array = whole
            if is_tensor(pixels):
                import torch

                mask = torch.from_numpy(whole).to(pixels.device)
            defined = mask if defined is None else defined & mask
        return pixels * defined[:, None, None, None], defined

    def _encoded(self, ids: NDArray[Any], values: NDArray[np.float64] | None) -> list[Encoded]:
        lengths = (ids != self.family.vocabulary.pad).sum(1)
        rows = [tuple(row[:n].tolist()) for row, n in zip(ids, lengths, strict=True)]
        if values is None:
            return [Encoded(row, (float("nan"),) * len(row)) for row in rows]
        return [Encoded(row, tuple(v[: len(row)].tolist())) for row, v in zip(rows, values, strict=True)]

    def _draw_each(self, encoded: Sequence[Encoded], programs: list[Program | None], size: tuple[int, int]) -> Pictures:
        """Draw one by one what is new: repeated programs, and those in the cache, are not drawn again."""
        pixels = np.zeros((len(encoded), self.family.channels, *size), np.uint8)
        defined = np.zeros(len(encoded), bool)
        places: dict[object, list[int]] = {}
        for place, program in enumerate(encoded):
            key = (program.ids, tuple(map(repr, program.values)) if program.has_values else None)
            places.setdefault(key, []).append(place)
        rows = list(places.values())

        def put(number: int, picture: NDArray[np.uint8] | None) -> None:
            if picture is not None:
                pixels[rows[number]] = picture
                defined[rows[number]] = True

        missing = []
        for number, row in enumerate(rows):
            known, picture = self._cache.get(encoded[row[0]], size) if self._cache else (False, None)
            if known:
                put(number, picture)
            else:
                missing.append(number)
        firsts = [encoded[rows[n][0]] for n in missing]
        decode = self.family.vocabulary.decode
        wanted = [
            programs[rows[n][0]] or decode(e.ids, e.values if e.has_values else None)
            for n, e in zip(missing, firsts, strict=True)
        ]

        def done(number: int, picture: NDArray[np.uint8] | None) -> None:
            put(missing[number], picture)
            if self._cache:
                self._cache.put(firsts[number], size, picture)

        self._draw_programs(wanted, size, done)
        return Pictures(pixels, defined)

    def _draw_programs(self, programs: Sequence[Program], size: tuple[int, int], done: Any) -> None:
        assert self._plain is not None
        start = time.perf_counter()
        number = 0
        here = self._workers == 0 or (self._workers is None and self._pool is None and can_limit())
        while number < len(programs) and (here or self._start_pool() is None):
            done(number, self._plain.draw(programs[number], size))
            number += 1
            if self._workers is None and not self.note:
                each = (time.perf_counter() - start) / number
                here = each < _SLOW or each * (len(programs) - number) < _WORTH or _cores() < 2
        if number < len(programs):
            pool = self._start_pool()
            assert pool is not None
            first = number
            pool.draw(programs[first:], size, lambda n, picture: done(first + n, picture))

    def _start_pool(self) -> Pool | None:
        """The pool, started on first use; None, with a note, where the renderer cannot cross to other processes."""
        if self._pool is None and not self.note:
            job = None if self.family.foreign and self._get_family is not get_family else self._job()
            if job is None:
                self.note = f"the renderer of {self.family.name} cannot cross to other processes "
                if any(isinstance(f, Family) for f in self.family.foreign.values()):
                    self.note += "(it draws a composition) and draws in this one: a batched renderer needs no others"
                else:
                    self.note += (
                        "(it is a lambda, a closure or part of the main script) and draws in this one: "
                        "name it as package.module:function"
                    )
                _log.warning(self.note)
            else:
                self._pool = Pool(self.family, job, self._workers or _cores())
        return self._pool

    def _job(self) -> dict[str, Any] | None:
        return job_of(self.family, self._time_limit)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
