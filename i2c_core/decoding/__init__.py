"""From images to ranked programs: strategies over any stepwise network, under the mask."""

from i2c_core.decoding.proposals import AutoregressiveProposer, Proposals, Proposer
from i2c_core.decoding.rank import Candidate, rank
from i2c_core.decoding.strategies import Beam, Greedy, Sample, Strategy
from i2c_core.model import Observation

__all__ = [
    "AutoregressiveProposer",
    "Beam",
    "Candidate",
    "Greedy",
    "Observation",
    "Proposals",
    "Proposer",
    "Sample",
    "Strategy",
    "rank",
]
