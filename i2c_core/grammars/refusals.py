"""What Lark says of a grammar that it refuses, as one fact and one next step."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

from i2c_core.errors import GrammarError, suggest
from i2c_core.grammars.trees import Rules

try:  # Lark measures expressions with it where it is installed
    from regex import error as _regex_error  # type: ignore[import-untyped]
except ImportError:
    _regex_error = re.error
MOST_WAYS = 1 << 15  # of one rule once its optional parts are multiplied out
MOST_PARTS = 200  # of an alternative, for which Lark takes seconds
REGEX_ERRORS = (re.error, _regex_error)


class ConflictError(GrammarError):
    """A grammar that is not LALR(1): two rules may end at one place. Earley parses it all the same."""


def told(error: Exception, name: str, text: str) -> GrammarError:
    """Lark's message as one fact, with the place where there is one."""
    hint = "see https://lark-parser.readthedocs.io/en/stable/grammar.html"
    if isinstance(error, RecursionError):
        fact = f"{name}: its rules refer to each other through more rules than Lark can follow"
        return GrammarError(fact, "let fewer rules pass from one to the next, or use Earley")
    if isinstance(error, FileNotFoundError):
        fact = f"cannot import {str(error.filename).removesuffix('.lark')!r}"
        where = re.search(
            rf"(?m)^.*%import\s+\.?{re.escape(str(error.filename).removesuffix('.lark').replace(os.sep, '.'))}\b", text
        )
        place = f", line {text[: where.start()].count(chr(10)) + 1}" if where else ""
        return GrammarError(f"{name}{place}: {fact}", "put the imported grammar beside it, or into a package")
    message = str(error).strip()
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    place = ""
    found = re.search(r"[,]? at line (\d+),? column (\d+)(?: in \S+)?:?", lines[0]) if lines else None
    if found:
        place = f", line {found[1]}, column {found[2]}"
        lines[0] = lines[0].replace(found[0], "")
        lines = lines[:1]
    fact = lines[0].rstrip(":. ") if lines else type(error).__name__
    if message.startswith("Reduce/Reduce collision"):
        rules = sorted({_written(line.removeprefix("- ")) for line in lines if line.startswith("- ")})
        fact = f"two ways to read the same text: {' and '.join(rules[:2])}"
        hint = "parse it with Earley, or make it LALR(1): give the two different keywords, or join them"
        return ConflictError(f"{name}{place}: {fact}", hint)
    if zero := re.fullmatch(r"Lexer does not allow zero-width terminals\. \((\w+): '(.*)'\)", message):
        fact = f"terminal {f'/{zero[2]}/' if zero[1].startswith('__') else zero[1]} matches the empty text"
        hint = "let it match at least one character, and make it optional where it stands"
    elif wrong := re.fullmatch(r"Cannot compile token (\w+): '(.*)'", message, re.DOTALL):
        fact = f"terminal {wrong[1]} is no regular expression: {_reason(wrong[2])}"
        hint = "correct it; flags are written behind it, as in /select/i"
    elif isinstance(error, REGEX_ERRORS):
        fact = f"a terminal is no regular expression: {message}"
        hint = "correct it; flags are written behind it, as in /select/i"
    elif found and (alias := re.fullmatch(r"Unexpected token Token\('TERMINAL', '(\w+)'\)", fact)):
        before = text.split("\n")[int(found[1]) - 1][: int(found[2]) - 1]
        if before.rstrip().endswith("->"):
            keyword = re.search(r'"(\w+)"i?(?!.*\|)', before)
            leave = f'leave it out: the keyword "{keyword[1]}" names the symbol' if keyword else "write it so"
            fact, hint = f"alias {alias[1]!r} has upper case", f"an alias is lower case in Lark; {leave}"
    elif lines and lines[0].startswith("Rules defined twice"):
        fact = f"two alternatives are the same: {lines[1].removeprefix('* ')}" if len(lines) > 1 else fact
        hint = "remove one of them"
    else:
        used = re.search(r"^Rule '(\w+)' used but not defined \(in rule (\w+)\)", fact)
        if used:
            known = sorted(set(re.findall(r"(?m)^[?!]*(\w+)\s*(?:\.\d+)?\s*:", text)))
            fact, hint = (
                f"rule {used[2]} uses {used[1]}, which is not defined",
                suggest(used[1], known, f"define {used[1]}"),
            )
            where = re.search(rf"\b{re.escape(used[1])}\b", text)
            place = f", line {text[: where.start()].count(chr(10)) + 1}" if where else place
    return GrammarError(f"{name}{place}: {fact}", hint)


