"""Rewrite rules as a canonical form: which programs no rule changes, and how the others are rewritten."""

from __future__ import annotations

from i2c_core.rewriting.forms import Rules, read_rules
from i2c_core.rewriting.machine import NEVER, Machine
from i2c_core.rewriting.patterns import DEAD, Patterns
from i2c_core.rewriting.terms import Rule, Term, is_decreasing, letters, parse_rule, parse_rules, variable
from i2c_core.rewriting.trees import Trees

__all__ = [
    "DEAD",
    "NEVER",
    "Machine",
    "Patterns",
    "Rule",
    "Rules",
    "Term",
    "Trees",
    "is_decreasing",
    "letters",
    "parse_rule",
    "parse_rules",
    "read_rules",
    "variable",
]
