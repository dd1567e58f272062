"""Arguments that another family draws, whatever kind either renderer is; both families have a symbol `h`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from i2c_core import Family, Program
from i2c_core.errors import FamilyError, ProgramError, RenderError
from i2c_core.raster import Renderer, TokenBatch, Undefined
from i2c_core.raster.foreign import foreign_name
from i2c_core.vocabulary import Vocabulary

Size = tuple[int, int]
Picture = NDArray[np.uint8]

BARS = """
h     : (Bars, Bars) -> Bars
cell  : (Level) -> Bars
blank : Bars
Level = 0.0..10.0 in 4 bins
"""
PANES = """
h      : (Pane, Pane) -> Pane
wall   : Pane
hang   : (Bars) -> Pane
many   : (List[Bars, 1..3]) -> Pane
bars.h : (Bars, Bars) -> Bars
cell   : (Level) -> Bars
bars.blank : Bars
Level  = 0.0..10.0 in 4 bins
"""
CODES = (
    "hang bars.h cell Level:0 cell Level:3",
    "h wall h hang cell Level:1 hang bars.h cell Level:2 bars.h cell Level:0 cell Level:0",
    "wall",
    "h hang cell Level:2 hang bars.h bars.blank cell Level:1",
    "many cons bars.h cell Level:0 cell Level:2 cons cell Level:3 nil",
)


def shade(value: float, size: Size) -> Picture:
    y, x = np.indices(size)
    return np.round(20 * value + 5 * y + x).astype(np.uint8)


def under(top: Picture, bottom: Picture) -> Picture:
    return np.maximum(top, 255 - bottom)


def between(one: Picture, other: Picture) -> Picture:
    return (one // 2 + other // 3).astype(np.uint8)


def wall(size: Size) -> Picture:
    return np.full((1, *size), 255, np.uint8)


def first(pictures: list[Picture]) -> Picture:
    """A mixture in which the order counts."""
    mixed = pictures[0]
    for each in pictures[1:]:
        mixed = between(mixed, each)
    return mixed


def bars(node: Program, size: Size) -> Picture:
    """The other family's meaning, under either name."""
    name = node.name.rpartition(".")[2]
    if name == "blank":
        raise Undefined
    if name == "cell":
        assert node.args[0].value is not None
        return shade(node.args[0].value, size)
    return under(bars(node.args[0], size), bars(node.args[1], size))


def elements(node: Program) -> list[Program]:
    return [] if node.name == "nil" else [node.args[0], *elements(node.args[1])]


def hung(node: Program) -> list[Program]:
    """The arguments of a symbol that the other family draws."""
    return list(node.args) if node.name == "hang" else elements(node.args[0]) if node.name == "many" else []


def pane(node: Program, size: Size, picture: Callable[[Program, Size], Picture]) -> Picture:
    if node.name == "h":
        return between(pane(node.args[0], size, picture), pane(node.args[1], size, picture))
    if node.name == "wall":
        return wall(size)
    return first([picture(argument, size) for argument in hung(node)])


def plain_bars(program: Program, size: Size) -> Picture:
    return bars(program, size)


def batched_bars(batch: TokenBatch, size: Size) -> Any:
    pixels = np.zeros((len(batch.ids), 1, *size), np.uint8)
    defined = np.ones(len(batch.ids), bool)
    for row, program in enumerate(programs_of(batch)):
        try:
            pixels[row] = bars(program, size)
        except Undefined:
            defined[row] = False
    if isinstance(batch.ids, np.ndarray):
        return pixels, defined
    return torch.from_numpy(pixels), torch.from_numpy(defined)


def programs_of(batch: TokenBatch) -> list[Program]:
    assert batch.values is not None
    return [
        batch.vocabulary.decode(row, values)
        for row, values in zip(batch.ids.tolist(), batch.values.tolist(), strict=True)
    ]


