"""Shortest programs with loops for sets of drawing commands: all candidates, and a cover by them."""

from i2c_core.rerolling.candidates import Rerolling
from i2c_core.rerolling.searching import Rerolled, problem_of, reroll

__all__ = ["Rerolled", "Rerolling", "problem_of", "reroll"]
