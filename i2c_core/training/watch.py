"""What a run looks out for: how the loss goes, numbers that are none, where the time goes, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from torch import Tensor

from i2c_core.errors import TrainingError
from i2c_core.training.loss import Loss
from i2c_core.training.processes import ALONE, Processes

TOO_LONG = 0.3  # share of a step spent waiting for data from which on it is told
SETTLED = 5  # batches after which waiting is judged; the first ones fill tables and start processes


class Means:
    """Means over the steps since they were last read, kept on the device, so that adding never waits for it.

    Each process adds what it has seen; what is read is of all of them, by all of them at the same step.
    """

    def __init__(self, device: torch.device, processes: Processes = ALONE) -> None:
        self.device, self.processes = device, processes
        self._start()

    def _start(self) -> None:
        self.sums = torch.zeros(4, dtype=torch.float64, device=self.device)  # nats, correct, tokens, norms
        self.steps = 0

    def add(self, loss: Loss, norm: Tensor) -> None:
        """Count one step; `norm` is that of its gradient."""
        self.sums += torch.stack([loss.total.detach(), loss.correct, loss.tokens, norm.detach()]).double()
        self.steps += 1

    def require_finite(self, step: int, safe: str) -> None:
        """Raise `TrainingError` where a loss or a gradient since the last `read` was no number; waits for the device.

        Args:
            step: the number of steps done.
            safe: what is saved, and how to go on from it.
        """
        if self.steps and not bool(self.processes.sum(self.sums).isfinite().all()):
            where = f"at step {step}" if self.steps == 1 else f"between steps {step - self.steps + 1} and {step}"
            raise TrainingError(f"the loss or its gradient is no number {where}", safe)

    def read(self) -> dict[str, float]:
        """The means: loss in nats a token, accuracy, norm of the gradient; then begins anew."""
        nats, correct, tokens, norms = self.processes.sum(self.sums).tolist()
        steps = self.steps * self.processes.count  # each has added the norm, the same one
        self._start()
        return {"loss": nats / tokens, "accuracy": correct / tokens, "gradient": norms / steps}


class Times:
    """Where the time of a run goes; says once where the network waits for its data.

    Args:
        say: where it is told.
        plain: whether the family draws one program at a time, so that processes and a cache help.

    Attributes:
        aside: seconds of evaluations and saves, which are no part of a step.
    """

    def __init__(self, say: Callable[[str], None], plain: bool) -> None:
        self.say, self.plain, self.told = say, plain, False
        self.aside = 0.0
        self._begin = time.perf_counter()
        self._steps = 0
        self._settled = self._spent = (0.0, 0.0, 0.0, 0.0)

    @property
    def seconds(self) -> float:
        """Since this was made."""
        return time.perf_counter() - self._begin

    def step(self, waited: float, made: float, drawn: float) -> None:
        """A step has ended, and so far: the loop waited for batches, making them took, and drawing took, in seconds."""
        self._steps += 1
        self._spent = (waited, made, drawn, self.seconds - self.aside)
        if self._steps == SETTLED:
            self._settled = self._spent

    def shares(self) -> dict[str, float]:
        """Of the time of all steps: what the loop waited for data, and what drawing took beside it."""
        waited, _, drawn, elapsed = self._spent
        return {"waiting": waited / max(elapsed, 1e-9), "drawing": drawn / max(elapsed, 1e-9)}

    def judge(self) -> None:
        """Tell, the first time that it is so, what the network waits for; the first few steps do not count."""
        waited, made, drawn, elapsed = (now - then for now, then in zip(self._spent, self._settled, strict=True))
        share = waited / max(elapsed, 1e-9)
        if self.told or self._steps <= SETTLED or share <= TOO_LONG:
            return
        self.told = True
        what = "rendering" if drawn >= 0.5 * made else "sampling"
        hint = "draw once: i2c dataset build, then i2c train --data"
        if what == "rendering" and self.plain:
            hint = "raise data.workers, set data.cache, or write a batched renderer: docs/new-family.md"
        self.say(f"{what} takes {100 * share:.0f} % of a step: {hint}")


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, so that a step is finished and saved; a second Ctrl-C stops at once.

    Outside the main thread, which alone may catch signals, it is never set.
    """
    wanted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield wanted
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if wanted.is_set():
            raise KeyboardInterrupt
        wanted.set()

    caught = [signal.SIGINT, signal.SIGTERM]
    before = [signal.signal(s, ask) for s in caught]
    try:
        yield wanted
    finally:
        for number, handler in zip(caught, before, strict=True):
            signal.signal(number, handler)
