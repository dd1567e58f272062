"""Families composed by types: programs of one stand inside those of another."""

from i2c_core.composing.composition import compose
from i2c_core.composing.parts import Parts

__all__ = ["Parts", "compose"]