def plain_panes(program: Program, picture: Callable[[Program, Size], Picture], size: Size) -> Picture:
    return pane(program, size, picture)


FOLDED_PANES = {
    "h": between,
    "wall": wall,
    "hang": lambda picture, size: picture(size),
    "many": lambda pictures, size: first([picture(size) for picture in pictures]),
}


def batched_panes(batch: TokenBatch, size: Size) -> Any:
    programs = programs_of(batch)
    wanted = []
    for row, program in enumerate(programs):
        place = {id(node): position for position, node in enumerate(program.nodes())}
        for node in program.nodes():
            wanted += [(row, place[id(argument)], id(argument)) for argument in hung(node)]
    rows, positions = np.array([w[:2] for w in wanted]).T
    if not isinstance(batch.ids, np.ndarray):
        rows, positions = torch.from_numpy(rows), torch.from_numpy(positions)
    drawn = batch.picture(rows, positions, size)
    assert type(drawn) is type(batch.ids)
    assert (tuple(drawn.shape), str(drawn.dtype).removeprefix("torch.")) == ((len(wanted), 1, *size), "uint8")
    found = dict(zip([w[2] for w in wanted], np.asarray(drawn), strict=True))
    pixels = np.stack([pane(p, size, lambda argument, _: found[id(argument)]) for p in programs])
    return pixels if isinstance(batch.ids, np.ndarray) else torch.from_numpy(pixels)


def panes(render: Any, signature: str = PANES, **more: Any) -> Family:
    more = {"foreign": {"Bars": "bars"}, "any_size": True, "size": (4, 6), **more}
    return Family("panes", root="Pane", signature=signature, render=render, **more)


def others(render: Any = plain_bars, signature: str = BARS, **more: Any) -> Callable[[str], Family]:
    more = {"any_size": True, "size": (8, 6), **more}
    return {"bars": Family("bars", root="Bars", signature=signature, render=render, **more)}.__getitem__


def given(vocabulary: Vocabulary) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The programs of `CODES`, each second continuous token with a value beside its bin's middle."""
    rows = [vocabulary.names_to_ids(code.split()) for code in CODES]
    ids = np.full((len(rows), max(map(len, rows))), vocabulary.pad)
    values = np.full(ids.shape, np.nan)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        for position, token in enumerate(tokens):
            if vocabulary.continuous[token] and position % 2:
                values[row, position] = 2.5 * int(vocabulary.tokens[token][-1]) + 0.3
    return ids, values


def expected(family: Family, ids: NDArray[np.int64], values: NDArray[np.float64], size: Size) -> list[Picture | None]:
    found: list[Picture | None] = []
    for row, own in zip(ids.tolist(), values.tolist(), strict=True):
        try:
            picture = pane(family.from_tokens(row, own), size, lambda argument, size: bars(argument, size)[None])
            found.append(picture)
        except Undefined:
            found.append(None)
    return found


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("other", ["plain", "batched"])
@pytest.mark.parametrize("kind", ["plain", "folded", "batched"])
def test_every_kind_of_renderer_meets_them(kind: str, other: str, library: str) -> None:
    render: Any = {"plain": plain_panes, "folded": FOLDED_PANES, "batched": batched_panes}[kind]
    family = panes(render, batched=kind == "batched")
    get = others(batched_bars, batched=True) if other == "batched" else others()
    ids, values = given(family.vocabulary)
    for size in ((4, 6), (3, 2)):
        with Renderer(family, workers=0, get_family=get) as renderer:
            if library == "torch" and kind == "batched":  # as on a device, where tensors are handed on as they are
                tensors = renderer._draw_batch(torch.from_numpy(ids), torch.from_numpy(values), size)
                pixels, defined = (t.numpy() for t in tensors)
            elif library == "torch":
                tensors = renderer.render_tensors(torch.from_numpy(ids), torch.from_numpy(values), size)
                pixels, defined = (t.numpy() for t in tensors)
            else:
                drawn = renderer.render(ids, values, size)
                pixels, defined = drawn.pixels, drawn.defined
        truth = expected(family, ids, values, size)
        assert defined.tolist() == [t is not None for t in truth] == [True, True, True, False, True]
        for picture, true in zip(pixels, truth, strict=True):
            np.testing.assert_array_equal(picture, 0 if true is None else true)


