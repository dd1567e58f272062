"""`i2c mask`: what may come next in a program, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, table
from i2c_cli.targets import language
from i2c_core.families import Family

if TYPE_CHECKING:
    from i2c_core.automata.following import Choice, Position

SHOWN = 12  # names of a list on one line
RUN = 4  # tokens that differ in nothing but their names and are shown as one line


@click.command("mask", context_settings={"ignore_unknown_options": True})
@click.argument("prefix", nargs=-1, metavar="[PREFIX...]")
@options.language
@click.option("--budget", metavar="TOKENS", type=click.IntRange(1), help="Most tokens [default: the family's].")
@options.as_json("Print one JSON object.")
def command(
    prefix: tuple[str, ...],
    family: Family | None,
    grammar: Path | None,
    start: str | None,
    parser: str | None,
    budget: int | None,
    as_json: bool,
) -> None:
    """Show what may come next behind PREFIX, the first tokens of a program, and why the rest is closed.

    Tokens are those of 'i2c parse --tokens', in prefix order; - reads them from standard input. Without any, the
    beginning of a program is shown.
    """
    from i2c_core.automata import compile_vocabulary
    from i2c_core.automata.following import follow
    from i2c_core.sources import read_tokens

    found = language(family, grammar, start, parser)
    tokens = read_tokens(found, prefix)
    automaton = compile_vocabulary(found.vocabulary, fold=0)  # registers, where values are guarded, explain better
    position = follow(automaton, tokens, budget or found.budget)
    if found.constraint is not None or found.rules:
        from i2c_core.decoding.family_masks import narrowed

        position = narrowed(found, position)
    if as_json:
        emit_json(_record(found, position))
    else:
        emit(_shown(position))


def _record(family: Family, position: Position) -> dict[str, object]:
    type_ = position.stack[0] if position.stack else None
    return {
        "family": family.name,
        "prefix": list(position.prefix),
        "complete": not position.stack,
        "budget": position.budget,
        "left": position.left,
        "needed": position.needed,
        "slack": position.slack,
        "stack": list(position.stack),
        "tokens": [
            {
                "token": c.token,
                "open": c.open,
                "type": None if c.cost is None else type_,
                "opens": list(c.opens),
                "cost": c.cost,
                "closed": c.closed or None,
            }
            for c in position.choices
        ],
    }


def _shown(position: Position) -> str:
    written = len(position.prefix)
    stack = f"{_some(position.stack)} (the first is next)" if position.stack else "empty: the program is complete"
    parts = [
        ("after", " ".join(position.prefix) or "nothing"),
        ("budget", f"{position.budget}: {written} written, {position.left} left, {position.needed} needed to close"),
        ("slack", str(position.slack)),
        ("stack", stack),
    ]
    if not position.choices:
        return table(parts)
    rows = [("token", "type", "opens", "cost", "")]
    for names, choice in _runs(c for c in position.choices if c.cost is not None):
        state = f"closed: {choice.closed}" if choice.closed else "open"
        rows.append((names, position.stack[0], ", ".join(choice.opens) or "-", str(choice.cost), state))
    text = f"{table(parts)}\n\n{table(rows)}"
    others = [c.token for c in position.choices if c.cost is None]
    return f"{text}\n\nclosed: no {position.stack[0]} begins with {_some(others, ' or ')}" if others else text


def _runs(choices: Iterator[Choice]) -> Iterator[tuple[str, Choice]]:
    """Neighbours that differ in nothing but their names as one, `first .. last`, where they are many."""
    group: list[Choice] = []
    for choice in (*choices, None):
        if group and (choice is None or (choice.opens, choice.cost, choice.closed) != _rest(group[0])):
            if len(group) < RUN:
                yield from ((c.token, c) for c in group)
            else:
                yield f"{group[0].token} .. {group[-1].token}", group[0]
            group = []
        if choice is not None:
            group.append(choice)


def _rest(choice: Choice) -> tuple[tuple[str, ...], int | None, str]:
    return choice.opens, choice.cost, choice.closed


def _some(names: tuple[str, ...] | list[str], last: str = ", ") -> str:
    """Names in a row; many are cut, with their number."""
    if len(names) > SHOWN:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
    return ", ".join(names[:-1]) + (last if len(names) > 1 else "") + names[-1]
