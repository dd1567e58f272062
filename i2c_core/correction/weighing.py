"""Candidates weighed together with their shortest programs: what is looked at, and how much each of it counts.

A drawing's program says why it was drawn: of two readings that explain its ink about as well, that is the likelier one
whose program is shorter (K. Ellis et al., "Learning to infer graphics programs from hand-drawn images", NeurIPS 2018,
section 4.1). A candidate's weight is the softmax of a sum of a few numbers, each times a weight that was fitted on
sketches of regular scenes.

Legend: K candidates of one picture, F features.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from i2c_core.correction.shortest import Shortest
from i2c_core.decoding import Candidate
from i2c_core.documents import parse_json
from i2c_core.errors import ConfigError
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, walk

FEATURES = ("score", "first", "commands", "cost", "loops", "reflections", "coefficients")
LOOKED = 12  # candidates of a picture that are weighed
MARGIN = 2.5  # nats below the reader's best, beyond which none is: fewer than one in a hundred are right there
SECONDS = 0.3  # that the shortest program of one of them is sought for
LEAST = -1e3  # nats of a candidate that the reader gives no chance

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Correction:
    """How candidates are weighed.

    Attributes:
        weights: by feature; a feature that is not named does not count.
        pictures: how many they were fitted on.
        looked: candidates of a picture that are weighed, at most.
        margin: nats of the reader's score below its best, beyond which none is weighed.
        seconds: that the shortest program of each is sought for.
    """

    weights: Mapping[str, float]
    pictures: int = 0
    looked: int = LOOKED
    margin: float = MARGIN
    seconds: float = SECONDS

    def chances(self, features: Numbers) -> Numbers:
        """(K,) the chance of each of one picture's candidates to be the right one, if one of them is, from (K, F)."""
        total = features @ np.array([self.weights.get(name, 0.0) for name in FEATURES])
        weight = np.exp(total - total.max())
        found: Numbers = weight / weight.sum()
        return found

    def dumps(self) -> str:
        """As JSON."""
        record = {
            "weights": dict(self.weights),
            "pictures": self.pictures,
            "looked": self.looked,
            "margin": self.margin,
            "seconds": self.seconds,
        }
        return json.dumps(record, indent=1) + "\n"

    @classmethod
    def loads(cls, text: str, owner: str) -> Self:
        """What `dumps` said.

        Raises:
            ConfigError: it is damaged; `owner` is the name of its file.
        """
        try:
            record: Any = parse_json(text)
            weights = {str(name): float(weight) for name, weight in record["weights"].items()}
            for name, weight in weights.items():
                if name not in FEATURES:
                    raise ValueError(f"it weighs {name!r}")
                if not math.isfinite(weight):
                    raise ValueError(f"the weight of {name!r} is {weight}")
            numbers = float(record["margin"]), float(record["seconds"])
            return cls(weights, int(record["pictures"]), int(record["looked"]), *numbers)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise ConfigError(f"the correction in {owner} is damaged: {error}", "fit it again") from None


def features_of(candidates: Sequence[Candidate], programs: Sequence[Shortest], sizes: Sequence[int]) -> Numbers:
    """(K, F) what is looked at, of one picture's candidates, in nats, commands, statements and thirds.

    Args:
        candidates: of one picture.
        programs: the shortest program of each.
        sizes: how many commands each draws.
    """
    rows = []
    for candidate, shortest, size in zip(candidates, programs, sizes, strict=True):
        score = candidate.logprob if candidate.score is None else candidate.score
        loops = sum(isinstance(s, Loop) for s in walk(shortest.body))
        reflections = sum(isinstance(s, Reflect) for s in walk(shortest.body))
        numbers = {
            "score": max(score, LEAST),
            "first": max(candidate.logprob, LEAST),
            "commands": size,
            "cost": float(shortest.cost),
            "loops": loops,
            "reflections": reflections,
            "coefficients": len(coefficients_of(shortest.body)),
        }
        rows.append([numbers[name] for name in FEATURES])
    return np.array(rows, np.float64)


def coefficients_of(body: Body) -> set[int]:
    """The distinct coefficients of a program's linear expressions."""
    found = set()
    for statement in walk(body):
        if isinstance(statement, Loop):
            found.add(statement.count.a)
        elif isinstance(statement, Draw):
            found |= {arg.a for arg in statement.args if isinstance(arg, Linear)}
    return found - {0}


__all__ = ["FEATURES", "LOOKED", "MARGIN", "SECONDS", "Correction", "features_of"]
