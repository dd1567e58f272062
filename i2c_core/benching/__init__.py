"""Figures and how they move: what benchmarks leave behind, two runs compared, their history, and a family measured.

A benchmark is a program that leaves a JSON file: rows of figure and value, and the machine they were taken on. A folder
of such programs with a `suite.toml` is a suite, which `i2c bench` runs.
"""

from i2c_core.benching.comparing import Change, Comparison, compare
from i2c_core.benching.records import Record, machine
from i2c_core.benching.suites import Suite

__all__ = ["Change", "Comparison", "Record", "Suite", "compare", "machine"]
