"""Model cards: what a checkpoint is, how it was made, how well it reads and where it fails (Mitchell et al. 2019,
"Model Cards for Model Reporting", arXiv:1810.03993)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import torch

from i2c_core.checkpoints import LEARNER, Checkpoint, versions
from i2c_core.config import resolve_config
from i2c_core.devices import describe_hardware
from i2c_core.errors import I2cError
from i2c_core.evaluation import SHOWN, Evaluation, Failure, Row, wilson
from i2c_core.families import Family
from i2c_core.plugins import Plugins

LONGEST = 300  # characters of a program in a table


def model_card(
    evaluation: Evaluation,
    checkpoint: Checkpoint,
    family: Family,
    device: torch.device,
    plugins: Plugins,
    command: str,
) -> str:
    """The card as Markdown. `command` is what was run to measure it."""
    meta = checkpoint.meta
    channels, (height, width) = meta["image"]["channels"], meta["image"]["size"]
    size = sum(t.numel() for t in checkpoint.tensors.values())
    bytes_ = checkpoint.path.read_bytes()
    parts = [
        f"# {checkpoint.name.rsplit('/', 1)[-1]}: a network that reads {family.name}",
        f"It turns pictures of the family `{family.name}` ({family.doc}) into programs that draw them again. It was "
        f"trained and measured by i2c; `{command}` wrote this card.",
        "## The network",
        _table(
            ("", ""),
            [
                ("parameters", f"{size:,}"),
                ("file", f"{len(bytes_) / 1e6:.2f} MB, sha256 `{hashlib.sha256(bytes_).hexdigest()}`"),
                ("decoder", str(meta["model"].get("decoder", meta["learner"]))),
                ("sees", f"pictures of {width}x{height} pixels, {channels} channel{'s' * (channels != 1)}"),
                ("writes", f"programs of at most {meta['budget']} tokens, of root type `{meta['root']}`"),
                ("signature", f"`{meta['fingerprint']}`, semantics {meta['semantics']}"),
            ],
        ),
        "## How well it reads",
        _measured(evaluation, device),
        "## Known failures",
        _failures(evaluation),
        "## How it was made",
        _recipe(meta, family),
        "## Licence",
        _licence(meta, family, plugins),
    ]
    return "\n\n".join(parts) + "\n"


def _measured(evaluation: Evaluation, device: torch.device) -> str:
    names = evaluation.strategies
    head = ["size" if evaluation.unit == "symbols" else evaluation.unit, "pictures"]
    exact = "draws every pixel again"
    if evaluation.unit == "elements":
        exact = "is the same canonical program as the truth, or draws every pixel again"
    elif evaluation.by_hand:
        exact = "draws the same as the truth"
    for name in names:
        head += [f"exact ({name})", "95 % interval", "longer than the truth"]
    rows = [_row(label, row, names) for label, row in evaluation.table()]
    rows.append(_row("**all**", evaluation.total(), names))
    hardware = describe_hardware(device)
    speed = "; ".join(f"{name} {1000 * evaluation.seconds[name]:.1f} ms" for name in names)
    if evaluation.times:
        found = (f"{n}: half within {t[0]:.2f} s, the slowest {t[1]:.2f} s" for n, t in evaluation.times.items())
        speed += "; one by one, " + ", ".join(found)
    told = {n: evaluation.means(n) for n in names}
    metrics = sorted({m for found in told.values() for m in found})
    means = [[m, *(f"{told[n][m]:.4f}" for n in names)] for m in metrics]
    return "\n\n".join(
        [
            f"Data: {evaluation.data}. *Exact* is the share of pictures whose best candidate {exact}; "
            "intervals are Wilson's; *longer than the truth* is counted among the exact answers.",
            _table(head, rows),
            *_of_elements(evaluation),
            *_of_confidence(evaluation),
            "Means over all pictures:",
            _table(["metric", *names], means),
            f"Time a picture, in one call: {speed}, on {hardware['name']} ({hardware['device']}, "
            f"{hardware['threads']} threads).",
            "Versions: " + ", ".join(f"{k} {v}" for k, v in versions().items()) + ".",
        ]
    )


def _of_elements(evaluation: Evaluation) -> list[str]:
    """Where programs are lists: how far down the right one is, and which elements are wrong."""
    if not evaluation.elements:
        return []
    names = list(evaluation.elements)
    rows = [
        [f"right among the first {n}", *(f"{100 * evaluation.top[s][n] / evaluation.images:.2f} %" for s in names)]
        for n in next(iter(evaluation.top.values()))
    ]
    for label, key in (
        ("elements missed a picture", "missed"),
        ("elements invented a picture", "invented"),
        ("intersection over union of elements", "iou"),
    ):
        rows.append([label, *(f"{evaluation.elements[s].record()[key]:.4f}" for s in names)])
    parts = ["Programs are lists of elements; as sets of them:", _table(["", *names], rows)]
    for name, found in evaluation.elements.items():
        symbols = sorted(found.right.keys() | found.missed.keys() | found.invented.keys())
        counts = [[f"`{s}`", *(str(c[s]) for c in (found.right, found.missed, found.invented))] for s in symbols]
        parts += [f"Elements by symbol ({name}):", _table(["symbol", "right", "missed", "invented"], counts)]
    return parts


def _of_confidence(evaluation: Evaluation) -> list[str]:
    """Whether confidence holds, by strategy."""
    parts = []
    for name, found in evaluation.reliability.items():
        rows = [[f"{b.low:g} to {b.high:g}", str(b.count), f"{b.confidence:.3f}", f"{b.right:.3f}"] for b in found.bins]
        parts += [f"Confidence ({name}): {found.tell()}.", _table(["told", "answers", "mean", "share right"], rows)]
    return parts


def _row(label: str, row: Row, names: Sequence[str]) -> list[str]:
    cells = [label, str(row.images)]
    for name in names:
        exact = row.exact[name]
        low, high = wilson(exact, row.images)
        share = f"{100 * exact / row.images:.2f} %" if row.images else "-"
        longer = f"{100 * row.longer[name] / exact:.2f} %" if exact else "-"
        cells += [share, f"{100 * low:.2f} to {100 * high:.2f}", longer]
    return cells


def _failures(evaluation: Evaluation) -> str:
    parts, lists = [], evaluation.unit == "elements"
    read, of = ("read exactly", "with {} elements") if lists else ("drawn again exactly", "of size {}")
    read = "read exactly" if evaluation.by_hand else read
    for name in evaluation.strategies:
        found = evaluation.failures[name]
        if not found:
            parts.append(f"None of the {evaluation.images} pictures failed by {name}.")
            continue
        by_size = [(label, row.images - row.exact[name]) for label, row in evaluation.table()]
        where = ", ".join(f"{count} {of.format(label)}" for label, count in by_size if count)
        middle = sorted(f.distance for f in found)[len(found) // 2]
        parts.append(
            f"By {name}, {len(found)} of {evaluation.images} pictures were not {read}: {where}. "
            f"The median of their distances is {middle:.4f}. The farthest:"
        )
        worst = sorted(found, key=_farthest)[:SHOWN]
        rows = [(_code(f.truth), _code(f.answer), f"{f.distance:.4f}") for f in worst]
        parts.append(_table(("truth", "answer", "distance"), rows))
    parts.append(
        "A picture that no program within the token budget draws, a photograph for example, gets the nearest program "
        f"that was found: look at its {'confidence' if evaluation.reliability else 'distance'} before trusting it."
    )
    return "\n\n".join(parts)


def _farthest(failure: Failure) -> tuple[float, str]:
    return -failure.distance, failure.name


def _recipe(meta: Mapping[str, Any], family: Family) -> str:
    train = meta.get("train", {})
    hardware, parts = train.get("hardware", {}), []
    facts = [f"{meta['step']:,} steps" if "step" in meta else ""]
    facts.append(f"{train['samples']:,} pictures" if "samples" in train else "")
    facts.append(f"{train['seconds'] / 60:.1f} minutes" if "seconds" in train else "")
    facts.append(f"on {hardware['name']} ({hardware['threads']} threads)" if "name" in hardware else "")
    parts.append("Training: " + ", ".join(f for f in facts if f) + ".")
    if train.get("init"):
        parts.append(f"It began from the weights in `{train['init']}`.")
    if "config" not in train:
        return "The checkpoint does not say how it was trained."
    try:
        config = resolve_config(train["config"])
    except I2cError as error:  # trained by an i2c with other settings
        return "\n\n".join([*parts, f"Its settings are those of another i2c: {error.fact}."])
    source = f"the pairs in `{config.data.pairs}`" if config.data.pairs else "programs drawn at random from the family"
    held = config.data.holdout and meta["learner"] == LEARNER  # others have ways of their own
    kept = "; one picture in ten, by its exact pixels, is kept out of training" if held else ""
    parts.append(f"Data: {source}{kept}. Seed: {config.run.seed}. With these settings in `recipe.toml`,")
    parts.append(f"```sh\ni2c train --family {family.name} --config recipe.toml --out runs/{family.name}\n```")
    parts.append("makes it again (the same weights on the same kind of machine with the same versions):")
    parts.append(f"```toml\n{config.to_toml().rstrip()}\n```")
    made = ", ".join(f"{k} {v}" for k, v in meta.get("versions", {}).items())
    return "\n\n".join([*parts, f"Made with {made}."] if made else parts)


def _licence(meta: Mapping[str, Any], family: Family, plugins: Plugins) -> str:
    owner = next((p.distribution for p in plugins.plugins if family.name in p.families), "")
    fields = metadata.metadata(owner) if owner else None
    licence = next((fields[k] for k in ("License-Expression", "License") if k in fields), "") if fields else ""
    own = not meta.get("train", {}).get("config", {}).get("data", {}).get("pairs")
    data = "All pictures that it learned from were drawn by the family's own renderer; nobody else's data is in it. "
    return (data if own else "") + (
        f"{licence}, as {owner}." if licence else "Not stated by the family's distribution."
    )


def _code(text: str) -> str:
    words = " ".join(text.split())
    words = words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}..."
    return "`" + words.replace("`", "'").replace("|", "\\|") + "`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(r) + " |" for r in rows)])
