"""Processes of this machine: results in order whatever the workers do, and lost ones are replaced."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataset_families import DIALS, FRAMED

from i2c_core.clusters import Carried, ClusterError, Job, carried, open_cluster
from i2c_core.clusters.cluster import AHEAD
from i2c_core.clusters.processes import Processes
from i2c_core.errors import ConfigError, DataError, FamilyError
from i2c_core.families import Family
from i2c_core.plugins import get_family

killing = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
DOUBLING = Job("jobs_of_tests:doubling", {"plus": 1})


def processes() -> set[str]:
    """The process ids of this process's children."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            process, rest = stat.read_text().split(" ", 1)
            state, parent = rest.rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                found.add(process)
    return found


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    with Processes(workers) as cluster:
        found = list(cluster.map(DOUBLING, range(50)))
        again = list(cluster.map(Job("jobs_of_tests:doubling"), [4]))
    assert [number for number, _ in found] == [2 * item + 1 for item in range(50)]
    assert 1 <= len({process for _, process in found}) <= workers
    assert os.getpid() not in {process for _, process in found}
    assert again[0][0] == 8
    assert cluster.lost == 0


def test_only_a_few_items_are_out() -> None:
    asked, workers = 0, 2

    def items() -> Iterator[int]:
        nonlocal asked
        for item in range(100):
            asked += 1
            yield item

    with Processes(workers) as cluster:
        results = cluster.map(DOUBLING, items())
        for done, _ in enumerate(results, 1):
            assert asked <= done + AHEAD * workers
            if done == 20:
                break


def test_the_first_error_of_an_item_is_raised_and_the_cluster_goes_on() -> None:
    with Processes(2) as cluster:
        results = cluster.map(DOUBLING, [1, 2, -5, -6, 3])
        assert [next(results)[0], next(results)[0]] == [3, 5]
        with pytest.raises(DataError) as error:
            next(results)
        assert str(error.value) == "-5 is below zero\n  -> use another"
        with pytest.raises(RuntimeError, match="ValueError: no thousands"):
            list(cluster.map(DOUBLING, [1000]))
        assert next(cluster.map(DOUBLING, [7]))[0] == 15


@killing
@pytest.mark.parametrize("deaths", [1, 3])
def test_what_a_lost_worker_had_is_run_again(tmp_path: Path, deaths: int) -> None:
    told: list[str] = []
    with Processes(2, told.append) as cluster:
        assert list(cluster.map(Job("jobs_of_tests:dying", {"folder": tmp_path, "deaths": deaths}), range(20))) == [
            *range(20)
        ]
    assert cluster.lost == deaths
    assert told == ["a worker was lost (it ended with status -9); what it had is run again"] * deaths


@killing
def test_an_item_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    with Processes(2) as cluster, pytest.raises(ClusterError) as error:
        list(cluster.map(Job("jobs_of_tests:dying", {"folder": tmp_path, "deaths": 99}), range(20)))
    assert str(error.value) == (
        "4 workers were lost with one item, the last one: it ended with status -9\n"
        "  -> give workers more memory, or run it without a cluster"
    )


@killing
def test_a_worker_that_is_killed_from_outside_is_replaced() -> None:
    with Processes(2) as cluster:
        (first, victim), *_ = cluster.map(DOUBLING, [0])
        killer = threading.Timer(0.05, os.kill, (victim, 9))
        killer.start()
        found = [number for number, _ in cluster.map(DOUBLING, range(300))]
        killer.join()
    assert first == 1
    assert found == [2 * item + 1 for item in range(300)]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
def test_no_process_is_left(tmp_path: Path) -> None:
    before = processes()
    with Processes(2) as cluster:
        results = cluster.map(DOUBLING, range(100))
        next(results)
        assert len(processes() - before) == 2
    assert processes() == before
    forgotten: Any = Processes(1)
    list(forgotten.map(DOUBLING, [1]))
    del forgotten
    gc.collect()
    deadline = time.monotonic() + 5
    while processes() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert processes() == before


def test_families_cross_by_name_or_by_declaration() -> None:
    for name in ("figures", "figures:program", "splits+functions"):
        family = get_family(name)
        assert carried(family).declaration is None
        assert carried(family).family() is family
    for own in (DIALS, FRAMED):
        assert own.vocabulary  # what it has made by now does not hinder
        assert carried(own).family().vocabulary.fingerprint == own.vocabulary.fingerprint
        assert carried(own).family().render is own.render
    closed = Family("closed", "A", "a : A", render=lambda program: None)
    with pytest.raises(ConfigError) as error:
        carried(closed)
    assert error.value.fact.startswith("family closed cannot cross to other processes: ")
    assert error.value.hint == "name its functions as package.module:function"
    figures = get_family("figures")
    other = Carried("figures", "0" * 64, 7, None)
    with pytest.raises(FamilyError) as differs:
        other.family()
    assert str(differs.value) == (
        f"a worker has figures of fingerprint {figures.vocabulary.fingerprint[:12]}, semantics {figures.semantics}, "
        "expected 000000000000, semantics 7\n  -> install the same packages on all machines"
    )


def test_clusters_by_what_people_say() -> None:
    assert open_cluster() is None
    with pytest.raises(ConfigError) as error:
        open_cluster(2, "local")
    assert str(error.value) == "both processes and Ray were asked for\n  -> leave one of them out"
    with pytest.raises(ConfigError) as error:
        open_cluster(None, "local:0")
    assert str(error.value) == (
        "'local:0' is no place of a Ray cluster\n  -> write local, local:2, auto, or an address as in 10.0.0.1:6379"
    )
