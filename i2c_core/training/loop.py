"""The training loop of all learners, from settings to a checkpoint, read from top to bottom.

A learner brings its network, its lessons and its loss. Lessons and chance are functions of (seed, step) and the
learning rate is one of the step, so that a run which is killed and resumed ends at the very weights of one that was
not. Of several processes all go through it side by side; the first one alone evaluates, writes and tells.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from i2c_core.calibration import Calibration
from i2c_core.checkpoints import LEARNER, MODEL_FILE, Checkpoint, NetworkNumbers, fill, load_checkpoint, require_match
from i2c_core.config import OptimSettings, TrainConfig
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.files import locate, require_local
from i2c_core.progress import Progress, Silent, make_progress
from i2c_core.raster import Renderer
from i2c_core.training.batches import Prefetcher
from i2c_core.training.loss import Loss
from i2c_core.training.processes import ALONE, Processes, joined
from i2c_core.training.record import NoRecord, Record
from i2c_core.training.run import Run, load_state, require_network, require_new, require_same
from i2c_core.training.schedule import learning_rate
from i2c_core.training.sharing import share
from i2c_core.training.surroundings import conclude, introduce, own_chance, own_threads, safe, wants_bf16
from i2c_core.training.watch import Means, Times, stop_requests

Lesson = TypeVar("Lesson")
Network = TypeVar("Network", bound=nn.Module)
Precision = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        folder: the run's folder.
        checkpoint: what to decode with.
        step: how many batches it learned from; `finished` is whether these are all.
        results: of the last evaluation on held-out images.
    """

    folder: Path
    checkpoint: Path
    step: int
    finished: bool
    results: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task(Generic[Lesson, Network]):
    """What a learner learns from, and how it knows how well.

    Attributes:
        lessons: the lesson of a step, made ahead in a thread of its own.
        loss: `(lesson, step, precision)` to what is told of the loss, and what is made less; `precision()` is the
            context in which the network should run.
        validate: how well a network does on what it has not learned from, by name.
        calibrate: `(network, count)` to how much to trust what it answers, fitted on `count` images; None where there
            are none.
        drawn: seconds that drawing took so far.
        plain: whether the family draws one program at a time, so that processes and a cache would help.
        shares: whether lessons are of the session's `processes.rows` of a batch, and what is made less adds up to that
            of the batch over all processes. A task that does not share learns in one process.
    """

    lessons: Callable[[int], Lesson]
    loss: Callable[[Lesson, int, Precision], tuple[Loss, Tensor]]
    validate: Callable[[Network], dict[str, float]]
    calibrate: Callable[[Network, int], Calibration | None]
    drawn: Callable[[], float] = lambda: 0.0
    plain: bool = False
    shares: bool = False


@dataclass(frozen=True, eq=False)
class Session(Generic[Network]):
    """What a task is made from: a run that is about to begin, or to go on.

    Attributes:
        network: learns; on `device`.
        stack: closes with the run.
        processes: those that learn together.
    """

    network: Network
    device: torch.device
    progress: Progress
    stack: ExitStack
    processes: Processes = ALONE

    def renderer(self, family: Family, config: TrainConfig) -> Renderer:
        """The renderer that the settings ask for, closed with the run."""
        cache = locate(config.data.cache) if config.data.cache else None
        if cache is not None:
            require_local(cache, "pictures drawn before")
        renderer = Renderer(family, workers=config.data.workers, time_limit=config.data.time_limit, cache=cache)
        return self.stack.enter_context(renderer)


