"""The search among sets of items: particles that draw, look again, correct themselves, and are weighed.

A particle is a set. Given the set on the canvas, the network says of each candidate whether it belongs there; what it
says of the set as it stands is the set's score, the log-probability that nothing is missing and nothing too much. That
is the learned distance of Ellis et al. 2018, section 2.2, with what differs told item by item, so that it proposes too.

Legend: C candidate placements, K particles, W variants.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.items.believing import Beliefs, differences, likeliest
from i2c_core.items.inkfit import InkFit

DOUBT = 0.02  # a repair changes what the network doubts by at least this much
MOST_REPAIRS = 24  # changes of one set that are looked at in one round


@dataclass(frozen=True, eq=False)
class Scored:
    """A set that was looked at: what it has in each candidate, its score, and what is expected to differ."""

    state: NDArray[np.int8]
    score: float
    missed: float
    invented: float
    logp: NDArray[np.float64]  # (C, 1 + W) given the set

    @property
    def key(self) -> bytes:
        return self.state.tobytes()


@dataclass(frozen=True, slots=True)
class SetSearch:
    """How hard to search, and by which of its parts; a strategy of the items proposer.

    Args:
        particles: sets that are looked at in a round; 0 does not look again.
        rounds: of resampling and correcting, at most.
        repair: whether the best sets are repaired in the end, change by change, as long as the score improves.
        learned: whether sets are weighed by the learned distance; else by the distance of pixels.
        proposer: whether the network proposes; else every screened placement is as likely as another.
        temperature: of the first draws.
        looks: no round begins once so many sets were looked at: where nothing fits, something is always repaired. With
            a network each takes about a hundredth of a second; drawings take some dozens.
        answers: the most sets that are answered; None for as many as are asked for.
    """

    particles: int = 12
    rounds: int = 4
    repair: bool = True
    learned: bool = True
    proposer: bool = True
    temperature: float = 1.5
    looks: int = 240
    answers: int | None = None

    def rows(self, n: int) -> int:
        return self.tries(n)

    def tries(self, n: int) -> int:
        return n if self.answers is None else min(n, self.answers)


def search(
    beliefs: Beliefs | InkFit,
    how: SetSearch,
    generator: torch.Generator,
    deadline: float = math.inf,
    judge: Beliefs | InkFit | None = None,
) -> Iterator[list[Scored]]:
    """Better and better lists of sets, the best first; whoever iterates may stop at any moment.

    Args:
        beliefs: of one image: they propose.
        how: what to do.
        generator: of the draws.
        deadline: `time.monotonic()` seconds after which no further round begins.
        judge: what sets are weighed by, of the same candidates; None for the beliefs that propose.
    """
    judge = beliefs if judge is None else judge
    rng = np.random.default_rng(int(torch.randint(1 << 62, (), generator=generator)))
    seen: dict[bytes, Scored] = {}

    def look(sets: Iterable[NDArray[np.int8]]) -> list[Scored]:
        """The sets, scored; those not seen before are looked at."""
        wanted = {s.tobytes(): s for s in sets}
        new = [s for key, s in wanted.items() if key not in seen]
        if new:
            batch = np.stack(new)
            logp = beliefs.given(batch)
            judged = logp if judge is beliefs else judge.given(batch)
            scores = judge.scores(batch, judged)
            for state, score, away, belief in zip(new, scores, differences(batch, judged), logp, strict=True):
                seen[state.tobytes()] = Scored(state, float(score), float(away[0]), float(away[1]), belief)
        return [seen[key] for key in wanted]

    sets, _ = likeliest(beliefs.first, max(1, how.particles // 3))
    drawn = [_draw(beliefs.first / how.temperature, rng) for _ in range(how.particles - len(sets))]
    particles = look([*sets, *drawn])
    yield _ranked(seen)
    for _ in range(how.rounds):
        if time.monotonic() > deadline or len(seen) >= how.looks:
            return
        before = len(seen)
        weight = np.exp(np.array([p.score for p in particles]) - max(p.score for p in particles))
        chosen = rng.choice(len(particles), how.particles, p=weight / weight.sum())
        parents = [particles[i] for i in chosen]
        corrected = [_corrected(p) for p in {p.key: p for p in parents}.values()]
        moved = [_draw(p.logp, rng) for p in parents]
        particles = look([*corrected, *moved, _ranked(seen)[0].state])
        yield _ranked(seen)
        if len(seen) == before:
            break
    while how.repair and time.monotonic() <= deadline and len(seen) < how.looks:
        best = _ranked(seen)[0]
        look(_repairs(best, beliefs))
        yield _ranked(seen)
        if _ranked(seen)[0] is best:
            break


def _ranked(seen: dict[bytes, Scored]) -> list[Scored]:
    return sorted(seen.values(), key=lambda s: (-s.score, int((s.state > 0).sum()), s.key))


def _draw(logp: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int8]:
    """One set, each placement on its own."""
    noise = rng.gumbel(size=logp.shape)
    found: NDArray[np.int8] = np.where(np.isfinite(logp), logp + noise, -np.inf).argmax(1).astype(np.int8)
    return found


def _corrected(particle: Scored) -> NDArray[np.int8]:
    """What the network believes, given the particle."""
    found: NDArray[np.int8] = particle.logp.argmax(1).astype(np.int8)
    return found


def _repairs(best: Scored, beliefs: Beliefs | InkFit) -> list[NDArray[np.int8]]:
    """Sets one change away: an item added, left out or made another variant; or moved, to a doubted candidate near."""
    logp = best.logp
    now = best.state.astype(np.int64)
    chance = np.exp(np.maximum(logp, beliefs.first))  # (C, 1 + W)
    chance[np.arange(len(now)), now] = 0
    place, value = np.divmod(np.argsort(-chance, axis=None, kind="stable")[:MOST_REPAIRS], chance.shape[1])
    doubted = chance[place, value] > DOUBT
    single = list(zip(place[doubted].tolist(), value[doubted].tolist(), strict=True))
    changes: list[list[tuple[int, int]]] = [[c] for c in single]
    adds = [(p, v) for p, v in single if now[p] == 0]
    right = np.exp(logp[np.arange(len(now)), now])
    present = np.flatnonzero(now)
    present = present[np.argsort(right[present], kind="stable")][:4]  # the least certain of what is there
    changes += [[add, (int(p), 0)] for add in adds[:6] for p in present]
    found = []
    for change in changes:
        state = best.state.copy()
        for p, v in change:
            state[p] = v
        found.append(state)
    return found
