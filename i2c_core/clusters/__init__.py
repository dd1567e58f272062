"""Work on many processes and machines: one function over many items, results in order, lost workers replaced."""

from i2c_core.clusters.cluster import Cluster, ClusterError
from i2c_core.clusters.crossing import Carried, carried
from i2c_core.clusters.jobs import Job
from i2c_core.clusters.opening import open_cluster

__all__ = ["Carried", "Cluster", "ClusterError", "Job", "carried", "open_cluster"]
