"""A family's trained network as searchers take it. Legend: C channels, H W pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.checkpoints import LEARNER, find_weights, load_checkpoint, load_model, require_match
from i2c_core.decoding import AutoregressiveProposer, Proposer
from i2c_core.errors import CheckpointError
from i2c_core.families import Family
from i2c_core.images import fit
from i2c_core.model import Observation


@dataclass(frozen=True, eq=False)
class Network:
    """What proposes programs for images of a family.

    Attributes:
        proposer: images to programs.
        size: height and width in pixels of what it sees.
        budget: the most tokens that it writes.
        name: of its checkpoint, for errors and records.
    """

    proposer: Proposer = field(repr=False)
    size: tuple[int, int]
    budget: int
    name: str

    @staticmethod
    def shipped(family: Family) -> Network:
        """The network that a family ships, on the CPU.

        Raises:
            CheckpointError: it ships none, one that does not fit it, or one that does not write token by token.
        """
        checkpoint = load_checkpoint(find_weights(family))
        require_match(checkpoint, family)
        if checkpoint.meta["learner"] != LEARNER:
            raise _not_stepwise(checkpoint.name)
        height, width = checkpoint.meta["image"]["size"]
        proposer = AutoregressiveProposer.for_family(load_model(checkpoint), family)
        return Network(proposer, (height, width), int(checkpoint.meta["budget"]), checkpoint.name)

    @property
    def stepwise(self) -> AutoregressiveProposer:
        """The proposer; raises `CheckpointError` where it does not write token by token."""
        if not isinstance(self.proposer, AutoregressiveProposer):
            raise _not_stepwise(self.name)
        return self.proposer

    def seen(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What it sees of an image (C, H, W): at its own size, or the image's where the proposer takes any."""
        size, whole = self.size, getattr(self.proposer, "whole", None)
        if whole is not None:
            height, width = image.shape[1:]
            scale = min(1.0, whole / max(height, width))
            size = max(1, round(height * scale)), max(1, round(width * scale))
        return fit(image, size)

    def observe(self, image: NDArray[np.uint8]) -> Observation:
        """The same as an observation of one image."""
        return Observation(torch.from_numpy(self.seen(image)[None].copy()).float() / 255.0)

    @property
    def unbounded(self) -> bool:
        """Whether budgets may be above the one of training."""
        return bool(getattr(self.proposer, "unbounded", False))


def _not_stepwise(name: str) -> CheckpointError:
    fact = f"the network of {name} does not write token by token, which a guided search needs"
    return CheckpointError(fact, "use weights of the learner 'paired', or another searcher")
