"""Self-training: a network reads pictures that have no programs, and learns from those of its readings that it trusts.

A reading is drawn again, or weighed by its calibrated confidence, before it is believed. The network then learns from
the picture that was *given*, with the program that was read, among the family's own pairs, and so comes to know
pictures of a kind that the family does not draw. See R. K. Jones et al., "PLAD: Learning to infer shape programs with
pseudo-labels and approximate distributions" (CVPR 2022, arXiv:2011.13045), and Q. Xie et al., "Self-training with noisy
student" (CVPR 2020, arXiv:1911.04252).
"""

from i2c_core.selftraining.reading import Reading, read_unlabelled
from i2c_core.selftraining.teaching import READINGS_FILE, teach, teacher
from i2c_core.selftraining.trust import Trust

__all__ = ["READINGS_FILE", "Reading", "Trust", "read_unlabelled", "teach", "teacher"]
