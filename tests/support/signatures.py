"""Random small signatures with every feature that Γ has.

A drawn signature is its table, as a person would write it, and a root type. Most of them are good; the others must be
refused with a `SignatureError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

PATTERNS = ("a+b?", "[ab]{1,2}", "a|ab", "(?!ab)[ab]+", "a*?b", "b(?i:AB)*", "", '"[ab]*"', "a(?=b)[ab]*", "a++b?")
OPERATORS = (">", ">=", "<", "<=")
SORTS = ("Expr", "Stmt", "Shape")


@dataclass
class _Drawing:
    """What was drawn so far."""

    draw: st.DrawFn
    kinds: dict[str, str] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    sorts: dict[str, tuple[str, ...]] = field(default_factory=dict)  # with the indices of each
    lines: list[str] = field(default_factory=list)
    items: bool = False  # whether there is a sort Item, whose programs can be ordered
    extras: list[str] = field(default_factory=list)  # types that may be wanted like the sorts: lists, own lists

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def one(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))


@st.composite
def signatures(draw: st.DrawFn) -> tuple[str, str]:
    """A table and a root type."""
    drawing = _Drawing(draw)
    _draw_kinds(drawing)
    for name in SORTS[: drawing.number(1, 3)]:
        wanted = [i for i in drawing.indices if drawing.chance(60)]
        drawing.sorts[name] = tuple(wanted)
    if drawing.chance(50):
        _draw_items(drawing)
    if drawing.chance(35):
        _draw_chain(drawing)
    if drawing.chance(20):
        drawing.lines.append(f"hold : (t, y: Num) -> Box[t]{drawing.one('', ' key y')}")
        drawing.extras.append(f"Box[{drawing.one(*drawing.kinds, _plain(drawing))}]")
    for name in drawing.sorts:
        for number in range(drawing.number(1, 3)):
            _draw_symbol(drawing, name, f"{name.lower()}{number}", leaf=number == 0 and drawing.chance(90))
    if drawing.chance(15):
        drawing.lines.append(f"pick : (Flag, t, t) -> t{' for t in ' + _plain(drawing) if drawing.chance(90) else ''}")
        drawing.kinds.setdefault("Flag", "no | yes")
    if drawing.chance(10):
        kinds = [k for k in drawing.kinds if not drawing.kinds[k].startswith("/")]
        drawing.lines.append(f"eq : (t, t) -> {_sort(drawing, {})} for t in {', '.join(kinds)}")
    if drawing.chance(20):
        whole, part = _plain(drawing), drawing.one(*drawing.kinds, _plain(drawing))
        if whole != part and "[" not in whole + part:
            drawing.lines.append(f"{whole} > {part}")
    lines = [*drawing.lines, *(f"{k} = {v}" for k, v in drawing.kinds.items())]
    lines += [f"{i} = 0..{high}" for i, high in drawing.indices.items()]
    root = drawing.one(*drawing.sorts)
    root = _indexed(root, ["0"] * len(drawing.sorts[root]))
    if drawing.extras and drawing.chance(30):
        root = drawing.one(*drawing.extras)
    elif drawing.chance(25) and not any(line.startswith(root) for line in drawing.lines if ">" in line):
        root = _list(drawing, root)
    return "\n".join(lines), root


def _draw_kinds(drawing: _Drawing) -> None:
    drawing.kinds["Num"] = f"{drawing.number(-1, 1)}..{drawing.number(1, 4)}"
    if drawing.chance(40):
        drawing.kinds["Flag"] = drawing.one("no | yes", "red | green | blue", "only")
    if drawing.chance(20):
        drawing.kinds["Turn"] = f"0.0..1.0 in {drawing.number(1, 3)} bins"
    if drawing.chance(25):
        excluded = drawing.one("", "", " except a", " except b | ab")
        drawing.kinds["Word"] = f'/{drawing.one(*PATTERNS)}/ over [ab"]{excluded}'
    if drawing.chance(40):
        drawing.indices["s"] = drawing.number(0, 2)
        if drawing.chance(40):
            drawing.indices["d"] = drawing.number(0, 2)


def _draw_items(drawing: _Drawing) -> None:
    """What can be ordered."""
    drawing.items = True
    options = [
        "dot : (x: Num, y: Num) -> Item",
        f"bar : (x: Num, y: Num {drawing.one(*OPERATORS)} x) -> Item",
        "tick : Item",
        f"box : (x: Num, many: {_list(drawing, 'Item')}) -> Item key x",
        "wrap : (x: Num, Item, y: Num) -> Item key x, y",
        "sub : (x: Num, z: Num, y: Num >= x - 1) -> Item key x, y",
    ]
    drawing.lines += [line for line in options if drawing.chance(45)] or options[:1]


def _draw_chain(drawing: _Drawing) -> None:
    """A list of the family's own."""
    element = "Item" if drawing.items and drawing.chance(60) else drawing.one("Num", "Num", _plain(drawing))
    strict = drawing.one("<", "<=")
    key = " key first" if element == "Num" and drawing.chance(30) else ""
    drawing.lines.append(f"link : (first: {element}, rest: Chain) -> Chain order first {strict} rest.first{key}")
    drawing.lines.append("stop : Chain")
    drawing.extras.append("Chain")


