"""Checkpoints from anywhere: the header of safetensors, what i2c says in it, and the tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np

from i2c_core.cards import _recipe
from i2c_core.checkpoints import KEY, find_weights, find_zoom_weights
from i2c_core.plugins import get_family, installed
from i2c_core.reader import Reader
from tests.fuzz import mutating
from tests.fuzz.targets.target import Target

HEAD = 8  # bytes that say how long the header is


def targets() -> Iterator[Target]:
    for name in installed().families.names():
        family = get_family(name)
        if family.weights is not None:
            content = find_weights(family).read_bytes()
            yield Target(f"checkpoints/{name}", ".safetensors", _load, lambda content=content: [content], _spoiled)
        if family.zoom_weights is not None:
            content = find_zoom_weights(family).read_bytes()
            yield Target(f"checkpoints/{name}.zoom", ".safetensors", _load, lambda content=content: [content], _spoiled)


def _load(file: Path) -> None:
    """As `i2c decode --weights` and `i2c eval --card` do; where the network is whole, it reads a picture."""
    with Reader.load(file, "cpu") as reader:
        family = reader.family
        _recipe(reader.checkpoint.meta, family)
        if reader.budget <= 64:
            reader.read(np.zeros(family.size, np.uint8))


def _spoiled(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """Mostly the header, which is JSON in JSON; its length and the tensors now and then."""
    length = int.from_bytes(content[:HEAD], "little")
    kind = rng.random()
    try:
        header = json.loads(content[HEAD : HEAD + length])
        meta = json.loads(header["__metadata__"][KEY])
    except (ValueError, KeyError, TypeError, RecursionError):
        kind = 1.0
    if kind < 0.75:
        for _ in range(1 << rng.randrange(3)):
            meta = mutating.change_value(rng, meta)
        header["__metadata__"][KEY] = mutating.dumped(rng, meta).decode("utf-8", "replace")
    elif kind < 0.8:
        said = header["__metadata__"][KEY].encode("utf-8", "surrogatepass")
        header["__metadata__"][KEY] = mutating.text(rng, said, [b"{}"]).decode("utf-8", "replace")
    elif kind < 0.9:
        names = [name for name in header if name != "__metadata__"]
        name = rng.choice(names) if names else "__metadata__"
        header[name] = mutating.change_value(rng, header[name])
        if rng.random() < 0.2:
            header[rng.choice((*mutating.ODD, *names))] = header.pop(name)
    else:
        place = rng.choice((0, 0, HEAD, HEAD + length, rng.randrange(len(content))))
        part = content[place : place + 2000]
        return content[:place] + mutating.bytes_(rng, part, [b"\x00"]) + content[place + 2000 :]
    text = mutating.dumped(rng, header)
    return len(text).to_bytes(HEAD, "little") + text + content[HEAD + length :]
