"""The rule that divides what is left of a program's budget among its open nodes.

The slack of a program is its budget minus its tokens so far minus the fewest that close its open nodes. A choice at a
node costs as many tokens as it makes the shortest completion longer. All open nodes of a level choose at once, so:

    Open nodes are served in the order of what they stand to lose: the pixels of their rectangle times the probability
    of the tokens that cost something; of equals the first in the program. Each may spend all of the slack that those
    before it have left.

So no program is ever longer than its budget, every one within the budget can be reached, and the probabilities of all
of them add up to 1. Choosing one after the other would be slow. Instead all choose under a guess of what those before
them leave, and again under what they then leave, until nothing changes: the first in the order is right at once, the
second a round later, and so on, so the rounds end where choosing one by one does. Where the slack is large, that is
after one round.

Legend: R programs, J the most open nodes of one, V tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Choose = Callable[[Tensor], Tensor]  # open tokens (R, J, V) to tokens (R, J)


def service_order(scores: Tensor, cost: Tensor, pixels: Tensor, live: Tensor) -> Tensor:
    """(R, J) the open nodes of each program in the order in which they are served.

    Args:
        scores: (R, J, V) logits, those of closed tokens at -inf.
        cost: (R, J, V) of each token.
        pixels: (R, J) of the rectangles.
        live: (R, J) whether there is such a node; those that there are not come last.
    """
    dear = (scores.softmax(2) * (cost > 0)).nan_to_num().sum(2)  # (R, J)
    loss = torch.where(live, dear.double() * pixels, -1.0)
    return loss.argsort(dim=1, descending=True, stable=True)


def divide(slack: Tensor, cost: Tensor, legal: Tensor, live: Tensor, choose: Choose) -> tuple[Tensor, Tensor]:
    """The tokens of all open nodes, which together cost no more than the slack, and what was open to each.

    Args:
        slack: (R,) what each program may spend.
        cost: (R, J, V) int64; nodes stand in the order in which they are served.
        legal: (R, J, V) bool; of every live node a token of cost 0 is legal.
        live: (R, J) bool.
        choose: a function of what is open, of each node alone.

    Returns:
        Tokens (R, J), 0 where there is no node, and (R, J, V) bool.
    """
    left = slack[:, None].expand(live.shape)  # (R, J)
    while True:
        open_ = legal & (cost <= left[..., None])
        token = torch.where(live, choose(open_), 0)
        spent = torch.where(live, cost.gather(2, token[..., None])[..., 0], 0)
        before = F.pad(spent.cumsum(1), (1, 0))[:, :-1]
        then = (slack[:, None] - before).clamp(min=0)
        if torch.equal(then, left):
            return token, open_
        left = then
