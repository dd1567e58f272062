"""Regular languages: expressions as `re.match` reads them, compiled to minimal automata. Pure Python.

letters      the letters that a part of an expression matches, and classes of those that behave alike
program      an expression as a graph of places
functions    Boolean functions
determinise  the automaton whose states are Boolean functions of places
minimal      states of the same future are one
dfa          the automaton: its words, and what it shares with another
compiling    all of it: `compile`
"""

from i2c_core.regular.compiling import MOST_STATES, compile
from i2c_core.regular.dfa import Dfa, of_words
from i2c_core.regular.letters import default_alphabet

__all__ = ["MOST_STATES", "Dfa", "compile", "default_alphabet", "of_words"]
