"""All figures on one page, and the README's summary of them, from the JSON that the benchmarks wrote.

python benchmarks/table.py            writes FIGURES.md, and the summary between the README's markers
python benchmarks/table.py --check    exits with 1 where either has other figures
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PAGE = HERE / "FIGURES.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def shown(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {v:,}" for k, v in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def section(name: str) -> list[str]:
    """The rows of one benchmark, and what it ran on."""
    record: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    machine = record["machine"]
    torch = machine["versions"]["torch"]
    lines = [
        f"`python benchmarks/{name}.py`: {record['about']}; {machine['cpu']}, {machine['cores']} cores, torch {torch}.",
        "",
        "| figure | value | target |",
        "|---|---|---|",
    ]
    for row in record["rows"]:
        if row.get("detail"):
            continue
        missed = " **missed**" if row["met"] is False else ""
        target = row["target"] if not row["target"].startswith("{") else "the published counts"
        lines.append(f"| {row['figure']} | {shown(row['value'])} | {target}{missed} |")
    return [*lines, ""]


def summary(name: str) -> str:
    """One benchmark as a row: what was measured, how many targets it reaches, and which it misses."""
    record: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    aimed = [row for row in record["rows"] if row["met"] is not None and not row.get("detail")]
    missed = [f"{row['figure']} ({shown(row['value'])})" for row in aimed if not row["met"]]
    reached = f"{len(aimed) - len(missed)} of {len(aimed)}" if aimed else ""
    link = f"[`{name}`](benchmarks/FIGURES.md#{name.replace('_', '-')})"
    return f"| {link} | {record['about']} | {reached} | {'; '.join(missed)} |"


def pages() -> dict[Path, str]:
    """What both pages should hold."""
    names = tomllib.loads((HERE / "suite.toml").read_text(encoding="utf-8"))["minutes"]
    found = [name for name in names if (HERE / "results" / f"{name}.json").exists()]
    lines = [
        "# Figures",
        "",
        "Written by `python benchmarks/table.py` from `results/`; [README.md](README.md) says what each one measures.",
        "",
    ]
    for name in found:
        lines += [f"## {name.replace('_', '-')}", "", *section(name)]
    table = [
        "| benchmark | what is measured | targets reached | missed (value) |",
        "|---|---|---|---|",
        *map(summary, found),
    ]
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {PAGE: "\n".join(lines).rstrip() + "\n", README: "\n".join([before + BEGIN, *table, END + after])}


def main() -> int:
    wanted = pages()
    if "--check" in sys.argv[1:]:
        return int(any(not p.exists() or p.read_text(encoding="utf-8") != text for p, text in wanted.items()))
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
