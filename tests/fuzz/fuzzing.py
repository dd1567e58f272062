"""The loop: spoil a content, try it, keep what is answered in a new way to spoil it further.

It runs in a process of its own. What it does is a function of the seed and of how targets answer.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from i2c_core.errors import I2cError
from tests.fuzz.targets.target import Target
from tests.fuzz.watching import Finding, Outcome, Watch

MOST_KEPT = 400  # contents of a target that others are made from


@dataclass
class Tally:
    """What was tried on a target."""

    inputs: int = 0
    fine: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: list[Finding] = field(default_factory=list)


class Fuzzer:
    """Fuzzes one target; `folder` takes the inputs that break the law."""

    def __init__(self, target: Target, seed: int, watch: Watch, folder: Path, *, warm: bool = True) -> None:
        self.target, self.watch, self.folder = target, watch, folder
        self.tally = Tally()
        self._rng = Random(f"{target.name} {seed}")
        self._seeds = list(target.seeds())
        self._kept = list(self._seeds)
        self._known: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        self._waiting = list(self._seeds)  # these are tried as they are
        if warm:
            self._warm_up()

    def step(self) -> Outcome:
        """Try one input."""
        content = self._waiting.pop(0) if self._waiting else self._made()
        file = self.watch.scratch / f"input{self.target.suffix}"
        file.write_bytes(content)
        outcome = self.watch.attempt(self.target.read, file)
        file.unlink(missing_ok=True)
        tally = self.tally
        tally.inputs += 1
        tally.seconds += outcome.seconds
        tally.slowest = max(tally.slowest, outcome.seconds)
        tally.fine += outcome.behaviour == "fine"
        if outcome.behaviour not in self._known:
            self._known.add(outcome.behaviour)
            self._keep(content)
        elif outcome.behaviour == "fine" and self._rng.random() < 0.1:
            self._keep(content)
        if outcome.finding is not None and (key := (outcome.finding.kind, outcome.finding.where)) not in self._told:
            self._told.add(key)
            tally.findings.append(outcome.finding)
            save(self.folder, self.target, content, outcome.finding)
        return outcome

    def _warm_up(self) -> None:
        """What is imported, compiled and kept at first use is no input's doing."""
        file = self.watch.scratch / f"input{self.target.suffix}"
        file.write_bytes(self._seeds[0])
        with contextlib.suppress(I2cError):
            self.target.read(file)
        file.unlink(missing_ok=True)

    def _made(self) -> bytes:
        parent = self._rng.choice(self._seeds if self._rng.random() < 0.4 else self._kept)
        return self.target.mutate(self._rng, parent, self._kept)

    def _keep(self, content: bytes) -> None:
        if len(content) <= 1 << 20:
            if len(self._kept) >= MOST_KEPT:
                self._kept.pop(self._rng.randrange(len(self._kept)))
            self._kept.append(content)


def save(folder: Path, target: Target, content: bytes, finding: Finding) -> Path:
    """Leave an input that breaks the law as a file, and beside it what it did."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{target.name.replace('/', '-').replace(':', '-')}-{hashlib.sha256(content).hexdigest()[:12]}"
    path = folder / f"{name}{target.suffix}"
    path.write_bytes(content)
    told = f"{target.name}: {finding.kind}: {finding.where}\n\n{finding.text}\n"
    (folder / f"{name}{target.suffix}.why").write_text(told, encoding="utf-8", errors="backslashreplace")
    return path


def fuzz(fuzzers: Sequence[Fuzzer], go_on: Callable[[], bool], tell: Callable[[str], object]) -> None:
    """Try inputs on targets in turn, each for as long as the others; `tell` is told which one is next."""
    last = None
    while go_on():
        fuzzer = min(fuzzers, key=lambda f: f.tally.seconds + 1e-4 * f.tally.inputs)
        if fuzzer is not last:
            tell(fuzzer.target.name)
            last = fuzzer
        for _ in range(20):
            fuzzer.step()
