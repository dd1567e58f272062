"""What Lark says of a grammar that it refuses, as one fact and one next step."""

from __future__ import annotations

import os
import re

from i2c_core.errors import GrammarError, suggest


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
        rules = sorted({line.removeprefix("- ") for line in lines if line.startswith("- ")})
        fact = f"two ways to read the same text: {' and '.join(rules[:2])}"
        hint = "parse it with Earley, or make it LALR(1): give the two different keywords, or join them"
    elif zero := re.fullmatch(r"Lexer does not allow zero-width terminals\. \((\w+): '(.*)'\)", message):
        fact = f"terminal {f'/{zero[2]}/' if zero[1].startswith('__') else zero[1]} matches the empty text"
        hint = "let it match at least one character, and make it optional where it stands"
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
