"""The tables that a mask is made of."""

from __future__ import annotations

import torch

from i2c_core.masks import Tables
from i2c_core.masks.tables import NEVER
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SIGNATURE = "h : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"


def tables(bound: int = 1 << 26) -> Tables:
    return Tables.from_vocabulary(Vocabulary(Signature.parse(SIGNATURE), parse_type("Image")), bound)


def test_rows_are_costs_compared_with_each_slack() -> None:
    made = tables()
    assert (made.V, made.Y, made.K, made.pad) == (4, 1, 4, 4)
    assert made.costs.tolist() == [[NEVER] * 4, [2, 4, 0, 0]]
    assert made.rows is not None
    rows = made.rows.view(2, 5, 4)
    assert not rows[0].any()
    assert rows[1].long().tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1]]


def test_rows_are_left_out_where_they_exceed_the_bound() -> None:
    assert tables(2 * 5 * 4).rows is not None
    assert tables(2 * 5 * 4 - 1).rows is None


def test_the_cheapest_token_is_open_under_every_slack() -> None:
    made = tables()
    assert made.cheapest.tolist() == [4, 2]
    assert made.openings(1) == "h, q, B, W"


def test_every_tensor_moves() -> None:
    moved = tables().to("meta")
    found = [value.device.type for value in vars(moved).values() if isinstance(value, torch.Tensor)]
    assert found == ["meta"] * 7
    assert moved.device.type == "meta"
