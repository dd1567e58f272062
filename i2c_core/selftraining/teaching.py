"""What a run learns from unlabelled pictures: read by the network that it begins from, written into its folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from i2c_core.checkpoints import find_weights
from i2c_core.config import TrainConfig
from i2c_core.datasets.pairs import read_pairs, write_pairs
from i2c_core.datasets.pseudo import PSEUDO_FILE
from i2c_core.errors import CheckpointError, DataError
from i2c_core.families import Family
from i2c_core.files import locate, write_atomically
from i2c_core.images import find_images
from i2c_core.progress import Progress
from i2c_core.reader import Reader
from i2c_core.selftraining.reading import Reading, read_unlabelled
from i2c_core.selftraining.trust import Trust
from i2c_core.training.surroundings import own_threads

READINGS_FILE = "pseudo.jsonl"  # in a run's folder: what became of each picture


def teacher(family: Family, init: Path | None) -> Path:
    """The weights that read unlabelled pictures: those that a run begins from, else the family's own.

    Raises:
        CheckpointError: there are none.
    """
    if init is not None:
        return init
    try:
        return Path(str(find_weights(family)))
    except CheckpointError as error:
        fact = f"{error.fact}, and a network is needed that reads the pictures"
        raise CheckpointError(fact, "name weights with --init, or train some without --images first") from None


def teach(family: Family, config: TrainConfig, folder: Path, weights: Path, progress: Progress) -> None:
    """Read the pictures of `data.images`, and write those whose readings are trusted into a run's folder.

    Args:
        family: the language.
        config: the run's settings.
        folder: the run's.
        weights: the network that reads.
        progress: where the accepted share is told.

    Raises:
        CheckpointError: the weights do not fit the family.
        ImageError: there is no picture.
        DataError: no reading is trusted.
        DiskError: it cannot be written.
    """
    data = config.data
    files, trust = find_images([data.images]), Trust.of(data)
    with own_threads(config.run.threads), Reader.load(weights, config.run.device, family) as reader:
        most = reader.budget if config.model.budget is None else min(reader.budget, config.model.budget)
        exclude = read_pairs(locate(data.exclude), family) if data.exclude else ()
        readings = read_unlabelled(
            reader, files, trust, progress, budget=most, exclude=exclude, holdout=data.holdout
        )  # fmt: skip
    said = tell(readings, trust)
    if not any(r.accepted for r in readings):
        raise DataError(f"{data.images} gives nothing to learn from: {said}", _hint(readings))
    progress.say(said)
    lines = (json.dumps(r.record(), ensure_ascii=False) + "\n" for r in readings)
    write_atomically(folder / READINGS_FILE, "".join(lines))
    _write_accepted([r for r in readings if r.accepted], folder / PSEUDO_FILE, family)


def tell(readings: Sequence[Reading], trust: Trust) -> str:
    """The accepted share, by which rule, and why pictures were left out."""
    read = [r.candidate for r in readings if r.candidate is not None]
    accepted = [r.candidate for r in readings if r.accepted and r.candidate is not None]
    redrawn = sum(map(trust.redraws, accepted))
    share = 100 * len(accepted) / max(1, len(read))
    text = f"{len(accepted):,} of {len(read):,} readings accepted ({share:.1f} %): "
    text += f"{redrawn:,} by a distance of at most {trust.distance:g}, "
    text += f"{len(accepted) - redrawn:,} by a confidence of at least {trust.confidence:g}"
    reasons = Counter(r.left_out for r in readings if r.left_out)
    left = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
    return f"{text}; left out: {left}" if left else text


def _hint(readings: Sequence[Reading]) -> str:
    read = [r.candidate for r in readings if r.candidate is not None]
    if not read:
        return "give other pictures"
    known = [c.confidence for c in read if c.confidence is not None]
    surest = f"the highest confidence is {max(known):.3g}" if known else "the weights have no confidence"
    nearest = f"the least distance {min(c.distance for c in read):.3g}"
    return f"{surest}, {nearest}: change data.images_confidence or data.images_distance"


def _write_accepted(accepted: Sequence[Reading], path: Path, family: Family) -> None:
    programs = [r.candidate.program for r in accepted if r.candidate is not None]
    ids, values = family.vocabulary.pack([family.to_tokens(program) for program in programs])
    pixels = np.stack([r.picture for r in accepted if r.picture is not None])
    write_pairs(path, family, ids, pixels, values if family.vocabulary.continuous.any() else None)