def _reason(regex: str) -> str:
    try:
        re.compile(regex)
    except re.error as error:
        return str(error)
    return "it cannot stand beside others"


def _written(rule: str) -> str:
    """A rule as Lark shows it, `x*` in place of what Lark calls its helper for it."""
    made = re.compile(r"\b__(\w+?)_(star|plus|maybe|group|rep)\w*_\d+\b")
    return made.sub(lambda m: f"a repeat in {m[1]}" if m[2] in ("star", "plus", "rep") else m[1], rule)


def require_ending(rules: Rules) -> None:
    """Refuse a start rule of which no text ever ends."""
    ending: set[str] = set()
    while True:
        fresh = {
            a.rule
            for a in rules.alternatives
            if a.rule not in ending and all(i.terminal or i.name in ending for i in a.items)
        }
        if not fresh:
            break
        ending |= fresh
    if rules.start in ending:
        return
    chain = [rules.start]
    while True:
        needed = {i.name for a in rules.by_rule[chain[-1]] for i in a.items if not i.terminal} - ending
        if needed & set(chain):
            break
        chain.append(min(needed))
    rule = next(r for r in chain if r in needed)
    fact = f"{rules.where(rules.by_rule[rule][0])}: rule {rule} never ends: each of its alternatives needs {chain[-1]}"
    if rule != chain[-1]:
        fact += f", which needs {rule}"
    raise GrammarError(fact, f"add an alternative to {rule} that needs no {chain[-1]}")


def require_possible(definitions: Iterable[tuple[str, Sequence[str], Any]], name: str) -> None:
    """Refuse what Lark would compile for ever: `definitions` are rules with their parameters and Lark's trees.

    Lark's time grows with the cube of the parts that stand in a row. It multiplies optional parts out, and makes an
    instance of a template for each list of arguments.
    """
    uses: dict[str, list[tuple[str, bool]]] = {}  # by template, those that it uses, and whether arguments grow there
    for rule, parameters, tree in definitions:
        parts = max((len(row.children) for row in tree.find_data("expansion")), default=0)
        if parts > MOST_PARTS:
            fact = f"{name}: rule {rule} has {parts:,} parts in a row, more than {MOST_PARTS}"
            raise GrammarError(fact, "move some of them into rules of their own")
        ways = _ways(tree)
        if ways > MOST_WAYS:
            fact = f"{name}: rule {rule} has more than {MOST_WAYS:,} ways to leave its optional parts out"
            raise GrammarError(fact, "move some of them into rules of their own")
        if parameters:
            uses[rule] = [
                (str(used.children[0].name), any(_grows(a, parameters) for a in used.children[1:]))
                for used in tree.find_data("template_usage")
            ]
    for template, used in uses.items():
        for other, grows in used:
            if grows and template in _led_to(other, uses):
                fact = f"{name}: template {template} uses itself with arguments that grow without end"
                raise GrammarError(fact, "pass its parameters on as they are")


def _led_to(template: str, uses: dict[str, list[tuple[str, bool]]]) -> set[str]:
    found = {template}
    pending = [template]
    while pending:
        fresh = {t for t, _ in uses.get(pending.pop(), ())} - found
        found |= fresh
        pending += fresh
    return found


def _grows(argument: Any, parameters: Sequence[str]) -> bool:
    """Whether an argument of a template holds a parameter and more."""
    symbols = list(argument.scan_values(lambda v: True)) if hasattr(argument, "children") else [argument]
    return len(symbols) > 1 and any(getattr(s, "name", "") in parameters for s in symbols)


def _ways(tree: Any) -> int:
    """In how many ways Lark writes a rule's tree out."""
    if not hasattr(tree, "children"):
        return 1
    inner = [_ways(c) for c in tree.children if hasattr(c, "children")]
    if tree.data == "expansions":
        return sum(inner)
    if tree.data == "maybe" or (tree.data == "expr" and str(tree.children[1]) in "?*"):
        return 1 + (prod(inner) if str(tree.children[-1]) != "*" else 1)
    if tree.data == "expr":  # a repeat has a rule of its own
        return 1
    return prod(inner)
