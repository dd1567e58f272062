"""Renderers of one program at a time, in this process: called, limited in time, and held to their contract.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import I2cError, RenderError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster.contract import Undefined
from i2c_core.raster.folded import Fold, PictureOf, accepts
from i2c_core.raster.pixels import NoPicture, as_pixels
from i2c_core.references import resolve

_SHOWN = 120  # characters of a program in an error
_RAISED = "mend the renderer, or raise i2c_core.raster.Undefined where a program has no picture"
_SLOW = "make the renderer faster, or raise i2c_core.raster.Undefined where a program has no picture"


class Plain:
    """A family's renderer of one program: a function, or one function a symbol.

    Args:
        family: whose `render` is a reference to a function, or a mapping to fold.
        picture: `(argument program, (height, width)) -> (C, H, W)`, handed on to a function that names it.
        time_limit: seconds for one program; held where this is the main thread of a system with interval timers.
    """

    def __init__(self, family: Family, picture: PictureOf, time_limit: float) -> None:
        owner = f"family {family.name}"
        self.family = family
        self.time_limit = time_limit
        self._picture = picture
        if isinstance(family.render, Mapping):
            self._function: Callable[..., Any] = Fold(family.render, family.vocabulary, owner, family.foreign)
        else:
            assert family.render is not None
            self._function = resolve(family.render, owner)
        self._takes_size = accepts(self._function, "size")
        self._takes_picture = accepts(self._function, "picture")

    def draw(self, program: Program, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        """The picture (C, H, W) uint8 of a program; None where it has none; raises `RenderError`.

        What the renderer prints goes to standard error: standard output is for code alone.
        """
        keywords: dict[str, Any] = {"size": size} if self._takes_size else {}
        if self._takes_picture:
            keywords["picture"] = self._picture
        try:
            with redirect_stdout(sys.stderr), _alarm(self.time_limit):
                result = self._function(program, **keywords)
            return as_pixels(result, self.family.channels, size)
        except Undefined:
            return None
        except _TimeUp:
            raise too_slow(self.family, program, self.time_limit) from None
        except NoPicture as error:
            raise no_picture(self.family, program, error.found, error.expected) from None
        except I2cError:
            raise
        except (Exception, SystemExit) as error:
            raise raised(self.family, program, f"{type(error).__name__}: {error}") from error


class _TimeUp(BaseException):
    """Not an Exception, so that a renderer that catches those does not catch it."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not can_limit():
        yield
        return

    def stop(*_: object) -> None:
        raise _TimeUp

    # A limit that is already running, an outer renderer's, stays in force: the shorter of the two rings.
    before = signal.signal(signal.SIGALRM, stop)
    start = time.monotonic()
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    if 0 < outer < seconds:
        signal.setitimer(signal.ITIMER_REAL, outer)
    try:
        yield
    finally:
        left = outer - (time.monotonic() - start)
        signal.setitimer(signal.ITIMER_REAL, max(left, 1e-6) if outer else 0)
        signal.signal(signal.SIGALRM, before)


def can_limit() -> bool:
    """Whether a time limit can be held in this process, here: interval timers ring in the main thread only."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def shown(family: Family, program: Program) -> str:
    """A program for an error: its text, else its tokens, cut to a line."""
    try:
        text = family.show(program)
    except Exception:  # what went wrong with the renderer matters more than with the grammar
        text = " ".join(n.name for _, n in zip(range(_SHOWN), program.nodes(), strict=False))
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + " ..."


def too_slow(family: Family, program: Program, limit: float) -> RenderError:
    return RenderError(f"renderer of {family.name} took longer than {limit:g} s on {shown(family, program)}", _SLOW)


def raised(family: Family, program: Program, what: str) -> RenderError:
    return RenderError(f"renderer of {family.name} raised {what} on {shown(family, program)}", _RAISED)


def no_picture(family: Family, program: Program, found: str, expected: str) -> RenderError:
    fact = f"renderer of {family.name} returned {found} on {shown(family, program)}, expected {expected}"
    return RenderError(fact, "return such a picture")


def died(family: Family, program: Program, status: int | None) -> RenderError:
    fact = f"renderer of {family.name} ended its process with status {status} on {shown(family, program)}"
    return RenderError(fact, "find the crash by rendering this program alone")
