"""The renderer of functions against a slow oracle: Python's own arithmetic, one program and one pixel at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, Program
from i2c_core.drawing import draw
from i2c_core.errors import I2cError
from i2c_core.raster import Renderer, TokenBatch
from i2c_plugins.functions import FAMILY, FAMILY_RGB, render
from i2c_plugins.functions.machine import coordinates
from i2c_plugins.functions.sampling import sample

FAMILIES = {f.name: f for f in (FAMILY, FAMILY_RGB)}
SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def value(node: Program, x: float, y: float) -> float:
    """What a function is at a point."""
    if node.value is not None:
        return node.value
    a = [value(arg, x, y) for arg in node.args]
    match node.name:
        case "x":
            return x
        case "y":
            return y
        case "radius":
            return math.hypot(x, y)
        case "angle":
            return math.atan2(y, x) / math.pi
        case "plus" | "shift":
            return a[0] + a[1]
        case "minus":
            return a[0] - a[1]
        case "times" | "scale":
            return a[0] * a[1]
        case "min" | "max":
            return math.nan if math.isnan(a[0] + a[1]) else (min if node.name == "min" else max)(a)
        case "sin":
            return math.sin(math.pi * a[0] * a[1])
        case "mod":
            return a[0] - a[1] * math.floor(a[0] / a[1]) if a[1] else math.nan
    if math.isnan(a[0]):
        return math.nan
    if node.name == "above":
        return 1.0 if a[0] > a[1] else -1.0
    assert node.name == "if"
    return a[2] if a[0] > a[1] else a[3]


def near_an_edge(node: Program, x: float, y: float) -> bool:
    """Whether some part is so near a jump that two ways to compute a sine may fall on either side of it."""
    if any(near_an_edge(arg, x, y) for arg in node.args):
        return True
    if node.name == "mod" and node.args[1].value:
        share = value(node.args[0], x, y) / node.args[1].value
        return abs(share - round(share)) < 1e-9
    return node.name in ("above", "if") and abs(value(node.args[0], x, y) - value(node.args[1], x, y)) < 1e-9


def batch_of(family: Family, programs: list[Program], library: str = "numpy") -> TokenBatch:
    ids, values = family.vocabulary.pack([family.to_tokens(p) for p in programs])
    if library == "torch":
        return TokenBatch(torch.from_numpy(ids), torch.from_numpy(values), family.vocabulary)
    return TokenBatch(ids, values, family.vocabulary)


@st.composite
def programs(draw: st.DrawFn, family: Family) -> Program:
    """A random program of up to some 20 symbols, with numbers anywhere in their ranges."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if rng.random() < 0.5:
        return sample(family, rng, int(rng.integers(4, 20)))
    vocabulary = family.vocabulary
    ids: list[int] = []
    stack = [0]
    while stack:
        type_ = stack.pop()
        tokens = np.flatnonzero(vocabulary.production[type_] >= 0)
        if len(ids) + len(stack) > 12:
            tokens = tokens[vocabulary.arity[tokens] == vocabulary.arity[tokens].min()]
        ids.append(int(rng.choice(tokens)))
        stack += reversed(vocabulary.productions[vocabulary.production[type_, ids[-1]]].args)
    return family.from_tokens(ids)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(data=st.data(), size=SIZES)
@settings(max_examples=30, deadline=None)
def test_equals_the_oracle(family: Family, data: st.DataObject, size: tuple[int, int]) -> None:
    chosen = data.draw(st.lists(programs(family), min_size=1, max_size=4))
    drawn, defined = render.render(batch_of(family, chosen), size)
    assert drawn.dtype == np.uint8
    assert drawn.shape == (len(chosen), family.channels, *size)
    for number, program in enumerate(chosen):
        channels = program.args if program.name == "rgb" else (program,)
        known = []
        for channel, function in enumerate(channels):
            points = [
                ((2 * j + 1) / size[1] - 1, 1 - (2 * i + 1) / size[0]) for i in range(size[0]) for j in range(size[1])
            ]
            found = [value(function, x, y) for x, y in points]
            known.append(any(math.isfinite(v) for v in found))
            for v, (x, y), pixel in zip(found, points, drawn[number, channel].reshape(-1), strict=True):
                level = 127.5 * (min(max(v, -1.0), 1.0) + 1) if math.isfinite(v) else 0.0
                assert abs(level - int(pixel)) <= 0.5 + 1e-6 or near_an_edge(function, x, y)
        assert bool(defined[number]) == all(known)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(data=st.data(), size=SIZES)
