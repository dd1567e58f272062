"""The command line `i2c`. Commands are found through the hook `i2c_commands`, strangers' as well as these."""

from __future__ import annotations

import os


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    # Before torch loads: its threads wait for each other by spinning, which costs sevenfold where others use the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from i2c_cli.app import application  # here, so that the plugin beside it loads without click

    application.main()
