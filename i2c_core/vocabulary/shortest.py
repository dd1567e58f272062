"""The shortest program of each type: a least fixed point, found from the smallest up; and why a root has none.

Legend: Y types, P productions, A the largest arity.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import SignatureError
from i2c_core.symbols import Range, Signature, Text, bind_result
from i2c_core.types import Index, Type
from i2c_core.vocabulary.grounding import Rules

NEVER = np.iinfo(np.int32).max // 4  # the cost of what cannot end, small enough to add a few up in int32


def needs(least: NDArray[np.int64], args: NDArray[np.int32]) -> NDArray[np.int64]:
    """(P,) the tokens of the shortest program that begins with each production, `args` (P, A) with -1 for none."""
    found: NDArray[np.int64] = 1 + np.where(args >= 0, least[args], 0).sum(1, dtype=np.int64)
    return np.minimum(found, NEVER, out=found)


def shortest(types: int, prod_type: NDArray[np.int32], prod_args: NDArray[np.int32]) -> NDArray[np.int64]:
    """(Y,) the number of tokens of the shortest program of each type, NEVER where there is none.

    Types are settled in the order of their shortest programs, and each production is looked at once for each of its
    arguments (Knuth, "A generalization of Dijkstra's algorithm", 1977), so chains of any length take linear time.
    """
    least = np.full(types, NEVER, np.int64)
    leaf = prod_args[:, 0] < 0 if prod_args.shape[1] else np.ones(len(prod_args), bool)
    least[prod_type[leaf]] = 1
    inner = np.flatnonzero(~leaf)
    if not len(inner):
        return least
    made: list[int] = prod_type[inner].tolist()
    arity = (prod_args[inner] >= 0).sum(1)
    waits: list[int] = arity.tolist()  # by production, how many of its arguments are not settled
    total: list[int] = [1] * len(inner)
    arg_types = prod_args[inner][prod_args[inner] >= 0]
    owners = np.repeat(np.arange(len(inner)), arity)
    order = np.argsort(arg_types, kind="stable")
    used_by: list[int] = owners[order].tolist()  # the productions with an argument of each type, type after type
    begin: list[int] = np.searchsorted(arg_types[order], np.arange(types + 1)).tolist()
    best: list[int] = least.tolist()
    settled = bytearray(types)
    heap = [(1, y) for y in np.flatnonzero(least == 1).tolist()]
    while heap:
        cost, y = heapq.heappop(heap)
        if settled[y]:
            continue
        settled[y] = 1
        for p in used_by[begin[y] : begin[y + 1]]:
            waits[p] -= 1
            total[p] += cost
            if not waits[p] and total[p] < best[made[p]]:
                best[made[p]] = total[p]
                heapq.heappush(heap, (total[p], made[p]))
    return np.array(best, np.int64)


def endless(signature: Signature, types: Sequence[Type], least: NDArray[np.int64]) -> SignatureError:
    """The error for a root type that nothing ends: its symbols, and a chain of types down to why."""
    root = types[0]
    rules = Rules(signature)
    ends = {t for t, cost in zip(types, least.tolist(), strict=True) if cost < NEVER}
    names = list(dict.fromkeys(token for token, _ in rules.all_alternatives(root)))
    if not names:
        fact, hint = _nothing(signature, root)
        return SignatureError(f"root {fact}", hint or "name another root type")
    links: list[str] = []
    seen, wanted = [root], root
    hint = ""
    while not hint:
        token, args = next(iter(rules.all_alternatives(wanted)))
        before, wanted = wanted, _endless_one(rules, args, ends)
        links.append(f"{token} needs {wanted}")
        if next(iter(rules.all_alternatives(wanted)), None) is None:
            fact, hint = _nothing(signature, wanted)
            links.append(fact)
            hint = hint or f"declare a symbol of type {before} that needs no {wanted}"
        elif wanted in seen:
            others = "none of these types" if seen[-1] != wanted else f"no {wanted}"
            hint = f"declare a symbol of type {wanted} that needs {others}"
        seen.append(wanted)
    if len(links) > 6:
        links[3:-2] = ["..."]
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    each = "its symbol " if len(names) == 1 else f"each of its symbols ({shown}) needs a type without end; "
    return SignatureError(f"root type {root} can never end: {each}{', '.join(links)}", hint)


def _endless_one(rules: Rules, args: Sequence[Type], ends: set[Type]) -> Type:
    """The argument for which a symbol never ends: one that does not exist, else one that has no end.

    What stands beside a type that does not exist was never grounded, so that it is not known to end.
    """
    missing = (a for a in args if a.args and not rules.exists(a))
    return next(missing, None) or next(a for a in args if a not in ends)


def _nothing(signature: Signature, type_: Type) -> tuple[str, str]:
    """Why a type has no programs at all, and what to do; nothing where only the type that needs it can be mended."""
    kind = signature.kind(type_)
    if isinstance(kind, Range):
        return f"type {type_} is an empty range", ""
    if isinstance(kind, Text):
        return f"type {type_} has no text of '{type_} = {kind}'", "widen its expression or its alphabet"
    for symbol in signature.symbols:
        binding = bind_result(symbol, type_)
        for name, value in (binding or {}).items():
            bound = signature.indices.get(name)
            if bound is not None and isinstance(value, Index) and not bound.low <= value.offset <= bound.high:
                return f"type {type_} is beyond '{name} = {bound}'", ""
    others = [str(part) for part in signature.parts(type_)[1:]]
    nor = f", nor has {' or '.join(others)}, which it stands for" if others else ""
    return f"type {type_} has no symbol{nor}", f"declare a symbol of type {type_}"
