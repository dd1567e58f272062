"""Contract checks for authors of families: what `i2c check NAME` and a plugin's own tests run.

    from i2c_core.testing import parametrize_family_checks

    @parametrize_family_checks(FAMILY)
    def test_contract(check):
        check()

A check that is new in a release only warns in it (`Check.warns_until`) and fails from the next minor release on, so
that yesterday's plugins stay green. A failure that an author knows of is named in `expected_failures` with its reason.
"""

from i2c_core.testing.drawings import check_strokes
from i2c_core.testing.harness import CHECKS, Check, Result, check_family, parametrize_family_checks
from i2c_core.testing.masking import check_masks
from i2c_core.testing.pictures import check_normalise, check_renderer, check_renderer_on_tensors, check_zooms
from i2c_core.testing.samples import SAMPLES, some_programs
from i2c_core.testing.texts import (
    ENUMERATED,
    check_counting,
    check_formats,
    check_grammar,
    check_sampling,
    check_shows_itself,
    check_signature,
    check_tokens,
    check_weights,
)

__all__ = [
    "CHECKS",
    "ENUMERATED",
    "SAMPLES",
    "Check",
    "Result",
    "check_counting",
    "check_family",
    "check_formats",
    "check_grammar",
    "check_masks",
    "check_normalise",
    "check_renderer",
    "check_renderer_on_tensors",
    "check_sampling",
    "check_shows_itself",
    "check_signature",
    "check_strokes",
    "check_tokens",
    "check_weights",
    "check_zooms",
    "parametrize_family_checks",
    "some_programs",
]
