"""The type of levels, apart from what families declare: NumPy takes longer to import than all that listing needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Level = NDArray[np.uint8]  # (rows, columns) tiles by their place in the tile set, row 0 at the top
