"""The contract checks themselves: good families pass, and each break is told with both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.families import Family, box
from i2c_core.masks import PushdownMask, State
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster import TokenBatch
from i2c_core.strokes import Strokes
from i2c_core.testing import CHECKS, Check, Result, check_family, harness, parametrize_family_checks
from i2c_core.testing.masking import check_masks
from tests.support.dataset_families import DIALS, FRAMED, MARKS
from tests.support.items_of_tests import EXTENT, make_family
from tests.support.items_of_tests import strokes as strokes_of_marks

# -- a family whose canonical form no types can say


def draw_sum(program: Program) -> NDArray[np.uint8]:
    """A white pixel for each number that is added, whatever the order."""
    picture = np.zeros((8, 8), np.uint8)
    for node in program.nodes():
        if node.name.isdigit():
            picture[0, int(node.name)] = 255
    return picture


def prefix(program: Program) -> list[str]:
    return [node.name for node in program.nodes()]


def in_order(program: Program) -> Program:
    """Sums with the smaller argument first, by prefix tokens."""
    done: list[Program] = []
    for node in reversed(list(program.nodes())):
        args = [done.pop() for _ in node.args]
        done.append(Program(node.signature, node.name, tuple(sorted(args, key=prefix))))
    return done[0]


SUMS = Family(
    "sums",
    root="Sum",
    signature="add : (Sum, Sum) -> Sum\none : (Number) -> Sum\nNumber = 1..4",
    render=draw_sum,
    size=(8, 8),
    normalise=in_order,
    budget=12,
    examples=("add(one(1), one(2))", "add(one(2), one(1))"),
)


def found(family: Family, name: str) -> Result:
    """What one check says, without waiting for the others."""
    return harness._result(family, next(check for check in CHECKS if check.name == name), {})


@pytest.mark.parametrize("family", [SUMS, MARKS, DIALS], ids=lambda f: f.name)
def test_good_families_pass(family: Family) -> None:
    assert check_family(family) == [Result(check.name, "passed") for check in CHECKS]


@parametrize_family_checks(SUMS)  # type: ignore[untyped-decorator]
def test_a_canonical_form_beyond_types_passes(check: Callable[[], None]) -> None:
    check()


def mirrored(program: Program) -> Program:
    """No canonical form: doing it twice undoes it."""
    return Program(program.signature, program.name, tuple(reversed(program.args)))


def first_only(program: Program) -> Program:
    """Another picture."""
    while program.name == "add":
        program = program.args[0]
    return program


def unsigned(program: Program) -> Program:
    """No program of the root type."""
    return program.args[0] if program.name == "one" else program


NORMALISE = [
    (mirrored, "'add(one(2), one(1))' normalises to 'add(one(1), one(2))', and that to 'add(one(2), one(1))'"),
    (first_only, "'add(one(1), one(2))' and its canonical form 'one(1)' draw different pictures: 1 of 64 values "
                 "differ, at row 0 and column 2 they are 255 and 0"),
]  # fmt: skip


@pytest.mark.parametrize(("normalise", "message"), NORMALISE)
def test_a_wrong_normalise(normalise: object, message: str) -> None:
    examples = ("add(one(2), one(1))",) if normalise is mirrored else SUMS.examples
    result = found(replace(SUMS, normalise=normalise, examples=examples), "normalise")  # type: ignore[arg-type]
    assert result == Result("normalise", "failed", message)


def test_a_normalise_that_leaves_the_language() -> None:
    result = found(replace(SUMS, normalise=unsigned, examples=("one(4)",)), "normalise")
    assert result == Result("normalise", "failed", "expected Sum, got 4 at the root\n  -> Sum begins with add, one")


def draw_chain(program: Program) -> NDArray[np.uint8]:
    picture = np.zeros((8, 8), np.uint8)
    for number, node in enumerate(program.nodes()):
        picture.flat[number % 64] = {"a": 50, "b": 100}.get(node.name, 200)
    return picture


def test_a_family_whose_text_is_ambiguous_passes_with_what_its_texts_say() -> None:
    family = Family(
        "sums-in-text",
        root="Start",
        grammar='start: start "+" start -> add\n | "a" -> a\n | "b" -> b\n',
        render=draw_chain,
        size=(8, 8),
        budget=9,
    )
    assert not family.is_exact
    assert [r for r in check_family(family) if r.outcome != "passed"] == []


# -- zooms


def halves(program: Program, size: tuple[int, int], up: bool) -> NDArray[np.uint8]:
    """One above the other, an uneven row to the lower or (`up`) to the upper half."""
    picture = np.zeros(size, np.uint8)
    pending = [(program, 0, size[0])]
    while pending:
        node, top, bottom = pending.pop()
        if node.args:
            middle = top + (bottom - top + up) // 2
            pending += [(node.args[1], middle, bottom), (node.args[0], top, middle)]
        else:
            picture[top:bottom] = 255 * (node.name == "W")
    return picture


def lower(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    return halves(program, size, False)


def upper(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    return halves(program, size, True)


HALVES = Family(
    "halves",
    root="Image",
    signature="h : (Image, Image) -> Image\nB, W : Image",
    render=lower,
    any_size=True,
    size=(16, 16),
    budget=15,
    zooms={"h": (box("0 0 1 1/2"), box("0 1/2 1 1"))},
)


def test_zooms_that_hold() -> None:
    assert found(HALVES, "zooms") == Result("zooms", "passed")


def test_zooms_that_hold_at_even_sizes_only() -> None:
    result = found(replace(HALVES, render=upper, examples=("h(B, W)",)), "zooms")
    assert result == Result(
        "zooms",
        "failed",
        "'W' in 'h(B, W)' of 13x19 pixels is not drawn at its rectangle (0, 9, 13, 19): 13 of 130 values differ, "
        "at row 0 and column 0 they are 0 and 255",
    )


def test_zooms_that_fail_below_the_root() -> None:
    result = found(replace(FRAMED, examples=("v(h(B, B), B)",)), "zooms")
    assert result == Result(
        "zooms",
        "failed",
        "'h(B, B)' in 'v(h(B, B), B)' of 16x16 pixels is not drawn at its rectangle (0, 0, 8, 16): 8 of 128 values "
        "differ, at row 0 and column 0 they are 0 and 77",
    )


def fixed(program: Program) -> NDArray[np.uint8]:
    return lower(program, (16, 16))


def test_zooms_of_a_renderer_of_one_size_are_skipped_with_the_reason() -> None:
    family = replace(HALVES, render=fixed, any_size=False)
    reason = "the renderer draws 16x16 only (any_size is not set), so no argument can be drawn alone"
    assert found(family, "zooms") == Result("zooms", "skipped", reason)
    assert found(family, "zooms").ok
    case = dict(cases(family))["zooms"]
    with pytest.raises(pytest.skip.Exception, match="any_size is not set"):
        case()


def test_zooms_of_arguments_that_are_no_whole_programs_are_skipped_with_the_reason() -> None:
    family = Family(
        "framed-halves",
        root="Frame",
        signature="frame : (Image) -> Frame\nB, W : Image",
        render=lambda program, size: np.zeros(size, np.uint8),
        any_size=True,
        size=(8, 8),
        budget=4,
        zooms={"frame": (box("0 0 1 1"),)},
    )
    reason = "no argument of frame is a whole program, to be drawn alone"
    assert found(family, "zooms") == Result("zooms", "skipped", reason)


# -- masks


@pytest.mark.parametrize("step", [0, 9])
def test_a_mask_that_closes_too_much_at_any_step(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    legal, calls = PushdownMask.legal, iter(range(1000))

    def narrow(self: PushdownMask, state: State) -> object:
        open_ = legal(self, state)
        if next(calls) == step:
            row = int(open_.sum(1).argmax())
            open_[row, int(open_[row].nonzero()[0])] = False
        return open_

    monkeypatch.setattr(PushdownMask, "legal", narrow)
    result = found(get_family("splits"), "masks")
    assert result.outcome == "failed"
    assert re.fullmatch(r"after [hvqBW ]+|after nothing", result.message.partition(", with a budget of ")[0])
    assert re.search(r"with a budget of \d+: open \[.*\], expected \['B', .*\]$", result.message)


def test_a_decoder_that_writes_what_it_must_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from i2c_core.decoding.picking import Picker

    def unmasked(self: Picker, logits: Tensor, state: State) -> Tensor:
        return torch.cat([logits, logits[:, :1]], 1)

    monkeypatch.setattr(Picker, "scores", unmasked)
    result = found(get_family("splits"), "masks")
    assert result.outcome == "failed"
    assert result.message.startswith("the program ends after 1 tokens, still open: Image\n")


# -- announced failures, and what is new


def cases(family: Family, expected: dict[str, str] | None = None) -> list[tuple[str, Callable[[], None]]]:
    mark = parametrize_family_checks(family, expected)
    return [(param.id, param.values[0]) for param in mark.mark.args[1]]


def fails(family: Family) -> None:
    raise AssertionError("1 is not 2")


def passes(family: Family) -> None:
    pass


# -- strokes


def changed(**other: object) -> Family:
    """The family of drawings, whose strokes are given with other tensors than they should be."""

    def wrong(batch: TokenBatch) -> Strokes:
        known = strokes_of_marks(batch)
        return replace(known, **{name: how(known) for name, how in other.items()})  # type: ignore[operator]

    return make_family(strokes=wrong, sample=None, canvas=EXTENT, examples=("more(path(1, 1, 4, 2, solid), done)",))


def turned_round(known: Strokes) -> Tensor:
    """y upwards, where it should be downwards."""
    return torch.where(known.arc[..., None], known.shape, known.shape * torch.tensor([1.0, -1, 1, -1, 1, 1]) + FLIP)


FLIP = torch.tensor([0.0, 5, 0, 5, 0, 0])
STROKES = [
    ({}, "passed", ""),
    ({"extent": lambda _: (5, 6)}, "failed", "strokes have the extent (5, 6), the family's canvas is (6, 5)"),
    ({"item": lambda s: s.item.int()}, "failed", "item of the strokes is torch.int32 of shape "),
    ({"arc": lambda s: s.arc[:, :0]}, "failed", "arc of the strokes is torch.bool of shape "),
    ({"shape": lambda s: s.shape / 0}, "failed", "a stroke has a number that is not finite"),
    ({"shape": lambda s: s.shape + 9}, "failed", "a stroke of 'more(path(1, 1, 4, 2, solid), done)' passes "),
    ({"shape": turned_round}, "failed", "'more(path(1, 1, 4, 2, solid), done)' has the stroke (1.0, 1.0, 4.0, 2.0, "),
    ({"item": lambda s: s.item + 2 * (s.item >= 0)}, "failed",
     "a stroke of 'more(path(1, 1, 4, 2, solid), done)' is part of command 2, counted from 0; it has 1"),
    ({"shape": lambda s: s.shape + 0.01 * torch.rand(())}, "failed",
     "'more(path(1, 1, 4, 2, solid), done)' has other strokes the second time"),
    ({"item": lambda s: -torch.ones_like(s.item)}, "skipped", "none of "),
]  # fmt: skip


@pytest.mark.parametrize(("other", "outcome", "message"), STROKES)
def test_strokes(other: dict[str, object], outcome: str, message: str) -> None:
    result = found(changed(**other), "strokes")
    assert result.outcome == outcome, result.message
    assert result.message.startswith(message)


def test_a_family_without_strokes_passes() -> None:
    assert found(SUMS, "strokes") == Result("strokes", "passed")


def test_announced_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.testing.harness.CHECKS", (Check("one", fails), Check("two", passes)))
    results = check_family(SUMS, {"one": "issue 12", "two": "issue 13"})
    assert results == [
        Result("one", "expected", "issue 12"),
        Result("two", "unexpected", "announced as failing, but it passes"),
    ]
    assert [r.ok for r in results] == [True, False]
    one, two = (case for _, case in cases(SUMS, {"one": "issue 12", "two": "issue 13"}))
    with pytest.raises(pytest.xfail.Exception, match="issue 12"):
        one()
    with pytest.raises(AssertionError, match="sums, two: announced as failing, but it passes"):
        two()


def test_a_new_check_warns_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    new = (Check("old", fails, warns_until="0.0.1"), Check("new", fails, warns_until="99.0.0"))
    monkeypatch.setattr("i2c_core.testing.harness.CHECKS", new)
    assert check_family(SUMS) == [Result("old", "failed", "1 is not 2"), Result("new", "warned", "1 is not 2")]
    old, warned = (case for _, case in cases(SUMS))
    with pytest.raises(AssertionError, match="sums, old: 1 is not 2"):
        old()
    with pytest.warns(UserWarning, match=r"new: 1 is not 2 \(fails from 99.0.0 on\)"):
        warned()


@pytest.mark.parametrize(("tries", "outcome"), [(200_000, "passed"), (40, "passed"), (0, "skipped")])
def test_masks_that_the_oracle_cannot_try_are_not_compared(
    monkeypatch: pytest.MonkeyPatch, tries: int, outcome: str
) -> None:
    """Free text may be too much for the oracle: no fault of the family's."""
    monkeypatch.setattr("i2c_core.masks.oracle_text.TRIES", tries)
    words = Family("words", "Word", "w : (Name) -> Word\nName = /(?:ab?)*c/ over [abc]", budget=9)
    message = check_masks(words)
    assert (message is None) == (outcome == "passed")
    if message is not None:
        assert message == "what is decoded is good, but the oracle gave up on every mask"
