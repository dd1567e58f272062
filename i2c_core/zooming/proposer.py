"""The proposer that zooms: the root symbol of a picture, then those of the parts that it leaves, level by level.

Legend: B pictures, K programs of a picture, R rows, T tokens, V tokens of the vocabulary, which pads.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core.checkpoints import Checkpoint, rebuild
from i2c_core.decoding import Beam, Greedy, Proposals, Sample, Strategy
from i2c_core.decoding.noise import image_keys, row_keys
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.model import Observation
from i2c_core.zooming import choosing, growing
from i2c_core.zooming.areas import Areas
from i2c_core.zooming.growing import Looking, Looks, Rows
from i2c_core.zooming.network import NetworkConfig, ZoomNetwork, fused
from i2c_core.zooming.tables import ZoomTables

COMPARED = 1024  # pixels a side at which programs are compared with a picture: 64 candidates of it take 64 MB
LARGEST = 2048  # pixels a side of the pictures that are looked at
WIDTHS = (4, 16, 64)  # beams that are tried in turn where the likeliest program does not draw the picture
TOGETHER = 512  # pictures
ROWS = 2048  # programs grown at a time
PIXELS = 1 << 22  # of the pictures whose sums are held at a time: 64 MB of grey
DEEPER = 8  # times as many tokens as training showed are allowed, where no budget is named
STRATEGIES = ("zoom", "auto", "greedy", "beam", "sample")


class ZoomProposer:
    """Programs level by level. A level is one batch of all open nodes of all programs of all pictures.

    A program's probability is the product of those of its nodes, each under the tokens that its type and the slack
    leave open (see `i2c_core.zooming.slack`); those of all programs within the budget add up to 1.

    Attributes:
        budget: the most tokens of a program, where none are named: more than training showed, as depth is not bounded.
    """

    whole = LARGEST  # pictures come at their own size
    together = True  # those of one size in a batch
    at_once = TOGETHER  # of them, as a level takes longer than it has nodes to look at where there are few
    compared = COMPARED  # finer than that, depth is not checked
    unbounded = True  # budgets may be above the one of training
    strategies = STRATEGIES

    def __init__(self, network: ZoomNetwork, family: Family) -> None:
        self.network, self.family = network, family
        self.device = next(network.parameters()).device
        self.tables = ZoomTables.of(family, self.device)
        self.budget = DEEPER * network.config.max_tokens

    def stages(self, name: str, n: int) -> tuple[Strategy, ...] | None:
        """What the name of a strategy stands for."""
        wide = tuple(dict.fromkeys(Beam(max(width, n)) for width in WIDTHS))
        known: dict[str, tuple[Strategy, ...]] = {
            "zoom": (Greedy(), *wide) if n == 1 else wide,
            "greedy": (Greedy(),),
            "beam": (Beam(max(WIDTHS[1], n)),),
            "sample": (Sample(),),
        }
        return known.get("zoom" if name == "auto" else name)

    @torch.no_grad()
    def propose(
        self,
        observation: Observation,
        *,
        n: int = 1,
        strategy: Strategy = Greedy(),  # noqa: B008  frozen
        budget: int | None = None,
        generator: torch.Generator | int | None = None,
    ) -> Proposals:
        """Programs for B observations of any size, n a picture; what comes back is on the network's device.

        Args:
            strategy: `Greedy`, `Beam` or `Sample` of `i2c_core.decoding`.
            budget: the most tokens of a program; `self.budget` where None.

        Raises:
            BudgetError: the budget is below the shortest program.
            ConfigError: a strategy that goes token by token.
        """
        budget = self.budget if budget is None else budget
        self.family.vocabulary.require_budget(budget)
        if not isinstance(strategy, Greedy | Beam | Sample):
            fact = f"{type(strategy).__name__} writes programs token by token, this network goes level by level"
            raise ConfigError(fact, f"use one of {', '.join(STRATEGIES)}")
        seed = generator.initial_seed() if isinstance(generator, torch.Generator) else generator or 0
        width = strategy.rows(n)
        image = observation.image
        step = max(1, min(ROWS // max(width, 1), PIXELS // max(1, image.shape[2] * image.shape[3])))
        parts = []
        for first in range(0, max(len(image), 1), step):
            some = image[first : first + step].to(self.device)
            pixels = (some * 255).round().to(torch.uint8)
            looking = Looking(self.network, Areas(pixels), shared=width > 1)
            size = int(image.shape[2]), int(image.shape[3])
            rows = grow(self.tables, looking, image_keys(some, seed), size, width, strategy, budget)
            parts.append(rows)
        longest = max(rows.ids.shape[1] for rows in parts)
        ids = torch.cat([F.pad(r.ids, (0, longest - r.ids.shape[1]), value=self.tables.pad) for r in parts])
        logprob = torch.cat([rows.logprob.masked_fill(rows.forced, -torch.inf) for rows in parts])
        logq, undefined = (torch.cat([getattr(rows, name) for rows in parts]) for name in ("logq", "undefined"))
        shape = len(image), width
        logprob, logq, undefined = (column.view(shape)[:, :n] for column in (logprob, logq, undefined))
        return Proposals(ids.view(*shape, -1)[:, :n], logprob, logq, None, undefined)

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: torch.device) -> ZoomProposer:
        """The proposer of a checkpoint that the learner `zoom` has written.

        Raises:
            CheckpointError: it describes no such network.
            FamilyError: the family cannot be decoded by zooming.
        """
        network = rebuild(checkpoint, NetworkConfig.from_dict, ZoomNetwork)
        return cls(fused(network).to(device), family)


def grow(
    tables: ZoomTables,
    looks: Looks,
    keys: Tensor,
    size: tuple[int, int],
    width: int,
    strategy: Strategy,
    budget: int,
) -> Rows:
    """Whole programs, `width` of each picture, those of one picture together.

    Args:
        tables: of the family.
        looks: the network and the pictures.
        keys: (B,) of the pictures, for noise.
        size: height and width of the pictures.
        width: K.
        strategy: how tokens are chosen.
        budget: the most tokens of a program.
    """
    picture = torch.arange(len(keys), device=keys.device).repeat_interleave(width)
    drawn = isinstance(strategy, Sample)
    rows = growing.begin(tables, row_keys(keys, width) if drawn else None, picture, size)
    if isinstance(strategy, Beam):
        rows.logprob.view(-1, width)[:, 1:] = -torch.inf  # before they differ
    while (found := growing.look(tables, looks, rows, budget)) is not None:
        rows, level = found
        if isinstance(strategy, Sample):
            rows, token = choosing.drawn(rows, level, strategy)
        elif isinstance(strategy, Beam):
            rows, level, token = choosing.best(rows, level, width)
        else:
            rows, token = choosing.likeliest(rows, level)
        rows = growing.fill(tables, rows, level, token)
    return rows
