"""Continuous values of programs, moved by the gradients of a soft renderer until the picture is met."""

from i2c_core.refining.descent import Fit, fit_values
from i2c_core.refining.refiner import Refiner

__all__ = ["Fit", "Refiner", "fit_values"]
