r"""TikZ in: what `tikz` writes, and what people vary in it, such as white space, arrows that point back, and polylines.

Read are `\draw` with lines (`--`, `-|`, `|-`, `cycle`), rectangles and circles between points on whole numbers,
absolute or relative, and options for arrows, dashes and looks. Anything else is refused at its place: a picture that
is half understood would be another picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from i2c_core.errors import ParseError
from i2c_core.families import Family
from i2c_core.grammars.carets import one_of, parse_error
from i2c_core.programs import Program
from i2c_plugins.figures.commands import RADIUS, Y2, Command, Language, program_of

MILLIMETRES = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72.27}
FAR = 1e6  # cells, or a size of the unit: far beyond every grid, and no infinity
NEAR = 0.01  # cells that a whole number may be off, for lengths with units
MOST_CHARACTERS = 200_000
HEADS = r"(?:<|>|to|latex|stealth|Latex|Stealth|barbs|\{[^{}]*\})"
ARROWS = re.compile(rf"({HEADS})?-({HEADS})?")
LOOKS = {
    "black", "color", "draw", "font", "line cap", "line join", "line width", "semithick", "solid", "thick", "thin",
    "ultra thick", "ultra thin", "very thick", "very thin", ">",
}  # fmt: skip
OF_PICTURES = {"baseline", "scale", "x", "y"}
DASHED = {"dashed", "densely dashed", "loosely dashed", "dash pattern"}
SHOWN = {
    "NUMBER": "a number",
    "UNIT": "a unit",
    "OPTION": "an option",
    "SETTING": r"\tikzset",
    "CORNER": "'-|'",
    "RELATIVE": "'++'",
    "GROUP": "a text in braces",
    "$END": "the end",
}

CALLED = {"straight": "line", "corner": "line", "closing": "line"}

Point = tuple[float, float]


@dataclass
class Look:
    """What options say: heads at the begin and at the end of a path, and dashes."""

    begin: bool = False
    end: bool = False
    dashed: bool = False


@dataclass
class Part:
    """Lines of a path that hang together, each with the place in the text of its end."""

    lines: list[tuple[Point, Point, int]] = field(default_factory=list)
    closed: bool = False


@dataclass
class Box:
    """A rectangle of a path, and whether something is written in it."""

    corners: tuple[Point, Point]
    place: int
    written: bool


def read(family: Family, text: str) -> Program:
    """The program that a picture says, its commands in the order of the text.

    Args:
        family: of figures.
        text: a document with one picture, a picture, or only its commands.

    Raises:
        ParseError: it is something else; with line, column and a caret.
    """
    if len(text) > MOST_CHARACTERS:
        fact = f"the text has {len(text):,} characters, more than {MOST_CHARACTERS:,}"
        raise ParseError(fact, "give one picture, not a collection")
    inner = _picture(text)
    try:
        tree = _parser().parse(inner)
    except UnexpectedInput as error:
        raise _unexpected(text, inner, error) from None
    reading = _Reading(text, Language.of(family.gamma))
    return program_of(family.gamma, list(reading.commands(tree)))


@cache
def _parser() -> Lark:
    grammar = resources.files("i2c_grammars").joinpath("tikz.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr")


def _picture(text: str) -> str:
    """The text with blanks for comments and for what stands outside of its picture, so that places stay."""
    text = re.sub(r"(?<!\\)(?:\\\\)*%[^\n]*", lambda m: " " * len(m[0]), text)
    begins = [m.start() for m in re.finditer(r"\\begin\s*\{tikzpicture\}", text)]
    if len(begins) > 1:
        raise parse_error(text, begins[1], "a second picture begins", "give one picture")
    if begins:
        end = text.find(r"\end{tikzpicture}", begins[0])
        last = len(text) if end < 0 else end + len(r"\end{tikzpicture}")
        return _blank(text[: begins[0]]) + text[begins[0] : last] + _blank(text[last:])
    if found := re.search(r"\\(documentclass|begin)\b", text):
        raise parse_error(
            text, found.start(), "this has no tikzpicture", r"write \begin{tikzpicture} ... \end{tikzpicture}"
        )
    return text


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _unexpected(text: str, inner: str, error: UnexpectedInput) -> ParseError:
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    place = len(inner.rstrip()) if at_end else int(error.pos_in_stream or 0)
    if isinstance(error, UnexpectedCharacters):
        expected = error.allowed or set()
    else:
        expected = error.accepts or error.expected if isinstance(error, UnexpectedToken) else set()
    found = re.match(r"\\[A-Za-z]+|\w+|.", inner[place:], re.DOTALL)
    if found and found[0].startswith("\\") and place < len(inner):
        hint = r"write out what it draws, with \draw" if found[0] in (r"\foreach", r"\node") else r"use \draw"
        return parse_error(text, place, f"{found[0]} is not read here", hint)
    got = "the end" if at_end or not found else repr(found[0])
    return parse_error(text, place, f"expected {_told(expected)}, got {got}", "see docs/figures.md for what is read")


def _told(names: set[str]) -> str:
    """Terminals as people know them: words, then marks."""
    literal = {t.name: str(t.pattern.value) for t in _parser().terminals if t.pattern.type == "str"}
    shown = {SHOWN.get(name, repr(literal.get(name, name)).replace("\\\\", "\\")) for name in names}
    return one_of(sorted(shown, key=lambda n: (not n.strip("'\\")[:1].isalpha(), n)))


class _Reading:
    """One text being read."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.unit = MILLIMETRES["cm"]  # of a cell, as in TikZ

    def commands(self, tree: Tree[Token]) -> Iterator[Command]:
        look = Look()
        for child in tree.children:
            if isinstance(child, Tree) and child.data == "options":
                self._unit(child)
                self._options(child, look, OF_PICTURES)
            elif isinstance(child, Tree) and child.data == "draw":
                yield from self._path(child, Look(look.begin, look.end, look.dashed))

    # -- paths

    def _path(self, tree: Tree[Token], look: Look) -> Iterator[Command]:
        pen: Point | None = None
        base: Point | None = None  # of relative points
        start: Point | None = None  # of the part, where `cycle` leads
        found: list[Part | Box | Command] = []
        for step in tree.children:
            if isinstance(step, Token):  # \draw
                continue
            kind, place = step.data, _place(step)
            if kind == "options":
                self._options(step, look, set())
                continue
            if kind == "node":
                last = found[-1] if found else None
                if not isinstance(last, Box):
                    raise self._writing(place)
                last.written = True
                continue
            if kind == "point":
                pen, base = self._point(step, base)
                start = pen
                found.append(Part())
                continue
            if pen is None or start is None:
                raise self._error(
                    place,
                    f"a {CALLED.get(kind, kind)} without a point before it",
                    "begin the path with a point, as (4,10)",
                )
            if kind == "circle":
                found.append(Command("circle", self._circle(step, pen, place)))
                continue
            nodes = [c for c in step.children if isinstance(c, Tree) and c.data == "node"]
            if kind == "closing":
                part = self._part(found)
                part.lines.append((pen, start, place))
                part.closed = True
                pen = base = start
                continue
            goal = next(c for c in step.children if isinstance(c, Tree) and c.data == "point")
            to, base = self._point(goal, base)
            if kind == "rectangle":
                found.append(Box((pen, to), _place(goal), bool(nodes)))
            else:
                if nodes:
                    raise self._writing(_place(nodes[0]))
                part = self._part(found)
                between = [pen, to]
                if kind == "corner":
                    between.insert(1, (to[0], pen[1]) if str(step.children[0]) == "-|" else (pen[0], to[1]))
                part.lines += [(a, b, _place(goal)) for a, b in pairwise(between)]
            pen = to
        yield from self._said(found, look, _place(tree))

    def _part(self, found: list[Part | Box | Command]) -> Part:
        if not found or not isinstance(found[-1], Part) or found[-1].closed:
            found.append(Part())
        last = found[-1]
        assert isinstance(last, Part)
        return last

    def _said(self, found: list[Part | Box | Command], look: Look, place: int) -> Iterator[Command]:
        """The commands of a path; an arrow's head stands at the ends of its lines."""
        parts = [p for p in found if isinstance(p, Part) and p.lines]
        if (look.begin or look.end) and len(parts) > 1:
            raise self._error(parts[1].lines[0][2], "an arrow of several parts", r"give each part a \draw of its own")
        for one in found:
            if isinstance(one, Command):
                if look.dashed:
                    raise self._error(place, "a dashed circle", "only lines are dashed here: leave dashed out")
                yield one
            elif isinstance(one, Box):
                yield self._box(one, look)
            else:
                last = len(one.lines) - 1
                for number, (a, b, at) in enumerate(one.lines):
                    begins = look.begin and not one.closed and number == 0
                    ends = look.end and not one.closed and number == last
                    if begins:
                        yield self._line(b, a, True, look.dashed, at)
                    if ends or not begins:
                        yield self._line(a, b, ends, look.dashed, at)

    def _line(self, a: Point, b: Point, arrow: bool, dashed: bool, place: int) -> Command:
        return self._checked("line", (*self._whole(a, place), *self._whole(b, place), int(arrow), int(dashed)), place)

    def _box(self, box: Box, look: Look) -> Command:
        (ax, ay), (bx, by) = (self._whole(c, box.place) for c in box.corners)
        x1, x2, y1, y2 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        if x1 == x2 or y1 == y2:
            raise self._error(box.place, "a rectangle without width or height", "draw a line instead")
        if box.written and look.dashed and self.language.has_labels:
            return self._checked("label", (x1, y1, x2 - x1, y2 - y1), box.place)
        if box.written:
            raise self._writing(box.place)
        if look.dashed:
            raise self._error(box.place, "a dashed rectangle", "only lines are dashed here: draw its sides as lines")
        return self._checked("rectangle", (x1, y1, x2, y2), box.place)

    def _circle(self, step: Tree[Token], pen: Point, place: int) -> tuple[int, ...]:
        (given,) = step.children
        assert isinstance(given, Tree)
        radius: float | None = None
        if given.data == "length":
            radius = self._length(given)
        else:
            for option in _words(given):
                key, _, value = (p.strip() for p in option.partition("="))
                if key == "radius" and (found := re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(cm|mm|pt|in)?", value)):
                    radius = _near(found[1]) * (MILLIMETRES[found[2]] / self.unit if found[2] else 1)
                else:
                    raise self._error(
                        option.start_pos or 0, f"option {str(option).strip()!r} of a circle", "write radius=1"
                    )
        if radius is None:
            raise self._error(place, "a circle without a radius", "write circle [radius=1]")
        whole = round(radius)
        if abs(radius - whole) > NEAR or not 1 <= whole <= self.language.most_radius:
            most = self.language.most_radius
            wanted = str(RADIUS) if most == RADIUS else f"1 to {most}"
            raise self._error(_place(given), f"a circle of radius {radius:g}", f"its radius must be {wanted}")
        centre = self._whole(pen, place)
        args = (*centre, whole) if self.language.writes_radius else centre
        return self._checked("circle", args, place).args

    # -- points and numbers

    def _point(self, tree: Tree[Token], base: Point | None) -> tuple[Point, Point]:
        """A point, and the one that relative points behind it count from."""
        x, y = (self._length(c) for c in tree.children if isinstance(c, Tree))
        first = tree.children[0]
        if not isinstance(first, Token):
            return (x, y), (x, y)
        if base is None:
            raise self._error(
                _place(tree), "a relative point without one before it", "begin the path with a point, as (4,10)"
            )
        there = (base[0] + x, base[1] + y)
        return there, there if str(first) == "++" else base

    def _length(self, tree: Tree[Token]) -> float:
        number, *unit = map(str, tree.children)
        return _near(number) * (MILLIMETRES[unit[0]] / self.unit if unit else 1)

    def _whole(self, point: Point, place: int) -> tuple[int, int]:
        x, y = round(point[0]), round(point[1])
        if abs(x - point[0]) > NEAR or abs(y - point[1]) > NEAR:
            fact = f"the point ({point[0]:g},{point[1]:g}) is not on the grid"
            raise self._error(place, fact, "use whole numbers")
        return x, y

    def _checked(self, kind: str, args: tuple[int, ...], place: int) -> Command:
        highest = self.language.highest[kind]
        for number, (value, most) in enumerate(zip(args, highest, strict=True)):
            if kind == "line" and number > Y2:
                continue
            if not 1 <= value <= most:
                which = "xy"[number % 2] if kind != "label" or number < 2 else ("width", "height")[number % 2]
                raise self._error(place, f"{which} is {value}", f"it must be from 1 to {most}")
        return Command(kind, args)

    # -- options

    def _unit(self, tree: Tree[Token]) -> None:
        for option in _words(tree):
            found = re.fullmatch(r"\s*x\s*=\s*(\d+\.?\d*|\.\d+)\s*(cm|mm|pt|in)\s*", option)
            if found and float(found[1]) > 0:
                self.unit = max(_near(found[1]), 1 / FAR) * MILLIMETRES[found[2]]

    def _options(self, tree: Tree[Token], look: Look, more: set[str]) -> None:
        for option in _words(tree):
            said = " ".join(option.split())
            key = said.partition("=")[0].strip()
            arrows = ARROWS.fullmatch(said.replace(" ", ""))
            if arrows and said:
                look.begin, look.end = arrows[1] is not None, arrows[2] is not None
            elif key in DASHED:
                look.dashed = True
            elif key in LOOKS | more or key.endswith(("/.style", "/.tip")):
                look.dashed = look.dashed and key != "solid"
            else:
                raise self._error(_start(option), f"option {said!r} is not read", "leave it out")

    def _writing(self, place: int) -> ParseError:
        if self.language.has_labels:
            return self._error(
                place, "writing outside of a dashed rectangle", r"write \draw[dashed] (3,4) rectangle node {?} (9,6);"
            )
        return self._error(place, "writing, which this language does not have", "leave the node out")

    def _error(self, place: int, fact: str, hint: str) -> ParseError:
        return parse_error(self.text, place, fact, hint)


def _near(number: str) -> float:
    """A number, those far off the grid as one that is."""
    return max(-FAR, min(FAR, float(number)))


def _words(options: Tree[Token]) -> list[Token]:
    return [o for o in options.children if isinstance(o, Token) and o.strip()]


def _start(option: Token) -> int:
    return (option.start_pos or 0) + len(option) - len(option.lstrip())


def _place(tree: Tree[Token]) -> int:
    """Where in the text the first token of a tree stands."""
    for token in tree.scan_values(lambda v: isinstance(v, Token)):
        return int(token.start_pos or 0)
    return 0
