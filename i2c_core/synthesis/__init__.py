"""Shorter programs with the same picture, better and better, each with a bound that is proven.

A family whose programs mean a set of things in no order can say how short a program may be: it declares `synthesize`,
and what it finds is checked here by drawing it.
"""

from i2c_core.synthesis.synthesizing import Step, Synthesized, improve, synthesize

__all__ = ["Step", "Synthesized", "improve", "synthesize"]
