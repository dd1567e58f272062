"""Checkpoints: one safetensors file with its recipe as JSON inside, never pickle, never half written.

A checkpoint fits a family when the symbols reachable from the root are the same (`fingerprint`), the pictures mean the
same (`semantics`) and have the same channels. Versions of packages are recorded and shown, never compared.
"""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, TypeGuard, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from i2c_core.descriptions import DAMAGED, require_description, require_numbers
from i2c_core.documents import parse_json
from i2c_core.errors import CheckpointError, ConfigError
from i2c_core.families import Family
from i2c_core.files import is_remote, read_whole, system_errors, write_atomically
from i2c_core.model import Model, ModelConfig, build
from i2c_core.version import VERSION

SCHEMA = 1  # of the JSON; a file with a higher one is refused
KEY = "i2c"  # where the JSON stands in the file's metadata
MODEL_FILE = "model.safetensors"  # the checkpoint in a run's folder
Config = TypeVar("Config")
Network = TypeVar("Network", bound=torch.nn.Module)
PACKAGES = ("torch", "numpy", "safetensors")
LEARNER = "paired"  # who trained what does not say


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: `meta` as JSON values, and tensors by name. `path` is for errors."""

    path: Path | Traversable
    meta: dict[str, Any]
    tensors: dict[str, Tensor] = field(repr=False)

    @property
    def name(self) -> str:
        """How errors name it."""
        return _shown(self.path)


class NetworkNumbers(Protocol):
    """What a checkpoint says of its network, whoever's it is."""

    @property
    def max_tokens(self) -> int:
        """The most tokens of a program."""

    @property
    def image(self) -> tuple[int, int, int]:
        """Channels, height and width of the pictures that it sees."""

    def to_dict(self) -> dict[str, Any]:
        """All its numbers, as JSON values."""


