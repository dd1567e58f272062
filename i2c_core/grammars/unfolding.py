"""Inlined rules that are no plain repetition become rules of their own, so that every grammar can be read.

    (key ":" value)*     repeats two things together: a rule for the pair, repeated
    _a: x _a y | z       an inlined rule that is no repetition at all: it makes nodes like any other
    a? b? c? ... k?      more ways than can be told apart one by one: inlined rules make nodes until there are few

Lark parses by its own rules all the same; only what is made of what it found changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from i2c_core.grammars.repeats import MAX_VARIANTS, Repeats, owner
from i2c_core.grammars.trees import Alternative, Item, Rules, Terminal


@dataclass(frozen=True)
class Made:
    """What a rule of Lark's makes.

    `alternative` is made of all its items; where it is `wrapped`, as a node in a run: the one that its first (0) or
    last (-1) item is, as `rest` says, or a new one.
    """

    alternative: Alternative
    wrapped: bool = False
    rest: int | None = None


@dataclass(frozen=True)
class Unfolded:
    """Alternatives as they are read, and for each of those that were given what it makes."""

    alternatives: tuple[Alternative, ...]
    made: tuple[Made, ...]
    made_up: dict[str, tuple[Alternative, str]]


def unfold(alternatives: Sequence[Alternative], terminals: dict[str, Terminal], name: str) -> Unfolded:
    """Wrap and open inlined rules until all that is left of them is plain."""
    made = [Made(a) for a in alternatives]
    made_up: dict[str, tuple[Alternative, str]] = {}
    while True:
        kept = _read(made)
        rules = Rules(tuple(kept.values()), terminals, alternatives[0].rule, name)
        repeats = Repeats(rules)
        taken = set(rules.by_rule) | set(made_up)
        problems = repeats.problems()
        for rule in problems:
            if not _wrap(made, rule, _free(f"{_plain(rule)}_item", taken), made_up, repeats):
                _open(made, rule, _free(_plain(rule) + "_part" if rule.startswith("__") else _plain(rule), taken))
        if problems:
            continue
        rule = _most(rules, repeats)
        if not rule:
            break
        _open(made, rule, _free(_plain(rule) + "_part" if rule.startswith("__") else _plain(rule), taken))
    made = [replace(m, alternative=kept[_key(m)]) for m in made]
    return Unfolded(tuple(kept.values()), tuple(made), made_up)


def _key(made: Made) -> object:
    """What is wrapped stands twice in Lark's rules, and once here."""
    alternative = made.alternative
    return (alternative.rule, alternative.items) if made.wrapped else id(made)


def _read(made: Sequence[Made]) -> dict[object, Alternative]:
    """The alternatives of the grammar as it is read; those of repetitions stand before what is repeated."""
    found: dict[object, Alternative] = {}
    for one in made:
        alternative = one.alternative
        if one.wrapped:
            run = f"__{alternative.rule}_run"
            item, again = Item(alternative.rule, False, True), Item(run, False, True)
            for items in ((item,), (again, item) if one.rest != -1 else (item, again)):
                plain = replace(alternative, rule=run, items=items, alias=None, expands=False)
                found.setdefault((run, items), plain)
        found.setdefault(_key(one), alternative)
    return found


def _wrap(
    made: list[Made], rule: str, name: str, made_up: dict[str, tuple[Alternative, str]], repeats: Repeats
) -> bool:
    """Where a rule is `body | rule body` for each of its bodies, give the body a rule; false where it is not."""
    own = [i for i, m in enumerate(made) if m.alternative.rule == rule]
    bodies: dict[int, tuple[int | None, tuple[Item, ...]]] = {}
    for i in own:
        items = made[i].alternative.items
        again = [p for p, item in enumerate(items) if item.name == rule and not item.terminal]
        if not again:
            bodies[i] = None, items
        elif again == [0]:
            bodies[i] = 0, items[1:]
        elif again == [len(items) - 1]:
            bodies[i] = -1, items[:-1]
        else:
            return False
    sides = {side for side, _ in bodies.values()}
    base = {body for side, body in bodies.values() if side is None}
    if len(sides - {None}) != 1 or base != {body for side, body in bodies.values() if side is not None}:
        return False
    if () in base:
        return False
    same: dict[tuple[Item, ...], Alternative] = {}
    places = _places([body for _, body in bodies.values()], repeats)
    for i in own:
        side, body = bodies[i]
        if body not in same:
            before = made[i].alternative
            same[body] = replace(before, rule=name, items=body, alias=None, expands=True, place=places[body])
        made[i] = Made(same[body], True, side)
    run = f"__{name}_run"
    for i, one in enumerate(made):
        items = tuple(replace(x, name=run) if x.name == rule and not x.terminal else x for x in one.alternative.items)
        if items != one.alternative.items:
            made[i] = replace(one, alternative=replace(one.alternative, items=items))
    made_up[name] = next(iter(same.values())), owner(rule)
    return True


def _places(bodies: Sequence[tuple[Item, ...]], repeats: Repeats) -> dict[tuple[Item, ...], int]:
    """The place of each body; those that differ in mere text that may be left out have one, as in `(x ","? y)*`."""

    def held(body: Sequence[Item]) -> list[Item]:
        return [i for i in body if (repeats.holds(i.name) if i.inlined else i.kept)]

    found: dict[tuple[Item, ...], int] = {}
    distinct = list(dict.fromkeys(bodies))
    for body in distinct:
        longer = [b for b in distinct if len(b) > len(body) and held(b) == held(body) and is_part(body, b)]
        found[body] = distinct.index(max(longer, key=len, default=body))
    return found


def is_part(names: Iterable[object], whole: Iterable[object]) -> bool:
    """Whether things stand in a row of others, in their order."""
    rest = iter(whole)
    return all(name in rest for name in names)


def _open(made: list[Made], rule: str, name: str) -> None:
    """Make an inlined rule one that makes nodes."""
    for i, one in enumerate(made):
        before = one.alternative
        items = tuple(replace(x, name=name) if x.name == rule and not x.terminal else x for x in before.items)
        new = name if before.rule == rule else before.rule
        if (items, new) != (before.items, before.rule):
            made[i] = replace(one, alternative=replace(before, rule=new, items=items))


def _most(rules: Rules, repeats: Repeats) -> str:
    """Of the inlined rules of an alternative with too many variants the one with the most, or an empty name."""
    for alternative in rules.alternatives:
        if not alternative.rule.startswith("_") and repeats.count(alternative.items) > MAX_VARIANTS:
            inlined = [i for i in alternative.items if i.inlined]
            most = max(inlined, key=lambda i: repeats.count((i,)), default=None)
            if most is not None and repeats.count((most,)) > 1:
                return most.name
    return ""


def _plain(rule: str) -> str:
    """The rule that a person wrote, without the underscores that would inline what is called after it."""
    return owner(rule).strip("_")


def _free(name: str, taken: set[str]) -> str:
    name = name or "part"
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
