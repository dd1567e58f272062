"""The list of checks, and what runs them: a function for commands, and a decorator for pytest."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.testing.drawings import check_strokes
from i2c_core.testing.masking import check_masks
from i2c_core.testing.pictures import check_normalise, check_renderer, check_renderer_on_tensors, check_zooms
from i2c_core.testing.texts import (
    check_counting,
    check_formats,
    check_grammar,
    check_sampling,
    check_shows_itself,
    check_signature,
    check_tokens,
    check_weights,
)
from i2c_core.version import VERSION


@dataclass(frozen=True)
class Check:
    """One law, by name.

    Attributes:
        run: raises where the law is broken; returns None, or the reason why it could not look.
        warns_until: the first version in which it fails instead of warning.
    """

    name: str
    run: Callable[[Family], str | None]
    warns_until: str = ""

    @property
    def only_warns(self) -> bool:
        return bool(self.warns_until) and _version(VERSION) < _version(self.warns_until)


@dataclass(frozen=True)
class Result:
    """What a check found: `passed`, `failed`, `warned`, `skipped` (it could not look: the message says why), `expected`
    (a failure that was announced) or `unexpected` (it was announced and passed: take it off the list)."""

    check: str
    outcome: str
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome in ("passed", "warned", "skipped", "expected")


CHECKS: tuple[Check, ...] = (
    Check("signature", check_signature),
    Check("grammar", check_grammar),
    Check("tokens", check_tokens),
    Check("normalise", check_normalise),
    Check("counting", check_counting),
    Check("sampling", check_sampling),
    Check("masks", check_masks),
    Check("renderer", check_renderer),
    Check("renderer-on-tensors", check_renderer_on_tensors),
    Check("zooms", check_zooms),
    Check("strokes", check_strokes),
    Check("formats", check_formats),
    Check("weights", check_weights),
    Check("shows-itself", check_shows_itself),
)


def check_family(family: Family, expected_failures: Mapping[str, str] | None = None) -> list[Result]:
    """Run every check; nothing is raised, each result says what was found."""
    return [_result(family, check, expected_failures or {}) for check in CHECKS]


def parametrize_family_checks(family: Family, expected_failures: Mapping[str, str] | None = None) -> Any:
    """A pytest decorator: one test case a check, its argument `check` is to be called without arguments."""
    import pytest  # only authors of tests need it

    def case(check: Check) -> Callable[[], None]:
        def run() -> None:
            result = _result(family, check, expected_failures or {})
            if result.outcome == "warned":
                warnings.warn(f"{check.name}: {result.message} (fails from {check.warns_until} on)", stacklevel=2)
            elif result.outcome == "skipped":
                pytest.skip(result.message)
            elif result.outcome == "expected":
                pytest.xfail(result.message)
            assert result.ok, f"{family.name}, {check.name}: {result.message}"

        return run

    return pytest.mark.parametrize("check", [pytest.param(case(c), id=c.name) for c in CHECKS])


def _result(family: Family, check: Check, expected: Mapping[str, str]) -> Result:
    try:
        skipped = check.run(family)
    except (AssertionError, I2cError) as error:
        message = str(error) or f"{type(error).__name__} without a message"
    except Exception as error:  # a renderer or a format is anybody's code
        message = f"{type(error).__name__}: {error}"
    else:
        if skipped is not None:
            return Result(check.name, "skipped", skipped)
        if check.name in expected:
            return Result(check.name, "unexpected", "announced as failing, but it passes")
        return Result(check.name, "passed")
    if check.name in expected:
        return Result(check.name, "expected", expected[check.name])
    return Result(check.name, "warned" if check.only_warns else "failed", message)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])
