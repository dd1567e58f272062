"""The tables of families that zoom, and why others cannot be decoded so."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from zooms_of_tests import HALVES, TINTS

from i2c_core import Family, box
from i2c_core.errors import FamilyError
from i2c_core.programs import Program
from i2c_core.zooming.tables import ZoomTables, require_zooms

HINT = "read it token by token: leave out --strategy zoom and --learner zoom"
UP_DOWN = (box("0 0 1 1/2"), box("0 1/2 1 1"))


def test_types_and_roles_of_nodes() -> None:
    tables, vocabulary = ZoomTables.of(TINTS), TINTS.vocabulary
    assert [str(t) for t in vocabulary.types] == ["Image", "Colour"]
    assert tables.roles == 1 + 3 + 2 + 2
    names = ["row", "paint", "red", "blue", "frame", "blue", "paint", "red", "red", "paint", "blue", "blue"]
    ids = torch.full((2, 13), vocabulary.pad)
    ids[0, :12] = torch.tensor(vocabulary.names_to_ids(names))
    ids[1, :3] = torch.tensor(vocabulary.names_to_ids(["paint", "red", "red"]))
    type_, role = tables.replay(ids)
    assert type_[0, :12].tolist() == [0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1]
    #        root, row's first, paint's two, row's second, frame's two, ...
    assert role[0, :12].tolist() == [0, 1, 6, 7, 2, 4, 5, 6, 7, 3, 6, 7]
    assert type_[1].tolist() == [0, 1, 1, *[0] * 10]
    assert role[1].tolist() == [0, 6, 7, *[0] * 10]


def test_parts_are_where_the_renderer_draws_them() -> None:
    tables = ZoomTables.of(TINTS)
    row, frame = TINTS.vocabulary.names_to_ids(["row", "frame"])
    found = tables.parts(torch.tensor([row, frame]), torch.tensor([[1, 2, 12, 7], [0, 0, 10, 5]]))
    assert found[0].tolist() == [[1, 2, 4, 7], [4, 2, 8, 7], [8, 2, 12, 7]]
    assert found[1, :2].tolist() == [[0, 0, 10, 5], [2, 1, 8, 4]]


def constraint(vocabulary: Any, device: Any) -> Any:
    raise AssertionError("it is refused before it is made")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"zooms": {}},
            "toy says of no symbol where in the picture its arguments live\n  -> declare zooms: docs/zoom.md",
        ),
        (
            {"signature": "h, v : (I, I) -> I\nB : I"},
            "'v' of toy does not say where in the picture its arguments live\n"
            f'  -> give it a box an argument, box("0 0 1 1") for its whole rectangle, or {HINT}',
        ),
        (
            {"signature": "h : (I, I) -> I\nbar : (x: X, y: X > x) -> I\nX = 1..3"},
            "an argument of 'bar' in toy depends on another one (bar : (x: X, y: X > x) -> I), "
            f"zooming chooses them at once\n  -> {HINT}",
        ),
        (
            {"signature": "h : (I, I) -> I\nB : I\nmore : (a: M, rest: I) -> I   order a < rest.a\na, b : M"},
            "lists of toy stand in an order, so that an element depends on the one before, zooming chooses both at "
            f"once\n  -> {HINT}",
        ),
        (
            {"constraint": constraint},
            "toy has a constraint of its own, by which a token depends on those before, zooming chooses siblings at "
            f"once\n  -> {HINT}",
        ),
        (
            {
                "signature": "h : (I, I) -> I\nnote : (N) -> I\nN = /a+/",
                "zooms": {"h": UP_DOWN, "note": (box("0 0 1 1"),)},
            },
            f"toy writes texts character by character, which have no places\n  -> {HINT}",
        ),
        (
            {"zooms": {"h": (box("0 0 1 1/2"), box("0 1/2 1 3/2"))}},
            "toy zooms argument 2 of 'h' to 0 1/2 1 3/2, no rectangle inside its parent\n"
            "  -> use 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1",
        ),
    ],
)
def test_what_cannot_be_zoomed_is_told(changes: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"signature": "h : (I, I) -> I\nB, W : I", "zooms": {"h": UP_DOWN}}
    with pytest.raises(FamilyError) as caught:
        require_zooms(Family("toy", root="I", **(given | changes)))
    assert str(caught.value) == message


@pytest.mark.parametrize("edges", ["-1/2 0 1 1", "0 0 1 0", "1/2 0 1/2 1", "2/3 0 1/3 1"])
def test_a_zoom_is_a_rectangle_inside_its_parent(edges: str) -> None:
    family = Family("toy", root="I", signature="h : (I, I) -> I\nB : I", zooms={"h": (UP_DOWN[0], box(edges))})
    with pytest.raises(FamilyError, match="no rectangle inside its parent"):
        family.require_sound()


def test_replaying_agrees_with_the_tree() -> None:
    tables = ZoomTables.of(HALVES)

    def roles(program: Program, role: int) -> list[int]:
        first = {"h": 1}.get(program.name, 0)
        inner = [roles(a, first + n) for n, a in enumerate(program.args)]
        return [role, *(r for part in inner for r in part)]

    program = HALVES.parse("h(h(B, W), h(B, h(W, B)))")
    ids = torch.tensor([HALVES.to_tokens(program).ids])
    assert tables.replay(ids)[1][0].tolist() == roles(program, 0)
