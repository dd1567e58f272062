"""What crosses to other processes, and what happens to it there."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from i2c_core.errors import I2cError
from i2c_core.references import resolve

_KEPT = 2  # jobs whose functions a worker keeps


@dataclass(frozen=True)
class Job:
    """A function of one item, as other processes can make it for themselves.

    Attributes:
        make: reference, `package.module:function`, to what makes the function: it is called once in each process, so
            that networks and tables are loaded once.
        settings: what it is called with; values that can be pickled.
    """

    make: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def packed(job: Job) -> bytes:
    """A job as bytes; equal for one job, so that a worker knows what it has made before."""
    return pickle.dumps((job.make, dict(job.settings)))


def answer(job: bytes, item: Any) -> tuple[bool, Any]:
    """What a worker says to an item: whether it went well, and the result or the error.

    Nothing is raised: an error of the work is no error of the cluster.
    """
    try:
        return True, made(job)(item)
    except I2cError as error:
        return False, error
    except Exception as error:  # a bug, here or in a plugin: it may hold what cannot be pickled
        return False, RuntimeError(f"{type(error).__name__}: {error}")


@lru_cache(maxsize=_KEPT)
def made(job: bytes) -> Callable[[Any], Any]:
    """The function of a job."""
    make, settings = pickle.loads(job)  # what this very program packed, on its own machines
    function: Callable[[Any], Any] = resolve(make, "a cluster's job")(**settings)
    return function
