"""Repairs: the likeliest sound level for one that is not, and what was changed.

The border is closed first, then counts are met, then ways are opened to what is not reached, or it is taken out where
that is likelier. One rule's repair may break another's, so all are looked at again until nothing is wrong or nothing
helps. What turns out not to be needed is then taken back.

Legend: R rows, C columns, K tiles. A level is an array (R, C) of tile indices, row 0 at the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import ProgramError
from i2c_core.soundness import Change, Problem, Repaired
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.rules import Closed, Count, Reach, SoundRule, read_rules
from i2c_core.tilesets.soundness import Cell, cells_of, is_sound, leaks, pockets, problems
from i2c_core.tilesets.statements import level_of, plain
from i2c_core.tilesets.tileset import TileSet, tileset_of
from i2c_core.tilesets.ways import Ways, open_ways

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.programs import Program

ROUNDS = 8  # of all rules; two are enough unless rules contradict one another
LEAST = 1e-3  # nats that a change costs where a reader thinks it likelier than what it said
PATIENCE = 50_000_000  # cells that taking changes back may look at: some seconds
NEVER = np.inf
# What tunnels are worth, and how many of the best places for a tile are passed over; the cheapest repair is taken.
VARIANTS = ((0.0, 0), (0.5, 0), (-NEVER, 0), (0.0, 1), (0.0, 2), (0.0, 3))


@dataclass(frozen=True)
class RepairedLevel:
    """A level (R, C) after a repair, its changes in reading order, and what is still wrong with it."""

    level: Level
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.problems


def repair_program(family: Family, program: Program, costs: NDArray[np.floating[Any]] | None = None) -> Repaired:
    """The likeliest sound program for one that is not; a sound one comes back as it is.

    Args:
        family: of levels.
        program: what to repair.
        costs: (R, C, K) of each tile in each cell, -log p; None where all changes cost the same.
    """
    found = repair(tileset_of(family), level_of(family, program), costs)
    return Repaired(plain(family, found.level) if found.changes else program, found.changes, found.problems)


def repair(tiles: TileSet, level: Level, costs: NDArray[np.floating[Any]] | None = None) -> RepairedLevel:
    """The likeliest sound level for one that is not; a sound one comes back as it is.

    A change costs as much more as its tile does, and at least a little. The sum is kept small by greedy steps, so it
    may not be the least, but no change can be taken back alone (but for levels of many tens of thousands of tiles with
    thousands of changes, where looking would take too long).

    Args:
        tiles: the tile set, whose rules hold.
        level: (R, C) tile indices.
        costs: (R, C, K) of each tile in each cell, -log p; None where all changes cost the same.

    Raises:
        ProgramError: costs of another shape.
        TileSetError: a rule of the tile set that means nothing.
    """
    rules = read_rules(tiles)
    works = [
        _Work(tiles, rules, level, costs, *variant) for variant in VARIANTS[: 1 if is_sound(rules, level) else None]
    ]
    work = min((w.run() for w in works), key=lambda w: (not is_sound(rules, w.level), w.cost))
    names = [tile.name for tile in tiles.tiles]
    changes = tuple(
        Change(r + 1, c + 1, names[level[r, c]], names[work.level[r, c]]) for r, c in cells_of(work.level != level)
    )
    return RepairedLevel(work.level, changes, tuple(problems(tiles, work.level)))


class _Work:
    """A level under repair."""

    def __init__(
        self,
        tiles: TileSet,
        rules: tuple[SoundRule, ...],
        level: Level,
        costs: NDArray[np.floating[Any]] | None,
        leaning: float,
        passed: int,
    ) -> None:
        self.tiles, self.rules, self.leaning, self.passed = tiles, rules, leaning, passed
        self.first, self.level = level, level.copy()
        count = len(tiles.tiles)
        if costs is None:
            self.prices = np.ones((*level.shape, count))
        else:
            if costs.shape != (*level.shape, count):
                fact = f"costs have the shape {costs.shape}, the level with its tiles {(*level.shape, count)}"
                raise ProgramError(fact, "give one cost a row, column and tile")
            said = np.take_along_axis(np.asarray(costs, float), level[..., None].astype(np.int64), 2)
            self.prices = np.maximum(costs - said, LEAST)
        np.put_along_axis(self.prices, level[..., None].astype(np.int64), 0.0, 2)
        counts = [r for r in rules if isinstance(r, Count)]
        self.rationed = {k for r in counts if r.most is not None for k in r.tiles}  # nobody adds these to fill a gap
        self.needed = {k for r in counts if r.least for k in r.tiles}  # nobody takes these out
        self.wanted = {k for r in rules if isinstance(r, Reach) for k in r.goals}
        order = [k for k in range(count) if k != tiles.default]
        self.liking = np.argsort([tiles.default, *order])  # ties go to the tile that stands for nothing

    def run(self) -> _Work:
        """Repair what can be, and take back what need not be; the work itself."""
        for _ in range(ROUNDS):
            if is_sound(self.rules, self.level):
                break
            before = self.level.copy()
            for kind in (Closed, Count, Reach):
                for rule in self.rules:
                    if isinstance(rule, kind):
                        self.keep(rule)
            if (self.level == before).all():
                break
        self.take_back()
        return self

    @property
    def cost(self) -> float:
        """Of all changes."""
        return float(np.take_along_axis(self.prices, self.level[..., None].astype(np.int64), 2).sum())

    def keep(self, rule: SoundRule) -> None:
        """Change the level so that it keeps one rule, as far as that goes."""
        if isinstance(rule, Closed):
            self._close(rule)
        elif isinstance(rule, Count):
            self._count(rule)
        else:
            self._reach(rule)

    def _cheapest(self, cell: Cell, kinds: set[int]) -> tuple[float, int]:
        """The price and the tile that a cell takes at the lowest one among some; (inf, 0) where there are none."""
        prices = self.prices[cell]
        return min(((float(prices[k]), k) for k in kinds), key=lambda p: (p[0], self.liking[p[1]]), default=(NEVER, 0))

    def _close(self, rule: Closed) -> None:
        """Close each leak, or open the other end where that is cheaper and a tunnel may be there."""
        by = set(rule.by)
        free = set(range(len(self.tiles.tiles))) - by - self.rationed
        rows, columns = self.level.shape
        for cell in cells_of(leaks(rule, self.level)):
            row, column = cell
            if not leaks(rule, self.level)[cell]:  # the other end is open by now
                continue
            close, wall = self._cheapest(cell, by)
            if self.level[cell] in self.needed:
                close += 1.0  # as another of its kind has to be found a place
            sides = row in (0, rows - 1), column in (0, columns - 1)
            other = None
            if sides == (False, True) and rule.rows:
                other = (row, columns - 1 - column)
            elif sides == (True, False) and rule.columns:
                other = (rows - 1 - row, column)
            opening, tile = self._cheapest(other, free) if other else (NEVER, 0)
            if other is not None and opening < close + self.leaning:
                self.level[other] = tile
            else:
                self.level[cell] = wall

    def _count(self, rule: Count) -> None:
        """Add the tiles that are missing where they cost least, or turn those that are too many into others."""
        counted = set(rule.tiles)
        there = np.isin(self.level, rule.tiles)
        have = int(there.sum())
        if have < rule.least:
            self._add(rule, rule.least - have)
        elif rule.most is not None and have > rule.most:
            others = set(range(len(self.tiles.tiles))) - counted
            open_ = {k for k in others if k not in self.rationed} or others
            shares = self._shares(rule)
            found = []
            for cell in cells_of(there):
                price, kind = self._cheapest(cell, self._allowed(cell, open_))
                found.append((price - shares[cell], cell, kind))
            found.sort(key=lambda f: (f[0], -f[1][0], -f[1][1]))  # of equals the first one stays
            turn = len(found) - self.passed % len(found)
            for _, cell, kind in (found[turn:] + found[:turn])[: have - rule.most]:
                self.level[cell] = kind

    def _add(self, rule: Count, missing: int) -> None:
        shares = self._shares(rule)
        protected = np.isin(self.level, [*self.needed, *rule.tiles])
        rows, columns = self.level.shape
        corners = {(r, c) for r in (0, rows - 1) for c in (0, columns - 1)}
        found = []
        for cell in cells_of(~protected):
            now = int(self.level[cell])
            price, kind = self._cheapest(cell, self._allowed(cell, set(rule.tiles)))
            fits = self._fits[kind][cell] or not self._fits[now][cell]  # inside, or in a tunnel
            worse = 0 if fits else 2 if cell in corners else 1
            found.append((worse, price + 1 - shares[cell], self.liking[now], cell, kind))
        found.sort()
        at = min(self.passed, max(0, len(found) - missing))
        for *_, cell, kind in found[at : at + missing]:
            self.level[cell] = kind

    @cached_property
    def _fits(self) -> list[NDArray[np.bool_]]:
        """For each tile the cells (R, C) that may hold it as far as borders go."""
        found = []
        for kind in range(len(self.tiles.tiles)):
            fits = np.ones(self.level.shape, bool)
            if any(isinstance(rule, Closed) and kind not in rule.by for rule in self.rules):
                fits[[0, -1]] = fits[:, [0, -1]] = False
            found.append(fits)
        return found

    def _allowed(self, cell: Cell, kinds: set[int]) -> set[int]:
        """Those of some kinds that leave the border at a cell as it is, open or not; all where there are none."""
        now = int(self.level[cell])
        rows, columns = self.level.shape
        if not (cell[0] in (0, rows - 1) or cell[1] in (0, columns - 1)):
            return kinds
        borders = [rule.by for rule in self.rules if isinstance(rule, Closed)]
        return {k for k in kinds if all((k in by) == (now in by) for by in borders)} or kinds

    def _shares(self, rule: Count) -> NDArray[np.float64]:
        """For each cell (R, C) the share of goals that is connected with it, by the first rule about such tiles."""
        for other in self.rules:
            if isinstance(other, Reach) and set(rule.tiles) & {*other.starts, *other.goals}:
                label = pockets(other, self.level)
                ends = {*other.starts, *other.goals} - set(rule.tiles)
                sizes = np.bincount(label[np.isin(self.level, list(ends))], minlength=int(label.max()) + 1).astype(
                    float
                )
                sizes[0] = 0.0
                if sizes.sum():
                    shares: NDArray[np.float64] = sizes[label] / sizes.sum()
                    return shares
        return np.zeros(self.level.shape)

    def _reach(self, rule: Reach) -> None:
        """Open ways to goals that are not reached, or take them out."""
        rows, columns = self.level.shape
        digging, tunnel = np.full((rows, columns), NEVER), np.zeros((rows, columns), np.uint8)
        dropping, nothing = np.full((rows, columns), NEVER), np.zeros((rows, columns), np.uint8)
        floor = set(rule.through) - self.rationed
        gone = set(range(len(self.tiles.tiles))) - self.wanted - self.rationed
        free = np.isin(self.level, rule.through)
        goals = np.isin(self.level, rule.goals)
        for cell in np.ndindex(rows, columns):
            if free[cell]:
                digging[cell] = 0.0
            elif int(self.level[cell]) not in self.needed:
                digging[cell], tunnel[cell] = self._cheapest(cell, {k for k in floor if self._fits[k][cell]})
            if goals[cell] and int(self.level[cell]) not in self.needed:
                dropping[cell], nothing[cell] = self._cheapest(cell, self._allowed(cell, gone))
        starts = np.isin(self.level, rule.starts)
        if not starts.any():
            return
        if rule.every:  # the first is joined with the others, which stay
            first = cells_of(starts)[0]
            goals |= starts
            dropping[starts & ~np.isin(self.level, rule.goals)] = NEVER
            starts = np.zeros_like(starts)
            starts[first] = True
        opened, dropped = open_ways(Ways(digging, dropping, starts, goals, pockets(rule, self.level), rule.wrap))
        self.level[opened] = tunnel[opened]
        self.level[dropped] = nothing[dropped]

    def take_back(self) -> None:
        """Take back changes that are not needed, the dearest first; nothing where the level is not sound."""
        if not is_sound(self.rules, self.level):
            return
        cells = cells_of(self.level != self.first)
        if len(cells) * self.level.size * len(self.rules) > PATIENCE:
            return
        for cell in sorted(cells, key=lambda c: (-self.prices[c][self.level[c]], c)):
            now = self.level[cell]
            self.level[cell] = self.first[cell]
            if not is_sound(self.rules, self.level):
                self.level[cell] = now
