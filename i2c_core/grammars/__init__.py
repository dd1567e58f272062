"""Grammars: how programs are written, bound to what they mean; Lark stays behind `lark_bridge`.

text --parse--> program --show--> text        Syntax, a grammar checked against a signature
grammar --derive--> signature                 derive, derive_signature
signature --derive_grammar--> grammar         in call notation
grammars --Joined--> grammar                  of families that are composed
"""

from i2c_core.grammars.calls import derive_grammar
from i2c_core.grammars.deriving import derive, derive_signature
from i2c_core.grammars.joining import Joined
from i2c_core.grammars.refusals import ConflictError
from i2c_core.grammars.sources import GrammarText, MadeGrammar, read_grammar
from i2c_core.grammars.syntax import Syntax, find_doubt

__all__ = [
    "ConflictError",
    "GrammarText",
    "Joined",
    "MadeGrammar",
    "Syntax",
    "derive",
    "derive_grammar",
    "derive_signature",
    "find_doubt",
    "read_grammar",
]
