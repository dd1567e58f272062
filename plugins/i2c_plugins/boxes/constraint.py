"""The rules of canonical boxes (`i2c_plugins.boxes.canonical`) as a mask, for whole batches.

Only whole rectangles keep or break a rule, and only at the beginning of a box are there many to choose from. So once a
box the table of all rectangles of the grid is made that keep every rule here; the numbers that follow are read off it.
What is left open can always be ended: a box alone in as many tokens as it has, a pile with one more box, as some cell
of three or more can be covered without hiding a side; and one colour of five looks unlike all four sides below it.

Legend: B programs, V tokens, J layers (the ground and the boxes), R rectangles, C colours, G cells a side. Cells are
bits of an int64, bit y * G + x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from i2c_core.vocabulary import Vocabulary
from i2c_plugins.boxes.oracle import legal
from i2c_plugins.boxes.rectangles import rectangles
from i2c_plugins.boxes.states import (
    CLOSED,
    ENDED,
    FILL,
    FOREIGN,
    GROUND,
    HEAD,
    LIST,
    PAINT,
    H,
    Heavy,
    Light,
    State,
    W,
    X,
    Y,
)
from i2c_plugins.boxes.tokens import COLOURS, OTHER, fewest_foreign, foreign_costs, tokens_of

SHORTEST = 7  # tokens of a box in a list
SHORTEST_LIST = 8  # of a list with a box


class Canonical:
    """The rules as a constraint (see `i2c_core.masks.constrained`)."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.vocabulary = vocabulary
        self.device = device
        self.picks_rows = device.type == "cpu"  # a device would have to stop to count them
        known = tokens_of(vocabulary)
        self.pad = vocabulary.size
        self.cells = known.cells
        self.has_foreign = known.has_foreign
        self.tables = rectangles(known.cells).to(device)
        self.count = len(self.tables.bears)  # R
        self.whole = torch.tensor([0, 0, self.cells, self.cells], device=device)
        names = "arity", "number", "colour", "is_pile", "is_cons"
        tables = (torch.from_numpy(getattr(known, name)).to(device) for name in names)  # (V + 1,)
        self.arity, self.number, self.colour, self.is_pile, self.is_cons = tables
        self.needs, self.least_of = (torch.from_numpy(t).to(device) for t in foreign_costs(vocabulary))  # (V + 1,)
        self.fewest_foreign = fewest_foreign(vocabulary)

    # -- the five methods and `least`

    def start(self, batch: int, budget: int | Tensor) -> State:
        most = budget if isinstance(budget, int) else int(budget.max()) if batch else 0
        layers = 1 + max(1, most // SHORTEST)  # J
        zero = torch.zeros(batch, dtype=torch.int64, device=self.device)
        no = zero > 0
        light = Light(zero, zero, zero, no, no, zero[:, None].repeat(1, 4), zero, zero, no)
        flat = zero[:, None].repeat(1, layers)
        none = flat + CLOSED
        none[:, 0] = -1
        looks = zero[:, None].repeat(1, len(COLOURS))
        fits = no[:, None].repeat(1, self.count)
        heavy = Heavy(
            flat + self.count,
            flat + self.count,
            flat,
            none,
            looks,
            no,
            flat[:, :1].repeat(1, 2),
            fits,
            fits[:, :1].repeat(1, 2),
            no,
        )
        return State(light, heavy)

    def mask(self, state: State) -> Tensor:
        self._settle(state)
        light, heavy = state.light, state.heavy
        open_ = torch.ones(len(light.phase), self.pad, dtype=torch.bool, device=self.device)  # (B, V)
        phase = light.phase[:, None]
        open_ &= ~(self.is_cons[:-1] & (phase == LIST)) | heavy.some[:, :1]
        open_ &= ~(self.is_pile[:-1] & (phase == HEAD)) | heavy.some[:, 1:]
        # (B, V) the place of a number among the choices
        shift = torch.where(phase == X, heavy.corner[:, :1], torch.where(phase == Y, heavy.corner[:, 1:], -1))
        number = self.number[:-1] + shift
        numbers = _absolute(light.numbers, heavy.corner)
        choice = self._choices(light, heavy, numbers).gather(1, number.clamp(0, self.cells - 1))  # (B, V)
        written = (self.number[:-1] != OTHER) & (phase >= X) & (phase <= H)
        open_ &= ~written | (choice & (number >= 0) & (number < self.cells))
        # A colour must differ from some cell at each side.
        rectangle = self._rectangle(numbers)
        side = self.tables.sides[rectangle]  # (B, 4)
        alike = ((side[:, :, None] & ~heavy.looks[:, None]) == 0).any(1) | light.forced[:, None]  # (B, C)
        alike = alike.gather(1, self.colour[:-1].clamp(min=0).expand(len(alike), self.pad))
        return open_ & ~(alike & (self.colour[:-1] != OTHER) & (phase == FILL))

    def advance(self, state: State, token: Tensor) -> State:
        if state.before is not None:
            self._settle(state)
        before = state.light
        return State(self._step(before, token), state.heavy, state.row, before, token)

    def fork(self, state: State, index: Tensor) -> State:
        if state.before is not None:
            self._settle(state)
        row = index if state.row is None else state.row.index_select(0, index)
        return State(state.light.rows(index), state.heavy, row)

    def least(self, state: State) -> Tensor:
        """The rest of what is being written, then the end of every list; see the first lines of the module."""
        light = state.light
        ends = light.level + 1  # (B,)
        fill = torch.where(light.forced, self.fewest_foreign, 1) + light.pile * SHORTEST_LIST
        fewest = torch.where(light.fresh, SHORTEST_LIST - 1, 0)
        rest = torch.where(light.phase == LIST, fewest, 0)
        rest = torch.where(light.phase == HEAD, SHORTEST - 1, rest)
        rest = torch.where((light.phase >= X) & (light.phase <= FILL), FILL - light.phase + fill, rest)
        rest = torch.where(light.phase == FOREIGN, light.owed + fewest, rest)
        rest = torch.where(light.phase == GROUND, 1, torch.where(light.phase == PAINT, 2, rest))
        return rest + ends

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """By painting every rectangle."""
        return legal(self.vocabulary, tokens)

    # -- what stands where

    def _step(self, light: Light, token: Tensor) -> Light:
        phase, live = light.phase, token < self.pad
        number, colour = self.number[token], self.colour[token]
        cons, filling = self.is_cons[token], (phase == FILL) | (phase == GROUND)
        place = torch.arange(4, device=self.device)
        numbers = torch.where((place == phase[:, None] - X) & live[:, None], number[:, None], light.numbers)
        foreign = live & ((filling & (colour == OTHER)) | (phase == FOREIGN))
        open_ = torch.where(phase == FOREIGN, light.open, 1) + self.arity[token] - 1
        owed = torch.where(phase == FOREIGN, light.owed - self.least_of[token], 0) + self.needs[token]
        after = torch.where(phase == LIST, torch.where(cons, HEAD, LIST), phase + 1)
        after = torch.where(filling, LIST, after)
        after = torch.where(foreign, torch.where(open_ > 0, FOREIGN, LIST), after)
        ends = live & (phase == LIST) & ~cons
        filled = live & (phase == FILL)
        level = light.level - ends.long() + (filled & light.pile).long()
        after = torch.where(ends & (level < 0), ENDED, after)
        pile = torch.where(phase == HEAD, self.is_pile[token], light.pile) & ~filled
        fresh = torch.where(filled, light.pile, light.fresh & (phase != LIST))
        count = light.count + filled.long()
        forced = light.forced & ~filled
        if self.has_foreign:
            # The first box may hide a white ground if it is filled by another family.
            whole = live & (phase == H) & (light.count == 0)
            whole &= (numbers == self.whole).all(1)
            forced = forced | whole
        return Light(
            torch.where(live, after, phase),
            level,
            count,
            torch.where(live, pile, light.pile),
            torch.where(live, fresh, light.fresh),
            numbers,
            torch.where(foreign, open_, 0),
            torch.where(foreign, owed, 0),
            forced,
        )

    def _rectangle(self, numbers: Tensor) -> Tensor:
        """(B,) the rectangle of x, y, w, h (B, 4); any rectangle where they are not all there."""
        x, y, w, h = numbers.unbind(1)
        return self.tables.number[x.clamp(max=self.cells - 1), y.clamp(max=self.cells - 1), w - 1, h - 1]

    def _choices(self, light: Light, heavy: Heavy, numbers: Tensor) -> Tensor:
        """(B, G) the next numbers with which some rectangle that fits goes on, from the least one on.

        `numbers` (B, 4) are x, y, w, h so far.
        """
        tables = self.tables
        found = torch.zeros(len(numbers), self.cells, dtype=torch.bool, device=self.device)  # (B, G)
        for place, phase in enumerate((X, Y, W, H)):
            here = light.phase == phase  # (B,)
            rows = self._rows(here)  # (B',)
            fits = heavy.fits[rows] & (tables.bears | ~light.pile[rows, None])  # (B', R)
            for before in range(place):
                fits &= tables.written[before] == numbers[rows, before, None]
            some = fits.float() @ tables.begins[place] > 0  # (B', G)
            found[rows] = torch.where(here[rows, None], some, found[rows])
        return found

    def _rows(self, wanted: Tensor) -> Tensor:
        """The rows that are wanted (B,), or all rows."""
        if not self.picks_rows:
            return torch.arange(len(wanted), device=self.device)
        return wanted.nonzero().flatten()

    # -- what is painted

    def _settle(self, state: State) -> None:
        """Paint what was taken, and make the table of rectangles where it changed."""
        heavy = state.heavy if state.row is None else state.heavy.rows(state.row)
        if state.before is not None and state.taken is not None:
            heavy = self._paint(heavy, state.before, state.taken)
            heavy = self._with_fits(heavy, state.light)
        state.heavy, state.row, state.before, state.taken = heavy, None, None, None

    def _paint(self, heavy: Heavy, before: Light, token: Tensor) -> Heavy:
        live, colour = token < self.pad, self.colour[token]
        ground, fill = live & (before.phase == GROUND), live & (before.phase == FILL)
        ends = live & (before.phase == LIST) & ~self.is_cons[token]
        rectangle = torch.where(ground, self.count, self._rectangle(_absolute(before.numbers, heavy.corner)))  # (B,)
        cells = torch.where(ground | fill, self.tables.cells[rectangle], 0)[:, None]  # (B, 1)
        is_own = colour[:, None] == torch.arange(len(COLOURS), device=self.device)  # (B, C)
        same = torch.where(is_own, heavy.looks, 0).sum(1, keepdim=True)  # (B, 1)
        layer = torch.where(ground, 0, before.count + 1)[:, None]
        layers = torch.arange(heavy.seen.shape[1], device=self.device)  # (J,)
        new = (layers == layer) & (ground | fill)[:, None]  # (B, J)
        sides = torch.where(fill & (colour != OTHER), rectangle, self.count)[:, None]
        list_ = torch.where(ends[:, None] & (heavy.list == before.level[:, None]), CLOSED, heavy.list)
        first = fill & (before.count == 0)
        hides = torch.where(ground, (colour == 0) & self.has_foreign, heavy.hides & ~(first & (colour != OTHER)))
        return Heavy(
            torch.where(new, rectangle[:, None], heavy.rectangle),
            torch.where(new, sides, heavy.sides),
            torch.where(new, cells & ~same, heavy.seen & ~cells),
            torch.where(new & fill[:, None], before.level[:, None], list_),
            (heavy.looks & ~cells) | torch.where(is_own, cells, 0),
            hides,
            heavy.corner,
            heavy.fits,
            heavy.some,
            heavy.stale | ground | fill | ends,
        )

    def _with_fits(self, heavy: Heavy, light: Light) -> Heavy:
        stale = heavy.stale & (light.level >= 0)
        rows = self._rows(stale)
        made = heavy.rows(rows)
        layers = heavy.seen.shape[1]
        if self.picks_rows:
            layers = 1 + max(light.count[rows].tolist(), default=0)
        corner, fits = self._fits(made, light.level[rows], layers)
        some = torch.stack((fits.any(1), (fits & self.tables.bears).any(1)), 1)
        new = {"corner": corner, "fits": fits, "some": some}
        for name, found in new.items():
            old = getattr(heavy, name)
            new[name] = old.index_copy(0, rows, torch.where(stale[rows, None], found, old[rows]))
        return replace(heavy, stale=torch.zeros_like(stale), **new)

    def _fits(self, heavy: Heavy, level: Tensor, layers: int) -> tuple[Tensor, Tensor]:
        """(B, 2) the corner of the open list, and (B, R) the rectangles that keep every rule in it.

        `level` (B,) is that of the list; `layers` are as many as there are in any row.
        """
        tables = self.tables
        around = torch.zeros_like(level)  # (B,) the layer that the list is on
        keeps = torch.ones_like(heavy.fits)  # (B, R)
        hides = ~keeps  # (B, R) whether something before would not be seen as it must be
        for layer in range(layers):
            seen = heavy.seen[:, layer, None] & tables.sides[heavy.sides[:, layer]]  # (B, 4)
            seen = torch.where((seen == 0) | (heavy.hides[:, None] & (layer == 0)), -1, seen)
            hidden = ((seen[:, :, None] & ~tables.cells[:-1]) == 0).any(1)  # (B, R)
            list_ = heavy.list[:, layer]
            around = torch.where(list_ == level - 1, layer, around)
            if layer:
                rectangle, sibling = heavy.rectangle[:, layer].clamp(max=self.count - 1), (list_ == level)[:, None]
                keeps = keeps | (tables.cleared[rectangle] & sibling)
                keeps = keeps & ~(tables.refused[rectangle] & sibling)
            hides = hides | hidden
        outer = heavy.rectangle.gather(1, around[:, None]).squeeze(1)  # (B,)
        return tables.corner[outer], keeps & tables.within[outer] & ~hides


def _absolute(numbers: Tensor, corner: Tensor) -> Tensor:
    """(B, 4) x, y, w, h of the whole picture of numbers that count from a corner (B, 2)."""
    return torch.cat((numbers[:, :2] + corner, numbers[:, 2:]), 1)
