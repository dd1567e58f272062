"""What loops know of a family: its commands, their mirror images, and the ways to write them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops_of_tests import drawings

from i2c_core import get_family
from i2c_core.errors import FamilyError
from i2c_core.loops import Command, Layout, Loops, layout_of

FIGURES, DIAGRAMS = layout_of(get_family("figures")), layout_of(get_family("diagrams"))
LEVELS = layout_of(get_family("pacman"))
LAYOUTS = [FIGURES, DIAGRAMS, LEVELS, drawings("circle line rectangle disc box mark", 6, 5)]
ROLES = "give each argument one of x y w h c r n -"
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda found: found.family.name)


def some_command(draw: st.DrawFn, layout: Layout) -> Command:
    """A canonical command."""
    symbol = draw(st.sampled_from(sorted(layout.places)))
    parameters = layout.family.gamma[symbol].parameters
    args: list[int | str] = []
    for place, parameter in zip(layout.places[symbol], parameters, strict=True):
        if place.role == "-":
            names = [s.name for s in layout.family.gamma.symbols if s.result == parameter.type]
            kind = layout.family.gamma.literal_kind(parameter.type)
            args.append(draw(st.sampled_from(names or list(kind.literals()))))  # type: ignore[union-attr]
        else:
            low = max([place.low, *(int(args[n]) + (r.op == ">") for n, r in place.relations)])
            if low > place.high:
                return some_command(draw, layout)
            args.append(draw(st.integers(low, place.high)))
    found = layout.canonical(Command(symbol, tuple(args)))
    return some_command(draw, layout) if found is None else found


@every_layout
@given(st.data())
def test_a_mirror_image_of_a_mirror_image_is_the_command(layout: Layout, data: st.DataObject) -> None:
    command = data.draw(st.composite(some_command)(layout))
    axis, at = data.draw(st.sampled_from("xy")), data.draw(st.integers(2, 40))
    image = layout.mirrored(command, axis, at)
    if image is not None:
        assert layout.is_legal(image)
        assert layout.canonical(image) == image
        assert layout.mirrored(image, axis, at) == command


@every_layout
@given(st.data())
def test_two_mirrors_of_two_axes_commute(layout: Layout, data: st.DataObject) -> None:
    command = data.draw(st.composite(some_command)(layout))
    first, second = data.draw(st.integers(2, 30)), data.draw(st.integers(2, 30))
    one, other = layout.image(command, "x", first), layout.image(command, "y", second)
    assert layout.image(one, "y", second) == layout.image(other, "x", first)


@every_layout
@given(st.data())
def test_all_ways_of_writing_a_command_mean_it(layout: Layout, data: st.DataObject) -> None:
    command = data.draw(st.composite(some_command)(layout))
    variants = layout.variants(command)
    assert variants[0] == command
    assert len(set(variants)) == len(variants)
    assert {layout.canonical(v) for v in variants} == {command}


def test_known_mirror_images() -> None:
    line = Command("line", (2, 3, 5, 7, "plain", "dashed"))
    assert FIGURES.mirrored(line, "x", 10) == Command("line", (5, 7, 8, 3, "plain", "dashed"))
    arrow = Command("line", (2, 3, 5, 7, "arrow", "solid"))
    assert FIGURES.mirrored(arrow, "x", 10) == Command("line", (8, 3, 5, 7, "arrow", "solid"))
    assert FIGURES.mirrored(Command("rectangle", (1, 2, 4, 6)), "y", 9) == Command("rectangle", (1, 3, 4, 7))
    assert DIAGRAMS.mirrored(Command("label", (3, 4, 6, 2)), "x", 20) == Command("label", (11, 4, 6, 2))
    assert DIAGRAMS.mirrored(Command("circle", (3, 4, 2)), "x", 20) == Command("circle", (17, 4, 2))
    assert FIGURES.mirrored(Command("circle", (3, 4)), "x", 3) is None


def test_cells_are_mirrored_as_cells() -> None:
    """In a level of 20 columns x is mirrored to 21 - x, and three tiles from column 4 on begin at 15."""
    assert LEVELS.mirrored(Command("put", ("wall", 4, 3)), "x", 21) == Command("put", ("wall", 17, 3))
    assert LEVELS.mirrored(Command("across", ("wall", 4, 3, 3)), "x", 21) == Command("across", ("wall", 15, 3, 3))
    assert LEVELS.mirrored(Command("across", ("wall", 4, 3, 3)), "y", 8) == Command("across", ("wall", 4, 5, 3))
    assert LEVELS.mirrored(Command("down", ("wall", 4, 2, 3)), "y", 8) == Command("down", ("wall", 4, 4, 3))


def test_what_is_no_command_has_no_canonical_form() -> None:
    assert FIGURES.canonical(Command("circle", (0, 4))) is None
    assert FIGURES.canonical(Command("rectangle", (4, 4, 4, 6))) is None
    assert FIGURES.canonical(Command("line", (4, 4, 4, 4, "plain", "solid"))) is None
    assert FIGURES.canonical(Command("line", (4, 4, 2, 2, "plain", "solid"))) == Command(
        "line", (2, 2, 4, 4, "plain", "solid")
    )


@every_layout
@given(st.data())
def test_commands_and_programs_are_the_same(layout: Layout, data: st.DataObject) -> None:
    commands = [data.draw(st.composite(some_command)(layout)) for _ in range(3)]
    frame = None
    if layout.list_type != layout.family.root_type:
        frame = layout.family.parse(layout.family.examples[0])
    program = layout.program_of(commands, frame)
    assert layout.commands_of(program) == commands


def test_a_family_says_what_a_list_is() -> None:
    assert [str(one.list_type) for one in LAYOUTS] == ["Figure", "Figure", "Body", "Figure"]
    assert [str(one.element) for one in LAYOUTS] == ["Command", "Command", "Statement", "Command"]
    assert (LEVELS.more, LEVELS.end) == ("cons", "nil")


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (
            {"circle": "x"},
            "figures gives 'circle' the roles 'x', it has 2 arguments\n  -> " + ROLES,
        ),
        (
            {"circle": "x z"},
            "figures gives 'circle' the roles 'x z', it has 2 arguments\n  -> " + ROLES,
        ),
        (
            {"line": "x y x y x -"},
            "figures gives 'tip' of 'line' the role 'x', it is no whole number\n  -> give it the role -",
        ),
    ],
)
def test_wrong_roles_are_told(positions: dict[str, str], message: str) -> None:
    family = dataclasses.replace(get_family("figures"), loops=Loops(positions))
    with pytest.raises(FamilyError) as caught:
        layout_of(family)
    assert str(caught.value) == message


def test_a_family_without_loops_is_told() -> None:
    with pytest.raises(FamilyError) as caught:
        layout_of(get_family("splits"))
    assert str(caught.value) == ("family splits has no loops\n  -> declare which arguments are positions with loops=")
