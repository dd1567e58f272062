"""What is done with a program once it is read: it is held against the family's rules, repaired, and made shorter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.answers import Candidate
from i2c_core.decoding.rank import distances
from i2c_core.families import Family
from i2c_core.raster import Renderer
from i2c_core.soundness import lint, repair
from i2c_core.synthesis import synthesize


def finish(
    family: Family,
    renderer: Renderer,
    candidate: Candidate,
    given: NDArray[np.uint8],
    *,
    repaired: bool = False,
    costs: NDArray[np.floating] | None = None,
    seconds: float = 0.0,
) -> Candidate:
    """A candidate with its problems, without them where it is to be repaired, and with a shorter program.

    Args:
        renderer: draws the repaired program.
        given: (C, H, W) the input, at the candidate's size.
        repaired: whether to make it sound. What is then no longer what was read has a distance of its own to the input,
            and no confidence.
        costs: what each choice costs at each place, for the repair; see `i2c_core.soundness.repair`.
        seconds: to look for a shorter program; 0 leaves it as it is.
    """
    if repaired and family.repair is not None:
        found = repair(family, candidate.program, costs)
        if found.changes:
            drawn = renderer.render_programs([found.program], (given.shape[1], given.shape[2])).pixels  # (1, C, H, W)
            first = np.zeros(1, np.int64)
            candidate = replace(
                candidate,
                program=found.program,
                code=family.show(found.program),
                size=found.program.size,
                picture=drawn[0],
                distance=float(distances(family, drawn, given[None], first, first)[0]),
                confidence=None,
                shortest=None,
            )
        candidate = replace(candidate, problems=found.problems, changes=found.changes)
    elif family.lint is not None:
        candidate = replace(candidate, problems=tuple(lint(family, candidate.program)))
    if seconds > 0 and family.synthesize is not None:
        short = synthesize(family, candidate.program, seconds)
        code = family.show(short.program)
        candidate = replace(candidate, program=short.program, code=code, size=int(short.cost), bound=int(short.bound))
    return candidate
