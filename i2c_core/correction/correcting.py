"""One picture's candidates, put in the order that the reader and their shortest programs together give them.

Legend: K candidates of one picture.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

import numpy as np

from i2c_core.correction.shortest import Shortener, Shortest, drawn
from i2c_core.correction.weighing import FEATURES, LOOKED, SECONDS, Correction, Numbers, features_of
from i2c_core.decoding import Candidate
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.loops import Command, cost_of, layout_of
from i2c_core.programs import Program
from i2c_core.references import resolve

PATIENCE = 5.0  # times as long as the others', the reader's best is thought about
LEAST = 0.02  # seconds for the program of a candidate where no time is left


@dataclass(frozen=True, slots=True)
class Corrected:
    """A candidate among those that were weighed.

    Attributes:
        place: where the reader alone put it, from 0.
        shortest: its shortest program.
        chance: to be the right one, if one of them is; None where no weights were fitted.
    """

    place: int
    shortest: Shortest
    chance: float | None = None


class Corrector:
    """Weighs a family's candidates together with their shortest programs.

    Args:
        family: one with loops.
        correction: in place of the family's own.

    Raises:
        ConfigError: the family has no loops, or its own correction is missing or damaged.
    """

    def __init__(self, family: Family, correction: Correction | None = None) -> None:
        if family.loops is None:
            raise ConfigError(f"{family.name} has no programs with loops", "leave the program out")
        self.family, self.layout = family, layout_of(family)
        self.correction = own_correction(family) if correction is None else correction
        self.looked = LOOKED if self.correction is None else self.correction.looked
        self._shorten = Shortener(self.layout)

    def shortest(self, program: Program, seconds: float = SECONDS) -> Shortest:
        """The shortest program that draws what a program of the family draws."""
        return self._shorten(self.commands(program), seconds)

    def commands(self, program: Program) -> list[Command]:
        """What a program draws that loops know of."""
        assert self.family.loops is not None
        if self.family.loops.commands is not None:
            program = resolve(self.family.loops.commands, f"family {self.family.name}")(self.family, program)
        return self.layout.commands_of(program)

    def __call__(
        self, candidates: Sequence[Candidate], n: int | None = None, deadline: float | None = None
    ) -> list[Corrected]:
        """The first n candidates of one picture in their new order, the best first; all where n is None.

        Args:
            candidates: as the reader orders them; those that are not weighed keep their places behind the others.
            deadline: `time.monotonic()` seconds after which little time is spent on programs.
        """
        n = len(candidates) if n is None else n
        some = self.weighable(candidates)
        found: list[Corrected] = []
        if self.correction is not None and some:
            programs, features = self.look(some, deadline)
            chances = self.correction.chances(features)
            found = [Corrected(place, programs[place], float(chances[place])) for place in ranked(chances)]
        for place in range(len(found), min(n, len(candidates))):
            shortest = self._shorten(self.commands(candidates[place].program), self._left(deadline))
            found.append(Corrected(place, shortest, None if self.correction is None else 0.0))
        return found[:n]

    def weighable(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Those that are weighed: the first ones, which the reader does not find much worse than its best."""
        if self.correction is None or not candidates:
            return ()
        said = [c.logprob if c.score is None else c.score for c in candidates[: self.correction.looked]]
        count = next((k for k, score in enumerate(said) if score < said[0] - self.correction.margin), len(said))
        return candidates[:count]

    def look(self, candidates: Sequence[Candidate], deadline: float | None = None) -> tuple[list[Shortest], Numbers]:
        """The shortest program of each candidate, and what is looked at (K, F)."""
        listed = [self.commands(c.program) for c in candidates]
        # A program of the reader's best that is found too long would put another first for nothing.
        shares = [PATIENCE if place == 0 else 1.0 for place in range(len(listed))]
        found = [self._shorten(some, self._left(deadline, share)) for some, share in zip(listed, shares, strict=True)]
        programs = grown(found, listed)
        features = features_of(candidates, programs, [len(c) for c in listed])
        features[:, FEATURES.index("cost")] = likely_costs(programs, listed)
        return programs, features

    def _left(self, deadline: float | None, share: float = 1.0) -> float:
        """Seconds for the program of one candidate."""
        each = share * (SECONDS if self.correction is None else self.correction.seconds)
        return each if deadline is None else max(LEAST, min(each, deadline - time.monotonic()))


def grown(programs: Sequence[Shortest], listed: Sequence[Sequence[Command]]) -> list[Shortest]:
    """Programs made no longer than those of their subsets are, with the commands that are missing there added.

    Where time is short, one of two candidates may have been found regular and the other not, though they differ little.
    """
    sets = [frozenset(commands) for commands in listed]
    found = list(programs)
    for k in sorted(range(len(sets)), key=lambda k: len(sets[k])):
        if found[k].optimal:
            continue
        for other, inner in enumerate(sets):
            if inner < sets[k]:
                body = (*found[other].body, *drawn(sorted(sets[k] - inner)))
                if cost_of(body) < found[k].cost:
                    found[k] = replace(found[k], body=body, cost=cost_of(body))
    return found


def likely_costs(programs: Sequence[Shortest], listed: Sequence[Sequence[Command]]) -> Numbers:
    """(K,) what candidates are taken to cost: what is not proven, at most as much as others and what differs from them.

    A guess that no program stands for: a row of which one circle is read as something else costs about one more.
    """
    sets = [frozenset(commands) for commands in listed]
    costs = np.array([float(p.cost) for p in programs])
    found = costs.copy()
    for k, one in enumerate(sets):
        if not programs[k].optimal:
            found[k] = min(costs[j] + max(len(one - other), len(other - one)) for j, other in enumerate(sets))
    return found


def ranked(chances: Numbers) -> list[int]:
    """The places (K,) of candidates, the likeliest first; of equal ones the reader's first."""
    found: list[int] = np.argsort(-chances, kind="stable").tolist()
    return found


def confidences(sure: Sequence[float | None], order: Sequence[Corrected]) -> list[float | None]:
    """The confidence of each corrected candidate: what all had together is shared out by the chances they have now.

    Args:
        sure: of all candidates as the reader orders them; None where it was never calibrated.
        order: the candidates as they were corrected.
    """
    known = [told for told in sure if told is not None]
    if len(known) < len(sure) or any(c.chance is None for c in order):
        return [sure[c.place] for c in order]
    together = min(1.0, sum(known))
    return [together * float(c.chance or 0.0) for c in order]


def own_correction(family: Family) -> Correction | None:
    """The weights that a family ships for its candidates, None where it ships none.

    Raises:
        ConfigError: they are not installed, or damaged.
    """
    reference = None if family.loops is None else family.loops.correction
    if reference is None:
        return None
    package, _, name = reference.partition(":")
    try:
        text = (resources.files(package) / name).read_text(encoding="utf-8")
    except (ImportError, OSError, TypeError, ValueError):
        fact = f"the correction of {family.name}, {reference}, is not installed"
        raise ConfigError(fact, "install the family again, or declare no correction") from None
    return Correction.loads(text, reference)


__all__ = ["Corrected", "Corrector", "confidences", "own_correction", "ranked"]