def learn(
    family: Family,
    config: TrainConfig,
    out: Path,
    build: Callable[[], tuple[Network, NetworkNumbers]],
    prepare: Callable[[Session[Network]], Task[Lesson, Network]],
    *,
    name: str = LEARNER,
    resume: bool = False,
    init: Path | None = None,
    begin_from: Callable[[Network, Checkpoint], None] | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Run a learner.

    Args:
        family: the language, with pictures of the run's size.
        config: the settings, what the family decides filled in.
        out: the run's folder.
        build: the network at random, and its numbers.
        prepare: the task.
        name: the learner's.
        resume: go on with the run in `out`, after a kill at any moment.
        init: a checkpoint to begin from, instead of from random weights.
        begin_from: how that is done; None wants the same family and network.
        progress: where to tell how far it is; stderr where it is None.

    Returns:
        Where the checkpoint is. After Ctrl-C or SIGTERM it is saved and `finished` is False.

    Raises:
        ConfigError: settings that contradict each other, the family or the machine.
        CheckpointError: weights or a run of another family or network, or a damaged file.
        TrainingError: a folder with another run, a loss that is no number, or a process of the run that is gone.
        DiskError: the disk is full; what was saved before is whole.
    """
    with ExitStack() as stack:
        processes = stack.enter_context(joined())
        processes.require_rows(config.run.batch_size)
        if not processes.first:
            progress = Silent()
        elif progress is None:
            progress = make_progress()
        device = processes.device(config.run.device)
        state = load_state(out) if resume else None
        if state is None:
            require_new(out)
        else:
            require_match(state, family)
            require_same(out, state, config, name)

        stack.enter_context(own_chance(device))
        stack.enter_context(own_threads(config.run.threads))
        torch.manual_seed(config.run.seed)
        network, numbers = build()
        if state is None and init is not None:
            weights = load_checkpoint(init)
            if begin_from is not None:
                begin_from(network, weights)
            else:
                require_match(weights, family)
                require_network(weights, numbers)
                fill(network, weights.tensors, weights.name)
        network.to(device)
        mean = copy.deepcopy(network).requires_grad_(False) if config.optim.ema else None
        trusted = network if mean is None else mean
        optimizer = make_optimizer(network, config.optim)
        begin = "" if init is None else str(init)
        run = Run(out, family, config, network, mean, optimizer, numbers, processes, began_from=begin, learner=name)
        if state is not None:
            run.restore(state)
        processes.require_alike(run.step, config.to_dict())
        stack.enter_context(run.telling_what_is_safe())
        run.begin()
        introduce(run, device, progress, before=None if state is None else state.meta["train"].get("hardware"))
        task = prepare(Session(network, device, progress, stack, processes))
        if processes.count > 1 and not task.shares:
            fact = f"the learner {name!r} learns in one process, {processes.count} were started"
            raise ConfigError(fact, "start it without torchrun")
        step_loss = share(processes, network, task.loss)
        record: Record | NoRecord
        record = Record(out, run.step, config.run.tensorboard) if processes.first else NoRecord()
        stack.enter_context(record)

        # ---------------------------------------------------------------------------------------- the loop
        steps, settings = config.run.steps, config.run
        dtype = torch.bfloat16 if wants_bf16(settings.precision, device) else torch.float32
        clip = config.optim.clip or float("inf")
        means, times, before = Means(device, processes), Times(progress.say, plain=task.plain), run.seconds
        results: dict[str, float] = {} if state is None else dict(state.meta["train"]["results"])
        network.train()
        lessons = stack.enter_context(Prefetcher(task.lessons, range(run.step, steps), config.data.prefetch))
        shown = stack.enter_context(progress.task("training", steps, run.step))
        stop = stack.enter_context(stop_requests())

        def precision() -> AbstractContextManager[Any]:
            return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)

        while run.step < steps and not processes.any(stop.is_set() or processes.orphaned):
            lesson = lessons.get()
            rate = learning_rate(run.step, steps, config.optim)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss, less = step_loss(lesson, run.step, precision)
            optimizer.zero_grad(set_to_none=True)
            less.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
            if mean is not None:
                _move_mean(mean, network, config.optim.ema)
            means.add(loss, norm)
            run.step += 1
            run.seconds = before + times.seconds
            times.step(lessons.waited, lessons.made, task.drawn())

            looked, last, note = times.seconds, run.step == steps, ""
            evaluates = last or (settings.eval_every > 0 and run.step % settings.eval_every == 0)
            saves = last or (settings.save_every > 0 and run.step % settings.save_every == 0)
            if evaluates or saves or run.step % settings.log_every == 0:
                means.require_finite(run.step, safe(run))
                times.judge()
                values = {**means.read(), "rate": rate, "samples": run.step * settings.batch_size}
                values |= {"seconds": run.seconds, **times.shares()}
                if evaluates and processes.first:
                    results = task.validate(trusted)
                note = f"loss {values['loss']:.4f}"
                record.write(run.step, {**values, **results} if evaluates else values)
            if last and processes.first:
                run.calibration = task.calibrate(trusted, settings.calibration_samples)
            if saves:
                run.save(device, results)
            if evaluates:
                record.draw()
            times.aside += times.seconds - looked
            shown.advance(note=note)
        if run.saved != run.step:  # asked to stop since the last step looked
            means.require_finite(run.step, safe(run))
            run.save(device, results)
        processes.any(False)  # nobody leaves before the first one has saved
        # ------------------------------------------------------------------------------------------------

    finished = run.step >= steps
    conclude(run, finished, results, times.shares(), progress)
    return Trained(out, out / MODEL_FILE, run.step, finished, results)


def make_optimizer(model: nn.Module, optim: OptimSettings) -> torch.optim.Optimizer:
    """AdamW; only the matrices of linear, recurrent and convolutional layers decay."""
    decays: list[nn.Parameter] = []
    stays: list[nn.Parameter] = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            matrix = parameter.dim() >= 2 and name.startswith("weight") and not isinstance(module, nn.Embedding)
            (decays if matrix else stays).append(parameter)
    groups = [{"params": decays, "weight_decay": optim.weight_decay}, {"params": stays, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=optim.lr, betas=(optim.beta1, optim.beta2), fused=True)


@torch.no_grad()
def _move_mean(mean: nn.Module, network: nn.Module, decay: float) -> None:
    for slow, fast in zip(mean.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)
    for told, now in zip(mean.buffers(), network.buffers(), strict=True):
        told.copy_(now)
