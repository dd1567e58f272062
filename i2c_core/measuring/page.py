"""A measure for people: tables as text, and a folder with a page and its charts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from i2c_core.charts import Line, Panel, chart
from i2c_core.drawing import save_png
from i2c_core.files import write_atomically
from i2c_core.measuring.charts import bars as bar_chart
from i2c_core.measuring.coding import Compression
from i2c_core.measuring.expressing import Size
from i2c_core.measuring.measures import Measure

Rows = list[tuple[str, ...]]
SHOWN = 40  # rules on the page; the file has all


def sections(measure: Measure) -> list[tuple[str, list[str], Rows]]:
    """The parts of a measure: a title, sentences, and a table whose first row is its head."""
    return [
        part
        for part in (_expressive(measure), _redundant(measure), _symmetric(measure), _rules(measure), _code(measure))
        if part[1]
    ]


def as_text(measure: Measure) -> str:
    """The measure for a terminal."""
    parts = []
    for title, sentences, rows in sections(measure):
        widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))] if rows else []
        lines = ["  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]).rstrip() for r in rows]
        parts.append("\n".join([title, *(f"  {s}" for s in sentences), *(f"    {line}" for line in lines)]))
    for name, reason in measure.missing.items():
        parts.append(f"no {name}: {reason}")
    return "\n\n".join(parts) + "\n"


def write_folder(measure: Measure, folder: Path) -> list[Path]:
    """Write `measure.md`, `measure.json`, the rules as a family takes them, and charts as PNG; what was written.

    Raises:
        DiskError: the folder cannot be written.
    """
    written = []
    pictures = _pictures(measure)
    for name, image in pictures.items():
        save_png(image, folder / f"{name}.png")
        written.append(folder / f"{name}.png")
    if measure.rules is not None and measure.rules.rules:
        write_atomically(folder / f"{measure.family}.rules", measure.rules.text())
        written.append(folder / f"{measure.family}.rules")
    write_atomically(folder / "measure.json", json.dumps(measure.record(), indent=1) + "\n")
    write_atomically(folder / "measure.md", _page(measure, list(pictures)))
    return [*written, folder / "measure.json", folder / "measure.md"]


def _page(measure: Measure, pictures: Sequence[str]) -> str:
    lines = [f"# The measure of {measure.family}", ""]
    for title, sentences, rows in sections(measure):
        lines += [f"## {title}", "", *(line for s in sentences for line in (s, ""))]
        for number, row in enumerate(rows):
            lines.append("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |")
            if number == 0:
                lines.append("| --- |" + " ---: |" * (len(row) - 1))
        lines.append("")
        for name in pictures:
            if name.startswith(title.lower()):
                lines += [f"![{title}]({name}.png)", ""]
    if measure.missing:
        lines += ["## What could not be measured", ""]
        lines += [f"- {name}: {reason}." for name, reason in measure.missing.items()] + [""]
    return "\n".join(lines)


def _pictures(measure: Measure) -> dict[str, Image.Image]:
    found = {}
    rows = [*measure.sizes, *(e for e in measure.estimates if e.size > max(s.size for s in measure.sizes))]
    if len(rows) > 1:
        found["expressiveness"] = chart([_panel(measure, rows)], size=(400, 720))
    if measure.small is not None and len(measure.small.images) > 1:
        wide = f"{measure.small.size[1]}x{measure.small.size[0]}"
        bars = [(f"size {s}", float(n), f"{n:,}") for s, n in measure.small.images.items()]
        found["expressiveness-small"] = bar_chart(
            bars, f"{measure.family}: images of {wide} pixels by shortest program"
        )
    if measure.symmetries:
        bars = [(s.pattern, s.alone - 1, f"x {s.alone:.3f}") for s in measure.symmetries[:20]]
        found["symmetries"] = bar_chart(bars, f"{measure.family}: programs to one, by each symmetry alone")
    if measure.plain_code is not None and measure.plain_code.coded:
        bars = [(label, bits, f"{bits:,.1f} bits") for label, bits in _bits(measure)]
        found["compression"] = bar_chart(bars, f"{measure.family}: bits an image")
    return found


def _panel(measure: Measure, rows: Sequence[Size]) -> Panel:
    """Programs and images by size, as powers of ten."""
    curves = {"programs": [s.programs for s in rows]}
    if measure.has_rules:
        curves["canonical"] = [s.canonical for s in rows]
    lines = []
    for name, counts in curves.items():
        known = [(s.size, math.log10(n)) for s, n in zip(rows, counts, strict=True) if n]
        if known:
            lines.append(Line(name, *np.array(known, np.float64).T))
    shown = [s for s in rows if s.images]
    spans = [(s.size, s.images, s.low or s.images, s.images if math.isinf(s.high) else s.high) for s in shown]
    at, images, low, high = np.array(spans, np.float64).T
    lines.append(Line("images", at, np.log10(images), np.log10(low), np.log10(high)))
    title = f"{measure.family}: programs and distinct images, as powers of ten"
    return Panel(title, "symbols of a program", lines)


def _expressive(measure: Measure) -> tuple[str, list[str], Rows]:
    sentences: list[str] = []
    rows: Rows = []
    if measure.small is not None:
        small = measure.small
        wide = f"{small.size[1]}x{small.size[0]}"
        of = f" of all {small.all:,}" if small.all is not None else ""
        end = "" if small.complete else f", as far as programs of {small.through} symbols"
        sentences.append(f"At {wide} pixels: {small.reached:,}{of} images{end}.")
        shown = ", ".join(f"{n:,} of {s}" for s, n in small.images.items())
        sentences.append(f"By the symbols of the shortest program: {shown}.")
    if measure.sizes:
        rows = [("size", "programs", "no rule changes", "images", "images a program", "with rules")]
        for size in (*measure.sizes, *measure.estimates):
            rows.append(_size_row(size, measure))
        if not measure.has_rules:
            rows = [(*r[:2], *r[3:5]) for r in rows]
        sentences.append("Images are those whose shortest program has that size.")
        if measure.estimates:
            bounds = any(e.high == float("inf") for e in measure.estimates)
            how = "a lower bound" if bounds else "95 % interval"
            sentences.append(f"With ~: estimated from {measure.estimates[0].drawn} programs a size ({how}).")
    return "Expressiveness", sentences, rows


def _size_row(size: Size, measure: Measure) -> tuple[str, ...]:
    images = f"{size.images:,.0f}" if size.exact else f"~{size.images:.4g} ({size.low:.4g} to {size.high:.4g})"
    a_program = f"{size.images / size.programs:.4g}" if size.programs else "-"
    a_canonical = f"{size.images / size.canonical:.4g}" if size.canonical else "-"
    return str(size.size), _count(size.programs), _count(size.canonical), images, a_program, a_canonical


def _redundant(measure: Measure) -> tuple[str, list[str], Rows]:
    sentences: list[str] = []
    rows: Rows = []
    if measure.begun:
        sentences.append(
            f"Programs of {measure.listed} symbols by the first; shared: another first says the same image."
        )
        rows = [("first", "programs", "images", "programs an image", "shared")]
        for b in measure.begun[:20]:
            ratio = f"{b.programs / max(1, b.images):.2f}"
            rows.append((b.symbol, f"{b.programs:,}", f"{b.images:,}", ratio, f"{b.shared:,}"))
    return "Redundancy", sentences, rows


def _symmetric(measure: Measure) -> tuple[str, list[str], Rows]:
    if not measure.symmetries:
        return "Symmetries", [], []
    last = measure.sizes[-1].size
    sentence = f"How many times fewer programs of {last} symbols the rules of each symmetry leave; * is any constant."
    rows: Rows = [("rules of the form", "rules", "by themselves", "beside all others")]
    rows += [(s.pattern, str(s.rules), f"{s.alone:.3f}", f"{s.besides:.3f}") for s in measure.symmetries[:SHOWN]]
    return "Symmetries", [sentence], rows


def _rules(measure: Measure) -> tuple[str, list[str], Rows]:
    if measure.rules is None:
        return "Rules", [], []
    found = measure.rules
    how = "proved by exact geometry" if found.proved else f"tested with {found.instances} drawings each, not proved"
    sentences = [
        f"{len(found.rules)} rewrite rules of up to {found.through} symbols, {how}; "
        f"{found.terms:,} terms looked at in {measure.rule_seconds:.1f} s."
    ]
    rows: Rows = [("rule",), *((str(r),) for r in found.rules[:SHOWN])] if found.rules else []
    if found.symmetries:
        shown = "; ".join(map(str, found.symmetries[:12]))
        sentences.append(f"Alike, and neither is smaller for all programs: {shown}.")
    return "Rules", sentences, rows


def _code(measure: Measure) -> tuple[str, list[str], Rows]:
    sentences: list[str] = []
    rows: Rows = []
    code = measure.plain_code
    if code is not None:
        sentences.append(f"{code.coded} of {code.images} images have a program that is known ({code.source}).")
        if code.coded:
            rows = [("code", "bits an image"), *((label, f"{bits:,.1f}") for label, bits in _bits(measure))]
    for name, tokens in (("", measure.plain_tokens), (", with rules", measure.tokens)):
        if tokens is not None:
            below = "" if tokens.entropy is None else f"; the entropy of the draw is {tokens.entropy:.3f}"
            sentences.append(
                f"Bits a token of {tokens.held_out} held-out programs of {tokens.size} symbols{name}: "
                f"{tokens.table:.3f} by a table, {tokens.uniform:.3f} where all open tokens are as likely{below}."
            )
    return "Compression", sentences, rows


def _bits(measure: Measure) -> list[tuple[str, float]]:
    found = []
    parts: list[tuple[str, Compression | None]] = [("", measure.plain_code), (", with rules", measure.code)]
    for name, part in parts:
        if part is not None and part.coded:
            found += [(f"uniform{name}", part.uniform / part.coded), (f"fitted{name}", part.fitted / part.coded)]
    plain = measure.plain_code
    if plain is not None and plain.coded:
        found += [("PNG", plain.png / plain.coded), ("pixels", plain.pixels / plain.coded)]
    return found


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}" if number < 10**12 else f"{float(number):.4g}"
