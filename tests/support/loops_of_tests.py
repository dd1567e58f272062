"""Families of drawings for tests of loops: tiny grids, each with what the others lack."""

from __future__ import annotations

from functools import cache

from i2c_core.families import Family
from i2c_core.loops import Body, Draw, Layout, Linear, Loop, Loops, Reflect, Statement, When, layout_of
from i2c_core.programs import Program

LIST = "cons : (first: Command, rest: Figure) -> Figure order first < rest.first\nnil : Figure\n"
COMMANDS = {
    "circle": ("circle : (x: Column, y: Row) -> Command", "x y"),
    "line": ("line : (x1: Column, y1: Row, x2: Column, y2: Row, tip: Tip) -> Command", "x y x y -"),
    "rectangle": ("rectangle : (x1: Column, y1: Row, x2: Column > x1, y2: Row > y1) -> Command", "x y x y"),
    "disc": ("disc : (x: Column, y: Row, r: Radius) -> Command", "x y n"),
    "box": ("box : (x: Column, y: Row, w: Column, h: Row) -> Command", "x y w h"),
    "mark": ("mark : (x: Column) -> Command", "x"),
}
KINDS = {"Tip": "plain | arrow", "Radius": "1..3"}


@cache
def drawings(commands: str, columns: int, rows: int = 1, depth: int = 3) -> Layout:
    """The layout of a family of some commands, between blanks, at positions from 1 to `columns` and `rows`."""
    names = commands.split()
    lines = [COMMANDS[name][0] for name in names]
    kinds = {"Column": f"1..{columns}", "Row": f"1..{rows}", **KINDS}
    used = [f"{kind} = {values}" for kind, values in kinds.items() if any(kind in line for line in lines)]
    return layout_of(
        Family(
            f"tiny-{columns}x{rows}",
            root="Figure",
            signature=LIST + "\n".join(lines + used),
            normalise=forward,
            loops=Loops({name: COMMANDS[name][1] for name in names}, depth),
        )
    )


def forward(program: Program) -> Program:
    """Plain lines run forwards, and a line to where it begins is left out, as it draws nothing."""
    kept = set()
    for node in program.nodes():
        if node.name in COMMANDS:
            args = tuple(a.name for a in node.args)
            if node.name == "line":
                begin, end = args[:2], args[2:4]
                if begin == end:
                    continue
                if args[4] == "plain" and tuple(map(int, end)) < tuple(map(int, begin)):
                    args = (*end, *begin, "plain")
            kept.add((node.name, args))
    gamma, found = program.signature, Program(program.signature, "nil")
    for name, args in sorted(kept, reverse=True):
        found = Program(gamma, "cons", (Program(gamma, name, tuple(Program(gamma, a) for a in args)), found))
    return found


def show(body: Body) -> str:
    """A program on one line, for messages: `for i<3 { circle(2*i + 1, 4) }`."""
    return "; ".join(_shown(s, "ijk") for s in body)


def _shown(statement: Statement, free: str, bound: str = "") -> str:
    def linear(x: Linear | str) -> str:
        if isinstance(x, str):
            return x
        return str(x.b) if x.variable is None else f"{x.a}*{bound[x.variable]}{x.b:+d}"

    match statement:
        case Draw(symbol, args):
            return f"{symbol}({', '.join(map(linear, args))})"
        case Loop(count, body):
            inside = "; ".join(_shown(s, free[1:], bound + free[0]) for s in body)
            return f"for {free[0]}<{linear(count)} {{ {inside} }}"
        case Reflect(axis, at, body):
            return f"reflect {axis}={at} {{ " + "; ".join(_shown(s, free, bound) for s in body) + " }"
        case When(body):
            return f"if {bound[-1]}>0 {{ " + "; ".join(_shown(s, free, bound) for s in body) + " }"
