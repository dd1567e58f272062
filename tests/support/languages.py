"""Small automata by hand, for everything that an engine must do: registers, orders, frames, long arities."""

from __future__ import annotations

from automata import Rule, Sort, automaton_of

from i2c_core.automata import Automaton
from i2c_core.automata.automaton import LOOSE, TIGHT

COORDS = {str(n): n for n in range(7)}
LITERALS: dict[str, tuple[str, ...]] = dict.fromkeys(COORDS, ())


def splits() -> Automaton:
    """Context-free, one type."""
    two, four = ["I", "I"], ["I"] * 4
    return automaton_of({"I": Sort({"h": two, "v": two, "q": four, "B": [], "W": []})})


def wide() -> Automaton:
    """Context-free, with long arities and costs far apart, so that rows are found by level."""
    digits: dict[str, list[str]] = {str(n): [] for n in range(40)}
    return automaton_of(
        {
            "E": Sort({"add": ["E", "E"], "poly": ["N"] * 9, "deep": ["D", "E", "D"], "x": []}),
            "N": Sort(digits),
            "D": Sort({"d": ["N", "N", "N"], "pair": ["D", "D"]}),
        }
    )


def rectangles() -> Automaton:
    """Dependent arguments: x2 > x1, y1 + 2 <= y2 <= y1 + 4, in a list without order; negative values among them."""
    values = {n: v - 3 for n, v in COORDS.items()}
    return automaton_of(
        {
            "L": Sort({"cons": ["R", "L"], "nil": []}),
            "R": Sort({"rectangle": ["X1", "Y1", "X2", "Y2"], "dot": ["X1"]}),
            "X1": Sort(LITERALS, values, high=2, store=0),
            "Y1": Sort(LITERALS, values, high=1, store=1),
            "X2": Sort(LITERALS, values, lower=[(0, 1)]),
            "Y2": Sort(LITERALS, values, lower=[(1, 2)], upper=[(1, 4)]),
        },
        registers=2,
    )


def ordered(strict: bool = True) -> Automaton:
    """A list of points, each after the one before by (x, y), where y >= x too; two spaces of values."""
    places = {"p": 0, "s": 1}
    return automaton_of(
        {
            "L0": Sort({"cons": Rule(["P", "L"]), "nil": []}),
            "L": Sort({"cons": Rule(["P", "L"], tie=TIGHT), "nil": [], "end": Rule([], tie=LOOSE)}, spent="L1"),
            "L1": Sort({"nil": []} if strict else {"cons": Rule(["P", "L"], tie=TIGHT), "nil": []}),
            "P": Sort({"p": ["X", "Y"], "s": ["X", "Y"]}, places, high=1, store=2, key=0, strict=strict),
            "X": Sort(LITERALS, COORDS, low=0, high=6, store=0, key=1, strict=strict),
            "Y": Sort(LITERALS, COORDS, high=6, lower=[(0, 0)], store=1, key=2, strict=strict),
        },
        registers=3,
    )


def nested() -> Automaton:
    """Ordered lists in the elements of ordered lists, each with registers of its own."""
    places = {"leaf": 0, "group": 1}

    def lists(name: str, after: int) -> dict[str, Sort]:
        nil = Rule([], frame=after)
        return {
            f"{name}0": Sort({"cons": Rule(["E", name]), "nil": nil}),
            name: Sort({"cons": Rule(["E", name], tie=TIGHT), "nil": nil}),
        }

    return automaton_of(
        {
            **lists("L", 0),
            **lists("M", -1),
            "E": Sort({"leaf": ["N", "T"], "group": Rule(["M0", "N"], frame=1)}, places, high=1, store=0, key=0),
            "N": Sort(LITERALS, COORDS, high=6, store=1, key=1, strict=True),
            "T": Sort(LITERALS, COORDS, upper=[(1, 0)]),
        },
        registers=2,
    )


def grid() -> Automaton:
    """A wide range: values of 200 tokens, x2 > x1."""
    values = {str(n): n for n in range(200)}
    literals: dict[str, list[str]] = {name: [] for name in values}
    return automaton_of(
        {
            "L": Sort({"segment": ["A", "B", "L"], "stop": []}),
            "A": Sort(literals, values, high=198, store=0),
            "B": Sort(literals, values, lower=[(0, 1)]),
        },
        registers=1,
    )


LANGUAGES = {
    "splits": splits(),
    "wide": wide(),
    "rectangles": rectangles(),
    "ordered": ordered(),
    "increasing": ordered(strict=False),
    "nested": nested(),
    "grid": grid(),
}
