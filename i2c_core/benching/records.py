"""What one run of a benchmark leaves behind: its figures with versions and hardware, and a line of its history."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import DataError
from i2c_core.files import write_atomically

PACKAGES = ("images-to-code", "torch", "numpy", "scipy", "pillow", "imagehash", "lark", "ortools")
QUICK = "-quick"  # ends the names of short runs, whose figures nobody compares


@dataclass(frozen=True)
class Record:
    """The figures of one run of a benchmark.

    Attributes:
        name: of the benchmark.
        about: what it measures, one line.
        machine: processor, cores, system and versions, see `machine`.
        rows: one dictionary a figure: `figure` (its name), `value`, `target` (text, may be empty), `met` (None where
            there is no target), and more; `spread`, `interval`, `better` and `detail` have a meaning, see `compare`.
    """

    name: str
    about: str
    machine: dict[str, Any]
    rows: list[dict[str, Any]]

    @classmethod
    def load(cls, path: Path) -> Record:
        """A record from its JSON file.

        Raises:
            DataError: the file is not there, or is none.
        """
        again = "run the benchmark again, which writes it anew"
        try:
            found = parse_json(path.read_bytes())
            rows = [{"target": "", "met": None, **row} for row in found["rows"]]
            if not all(isinstance(row.get("figure"), str) and "value" in row for row in rows):
                raise ValueError("a row has no figure or no value")
            if not all(isinstance(row["target"], str) for row in rows):
                raise ValueError("a target is no text")
            where = dict(found["machine"])
            where["versions"] = dict(where.get("versions") or {})
            return cls(str(found["benchmark"]), str(found["about"]), where, rows)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}", again) from None
        except KeyError as error:
            raise DataError(f"{path} holds no figures of a benchmark: it has no {error}", again) from None
        except (DocumentError, ValueError, TypeError) as error:
            raise DataError(f"{path} holds no figures of a benchmark: {error}", again) from None

    def save(self, path: Path) -> None:
        """Write it as a JSON file, whole or not at all."""
        record = {"benchmark": self.name, "about": self.about, "machine": self.machine, "rows": self.rows}
        write_atomically(path, json.dumps(record, indent=1) + "\n")

    def line(self, commit: str, when: datetime | None = None) -> dict[str, Any]:
        """This run as a line of history: date, commit, machine and the figures that are numbers."""
        values = {row["figure"]: row["value"] for row in self.rows if is_number(row["value"]) and not row.get("detail")}
        date = (when or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        return {"date": date, "commit": commit, "machine": _short(self.machine), "values": values}


def is_number(value: object) -> bool:
    """Whether a value is one number; `True` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def remember(record: Record, file: Path) -> None:
    """Append a run to the history of its benchmark, one line of JSON."""
    line = json.dumps(record.line(commit_of(file.parent)), ensure_ascii=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a", encoding="utf-8", newline="\n") as stream:
        stream.write(line + "\n")


def history(file: Path) -> list[dict[str, Any]]:
    """The runs of a benchmark, oldest first; none where there is no such file.

    Raises:
        DataError: a line that is none of a history.
    """
    if not file.exists():
        return []
    runs: list[dict[str, Any]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            run = parse_json(line)
            runs.append({key: run[key] for key in ("date", "commit", "machine", "values")})
        except (DocumentError, KeyError, TypeError):
            raise DataError(f"line {number} of {file} is no run of a benchmark", "take the line out") from None
    return sorted(runs, key=lambda run: str(run["date"]))


def commit_of(folder: Path) -> str:
    """The commit that a folder stands at, with a + where files were changed since; empty without git."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=folder if folder.is_dir() else folder.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def machine(packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """Processor, cores, system and versions: what a figure means nothing without."""
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "cpu": _processor() or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": load_of(),
        "versions": versions,
    }


def load_of() -> float | None:
    """How many processes wanted the cores in the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _short(found: dict[str, Any]) -> dict[str, Any]:
    """What of a machine a line of history tells."""
    return {
        **{key: found.get(key) for key in ("cpu", "cores", "python")},
        "torch": (found.get("versions") or {}).get("torch"),
    }


def _processor() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