@settings(max_examples=20, deadline=None)
def test_every_library_and_every_batch_draws_the_same(
    family: Family, data: st.DataObject, size: tuple[int, int]
) -> None:
    chosen = data.draw(st.lists(programs(family), min_size=1, max_size=5))
    drawn, defined = render.render(batch_of(family, chosen), size)
    tensors, known = render.render(batch_of(family, chosen, "torch"), size)
    assert tensors.dtype == torch.uint8
    assert (tensors.numpy() == drawn).all()
    assert (known.numpy() == defined).all()
    alone = np.concatenate([render.render(batch_of(family, [p]), size)[0] for p in chosen])
    assert (alone == drawn).all()


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    chosen = [sample(FAMILY, rng, 9) for _ in range(7)]
    together, _ = render.render(batch_of(FAMILY, chosen), (6, 5))
    monkeypatch.setattr(render, "CELLS", 2 * 9 * 6 * 5)  # two programs a chunk
    assert (render.render(batch_of(FAMILY, chosen), (6, 5))[0] == together).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_no_programs_draw_no_pictures(library: str) -> None:
    pixels, defined = render.render(batch_of(FAMILY_RGB, [], library), (4, 5))
    assert tuple(pixels.shape) == (0, 3, 4, 5)
    assert tuple(defined.shape) == (0,)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("x > 0.0", ["...###", "...###", "...###", "...###"]),
        ("y > 0.0", ["######", "######", "......", "......"]),
        ("if radius > 0.75 then -1.0 else 1.0", ["......", ".####.", ".####.", "......"]),
        ("if angle > 0.0 then x > 0.5 else x > -0.5", [".....#", ".....#", "..####", "..####"]),
        ("mod(x, 0.5) > 0.25", ["..#..#", "..#..#", "..#..#", "..#..#"]),
    ],
)
def test_pictures_as_a_person_reads_them(code: str, shown: list[str]) -> None:
    picture = render.render(batch_of(FAMILY, [FAMILY.parse(code)]), (4, 6))[0][0, 0]
    assert ["".join(".#"[int(p == 255)] for p in row) for row in picture] == shown


def test_the_centre_of_a_picture_is_the_origin() -> None:
    axes = {name: axis.reshape(3, 3) for name, axis in coordinates((3, 3)).items()}
    assert axes["x"][1, 1] == axes["y"][1, 1] == axes["radius"][1, 1] == 0
    assert axes["angle"][1].tolist() == [1, 0, 0]
    assert axes["angle"][0, 1] == 0.5  # up


@pytest.mark.parametrize(
    ("family", "code"),
    [
        (FAMILY, "mod(x, 0.0)"),
        (FAMILY, "mod(x, 0.0) > 0.5"),
        (FAMILY, "max(mod(x, 0.0), y)"),
        (FAMILY_RGB, "rgb(x, y, mod(x, 0.0))"),
    ],
)
def test_what_is_a_number_nowhere_has_no_picture(family: Family, code: str) -> None:
    with Renderer(family) as renderer:
        assert not renderer.render_programs([family.parse(code)]).defined[0]
    with pytest.raises(I2cError) as error:
        draw(family, [family.parse(code)])
    assert str(error.value) == f"{code} has no picture\n  -> its renderer says that it is undefined"


def test_what_is_a_number_somewhere_is_black_elsewhere() -> None:
    program = FAMILY.parse("if x > 0.0 then 1.0 else mod(x, 0.0)")
    pixels, defined = render.render(batch_of(FAMILY, [program]), (1, 4))
    assert pixels[0, 0, 0].tolist() == [0, 0, 255, 255]
    assert defined.all()


