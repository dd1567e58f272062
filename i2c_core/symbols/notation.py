"""The table of a signature, read and printed: one declaration a line."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import SignatureError
from i2c_core.symbols.declarations import Order, Parameter, Relation, Symbol
from i2c_core.symbols.kinds import FLAGS, Bins, Enumeration, Kind, Range, Text, quoted, unescaped
from i2c_core.types import Type, is_lower, parse_type, whole

if TYPE_CHECKING:
    from i2c_core.symbols.signature import Signature

_HINT = "write name : (Type, Type) -> Type, Name = 1..15, or Name = this | that"
_STRING = r'"(?:[^"\\]|\\.)*"'
_NAME = rf'(?:{_STRING}|[^\s,:=>|"][^\s,:=>|]*)'
_LINE = re.compile(rf"(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)\s*(?P<mark>[:=>])\s*(?P<said>.+)")
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_TEXT = re.compile(
    r"/(?P<pattern>(?:[^/\\]|\\.)*)/(?P<flags>[a-z]*)"
    r"(?:\s+over\s+\[(?P<alphabet>(?:[^\]\\]|\\.)*)\])?"
    r"(?:\s+except\s+(?P<excluded>.+))?"
)
_RELATION = re.compile(r"(?P<op>[<>]=?)\s*(?P<argument>\w+)(?:\s*(?P<sign>[+-])\s*(?P<offset>\d+))?\s*")
_ORDER = re.compile(r"(\w+)\s*(<=?)\s*(\w+)\.(\w+)")


def show(signature: Signature) -> str:
    """As `Signature.show`."""
    rows: list[tuple[str, str, str]] = []
    for name in signature.order:
        if name in signature.kinds or name in signature.indices:
            rows.append((quoted(name), "=", str(signature.kinds.get(name) or signature.indices[name])))
            continue
        symbol = signature[name]
        if rows and rows[-1][1:] == (":", symbol.type) and not symbol.is_generic:
            rows[-1] = (f"{rows[-1][0]}, {quoted(name)}", ":", symbol.type)
        else:
            rows.append((quoted(name), ":", symbol.type))
    rows += [(quoted(name), ">", ", ".join(map(quoted, parts))) for name, parts in signature.includes.items()]
    width = max((len(r[0]) for r in rows), default=0)
    return "\n".join(f"{left:<{width}} {mark} {right}" for left, mark, right in rows) + "\n"


def parse(text: str) -> Signature:
    """As `Signature.parse`."""
    from i2c_core.symbols.signature import Signature

    symbols: list[Symbol] = []
    kinds: dict[str, Kind] = {}
    indices: dict[str, Range] = {}
    includes: dict[str, tuple[str, ...]] = {}
    order: list[str] = []
    lines = list(_lines(text))
    known = {name for _, names, mark, _ in lines if mark == "=" for name in names if is_lower(name)}
    for number, names, mark, said in lines:
        try:
            if not mark:
                raise SignatureError(f"{said!r} declares nothing", _HINT)
            for name in names:
                if mark == ":":
                    symbols.append(_symbol(name, said, known))
                elif mark == ">":
                    includes[name] = includes.get(name, ()) + tuple(_unquoted(p) for p in _split(said, ","))
                elif name in kinds or name in indices:
                    raise SignatureError(f"type {name!r} is declared twice", "keep one of the two lines")
                elif name in known:
                    indices[name] = _index(name, said)
                else:
                    kinds[name] = _kind(said)
            order += names if mark != ">" else []
        except SignatureError as error:
            raise SignatureError(f"signature, line {number}: {error.fact}", error.hint) from None
    if not symbols:
        raise SignatureError("the signature declares no symbol", _HINT)
    return Signature(tuple(symbols), kinds, includes, tuple(order), indices)


def _lines(text: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Number, names, mark and the rest of each line that declares something; no mark where it is not understood."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = _without_comment(raw).strip()
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            yield number, [], "", line
        else:
            names = [_unquoted(n) for n in _split(found["names"], ",")]
            yield number, names, found["mark"], found["said"].strip()


_COMMENT = re.compile(rf"{_STRING}|=\s*/(?:[^/\\]|\\.)*/\S*|(?P<comment>(?:^|(?<=\s))#.*)")


def _without_comment(line: str) -> str:
    """A line without its comment; a `#` inside a string or an expression begins none."""
    comment = next((m.start() for m in _COMMENT.finditer(line) if m["comment"]), len(line))
    return line[:comment]


def _unquoted(name: str) -> str:
    name = name.strip()
    if not name.startswith('"'):
        return name
    try:
        return str(parse_json(name))
    except DocumentError:
        raise SignatureError(f"{name} is no name", "write it as a JSON string") from None


# -- symbols


def _symbol(name: str, said: str, indices: Container[str]) -> Symbol:
    said, *clauses = _split(said, r"\s(?=(?:for|key|order)\s)")
    ranges: list[tuple[str, tuple[Type, ...]]] = []
    key: tuple[str, ...] | None = None
    order: Order | None = None
    for clause in clauses:
        word, _, rest = clause.partition(" ")
        if word == "for":
            variable, _, types = rest.partition(" in ")
            ranges.append((variable.strip(), tuple(parse_type(t, indices) for t in _split(types, ","))))
        elif word == "key" and key is None:
            key = tuple(k.strip() for k in rest.split(","))
        elif word == "order" and order is None:
            order = _order(rest.strip())
        else:
            raise SignatureError(f"{name} has two clauses '{word}'", "keep one of them")
    parameters, arrow, result = _function(said)
    if not arrow:
        return Symbol(name, (), parse_type(said, indices), tuple(ranges), key, order)
    found = tuple(_parameter(p, indices) for p in _split(parameters, ","))
    return Symbol(name, found, parse_type(result, indices), tuple(ranges), key, order)


def _function(said: str) -> tuple[str, bool, str]:
    """`(parameters) -> result`, and whether it is one."""
    found = re.fullmatch(r"\((?P<parameters>.*)\)\s*->\s*(?P<result>.+)", said)
    return (found["parameters"], True, found["result"]) if found else ("", False, "")


def _order(text: str) -> Order:
    found = _ORDER.fullmatch(text)
    if found is None or found[1] != found[4]:
        raise SignatureError(f"order {text!r} compares nothing", "write order first < rest.first, or <=")
    return Order(found[2] == "<", found[1], found[3])


def _parameter(text: str, indices: Container[str]) -> Parameter:
    name, colon, said = text.partition(":")
    if not colon:
        name, said = "", text
    type_, *rest = _split(said, r"(?=[<>])", once=True) or [said]
    relations: list[Relation] = []
    position = 0
    written = rest[0] if rest else ""
    while position < len(written):
        found = _RELATION.match(written, position)
        if found is None:
            raise SignatureError(f"{text!r} compares with nothing", "write x2: Coord > x1, or >= x1 + 2")
        if found["argument"][0].isdigit():
            fact = f"{text!r} compares with {found['argument']!r}, which names no argument"
            hint = "write x2: Coord > x1, or >= x1 + 2; a bound alone is a type: Coord[4..9]"
            raise SignatureError(fact, hint)
        offset = whole(found["offset"] or "0") * (-1 if found["sign"] == "-" else 1)
        relations.append(Relation(found["op"], found["argument"], offset))
        position = found.end()
    return Parameter(parse_type(type_, indices), name.strip(), tuple(relations))


def _split(text: str, mark: str, once: bool = False) -> Sequence[str]:
    """Split at a mark, a regular expression, outside brackets and strings; empty parts are left out."""
    pattern = re.compile(mark)
    if not once and not re.search(r'[\[("]', text):
        return [p.strip() for p in pattern.split(text) if p.strip()]
    parts: list[str] = []
    depth, start, position = 0, 0, 0
    while position < len(text):
        string = re.compile(_STRING).match(text, position) if text[position] == '"' else None
        if string:
            position = string.end()
            continue
        found = pattern.match(text, position) if depth == 0 else None
        if found and not (once and parts):
            parts.append(text[start:position])
            start = position = found.end()
            if found.end() > found.start():
                continue
        depth += (text[position] in "[(") - (text[position] in ")]")
        position += 1
    return [p.strip() for p in (*parts, text[start:]) if p.strip()]


# -- kinds


def _index(name: str, said: str) -> Range:
    kind = _kind(said)
    if not isinstance(kind, Range):
        fact = f"{name!r} is lower-case, so it is an index, and {said!r} is no range"
        raise SignatureError(fact, f"write {name} = 0..3")
    return kind


def _kind(text: str) -> Kind:
    bins = re.fullmatch(rf"({_NUMBER})\.\.({_NUMBER})\s+in\s+(\d+)\s+bins", text)
    if bins:
        low, high, count = float(bins[1]), float(bins[2]), whole(bins[3])
        if not -math.inf < low < high < math.inf or count < 1:
            raise SignatureError(f"{text!r} is an empty range", "write low..high in n bins with low < high and n > 0")
        return Bins(low, high, count)
    integers = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", text)
    if integers:
        first, last = whole(integers[1]), whole(integers[2])
        if first > last:
            raise SignatureError(f"{text!r} is an empty range", "write low..high with low <= high")
        return Range(first, last)
    if text.startswith("/"):
        return _text(text)
    members = tuple(_members(text))
    if len(set(members)) != len(members) or not members:
        raise SignatureError(f"{text!r} is no range and no enumeration", _HINT)
    return Enumeration(members)


def _text(text: str) -> Text:
    found = _TEXT.fullmatch(text)
    if found is None or not set(found["flags"]) <= set(FLAGS):
        hint = "write /[a-z]+/, /[a-z]+/i over [a-zA-Z], or /[a-z]+/ except if | then"
        raise SignatureError(f"{text!r} is no regular expression", hint)
    flags = 0
    for letter in found["flags"]:
        flags |= FLAGS[letter]
    alphabet = found["alphabet"]
    excluded = tuple(_members(found["excluded"])) if found["excluded"] else ()
    return Text(unescaped(found["pattern"]), alphabet, flags, excluded)


def _members(text: str) -> list[str]:
    """The names between bars."""
    found = [_unquoted(m) for m in _split(text, r"\|")]
    for member, written in zip(found, _split(text, r"\|"), strict=True):
        if not written.startswith('"') and not re.fullmatch(r"[^\s,:=>()|]+", member):
            raise SignatureError(f"{text!r} is no range and no enumeration", _HINT)
    return found
