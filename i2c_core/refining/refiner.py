"""Candidates with their values moved to where the picture is met, kept only where the renderer itself says so.

The network reads a program and about where its numbers lie; what is left is to fit them. A value may leave its bin,
and its token changes with it. Of each structure (a program without its numbers) several candidates are fitted, since
each may end in another minimum. Then numbers are written with as few decimals as draw the picture as well.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.decoding.rank import Candidate, Renders, by_distance, distances
from i2c_core.decoding.redraw import Ranked
from i2c_core.decoding.strategies import Beam, Strategy
from i2c_core.errors import I2cError, ProgramError
from i2c_core.families import Family
from i2c_core.images import fit
from i2c_core.programs import Program
from i2c_core.references import resolve
from i2c_core.refining.descent import fit_values
from i2c_core.refining.polishing import polish
from i2c_core.symbols import Bins

WIDEST = Beam(256)  # the last stage of the default strategy: structures alone are many fewer than programs
SCREENED = 256  # candidates of a picture that are fitted in coarse pictures
FITTED = 8  # those of them, the closest, that are fitted in fine ones
ALIKE = 3  # of one structure
SCREEN = 16  # pixels: the longest side of coarse pictures
FINE = 48  # pixels: the longest side of what is fitted at the end
# Ways to fit, each in turn by the longest side in pixels and the scale beyond which differences count less. Coarse
# pictures have wide edges, which are caught from afar, but what is finer than their pixels misleads; at the end a pixel
# is met, or is let go.
CHAINS = (
    ((8, math.inf), (16, math.inf), (FINE, math.inf), (FINE, 0.02)),
    ((FINE, math.inf), (FINE, 0.02)),
)
STEPS = 8  # of each
NEAR = 0.1  # what is farther from its picture than this is not polished
DECIMALS = (1, 2, 3, 4, 7)  # with which numbers are tried; further ones hang on what is fitted in the same batch

Pixels = NDArray[np.uint8]


class Refiner:
    """Fits the values of candidates; call it with what `rank_each` gives.

    Args:
        family: with `soft`.
        renderer: draws what was fitted, at the size of each picture.
    """

    def __init__(self, family: Family, renderer: Renders) -> None:
        self.family, self.renderer = family, renderer
        assert family.soft is not None
        self._soft = resolve(family.soft, f"family {family.name}")
        self._kinds: dict[str, Bins] = {
            name: kind for name, kind in family.gamma.kinds.items() if isinstance(kind, Bins)
        }

    @classmethod
    def of(cls, family: Family, renderer: Renders) -> Refiner | None:
        """The refiner of a family, or None where it has no soft renderer or no continuous values."""
        has_values = family.soft is not None and bool(family.vocabulary.continuous.any())
        return cls(family, renderer) if has_values else None

    @staticmethod
    def stages(strategy: object, stages: Sequence[Strategy]) -> tuple[Strategy, ...]:
        """The stages of a strategy, with one more behind those of the default one."""
        return (*stages, WIDEST) if strategy == "auto" else tuple(stages)

    def __call__(
        self, ranked: Sequence[Ranked], inputs: Sequence[Pixels], deadline: float | None = None
    ) -> list[Ranked]:
        """The candidates of each picture with the fitted ones among them, the closest first.

        A fitted program has the log-probability of the one that it was fitted from: the network never wrote it.

        Args:
            ranked: of each picture its candidates, or why there are none.
            inputs: of each picture (C, H, W) what its candidates are compared with.
            deadline: in seconds of `time.monotonic`, after which no more is fitted.
        """
        found = list(ranked)
        by_size: dict[tuple[int, ...], list[tuple[int, Candidate]]] = {}
        for number, candidates in enumerate(found):
            if not isinstance(candidates, I2cError):
                for candidate in self._chosen(candidates):
                    by_size.setdefault(inputs[number].shape, []).append((number, candidate))
        for pairs in by_size.values():
            for number, fitted in self._fit(self._screened(pairs, inputs, deadline), inputs, deadline):
                before = found[number]
                assert not isinstance(before, I2cError)
                found[number] = [*before, fitted]
        return [c if isinstance(c, I2cError) else _distinct(c) for c in found]

    def _chosen(self, candidates: list[Candidate]) -> Iterator[Candidate]:
        """Those that are worth a fit: the closest, few of each structure; none where a picture is drawn exactly."""
        if not candidates or candidates[0].distance == 0:
            return
        known: dict[tuple[str, ...], int] = {}
        for candidate in candidates:
            structure = tuple(n.name.partition(":")[0] for n in candidate.program.nodes())
            known[structure] = known.get(structure, 0) + 1
            has_values = any(n.value is not None for n in candidate.program.nodes())
            if has_values and known[structure] <= ALIKE:
                yield candidate
            if sum(min(count, ALIKE) for count in known.values()) >= SCREENED:
                return

    def _screened(
        self, pairs: list[tuple[int, Candidate]], inputs: Sequence[Pixels], deadline: float | None
    ) -> list[tuple[int, Candidate]]:
        """Those candidates of each picture that come closest to it in a coarse picture, where there are many."""
        of: dict[int, list[int]] = {}  # by picture, its pairs
        for row, (number, _) in enumerate(pairs):
            of.setdefault(number, []).append(row)
        many = [row for rows in of.values() if len(rows) > FITTED for row in rows]
        if not many:
            return pairs
        ids, values = self.family.vocabulary.pack([self.family.to_tokens(pairs[row][1].program) for row in many])
        size = inputs[pairs[0][0]].shape
        side = _smaller((size[1], size[2]), SCREEN) if self.family.any_size else (size[1], size[2])
        targets = np.stack([fit(inputs[pairs[row][0]], side) for row in many])  # (N, C, H, W)
        goal = torch.from_numpy(targets).double() / 255
        fitted = fit_values(
            self._soft,
            self.family.vocabulary,
            torch.from_numpy(ids),
            torch.from_numpy(values),
            goal,
            steps=STEPS,
            deadline=deadline,
        )
        error = dict(zip(many, fitted.error.tolist(), strict=True))
        kept = [row for rows in of.values() for row in sorted(rows, key=lambda r: error.get(r, 0.0))[:FITTED]]
        return [pairs[row] for row in sorted(kept)]

    def _fit(
        self, pairs: list[tuple[int, Candidate]], inputs: Sequence[Pixels], deadline: float | None
    ) -> Iterator[tuple[int, Candidate]]:
        """Of pictures of one size and their candidates, each picture with a candidate that was fitted."""
        family = self.family
        ids, values = family.vocabulary.pack([family.to_tokens(c.program) for _, c in pairs])  # (N, T)
        size = (int(inputs[pairs[0][0]].shape[1]), int(inputs[pairs[0][0]].shape[2]))
        fitted: list[NDArray[np.float64]] = []  # (N, T) each
        for chain in CHAINS:
            moved = torch.from_numpy(values)
            for side, scale in chain:
                working = _smaller(size, side) if family.any_size else size
                targets = np.stack([fit(inputs[number], working) for number, _ in pairs])  # (N, C, H, W)
                goal, given = torch.from_numpy(targets).double() / 255, torch.from_numpy(ids)
                moved = fit_values(
                    self._soft, family.vocabulary, given, moved, goal, scale=scale, steps=STEPS, deadline=deadline
                ).values
                if side == FINE:
                    fitted.append(moved.numpy())
        best = self._best(pairs, inputs, size, fitted)
        # What is nearly met is polished: of each picture the closest.
        nearest: dict[int, int] = {}  # by picture, the pair
        for row, found in best.items():
            number = pairs[row][0]
            if number not in nearest or found.distance < best[nearest[number]].distance:
                nearest[number] = row
        rows = [row for row in nearest.values() if 0 < best[row].distance < NEAR]
        if rows:
            begun, numbers = family.vocabulary.pack([family.to_tokens(best[row].program) for row in rows])
            shown = np.stack([inputs[pairs[row][0]] for row in rows])
            polished = polish(family, self.renderer, begun, numbers, shown, deadline)
            some = [(pairs[row][0], best[row]) for row in rows]
            for place, found in self._best(some, inputs, size, [polished]).items():
                best[rows[place]] = min(best[rows[place]], found, key=by_distance)
        for row, found in best.items():
            number, candidate = pairs[row]
            if found.distance < candidate.distance:
                yield number, found

    def _best(
        self,
        pairs: list[tuple[int, Candidate]],
        inputs: Sequence[Pixels],
        size: tuple[int, int],
        fitted: list[NDArray[np.float64]],
    ) -> dict[int, Candidate]:
        """By pair, what draws its picture best of the values that were fitted, with few decimals or with many."""
        family = self.family
        written = [np.round(values, digits) + 0.0 for digits in DECIMALS for values in fitted]
        programs: list[Program] = []
        owners: list[int] = []  # which pair each program is of
        for row, (_, candidate) in enumerate(pairs):
            for numbers in written:
                program = self._program(candidate.program, numbers[row])
                if program is not None:
                    programs.append(program)
                    owners.append(row)
        if not programs:
            return {}
        rows, given = family.vocabulary.pack([family.to_tokens(p) for p in programs])
        pictures = self.renderer.render(rows, given, size)
        kept = np.flatnonzero(pictures.defined)  # (M,)
        targets = np.stack([inputs[number] for number, _ in pairs])  # (N, C, H, W)
        far = distances(family, pictures.pixels, targets, kept, np.array(owners)[kept])
        best: dict[int, Candidate] = {}  # of equal ones the first, with the fewest decimals
        for k, distance in zip(kept.tolist(), far.tolist(), strict=True):
            row, program = owners[k], programs[k]
            if row not in best or distance < best[row].distance:
                pixels = pictures.pixels[k]
                origin = pairs[row][1]
                best[row] = replace(origin, program=program, distance=distance, size=program.size, pixels=pixels)
        return best

    def _program(self, program: Program, values: NDArray[np.float64]) -> Program | None:
        """The canonical program with other values (T,); None where it breaks a rule of the language."""
        names, numbers = [], []
        for node, value in zip(program.nodes(), values.tolist(), strict=False):
            sort = node.name.rpartition(":")[0]
            if node.value is None:
                names.append(node.name)
                numbers.append(float("nan"))
            else:
                kind = self._kinds[sort]
                number = min(max(value, kind.low), kind.high)
                names.append(f"{sort}:{kind.index(number)}")
                numbers.append(number)
        try:
            ids = self.family.vocabulary.names_to_ids(names)
            return self.family.settle(self.family.from_tokens(ids, numbers))
        except ProgramError:
            return None


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    """Each program once, the closest first."""
    each: dict[Program, Candidate] = {}
    for candidate in sorted(candidates, key=by_distance):
        each.setdefault(candidate.program, candidate)
    return list(each.values())


def _smaller(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
