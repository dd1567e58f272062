"""What a run looks out for: how the loss goes, numbers that are none, where the time goes, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import torch
from torch import Tensor

from i2c_core.errors import TrainingError
from i2c_core.training.loss import Loss

TOO_LONG = 0.3  # share of a step spent waiting for data from which on it is told
SETTLED = 5  # batches after which waiting is judged; the first ones fill tables and start processes


class Means:
    """Means over the steps since they were last read, kept on the device, so that adding never waits for it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
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
        if self.steps and not bool(self.sums.isfinite().all()):
            fact = f"the loss or its gradient is no number between steps {step - self.steps + 1} and {step}"
            raise TrainingError(fact, safe)

    def read(self) -> dict[str, float]:
        """The means: loss in nats a token, accuracy, norm of the gradient; then begins anew."""
        nats, correct, tokens, norms = self.sums.tolist()
        steps = self.steps
        self._start()
        return {"loss": nats / tokens, "accuracy": correct / tokens, "gradient": norms / steps}


@dataclass
class Waiting:
    """Judges once whether the network waits for its data.

    Attributes:
        say: where it is told.
        workers: whether the family draws one program at a time, so that processes and a cache help.
    """

    say: Callable[[str], None]
    plain: bool
    told: bool = False

    def judge(self, waited: float, made: float, drawn: float, elapsed: float) -> None:
        """Tell, the first time that it is so, what the network waits for.

        Args:
            waited: seconds that the loop waited for batches.
            made: seconds that making them took.
            drawn: seconds of `made` that rendering took.
            elapsed: seconds that the loop took.
        """
        share = waited / max(elapsed, 1e-9)
        if self.told or share <= TOO_LONG:
            return
        self.told = True
        if drawn < 0.5 * made:
            hint = "draw them once: i2c dataset build, then train --data"
            self.say(f"sampling takes {100 * share:.0f} % of a step: {hint}")
        elif self.plain:
            hint = "raise data.workers, set data.cache, or write a batched renderer: docs/new-family.md"
            self.say(f"rendering takes {100 * share:.0f} % of a step: {hint}")
        else:
            hint = "make the renderer faster, or draw once: i2c dataset build, then train --data"
            self.say(f"rendering takes {100 * share:.0f} % of a step: {hint}")


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


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.begin = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin
