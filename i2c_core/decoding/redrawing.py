"""A likelihood for every family: how well a program redraws the picture, and a beginning when it is closed shortly.

It is the closed loop of decoding, inside it. Renderers run on the host, so that each step waits for the device.

Legend: N images, R rows, T tokens, U distinct programs, V tokens of the vocabulary, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.decoding.family_masks import family_mask
from i2c_core.decoding.rank import Renders, distances
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.masks import Mask
from i2c_core.model import Observation

SHARPNESS = 50.0  # a hundredth of the pixels wrong costs half a nat


@dataclass
class Redrawing:
    """The log-weight -`sharpness` * distance, from the family's own distance to the image; -inf without a picture.

    A beginning is closed by the mask's cheapest tokens first.
    """

    family: Family
    renderer: Renders
    sharpness: float = SHARPNESS
    _masks: dict[torch.device, Mask] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, ids: Tensor, state: Any, observation: Observation | None) -> Tensor:
        """The log-weights (R,) of programs and beginnings `ids` (R, T)."""
        assert observation is not None
        whole = self._close(ids, state)  # (R, T)
        programs, program_of = np.unique(whole, axis=0, return_inverse=True)  # (U, T), (R,)
        inputs = (observation.image.detach().cpu() * 255).round().to(torch.uint8).numpy()  # (N, C, H, W)
        pixels, defined = self._draw(programs, (int(inputs.shape[2]), int(inputs.shape[3])))
        row = np.arange(len(whole))
        drawn = row[defined[program_of.reshape(-1)]]  # (M,) of R
        image = drawn // max(len(whole) // max(len(inputs), 1), 1)  # (M,)
        found = np.full(len(whole), -np.inf)
        if len(drawn):
            which = program_of.reshape(-1)[drawn]
            found[drawn] = -self.sharpness * distances(self.family, pixels, inputs, which, image)
        return torch.from_numpy(found).to(ids.device)

    def _close(self, ids: Tensor, state: Any) -> NDArray[np.int64]:
        """(R, T) the same programs, those that have not ended closed by the cheapest tokens.

        They are equally long, since all rows of a decode take their tokens together.
        """
        mask = self._masks.setdefault(ids.device, family_mask(self.family, ids.device))
        ids, state = ids.clone(), mask.fork(state, torch.arange(len(ids), device=ids.device))
        for place in range(int((ids < mask.pad).sum(1).max()), ids.shape[1]):
            if bool(mask.done(state).all()):
                break
            ids[:, place] = mask.cheapest(state)  # padding in rows that have ended
            state = mask.advance(state, ids[:, place])
        whole: NDArray[np.int64] = ids.cpu().numpy()
        return whole

    def _draw(self, ids: NDArray[np.int64], size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pictures (U, C, H, W) of programs (U, T), and which of them there are (U,)."""
        try:
            pictures = self.renderer.render(ids, None, size)
            return pictures.pixels, pictures.defined
        except I2cError:
            if len(ids) <= 1:
                return np.zeros((len(ids), self.family.channels, *size), np.uint8), np.zeros(len(ids), bool)
        each = [self._draw(row[None], size) for row in ids]  # what fails costs only its own picture
        return np.concatenate([pixels for pixels, _ in each]), np.concatenate([defined for _, defined in each])
