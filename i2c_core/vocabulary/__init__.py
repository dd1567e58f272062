"""A signature grounded from a root type: tokens, productions, and programs as rows of token ids.

A vocabulary *token* is a symbol; a *production* is a symbol at a type: what it pushes and what it costs. The two differ
wherever a symbol serves several types (`cons`, `3`, a generic `if`), so tables are indexed by (type, token).

A vocabulary is the context-free part of a signature: relations between arguments and the orders of lists are not in its
tables. Relations are part of what is legal, so `encode` and `check` hold them; orders are not.
"""

from i2c_core.vocabulary.grounding import MAX_PRODUCTIONS, Production
from i2c_core.vocabulary.shortest import NEVER
from i2c_core.vocabulary.table import Encoded, Vocabulary

__all__ = ["MAX_PRODUCTIONS", "NEVER", "Encoded", "Production", "Vocabulary"]
