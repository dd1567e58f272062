"""The README's table of figures, from the JSON that the benchmarks wrote.

python benchmarks/table.py            writes it between the README's markers
python benchmarks/table.py --check    exits with 1 where the README has another one
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
BENCHMARKS = (
    *("reading_levels", "reading_drawings", "ablation", "drawing"),
    *("training", "reading", "razors", "pairs", "decoders", "masks"),
)


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


def figures() -> str:
    """All of it, between the markers."""
    found = [name for name in BENCHMARKS if (HERE / "results" / f"{name}.json").exists()]
    body = "\n".join(line for name in found for line in section(name))
    return f"{BEGIN}\n{body}{END}"


def main() -> int:
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = before + figures() + after
    if "--check" in sys.argv[1:]:
        return int(text != wanted)
    README.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
