"""Whether a level is sound: what its tile set's rules find wrong with it, deterministically and in plain words.

Legend: R rows, C columns, K tiles. A level is an array (R, C) of tile indices, row 0 at the top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from i2c_core.soundness import Place, Problem
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.rules import Closed, Count, Reach, SoundRule, read_rules
from i2c_core.tilesets.statements import level_of
from i2c_core.tilesets.tileset import TileSet, tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.programs import Program

Mask = NDArray[np.bool_]
Cell = tuple[int, int]  # row and column, from 0


def lint(family: Family, program: Program) -> list[Problem]:
    """What is wrong with the level that a program draws."""
    return problems(tileset_of(family), level_of(family, program))


def problems(tiles: TileSet, level: Level) -> list[Problem]:
    """What is wrong with a level (R, C): by rule in the tile set's order, then in reading order.

    Raises:
        TileSetError: a rule of the tile set that means nothing.
    """
    return [problem for rule in read_rules(tiles) for problem in broken(tiles, rule, level)]


def broken(tiles: TileSet, rule: SoundRule, level: Level) -> list[Problem]:
    """How a level breaks one rule."""
    if isinstance(rule, Count):
        return _miscounted(tiles, rule, level)
    return _open(tiles, rule, level) if isinstance(rule, Closed) else _unreached(tiles, rule, level)


def _miscounted(tiles: TileSet, rule: Count, level: Level) -> list[Problem]:
    cells = cells_of(np.isin(level, rule.tiles))
    names = _names(tiles, rule.tiles)
    if len(cells) < rule.least:
        found = f"{len(cells) or 'no'} {names} {'tile' if len(cells) == 1 else 'tiles'}"
        wanted = f"{'exactly' if rule.most == rule.least else 'at least'} {rule.least}"
        return [Problem(rule.doc, f"there {'is' if len(cells) == 1 else 'are'} {found}, expected {wanted}")]
    if rule.most is not None and len(cells) > rule.most:
        wanted = f"{'exactly' if rule.most == rule.least else 'at most'} {rule.most}"
        first = _places(cells[rule.most :])  # those that are too many
        return [Problem(rule.doc, f"there are {len(cells)} {names} tiles, expected {wanted}", first)]
    return []


def _open(tiles: TileSet, rule: Closed, level: Level) -> list[Problem]:
    names = _names(tiles, rule.by)
    message = f"the border is open: {{}}, expected {names}"
    return [
        Problem(rule.doc, message.format(tiles.tiles[level[cell]].name), _places([cell]))
        for cell in cells_of(leaks(rule, level))
    ]


def _unreached(tiles: TileSet, rule: Reach, level: Level) -> list[Problem]:
    """One problem a pocket: goals that reach one another are told together."""
    label = pockets(rule, level)
    missed = astray(rule, level, label)
    found: dict[int, list[Cell]] = {}
    for cell in cells_of(missed):
        found.setdefault(int(label[cell]), []).append(cell)
    result = []
    for cells in found.values():
        first, *others = cells
        source = f"{'every ' if rule.every else ''}{_names(tiles, rule.starts)}"
        more = f", nor {len(others)} more around it" if others else ""
        message = f"{tiles.tiles[level[first]].name} cannot be reached from {source}{more}"
        result.append(Problem(rule.doc, message, _places(cells)))
    return result


def leaks(rule: Closed, level: Level) -> Mask:
    """The cells (R, C) of the border that are open and may not be."""
    free = ~np.isin(level, rule.by)
    bad = np.zeros(level.shape, bool)
    left, right, top, bottom = free[:, 0], free[:, -1], free[0], free[-1]
    bad[:, 0] |= left & ~(right & rule.rows)
    bad[:, -1] |= right & ~(left & rule.rows)
    bad[0] |= top & ~(bottom & rule.columns)
    bad[-1] |= bottom & ~(top & rule.columns)
    return bad


def pockets(rule: Reach, level: Level) -> NDArray[np.int64]:
    """The parts (R, C) of a level within which steps lead anywhere, numbered from 1; 0 where nobody can stand."""
    return connected(np.isin(level, rule.through), rule.wrap)


def connected(free: Mask, wrap: bool) -> NDArray[np.int64]:
    """The connected parts of the free cells (R, C), numbered from 1; with `wrap` the opposite ends of a row touch."""
    from scipy.ndimage import label
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found, count = label(free)
    numbers: NDArray[np.int64] = np.asarray(found, np.int64)
    if not wrap or count < 2:
        return numbers
    rows, columns = free[:, 0] & free[:, -1], free[0] & free[-1]
    one = np.concatenate([numbers[rows, 0], numbers[0, columns]])
    other = np.concatenate([numbers[rows, -1], numbers[-1, columns]])
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count + 1, count + 1))
    merged = connected_components(graph, directed=False)[1]
    named: NDArray[np.int64] = np.where(free, merged[numbers] + 1, 0)
    return named


def astray(rule: Reach, level: Level, label: NDArray[np.int64]) -> Mask:
    """The goals (R, C) that are not reached; `label` numbers the pockets."""
    starts = np.unique(label[np.isin(level, rule.starts)])
    goals = np.isin(level, rule.goals)
    if not len(starts):
        return np.zeros(level.shape, bool)
    if rule.every and len(starts) > 1:  # nothing is in two pockets
        return goals
    return goals & ~np.isin(label, starts)


def is_sound(rules: Sequence[SoundRule], level: Level) -> bool:
    """Whether a level keeps all rules, without saying why."""
    for rule in rules:
        if isinstance(rule, Count):
            count = int(np.isin(level, rule.tiles).sum())
            if count < rule.least or (rule.most is not None and count > rule.most):
                return False
        elif isinstance(rule, Closed):
            if leaks(rule, level).any():
                return False
        elif astray(rule, level, pockets(rule, level)).any():
            return False
    return True


def cells_of(mask: Mask) -> list[Cell]:
    """The cells that are set, in reading order."""
    return [(int(row), int(column)) for row, column in np.argwhere(mask)]


def _places(cells: Iterable[Cell]) -> tuple[Place, ...]:
    return tuple((row + 1, column + 1) for row, column in cells)


def _names(tiles: TileSet, kinds: Sequence[int]) -> str:
    *rest, last = (tiles.tiles[k].name for k in kinds)
    return f"{', '.join(rest)} or {last}" if rest else last
