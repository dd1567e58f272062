"""Training: the learner that comes with i2c, and what a learner is.

A learner is `(family, config, out, *, resume, init, progress) -> Trained`, registered by the hook `i2c_learners`. It
writes a checkpoint that `i2c_core.checkpoints` reads, whose `learner` is the name that it registered, and everything
else that it keeps, into the folder `out`. `--resume` looks there for `training.safetensors`, a checkpoint too, whose
`train` holds the `config`. What it trains is decoded by the autoregressive proposer, or by what its attribute
`proposer` makes, `(checkpoint, family, device) -> Proposer`. One whose attribute `takes_pseudo_pairs` is true learns
from what `i2c_core.datasets.pseudo` reads in the folder too, where the settings name unlabelled pictures.
`paired`, the one here, samples programs, renders them, and learns to invert the renderer. A learner of another network
has the same loop, `learn`, and brings a `Task`: lessons, a loss, and how well it does.
"""

from i2c_core.training.loop import Precision, Session, Task, Trained, learn
from i2c_core.training.paired import train
from i2c_core.training.run import run_config

__all__ = ["Precision", "Session", "Task", "Trained", "learn", "run_config", "train"]
