"""Training: the learner that comes with i2c, and what a learner is.

A learner is `(family, config, out, *, resume, init, progress) -> Trained`, registered by the hook `i2c_learners`. It
writes a checkpoint that `i2c_core.checkpoints` reads, and everything else that it keeps, into the folder `out`.
`paired`, the one here, samples programs, renders them, and learns to invert the renderer.
"""

from i2c_core.training.loop import Trained, train
from i2c_core.training.run import run_config

__all__ = ["Trained", "run_config", "train"]
