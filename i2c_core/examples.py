"""Pictures whose programs are known, to measure a network on: held out from training, from disk, or sketched.

Legend: N pictures, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.checkpoints import Checkpoint
from i2c_core.datasets.pairs import held_out, pixel_keys, read_pairs
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.loops import execute, layout_of
from i2c_core.loops.random_programs import Accepts, random_body
from i2c_core.programs import Program
from i2c_core.raster import Renderer, TokenBatch
from i2c_core.reader import Reader
from i2c_core.strokes.sheets import by_hand, has_drawing

ROUNDS = 20  # draws before a size is said to have no more held-out pictures
DRAWN = 16  # programs drawn for each picture wanted: one in ten is held out, some are twins
CHUNK = 20_000  # most programs drawn at once
SKETCHED = 64  # figures sketched at once
MOST_COMMANDS = 24  # of a regular scene
APART = 1 << 31  # beyond every seed of a run, so that no run is measured on what it learned from


@dataclass(frozen=True)
class Example:
    """One picture with its code: (C, H, W) uint8, and the size of its program.

    `program` is the canonical one, where it is known already; else `truth` parses the code.
    """

    name: str
    picture: NDArray[np.uint8] = field(repr=False)
    code: str
    size: int
    program: Program | None = field(default=None, repr=False)

    def truth(self, family: Family) -> Program:
        """The canonical program that draws it."""
        return family.canonical(family.parse(self.code)) if self.program is None else self.program


def parse_sizes(text: str) -> list[int]:
    """Sizes from text: `7`, `5..11`, or several of them between commas.

    >>> parse_sizes("5..7,11")
    [5, 6, 7, 11]
    """
    sizes: set[int] = set()
    for part in text.split(","):
        low, dots, high = (p.strip() for p in part.partition(".."))
        if not low.isdecimal() or (dots and not high.isdecimal()) or int(low) < 1 or int(high or low) < int(low):
            raise ConfigError(f"{text!r} are no sizes", "write them as in 5..11 or 5,7,9")
        sizes.update(range(int(low), int(high or low) + 1))
    return sorted(sizes)


def trained_sizes(checkpoint: Checkpoint, family: Family) -> list[int]:
    """The sizes that a checkpoint was trained on, as far as it says."""
    data = checkpoint.meta.get("train", {}).get("config", {}).get("data", {})
    low = int(data.get("min_size", family.vocabulary.shortest))
    return list(range(low, int(data.get("max_size", checkpoint.meta["budget"])) + 1))


def held_out_examples(family: Family, sizes: Sequence[int], count: int, seed: int) -> list[Example]:
    """At most `count` distinct pictures a size that training never saw, by the size of the program that drew them.

    Programs are drawn uniformly among those of a size; of their pictures at the family's reference size those are kept
    that the rule of `i2c_core.datasets.pairs.held_out` holds out, each once, at the first size that has it. Small sizes
    may have fewer than `count`.
    """
    sampler = Sampler(family, max(sizes))
    possible = set(sampler.sizes(min(sizes), max(sizes)))
    rng = np.random.default_rng(seed)
    seen: set[Any] = set()
    found: list[Example] = []
    with Renderer(family) as renderer:
        for size in (s for s in sizes if s in possible):
            kept = 0
            for _ in range(ROUNDS):
                ids, values = sampler.sample(rng, np.full(min(count * DRAWN, CHUNK), size, np.int64))  # (N, T)
                pictures = renderer.render(ids, values)
                rows = np.flatnonzero(pictures.defined & held_out(pictures.pixels))
                for row, key in zip(rows.tolist(), pixel_keys(pictures.pixels[rows]).tolist(), strict=True):
                    if key not in seen and kept < count:
                        seen.add(key)
                        kept += 1
                        program = family.from_tokens(
                            ids[row].tolist(), None if values is None else values[row].tolist()
                        )
                        name = f"size {size}, number {kept}"
                        found.append(Example(name, pictures.pixels[row], family.show(program), program.size, program))
                if kept >= count:
                    break
    if not found:
        shown = ", ".join(map(str, sizes[:12]))
        raise DataError(f"{family.name} has no held-out picture of size {shown}", "choose other sizes with --sizes")
    return found


def pair_examples(family: Family, path: Path) -> list[Example]:
    """The pictures and codes of a Parquet file or a folder."""
    pairs = read_pairs(path, family)
    return [Example(p.file, p.image, p.code, size) for p, size in zip(pairs, pairs.sizes.tolist(), strict=True)]


def sketch_size(reader: Reader) -> tuple[int, int]:
    """Height and width in pixels of sketches to measure a network on: what it sees, or twice the family's where it
    looks at pictures of any size.
    """
    if getattr(reader.proposer, "whole", None) is None:
        return reader.image_size
    height, width = reader.family.size
    return 2 * height, 2 * width


def sketched_examples(
    family: Family, sizes: Sequence[int], count: int, seed: int, size: tuple[int, int] | None = None
) -> list[Example]:
    """`count` programs as the family samples them, each as a hand would draw it; none of them draws nothing.

    Args:
        family: one whose programs are strokes, or that says how hands sketch them.
        sizes: of programs, in tokens; each program's is one of them by chance.
        count: pictures in all.
        seed: of programs and hand; no run of training draws with such seeds.
        size: height and width of the pictures, the family's own unless told otherwise.

    Raises:
        ConfigError: the family's programs are no strokes, and it does not say how hands sketch them.
        DataError: programs of these sizes draw none.
    """
    if family.strokes is None and family.sketches is None:
        fact = f"{family.name} does not say the strokes of its programs, which a sketch needs"
        raise ConfigError(fact, "leave --sketch out")
    sampler = Sampler(family, max(sizes))
    possible = sampler.sizes(min(sizes), max(sizes))
    possible = [size for size in sizes if size in set(possible)]
    rng = np.random.default_rng((APART, seed))
    hand = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
    found: list[Example] = []
    while len(found) < count:
        ids, values = sampler.sample(rng, rng.choice(np.array(possible, np.int64), SKETCHED))  # (N, T)
        numbers = None if values is None else torch.from_numpy(values)
        batch = TokenBatch(torch.from_numpy(ids), numbers, family.vocabulary)
        rows = has_drawing(family, batch).nonzero()[: count - len(found), 0]
        if not len(rows):
            raise DataError(f"programs of {family.name} of these sizes draw no stroke", "ask for larger ones: --sizes")
        some = TokenBatch(batch.ids[rows], None if numbers is None else numbers[rows], family.vocabulary)
        ink = by_hand(family, some, size or family.size, hand)  # (N, H, W)
        pixels = (255 - (255 * ink).round()).to(torch.uint8).numpy()
        for row, drawn in zip(rows.tolist(), pixels, strict=True):
            program = family.canonical(
                family.from_tokens(ids[row].tolist(), None if values is None else values[row].tolist())
            )
            picture = np.repeat(drawn[None], family.channels, 0)
            found.append(Example(f"sketch {len(found)}", picture, family.show(program), program.size, program))
    return found


def regular_examples(
    family: Family,
    count: int,
    seed: int,
    size: tuple[int, int] | None = None,
    accepts: Accepts | None = None,
    most: int = MOST_COMMANDS,
) -> list[Example]:
    """`count` distinct scenes that programs with loops and reflections draw, each as a hand of its own draws it.

    Args:
        family: one with `loops`, whose programs are strokes or that says how hands sketch them.
        count: pictures in all.
        seed: of programs and hands; no run of training draws with such seeds.
        size: height and width of the pictures, the family's own unless told otherwise.
        accepts: whether commands may be drawn together; see `random_body`.
        most: commands of a scene.

    Raises:
        FamilyError: the family has no loops, or no strokes.
    """
    layout = layout_of(family)
    rng = np.random.default_rng((APART, seed))
    hand = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
    chance = Random(int(rng.integers(1 << 62)))
    programs: dict[Program, None] = {}
    while len(programs) < count:
        commands = execute(random_body(layout, chance, most, accepts), layout)
        programs[family.canonical(layout.program_of(commands))] = None
    listed = list(programs)
    found: list[Example] = []
    for first in range(0, count, SKETCHED):
        some = listed[first : first + SKETCHED]
        ids, values = family.vocabulary.pack([family.to_tokens(p) for p in some])
        numbers = None if values is None else torch.from_numpy(values)
        batch = TokenBatch(torch.from_numpy(ids), numbers, family.vocabulary)
        ink = by_hand(family, batch, size or family.size, hand)  # (N, H, W)
        pixels = (255 - (255 * ink).round()).to(torch.uint8).numpy()
        for program, drawn in zip(some, pixels, strict=True):
            picture = np.repeat(drawn[None], family.channels, 0)  # (C, H, W)
            name = f"regular scene {len(found)}"
            found.append(Example(name, picture, family.show(program), program.size, program))
    return found
