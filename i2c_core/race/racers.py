"""Who races: the searchers that plugins registered, and the strategies of the trained networks that there are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from i2c_core.errors import ConfigError, I2cError, PluginError, suggest
from i2c_core.families import Family
from i2c_core.plugins import Registered
from i2c_core.raster import Renderer
from i2c_core.search import Network, Proposing, Searcher
from i2c_core.search.proposing import NAMES


@dataclass(frozen=True)
class Racer:
    """A searcher by name.

    Attributes:
        name: what `--searchers` calls it.
        doc: how it searches.
        make: a new searcher for a family, a renderer and a seed.
        seeded: whether the seed matters; one without chance runs once an image.
        learned: whether it asks a trained network.
    """

    name: str
    doc: str
    make: Callable[[Family, Renderer, int], Searcher] = field(repr=False)
    seeded: bool
    learned: bool = False


@dataclass(frozen=True)
class Field:
    """Who races, and who does not, with the reason by name."""

    racers: tuple[Racer, ...]
    absent: Mapping[str, str]


def field_of(
    family: Family,
    searchers: Mapping[str, Registered],
    networks: Sequence[Network],
    wanted: Sequence[str] | None = None,
    without: str = "there are no trained weights",
) -> Field:
    """The racers of a family.

    Args:
        searchers: registered ones, by name.
        networks: trained ones of the family; the first that writes token by token goes to searchers that want one.
        wanted: names; None for all.
        without: why there is no network, where there is none.

    Raises:
        ConfigError: a wanted name that nobody has, or none of them can race.
    """
    found: dict[str, Racer] = {}
    absent: dict[str, str] = {}
    strategies: dict[str, Network] = {}
    for network in networks:  # of two with one strategy the first has its name
        strategies = dict.fromkeys(_strategies(network, every=wanted is not None), network) | strategies
    stepwise = next((n for n in networks if getattr(n.proposer, "stages", None) is None), None)
    if networks and stepwise is None:
        without = f"the network of {networks[0].name} does not write token by token"
    for name, registered in searchers.items():
        if wanted is not None and name not in wanted:
            continue
        if name in NAMES or name in strategies:
            absent[name] = f"the searcher of {registered.owner} has the name of a strategy"
            continue
        try:
            racer = _registered(registered, stepwise, without)
            racer.make(family, Renderer(family, workers=0), 0)  # what it refuses, it refuses now
            found[name] = racer
        except I2cError as error:
            absent[name] = error.fact
    found |= {n: _strategy(n, network) for n, network in strategies.items() if wanted is None or n in wanted}
    if stepwise is None and (wanted is not None or not networks):
        missing = [n for n in NAMES if n not in found and n not in absent]
        absent |= {n: without for n in missing if wanted is None or n in wanted}
    known = list(dict.fromkeys([*searchers, *NAMES, *strategies]))
    for name in wanted or ():
        if name not in found and name not in absent:
            raise ConfigError(f"there is no searcher {name!r}", suggest(name, known, f"use some of {', '.join(known)}"))
    if not found:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in absent.items())
        raise ConfigError(f"no searcher can race for {family.name} ({reasons})", "choose others with --searchers")
    order = {name: place for place, name in enumerate(wanted or found)}
    return Field(tuple(sorted(found.values(), key=lambda r: order[r.name])), absent)


def _strategies(network: Network, every: bool) -> tuple[str, ...]:
    """The strategies that race for a network; of one that has its own the first, its default, or every one."""
    own: tuple[str, ...] | None = getattr(network.proposer, "strategies", None)
    return NAMES if own is None else own if every else own[:1]


def _strategy(name: str, network: Network) -> Racer:
    def make(family: Family, renderer: Renderer, seed: int) -> Searcher:
        return Proposing(family, renderer, network, name, seed)

    seeded = name not in ("greedy", "beam") and getattr(network.proposer, "stages", None) is None
    return Racer(name, f"the strategy of decoding with {network.name}", make, seeded, learned=True)


def _registered(registered: Registered, network: Network | None, without: str) -> Racer:
    factory: Any = registered.load()
    if not callable(factory):
        fact = f"searcher {registered.name!r} of {registered.owner} is {type(factory).__name__}, expected a callable"
        raise PluginError(fact, "register a class or a function: (family, renderer) -> Searcher")
    takes = inspect.signature(factory).parameters
    if "network" in takes and network is None:
        raise ConfigError(without, "train some: i2c train")

    def make(family: Family, renderer: Renderer, seed: int) -> Searcher:
        more: dict[str, Any] = {"seed": seed} if "seed" in takes else {}
        if "network" in takes:
            more["network"] = network
        made: Searcher = factory(family, renderer, **more)
        if not callable(getattr(made, "search", None)):
            fact = f"searcher {registered.name!r} of {registered.owner} has no method search"
            raise PluginError(fact, "give it one: search(image, budget) -> iterator of Found")
        return made

    return Racer(registered.name, registered.doc, make, "seed" in takes, "network" in takes)
