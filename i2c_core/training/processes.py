"""The processes of a run: one, or as many as `torchrun` started beside each other, on one machine or on several.

Each learns from its own rows of every batch, and all of them move the same weights by the same gradient. What a run
writes and says, the first one writes and says. Legend: W processes, C channels.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from i2c_core.devices import find_device
from i2c_core.errors import ConfigError, TrainingError

PATIENCE = timedelta(hours=2)  # that the others wait for the first one to evaluate, calibrate and save
TOLD = "i2c/told"  # in the store that the processes share: how many of them have an error to tell
ELECTED = "elected"  # attribute of an error, true in the process that is to tell it
_STARTED_BY = os.getppid()


@dataclass(frozen=True)
class Processes:
    """The processes that learn together, seen from one of them; in one process nothing here does anything.

    Attributes:
        rank: of this one, from 0.
        count: W.
        local: its rank among those of its machine, and so the number of its GPU.
        beside: how many there are on its machine.
    """

    rank: int = 0
    count: int = 1
    local: int = 0
    beside: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    @property
    def orphaned(self) -> bool:
        """Whether the torchrun that started this process is gone, as nobody can stop the run any more then."""
        return self.count > 1 and "TORCHELASTIC_RUN_ID" in os.environ and os.getppid() != _STARTED_BY

    def rows(self, batch: int) -> slice:
        """Which rows of a batch are this one's: all are somebody's, and shares differ by one at most.

        >>> [Processes(rank, 3).rows(8) for rank in range(3)]
        [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
        """
        return slice(self.rank * batch // self.count, (self.rank + 1) * batch // self.count)

    def sum(self, own: Tensor) -> Tensor:
        """The sum over all processes, without a gradient: what a loss is divided by, so that their losses add up."""
        if self.count == 1:
            return own
        total = own.detach().clone()
        dist.all_reduce(total)
        return total

    def any(self, own: bool) -> bool:
        """Whether one of them says so; all get the same answer, and none before all have asked."""
        if self.count == 1:
            return own
        said = torch.tensor(int(own))  # on the CPU, so that no GPU is waited for
        dist.all_reduce(said, dist.ReduceOp.MAX)
        return bool(said)

    def device(self, name: str) -> torch.device:
        """The device of a name, one GPU a process.

        Raises:
            ConfigError: there are fewer than processes, or one is named for all.
        """
        if self.count == 1 or name == "cpu":
            return find_device(name)
        if name.startswith("cuda:"):
            fact = f"device {name} was asked for by {self.count} processes, each of which has one of its own"
            raise ConfigError(fact, "use --device cuda")
        if find_device(name).type == "cpu":
            return torch.device("cpu")
        if self.beside > torch.cuda.device_count():
            fact = f"{self.beside} processes were started here, torch sees {torch.cuda.device_count()} CUDA devices"
            raise ConfigError(fact, "start one process a device, or use --device cpu")
        torch.cuda.set_device(self.local)
        return torch.device("cuda", self.local)

    def require_alike(self, step: int, config: Mapping[str, Any]) -> None:
        """Raise `ConfigError` where the processes are not about to learn the same from the same step on."""
        if self.count == 1:
            return
        text = json.dumps(config, sort_keys=True)
        own = torch.tensor([step, zlib.crc32(text.encode())])
        all_ = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(all_, own)
        for rank, theirs in enumerate(all_):
            if theirs[0] != all_[0][0]:
                fact = f"process 0 is at step {int(all_[0][0])} and process {rank} at step {int(theirs[0])}"
                raise ConfigError(fact, "let all machines see one run's folder")
            if theirs[1] != all_[0][1]:
                raise ConfigError(f"processes 0 and {rank} have different settings", "start all with the same command")

    def require_rows(self, batch: int) -> None:
        """Raise `ConfigError` where a batch is too small for each process to have something of it."""
        if batch < self.count:
            fact = f"{self.count} processes cannot share a batch of {batch}"
            raise ConfigError(fact, f"use --batch-size {self.count} or more, or fewer processes")


ALONE = Processes()


def processes() -> Processes:
    """Those that are joined."""
    if not (dist.is_available() and dist.is_initialized()):
        return ALONE
    rank, count = dist.get_rank(), dist.get_world_size()
    return Processes(rank, count, _number("LOCAL_RANK", rank), _number("LOCAL_WORLD_SIZE", count))


@contextmanager
def joined() -> Iterator[Processes]:
    """Meets the processes that `torchrun` started beside this one. One that was started by itself is alone.

    Of an error that ends all of them one process tells; the others leave without a word, with exit code 1.

    Raises:
        ConfigError: what torchrun said is incomplete.
        TrainingError: the others cannot be met, or one of them is gone.
    """
    if _number("WORLD_SIZE", 1) == 1 or processes() != ALONE:
        yield processes()
        return
    store = _meet()
    try:
        yield processes()
        processes().any(False)  # torchrun ends all when one leaves with an exit code, as one that was stopped does
    except (Exception, KeyboardInterrupt) as error:
        if not _elected(store):
            raise SystemExit(1) from error
        setattr(error, ELECTED, True)
        if not _is_lost(error):
            raise
        lost = TrainingError("a process of this run is gone", "see what ended it, then go on with --resume")
        setattr(lost, ELECTED, True)
        raise lost from error
    else:
        dist.destroy_process_group()


def _elected(store: Any) -> bool:
    """Whether this process is the first one that asks."""
    try:
        return bool(store.add(TOLD, 1) == 1)
    except RuntimeError:  # the process that keeps the store is gone
        return True


def _meet() -> Any:
    """The store that all processes share, with the group of all made; both are torch's."""
    if not dist.is_available():
        raise ConfigError("several processes were started, but this torch has no torch.distributed", "start one")
    from torch.distributed.rendezvous import rendezvous

    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        if name not in os.environ:
            fact = f"WORLD_SIZE says {os.environ['WORLD_SIZE']} processes, but {name} is not set"
            raise ConfigError(fact, "start with torchrun, or unset WORLD_SIZE")
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and dist.is_nccl_available() else "gloo"
    try:
        store, rank, count = next(rendezvous("env://", timeout=PATIENCE))
        dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        fact = f"the other processes of this run cannot be met at {where}: {str(error).splitlines()[0]}"
        raise TrainingError(fact, "check the addresses given to torchrun") from error
    return store


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else otherwise


def _is_lost(error: BaseException) -> bool:
    """Whether an error is that of a collective whose other side is gone."""
    texts = ("closed by peer", "reset by peer", "Broken pipe", "Timed out waiting", "remote process exited")
    return isinstance(error, RuntimeError) and any(text in str(error) for text in texts)
