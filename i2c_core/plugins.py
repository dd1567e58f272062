"""Plugins: found by entry points, loaded one by one, each failure told with its owner and none fatal.

`I2C_LOAD_PLUGINS` chooses: unset loads all, a comma-separated list of entry-point names loads those, an empty one none.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from types import ModuleType
from typing import Any

import pluggy

from i2c_core import hookspecs
from i2c_core.composing import compose
from i2c_core.errors import FamilyError, I2cError, PluginError, suggest
from i2c_core.families import API_VERSION, Families, Family
from i2c_core.formats import Format
from i2c_core.loops import programs_of
from i2c_core.references import Reference, resolve

GROUP = "i2c"
_DISTRIBUTION = "images-to-code"
CHOICE = "I2C_LOAD_PLUGINS"


@dataclass
class Plugin:
    """One entry point: where it comes from, what it adds, and why it failed where it did."""

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    hooks: tuple[str, ...] = ()
    families: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """How errors name it: `distribution (entry point)`."""
        return f"{self.distribution} ({self.name})" if self.distribution else self.name

    @property
    def loaded(self) -> bool:
        return bool(self.hooks)


@dataclass(frozen=True)
class Registered:
    """Something that a plugin registered by name: a reference, what it is for, and whose it is."""

    name: str
    reference: Reference
    doc: str
    owner: str

    def load(self) -> Any:
        return resolve(self.reference, self.owner)


class Plugins:
    """All that the installed plugins declare.

    Attributes:
        plugins: every entry point seen, loaded or not.
        families: the families by name.
        commands, metrics, learners, searchers: what else was registered, by name.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self.plugins: list[Plugin] = []
        self.families = Families(compose, programs_of)
        self.commands: dict[str, Registered] = {}
        self.metrics: dict[str, Registered] = {}
        self.learners: dict[str, Registered] = {}
        self.searchers: dict[str, Registered] = {}
        self._formats: list[tuple[str, Format, Plugin]] = []

    @property
    def problems(self) -> list[str]:
        """What could not be loaded, each with its owner."""
        return [f"plugin {p.owner}: {problem}" for p in self.plugins for problem in p.problems]

    def load(self, entry_points: Iterable[metadata.EntryPoint]) -> None:
        """Import each entry point's module and register what it declares; problems are kept, never raised."""
        for entry in entry_points:
            plugin = _describe(entry)
            try:
                module = entry.load()
            except (Exception, SystemExit) as error:  # a stranger's module may raise anything
                plugin.problems.append(f"cannot be imported: {type(error).__name__}: {error}")
                self.plugins.append(plugin)
                continue
            self.register(module, plugin)
        self._add_formats()

    def _add_formats(self) -> None:
        """Formats for other plugins' families, once all families are known."""
        for name, format_, plugin in self._formats:
            try:
                for family in list(self.families) if name == "*" else [self.families[name]]:
                    self.families.replace(dataclasses.replace(family, formats=(*family.formats, format_)))
            except I2cError as error:
                plugin.problems.append(f"format {format_.name!r}: {error.fact} ({error.hint})")
        self._formats.clear()

    def register(self, module: ModuleType | object, plugin: Plugin) -> None:
        """Register one module (or any object with hooks) under a plugin's description."""
        self.plugins.append(plugin)
        wanted = getattr(module, "I2C_API_VERSION", API_VERSION)
        if not isinstance(wanted, int) or wanted > API_VERSION:
            plugin.problems.append(
                f"wants version {wanted} of the plugin contract, this i2c has {API_VERSION}: upgrade i2c"
            )
            return
        try:
            self._manager.register(module, plugin.name)
        except Exception as error:  # pluggy raises several kinds for wrong arguments and repeated names
            plugin.problems.append(f"cannot be registered: {error}")
            return
        callers = self._manager.get_hookcallers(module) or []
        known = {name for name in dir(hookspecs) if name.startswith("i2c_")}
        plugin.hooks = tuple(sorted(c.name for c in callers if c.name in known))
        for caller in callers:  # what check_pending() raises for the first, told for each plugin by name
            if caller.name not in known:
                hint = suggest(caller.name, known, f"hooks are {', '.join(sorted(known))}")
                plugin.problems.append(f"has an unknown hook {caller.name!r}: {hint}")
        self._call(module, plugin)

    def _call(self, module: ModuleType | object, plugin: Plugin) -> None:
        def add_family(family: Family) -> None:
            if not isinstance(family, Family):
                raise PluginError(f"registered {type(family).__name__}, expected Family", "pass a Family")
            if family.api_version > API_VERSION:
                wants = f"wants version {family.api_version} of the plugin contract"
                fact = f"family {family.name!r} {wants}, this i2c has {API_VERSION}"
                raise PluginError(fact, "upgrade i2c")
            self.families.add(family, plugin.owner)
            plugin.families.append(family.name)

        def add_format(family: str, format_: Format) -> None:
            self._formats.append((family, format_, plugin))

        self._run(module, plugin, "i2c_families", add_family)
        for hook, table in (
            ("i2c_commands", self.commands),
            ("i2c_metrics", self.metrics),
            ("i2c_learners", self.learners),
            ("i2c_searchers", self.searchers),
        ):
            self._run(module, plugin, hook, _adder(table, plugin))
        self._run(module, plugin, "i2c_formats", add_format)

    def _run(self, module: ModuleType | object, plugin: Plugin, hook: str, register: Callable[..., None]) -> None:
        if hook not in plugin.hooks:
            return

        def guarded(*args: Any, **kwargs: Any) -> None:
            try:  # so that one name clash does not hide what the same plugin registers next
                register(*args, **kwargs)
            except I2cError as error:
                plugin.problems.append(f"{error.fact} ({error.hint})" if error.hint else error.fact)

        others = [p for p in self._manager.get_plugins() if p is not module]
        try:
            self._manager.subset_hook_caller(hook, others)(register=guarded)
        except I2cError as error:
            plugin.problems.append(f"{error.fact} ({error.hint})")
        except (Exception, SystemExit) as error:  # a stranger's hook may raise anything
            plugin.problems.append(f"{hook} raised {type(error).__name__}: {error}")


