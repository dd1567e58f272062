"""Programs of levels for tests: hypothesis strategies over plans, and a second tile set."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from i2c_core.tilesets import Mirror, Plan, Shape, TileSet

CAVES = Path(__file__).parent / "caves.toml"  # 14 tiles, up to 128 x 16


def shapes(tiles: TileSet) -> st.SearchStrategy[Shape]:
    """Any shape that the language can say, inside a level or not."""
    columns, rows = tiles.largest
    kind, x, y = st.integers(0, len(tiles) - 1), st.integers(1, columns), st.integers(1, rows)

    def corners(name: str) -> st.SearchStrategy[Shape]:
        spans = st.tuples(st.tuples(x, x).map(sorted), st.tuples(y, y).map(sorted))
        return st.tuples(kind, spans).map(
            lambda d: Shape(name, d[0], (d[1][0][0], d[1][1][0], d[1][0][1], d[1][1][1])),
        )

    return st.one_of(
        corners("rectangle"),
        corners("frame"),
        st.builds(lambda k, *args: Shape("across", k, args), kind, x, y, x),
        st.builds(lambda k, *args: Shape("down", k, args), kind, x, y, y),
        st.builds(lambda k, *args: Shape("put", k, args), kind, x, y),
        st.builds(lambda n, row: Shape("row", -1, (n, *row)), y, st.lists(kind, min_size=1, max_size=columns + 3)),
    )


def plans(tiles: TileSet, most: int = 6) -> st.SearchStrategy[Plan]:
    """Any program of at most so many statements."""
    axes = st.sampled_from(["left-right", "top-bottom", "both"])
    mirrors = st.builds(Mirror, axes, st.lists(shapes(tiles), max_size=3).map(tuple))
    sizes = [st.integers(low, high) for low, high in zip(tiles.smallest, tiles.largest, strict=True)]
    body = st.lists(st.one_of(shapes(tiles), mirrors), max_size=most).map(tuple)
    return st.builds(Plan, *sizes, st.integers(0, len(tiles) - 1), body)
