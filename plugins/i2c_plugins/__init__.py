"""The families that ship with i2c; each comes through the same entry-point group as a stranger's."""
