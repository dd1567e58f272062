"""The exact values of continuous tokens, complete. Legend: N programs, T tokens, V tokens of the vocabulary."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster.contract import Array, is_tensor
from i2c_core.symbols import Bins
from i2c_core.vocabulary import Vocabulary


@lru_cache(maxsize=8)
def _centres(vocabulary: Vocabulary) -> NDArray[np.float64]:
    """(V + 1,) the middle of each continuous token's bin, NaN for other tokens."""
    centres = np.full(vocabulary.size + 1, np.nan)
    for token in np.flatnonzero(vocabulary.continuous):
        name = vocabulary.tokens[token]
        kind = vocabulary.signature.kind(vocabulary.signature[name].result)
        assert isinstance(kind, Bins)
        centres[token] = kind.centre(int(name.rpartition(":")[2]))
    return centres


def fill_values(vocabulary: Vocabulary, ids: Array, values: Array | None) -> Array | None:
    """The values (N, T) that programs made of these tokens have: the middle of its bin where a token came without one.

    None where the vocabulary has no continuous tokens; else in the library and on the device of `ids`.
    """
    if not vocabulary.continuous.any():
        return None
    if not is_tensor(ids):
        centres = _centres(vocabulary)[ids]
        return centres if values is None else np.where(np.isnan(values), centres, values)
    import torch

    table = torch.from_numpy(_centres(vocabulary)).to(ids.device)[ids.long()]
    return table if values is None else torch.where(values.isnan(), table, values.double())
