"""Searchers: programs for an image by trying, best so far at every moment."""

from i2c_core.search.enumeration import Enumeration
from i2c_core.search.searcher import Found, Searcher

__all__ = ["Enumeration", "Found", "Searcher"]
