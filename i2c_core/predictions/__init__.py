"""Predictions: anybody's code for images as a file, judged as a network's answers are and compared with them."""

from i2c_core.predictions.comparing import Difference, difference, differences, together
from i2c_core.predictions.files import Prediction, read_predictions, write_predictions
from i2c_core.predictions.scoring import predictions_of, score

__all__ = [
    "Difference",
    "Prediction",
    "difference",
    "differences",
    "predictions_of",
    "read_predictions",
    "score",
    "together",
    "write_predictions",
]
