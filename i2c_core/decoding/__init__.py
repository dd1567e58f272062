"""From images to ranked programs: strategies over any stepwise network, under the mask."""

from i2c_core.decoding.family_masks import family_mask
from i2c_core.decoding.particles import Likelihood
from i2c_core.decoding.proposals import AutoregressiveProposer, Proposals, Proposer
from i2c_core.decoding.rank import Candidate, rank
from i2c_core.decoding.strategies import (
    Beam,
    Greedy,
    Sample,
    SequentialMonteCarlo,
    StochasticBeam,
    Strategy,
)
from i2c_core.model import Observation

__all__ = [
    "AutoregressiveProposer",
    "Beam",
    "Candidate",
    "Greedy",
    "Likelihood",
    "Observation",
    "Proposals",
    "Proposer",
    "Sample",
    "SequentialMonteCarlo",
    "StochasticBeam",
    "Strategy",
    "family_mask",
    "rank",
]
