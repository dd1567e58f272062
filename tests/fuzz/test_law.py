"""The law of fuzzing can fail: what breaks it in each way is found, and told once."""

from __future__ import annotations

import json
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from i2c_core.errors import DataError, I2cError
from tests.fuzz import mutating
from tests.fuzz.fuzzing import Fuzzer
from tests.fuzz.targets.target import Target
from tests.fuzz.watching import Watch

KEPT: list[object] = []


def _traceback(file: Path) -> None:
    raise KeyError("a")


def _no_hint(file: Path) -> None:
    raise DataError("nothing there")


def _no_fact(file: Path) -> None:
    error = I2cError("a", "b")
    error.fact = "\x1b[31m"
    raise error


def _slow(file: Path) -> None:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass


def _open_file(file: Path) -> None:
    KEPT.append(file.open("rb"))


def _file(file: Path) -> None:
    file.with_suffix(".part").write_bytes(b"")


def _thread(file: Path) -> None:
    stop = threading.Event()
    KEPT.append(stop)
    threading.Thread(target=stop.wait, daemon=True).start()


def _warning(file: Path) -> None:
    warnings.warn("look", stacklevel=1)


def _nobody_catches(file: Path) -> None:
    class Bad:
        def __del__(self) -> None:
            raise ValueError("late")

    Bad()


def _leaves(file: Path) -> None:
    sys.exit(3)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (_traceback, "traceback"),
        (_leaves, "traceback"),
        (_no_hint, "message"),
        (_no_fact, "message"),
        (_slow, "slow"),
        (_open_file, "open file"),
        (_file, "file left behind"),
        (_thread, "thread left running"),
        (_warning, "noise"),
        (_nobody_catches, "noise"),
    ],
)
def test_what_breaks_the_law_is_found_and_kept_as_a_file(
    tmp_path: Path, read: Callable[[Path], None], kind: str
) -> None:
    fuzzer = _fuzzer(tmp_path, read)
    try:
        outcomes = [fuzzer.step() for _ in range(2)]
        assert [o.finding.kind for o in outcomes if o.finding] == [kind] * len(outcomes)
        assert len(fuzzer.tally.findings) == 1
        (why,) = (tmp_path / "found").glob("*.why")
        assert why.read_text().startswith(f"test/one: {kind}: ")
        assert why.with_suffix("").is_file()
    finally:
        for one in KEPT:
            one.close() if hasattr(one, "close") else one.set()  # type: ignore[attr-defined]
        KEPT.clear()


def test_what_is_read_or_refused_as_it_should_be_is_no_finding(tmp_path: Path) -> None:
    def read(file: Path) -> None:
        if len(file.read_bytes()) % 2:
            raise DataError("an odd number of bytes", "add one")

    fuzzer = _fuzzer(tmp_path, read)
    assert {fuzzer.step().behaviour for _ in range(50)} == {"fine", "DataError: an odd number of bytes"}
    assert not fuzzer.tally.findings
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("mutate", [mutating.bytes_, mutating.text, mutating.json_, mutating.lines])
def test_mutators_are_functions_of_chance_alone_and_make_many_contents(mutate: mutating.Mutator) -> None:
    seeds = [json.dumps({"file": "0.png", "code": "h B W", "seconds": 0.5, "more": [1, {"a": None}]}).encode()]

    def made(seed: int) -> list[bytes]:
        rng, found = Random(seed), list(seeds)
        for _ in range(60):
            found.append(mutate(rng, rng.choice(found), found))
        return found

    assert made(1) == made(1)
    assert len(set(made(1)) | set(made(2))) > 100


def _fuzzer(folder: Path, read: Callable[[Path], None]) -> Fuzzer:
    (folder / "scratch").mkdir()
    watch = Watch(folder / "scratch", seconds=0.2)
    target = Target("test/one", ".txt", read, lambda: [b"one", b"two!"], mutating.bytes_)
    return Fuzzer(target, 0, watch, folder / "found", warm=False)