def test_a_batch_brings_pictures_to_its_own_size_and_channels() -> None:
    seen = []

    def render(batch: TokenBatch, size: Size) -> Any:
        seen.append(batch.picture([0, 1, 1], [1, 1, 2], size))
        return np.zeros((len(batch.ids), 3, *size))

    def corner(program: Program) -> Picture:
        picture = np.zeros((4, 4), np.uint8)
        picture[:2, :2] = 200 if program.name == "h" else 100
        return picture

    family = panes(render, batched=True, channels=3, size=(2, 2))
    ids, values = given(family.vocabulary)
    get = others(corner, any_size=False, size=(4, 4))
    Renderer(family, get_family=get).render(ids[[0, 0]], values[[0, 0]])
    assert seen[0].shape == (3, 3, 2, 2)
    assert (seen[0] == seen[0][:, :1]).all()
    assert seen[0][:, 0].tolist() == [[[200, 0], [0, 0]], [[200, 0], [0, 0]], [[100, 0], [0, 0]]]


def test_a_fold_needs_no_function_for_what_another_family_draws() -> None:
    functions = {**FOLDED_PANES}
    del functions["many"]
    ids, values = given(panes(None).vocabulary)
    with pytest.raises(FamilyError) as caught:
        Renderer(panes(functions), get_family=others())
    assert str(caught.value) == (
        "family panes draws with one function a symbol and has none for 'many'\n  -> add one to the mapping in render"
    )
    drawn = Renderer(panes(FOLDED_PANES), workers=0, get_family=others()).render(ids, values)
    assert drawn.defined.tolist() == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("h", "h"),
        ("bars.h", "h"),
        ("bars2.h", "bars2.h"),
        ("other.bars.h", "other.bars.h"),
        ("bars.eq[bars.Level, Level]", "eq[Level, Level]"),
        ("bars.Level:3", "Level:3"),
    ],
)
def test_names(name: str, own: str) -> None:
    assert foreign_name(name, "bars") == own


def test_one_that_is_not_foreign_is_told() -> None:
    def own(batch: TokenBatch, size: Size) -> Any:
        return batch.picture([0], [0], size)

    family = panes(own, batched=True)
    ids, values = given(family.vocabulary)
    with pytest.raises(RenderError) as caught:
        Renderer(family, get_family=others()).render(ids, values)
    assert str(caught.value) == (
        "panes asks for the picture of an argument of type Pane, its foreign types: Bars\n"
        "  -> name the family that draws it in foreign"
    )
    with pytest.raises(RenderError) as caught:
        TokenBatch(ids, values, family.vocabulary).picture([0], [1], (4, 4))
    assert str(caught.value) == ("a batch made by hand has nobody to draw its arguments\n  -> draw it with a Renderer")


@pytest.mark.parametrize(
    ("signature", "error", "text"),
    [
        (
            BARS.replace("h     : (Bars, Bars)", "h     : (Bars)"),
            RenderError,
            "panes gives bars.h 2 arguments, h of bars takes 1\n  -> declare it as the other family does",
        ),
        (
            BARS.replace("h     :", "v     :"),
            ProgramError,
            "unknown token 'h'\n  -> see the symbol table",
        ),
    ],
    ids=["arity", "name"],
)
def test_families_that_disagree_are_told(signature: str, error: type[Exception], text: str) -> None:
    family = panes(batched_panes, batched=True)
    ids, values = given(family.vocabulary)
    with pytest.raises(error) as caught:
        Renderer(family, get_family=others(signature=signature)).render(ids, values)
    assert str(caught.value) == text
