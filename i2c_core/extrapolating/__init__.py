"""Drawings continued: the loops of their programs run longer, beyond their last round and before their first."""

from i2c_core.extrapolating.lengthening import changes, lengthened, loops_of
from i2c_core.extrapolating.placing import MOST_SIDE, Extrapolated, extrapolate
from i2c_core.extrapolating.telling import format_for, record, remarks, written

__all__ = [
    "MOST_SIDE",
    "Extrapolated",
    "changes",
    "extrapolate",
    "format_for",
    "lengthened",
    "loops_of",
    "record",
    "remarks",
    "written",
]
