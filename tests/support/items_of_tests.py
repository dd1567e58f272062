"""A small family of drawings for tests of dense proposals, and tiny networks for it.

Its canvas is not square; its symbols have no argument at all, none that is an enumeration, and one that is.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core import Family
from i2c_core.config import TrainConfig, resolve_config
from i2c_core.items.catalogue import Catalogue, catalogue_of
from i2c_core.items.network import ItemNetwork, NetworkConfig
from i2c_core.items.proposer import ItemProposer
from i2c_core.programs import Program
from i2c_core.raster import TokenBatch
from i2c_core.strokes import Strokes, draw

EXTENT = (6, 5)
SIZE = (64, 96)
SIGNATURE = """
more : (first: Mark, rest: Marks) -> Marks order first < rest.first
done : Marks
blot : Mark
ring : (x: Column, y: Row) -> Mark
bar  : (x1: Column, y1: Row, x2: Column > x1, y2: Row) -> Mark
path : (x1: Column, y1: Row, x2: Column, y2: Row, look: Look) -> Mark
Column = 1..5
Row = 1..4
Look = solid | dashed
"""


def strokes(batch: TokenBatch) -> Strokes:
    """Blots are large rings in the middle, bars and paths segments; rows count upwards."""
    names, rows = batch.vocabulary.tokens, []
    for ids in torch.as_tensor(batch.ids).tolist():
        words = [names[i] for i in ids if i < batch.vocabulary.size]
        row = []
        for at, word in enumerate(words):
            if word == "blot":
                row.append(((3.0, 2.5, 1.5, 1.5, 0.0, 2 * math.pi), True, False))
            elif word == "ring":
                x, y = (float(w) for w in words[at + 1 : at + 3])
                row.append(((x, 5 - y, 0.5, 0.5, 0.0, 2 * math.pi), True, False))
            elif word in ("bar", "path"):
                x1, y1, x2, y2 = (float(w) for w in words[at + 1 : at + 5])
                row.append(((x1, 5 - y1, x2, 5 - y2, 0.0, 0.0), False, words[at + 5 : at + 6] == ["dashed"]))
        rows.append(row)
    most = max([1, *map(len, rows)])
    shape, flags = torch.zeros(len(rows), most, 6), torch.zeros(2, len(rows), most, dtype=torch.bool)
    item = torch.full((len(rows), most), -1)
    for n, row in enumerate(rows):
        for s, (numbers, arc, dashed) in enumerate(row):
            shape[n, s], flags[0, n, s], flags[1, n, s], item[n, s] = torch.tensor(numbers), arc, dashed, s
    return Strokes(shape, flags[0], flags[1], torch.zeros_like(flags[0]), item, EXTENT)


def render(batch: TokenBatch, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Black on white, at any size."""
    ink = draw(strokes(batch), size)
    return (255 - (255 * ink).round()).to(torch.uint8).unsqueeze(1).numpy()


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """Some marks in at most `size` tokens, none of them a point."""
    catalogue, items, left = catalogue_of(family), set(), size - 1
    for _ in range(6):
        item = int(rng.integers(len(catalogue)))
        if catalogue.lengths[item] <= left and float(catalogue.size[catalogue.placement[item]].sum()) > 0:
            items.add(item)
            left = size - 1 - int(catalogue.lengths[sorted(items)].sum())
    return family.from_tokens(catalogue.to_ids([sorted(items)])[0].tolist())


def make_family(name: str = "marks", **other: object) -> Family:
    said = {
        "root": "Marks",
        "signature": SIGNATURE,
        "render": render,
        "batched": True,
        "size": SIZE,
        "any_size": True,
        "sample": sample,
        "strokes": strokes,
        "learner": "items",
        "budget": 40,
    }
    return Family(name, **{**said, **other})  # type: ignore[arg-type]


@cache
def marks() -> Family:
    return make_family()


@cache
def marks_catalogue() -> Catalogue:
    return catalogue_of(marks())


TINY = NetworkConfig(size=SIZE, channels=8, blocks=1, probe=(8, 4), hidden=16, max_tokens=40)


@cache
def tiny_network(seed: int = 0) -> ItemNetwork:
    """Random weights, drawing some placements more than others, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ItemNetwork(TINY, marks_catalogue())
        for said in network.say:
            assert isinstance(said, torch.nn.Linear)
            torch.nn.init.normal_(said.weight, std=1.5)
            torch.nn.init.normal_(said.bias, std=0.5)
            torch.nn.init.constant_(said.bias[:1], 4.0)
    return network.eval()


def tiny_proposer(seed: int = 0) -> ItemProposer:
    return ItemProposer(tiny_network(seed), marks_catalogue())


def ink_of(*sets: list[int]) -> torch.Tensor:
    """(N, H, W) clean drawings of sets of marks."""
    return draw(marks_catalogue().strokes(sets), SIZE)


SETTINGS = [
    *("model.channels=8", "model.blocks=1", "model.width=16", "data.min_size=4", "data.max_size=20"),
    *("run.batch_size=4", "run.steps=4", "run.log_every=1", "run.save_every=2", "run.eval_every=0"),
    *("run.eval_samples=4", "run.calibration_samples=4", "run.threads=1", "run.tensorboard=false", "run.device=cpu"),
]


def settings(*options: str) -> TrainConfig:
    """Of a run that takes a second or two."""
    return resolve_config(options=[*SETTINGS, *options])
