"""How many bits a language needs for images: the length of their programs' code, against PNG and plain pixels.

A program's code is its tokens, each coded among those that its mask leaves open: all as likely (*uniform*), or as often
as they stand at their type in half of the set (*fitted*, with one more of each). The other half is measured, then the
halves change places.

Legend: N images, C channels, H W pixels, T tokens.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import compiled
from i2c_core.datasets.composing import compose
from i2c_core.datasets.keys import pixel_keys
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.walking import Walker
from i2c_core.families import Family
from i2c_core.measuring.expressing import drawn_razor
from i2c_core.measuring.shortest import Shortest
from i2c_core.raster import Renderer, to_png
from i2c_core.rewriting import following

Tokens = tuple[int, ...]
BUDGET = 1 << 20  # tokens: never reached


@dataclass(frozen=True)
class Compression:
    """Bits of a set of images, all summed up over those that some program draws exactly.

    Attributes:
        images: how many there are; `coded` of them have a program.
        tokens: of the programs, together.
        uniform, fitted: bits of their code.
        png: bits of PNG files, optimised, of as few bits a pixel as the file format has.
        pixels: bits of plain pixels: a pixel is one of the colours that the images have.
        source: where the images are from.
    """

    images: int
    coded: int
    tokens: int
    uniform: float
    fitted: float
    png: int
    pixels: float
    source: str


@dataclass(frozen=True)
class Examples:
    """Images (C, H, W), each with a program that draws it, None where none was found; and where they are from."""

    images: Sequence[NDArray[np.uint8]]
    programs: Sequence[Tokens | None]
    source: str


def random_examples(family: Family, count: int, renderer: Renderer, rng: np.random.Generator) -> Examples:
    """Images of programs drawn at random, of all sizes up to the budget, each image once, with shortest programs.

    Where shortest programs are not found without a search, the programs that were drawn.
    """
    sampler = Sampler(family, family.budget)
    sizes = np.array(sampler.sizes(1, family.budget), np.int64)
    ids, values = sampler.sample(rng, rng.choice(sizes, count))
    drawn = renderer.render(ids, values)
    rows = np.flatnonzero(drawn.defined)
    rows = rows[np.sort(np.unique(pixel_keys(drawn.pixels[rows]), return_index=True)[1])]
    images, pad = list(drawn.pixels[rows]), family.vocabulary.pad
    source = f"random programs of up to {family.budget} tokens"
    if compose(family, family.size, 1, renderer) is not None:
        return Examples(images, _shortest(family, images, renderer), source)
    return Examples(images, [tuple(t for t in row if t != pad) for row in ids[rows].tolist()], source)


def examples_of(family: Family, images: Sequence[NDArray[np.uint8]], renderer: Renderer, source: str) -> Examples:
    """The shortest program of each image (C, H, W), as far as it is known without a search by a network."""
    if compose(family, family.size, 1, renderer) is not None:
        return Examples(images, _shortest(family, images, renderer), source)
    razored = drawn_razor(family, family.size, renderer)
    known = {key: row for row, key in enumerate(pixel_keys(razored.pixels).tolist())}
    found: list[Tokens | None] = []
    for image in images:
        row = known.get(int(pixel_keys(image[None])[0])) if image.shape[1:] == tuple(family.size) else None
        found.append(None if row is None else tuple(razored.ids[row, : razored.sizes[row]].tolist()))
    return Examples(images, found, source)


def _shortest(family: Family, images: Sequence[NDArray[np.uint8]], renderer: Renderer) -> list[Tokens | None]:
    with Shortest(family, renderer) as shortest:
        return [shortest.of(image) for image in images]


def compression(family: Family, examples: Examples) -> Compression:
    """What a set of images takes. With rules, programs are rewritten first."""
    pairs = zip(examples.images, examples.programs, strict=True)
    coded = [(i, _canonical(family, p)) for i, p in pairs if p is not None]
    tokens = [p for _, p in coded]
    steps = steps_of(family, tokens)
    uniform = sum(math.log2(len(s.open)) for row in steps for s in row)
    halves = steps[::2], steps[1::2]
    fitted = fitted_bits(halves[0], halves[1]) + fitted_bits(halves[1], halves[0])
    colours = len(np.unique(np.concatenate([_colours(i) for i, _ in coded]), axis=0)) if coded else 1
    pixels = sum(i.shape[1] * i.shape[2] for i, _ in coded) * math.log2(max(2, colours))
    png = sum(8 * png_bytes(i) for i, _ in coded)
    return Compression(
        len(examples.images), len(coded), sum(map(len, tokens)), uniform, fitted, png, pixels, examples.source
    )


@dataclass(frozen=True)
class Step:
    """One token of a program: the type that it stands at, what was open, and where it stands."""

    type: int
    open: NDArray[np.int64]
    token: int
    parent: tuple[int, int]  # the symbol above and the number of the argument; (-1, 0) at the root
    grandparent: tuple[int, int]
    left: int  # the first token of the argument before, -1 for none


def steps_of(family: Family, programs: Sequence[Sequence[int]]) -> list[list[Step]]:
    """The tokens of each program, with what its mask leaves open within a budget that never matters."""
    legal = _legal(family, programs)
    return [list(_steps(family, program, open_)) for program, open_ in zip(programs, legal, strict=True)]


def _legal(family: Family, programs: Sequence[Sequence[int]]) -> list[NDArray[np.bool_]]:
    """(T, V) for each program, what is open before each token; all programs step by step together."""
    vocabulary, rules = family.vocabulary, family.rewriting
    found = [np.zeros((len(p), vocabulary.size), bool) for p in programs]
    order = np.argsort([-len(p) for p in programs], kind="stable")
    walker = Walker(compiled(vocabulary))
    rows = walker.start(len(programs), BUDGET)
    longest = max(map(len, programs), default=0)
    machine = None if rules is None else rules.machine
    left = None if machine is None else following.start(machine, np.full(len(programs), 2 * longest + 2))
    if left is not None:
        left.left[:] = BUDGET
    for place in range(longest):
        going = np.array([n for n, row in enumerate(order.tolist()) if len(programs[row]) > place], np.int64)
        order, rows = order[going], rows.pick(going)
        legal = walker.legal(rows)
        token = np.array([programs[row][place] for row in order.tolist()], np.int64)
        walker.advance(rows, token)
        if machine is not None and left is not None:
            left = left.pick(going)
            legal = legal & following.legal(machine, left)
            following.advance(machine, left, token)
        for own, row in zip(legal, order.tolist(), strict=True):
            found[row][place] = own
    return found


def _steps(family: Family, program: Sequence[int], legal: NDArray[np.bool_]) -> Iterator[Step]:
    vocabulary = family.vocabulary
    above: list[tuple[int, int, list[int]]] = []  # symbol, arguments, those that have begun
    pending = [0]
    for token, open_ in zip(program, legal, strict=True):
        type_ = pending.pop()
        while above and len(above[-1][2]) == above[-1][1]:
            above.pop()
        parent, grandparent, left = (-1, 0), (-1, 0), -1
        if above:
            parent = above[-1][0], len(above[-1][2])
            left = above[-1][2][-1] if above[-1][2] else -1
            above[-1][2].append(token)
        if len(above) > 1:
            grandparent = above[-2][0], len(above[-2][2]) - 1
        yield Step(type_, np.flatnonzero(open_), token, parent, grandparent, left)
        args = vocabulary.productions[vocabulary.production[type_, token]].args
        pending += reversed(args)
        if args:
            above.append((token, len(args), []))


def fitted_bits(train: Sequence[Sequence[Step]], test: Sequence[Sequence[Step]]) -> float:
    """Bits of the programs `test` by the tokens of each type in `train`, one more of each, among what is open."""
    counts: dict[int, dict[int, int]] = {}
    for step in (s for row in train for s in row):
        own = counts.setdefault(step.type, {})
        own[step.token] = own.get(step.token, 0) + 1
    bits = 0.0
    for step in (s for row in test for s in row):
        own = counts.get(step.type, {})
        total = sum(own.get(t, 0) + 1 for t in step.open.tolist())
        bits -= math.log2((own.get(step.token, 0) + 1) / total)
    return bits


def png_bytes(pixels: NDArray[np.uint8]) -> int:
    """The length of an image (C, H, W) as an optimised PNG file of as few bits a pixel as there are."""
    image = to_png(pixels)
    found = []
    for kind in ("", "1", "P"):
        stream = io.BytesIO()
        if kind == "1" and (image.mode != "L" or set(np.unique(pixels).tolist()) - {0, 255}):
            continue
        if kind == "P" and len(np.unique(_colours(pixels), axis=0)) > 256:
            continue
        (image.convert(kind) if kind else image).save(stream, "PNG", optimize=True)
        found.append(len(stream.getvalue()))
    return min(found)


def _colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(K, C) the colours of an image."""
    return np.unique(pixels.reshape(len(pixels), -1).T, axis=0)


def _canonical(family: Family, tokens: Tokens) -> Tokens:
    if not family.rules:
        return tokens
    return tuple(family.to_tokens(family.canonical(family.from_tokens(tokens))).ids)
