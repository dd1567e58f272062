"""The rule that divides the slack, against choosing one node after the other."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.vocabulary import NEVER
from i2c_core.zooming.slack import divide, service_order


@given(
    slack=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    nodes=st.integers(1, 7),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=80, deadline=None)
def test_dividing_at_once_is_choosing_one_by_one(slack: list[int], nodes: int, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    shape = (len(slack), nodes, 5)
    cost = torch.randint(0, 7, shape, generator=chance)
    cost[..., 2] = 0  # of every node there is a token that costs nothing
    legal = torch.rand(shape, generator=chance) < 0.7
    legal[..., 2] = True
    cost = cost.where(legal, NEVER)
    live = torch.arange(nodes) < torch.randint(0, nodes + 1, (len(slack), 1), generator=chance)
    scores = torch.rand(shape, generator=chance)

    def choose(open_: torch.Tensor) -> torch.Tensor:
        return scores.masked_fill(~open_, -torch.inf).argmax(2)

    token, open_ = divide(torch.tensor(slack), cost, legal, live, choose)
    for r, left in enumerate(slack):
        for j in range(nodes):
            if not live[r, j]:
                assert token[r, j] == 0
                continue
            wanted = [bool(legal[r, j, v]) and int(cost[r, j, v]) <= left for v in range(5)]
            assert open_[r, j].tolist() == wanted
            best = max((v for v in range(5) if wanted[v]), key=lambda v: float(scores[r, j, v]))
            assert token[r, j] == best
            left -= int(cost[r, j, best])
        assert left >= 0


def test_who_would_lose_most_is_served_first() -> None:
    cost = torch.tensor([2, 0]).expand(1, 4, 2)  # a split, a leaf
    scores = torch.tensor([[[0.0, 0.0], [3.0, 0.0], [0.0, 0.0], [9.0, 0.0]]])
    pixels = torch.tensor([[10, 8, 10, 100]])
    live = torch.tensor([[True, True, True, False]])
    # 8 pixels of which 95 % would be lost, then twice 10 of which half would be, then what is no node.
    assert service_order(scores, cost, pixels, live).tolist() == [[1, 0, 2, 3]]
