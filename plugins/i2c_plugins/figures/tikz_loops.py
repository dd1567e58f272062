r"""TikZ out of programs with loops: `\foreach`, `\ifnum`, and scopes that mirror; the same picture as of the list.

    \foreach \i in {0,...,2} {
      \draw (3*\i+2,8) circle [radius=1];
    }
    \begin{scope}[shift={(10,0)}, xscale=-1] ... \end{scope}

A mirrored body is written twice, as it is and in a scope. Dashes begin where those of the list do, so that what is
dashed is turned round in the mirror where that is so; a line of which the rounds of a loop differ in that is drawn
round by round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from i2c_core.errors import ProgramError
from i2c_core.families import Family
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, When, body_of, layout_of, listed
from i2c_core.loops import Command as Drawn
from i2c_core.loops.executing import NAMES
from i2c_core.loops.statements import X
from i2c_core.programs import Program
from i2c_plugins.figures.commands import RADIUS, TIP, X1, X2, Y1, Y2, Language, commands_of
from i2c_plugins.figures.tikz import document, picture, said

if TYPE_CHECKING:
    from i2c_core.leftovers import Region

FEW = 3  # rounds that are listed one by one: {0,1,2}
Values = tuple[int, ...]
Mirrors = tuple[Reflect, ...]  # outermost first
Sum = Mapping[int | None, int]  # coefficients by variable; None has the constant


def write(family: Family, program: Program, unexplained: Sequence[Region] = ()) -> str:
    """A whole document of one page that is the canvas."""
    return document(fragment(family, program, unexplained), _language(family))


def fragment(family: Family, program: Program, unexplained: Sequence[Region] = ()) -> str:
    """The picture alone, to paste into a document that uses TikZ."""
    commands = commands_of(listed(family, program))
    writing = _Writing(family)
    lines = writing.lines(body_of(family, program), [()], ())
    return picture([*lines, *writing.apart], commands, writing.language, unexplained)


def _language(family: Family) -> Language:
    assert family.plain is not None
    return Language.of(family.plain.gamma)


class _Writing:
    """One program being written.

    Attributes:
        apart: what no loop could say, round by round.
    """

    def __init__(self, family: Family) -> None:
        assert family.plain is not None
        self.layout, self.language = layout_of(family.plain), _language(family)
        self.apart: list[str] = []

    def lines(self, body: Body, rounds: Sequence[Values], mirrors: Mirrors) -> list[str]:
        """Statements as lines of TikZ.

        Args:
            body: the statements.
            rounds: the values of the variables in each round that comes here; without any nothing is written.
            mirrors: the scopes around them.
        """
        found: list[str] = []
        for statement in body if rounds else ():
            match statement:
                case Draw():
                    found += self._drawn(statement, rounds, mirrors)
                case Loop():
                    inner = [(*v, n) for v in rounds for n in range(statement.count.at(v))]
                    lines = self.lines(statement.body, inner, mirrors)
                    found += _loop(statement.count, len(rounds[0]), rounds, lines)
                case When():
                    inside = self.lines(statement.body, [v for v in rounds if v[-1] > 0], mirrors)
                    found += [f"\\ifnum\\{NAMES[len(rounds[0]) - 1]}>0", *_indented(inside), "\\fi"] if inside else []
                case Reflect():
                    found += self.lines(statement.body, rounds, mirrors)
                    inside = self.lines(statement.body, rounds, (*mirrors, statement))
                    found += [_scope(statement), *_indented(inside), "\\end{scope}"] if inside else []
        return found

    def _drawn(self, draw: Draw, rounds: Sequence[Values], mirrors: Mirrors) -> list[str]:
        sums = [_sum(a) for a in draw.args if isinstance(a, Linear)]
        if draw.symbol == "circle":
            radius = _shown(sums[2]) if len(sums) > 2 else str(RADIUS)
            return [f"\\draw {_point(sums[0], sums[1])} circle [radius={radius}];"]
        turned_x, turned_y = (sum(m.axis == axis for m in mirrors) % 2 == 1 for axis in ("x", "y"))
        if draw.symbol == "line":
            return self._line(draw, sums, rounds, mirrors, (turned_x, turned_y))
        if draw.symbol == "label":
            sums = [*sums[:X2], _added(sums[X1], sums[2]), _added(sums[Y1], sums[3])]
        xs, ys = [sums[X1], sums[X2]], [sums[Y1], sums[Y2]]
        (x1, x2), (y1, y2) = xs[:: -1 if turned_x else 1], ys[:: -1 if turned_y else 1]
        options, node = ("[dashed]", " node {?}") if draw.symbol == "label" else ("", "")
        return [f"\\draw{options} {_point(x1, y1)} rectangle{node} {_point(x2, y2)};"]

    def _line(
        self, draw: Draw, sums: Sequence[Sum], rounds: Sequence[Values], mirrors: Mirrors, turned: tuple[bool, bool]
    ) -> list[str]:
        arrow, dashed = draw.args[TIP] == "arrow", draw.args[TIP + 1] == "dashed"
        begin, end = _point(sums[X1], sums[Y1]), _point(sums[X2], sums[Y2])
        if dashed and not arrow:
            backwards = {self._runs_backwards(sums, values, turned) for values in rounds}
            if len(backwards) > 1:
                self.apart += [self._said(draw, values, mirrors) for values in rounds]
                return []
            begin, end = (end, begin) if True in backwards else (begin, end)
        words = ["->"] * arrow + ["dashed"] * dashed
        options = f"[{', '.join(words)}]" if words else ""
        return [f"\\draw{options} {begin} -- {end};"]

    def _runs_backwards(self, sums: Sequence[Sum], values: Values, turned: tuple[bool, bool]) -> bool:
        """Whether a line, mirrored, begins at its greater end."""
        signs = [-1 if t else 1 for t in turned]
        at = [sum(a * (1 if v is None else values[v]) for v, a in one.items()) for one in sums]
        first, second = ([sign * at[n] for sign, n in zip(signs, pair, strict=True)] for pair in ((X1, Y1), (X2, Y2)))
        return first > second

    def _said(self, draw: Draw, values: Values, mirrors: Mirrors) -> str:
        """One round of a command, out of all loops and scopes."""
        args = tuple(a.at(values) if isinstance(a, Linear) else a for a in draw.args)
        found = self.layout.canonical(Drawn(draw.symbol, args))
        for mirror in reversed(mirrors):
            found = found and self.layout.mirrored(found, mirror.axis, mirror.at)
        if found is None:
            raise ProgramError("the program leaves the grid", "keep it on the grid")
        (command,) = commands_of(self.layout.program_of([found]))
        return said(command, self.language)


def _loop(count: Linear, scope: int, rounds: Sequence[Values], lines: Sequence[str]) -> list[str]:
    r"""A loop of some lines; one whose count changes looks first whether it has any rounds, as `0,...,-1` has two."""
    if not lines:
        return []
    name = NAMES[scope]
    if count.variable is None:
        numbers = ",".join(map(str, range(count.b))) if count.b <= FEW else f"0,...,{count.b - 1}"
        return [f"\\foreach \\{name} in {{{numbers}}} {{", *_indented(lines), "}"]
    end = _shown(_sum(Linear(count.b - 1, count.a, count.variable)))
    if end == f"\\{NAMES[count.variable]}":  # never below 0
        return [f"\\foreach \\{name} in {{0,...,{end}}} {{", *_indented(lines), "}"]
    last = f"\\last{name}"
    head = f"\\pgfmathtruncatemacro{last}{{{end}}}"
    loop = [f"\\foreach \\{name} in {{0,...,{last}}} {{", *_indented(lines), "}"]
    if all(count.at(values) > 0 for values in rounds):
        return [head, *loop]
    return [head, f"\\ifnum{last}<0 \\else", *_indented(loop), "\\fi"]


def _scope(mirror: Reflect) -> str:
    if mirror.axis == X:
        return f"\\begin{{scope}}[shift={{({mirror.at},0)}}, xscale=-1]"
    return f"\\begin{{scope}}[shift={{(0,{mirror.at})}}, yscale=-1]"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


# -- expressions


def _sum(linear: Linear) -> Sum:
    if linear.variable is None or not linear.a:
        return {None: linear.b}
    return {linear.variable: linear.a, None: linear.b}


def _added(one: Sum, other: Sum) -> Sum:
    return {key: one.get(key, 0) + other.get(key, 0) for key in dict.fromkeys((*one, *other))}


def _shown(given: Sum) -> str:
    r"""An expression as TikZ reckons it: `3*\i+2`, `-\j`, `7`."""
    text = ""
    for variable, a in sorted(given.items(), key=lambda item: (item[0] is None, item[0] or 0)):
        if variable is None or not a:
            continue
        factor = {1: "+", -1: "-"}.get(a, f"{a:+d}*")
        text += f"{factor}\\{NAMES[variable]}"
    constant = given.get(None, 0)
    text += f"{constant:+d}" if constant or not text else ""
    return text.removeprefix("+")


def _point(x: Sum, y: Sum) -> str:
    return f"({_shown(x)},{_shown(y)})"


__all__ = ["fragment", "write"]
