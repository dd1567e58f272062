"""The gate: `python -m tests.fuzz [--minutes 10] [group...]`, see docs/fuzzing.md.

Each group of targets is fuzzed in a process of its own, so that what crashes or hangs is a finding as well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))  # as pyproject.toml says to pytest

from tests.fuzz.fuzzing import Fuzzer, fuzz, save
from tests.fuzz.targets import GROUPS, targets
from tests.fuzz.watching import Finding, Watch, limit_memory

GIGABYTES = 4.0  # of data of a process, beyond what it has loaded
ENDED = 60.0  # seconds that a process may need to begin and to end


def main() -> int:
    """The exit code: 1 where something was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=f"of {', '.join(GROUPS)}; all of them by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each group [10]")
    parser.add_argument("--seed", type=int, default=0, help="of all chance [0]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="groups at once [one a core]")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="folder for inputs that fail")
    parser.add_argument("--only", default="", help="targets whose names contain this")
    parser.add_argument("--replay", type=Path, help="try one file on the target that --only names")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    for group in given.groups:
        if group not in GROUPS:
            parser.error(f"no group {group!r}: use {', '.join(GROUPS)}")
    if given.replay:
        return _replay(given.replay, given.groups or list(GROUPS), given.only)
    if given.worker:
        return _work(given)
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        tables = list(pool.map(lambda group: _gate(group, given), given.groups or GROUPS))
    found = sum(len(row["findings"]) for rows in tables for row in rows)
    inputs = sum(row["inputs"] for rows in tables for row in rows)
    print(f"{inputs:,} inputs, {found} findings" + (f": see {given.findings}" if found else ""))
    return 1 if found else 0


def _gate(group: str, given: argparse.Namespace) -> list[dict]:
    """Fuzz a group for its minutes; a process that dies is a finding, and another one goes on."""
    end, rows, seed = monotonic() + 60 * given.minutes, [], given.seed
    while True:
        scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
        left = max(1.0, end - monotonic())
        words = [sys.executable, "-m", "tests.fuzz", group, "--minutes", str(left / 60), "--seed", str(seed)]
        words += ["--findings", str(given.findings), "--only", given.only, "--worker", str(scratch)]
        inside = scratch / "inside"
        inside.mkdir()
        environment = os.environ | {
            "TMPDIR": str(inside),
            "OMP_NUM_THREADS": "1",
            "I2C_CACHE": "",
            "TORCHINDUCTOR_CACHE_DIR": str(scratch / "torch"),
        }
        with open(scratch / "log", "wb") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(left + ENDED)
            if process.poll() is None:
                process.kill()
            code = process.wait()
        found = _read_tallies(scratch)
        if code != 0:
            found.append(_died(scratch, group, code, given.findings))
        rows += found
        shutil.rmtree(scratch, ignore_errors=True)
        seed += 1
        if monotonic() > end - 1 or not (found[:-1] if code else found):
            break
    _tell(group, rows)
    return rows


def _died(scratch: Path, group: str, code: int, folder: Path) -> dict:
    """The finding of a process that ended by itself: what it said last, and the input that it was at."""
    log = (scratch / "log").read_text("utf-8", "replace")
    name = (scratch / "at").read_text("utf-8") if (scratch / "at").exists() else group
    why = "hang" if "Timeout" in log else f"process ended with {code}"
    finding = Finding(why, name, log[-4000:])
    target = next((t for t in targets(group) if t.name == name), None)
    inputs = list((scratch / "inside").glob("input*"))
    if target is not None and inputs:
        save(folder, target, inputs[0].read_bytes(), finding)
    else:
        print(log[-3000:], file=sys.stderr)
    return {"name": name, "inputs": 1, "fine": 0, "seconds": 0.0, "slowest": 0.0, "findings": [asdict(finding)]}


def _work(given: argparse.Namespace) -> int:
    """A process: fuzz the targets of one group until the time is over."""
    end, scratch = monotonic() + 60 * given.minutes, given.worker
    watch = Watch(scratch / "inside", kill=True)
    fuzzers = [
        Fuzzer(target, given.seed, watch, given.findings)
        for target in targets(given.groups[0])
        if given.only in target.name
    ]
    limit_memory(GIGABYTES)
    written = monotonic()

    def go_on() -> bool:
        nonlocal written
        if monotonic() - written > 1:
            _write_tallies(scratch, fuzzers)
            written = monotonic()
        return monotonic() < end

    fuzz(fuzzers, go_on, lambda name: (scratch / "at").write_text(name, encoding="utf-8"))
    _write_tallies(scratch, fuzzers)
    return 0


def _write_tallies(scratch: Path, fuzzers: list[Fuzzer]) -> None:
    rows = [{"name": f.target.name} | asdict(f.tally) for f in fuzzers]
    part = scratch / "tallies.part"
    part.write_text(json.dumps(rows), encoding="utf-8")
    part.replace(scratch / "tallies")


def _read_tallies(scratch: Path) -> list[dict]:
    file = scratch / "tallies"
    return json.loads(file.read_text("utf-8")) if file.exists() else []


def _tell(group: str, rows: list[dict]) -> None:
    """A line a target, and a line for the group."""
    by_name: dict[str, list[dict]] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    lines = [f"{'target':40} {'inputs':>9} {'read':>9} {'seconds':>8} {'slowest':>8}  findings"]
    for name, parts in by_name.items():
        sums = {key: sum(p[key] for p in parts) for key in ("inputs", "fine", "seconds")}
        slowest = max(p["slowest"] for p in parts)
        findings = {(f["kind"], f["where"]): None for p in parts for f in p["findings"]}
        lines.append(
            f"{name:40} {sums['inputs']:9,} {sums['fine']:9,} {sums['seconds']:8.1f} {slowest:8.2f}  {len(findings)}"
        )
        lines += [f"    {kind}: {where}" for kind, where in findings]
    total = sum(row["inputs"] for row in rows)
    print("\n".join([*lines, f"{group}: {total:,} inputs", ""]), flush=True)


def _replay(file: Path, groups: list[str], only: str) -> int:
    """Read one file again, with the traceback."""
    chosen = [
        t
        for g in groups
        for t in targets(g)
        if only == t.name or (not only and file.name.startswith(t.name.replace("/", "-").replace(":", "-")))
    ]
    for target in chosen:
        target.read(file)
        print(f"{target.name}: fine")
    return 0 if chosen else 2


if __name__ == "__main__":
    sys.exit(main())
