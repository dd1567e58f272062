"""Searchers: programs for an image by trying, best so far at every moment.

They share one interface, `Searcher`, and compare programs by distance, then by size. The core registers its own by the
hook that strangers use, `i2c_searchers`; `i2c_core.race` lets them run against one another.
"""

from i2c_core.search.divide import Divide
from i2c_core.search.enumeration import Enumeration
from i2c_core.search.genetic import Genetic
from i2c_core.search.judging import Judge
from i2c_core.search.network import Network
from i2c_core.search.proposing import Proposing
from i2c_core.search.searcher import Found, Searcher
from i2c_core.search.tree import Guided, TreeSearch

__all__ = [
    "Divide",
    "Enumeration",
    "Found",
    "Genetic",
    "Guided",
    "Judge",
    "Network",
    "Proposing",
    "Searcher",
    "TreeSearch",
]