def _plain(drawing: _Drawing) -> str:
    """A sort at ground indices."""
    name = drawing.one(*drawing.sorts)
    return _indexed(name, [str(drawing.number(0, drawing.indices[i])) for i in drawing.sorts[name]])


def _indexed(name: str, indices: list[str]) -> str:
    return f"{name}[{', '.join(indices)}]" if indices else name


def _sort(drawing: _Drawing, bound: dict[str, str]) -> str:
    """A sort whose indices go on from those in `bound`."""
    name = drawing.one(*drawing.sorts)
    found = []
    for index in drawing.sorts[name]:
        if index in bound and drawing.chance(85):
            found.append(drawing.one(index, f"{index}+1", f"{index}+1", f"{index}-1"))
        else:
            found.append(str(drawing.number(0, drawing.indices[index])))
    return _indexed(name, found)


def _list(drawing: _Drawing, element: str) -> str:
    low = drawing.number(0, 2)
    bounds = drawing.one("", f", {low}..{drawing.number(low, 3)}", f", {low}..")
    literal = element.partition("[")[0] in ("Item", "Box", *drawing.kinds)
    order = drawing.one("", ", <", ", <", ", <=") if literal or drawing.chance(30) else ""
    return f"List[{element}{bounds}{'' if element.startswith('List') else order}]"


def _element(drawing: _Drawing, bound: dict[str, str]) -> str:
    """What a list holds."""
    choice = drawing.number(0, 9)
    if choice < 3:
        return _literal(drawing, bound)
    if choice == 3 and drawing.extras:
        return drawing.one(*drawing.extras)
    return "Item" if choice < 7 and drawing.items else _sort(drawing, bound)


def _literal(drawing: _Drawing, bound: dict[str, str]) -> str:
    if bound and drawing.chance(40):
        return f"Num[0..{drawing.one(*bound)}{drawing.one('-1', '-1', '', '+1')}]"
    return drawing.one(*(k for k in drawing.kinds if k != "Word"), "Num")


def _draw_symbol(drawing: _Drawing, sort: str, name: str, leaf: bool) -> None:
    bound = {i: i for i in drawing.sorts[sort]}
    parameters: list[str] = []
    literals: list[tuple[str, str]] = []
    keyed: set[str] = set()
    for number in range(drawing.number(0, 2 if leaf else 4)):
        argument = f"{name}_{number}"
        if leaf or drawing.chance(50):
            type_ = _literal(drawing, bound)
            kind = type_.partition("[")[0]
            earlier = [a for a, k in literals if k == kind]
            relations = []
            for _ in range(drawing.number(0, 2) if earlier and drawing.chance(60) else 0):
                other = drawing.one(*earlier)
                offset = drawing.one("", "", " + 1", " - 1", " + 2")
                relations.append(f" {drawing.one(*OPERATORS)} {other}{offset}")
                keyed |= {argument, other}
            literals.append((argument, kind))
            parameters.append(f"{argument}: {type_}{''.join(relations)}")
            continue
        choice = drawing.number(0, 9)
        if choice < 4:
            type_ = _sort(drawing, bound)
        elif choice < 7:
            type_ = _list(drawing, _element(drawing, bound))
        elif choice == 7 and "Word" in drawing.kinds:
            type_ = "Word"
        elif choice == 8 and drawing.extras:
            type_ = drawing.one(*drawing.extras)
        else:
            type_ = _list(drawing, _list(drawing, _element(drawing, bound)))
        parameters.append(f"{argument}: {type_}")
    result = _indexed(sort, list(drawing.sorts[sort]))
    line = f"{name} : ({', '.join(parameters)}) -> {result}" if parameters else f"{name} : {result}"
    if literals and drawing.chance(40 if len(literals) == len(parameters) else 70):
        free = [a for a, _ in literals if a not in keyed]
        key = sorted(keyed | {a for a in free if drawing.chance(50)})
        if key:
            line += f" key {', '.join(key if drawing.chance(95) else reversed(key))}"
    drawing.lines.append(line)
