"""The trained networks of a family as racers take them."""

from __future__ import annotations

from pathlib import Path

from i2c_core.checkpoints import find_zoom_weights
from i2c_core.errors import CheckpointError, FamilyError, I2cError
from i2c_core.families import Family
from i2c_core.reader import ZOOM, Reader
from i2c_core.search import Network


def networks_of(family: Family, weights: Path | None, device: str = "cpu") -> list[Network]:
    """The network of a checkpoint, or those that the family ships: the one it decodes with, and the one that zooms.

    Raises:
        CheckpointError: the checkpoint is damaged or of another family; or the family ships none.
    """
    reader = Reader.load(family.name if weights is None else weights, device, family)
    found = [network_of(reader)]
    if weights is None and family.zoom_weights is not None and ZOOM not in getattr(reader.proposer, "strategies", ()):
        try:
            find_zoom_weights(family)
            found.append(network_of(reader.that_knows(ZOOM)))
        except I2cError:
            pass  # weights that are named and not installed: the others race
    return found


def networks_or_reason(family: Family, weights: Path | None, device: str = "cpu") -> tuple[list[Network], str]:
    """The networks that race, and why there is none where the family's own cannot be had.

    Raises:
        CheckpointError: weights that were named are damaged or of another family.
    """
    if weights is not None:
        return networks_of(family, weights, device), ""
    try:
        return networks_of(family, None, device), ""
    except (CheckpointError, FamilyError) as error:
        return [], error.fact


def network_of(reader: Reader) -> Network:
    """The network of a reader."""
    return Network(reader.proposer, reader.image_size, reader.budget, reader.checkpoint.name)
