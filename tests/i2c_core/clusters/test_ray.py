"""A Ray cluster of two workers on this machine, one of them killed: nothing is missing, nothing is different."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from spread_work import dataset, records

from i2c_core.clusters import Cluster, ClusterError, Job, open_cluster
from i2c_core.errors import ConfigError, DataError

pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Ray is a beta there, and there is no SIGKILL")
SUPPORT = Path(__file__).parents[2] / "support"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deaths")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:  # workers have the variables of the process that starts the cluster
        patch.setenv("DEADLY", str(folder))
        patch.setenv("PYTHONPATH", str(SUPPORT))
        found = open_cluster(ray="local:2")
        assert found is not None
        with found:
            yield found


def test_a_data_set_has_the_same_bytes_when_a_worker_is_killed(
    cluster: Cluster, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cluster.workers == 2
    status = Path("/proc/self/status")  # of Linux: the signals that this process catches, as bits
    caught = [line for line in status.read_text().splitlines() if line.startswith("SigCgt")] if status.exists() else []
    assert not any(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1 for line in caught)
    assert dataset(tmp_path / "spread", cluster, folder) == dataset(tmp_path / "here", None)
    assert cluster.lost == 1
    results = cluster.map(Job("jobs_of_tests:doubling", {"plus": 1}), [*range(20), -5, 3])
    assert [next(results)[0] for _ in range(20)] == [2 * item + 1 for item in range(20)]
    with pytest.raises(DataError) as error:
        next(results)
    assert str(error.value) == "-5 is below zero\n  -> use another"
    assert capfd.readouterr() == ("", "")  # neither what Ray says nor what workers print


@pytest.mark.slow
def test_a_race_has_the_same_records_when_a_worker_is_killed(cluster: Cluster, folder: Path) -> None:
    before = cluster.lost
    spread = records(cluster, folder)
    assert cluster.lost == before + 1
    assert spread == records(None)


def test_places_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterError) as error:
        open_cluster(ray="127.0.0.1:1")
    assert str(error.value) == (
        "no Ray cluster answers at 127.0.0.1:1: Connection refused\n"
        "  -> look whether it runs with 'ray status', or use local"
    )
    for where in ("local:0", "here", "localhost", ""):
        with pytest.raises(ConfigError) as config_error:
            open_cluster(ray=where)
        hint = "write local, local:2, auto, or an address as in 10.0.0.1:6379"
        assert str(config_error.value) == f"{where!r} is no place of a Ray cluster\n  -> {hint}"
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError) as missing:
        open_cluster(ray="local:2")
    assert str(missing.value) == '--ray needs ray, which is not installed\n  -> pip install "images-to-code[ray]"'
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
