"""Ray as a cluster: processes of this machine, or of many (P. Moritz et al., "Ray", OSDI 2018, arXiv:1712.05889).

Ray decides where an item runs. What a lost worker had is given out again by `Cluster.map`, not by Ray, so that it is
counted and told. What Ray says on standard output and error is switched off: outputs are code and data.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from i2c_core.clusters.cluster import Cluster, ClusterError, Lost
from i2c_core.clusters.jobs import answer
from i2c_core.errors import ConfigError

EXTRA = 'pip install "images-to-code[ray]"'
LOCAL = re.compile(r"local(?::([1-9]\d{0,3}))?")
_ANSWERS = 5.0  # seconds in which a cluster takes a connection
_STORE = 256 << 20  # bytes of shared memory of a local cluster: a few results are in it at a time
_HAND_ON = ("I2C_LOAD_PLUGINS",)  # variables that decide what a family is


class RayCluster(Cluster):
    """The workers of a Ray cluster, each with one item and one core at a time.

    Args:
        where: "local" for a cluster of this machine's cores, started now and ended with this one; "local:2" for so
            many workers; or the address of a cluster that runs, "host:6379", "ray://host:10001" or "auto".
        tell: called with a line when a worker is lost.

    Raises:
        ConfigError: Ray is not installed; `where` says nothing.
        ClusterError: no cluster answers.
    """

    def __init__(self, where: str, tell: Callable[[str], None] | None = None) -> None:
        super().__init__(tell)
        local = LOCAL.fullmatch(where)
        if local is None and (where.startswith("local") or not re.fullmatch(r"auto|(ray://)?\S+:\d{1,5}", where)):
            fact = f"{where!r} is no place of a Ray cluster"
            raise ConfigError(fact, "write local, local:2, auto, or an address as in 10.0.0.1:6379")
        self._ray = _import()
        if local is None:
            _require_answer(where)
        self._own = not self._ray.is_initialized()
        if self._own:
            self._begin(where, local)
        resources: dict[str, float] = self._ray.cluster_resources()
        self.workers = max(1, int(resources.get("CPU", 1)))
        self._remote = self._ray.remote(num_cpus=1, max_retries=0)(answer)

    def _begin(self, where: str, local: re.Match[str] | None) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if local is not None:
            workers = int(local[1]) if local[1] else None
            options |= {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _STORE}
            options |= {"address": "local"}
            os.environ.setdefault("RAY_worker_niceness", "0")  # else every other process goes first: Ray's own is 15
        else:
            variables = {name: os.environ[name] for name in _HAND_ON if name in os.environ}
            options |= {"address": where, "runtime_env": {"env_vars": variables} if variables else None}
        before = signal.getsignal(signal.SIGTERM)
        try:
            self._ray.init(**options)
            if before is not None and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, before)  # Ray's own prints its stack and aborts
        except Exception as error:  # Ray's own, of sockets, of the system
            fact = f"no Ray cluster could be had at {where}: {' '.join(str(error).split())[:200]}"
            raise ClusterError(fact, "look whether it runs with 'ray status', or use local") from None

    def _announce(self, job: bytes) -> Any:
        return self._ray.put(job)

    def _submit(self, work: Any, item: Any) -> Any:
        return self._remote.remote(work, item)

    def _result(self, handle: Any) -> tuple[bool, Any]:
        errors = self._ray.exceptions
        try:
            said: tuple[bool, Any] = self._ray.get(handle)
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.ObjectLostError) as error:
            raise Lost(f"Ray says {type(error).__name__}") from None
        except errors.OutOfMemoryError:
            raise Lost("its machine ran out of memory") from None
        except errors.RayError as error:
            fact = f"the Ray cluster gave no answer: {' '.join(str(error).split())[:200]}"
            raise ClusterError(fact, "look whether it runs with 'ray status'") from None
        return said

    def _cancel(self, handle: Any) -> None:
        self._ray.cancel(handle, force=False)

    def close(self) -> None:
        """End the cluster where it was started here; leave it otherwise."""
        if self._own:
            self._own = False
            self._ray.shutdown()


def _import() -> Any:
    """Ray, silent."""
    # Its telemetry is off, whatever the machine's own setting says; a warning about GPUs is no business of ours.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise ConfigError("--ray needs ray, which is not installed", EXTRA) from None
    # Ray prints, on standard output, what its daemon says of workers that died; no public setting stops it.
    if hasattr(ray._private.worker, "print_to_stdstream"):
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
    return ray


def _require_answer(address: str) -> None:
    """Raise `ClusterError` where nobody takes connections: Ray itself would wait for minutes."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWERS).close()
    except (OSError, OverflowError) as error:
        fact = f"no Ray cluster answers at {address}: {getattr(error, 'strerror', None) or error}"
        raise ClusterError(fact, "look whether it runs with 'ray status', or use local") from None
