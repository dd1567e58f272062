"""The settings of a training run: defaults, then the family's recipe, then a TOML file, then options.

    [optim]                          --set optim.lr=3e-4
    lr = 3e-4

Each layer overrides the ones before it; the result is frozen, checked, and written beside the run and into its
checkpoints. A setting that is unknown, of another type or outside its range is a `ConfigError` that says where it
came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from i2c_core.errors import ConfigError
from i2c_core.settings import Section, Spec, find_setting, flatten, parse_option, read_toml, setting, specs

if TYPE_CHECKING:
    from i2c_core.families import Family


@dataclass(frozen=True, kw_only=True)
class ModelSettings(Section):
    """The network; the family gives what is not here (tokens, picture size)."""

    name: ClassVar[str] = "model"
    decoder: str = setting("transformer", "transformer or recurrent", choices=("transformer", "recurrent"))
    width: int = setting(128, "features per token and per cell of the image", low=1)
    layers: int = setting(2, "blocks of the decoder", low=1)
    heads: int = setting(4, "attention heads; divides width", low=1)
    channels: int = setting(32, "channels of the encoder's first stage", low=1)
    blocks: int = setting(1, "residual blocks of the encoder", low=0)
    dropout: float = setting(0.0, "share of features dropped while training", low=0, high=0.99)
    where: bool | None = setting(None, "tell the decoder where in the image the next token lives (for zooms)")
    crop: int | None = setting(None, "cells a side of the picture of that place shown to the decoder", low=0)
    budget: int | None = setting(None, "most tokens of a program", low=1)
    values: str | None = setting(
        None,
        "exact numbers in their bins: none, shared (one small network) or own (one a type of numbers)",
        choices=("none", "shared", "own"),
    )


@dataclass(frozen=True, kw_only=True)
class DataSettings(Section):
    """The pairs to learn from."""

    name: ClassVar[str] = "data"
    pairs: str = setting("", "Parquet file or folder of pairs to learn from; empty samples from the family")
    exclude: str = setting("", "pairs whose images are never learned from")
    images: str = setting("", "folder of pictures without programs, to learn from as the network reads them")
    images_share: float = setting(0.25, "share of a batch that such pictures are", low=0, high=1)
    images_confidence: float = setting(0.9, "a reading is learned from where its confidence is as high", low=0, high=1)
    images_distance: float = setting(0.0, "or where it redraws its picture from as near", low=0, high=1)
    min_size: int | None = setting(None, "fewest symbols of a sampled program", low=1)
    max_size: int | None = setting(None, "most symbols of a sampled program", low=1)
    razor: str = setting(
        "auto", "one program an image: auto, sharp, rough or none", choices=("auto", "sharp", "rough", "none")
    )
    table: int = setting(1_000_000, "most codes of a size that are compared to find the shortest ones", low=1)
    size_power: float = setting(0.7, "a size with n programs is drawn in proportion to n to this power", low=0, high=2)
    holdout: bool = setting(True, "keep one image in ten, by its exact pixels, for evaluation")
    height: int | None = setting(None, "rows of pixels of a picture", low=8, high=1024)
    width: int | None = setting(None, "columns of pixels of a picture", low=8, high=1024)
    workers: int | None = setting(None, "processes that draw, for renderers that take one program at a time", low=0)
    time_limit: float = setting(10.0, "seconds that drawing one program may take", low=0.001)
    cache: str = setting("", "folder of pictures drawn before, for slow renderers; empty keeps none")
    prefetch: int = setting(2, "batches made ahead, in a thread; 0 makes each when it is needed", low=0, high=64)


@dataclass(frozen=True, kw_only=True)
class OptimSettings(Section):
    """AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) and its schedule by step."""

    name: ClassVar[str] = "optim"
    lr: float = setting(1e-3, "highest learning rate", low=0)
    warmup: float = setting(0.05, "share of the steps in which the learning rate rises", low=0, high=1)
    schedule: str = setting("cosine", "after the rise: cosine or constant", choices=("cosine", "constant"))
    final: float = setting(0.0, "learning rate at the end, as a share of the highest", low=0, high=1)
    weight_decay: float = setting(0.01, "of matrices; biases, norms and embeddings have none", low=0)
    beta1: float = setting(0.9, "decay of the mean of gradients", low=0, high=0.999999)
    beta2: float = setting(0.99, "decay of the mean of squared gradients", low=0, high=0.999999)
    clip: float = setting(1.0, "largest norm of a gradient; 0 leaves gradients as they are", low=0)
    ema: float = setting(0.0, "decay of a running mean of the weights, to decode with; 0 for none", low=0, high=1)


@dataclass(frozen=True, kw_only=True)
class RunSettings(Section):
    """How long, where, and how often to look."""

    name: ClassVar[str] = "run"
    steps: int = setting(10_000, "batches to learn from", low=1)
    batch_size: int = setting(64, "pairs in a batch", low=1)
    seed: int = setting(0, "of weights, data and dropout", low=0, high=2**31 - 1)
    device: str = setting("auto", "auto, cpu, cuda or cuda:N")
    precision: str = setting("auto", "auto (bf16 on CUDA), fp32 or bf16", choices=("auto", "fp32", "bf16"))
    threads: int | None = setting(None, "CPU threads of the network; as torch chooses", low=1)
    log_every: int = setting(50, "steps between lines of metrics", low=1)
    eval_every: int = setting(1000, "steps between evaluations; 0 evaluates at the end only", low=0)
    eval_samples: int | None = setting(None, "held-out images of an evaluation, 0 for none", low=0)
    calibration_samples: int = setting(128, "held-out images to fit confidence on at the end, 0 for none", low=0)
    save_every: int = setting(500, "steps between checkpoints; 0 saves at the end only", low=0)
    tensorboard: bool = setting(True, "write TensorBoard events too, where it is installed")


SECTIONS: tuple[type[Section], ...] = (ModelSettings, DataSettings, OptimSettings, RunSettings)

# What a run may change when it is resumed: none of these changes what is learned. The device and the threads change the
# order of floating-point sums, and with it the last bits of the weights: the run says so.
HARMLESS = frozenset(
    {
        "data.workers",
        "data.time_limit",
        "data.cache",
        "data.prefetch",
        "run.device",
        "run.threads",
        "run.log_every",
        "run.eval_every",
        "run.eval_samples",
        "run.calibration_samples",
        "run.save_every",
        "run.tensorboard",
    }
)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All settings of a training run."""

    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    optim: OptimSettings = field(default_factory=OptimSettings)
    run: RunSettings = field(default_factory=RunSettings)

    def __post_init__(self) -> None:
        low, high = self.data.min_size, self.data.max_size
        if low is not None and high is not None and low > high:
            fact = f"data.min_size is {low}, above data.max_size, which is {high}"
            raise ConfigError(fact, "raise data.max_size or lower data.min_size")

    def for_family(self, family: Family) -> TrainConfig:
        """This config with everything that the family decides filled in.

        Raises:
            BudgetError: the budget is below the family's shortest program.
            ConfigError: sizes that no program within the budget has, or pictures that the family cannot draw.
        """
        model, data = self.model, self.data
        budget = family.budget if model.budget is None else model.budget
        family.vocabulary.require_budget(budget)
        where = family.has_zooms if model.where is None else model.where
        values = model.values
        has_numbers = bool(family.vocabulary.continuous.any())
        if values is None:
            values = "own" if has_numbers else "none"
        elif values != "none" and not has_numbers:
            fact = f"model.values is {values}, but the programs of {family.name} hold no continuous numbers"
            raise ConfigError(fact, "leave model.values out")
        crop = (16 if where else 0) if model.crop is None else model.crop
        low = family.vocabulary.shortest if data.min_size is None else data.min_size
        high = budget if data.max_size is None else data.max_size
        if high > budget:
            fact = f"data.max_size is {high}, above the budget of {budget} tokens"
            raise ConfigError(fact, "raise model.budget or lower data.max_size")
        height = family.size[0] if data.height is None else data.height
        width = family.size[1] if data.width is None else data.width
        if (height, width) != family.size and not family.any_size:
            own = f"{family.size[1]}x{family.size[0]}"
            fact = f"pictures of {width}x{height} were asked for, {family.name} draws {own} only"
            raise ConfigError(fact, "leave data.width and data.height out")
        return replace(
            self,
            model=replace(model, where=where, crop=crop, budget=budget, values=values),
            data=replace(data, min_size=low, max_size=high, height=height, width=width),
        )

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Plain values by section, None left out; `resolve_config` reads it as its base."""
        sections = {s.name: getattr(self, s.name) for s in SECTIONS}
        return {
            name: {s.field: v for s in specs(type(part)) if (v := getattr(part, s.field)) is not None}
            for name, part in sections.items()
        }

    def to_toml(self) -> str:
        """The config as a TOML file that `i2c train --config` reads."""
        lines = []
        for section in SECTIONS:
            lines.append(f"[{section.name}]")
            for spec in specs(section):
                value = getattr(getattr(self, section.name), spec.field)
                if value is not None:
                    lines.append(f"{spec.field} = {json.dumps(value)}  # {spec.doc}")
            lines.append("")
        return "\n".join(lines)


def all_specs() -> dict[str, Spec]:
    """Every setting by its key `section.name`, in order."""
    return {spec.key: spec for section in SECTIONS for spec in specs(section)}


def resolve_config(
    recipe: Mapping[str, Any] | None = None,
    file: Path | None = None,
    options: Sequence[str] = (),
    owner: str = "the family's recipe",
) -> TrainConfig:
    """The config that defaults, a family's recipe, a TOML file and options make, later ones first.

    Args:
        recipe: settings by section, or by `section.name`; those of a run that is resumed likewise.
        file: a TOML file, as `TrainConfig.to_toml` writes it.
        owner: what errors call the recipe.
        options: `section.name=value`, as given to `--set`.

    Raises:
        ConfigError: a setting that is unknown, of another type, or outside its range.

    >>> resolve_config(options=["optim.lr=3e-4", "run.device=cpu"]).optim.lr
    0.0003
    """
    known = all_specs()
    values: dict[str, Any] = {}
    layers = [(flatten(recipe or {}), owner)]
    if file is not None:
        layers.append((flatten(read_toml(file)), str(file)))
    layers.append((dict(parse_option(o, known) for o in options), "--set"))
    for layer, source in layers:
        for key, value in layer.items():
            values[key] = find_setting(key, known, source).check(value, source)
    parts: dict[str, Any] = {s.name: s(**_section(values, s.name)) for s in SECTIONS}
    return TrainConfig(**parts)


def differences(old: TrainConfig, new: TrainConfig) -> list[str]:
    """The settings that differ and change what is learned, as `optim.lr is 0.1, was 0.001`."""
    return [
        f"{key} is {json.dumps(_get(new, spec))}, was {json.dumps(_get(old, spec))}"
        for key, spec in all_specs().items()
        if key not in HARMLESS and _get(old, spec) != _get(new, spec)
    ]


def _get(config: TrainConfig, spec: Spec) -> Any:
    return getattr(getattr(config, spec.section), spec.field)


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key.partition(".")[2]: v for key, v in values.items() if key.startswith(name + ".")}
