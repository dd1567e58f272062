"""The measure of a language: all that is asked of it in one go, each part by itself, so that one that cannot be given
says why and takes nothing from the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.counting import Counts
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.measuring.coding import Compression, Examples, compression, examples_of, random_examples
from i2c_core.measuring.discovering import FoundRules, find_rules
from i2c_core.measuring.expressing import Resolution, Size, by_size, sampled, small
from i2c_core.measuring.predicting import Predictability, predictability
from i2c_core.measuring.redundancy import Begun, Symmetry, by_symbol, symmetries
from i2c_core.progress import Progress, Silent
from i2c_core.raster import Renderer

Found = TypeVar("Found")

LARGEST_RULE = 7  # symbols of a left side unless told otherwise
SMALL = (4, 4)  # height and width of the small resolution
COUNTED = 13  # the size through which images are counted
ESTIMATES = 3  # sizes above that are estimated
SAMPLES, TOKENS = 200, 8_000  # images whose code is measured, fewer where programs are long
PREDICTED = 1_000  # programs whose tokens are predicted


@dataclass
class Measure:
    """What was measured of a family; what could not be is None, and `missing` says why.

    Attributes:
        rules: what was found; `rule_seconds` is how long it took.
        small: all images at a small resolution.
        sizes: programs and images by size, counted, with the rules where there are some.
        estimates: the same for larger sizes, estimated.
        begun: programs of the size `listed` by their first symbol.
        symmetries: what each kind of rules does to the programs of the largest size that was counted.
        plain_code, code: bits of a set of images, without the rules and with them.
        plain_tokens, tokens: bits of a token of held-out programs, without the rules and with them.
    """

    family: str
    rules: FoundRules | None = None
    rule_seconds: float = 0.0
    small: Resolution | None = None
    sizes: list[Size] = field(default_factory=list)
    estimates: list[Size] = field(default_factory=list)
    listed: int = 0
    begun: list[Begun] = field(default_factory=list)
    symmetries: list[Symmetry] = field(default_factory=list)
    plain_code: Compression | None = None
    code: Compression | None = None
    plain_tokens: Predictability | None = None
    tokens: Predictability | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def has_rules(self) -> bool:
        return self.rules is not None and bool(self.rules.rules)

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        found: dict[str, Any] = {"family": self.family, "rules": None}
        if self.rules is not None:
            found["rules"] = {
                "rules": [str(r) for r in self.rules.rules],
                "symmetries": [str(r) for r in self.rules.symmetries],
                "proved": self.rules.proved,
                "instances": self.rules.instances,
                "through": self.rules.through,
                "terms": self.rules.terms,
                "seconds": self.rule_seconds,
            }
        if self.small is not None:
            all_ = self.small.all
            found["small"] = asdict(self.small) | {"reached": self.small.reached, "all": all_}
        found["sizes"] = [_finite(asdict(s)) for s in self.sizes]
        found["estimates"] = [_finite(asdict(s)) for s in self.estimates]
        found["first_symbols"] = {"size": self.listed, "symbols": [asdict(b) for b in self.begun]}
        found["symmetries"] = [asdict(s) for s in self.symmetries]
        for name in ("plain_code", "code", "plain_tokens", "tokens"):
            part = getattr(self, name)
            found[name] = None if part is None else asdict(part)
        return found | {"missing": self.missing}


def measure(
    family: Family,
    *,
    rule_size: int = LARGEST_RULE,
    resolution: tuple[int, int] = SMALL,
    through: int = COUNTED,
    images: Sequence[NDArray[np.uint8]] | None = None,
    source: str = "",
    seed: int = 0,
    draws: int = 400,
    progress: Progress | None = None,
) -> Measure:
    """Measure a language.

    Args:
        family: one with a renderer. Rules that it has adopted are not looked at: they are found again.
        rule_size: the most symbols of a rule's left side, a variable counted as one; 0 for no rules.
        resolution: height and width at which all images are counted.
        through: the size of programs through which images are counted, as far as the razor goes.
        images: (C, H, W) each, a set to be compressed; random ones of the language where there is none.
        source: where `images` are from, in words.
        seed: of all chance.
        draws: programs of each estimate.
        progress: told of each part.

    Raises:
        FamilyError: the family has no renderer.
    """
    told = progress or Silent()
    plain = replace(family, rules=()) if family.rules else family
    found = Measure(family.name)
    rng = np.random.default_rng(seed)
    with Renderer(plain) as renderer, told.task(f"measuring {family.name}", total=6) as task:
        start = time.perf_counter()
        if rule_size:
            found.rules = _part(found, "rules", lambda: find_rules(plain, rule_size, renderer, seed=seed))
        found.rule_seconds = time.perf_counter() - start
        task.advance(note="images at a small resolution")
        adopted = plain
        if found.rules is not None and found.rules.rules and found.rules.proved:
            adopted = replace(plain, rules=tuple(map(str, found.rules.rules)))
        found.small = _part(found, "small", lambda: small(plain, resolution, renderer))
        task.advance(note="images by size")
        found.sizes = _part(found, "sizes", lambda: by_size(adopted, through, renderer)) or []
        if found.sizes:
            found.estimates = (
                _part(found, "estimates", lambda: _estimates(adopted, found.sizes, draws, renderer, rng)) or []
            )
        task.advance(note="symbols and symmetries")
        listed = _part(found, "first symbols", lambda: by_symbol(plain, renderer))
        found.listed, found.begun = listed or (0, [])
        if adopted.rules and found.rules is not None and found.sizes:
            rules, last = found.rules.rules, found.sizes[-1].size
            found.symmetries = _part(found, "symmetries", lambda: symmetries(plain, rules, last)) or []
        task.advance(note="code of images")
        shown = _part(found, "code", lambda: _examples(plain, images, source, renderer, rng))
        if shown is not None:
            found.plain_code = _part(found, "code", lambda: compression(plain, shown))
            if adopted.rules:
                found.code = _part(found, "code", lambda: compression(adopted, shown))
        task.advance(note="tokens")
        size = _predicted(adopted)
        found.plain_tokens = _part(found, "tokens", lambda: predictability(plain, size, PREDICTED, renderer, rng))
        if adopted.rules and found.plain_tokens is not None:
            found.tokens = _part(found, "tokens", lambda: predictability(adopted, size, PREDICTED, renderer, rng))
        task.advance()
    return found


def _part(found: Measure, name: str, make: Callable[[], Found]) -> Found | None:
    """One part of a measure; where it cannot be given, the reason is kept."""
    try:
        return make()
    except I2cError as error:
        found.missing[name] = error.fact
        return None


def _examples(
    family: Family,
    images: Sequence[NDArray[np.uint8]] | None,
    source: str,
    renderer: Renderer,
    rng: np.random.Generator,
) -> Examples:
    if images is None:
        return random_examples(family, max(20, min(SAMPLES, TOKENS // family.budget)), renderer, rng)
    return examples_of(family, images, renderer, source)


def _estimates(
    family: Family, counted: Sequence[Size], draws: int, renderer: Renderer, rng: np.random.Generator
) -> list[Size]:
    """The last size that was counted, to see the estimate beside the truth, and some above up to the budget."""
    last = counted[-1].size
    above = Counts(family.vocabulary, family.budget).sizes(last + 1, family.budget)
    step = max(1, -(-len(above) // ESTIMATES))
    chosen = [last, *above[::-1][::step][::-1]]
    return [sampled(family, size, draws, renderer, rng) for size in chosen]


def _predicted(family: Family) -> int:
    """The smallest size of which there are several times as many programs as are drawn, else the budget's largest."""
    counts = Counts(family.vocabulary, family.budget)
    sizes = counts.sizes(1, family.budget)
    return next((s for s in sizes if counts.log2(s) > math.log2(5 * PREDICTED)), sizes[-1])


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity."""
    return {k: None if isinstance(v, float) and v == float("inf") else v for k, v in record.items()}
