"""Decoding by zooming: the root symbol of a picture, then those of its parts, level by level."""
