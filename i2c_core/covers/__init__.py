"""Covers of least cost with opening costs on a tree and costs of distinct features, anytime and with proven bounds."""

from i2c_core.covers.problem import Column, Cover, Node, Problem, cost, is_cover
from i2c_core.covers.solving import SOLVERS, solve

__all__ = ["SOLVERS", "Column", "Cover", "Node", "Problem", "cost", "is_cover", "solve"]
