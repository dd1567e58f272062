"""Suites: folders of benchmarks, each a program `NAME.py` that leaves `results/NAME.json`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from i2c_core.benching.comparing import Comparison, compare
from i2c_core.benching.records import QUICK, Record, remember
from i2c_core.errors import DataError, suggest

FILE = "suite.toml"
FOLDER = "benchmarks"
FAST = 2.0  # minutes: what runs unless more is asked for
STDERR = 2  # the descriptor, for programs that are started


@dataclass(frozen=True)
class Suite:
    """The benchmarks of a folder, in the order of its `suite.toml`, with the minutes that each takes on two cores."""

    folder: Path
    minutes: dict[str, float]

    @classmethod
    def find(cls, start: Path) -> Suite:
        """The suite in the folder `benchmarks` of `start`, or of the nearest folder above it.

        Raises:
            DataError: there is none, or its `suite.toml` cannot be read.
        """
        for folder in (start.absolute(), *start.absolute().parents):
            if (folder / FOLDER / FILE).is_file():
                return cls.load(folder / FOLDER)
        fact = f"neither {start.absolute()} nor a folder above it has {FOLDER}/{FILE}"
        raise DataError(fact, "run it in a checkout of i2c, or measure one family here: i2c bench --family NAME")

    @classmethod
    def load(cls, folder: Path) -> Suite:
        """The suite of a folder.

        Raises:
            DataError: its `suite.toml` cannot be read, or names a benchmark that is not there.
        """
        path = folder / FILE
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))["minutes"]
            minutes = {str(name): float(number) for name, number in said.items()}
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}", "check the path") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "write a line `NAME = MINUTES` for each benchmark under [minutes]"
            raise DataError(f"{path} is no list of benchmarks: {error}", hint) from None
        for name in minutes:
            if not (folder / f"{name}.py").is_file():
                raise DataError(f"{path} names {name}, and {folder} has no {name}.py", "take the line out")
        return cls(folder, minutes)

    @property
    def fast(self) -> list[str]:
        """Those that take at most two minutes."""
        return [name for name, minutes in self.minutes.items() if minutes <= FAST]

    def chosen(self, names: Iterable[str]) -> list[str]:
        """Names of benchmarks, each once, in the order of the suite.

        Raises:
            DataError: there is no such benchmark.
        """
        wanted = set(names)
        for name in sorted(wanted - self.minutes.keys()):
            known = f"benchmarks: {', '.join(self.minutes)}"
            raise DataError(f"{self.folder} has no benchmark {name!r}", suggest(name, self.minutes, known))
        return [name for name in self.minutes if name in wanted]

    def results(self, name: str) -> Path:
        """Where a benchmark leaves its figures."""
        return self.folder / "results" / f"{name}.json"

    def history(self, name: str) -> Path:
        """Where its earlier runs are, a line each."""
        return self.folder / "history" / f"{name}.jsonl"

    def last(self, name: str) -> Record | None:
        """The figures of the last run, None where there are none."""
        path = self.results(name)
        return Record.load(path) if path.exists() else None

    def run(self, name: str, quiet: bool = False) -> Comparison:
        """Run a benchmark, its talk on stderr unless `quiet`, and compare its figures with those of the last run.

        Raises:
            DataError: it failed, or left no figures.
        """
        before, path = self.last(name), self.results(name)
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        alone = f"run it alone: python {self.folder.name}/{name}.py"
        command = [sys.executable, str(self.folder / f"{name}.py")]
        talk = subprocess.DEVNULL if quiet else STDERR
        done = subprocess.run(command, cwd=self.folder.parent, stdout=talk, stderr=talk)
        if done.returncode != 0:
            raise DataError(f"the benchmark {name} failed with exit code {done.returncode}", alone)
        if not path.exists() or path.stat().st_mtime_ns == stamp:
            raise DataError(f"the benchmark {name} left no figures in {path}", alone)
        return compare(before, Record.load(path))

    def keep(self, record: Record) -> Path:
        """Write the figures of a run where they belong, and append it to the history unless it was a short one."""
        path = self.results(record.name)
        record.save(path)
        if not record.name.endswith(QUICK):
            remember(record, self.history(record.name))
        return path