def test_a_deep_program_draws() -> None:
    depth = 500
    tokens = ["min"] * depth + ["x"] + ["Level:7"] * depth
    program = FAMILY.from_tokens(FAMILY.vocabulary.names_to_ids(tokens))
    pixels, _ = render.render(batch_of(FAMILY, [program]), (1, 4))
    assert pixels[0, 0, 0].tolist() == [32, 96, 159, 223]
    assert FAMILY.canonical(program) == program


# -- the soft renderer


def soft(program: Program, size: tuple[int, int], values: torch.Tensor | None = None) -> torch.Tensor:
    batch = batch_of(FAMILY_RGB if program.name == "rgb" else FAMILY, [program], "torch")
    return render.soft(batch if values is None else TokenBatch(batch.ids, values, batch.vocabulary), size)


@given(program=programs(FAMILY))
@settings(max_examples=25, deadline=None)
def test_soft_is_a_picture_like_the_hard_one(program: Program) -> None:
    found = soft(program, (12, 12))
    assert found.shape == (1, 1, 12, 12)
    assert bool(((found >= 0) & (found <= 1)).all())
    if not {n.name for n in program.nodes()} & {"above", "if", "mod"}:
        hard, _ = render.render(batch_of(FAMILY, [program]), (12, 12))
        assert bool((found * 255 - torch.from_numpy(hard)).abs().max() <= 0.5 + 1e-6)


@pytest.mark.parametrize(
    "code",
    [
        "sin((x + 0.3) * 2.2) + y * 0.4",
        "(x > 0.13) * 0.7",
        "if y > -0.21 then 0.6 else x + 0.11",
        "min(radius * 1.3, 0.4)",
    ],
)
def test_gradients_are_the_differences_of_the_soft_picture(code: str) -> None:
    # Of `mod` they are not quite: how wide its steps are changes with the period, which gradients leave out.
    program = FAMILY.parse(code)
    given = torch.tensor([[math.nan if n.value is None else n.value for n in program.nodes()]], dtype=torch.float64)
    places = [t for t, v in enumerate(given[0].tolist()) if v == v]
    weights = torch.rand(1, 1, 7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def scalar(numbers: torch.Tensor) -> torch.Tensor:
        values = given.clone().index_copy(1, torch.tensor(places), numbers[None])
        return (soft(program, (7, 7), values) * weights).sum()

    start = given[0, places].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(scalar(start), start)
    for place in range(len(places)):
        step = torch.zeros_like(start)
        step[place] = 1e-6
        difference = (scalar(start.detach() + step) - scalar(start.detach() - step)) / 2e-6
        assert float(difference) == pytest.approx(float(gradient[place]), abs=1e-4)
    assert bool((gradient != 0).any())


def test_an_edge_feels_where_its_threshold_is() -> None:
    program = FAMILY.parse("x > 0.13")
    values = torch.tensor([[math.nan, math.nan, 0.13]], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(soft(program, (8, 8), values).mean(), values)
    assert float(gradient[0, 2]) < 0  # the higher the threshold, the less is white


# -- bad input


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "0.3",
            "line 1, column 1: expected min, max, sin, mod, if, x, y, radius, angle or '(', got '0'\n"
            "    0.3\n    ^\n  -> replace it by one of these",
        ),
        (
            "sin(x * 20.0)",
            "line 1, column 9: expected Frequency (0.5..8.5), got 20.0\n"
            "    sin(x * 20.0)\n            ^\n  -> write a number from 0.5 to 8.5",
        ),
        (
            "x * 1e999",
            "line 1, column 5: expected Factor (-3.0..3.0), got 1e999\n"
            "    x * 1e999\n        ^\n  -> write a number from -3.0 to 3.0",
        ),
    ],
)
def test_what_is_no_function_is_told(code: str, told: str) -> None:
    with pytest.raises(I2cError) as error:
        FAMILY.parse(code)
    assert str(error.value) == told
