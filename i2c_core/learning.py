"""From the words of `i2c train` to a run: which family, which settings, which learner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from i2c_core.checkpoints import find_weights
from i2c_core.config import TrainConfig, resolve_config
from i2c_core.errors import ConfigError, PluginError, suggest
from i2c_core.families import Family
from i2c_core.plugins import Registered, families, get_family, installed
from i2c_core.progress import Progress
from i2c_core.selftraining import teach, teacher
from i2c_core.training import Trained, run_config
from i2c_core.training.processes import joined, processes
from i2c_core.training.run import require_new


@joined()  # before anything can go wrong, so that one of several processes tells it
def learn(
    family: Family | None,
    settings: Sequence[str],
    out: Path | None,
    file: Path | None,
    resume: Path | None,
    init: Path | None,
    learner: str | None,
    progress: Progress,
) -> Trained:
    """Begin a run of `family` in `out`, or go on with the one in `resume`.

    Where the settings name unlabelled pictures, a run that begins reads them first, with the weights that it begins
    from (see `i2c_core.selftraining`); one that goes on has them in its folder.

    Args:
        settings: `section.name=value`, the last word.
        out: the run's folder; `runs/` and the family's name where None.
        file: a TOML file of settings.
        init: a checkpoint to begin from, or the name of a family that ships one.
        learner: a name that a plugin registered; None takes the run's own, or the family's.

    Raises:
        I2cError: what does not exist or does not go together.
    """
    if resume is not None:
        name, trained_by, before = run_config(resume)
        if learner is not None and learner != trained_by:
            raise ConfigError(
                f"{resume} is a run of the learner {trained_by!r}, not {learner!r}", "leave --learner out"
            )
        run = _find_learner(trained_by)
        if family is not None and family.name != name:
            raise ConfigError(f"{resume} trains {name}, not {family.name}", "leave --family out")
        family, folder = get_family(name), resume
        config = resolve_config(before.to_dict(), file, settings, owner=str(resume))
    else:
        assert family is not None
        run = _find_learner(family.learner if learner is None else learner)
        folder = Path("runs") / family.name if out is None else out
        config = resolve_config(family.recipe, file, settings)
    if init is not None and not init.exists() and str(init) in families().names():
        init = Path(str(find_weights(get_family(str(init)))))
    family.syntax  # noqa: B018, raises where grammar and signature contradict: before the hours, not after them
    if config.data.images and resume is None:
        init = _read_images(family, config, folder, init, run, progress)
    found: Trained = run.load()(family, config, folder, resume=resume is not None, init=init, progress=progress)
    return found


def _read_images(
    family: Family, config: TrainConfig, folder: Path, init: Path | None, run: Registered, progress: Progress
) -> Path:
    """Read the unlabelled pictures into a run's folder; the weights that read them, to begin from."""
    if not getattr(run.load(), "takes_pseudo_pairs", False):
        fact = f"the learner {run.name!r} cannot learn from unlabelled pictures"
        raise ConfigError(fact, "leave --images out, or choose another --learner")
    weights = teacher(family, init)
    if processes().first:
        require_new(folder)
        teach(family, config, folder, weights, progress)
    processes().any(False)  # the others wait until it is written
    return weights


def _find_learner(name: str) -> Registered:
    learners = installed().learners
    if name not in learners:
        known = ", ".join(learners) or "none is installed"
        raise PluginError(f"there is no learner {name!r}", suggest(name, learners, f"known learners: {known}"))
    return learners[name]
