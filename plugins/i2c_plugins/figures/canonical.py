"""One program a figure: what `normalise` makes of the others, and the mask that never writes them.

Types and the order of commands are the core's. Beyond them, a line from a point to itself is left out, as it draws
nothing; and a line without an arrow, which has no direction, begins at its left end, a vertical one at its lower end.

Legend: B programs, V tokens of the vocabulary, K kinds of commands, A most arguments of a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from i2c_core.programs import Program
from i2c_core.vocabulary import Vocabulary
from i2c_plugins.figures.commands import (
    KINDS,
    TIP,
    WORDS,
    X1,
    X2,
    Y1,
    Y2,
    Command,
    commands_of,
    language_of,
    program_of,
)

NEVER = 1 << 20  # tokens that no budget has


def normalise(program: Program) -> Program:
    """The canonical program of a legal one."""
    commands = commands_of(program)
    kept = sorted({straight(c) for c in commands if not is_empty(c)}, key=lambda c: c.key)
    return program if kept == commands else program_of(program.signature, kept)


def is_empty(command: Command) -> bool:
    """Whether a command is a line from a point to itself."""
    return command.kind == "line" and command.args[:X2] == command.args[X2:TIP]


def straight(command: Command) -> Command:
    """A line without an arrow from its lesser end to its greater one; anything else as it is."""
    if command.kind != "line" or command.arrow or command.args[:X2] <= command.args[X2:TIP]:
        return command
    return Command("line", (*command.args[X2:TIP], *command.args[:X2], *command.args[TIP:]))


@dataclass(frozen=True, slots=True)
class State:
    """B partial programs.

    Attributes:
        kind: (B,) int64, the command that is being written: its place in KINDS, -1 where one or the end may begin,
            -2 behind `cons`, -3 behind the end.
        args: (B, A) int64, its arguments so far.
        count: (B,) int64, how many they are.
        last: (B, 1 + A) int64, kind and arguments of the command before it, kind -1 for none.
    """

    kind: Tensor
    args: Tensor
    count: Tensor
    last: Tensor


BETWEEN, CONS, ENDED = -1, -2, -3


class Canonical:
    """The rule as a constraint (see `i2c_core.masks.constrained`)."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.tokens = vocabulary.tokens
        self.language = language_of(vocabulary)
        highest = self.language.highest
        kinds = [KINDS.index(k) if k in highest else BETWEEN for k in self.tokens]
        values = [WORDS.get(t, int(t) if t.isdigit() else 0) for t in self.tokens]
        self.kinds = torch.tensor([*kinds, BETWEEN], device=device)  # (V + 1,)
        self.values = torch.tensor([*values, 0], device=device)  # (V + 1,)
        self.cons, self.nil = (vocabulary.ids[t] for t in ("cons", "nil"))
        self.most = max(map(len, highest.values()))  # A
        self.arity = torch.tensor([len(highest.get(k, ())) for k in KINDS], device=device)  # (K,)
        ends = [(*highest.get(k, ()), *(0,) * self.most)[: self.most] for k in KINDS]
        self.highest = torch.tensor(ends, device=device)  # (K, A), with rectangles' corners apart
        rectangle = KINDS.index("rectangle")
        self.highest[rectangle, :2] -= 1
        self.places = torch.arange(self.most, device=device)
        self.line = KINDS.index("line")
        self.is_plain = torch.tensor([t == "plain" for t in self.tokens], device=device)  # (V,)

    def start(self, batch: int, budget: int | Tensor) -> State:
        return State(
            self.arity.new_full((batch,), BETWEEN),
            self.arity.new_zeros(batch, self.most),
            self.arity.new_zeros(batch),
            self.arity.new_full((batch, 1 + self.most), -1),
        )

    def mask(self, state: State) -> Tensor:
        """Closed are the token that ends a line where it began, and `plain` where it runs backwards."""
        begin, end = state.args[:, :X2], state.args[:, X2:TIP]
        line = state.kind == self.line  # (B,)
        back = line & (state.count == TIP) & _less(end, begin)  # (B,)
        meets = line & (state.count == Y2) & (state.args[:, X1] == state.args[:, X2])  # (B,)
        same = state.args[:, Y1, None] == self.values[:-1]  # (B, V)
        return ~(back[:, None] & self.is_plain) & ~(meets[:, None] & same)

    def advance(self, state: State, token: Tensor) -> State:
        kind = self.kinds[token]  # (B,), -1 for what is no command
        inside = state.kind >= 0
        args = torch.where(
            inside[:, None] & (self.places == state.count[:, None]), self.values[token, None], state.args
        )
        count = torch.where(inside, state.count + 1, 0)
        whole = inside & (count == self.arity[state.kind.clamp(min=0)])  # (B,)
        last = torch.where(whole[:, None], torch.cat((state.kind[:, None], args), 1), state.last)
        after = torch.where(state.kind == CONS, kind, state.kind)
        after = torch.where(whole, BETWEEN, after)
        after = torch.where((state.kind == BETWEEN) & (token == self.cons), CONS, after)
        after = torch.where((state.kind == BETWEEN) & (token == self.nil), ENDED, after)
        padding = (token == len(self.tokens))[:, None]
        begun = (state.kind == CONS)[:, None]
        args = torch.where(padding, state.args, torch.where(begun, 0, args))
        return State(
            torch.where(padding[:, 0], state.kind, after),
            args,
            torch.where(padding[:, 0], state.count, count),
            torch.where(padding, state.last, last),
        )

    def fork(self, state: State, index: Tensor) -> State:
        return State(state.kind[index], state.args[index], state.count[index], state.last[index])

    def least(self, state: State) -> Tensor:
        """The shortest end: the rest of the command that is being written, or the shortest that may come next."""
        cheapest = torch.full_like(state.kind, NEVER)
        for place, name in enumerate(KINDS):
            if name in self.language.highest:
                top = self._highest(torch.full_like(state.kind, place), state.args, torch.zeros_like(state.count))
                open_ = _less(state.last, top)  # (B,)
                cheapest = torch.where(open_, cheapest.clamp(max=1 + len(self.language.highest[name])), cheapest)
        kind = state.kind.clamp(min=0)
        can_end = _less(state.last, self._highest(kind, state.args, state.count))
        rest = torch.where(can_end, self.arity[kind] - state.count, NEVER)
        least = torch.where(state.kind == CONS, cheapest, torch.where(state.kind >= 0, rest, 0)) + 1
        return torch.where(state.kind == ENDED, 0, least)

    def _highest(self, kind: Tensor, args: Tensor, count: Tensor) -> Tensor:
        """(B, 1 + A) the greatest command of a kind that begins with `count` arguments of `args`."""
        known = self.places < count[:, None]  # (B, A)
        top = torch.where(known, args, self.highest[kind])
        meets = (top[:, X1] == top[:, X2]) & (top[:, Y1] == top[:, Y2]) & (kind == self.line) & (count <= Y2)
        top = top - (meets[:, None] & (self.places == Y2)).long()
        return torch.cat((kind[:, None], top), 1)

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """By reading the tokens one by one."""
        line: list[int] | None = None
        for token in tokens:
            if token in KINDS:
                line = [] if token == "line" else None
            elif line is not None and len(line) <= TIP:
                line.append(WORDS.get(token, int(token) if token.isdigit() else 0))
        closed: set[str] = set()
        if line is not None and len(line) == Y2 and line[X1] == line[X2]:
            closed = {str(line[Y1])}
        if line is not None and len(line) == TIP and line[X2:] < line[:X2]:
            closed = {"plain"}
        return set(self.tokens) - closed


def _less(first: Tensor, second: Tensor) -> Tensor:
    """(B,) whether rows of `first` (B, n) come before those of `second`, compared from left to right."""
    less, same = torch.zeros_like(first[:, 0], dtype=torch.bool), torch.ones_like(first[:, 0], dtype=torch.bool)
    for a, b in zip(first.unbind(1), second.unbind(1), strict=True):
        less |= same & (a < b)
        same &= a == b
    return less
