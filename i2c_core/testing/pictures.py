"""Checks of what programs draw. Legend: N programs, T tokens, C channels, H W pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.errors import ProgramError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Renderer, Zooms
from i2c_core.testing.samples import legal_programs, some_programs

ZOOMED = ((16, 16), (19, 13))  # height and width of the pictures that zooms are looked for in; odd ones cut unevenly

Rectangle = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, half open


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> str:
    """Where two pictures (C, H, W) differ first, and how; empty where they are equal."""
    places = np.argwhere(first != second)
    if not len(places):
        return ""
    channel, row, column = (int(i) for i in places[0])
    values = f"{first[channel, row, column]} and {second[channel, row, column]}"
    return f"{len(places)} of {first.size} values differ, at row {row} and column {column} they are {values}"


def check_normalise(family: Family) -> None:
    """Normalising a legal program gives a legal one, twice changes nothing more, and the picture stays."""
    if family.normalise is None and not family.rules:
        return
    with Renderer(family) as renderer:
        for program in legal_programs(family):
            canonical = family.check(family.canonical(program))
            text, once, twice = family.show(program), family.show(canonical), family.show(family.canonical(canonical))
            assert family.is_canonical(canonical), f"{text!r} normalises to {once!r}, and that to {twice!r}"
            both = renderer.render_programs([program, canonical])
            found = difference(both.pixels[0], both.pixels[1])
            assert not found, f"{text!r} and its canonical form {once!r} draw different pictures: {found}"


def check_renderer(family: Family) -> None:
    """Pictures have the declared shape, repeat, and a batch draws as its members do alone (law 4)."""
    programs = some_programs(family)
    with Renderer(family) as renderer:
        batch = renderer.render_programs(programs)
        shape = (len(programs), family.channels, *family.size)
        assert batch.pixels.shape == shape, f"expected pictures of shape {shape}, got {batch.pixels.shape}"
        again = renderer.render_programs(programs)
        for i, program in enumerate(programs):
            found = difference(batch.pixels[i], again.pixels[i])
            assert not found, f"{family.show(program)!r} drew another picture the second time: {found}"
        for i, program in enumerate(programs[:8]):
            alone = renderer.render_programs([program])
            found = difference(alone.pixels[0], batch.pixels[i])
            assert not found, f"{family.show(program)!r} draws another picture alone than in a batch: {found}"
            defined = bool(alone.defined[0]), bool(batch.defined[i])
            assert defined[0] == defined[1], (
                f"{family.show(program)!r} has a picture: alone {defined[0]}, in a batch {defined[1]}"
            )
        assert batch.defined.any(), f"none of {len(programs)} programs has a picture, expected some"


def check_renderer_on_tensors(family: Family) -> None:
    """The renderer on tensors draws the very pixels of the one on arrays."""
    programs = some_programs(family)
    ids, values = family.vocabulary.pack([family.to_tokens(p) for p in programs])
    with Renderer(family) as renderer:
        arrays = renderer.render(ids, values)
        pixels, defined = (
            t.cpu().numpy() for t in renderer.render_tensors(torch.from_numpy(ids), torch.from_numpy(values))
        )
    for i, program in enumerate(programs):
        found = difference(arrays.pixels[i], pixels[i])
        assert not found, f"{family.show(program)!r} differs on arrays and on tensors: {found}"
        both = bool(arrays.defined[i]), bool(defined[i])
        assert both[0] == both[1], f"{family.show(program)!r} has a picture: on arrays {both[0]}, on tensors {both[1]}"


def check_zooms(family: Family) -> str | None:
    """A symbol that says where its arguments live draws each of them there, at every depth and at odd sizes.

    Returns why it could not look: a sub-program is drawn alone at the size of its rectangle.
    """
    if not family.zooms:
        return None
    for token in family.zooms:
        family.zoom(token)
    if not family.any_size:
        height, width = family.size
        return f"the renderer draws {width}x{height} only (any_size is not set), so no argument can be drawn alone"
    zooms = Zooms.of(family.vocabulary, family.zooms)
    looked = False
    with Renderer(family) as renderer:
        for program in some_programs(family, 12):
            for size in ZOOMED:
                looked |= _check_zoom(family, zooms, program, size, renderer)
    return None if looked else f"no argument of {', '.join(family.zooms)} is a whole program, to be drawn alone"


def _check_zoom(family: Family, zooms: Zooms, program: Program, size: tuple[int, int], renderer: Renderer) -> bool:
    """Whether some argument could be looked at."""
    whole = renderer.render_programs([program], size)
    if not whole.defined[0]:
        return False
    by_shape = defaultdict(list)
    for part, (x0, y0, x1, y1) in _parts(family, zooms, program, size):
        by_shape[y1 - y0, x1 - x0].append((part, whole.pixels[0][:, y0:y1, x0:x1], (x0, y0, x1, y1)))
    for shape, parts in by_shape.items():
        alone = renderer.render_programs([part for part, _, _ in parts], shape)
        for (part, inside, rectangle), pixels in zip(parts, alone.pixels, strict=True):
            found = difference(inside, pixels)
            assert not found, (
                f"{family.show(part)!r} in {family.show(program)!r} of {size[1]}x{size[0]} pixels is not drawn at its "
                f"rectangle {rectangle}: {found}"
            )
    return bool(by_shape)


def _parts(
    family: Family, zooms: Zooms, program: Program, size: tuple[int, int]
) -> Iterator[tuple[Program, Rectangle]]:
    """The sub-programs that live at a rectangle of their own, where they can be drawn alone and are not empty."""
    pending: list[tuple[Program, Rectangle]] = [(program, (0, 0, size[1], size[0]))]
    while pending:
        node, rectangle = pending.pop()
        if node.name not in family.zooms:
            continue
        for arg, part in zip(node.args, zooms.cut(family.vocabulary.ids[node.name], rectangle), strict=True):
            if part[0] < part[2] and part[1] < part[3]:
                pending.append((arg, part))
                if _is_whole(family, arg):
                    yield arg, part


def _is_whole(family: Family, program: Program) -> bool:
    try:
        family.check(program)
    except ProgramError:
        return False
    return True
