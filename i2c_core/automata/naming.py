"""What refined types are called in errors, and the error of a language without programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata.language import Language
from i2c_core.automata.states import After, Chain, Element, Item, Narrow, Rest, Slot, State
from i2c_core.errors import SignatureError
from i2c_core.vocabulary import NEVER

if TYPE_CHECKING:
    from i2c_core.automata.compiling import Compiler


def name(language: Language, state: State) -> str:
    """A state for people: `Coord`, `x2 of rectangle after 3`, `Figure after circle`."""
    v = language.vocabulary
    if isinstance(state, int):
        return str(v.types[state])
    if isinstance(state, Narrow | Slot):
        return f"{v.types[state.type]} in {state.low}..{state.high}"
    if isinstance(state, Chain):
        plan = language.chained(state)
        values = {**dict(zip(plan.key, state.run.keys if state.run else (), strict=False))}
        values |= dict(zip(plan.live[state.item], state.known, strict=True))
        known = [values[i] for i in sorted(values)]
        shown = f" after {' '.join(map(str, known))}" if known else ""
        return f"{plan.names[state.item]} of {v.tokens[plan.token]}{shown}"
    if isinstance(state, After):
        return f"{v.types[state.rest]} after {_element(language, state.symbol, state.key)}"
    if isinstance(state, Rest):
        return f"{v.types[state.rest]} after {_element(language, state.symbol)}" + " (spent)" * state.spent
    cons = language.conses[state.cons]
    shown = f"{v.types[cons.element]} in {v.types[int(v.prod_type[state.cons])]}"
    if isinstance(state, Element) and state.key is not None:
        return f"{shown} after {_element(language, state.symbol, state.key)}"
    if isinstance(state, Item) and state.symbol is not None:
        return f"{shown} after {_element(language, state.symbol)}" + " (spent)" * state.spent
    return shown


def _element(language: Language, symbol: int, key: tuple[int, ...] | None = None) -> str:
    """An element by its symbol's place in Γ, -1 for a literal, and its key."""
    names = [] if symbol < 0 else [language.vocabulary.signature.symbols[symbol].name]
    return " ".join([*names, *map(str, key or ())]) or "a literal"


def endless(language: Language, compiler: Compiler, least: NDArray[np.int64]) -> SignatureError:
    """Why no program of the root ends: a chain of types from the root down to what leaves nothing.

    Args:
        language: of the vocabulary.
        compiler: what productions open.
        least: of the skeleton's types, from 0, and of those behind them.
    """
    v = language.vocabulary
    links: list[str] = []
    wanted, seen = 0, {0}
    while True:
        p = language.open(wanted)[0]
        reason, inner = _closed(language, compiler, p, wanted, least)
        if reason:
            links.append(reason[0])
            break
        links.append(f"{v.tokens[int(v.prod_token[p])]} needs {v.types[inner]}")
        if inner in seen:
            reason = "", f"declare a symbol of type {v.types[inner]} that needs none of these types"
            break
        seen.add(inner)
        wanted = inner
    if len(links) > 6:
        links[3:-2] = ["..."]
    return SignatureError(f"root type {v.types[0]} can never end: {', '.join(links)}", reason[1])


def _closed(
    language: Language, compiler: Compiler, p: int, wanted: int, least: NDArray[np.int64]
) -> tuple[tuple[str, str] | None, int]:
    """Why a production cannot end, with what to do; else None and the type that it needs and that cannot end."""
    v = language.vocabulary
    cons = language.conses.get(p)
    widen = "widen the ranges of its arguments, or the relations"
    if cons is None:
        if compiler.opens(p) is None:
            return (f"no values satisfy the relations of {v.tokens[int(v.prod_token[p])]}", widen), -1
        return None, next(a for a in language.args(p) if least[a] >= NEVER)
    if language.literal(cons.element) is not None and language.tail(p) is None:
        return (f"no values satisfy the relations of {v.tokens[cons.token]}", widen), -1
    others = [a for a in (*cons.before, *cons.between, *cons.behind) if least[a] >= NEVER]
    if not others and language.literal(cons.element) is None:
        elements = [q for _, q in language.elements(cons)]
        able = [q for q in elements if language.plan(q, keyed=True) is not None]
        if not able:
            names = " or ".join(v.tokens[int(v.prod_token[q])] for q in elements)
            return (f"no values satisfy the relations of {names}", widen), -1
        needs = [[a for a in language.args(q) if least[a] >= NEVER] for q in able]
        others = needs[0] if all(needs) else []
    if others:
        return None, others[0]
    hint = "lower the least length of the list, or order it with <="
    return (f"{v.types[wanted]} asks for more elements in strict order than {v.types[cons.element]} has", hint), -1
