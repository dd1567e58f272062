"""Which tokens may come next: a signature as tables, and a pushdown automaton over them made of tensor operations.

Works alone: no family, no plugin. `Tables.from_vocabulary` takes a grounded signature, `Tables.from_arrays` plain
arrays.
"""

from i2c_core.masks.irreducible import IrreducibleMask
from i2c_core.masks.mask import Mask
from i2c_core.masks.oracle import Oracle, legal_tokens
from i2c_core.masks.oracle_rewriting import RewritingOracle
from i2c_core.masks.oracle_text import OracleGaveUp
from i2c_core.masks.picks import pick
from i2c_core.masks.pushdown import PushdownMask
from i2c_core.masks.states import State
from i2c_core.masks.tables import Tables

__all__ = [
    "IrreducibleMask",
    "Mask",
    "Oracle",
    "OracleGaveUp",
    "PushdownMask",
    "RewritingOracle",
    "State",
    "Tables",
    "legal_tokens",
    "pick",
]
