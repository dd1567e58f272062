"""The laws of docs/design.md over every installed family: the contract checks, run as tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from i2c_core.families import Family
from i2c_core.plugins import families
from i2c_core.testing import CHECKS, Check


@pytest.mark.parametrize("family", list(families()), ids=lambda f: f.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_law(family: Family, check: Check) -> None:
    run: Callable[[Family], None] = check.run
    run(family)
