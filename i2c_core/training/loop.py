"""The training loop, from settings to a checkpoint, read from top to bottom.

Batches and dropout are functions of (seed, step) and the learning rate is one of the step, so that a run which is
killed and resumed ends at the very weights of one that was not.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from i2c_core.checkpoints import MODEL_FILE, fill, load_checkpoint, require_match
from i2c_core.config import OptimSettings, TrainConfig
from i2c_core.devices import find_device
from i2c_core.families import Family
from i2c_core.model import ModelConfig, build
from i2c_core.progress import Progress, make_progress
from i2c_core.raster import Renderer
from i2c_core.training.batches import Prefetcher
from i2c_core.training.loss import masked_loss
from i2c_core.training.record import Record
from i2c_core.training.run import Run, load_state, require_network, require_new, require_same
from i2c_core.training.schedule import learning_rate
from i2c_core.training.sources import Sources
from i2c_core.training.supply import Supply, TrainingBatch
from i2c_core.training.surroundings import conclude, introduce, own_chance, own_threads, safe, wants_bf16
from i2c_core.training.validation import Validation
from i2c_core.training.watch import Means, Times, stop_requests


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


def train(
    family: Family,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network that reads a family's pictures.

    Args:
        family: the language and its renderer.
        config: the settings; what the family decides is filled in.
        out: the run's folder.
        resume: go on with the run in `out`, after a kill at any moment.
        init: a checkpoint of the same family to begin from, instead of from random weights.
        progress: where to tell how far it is; stderr where it is None.

    Returns:
        Where the checkpoint is. After Ctrl-C or SIGTERM it is saved and `finished` is False.

    Raises:
        ConfigError: settings that contradict each other, the family or the machine.
        CheckpointError: weights or a run of another family or network, or a damaged file.
        TrainingError: a folder with another run, or a loss that is no number.
        DiskError: the disk is full; what was saved before is whole.
    """
    progress = make_progress() if progress is None else progress
    config = config.for_family(family)
    family = _at_size(family, config)
    device = find_device(config.run.device)
    state = load_state(out) if resume else None
    if state is None:
        require_new(out)
    else:
        require_match(state, family)
        require_same(out, state, config)

    with ExitStack() as stack:
        stack.enter_context(own_chance(device))
        stack.enter_context(own_threads(config.run.threads))
        torch.manual_seed(config.run.seed)
        network = network_config(family, config)
        model = build(network)
        if state is None and init is not None:
            weights = load_checkpoint(init)
            require_match(weights, family)
            require_network(weights, network)
            fill(model, weights.tensors, weights.name)
        model.to(device)
        mean = copy.deepcopy(model).requires_grad_(False) if config.optim.ema else None
        optimizer = make_optimizer(model, config.optim)
        run = Run(out, family, config, model, mean, optimizer, network, began_from="" if init is None else str(init))
        if state is not None:
            run.restore(state)
        stack.enter_context(run.telling_what_is_safe())
        run.begin()
        introduce(run, device, progress, before=None if state is None else state.meta["train"].get("hardware"))
        cache = Path(config.data.cache) if config.data.cache else None
        renderer = stack.enter_context(
            Renderer(family, workers=config.data.workers, time_limit=config.data.time_limit, cache=cache)
        )
        record = stack.enter_context(Record(out, run.step, config.run.tensorboard))
        sources = Sources(family, config, renderer, progress)
        supply = Supply(family, network, sources.stream, renderer, pinned=device.type == "cuda")
        validation = Validation(sources.held_out, supply, renderer, device)

        # ---------------------------------------------------------------------------------------- the loop
        steps, settings = config.run.steps, config.run
        dtype = torch.bfloat16 if wants_bf16(settings.precision, device) else torch.float32
        clip = config.optim.clip or float("inf")
        means, times, before = Means(device), Times(progress.say, plain=not family.batched), run.seconds
        results: dict[str, float] = {} if state is None else dict(state.meta["train"]["results"])
        model.train()
        batches = stack.enter_context(Prefetcher(supply.at, range(run.step, steps), config.data.prefetch))
        task = stack.enter_context(progress.task("training", steps, run.step))
        stop = stack.enter_context(stop_requests())
        while run.step < steps and not stop.is_set():
            batch: TrainingBatch = batches.get().to(device)
            if config.model.dropout:
                torch.manual_seed(_step_seed(settings.seed, run.step))
            rate = learning_rate(run.step, steps, config.optim)
            for group in optimizer.param_groups:
                group["lr"] = rate

            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                logits = model(batch.observation, batch.ids, batch.where)  # (B, T, V)
            loss = masked_loss(logits, batch.ids, batch.legal)
            optimizer.zero_grad(set_to_none=True)
            loss.mean.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if mean is not None:
                _move_mean(mean, model, config.optim.ema)
            means.add(loss, norm)
            run.step += 1
            run.seconds = before + times.seconds
            times.step(batches.waited, batches.made, supply.drawn)

            looked, last, note = times.seconds, run.step == steps, ""
            evaluates = last or (settings.eval_every > 0 and run.step % settings.eval_every == 0)
            saves = last or stop.is_set() or (settings.save_every > 0 and run.step % settings.save_every == 0)
            if evaluates or saves or run.step % settings.log_every == 0:
                means.require_finite(run.step, safe(run))
                times.judge()
                values = {**means.read(), "rate": rate, "samples": run.step * settings.batch_size}
                values |= {"seconds": run.seconds, **times.shares()}
                if evaluates:
                    results = validation(model if mean is None else mean)
                note = f"loss {values['loss']:.4f}"
                record.write(run.step, {**values, **results} if evaluates else values)
            if last:
                trusted = model if mean is None else mean
                run.calibration = validation.calibrate(trusted, settings.calibration_samples)
            if saves:
                run.save(device, results)
            if evaluates:
                record.draw()
            times.aside += times.seconds - looked
            task.advance(note=note)
        if run.saved != run.step:  # asked to stop since the last step looked
            means.require_finite(run.step, safe(run))
            run.save(device, results)
        # ------------------------------------------------------------------------------------------------

    finished = run.step >= steps
    conclude(run, finished, results, times.shares(), progress)
    return Trained(out, out / MODEL_FILE, run.step, finished, results)


def network_config(family: Family, config: TrainConfig) -> ModelConfig:
    """The network's numbers from settings that `for_family` has filled in."""
    model, data = config.model, config.data
    assert model.budget is not None
    assert data.height is not None
    assert data.width is not None
    return ModelConfig(
        vocabulary=family.vocabulary.size,
        max_tokens=model.budget,
        image=(family.channels, data.height, data.width),
        decoder=model.decoder,  # type: ignore[arg-type]  # one of its choices
        width=model.width,
        layers=model.layers,
        heads=model.heads,
        channels=model.channels,
        blocks=model.blocks,
        where=bool(model.where),
        crop=model.crop or 0,
        dropout=model.dropout,
    )


def _at_size(family: Family, config: TrainConfig) -> Family:
    """The family with the pictures of the run as its own, where the run wants another size."""
    size = (config.data.height or family.size[0], config.data.width or family.size[1])
    return family if size == family.size else replace(family, size=size)


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


def _step_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0])


@torch.no_grad()
def _move_mean(mean: nn.Module, model: nn.Module, decay: float) -> None:
    for slow, fast in zip(mean.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)
