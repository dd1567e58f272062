"""Levels of tiles with torch: painting, renderer, sketches, network and reading."""
