"""Clusters by what people say: so many processes of this machine, or Ray."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.clusters.cluster import Cluster
from i2c_core.clusters.processes import Processes
from i2c_core.errors import ConfigError


def open_cluster(
    workers: int | None = None, ray: str | None = None, tell: Callable[[str], None] | None = None
) -> Cluster | None:
    """A cluster, or None where neither processes nor Ray are asked for: then all work is done in this process.

    Args:
        workers: how many processes of this machine.
        ray: a Ray cluster, see `RayCluster`.
        tell: called with a line when a worker is lost.

    Raises:
        ConfigError: both are asked for, or Ray is not installed.
        ClusterError: no Ray cluster answers.
    """
    if workers is not None and ray is not None:
        raise ConfigError("both processes and Ray were asked for", "leave one of them out")
    if ray is not None:
        from i2c_core.clusters.rays import RayCluster

        return RayCluster(ray, tell)
    return None if workers is None else Processes(workers, tell)
