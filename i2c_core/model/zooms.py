"""A family's zooms as the network's tables of places."""

from __future__ import annotations

import torch

from i2c_core.families import Family
from i2c_core.model.places import Places


def family_places(family: Family, max_tokens: int) -> Places:
    """Where the arguments of each of a family's tokens live; at their parent's place where nothing is declared.

    Args:
        family: its `zooms` are read.
        max_tokens: the longest program in tokens.
    """
    vocabulary = family.vocabulary
    children = max(int(vocabulary.arity.max()), 1)
    zoom = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(vocabulary.size, children, 1)  # (V, A, 4)
    for number, token in enumerate(vocabulary.tokens):
        for child, box in enumerate(family.zoom(token) or ()):
            zoom[number, child] = torch.tensor([float(side) for side in box])
    return Places(torch.from_numpy(vocabulary.arity), zoom, max_tokens)