def describe_model(
    family: Family, config: NetworkNumbers, train: Mapping[str, Any], step: int, learner: str = LEARNER
) -> dict[str, Any]:
    """The meta of a checkpoint: what it was trained on, how, and by which versions.

    Args:
        family: what it decodes.
        config: the network's numbers.
        train: the resolved settings of the run, and what else the recipe says.
        step: how many batches it has learned from.
        learner: the name of who trains it, as a plugin registered it.
    """
    return {
        "schema": SCHEMA,
        "learner": learner,
        "family": family.name,
        "root": family.root,
        "tokens": list(family.vocabulary.tokens),
        "fingerprint": family.vocabulary.fingerprint,
        "semantics": family.semantics,
        "model": config.to_dict(),
        "budget": config.max_tokens,
        "image": {"channels": config.image[0], "size": list(config.image[1:])},
        "train": dict(train),
        "step": step,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The versions that a checkpoint records, for people."""
    return {"i2c": VERSION, "python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors and meta as one file, the whole file or nothing; equal content makes equal bytes.

    Raises:
        DiskError: it cannot be written; what stood at `path` is untouched.
    """
    # A clone each: safetensors refuses tensors that share memory, as tied weights do.
    plain = {name: tensors[name].detach().cpu().contiguous().clone() for name in sorted(tensors)}
    text = json.dumps({"schema": SCHEMA, **meta}, ensure_ascii=False)
    write_atomically(path, safetensors.torch.save(plain, metadata={KEY: text}))


def load_checkpoint(path: Path | Traversable) -> Checkpoint:
    """Read a checkpoint; a folder stands for the checkpoint of the run in it.

    Raises:
        CheckpointError: there is none, or it is damaged, of another kind, or of a newer i2c.
    """
    try:
        if _is_place(path):
            path = _in_folder(path)
            data = read_whole(path)
        else:
            data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(
            f"there is no checkpoint {_shown(path)}", "check the path, or train one: i2c train"
        ) from None
    except OSError as error:
        raise CheckpointError(f"cannot read {_shown(path)}: {error.strerror or error}", "check the path") from None
    name = _shown(path)
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(f"{name} is no safetensors file, or a part of one: {error}", DAMAGED) from None
    return Checkpoint(path, _read_meta(data, name), tensors)


def _is_place(path: Path | Traversable) -> TypeGuard[Path]:
    """Whether it is a path or a place behind a URL, not a file in a package."""
    return isinstance(path, Path) or is_remote(path)


def _in_folder(path: Path) -> Path:
    """The checkpoint that a path names: of a run's folder the one in it."""
    with system_errors(path):
        return path / MODEL_FILE if path.is_dir() else path


def _shown(path: Path | Traversable) -> str:
    return str(path) if _is_place(path) else path.name


def _read_meta(data: bytes, name: str) -> dict[str, Any]:
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # safetensors has checked it
    text = header.get("__metadata__", {}).get(KEY)
    if text is None:
        fact = f"{name} holds tensors, but not what they were trained on"
        raise CheckpointError(fact, "use a checkpoint that i2c train wrote")
    try:
        meta = parse_json(text)
        schema = int(meta["schema"])
    except (ValueError, TypeError, KeyError, OverflowError):
        raise CheckpointError(f"the description inside {name} is damaged", DAMAGED) from None
    if schema > SCHEMA:
        fact = f"{name} has version {schema} of the checkpoint format, this i2c reads up to {SCHEMA}"
        raise CheckpointError(fact, "upgrade i2c: pip install --upgrade images-to-code")
    require_description(meta, name)
    return {"learner": LEARNER, **meta}


def require_match(checkpoint: Checkpoint, family: Family) -> None:
    """Raise `CheckpointError` where a checkpoint is of other symbols, meanings or channels than the family."""
    meta, vocabulary = checkpoint.meta, family.vocabulary
    theirs = (meta["fingerprint"], meta["semantics"], meta["image"]["channels"])
    ours = (vocabulary.fingerprint, family.semantics, family.channels)
    if theirs == ours:
        return
    trained, asked = _identity(meta["family"], *theirs), _identity(family.name, *ours)
    fact = f"{checkpoint.name} was trained on {trained}; this is {asked}"
    if meta["family"] != family.name:
        raise CheckpointError(
            fact, f"decode with --family {meta['family']}, or train: i2c train --family {family.name}"
        )
    raise CheckpointError(fact, f"the family has changed since: train again: i2c train --family {family.name}")


def _identity(family: str, fingerprint: str, semantics: int, channels: int) -> str:
    return f"{family} (signature {fingerprint[:8]}, semantics {semantics}, channels {channels})"


def find_weights(family: Family, path: Path | None = None) -> Path | Traversable:
    """The checkpoint to decode a family with: `path` (a file, or a run's folder), else the family's shipped weights.

    Raises:
        CheckpointError: the family ships none, or they are not installed.
    """
    if path is not None:
        return _in_folder(path)
    train = f"train some: i2c train --family {family.name}"
    if family.weights is None:
        raise CheckpointError(f"{family.name} ships no weights", train)
    return _shipped(family, family.weights, train)


def find_zoom_weights(family: Family) -> Traversable:
    """The weights that a family ships to be decoded level by level.

    Raises:
        CheckpointError: the family ships none, or they are not installed.
    """
    train = f"train some: i2c train --family {family.name} --learner zoom"
    if family.zoom_weights is None:
        raise CheckpointError(f"{family.name} ships no weights for zooming", train)
    return _shipped(family, family.zoom_weights, train)


def _shipped(family: Family, reference: str, train: str) -> Traversable:
    """The file that `package:file` names; `train` is what to do where there is none."""
    package, _, name = reference.partition(":")
    try:
        found = resources.files(package) / name
        installed = bool(name) and found.is_file()
    except (ImportError, TypeError, ValueError):
        installed = False
    if not installed:
        raise CheckpointError(f"the weights of {family.name}, {reference}, are not installed", train)
    return found


def load_model(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> Model:
    """The network of a checkpoint, ready to decode with.

    Raises:
        CheckpointError: its tensors are not those of the network that it describes.
    """
    return rebuild(checkpoint, ModelConfig.from_dict, build).to(device).eval()


def rebuild(
    checkpoint: Checkpoint,
    configure: Callable[[dict[str, Any]], Config],
    make: Callable[[Config], Network],
) -> Network:
    """The network that a checkpoint describes, with its tensors.

    Args:
        checkpoint: the file may come from anywhere: no number in it asks for more than its tensors take.
        configure: makes the network's numbers, a dataclass, of what the checkpoint says of them.
        make: makes the network, with weights at random.

    Raises:
        CheckpointError: it describes no network, or its tensors are not those of the network that it describes.
    """
    name = checkpoint.name
    try:
        config = configure(checkpoint.meta["model"])
    except (ConfigError, TypeError, ValueError, OverflowError) as error:
        reason = error.fact if isinstance(error, ConfigError) else error
        raise CheckpointError(f"{name} describes no network: {reason}", DAMAGED) from None
    require_numbers(config, name)
    channels, size = checkpoint.meta["image"]["channels"], checkpoint.meta["image"]["size"]
    if tuple(getattr(config, "image", ())) != (channels, *size):
        fact = f"{name} describes no network: its pictures are {channels}x{size[0]}x{size[1]}, the network's are others"
        raise CheckpointError(fact, DAMAGED)
    for part in ("layers", "blocks"):  # each has tensors of its own
        if getattr(config, part, 0) > len(checkpoint.tensors):
            fact = f"{name} describes a network of {getattr(config, part):,} {part}, and has "
            raise CheckpointError(f"{fact}{len(checkpoint.tensors)} tensors", DAMAGED)
    # No random weights for what is filled next, and no change to anybody's random numbers.
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"), warnings.catch_warnings():  # shapes alone, which take no memory
                warnings.simplefilter("ignore", UserWarning)  # of torch, about tensors without elements
                require_tensors(make(config), checkpoint.tensors, name)
            network = make(config)
        except RuntimeError as error:  # torch's own words for shapes that cannot be
            raise CheckpointError(f"{name} describes no network: {error}", DAMAGED) from None
    fill(network, checkpoint.tensors, name)
    return network


def fill(model: torch.nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Put tensors into a network's parameters and buffers; `name` is the file that errors name."""
    require_tensors(model, tensors, name)
    model.load_state_dict(dict(tensors))


def require_tensors(model: torch.nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Raise `CheckpointError` where tensors are not those of a network, by name and shape."""
    wanted = model.state_dict()
    for key in sorted(wanted.keys() | tensors.keys()):
        found = str(tuple(tensors[key].shape)) if key in tensors else "missing"
        expected = str(tuple(wanted[key].shape)) if key in wanted else "none of this name"
        if found != expected:
            raise CheckpointError(f"tensor {key} of {name} is {found}, expected {expected}", DAMAGED)
