"""`python -m i2c_cli` is `i2c`."""

from i2c_cli import main

main()
