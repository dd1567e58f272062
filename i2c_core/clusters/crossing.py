"""Families on their way to other processes."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import dataclass

from i2c_core.errors import ConfigError, FamilyError, I2cError
from i2c_core.families import Family
from i2c_core.plugins import get_family


@dataclass(frozen=True)
class Carried:
    """A family that can be pickled: an installed one by its name, another by its declaration.

    The other end holds an installed one against what it is here: machines of one cluster may have different packages.
    """

    name: str
    fingerprint: str
    semantics: int
    declaration: bytes | None

    def family(self) -> Family:
        """The family, in the process that this is called in.

        Raises:
            FamilyError: it is not installed here, or is another one.
        """
        if self.declaration is not None:
            declared: Family = pickle.loads(self.declaration)
            return declared
        family = get_family(self.name)
        here, there = (family.vocabulary.fingerprint, family.semantics), (self.fingerprint, self.semantics)
        if here != there:
            fact = f"a worker has {self.name} of fingerprint {_shown(here)}, expected {_shown(there)}"
            raise FamilyError(fact, "install the same packages on all machines")
        return family


def carried(family: Family) -> Carried:
    """A family as it crosses to other processes.

    Raises:
        ConfigError: it is not installed, and its declaration cannot be pickled.
    """
    about = (family.name, family.vocabulary.fingerprint, family.semantics)
    try:
        installed = get_family(family.name)
        known = installed is family or (installed.vocabulary.fingerprint, installed.render) == (about[1], family.render)
    except I2cError:
        known = False
    if known:
        return Carried(*about, None)
    try:
        return Carried(*about, pickle.dumps(dataclasses.replace(family)))  # a copy without what it has made since
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        fact = f"family {family.name} cannot cross to other processes: {error}"
        raise ConfigError(fact, "name its functions as package.module:function") from None


def _shown(about: tuple[str, int]) -> str:
    return f"{about[0][:12]}, semantics {about[1]}"
