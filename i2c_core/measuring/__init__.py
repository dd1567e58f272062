"""What a language is worth: its images, its redundancy, its rewrite rules, and how short its code is."""

from __future__ import annotations

from i2c_core.measuring.discovering import FoundRules, find_rules
from i2c_core.measuring.measures import Measure, measure

__all__ = ["FoundRules", "Measure", "find_rules", "measure"]