def _adder(table: dict[str, Registered], plugin: Plugin) -> Callable[[str, Reference, str], None]:
    def add(name: str, reference: Reference, doc: str = "") -> None:
        if name in table:
            fact = f"{name!r} clashes with the one of {table[name].owner}"
            raise PluginError(fact, "rename one of them")
        table[name] = Registered(name, reference, doc, plugin.owner)

    return add


def _describe(entry: metadata.EntryPoint) -> Plugin:
    distribution = entry.dist
    name = distribution.metadata["Name"] if distribution else ""
    return Plugin(entry.name, entry.value, name, distribution.version if distribution else "")


def _is_own(entry: metadata.EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.metadata["Name"] == _DISTRIBUTION


def chosen_entry_points(choice: str | None) -> tuple[list[metadata.EntryPoint], list[str]]:
    """The entry points to load under a choice as in `I2C_LOAD_PLUGINS`, and the chosen names that do not exist.

    Those of i2c's own distribution come first, so that a clash of names is told as the stranger's.
    """
    found = sorted(metadata.entry_points(group=GROUP), key=lambda e: (not _is_own(e), e.name))
    if choice is None:
        return found, []
    names = [n.strip() for n in choice.split(",") if n.strip()]
    known = {e.name for e in found}
    return [e for e in found if e.name in names], [n for n in names if n not in known]


@lru_cache(maxsize=1)
def installed() -> Plugins:
    """The plugins of this environment, loaded once a process."""
    entry_points, missing = chosen_entry_points(os.environ.get(CHOICE))
    plugins = Plugins()
    plugins.load(entry_points)
    for name in missing:
        plugins.plugins.append(Plugin(name, "", problems=[f"named in {CHOICE}, but no installed plugin has this name"]))
    return plugins


def families() -> Families:
    """The families of the installed plugins."""
    return installed().families


def get_family(name: str) -> Family:
    """An installed family by name; or several in one, `splits+functions`, or one with loops, `figures:program`.

    See `i2c_core.composing` and `i2c_core.loops`.
    """
    return families()[name]


def default_drawings() -> Family:
    """The family of a drawing where none is named: the only installed one with strokes, loops and weights.

    Raises:
        FamilyError: there is none, or there are several.
    """
    ready = [f for f in families() if f.strokes is not None and f.loops is not None and f.weights is not None]
    if len(ready) == 1:
        return ready[0]
    known = ", ".join(f.name for f in ready) or "none is installed"
    raise FamilyError(f"nothing says which family the drawing is of; those with loops and weights: {known}", "name one")
