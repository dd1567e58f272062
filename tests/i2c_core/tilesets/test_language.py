"""The language of a tile set: what it says, how it is written, and that every level has a plain program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import CAVES, plans

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.tilesets import (
    Mirror,
    Plan,
    Shape,
    TileSet,
    draw,
    language,
    level_of,
    plain,
    plan_of,
    program_of,
    read_tileset,
    tileset_of,
)
from i2c_core.tilesets.sampling import sample

TILES = TileSet.load(CAVES)
FAMILY = language(TILES)


def shown(level: np.ndarray, tiles: TileSet = TILES) -> str:
    return "\n".join("".join(tiles.chars[k] for k in row) for row in level)


def drawn(text: str) -> str:
    return shown(level_of(FAMILY, FAMILY.parse(text)))


def test_what_the_statements_draw() -> None:
    text = """
        level 12 x 7 of air                   // lines without a statement are nothing

        frame earth 1, 1 to 12, 7; rectangle stone 3, 3 to 4, 5
        across coin 6, 2 length 3
        down ladder 11, 2 length 4; put hero 2, 6
        row 6 @__@~$;                         // from column 1 on, beneath what is higher
    """
    assert drawn(text.strip()) == "\n".join(
        ["############", "#    $$$  H#", "# @@      H#", "# @@      H#", "# @@      H#", "@h @~$     #", "############"]
    )


@pytest.mark.parametrize(
    ("axis", "rows"),
    [
        ("left-right", ["#  # #  #", "         ", "         ", "         ", "         ", "         "]),
        ("top-bottom", ["#  #     ", "         ", "         ", "         ", "         ", "#  #     "]),
        ("both", ["#  # #  #", "         ", "         ", "         ", "         ", "#  # #  #"]),
    ],
)
def test_mirrors(axis: str, rows: list[str]) -> None:
    assert drawn(f"level 9 x 6 of air\nmirror {axis} {{\n  put earth 1, 1; put earth 4, 1\n}}") == "\n".join(rows)


def test_what_lies_outside_is_cut_off_also_in_a_mirror() -> None:
    text = "level 8 x 6 of air\nmirror left-right {\n  across earth 7, 6 length 100\n}\nrectangle stone 1, 6 to 128, 16"
    assert drawn(text).splitlines()[5] == "@@@@@@@@"
    assert drawn(text.rpartition("\n")[0]).splitlines()[5] == "##    ##"


def test_the_order_of_statements_means_nothing_and_the_ground_is_beneath_everything() -> None:
    one = "level 8 x 6 of earth\nput water 2, 2\nput air 2, 2\nrectangle earth 1, 1 to 8, 6\nput air 3, 3"
    two = "level 8 x 6 of earth\nput air 3, 3; rectangle earth 1, 1 to 8, 6; put air 2, 2; put water 2, 2"
    assert drawn(one) == drawn(two)
    assert drawn(one).splitlines()[1:3] == ["#w######", "## #####"]


@given(plans(TILES))
def test_plans_programs_and_texts_are_the_same_thing(plan: Plan) -> None:
    program = program_of(FAMILY, plan)
    assert plan_of(FAMILY, program) == plan
    assert FAMILY.parse(FAMILY.show(program)) == program
    assert FAMILY.from_tokens(FAMILY.to_tokens(program).ids) == program


@given(st.data())
def test_the_plain_program_of_a_level_says_it(data: st.DataObject) -> None:
    columns, rows = (data.draw(st.integers(*span)) for span in zip(TILES.smallest, TILES.largest, strict=True))
    seed = data.draw(st.integers(0, 1000))
    level = np.random.default_rng(seed).integers(0, data.draw(st.integers(1, len(TILES))), (rows, columns))
    program = plain(FAMILY, level)
    assert (level_of(FAMILY, program) == level).all()
    assert program.size <= FAMILY.budget
    assert FAMILY.parse(FAMILY.show(program)) == program


def test_the_plain_program_leaves_out_what_is_nothing() -> None:
    level = level_of(FAMILY, FAMILY.parse("level 8 x 6 of air\nput coin 2, 2\nput coin 8, 5"))
    assert FAMILY.show(plain(FAMILY, level)) == "level 8 x 6 of air\nrow 2 _$\nrow 5 _______$"


def test_how_it_is_printed() -> None:
    text = "level 9 x 6 of air; mirror both {put coin 2, 2;; put gem 3, 3 // two\n}; mirror left-right {}"
    assert FAMILY.show(FAMILY.parse(text)) == (
        "level 9 x 6 of air\nmirror both {\n  put coin 2, 2\n  put gem 3, 3\n}\nmirror left-right {\n}"
    )


def test_draw_is_told_by_plans_alone() -> None:
    plan = Plan(3, 2, 1, (Shape("put", 2, (1, 1)), Mirror("left-right", (Shape("row", -1, (2, 4, 1)),))))
    assert draw(plan).tolist() == [[2, 1, 1], [4, 1, 4]]


PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{}~ "


@pytest.fixture(scope="module")
def punctuated() -> Family:
    """A set whose characters are all that mean something somewhere, on levels of the largest size that there is."""
    rows = [
        f'[[tile]]\nname = "t{n}"\nchar = "\\u{ord(c):04x}"\nbackground = "#{n:06x}"\n'
        for n, c in enumerate(PUNCTUATION)
    ]
    return language(read_tileset('name = "p"\nlargest = [256, 256]\n' + "".join(rows), "p.toml"))


def test_any_character_can_stand_for_a_tile(punctuated: Family) -> None:
    assert punctuated.is_exact, punctuated.doubt
    level = np.random.default_rng(0).integers(0, len(PUNCTUATION), (30, 40))
    text = punctuated.show(plain(punctuated, level))
    assert (level_of(punctuated, punctuated.parse(text)) == level).all()


def test_a_level_of_the_largest_size(punctuated: Family) -> None:
    level = np.arange(256 * 256).reshape(256, 256) % len(PUNCTUATION)
    program = plain(punctuated, level)
    assert program.size <= punctuated.budget
    assert (level_of(punctuated, program) == level).all()


def test_samples_are_as_large_as_asked_for_and_of_all_statements() -> None:
    rng = np.random.default_rng(0)
    programs = [sample(FAMILY, rng, size) for size in (5, 6, 10, 20, 40, 150) for _ in range(20)]
    for n, program in enumerate(programs):
        assert program.size <= (5, 6, 10, 20, 40, 150)[n // 20]
    assert min(p.size for p in programs[-20:]) > 130
    names = {n.name for p in programs for n in p.nodes()}
    assert names >= {"rectangle", "frame", "across", "down", "put", "row", "mirror", "left-right", "top-bottom", "both"}
    again = np.random.default_rng(0)
    assert [sample(FAMILY, again, 5) for _ in range(20)] == programs[:20]


def test_large_samples_are_plain_levels() -> None:
    rng = np.random.default_rng(0)
    programs = [sample(FAMILY, rng, 400) for _ in range(20)]
    assert all(p == plain(FAMILY, level_of(FAMILY, p)) for p in programs)
    assert 200 < sum(p.size for p in programs) / 20 <= max(p.size for p in programs) <= 400


def test_a_family_without_tiles_has_no_tile_set() -> None:
    assert tileset_of(FAMILY) is TILES
    with pytest.raises(FamilyError) as error:
        tileset_of(get_family("splits"))
    assert str(error.value) == ("family splits has no tile set\n  -> name one whose programs are levels of tiles")
