"""What says a language: Lark grammars, signatures, rewrite rules, tile sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import grammar_zoo
import tiny_tiles

from i2c_core.datasets.random_programs import random_programs
from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.plugins import get_family, installed
from i2c_core.tilesets import language
from i2c_core.tilesets.reading import load
from tests.fuzz import mutating
from tests.fuzz.targets.target import Target

ROOT = Path(__file__).resolve().parents[3]
MORE_SIGNATURES = (
    "Text\nsay : (words: List[Word, 0..3]) -> Text\nWord = /[a-z]+|'[^']*'/\n",
    "Expr\nadd : (Expr, Term) -> Expr\nmul : (Term, Term) -> Term\nx, y : Term\nExpr > Term\n",
    "Scene\nscene : (items: List[Item, 1..4]) -> Scene\n"
    "disc : (x: Cell, y: Cell, r: Size) -> Item\nCell = 0..9\nSize = 0.0..1.0 in 8 bins\n",
    "Bool\nif : (Bool, t, t) -> t\neq : (t, t) -> Bool for t in Coord, Angle\n"
    "Coord = 0..3\nAngle = up | down\nBool = no | yes\n",
    "Row\nrow : (low: Cell, high: Cell > low) -> Row\nCell = 0..7\n",
)
SMALL_GRAMMARS = (
    b'start: "a" start "b" | "x"\n',
    b'start: item ("," item)*\nitem: NAME "=" INT -> pair | NAME\nNAME: /[a-z]+/\nINT: /[0-9]+/\n%ignore " "\n',
    b'%import common.INT\n?start: sum\n?sum: atom | sum "+" atom -> add\natom: INT -> number | "(" sum ")"\n',
    b'start: _list{word}\n_list{x}: x ("," x)*\nword: /[ab]/ | "c".."f"\n',
)
SMALL_TILES = b"""name = "mini"
smallest = [1, 1]
largest = [6, 4]
[[tile]]
name = "floor"
char = "."
[[tile]]
name = "wall"
char = "#"
icon = [{ path = "M 0 0 H 1 V 1 Z", fill = "#ff0000" }]
"""


def targets() -> Iterator[Target]:
    yield Target("grammars/lark", ".lark", _read_grammar, _grammars, mutating.text)
    yield Target("grammars/signature", ".txt", _read_signature, _signatures, mutating.text)
    yield Target("grammars/rules", ".rules", _read_rules, _rules, mutating.text)
    yield Target("grammars/tiles", ".toml", _read_tiles, _tile_sets, mutating.text)


def _use(family: Family) -> None:
    """As `i2c sample --budget` and `i2c families NAME` do."""
    family.describe()
    budget = max(family.vocabulary.shortest, min(family.budget, 30))
    for program, text in random_programs(family, 2, budget, seed=0):
        if family.is_exact:
            assert family.parse(text) == program, "reads back another program"


def _read_grammar(file: Path) -> None:
    _use(Family.from_grammar(file))


def _read_signature(file: Path) -> None:
    root, _, table = _text(file).partition("\n")
    _use(Family("fuzzed", root, table))


def _read_rules(file: Path) -> None:
    family = replace(get_family("splits"), rules=_text(file))
    family.canonical(family.parse("h v W W B"))
    _use(family)


def _read_tiles(file: Path) -> None:
    load.cache_clear()  # it keeps what it read from a path
    family = language(file)
    _use(family)


def _text(file: Path) -> str:
    """What reaches the library as text has been decoded by somebody else."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise FormatError("no UTF-8 text", "save it as UTF-8") from None


def _grammars() -> Sequence[bytes]:
    folders = (ROOT / "grammars" / "i2c_grammars", grammar_zoo.ZOO, ROOT / "examples")
    found = [p.read_bytes() for folder in folders for p in sorted(folder.glob("*.lark"))]
    return [content for content in found if len(content) < 3000] + [*SMALL_GRAMMARS] * 3


def _signatures() -> Sequence[bytes]:
    families = [get_family(name) for name in installed().families.names()]
    found = [f"{family.root}\n{family.gamma.show()}" for family in families]
    return [text.encode() for text in found if len(text) < 3000] + [text.encode() for text in MORE_SIGNATURES]


def _rules() -> Sequence[bytes]:
    text = (ROOT / "plugins" / "i2c_plugins" / "splits" / "splits.rules").read_bytes()
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return [text, b"".join(lines[:3]), b"h(W, W) = W\nv(B, B) = B\n", b"v(h(B, x), B) = h(B, v(x, B))\n"]


def _tile_sets() -> Sequence[bytes]:
    files = (ROOT / "plugins" / "i2c_plugins" / "pacman" / "tiles.toml", tiny_tiles.CAVES)
    return [*(file.read_bytes() for file in files), *[SMALL_TILES] * 3]
