"""Drawings read as sets of commands: every command that could be drawn is scored at once, then sets are sought."""
