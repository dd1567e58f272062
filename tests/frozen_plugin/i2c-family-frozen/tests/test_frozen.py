"""The contract that every family keeps, and a golden example of this one."""

from i2c_core.testing import parametrize_family_checks

from i2c_family_frozen import FAMILY


@parametrize_family_checks(FAMILY)
def test_contract(check):
    check()


def test_examples_print_as_they_are_written():
    for text in FAMILY.examples:
        assert FAMILY.show(FAMILY.parse(text)) == text
