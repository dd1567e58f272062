"""An evaluation as a page for people: figures, the reliability plot, and every picture with what it was read as."""

from __future__ import annotations

import html
import math

from i2c_core.elements import missed_and_invented, with_elements
from i2c_core.evaluation import Evaluation, Reading, wilson
from i2c_core.families import Family
from i2c_core.report import LEGEND, difference, figure, marked_input, marked_output, page, share


def review(evaluation: Evaluation, family: Family, strategy: str | None = None) -> str:
    """One self-contained HTML page of one strategy, the last that was measured where None; the worst pictures first."""
    strategy = evaluation.strategies[-1] if strategy is None else strategy
    readings = sorted(evaluation.readings[strategy], key=_goodness)
    paragraphs = [f"<p>{html.escape(line)}</p>" for line in _figures(evaluation, strategy)]
    reliability = evaluation.reliability.get(strategy)
    if reliability is not None:
        paragraphs.append(reliability.svg())
    if any(r.best is not None and r.best.leftovers is not None for r in readings):
        paragraphs.append(f"<p>{LEGEND}</p>")
    names = ("input", "output", "difference", "what was read", "confidence", "seconds")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "\n".join(_row(family, reading) for reading in readings)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
    return page(f"i2c: how {family.name} is read", "\n".join(paragraphs) + "\n" + table)


def _figures(evaluation: Evaluation, strategy: str) -> list[str]:
    """What was measured, a sentence each."""
    exact, images = evaluation.total().exact[strategy], evaluation.images
    low, high = wilson(exact, images)
    lines = [
        f"Data: {evaluation.data}. Strategy {strategy}. {exact} of {images} pictures are read exactly: "
        f"{100 * exact / images:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})."
    ]
    if strategy in evaluation.elements:
        top = ", ".join(f"{count} within {n}" for n, count in evaluation.top[strategy].items())
        found = evaluation.elements[strategy]
        lines.append(
            f"Right programs: {top}. Elements missed {found.mean(found.missed):.3f} and invented "
            f"{found.mean(found.invented):.3f} a picture; intersection over union "
            f"{found.iou / max(1, found.pictures):.4f}."
        )
    if strategy in evaluation.reliability:
        lines.append(f"Confidence: {evaluation.reliability[strategy].tell()}.")
    if strategy in evaluation.times:
        median, worst = evaluation.times[strategy]
        lines.append(f"Time a picture: half within {median:.2f} s, the slowest {worst:.2f} s.")
    return lines


def _goodness(reading: Reading) -> tuple[bool, float, float, float]:
    """What sorts readings: wrong ones first, by what they have in common with the truth; then the least sure."""
    best = reading.best
    confidence = 0.0 if best is None or best.confidence is None else best.confidence
    iou = 0.0 if reading.iou is None else reading.iou
    return reading.exact, iou, -math.inf if best is None else -best.distance, confidence


def _row(family: Family, reading: Reading) -> str:
    example, best = reading.example, reading.best
    name = html.escape(example.name)
    seconds = "-" if reading.seconds is None else f"{reading.seconds:.2f}"
    assert reading.answer.picture is not None
    given = f'{figure(marked_input(reading.answer), f"input {example.name}")}<div class="file">{name}</div>'
    if best is None:
        told = reading.answer.error.fact if reading.answer.error is not None else "nothing that draws"
        cells = ["", "", f'<span class="error">{html.escape(told)}</span>{_code(example.code, "truth")}', "-"]
        return _cells([given, *cells, seconds])
    apart = difference(best)
    return _cells(
        [
            given,
            figure(marked_output(best), f"output for {example.name}"),
            "" if apart is None else figure(apart, f"difference of {example.name}"),
            _told(family, reading),
            share(best.confidence),
            seconds,
        ]
    )


def _told(family: Family, reading: Reading) -> str:
    """The code of an answer that is right; of one that is wrong, the truth's too, or the elements that differ."""
    best, example = reading.best, reading.example
    assert best is not None
    if reading.exact:
        return _code(best.code, "right")
    if reading.iou is None:
        return _code(example.code, "truth") + _code(best.code, "answer")
    truth = example.truth(family)
    missed, invented = missed_and_invented(truth, best.program)
    place = "not found" if reading.rank is None else f"place {reading.rank}"
    parts = [f'<div class="error">wrong; the right program: {place}</div>']
    if missed:
        parts.append(_code(family.show(with_elements(truth, missed)), "missed", "missed"))
    if invented:
        parts.append(_code(family.show(with_elements(best.program, invented)), "invented", "invented"))
    return "".join(parts) + _code(example.code, "truth") + _code(best.code, "answer")


def _code(code: str, label: str, kind: str = "file") -> str:
    return f'<div class="{kind}">{label}</div><pre>{html.escape(code)}</pre>'


def _cells(cells: list[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
