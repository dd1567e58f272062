"""Every target of the gate `.ci/fuzz` in small: its seeds are read, and what is made of them keeps to the law."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.fuzzing import Fuzzer
from tests.fuzz.targets import GROUPS, targets
from tests.fuzz.watching import Watch

INPUTS = {"texts": 3, "grammars": 15, "checkpoints": 5, "records": 40, "images": 40}  # of a target; some are dear
PATIENCE = 60.0  # seconds: the machine of tests is busy


@pytest.mark.parametrize("group", GROUPS)
def test_spoiled_files_are_read_or_refused(group: str, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    watch = Watch(tmp_path / "scratch", PATIENCE)
    for target in targets(group):
        fuzzer = Fuzzer(target, 0, watch, tmp_path / "found")
        assert fuzzer.step().behaviour == "fine", f"{target.name}: its first seed is not read"
        for _ in range(INPUTS[group]):
            outcome = fuzzer.step()
            assert outcome.finding is None, f"{target.name}: {outcome.finding}"
