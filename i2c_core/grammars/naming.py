"""How rules and alternatives find their types and symbols, the same way for checking as for deriving."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from i2c_core.documents import DocumentError, parse_json
from i2c_core.grammars.trees import Alternative
from i2c_core.types import Type

BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}


def plain(name: str) -> str:
    """A name without case, underscores and the prefix of an import: `shapes__list_item` and `ListItem` are alike.

    So are `other_image` and the qualified `other.Image`.
    """
    return re.sub(r"[_.\-]", "", name.partition("{")[0].rpartition("__")[2]).lower()


def key(type_: Type) -> str:
    """A type's name without indices and bounds: what a rule of a grammar stands for.

    >>> key(Type("Expr", (Type("Bool"),)))
    'Expr'
    """
    return f"List[{key(type_.element)}]" if type_.is_list else type_.name


def rule_names(type_key: str) -> list[str]:
    """The plain names of rules that stand for a type: its own, or for lists `image_list`, `list_image`, `images`."""
    if not type_key.startswith("List["):
        return [plain(type_key)]
    elements = rule_names(type_key[5:-1])
    return [name for e in elements for name in (e + "list", "list" + e, e + "s")]


def is_word(text: str) -> bool:
    return re.fullmatch(r"[^\W\d]\w*", text) is not None


def is_bracketing(literals: Sequence[str]) -> bool:
    """Whether the literals only put brackets around something."""
    half = len(literals) // 2
    return len(literals) % 2 == 0 and all(
        BRACKETS.get(a) == b for a, b in zip(literals[:half], reversed(literals[half:]), strict=True)
    )


def proposals(alternative: Alternative, literals: Iterable[str]) -> list[str]:
    """What an alternative's symbol may be called, best first; `_2`, `_3`, ... tell several of one name apart.

    Its alias; else one of its literals, as it is or after the rule's name, or its words together; else the one thing
    that it holds, or the rule's name.
    """
    rule = plain_rule(alternative.rule)
    if alternative.alias:
        return [alternative.alias, f"{rule}_{alternative.alias}"]
    literals = list(literals)
    literals += [unquoted for text in literals if (unquoted := _unquoted(text))]
    words = "_".join(w for w in literals if is_word(w))
    found = [n for name in (*literals, words) if name for n in (name, f"{rule}_{name}")]
    held = [i for i in alternative.kept if not i.name.startswith("_")]
    if not literals and len(held) == 1 and len(alternative.kept) == 1:
        name = plain_rule(held[0].name).lower()
        found += [name] * held[0].terminal + [f"{rule}_{name}"]
    return [*found, rule]


def _unquoted(text: str) -> str:
    """A literal that stands in quotes, as call notation writes those with gaps in them."""
    if len(text) < 3 or text[0] != '"':
        return ""
    try:
        return str(parse_json(text))
    except DocumentError:
        return ""


def plain_rule(rule: str) -> str:
    """A rule's name without its template's arguments and the prefix of an import."""
    return rule.partition("{")[0].rpartition("__")[2]
