"""From the words of `i2c train` to a run: which family, which settings, which learner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from i2c_core.config import resolve_config
from i2c_core.errors import ConfigError, PluginError, suggest
from i2c_core.families import Family
from i2c_core.plugins import get_family, installed
from i2c_core.progress import Progress
from i2c_core.training import Trained, run_config


def learn(
    family: Family | None,
    settings: Sequence[str],
    out: Path | None,
    file: Path | None,
    resume: Path | None,
    init: Path | None,
    learner: str,
    progress: Progress,
) -> Trained:
    """Begin a run of `family` in `out`, or go on with the one in `resume`.

    Args:
        settings: `section.name=value`, the last word.
        out: the run's folder; `runs/` and the family's name where None.
        file: a TOML file of settings.
        learner: a name that a plugin registered.

    Raises:
        I2cError: what does not exist or does not go together.
    """
    learners = installed().learners
    if learner not in learners:
        known = ", ".join(learners) or "none is installed"
        raise PluginError(f"there is no learner {learner!r}", suggest(learner, learners, f"known learners: {known}"))
    if resume is not None:
        name, before = run_config(resume)
        if family is not None and family.name != name:
            raise ConfigError(f"{resume} trains {name}, not {family.name}", "leave --family out")
        family, folder = get_family(name), resume
        config = resolve_config(before.to_dict(), file, settings, owner=str(resume))
    else:
        assert family is not None
        folder = Path("runs") / family.name if out is None else out
        config = resolve_config(family.recipe, file, settings)
    family.syntax  # noqa: B018, raises where grammar and signature contradict: before the hours, not after them
    run = learners[learner].load()
    found: Trained = run(family, config, folder, resume=resume is not None, init=init, progress=progress)
    return found
