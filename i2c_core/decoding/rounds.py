"""The closed loop: the stages of a strategy in turn, each program drawn again, until nothing better can come.

Legend: B pictures, C channels, H W pixels, n programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.decoding.proposals import Proposer
from i2c_core.decoding.rank import Renders
from i2c_core.decoding.redraw import Ranked, merge, rank_each
from i2c_core.decoding.redrawing import Redrawing
from i2c_core.decoding.strategies import STRATEGIES, Beam, SequentialMonteCarlo, Strategy
from i2c_core.errors import ConfigError, I2cError, ImageError, suggest
from i2c_core.families import Family
from i2c_core.model import Observation
from i2c_core.model.numbers import number_spans

LARGEST = 256  # pixels; above, drawing again costs more than reading did and no answer changes

Pixels = NDArray[np.uint8]
# Candidates of each picture, what they are compared with, and a deadline, to candidates: see `i2c_core.refining`.
Refine = Callable[[Sequence[Ranked], Sequence[Pixels], float | None], list[Ranked]]


def comparison_size(family: Family, height: int, width: int, proposer: Proposer | None = None) -> tuple[int, int]:
    """The height and width in pixels at which an input of this size is compared with what programs draw.

    A proposer that sees finer than others says by `compared` how long the longer side may be.
    """
    if not family.any_size:
        return family.size
    scale = min(1.0, int(getattr(proposer, "compared", LARGEST)) / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def make_stages(strategy: str | Strategy, n: int = 1, proposer: Proposer | None = None) -> tuple[Strategy, ...]:
    """What a name stands for, wide enough for n candidates: tried in turn until a picture is drawn exactly.

    A proposer with strategies of its own says that itself (see `i2c_core.decoding.Proposer`).
    """
    if not isinstance(strategy, str):
        return (strategy,)
    own: Callable[[str, int], tuple[Strategy, ...] | None] | None = getattr(proposer, "stages", None)
    if own is None:
        known: tuple[str, ...] = tuple(STRATEGIES)
        stages = STRATEGIES[strategy](n) if strategy in STRATEGIES else None
    else:
        known, stages = tuple(getattr(proposer, "strategies", ())), own(strategy, n)
    if stages is None:
        hint = suggest(strategy, known, f"use one of {', '.join(known)}")
        there = "this network knows no strategy" if strategy in STRATEGIES else "there is no strategy"
        raise ConfigError(f"{there} {strategy!r}", hint)
    return stages


def weighed(strategy: Strategy, family: Family, renderer: Renders) -> Strategy:
    """The strategy; particles without a likelihood are weighed by how well they redraw the picture."""
    if isinstance(strategy, SequentialMonteCarlo) and strategy.likelihood is None:
        return replace(strategy, likelihood=Redrawing(family, renderer))
    return strategy


def search(
    family: Family,
    renderer: Renders,
    proposer: Proposer,
    seen: NDArray[np.uint8],
    compared: Sequence[Pixels],
    stages: Sequence[Strategy],
    *,
    n: int,
    budget: int,
    generator: torch.Generator | int | None = None,
    deadline: float | None = None,
    options: Mapping[str, Any] | None = None,
    refine: Refine | None = None,
) -> list[Ranked]:
    """The candidates of each of B pictures, best first, or why there are none.

    A proposer that `ranks` runs all stages; for any other a picture is settled once it is drawn exactly.

    Args:
        seen: (B, C, H, W) what the proposer sees; where it cannot read a picture that is alone, it may raise
            `ImageError`.
        compared: of each picture (C, H, W) what its programs are compared with.
        stages: tried in turn; see `make_stages`.
        n: programs a picture.
        budget: the most tokens of a program.
        generator: of sampling.
        deadline: in seconds of `time.monotonic`; no stage but the first begins after it.
        options: what else the proposer takes, by name.
        refine: what moves the continuous values of the candidates of a stage, before it is decided whether to go on.
    """
    found: list[Ranked] = [[] for _ in compared]
    pending = list(range(len(compared)))
    ranks = bool(getattr(proposer, "ranks", False))
    more: dict[str, Any] = {"deadline": deadline} if getattr(proposer, "anytime", False) else {}
    more |= options or {}
    for number, strategy in enumerate(stages):
        if refine is not None and isinstance(strategy, Beam):
            strategy = replace(strategy, merge=number_spans(family.vocabulary))
        if not pending or (number > 0 and deadline is not None and monotonic() >= deadline):
            break
        inputs = torch.from_numpy(seen[pending]).float() / 255.0  # (B, C, H, W)
        try:
            proposals = proposer.propose(
                Observation(inputs), n=strategy.tries(n), strategy=strategy, budget=budget, generator=generator, **more
            )
        except ImageError as error:
            if len(pending) > 1:
                raise
            found[pending[0]] = found[pending[0]] or error
            break
        ranked = rank_each(family, renderer, proposals, [compared[i] for i in pending], ranks=ranks)
        if refine is not None and not ranks:
            ranked = refine(ranked, [compared[i] for i in pending], deadline)
        for i, new in zip(pending, ranked, strict=True):
            found[i] = merge(found[i], new, ranks=ranks)
        pending = pending if ranks else [i for i in pending if not _is_settled(found[i])]
    return found


def _is_settled(found: Ranked) -> bool:
    """Whether nothing better can come: the picture is drawn exactly, or its programs cannot be drawn at all."""
    return isinstance(found, I2cError) or (bool(found) and found[0].distance == 0)
