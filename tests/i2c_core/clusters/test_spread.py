"""Data sets and races do not depend on where they are made: in this process, in others, with one of them killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from spread_work import dataset, records

from i2c_core.clusters.processes import Processes

killing = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_data_set_has_the_same_bytes(tmp_path: Path, workers: int) -> None:
    with Processes(workers) as cluster:
        assert dataset(tmp_path / "spread", cluster) == dataset(tmp_path / "here", None)
    assert cluster.lost == 0


@killing
def test_a_data_set_has_the_same_bytes_when_a_worker_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADLY", str(tmp_path))
    with Processes(2) as cluster:
        assert dataset(tmp_path / "spread", cluster, tmp_path) == dataset(tmp_path / "here", None)
    assert cluster.lost == 1


@pytest.mark.slow
@killing
def test_a_race_has_the_same_records_when_a_worker_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADLY", str(tmp_path))
    with Processes(2) as cluster:
        spread = records(cluster, tmp_path)
    assert cluster.lost == 1
    assert spread == records(None)
    assert [record["file"] for record in spread] == ["h(B, v(W, B))"] * 3 + ["v(h(W, B), W)"] * 3
