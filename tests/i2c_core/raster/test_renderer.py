"""Renderers of every kind through one door: plain, folded, batched; and each way in which one can go wrong."""

from __future__ import annotations

import gc
import logging
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core import Family
from i2c_core.errors import FamilyError, RenderError
from i2c_core.raster import Renderer, TokenBatch, Undefined, to_png
from i2c_core.raster import renderer as renderer_module
from i2c_core.raster.foreign import Foreign
from i2c_core.raster.values import fill_values

STRIPES = """
stack  : (Stripes, Stripes) -> Stripes
bar    : (Level) -> Stripes
nothing, odd : Stripes
Level  = 0..3
"""

TOY = """
import os, time
import numpy as np
from PIL import Image
from i2c_core.raster import Undefined

def levels(program):
    return [int(n.args[0].name) for n in program.nodes() if n.name == "bar"]

def array(program, size=(4, 4)):
    if program.name == "nothing":
        raise Undefined
    picture = np.zeros(size, np.uint8)
    for number, level in enumerate(levels(program)):
        picture[number % size[0]] = 85 * level
    return picture

def pillow(program, size):
    return Image.fromarray(array(program, size))

def floats(program):
    return array(program)[..., None] / 255

def chatty(program):
    print("drawing", program)
    return array(program)

def slow(program):
    time.sleep(0.02)
    return array(program)

def hang_on_odd(program):
    while program.name == "odd":
        pass
    return array(program)

def hang_in_c_on_odd(program):
    if program.name == "odd":
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        time.sleep(30)
    return array(program)

def exit_on_odd(program):
    if program.name == "odd":
        os._exit(7)
    return array(program)

def raise_on_odd(program):
    if program.name == "odd":
        raise ValueError("odd one out")
    return array(program)

def process(program):
    return np.full((4, 4), os.getpid() % 256, np.uint8)

def framed(program, picture, size):
    inner = picture(program.args[0], (2, 2))
    result = np.zeros((3, *size), np.uint8)
    result[:, 1:3, 1:3] = inner
    return result
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "i2c_toy_render.py").write_text(textwrap.dedent(TOY))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("i2c_toy_render", None)


def stripes(render: Any, **more: Any) -> Family:
    if isinstance(render, str):
        render = f"i2c_toy_render:{render}"
    return Family("stripes", root="Stripes", signature=STRIPES, render=render, **{"size": (4, 4), **more})


def tokens(family: Family, *texts: str) -> np.ndarray:
    rows = [family.vocabulary.names_to_ids(t.split()) for t in texts]
    longest = max(map(len, rows))
    return np.array([r + [family.vocabulary.pad] * (longest - len(r)) for r in rows])


TEXTS = ("bar 1", "stack bar 3 bar 2", "nothing", "bar 1")
ROWS = [[85, 0, 0, 0], [255, 170, 0, 0], [0, 0, 0, 0], [85, 0, 0, 0]]


def check_texts(family: Family, **options: Any) -> None:
    with Renderer(family, **options) as renderer:
        drawn = renderer.render(tokens(family, *TEXTS))
        assert drawn.pixels.dtype == np.uint8
        assert drawn.pixels.shape == (4, family.channels, 4, 4)
        assert (drawn.pixels == drawn.pixels[:, :, :, :1]).all()
        assert drawn.pixels[:, 0, :, 0].tolist() == ROWS
        assert drawn.defined.tolist() == [True, True, False, True]
        assert renderer.seconds > 0


@pytest.mark.parametrize("workers", [0, None, 2])
@pytest.mark.parametrize("render", ["array", "chatty"])
def test_one_function(toy: None, render: str, workers: int | None, capfd: pytest.CaptureFixture[str]) -> None:
    check_texts(stripes(render), workers=workers)
    if workers:
        assert capfd.readouterr().out == ""  # what a worker prints is no answer


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("render", ["array", "pillow", "floats"])
def test_one_function_may_return_many_things(toy: None, render: str, channels: int) -> None:
    check_texts(stripes(render, channels=channels))


def undefined() -> None:
    raise Undefined


def test_one_function_a_symbol() -> None:
    functions = {
        "bar": lambda level, size: np.where(
            np.arange(size[0])[:, None] < 1, np.uint8(85 * level), np.zeros(size, "u1")
        ),
        "stack": lambda above, below: np.concatenate([above[:1], below[:-1]]),
        "nothing": undefined,
        "odd": lambda size: np.ones(size, bool),
    }
    check_texts(stripes(functions))
    assert (Renderer(stripes(functions)).render(tokens(stripes(functions), "odd")).pixels == 255).all()


def test_lists_names_and_values_mean_themselves_in_a_fold() -> None:
    seen = []

    def figure(marks: list[Any], angle: float, paper: str) -> np.ndarray:
        seen.append((marks, angle, paper))
        return np.zeros((2, 2))

    family = Family(
        "listed",
        root="Figure",
        signature="""
        figure : (marks: List[Mark, 1..4], angle: Angle, paper: Paper) -> Figure
        mark   : (Place) -> Mark
        Place  = -1..9
        Angle  = 0.0..360.0 in 4 bins
        Paper  = plain | lined
        """,
        render={"figure": figure, "mark": lambda place: place},
        size=(2, 2),
    )
    ids = tokens(family, "figure cons mark -1 cons mark 7 nil Angle:1 lined")
    values = np.full(ids.shape, np.nan)
    values[0, -2] = 123.5
    Renderer(family).render(ids, values)
    Renderer(family).render(ids)
    assert seen == [([-1, 7], 123.5, "lined"), ([-1, 7], 135.0, "lined")]


def test_a_symbol_without_function_is_told() -> None:
    with pytest.raises(FamilyError) as caught:
        Renderer(stripes({"bar": lambda level: None, "stack": lambda a, b: None, "nothing": undefined}))
    assert str(caught.value) == (
        "family stripes draws with one function a symbol and has none for 'odd'\n  -> add one to the mapping in render"
    )


HINT = "  -> mend the renderer, or raise i2c_core.raster.Undefined where a program has no picture"
SLOW = "  -> make the renderer faster, or raise i2c_core.raster.Undefined where a program has no picture"


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("render", "expected"),
    [
        ("raise_on_odd", f"renderer of stripes raised ValueError: odd one out on odd\n{HINT}"),
        ("hang_on_odd", f"renderer of stripes took longer than 0.5 s on odd\n{SLOW}"),
    ],
)
def test_a_renderer_that_raises_or_hangs(toy: None, render: str, expected: str, workers: int) -> None:
    family = stripes(render)
    with Renderer(family, workers=workers, time_limit=0.5) as renderer:
        with pytest.raises(RenderError) as caught:
            renderer.render(tokens(family, "bar 1", "odd", "bar 2", "bar 3"))
        assert str(caught.value) == expected
        assert renderer.render(tokens(family, "bar 2")).pixels[0, 0, 0, 0] == 170  # and it goes on


@pytest.mark.parametrize(
    ("render", "expected"),
    [
        ("hang_in_c_on_odd", f"renderer of stripes took longer than 0.5 s on odd\n{SLOW}"),
        (
            "exit_on_odd",
            "renderer of stripes ended its process with status 7 on odd\n"
            "  -> find the crash by rendering this program alone",
        ),
    ],
)
def test_a_process_that_is_stuck_or_gone_is_replaced(toy: None, render: str, expected: str) -> None:
    family = stripes(render)
    with Renderer(family, workers=1, time_limit=0.5) as renderer:
        with pytest.raises(RenderError) as caught:
            renderer.render(tokens(family, "odd"))
        assert str(caught.value) == expected
        assert renderer.render(tokens(family, "bar 2")).pixels[0, 0, 0, 0] == 170


@pytest.mark.parametrize(
    ("result", "found", "expected"),
    [
        (np.zeros((3, 5), np.uint8), "an array of shape (3, 5)", "(1, 4, 4)"),
        (np.zeros((3, 4, 4), np.uint8), "an array of shape (3, 4, 4)", "(1, 4, 4)"),
        (np.zeros((4, 4), np.int64), "int64", "uint8, or floats from 0 to 1"),
        (np.full((4, 4), 2.0), "floats from 2 to 2", "uint8, or floats from 0 to 1"),
        (np.full((4, 4), np.nan), "floats from nan to nan", "uint8, or floats from 0 to 1"),
        (None, "nothing", "an array or a Pillow image"),
        ("picture", "an object of type str", "an array or a Pillow image"),
        (Image.new("L", (5, 3)), "an array of shape (3, 5)", "(1, 4, 4)"),
    ],
    ids=["shape", "channels", "dtype", "range", "nan", "nothing", "text", "pillow"],
)
def test_what_is_no_picture_is_told(result: object, found: str, expected: str) -> None:
    family = stripes(lambda program: result)
    with pytest.raises(RenderError) as caught:
        Renderer(family).render(tokens(family, "odd"))
    fact = f"renderer of stripes returned {found} on odd, expected {expected}"
    assert str(caught.value) == f"{fact}\n  -> return such a picture"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (np.eye(4, dtype=bool), 255 * np.eye(4)),
        (torch.eye(4), 255 * np.eye(4)),
        (Image.new("RGBA", (4, 4), (0, 0, 0, 0)), np.full((4, 4), 255)),
        (Image.new("1", (4, 4), 1), np.full((4, 4), 255)),
        (np.full((4, 4, 1), 0.5), np.full((4, 4), 128)),
    ],
    ids=["bool", "tensor", "transparent", "one-bit", "last-channel"],
)
def test_what_is_a_picture_is_taken(result: object, expected: np.ndarray) -> None:
    family = stripes(lambda program: result)
    assert (Renderer(family).render(tokens(family, "odd")).pixels[0, 0] == expected).all()


def test_sizes(toy: None) -> None:
    family = stripes("array", any_size=True)
    assert Renderer(family).render(tokens(family, "bar 1"), size=(3, 7)).pixels.shape == (1, 1, 3, 7)
    with pytest.raises(RenderError) as caught:
        Renderer(family).render(tokens(family, "bar 1"), size=(0, 7))
    assert str(caught.value) == "a picture of 7x0 pixels\n  -> ask for at least 1x1"
    fixed = stripes("array")
    with pytest.raises(RenderError) as caught:
        Renderer(fixed).render(tokens(fixed, "bar 1"), size=(8, 9))
    assert str(caught.value) == (
        "stripes draws 4x4 pixels, asked for 9x8\n"
        "  -> ask for its own size, or declare any_size=True for a renderer that takes a size"
    )


def test_no_renderer() -> None:
    with pytest.raises(FamilyError) as caught:
        Renderer(stripes(None))
    assert str(caught.value) == "family stripes has no renderer\n  -> give it one with render="


def test_programs_and_tensors(toy: None) -> None:
    family = stripes("array")
    ids = tokens(family, *TEXTS)
    expected = Renderer(family).render(ids)
    programs = [family.from_tokens(row) for row in ids]
    again = Renderer(family).render_programs(programs)
    assert (again.pixels == expected.pixels).all()
    pixels, defined = Renderer(family).render_tensors(torch.from_numpy(ids))
    assert pixels.dtype == torch.uint8
    assert (pixels.numpy() == expected.pixels).all()
    assert defined.tolist() == [True, True, False, True]
    assert len(Renderer(family).render_programs([])) == 0


def test_a_repeated_program_is_drawn_once() -> None:
    calls = []

    def draw(program: Any) -> np.ndarray:
        calls.append(program)
        return np.zeros((4, 4))

    family = stripes(draw)
    Renderer(family).render(tokens(family, "odd", "bar 1", "odd", "odd"))
    assert len(calls) == 2


def test_a_slow_renderer_moves_to_processes(toy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer_module, "_cores", lambda: 2)
    family = stripes("slow")
    texts = [f"stack bar {a} stack bar {b} bar {c}" for a in range(4) for b in range(4) for c in range(4)]
    with Renderer(family) as renderer:
        drawn = renderer.render(tokens(family, *texts))
        assert renderer._pool is not None
        assert renderer.note == ""
    expected = [[85 * int(t.split()[i]) for i in (2, 5, 7)] for t in texts]
    assert drawn.pixels[:, 0, :3, 0].tolist() == expected


def test_processes_end_with_their_renderer(toy: None) -> None:
    family = stripes("array")
    renderer = Renderer(family, workers=1)
    renderer.render(tokens(family, "odd"))
    assert renderer._pool is not None
    process = renderer._pool._workers[0]._process
    assert process is not None
    del renderer
    gc.collect()
    assert process.poll() is not None


def test_a_fast_renderer_stays(toy: None) -> None:
    family = stripes("array")
    with Renderer(family) as renderer:
        renderer.render(tokens(family, *TEXTS))
        assert renderer._pool is None


def test_a_renderer_that_cannot_cross_says_so(caplog: pytest.LogCaptureFixture) -> None:
    family = stripes(lambda program: np.zeros((4, 4)))
    with caplog.at_level(logging.WARNING), Renderer(family, workers=2) as renderer:
        assert renderer.render(tokens(family, "odd", "bar 1")).defined.all()
    note = (
        "the renderer of stripes cannot cross to other processes (it is a lambda, a closure or part of the main "
        "script) and draws in this one: name it as package.module:function"
    )
    assert renderer.note == note
    assert caplog.messages == [note]


def test_in_another_thread_processes_hold_the_time_limit(toy: None) -> None:
    family = stripes("hang_on_odd")
    caught: list[BaseException] = []

    def work() -> None:
        with Renderer(family, time_limit=0.3) as renderer:
            try:
                renderer.render(tokens(family, "odd"))
            except RenderError as error:
                caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert str(caught[0]) == f"renderer of stripes took longer than 0.3 s on odd\n{SLOW}"


def test_a_missing_module_is_told_from_a_process(toy: None) -> None:
    family = stripes("array")
    with Renderer(family, workers=1) as renderer:
        Path(sys.modules["i2c_toy_render"].__file__ or "").write_text("raise RuntimeError('rotten')")
        with pytest.raises(RenderError, match="rotten") as caught:
            renderer.render(tokens(family, "odd"))
        assert caught.value.hint == "mend the module, or install what it needs"


class TestBatched:
    """Renderers of token arrays; the contract is checked on what they return."""

    @staticmethod
    def family(result: Any, **more: Any) -> Family:
        def render(batch: TokenBatch, size: tuple[int, int]) -> Any:
            return result(batch, size) if callable(result) else result

        return stripes(render, batched=True, **more)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, bool, np.uint8])
    def test_pixels(self, dtype: type) -> None:
        full = 255 if dtype is np.uint8 else 1
        family = self.family(lambda batch, size: np.full((len(batch.ids), 1, *size), full, dtype))
        drawn = Renderer(family).render(tokens(family, "odd", "bar 1"))
        assert drawn.pixels.dtype == np.uint8
        assert (drawn.pixels == 255).all()
        assert drawn.defined.all()
        pixels, defined = Renderer(family).render_tensors(torch.from_numpy(tokens(family, "odd")))
        assert (pixels == 255).all()
        assert defined.tolist() == [True]

    def test_undefined(self) -> None:
        family = self.family(lambda batch, size: (np.ones((len(batch.ids), 1, *size)), batch.ids[:, 0] != 2))
        drawn = Renderer(family).render(tokens(family, "nothing", "odd"))
        assert drawn.defined.tolist() == [False, True]
        assert drawn.pixels[:, 0, 0, 0].tolist() == [0, 255]

    @pytest.mark.parametrize(
        ("result", "fact"),
        [
            (
                np.zeros((1, 1, 4, 4)),
                "returned an array of shape (1, 1, 4, 4) on a batch of 2 programs, expected (2, 1, 4, 4)",
            ),
            (
                np.zeros((2, 1, 4, 4), int),
                "returned int64 on a batch of 2 programs, expected uint8, or floats from 0 to 1",
            ),
            (
                np.full((2, 1, 4, 4), -1.0),
                "returned floats from -1 to -1 on a batch of 2 programs, expected uint8, or floats from 0 to 1",
            ),
            ([], "returned an object of type list on a batch of 2 programs, expected an array"),
            ((np.zeros((2, 1, 4, 4)), np.ones(3, bool)), "returned defined of shape (3,), expected (2,)"),
            (
                torch.zeros(2, 1, 4, 4),
                "returned a torch tensor on cpu on a batch of 2 programs, expected a NumPy array as its tokens are",
            ),
            (
                (np.zeros((2, 1, 4, 4)), torch.ones(2, dtype=torch.bool)),
                "returned a torch tensor on cpu on a batch of 2 programs, expected a NumPy array as its tokens are",
            ),
            (
                (np.zeros((2, 1, 4, 4)), [True, True]),
                "returned an object of type list on a batch of 2 programs, expected an array",
            ),
        ],
        ids=["shape", "dtype", "range", "list", "defined", "library", "library of defined", "list for defined"],
    )
    def test_wrong(self, result: Any, fact: str) -> None:
        family = self.family(result)
        with pytest.raises(RenderError) as caught:
            Renderer(family).render(tokens(family, "odd", "odd"))
        assert caught.value.fact == f"renderer of stripes {fact}"

    @pytest.mark.parametrize(
        ("result", "found"),
        [
            (np.zeros((2, 1, 4, 4)), "a NumPy array"),
            (torch.zeros(2, 1, 4, 4), "a torch tensor on cpu"),
            (
                (torch.zeros(2, 1, 4, 4, dtype=torch.uint8, device="meta"), torch.ones(2, dtype=torch.bool)),
                "a torch tensor on cpu",
            ),
        ],
        ids=["library", "device", "device of defined"],
    )
    def test_on_another_device_than_its_tokens(self, result: Any, found: str) -> None:
        family = self.family(result)
        ids = torch.from_numpy(tokens(family, "odd", "odd")).to("meta")  # a device that every machine has
        with pytest.raises(RenderError) as caught:
            Renderer(family).render_tensors(ids)
        assert str(caught.value) == (
            f"renderer of stripes returned {found} on a batch of 2 programs, "
            "expected a torch tensor on meta as its tokens are\n  -> return such pictures"
        )

    def test_that_takes_no_numpy(self) -> None:
        family = self.family(lambda batch, size: batch.ids.long())
        with pytest.raises(RenderError) as caught:
            Renderer(family).render(tokens(family, "odd"))
        assert str(caught.value) == (
            "renderer of stripes raised AttributeError: 'numpy.ndarray' object has no attribute 'long' "
            "on a batch of 1 programs\n  -> let it take NumPy arrays as well as tensors"
        )

    @pytest.mark.parametrize("library", ["numpy", "torch"])
    def test_continuous_tokens_always_have_their_value(self, library: str) -> None:
        def render(batch: TokenBatch, size: tuple[int, int]) -> Any:
            return np.nan_to_num(batch.values[:, 1:2, None, None] / 100)

        table = "of : (Level) -> Shade\nplain : Shade\nLevel = 0.0..100.0 in 2 bins"
        family = Family("shades", root="Shade", signature=table, render=render, batched=True, size=(1, 1))
        ids = tokens(family, "of Level:1", "of Level:1", "plain")
        values = np.array([[np.nan, 60], [np.nan, np.nan], [np.nan, np.nan]])
        renderer = Renderer(family)
        if library == "torch":
            drawn = renderer.render_tensors(torch.from_numpy(ids), torch.from_numpy(values))[0].numpy()
            assert fill_values(family.vocabulary, torch.from_numpy(ids), None)[:, 1].tolist()[:2] == [75, 75]
            filled = fill_values(family.vocabulary, torch.from_numpy(ids), torch.from_numpy(values))
            assert filled[:, 1].tolist()[:2] == [60, 75]
        else:
            drawn = renderer.render(ids, values).pixels
        assert drawn.ravel().tolist() == [153, 191, 0]

    def test_raises(self) -> None:
        def fail(batch: TokenBatch, size: tuple[int, int]) -> None:
            raise IndexError("7")

        family = self.family(fail)
        with pytest.raises(RenderError) as caught:
            Renderer(family).render(tokens(family, "odd"))
        assert str(caught.value) == (
            "renderer of stripes raised IndexError: 7 on a batch of 1 programs\n"
            "  -> mend the renderer; 'i2c check' shows which programs it fails on"
        )

    def test_a_mapping(self) -> None:
        with pytest.raises(FamilyError) as caught:
            Renderer(stripes({}, batched=True))
        assert str(caught.value) == (
            "family stripes has one function a symbol, which cannot be batched\n"
            "  -> leave batched out, or give one function of token arrays"
        )


FRAMES = "frame : (Stripes) -> Frame\nblank : Frame\n" + STRIPES


class TestForeign:
    """Arguments that another family draws."""

    @staticmethod
    def frames(channels: int, foreign: dict[str, str]) -> Family:
        return Family(
            "frames",
            root="Frame",
            signature=FRAMES,
            render="i2c_toy_render:framed",
            channels=channels,
            foreign=foreign,
            size=(4, 4),
            any_size=True,
        )

    def test_the_other_family_draws_at_the_size_asked_for(self, toy: None) -> None:
        family = self.frames(3, {"Stripes": "stripes"})
        for other in (stripes("array", any_size=True), stripes("array")):
            renderer = Renderer(family, get_family={"stripes": other}.__getitem__)
            drawn = renderer.render(tokens(family, "frame stack bar 3 bar 1", "frame nothing"))
            inner = [255, 85] if other.any_size else [170, 0]  # 4 rows fitted to 2
            assert drawn.pixels[0, 2, :, 1].tolist() == [0, *inner, 0]
            assert drawn.pixels[0, 0, :, 0].tolist() == [0, 0, 0, 0]
            assert drawn.defined.tolist() == [True, False]

    def test_colours_become_grey(self, toy: None) -> None:
        family = self.frames(1, {"Stripes": "stripes"})
        red = stripes(
            lambda program: np.array([255, 0, 0], np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2), channels=3
        )
        seen = Foreign(family, {"stripes": red}.__getitem__, Renderer).picture
        program = family.from_tokens(tokens(family, "frame odd")[0]).args[0]
        assert seen(program, (1, 2)).tolist() == [[[76, 76]]]

    def test_nobody_draws_it(self, toy: None) -> None:
        family = self.frames(3, {})
        with pytest.raises(RenderError) as caught:
            Renderer(family).render(tokens(family, "frame odd"))
        assert str(caught.value) == (
            "frames asks for the picture of an argument of type Stripes, its foreign types: none\n"
            "  -> name the family that draws it in foreign"
        )


def test_to_png() -> None:
    grey = to_png(np.full((1, 2, 3), 7, np.uint8))
    assert (grey.mode, grey.size, grey.getpixel((0, 0))) == ("L", (3, 2), 7)
    colour = to_png(np.full((3, 2, 3), 7, np.uint8))
    assert (colour.mode, colour.size, colour.getpixel((2, 1))) == ("RGB", (3, 2), (7, 7, 7))
