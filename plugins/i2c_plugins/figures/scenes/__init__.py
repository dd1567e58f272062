"""Random scenes like the diagrams that people draw, for training: graphs, frames, rows, lines, and uniform ones.

No two sets of commands draw the same scene's ink, as far as that is cheap to tell.
"""

from i2c_plugins.figures.scenes.composing import sample, scene, to_program
from i2c_plugins.figures.scenes.tidy import Command

__all__ = ["Command", "sample", "scene", "to_program"]
