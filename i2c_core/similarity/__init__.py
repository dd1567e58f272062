"""How alike drawings are by the structure of their programs, as Ellis et al. (NeurIPS 2018) compare them."""

from i2c_core.similarity.ranking import Match, find_drawings, rank
from i2c_core.similarity.structure import distance

__all__ = ["Match", "distance", "find_drawings", "rank"]
