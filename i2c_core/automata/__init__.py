"""A signature compiled ahead of decoding: a pushdown automaton as integer tables in NumPy, registers included."""

from i2c_core.automata.automaton import Automaton, Registers
from i2c_core.automata.cache import compiled
from i2c_core.automata.compiling import FOLD, compile_vocabulary

__all__ = ["FOLD", "Automaton", "Registers", "compile_vocabulary", "compiled"]
