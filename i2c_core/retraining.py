"""Shipped weights replaced only by better ones: both read the same fresh pictures, and chance must not explain it.

Every candidate is judged on pictures of its own, drawn from a seed that its bytes decide: no candidate can be the one
of many that happened to do well on the pictures that all were chosen by.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sysconfig
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from i2c_core.cards import model_card
from i2c_core.checkpoints import Checkpoint, load_checkpoint, require_match
from i2c_core.devices import find_device
from i2c_core.errors import CheckpointError
from i2c_core.evaluation import Evaluation, evaluate, is_drawn_by_hand
from i2c_core.examples import Example, held_out_examples, sketch_size, sketched_examples, trained_sizes
from i2c_core.families import Family
from i2c_core.files import write_atomically
from i2c_core.plugins import installed
from i2c_core.predictions import Difference, difference
from i2c_core.progress import Progress
from i2c_core.reader import ZOOM, Reader

SKETCHES, HELD_OUT = 1000, 100  # pictures to judge by: sketches in all, or held-out pictures a size
CARD = "MODEL_CARD.md"
_CHANCE = 0.05  # how likely so many of the pictures that only one reads may be one's by chance


@dataclass(frozen=True)
class Verdict:
    """What a candidate is worth beside the weights that a family ships.

    Attributes:
        new: how the candidate reads.
        old: how the shipped weights read the same pictures; None where there are none that fit the family.
        difference: of new and old, picture by picture; None where there is no old one.
        seed: of the pictures.
    """

    new: Evaluation
    old: Evaluation | None
    difference: Difference | None
    seed: int

    @property
    def better(self) -> bool:
        """Whether the candidate reads more pictures exactly, beyond chance: the paired 95 % interval is above 0.

        Where few pictures tell the two apart, that interval is too narrow (4 against 0 are enough for it), so a sign
        test of them must agree (Q. McNemar, Psychometrika 12, 1947). Where there are no weights yet, it is enough to
        read any.
        """
        found = self.difference
        if found is None:
            return self.new.total().exact[self.new.strategies[-1]] > 0
        from scipy.stats import binomtest

        apart = found.only_one + found.only_other
        return found.exact_interval[0] > 0 and bool(binomtest(found.only_one, apart).pvalue <= _CHANCE)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "better": self.better,
            "seed": self.seed,
            "new": self.new.record(),
            "old": None if self.old is None else self.old.record(),
            "difference": None if self.difference is None else self.difference.record(),
        }


def home_of_weights(family: Family, learner: str) -> Path:
    """The file in the family's own package that holds its shipped weights, or will.

    Raises:
        CheckpointError: the family declares no such file, or its package is not one that is worked on.
    """
    name = "zoom_weights" if learner == ZOOM else "weights"
    reference: str | None = getattr(family, name)
    if reference is None:
        hint = f'declare it in the family: {name}="package:{family.name}.safetensors"'
        raise CheckpointError(f"{family.name} has no file for weights of the learner {learner!r}", hint)
    package, _, file = reference.partition(":")
    try:
        folder = resources.files(package)
    except (ImportError, TypeError, ValueError):
        raise CheckpointError(f"there is no package {package!r}, which {family.name} names", "check it") from None
    path = Path(str(folder)) / file
    installed_in = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    if any(path.is_relative_to(place) for place in installed_in):
        hint = "install the package from its source, so that they land there: pip install -e FOLDER"
        raise CheckpointError(f"{path} belongs to an installed package, which the next update replaces", hint)
    if not os.access(path.parent, os.W_OK):
        raise CheckpointError(f"{path.parent} cannot be written", "check its permissions")
    return path


def judge(
    candidate: Checkpoint,
    family: Family,
    shipped: Path,
    count: int | None,
    progress: Progress,
    device: str = "auto",
    seed: int | None = None,
) -> Verdict:
    """Let a candidate and the shipped weights read the same pictures, and compare them picture by picture.

    Args:
        candidate: trained on the family.
        family: what both read.
        shipped: the file of the weights that are to be replaced, where there is one.
        count: of sketches in all where hands draw the family, else of held-out pictures a size; None for the default.
        progress: where to tell how far it is.
        device: where the networks run.
        seed: of the pictures; decided by the candidate where None.

    Raises:
        CheckpointError: the candidate is of another family, or may have learned from the pictures that judge it.
        DataError: there are no pictures to judge by.
    """
    require_match(candidate, family)
    if not is_drawn_by_hand(family) and not candidate.meta["train"]["config"]["data"].get("holdout", True):
        fact = f"{candidate.name} has learned from held-out images too, which are what it would be judged by"
        raise CheckpointError(fact, "train it with data.holdout=true")
    before = _fitting(shipped, family, progress)
    if seed is None:
        seed = int.from_bytes(hashlib.sha256(candidate.path.read_bytes()).digest()[:4], "big")
    with Reader.of(candidate, family, device) as reader:
        examples, what = _pictures(reader, before or candidate, count, seed)
        new = evaluate(reader, examples, installed().metrics, progress, what)
    if before is None:
        return Verdict(new, None, None, seed)
    with Reader.of(before, family, device) as reader:
        old = evaluate(reader, examples, installed().metrics, progress, what)
    found = difference("new", new.readings[new.strategies[-1]], "old", old.readings[old.strategies[-1]])
    return Verdict(new, old, found, seed)


def replace_weights(family: Family, candidate: Checkpoint, verdict: Verdict, home: Path, count: int | None) -> Path:
    """Put the candidate where the family's weights live, with a model card beside it; the card's path.

    Raises:
        DiskError: it cannot be written; the old weights are whole then.
    """
    write_atomically(home, candidate.path.read_bytes())
    card = _card_of(home)
    number = _count(family, count)
    called = ["i2c", "eval", "--family", family.name, *(["--sketch"] if is_drawn_by_hand(family) else [])]
    called += ["-n", str(number), "--seed", str(verdict.seed)]
    if candidate.meta["learner"] == ZOOM:
        called += ["--strategy", ZOOM]
    command = shlex.join([*called, "--card", card.name])
    kept = Checkpoint(home, candidate.meta, candidate.tensors)
    write_atomically(card, model_card(verdict.new, kept, family, find_device("cpu"), installed(), command))
    return card


def _fitting(shipped: Path, family: Family, progress: Progress) -> Checkpoint | None:
    """The shipped weights, or None where there are none that still fit the family."""
    if not shipped.exists():
        return None
    try:
        found = load_checkpoint(shipped)
        require_match(found, family)
    except CheckpointError as error:
        progress.say(f"the shipped weights count as none: {error.fact}")
        return None
    return found


def _count(family: Family, count: int | None) -> int:
    return (SKETCHES if is_drawn_by_hand(family) else HELD_OUT) if count is None else count


def _pictures(reader: Reader, trained: Checkpoint, count: int | None, seed: int) -> tuple[list[Example], str]:
    """Pictures of the sizes that the weights in use were trained on, and what they are, in words."""
    family, number = reader.family, _count(reader.family, count)
    sizes = trained_sizes(trained, family)
    if is_drawn_by_hand(family):
        found = sketched_examples(family, sizes, number, seed, sketch_size(reader))
        return found, f"{number} sketches of random programs, seed {seed}"
    found = held_out_examples(family, sizes, number, seed)
    return found, f"held-out images of random programs, at most {number} a size, seed {seed}"


def _card_of(home: Path) -> Path:
    """The card of a file of weights: the one whose heading names it, else a new one."""
    for page in sorted(home.parent.glob("*.md")):
        with open(page, encoding="utf-8") as file:
            if file.readline().startswith(f"# {home.name}:"):
                return page
    card = home.parent / CARD
    return home.with_name(f"{home.stem.upper()}_CARD.md") if card.exists() else card
