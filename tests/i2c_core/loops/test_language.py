"""Programs with loops as a language of their own: signature, grammar, tokens, renderer, formats, names."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from loops_of_tests import drawings

from i2c_core import Family, get_family
from i2c_core.datasets.sampling import token_sampler
from i2c_core.decoding import family_mask
from i2c_core.errors import FamilyError, RenderError
from i2c_core.families import Families
from i2c_core.formats import find_format
from i2c_core.loops import (
    Body,
    Draw,
    Linear,
    Loop,
    Loops,
    Reflect,
    When,
    body_of,
    execute,
    layout_of,
    listed,
    plain_of,
    program_from,
    programs_of,
    with_loops,
)
from i2c_core.loops.random_programs import random_body
from i2c_core.loops.sampling import sample
from i2c_core.plugins import families
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.testing import some_programs

TINY = drawings("circle line rectangle disc box mark", 6, 5).family  # its grammar is derived, in call notation
PLAIN = [*(f for f in families() if f.loops is not None), TINY]
every_plain = pytest.mark.parametrize("plain", PLAIN, ids=lambda f: f.name)
FIGURES = get_family("figures:program")
TEXT = """\
for (i < 3) {
  for (j < 3) {
    if (j > 0) {
      line 3*j + 1, 3*i + 8 to 3*j + 2, 3*i + 8
    }
    circle 3*j + 2, 3*i + 8
  }
}
reflect (x = 10) {
  circle 2, 3
}"""
GAMMA = """\
program   : (body: Figure[0, 0, 0]) -> Program
cons      : (first: Command[s, d, c], rest: Figure[s, d, c]) -> Figure[s, d, c]
nil       : Figure[s, d, c]
circle    : (x: CoordAt[s], y: CoordAt[s]) -> Command[s, d, c]
rectangle : (x1: CoordAt[s], y1: CoordAt[s], x2: CoordAt[s], y2: CoordAt[s]) -> Command[s, d, c]
line      : (x1: CoordAt[s], y1: CoordAt[s], x2: CoordAt[s], y2: CoordAt[s], tip: Tip, stroke: Stroke) -> Command[s, d, c]
for_i     : (count: Count[0], body: Figure[1, d+1, 0]) -> Command[0, d, c]
for_j     : (count: Count[1], body: Figure[2, d+1, 0]) -> Command[1, d, c]
for_k     : (count: Count[2], body: Figure[3, d+1, 0]) -> Command[2, d, c]
if_i      : (body: Figure[1, d, 1]) -> Command[1, d, 0]
if_j      : (body: Figure[2, d, 1]) -> Command[2, d, 0]
if_k      : (body: Figure[3, d, 1]) -> Command[3, d, 0]
reflect_x : (at: MirrorX, body: Figure[s, d+1, c]) -> Command[s, d, c]
reflect_y : (at: MirrorY, body: Figure[s, d+1, c]) -> Command[s, d, c]
plus      : (m: Multiple[s+1], b: Offset) -> Linear[s+1]
minus     : (m: Multiple[s+1], b: Offset) -> Linear[s+1]
negative  : (m: Positive[s+1]) -> Multiple[s+1]
times     : (a: Factor, v: Variable[s+1]) -> Positive[s+1]
i         : Variable[s+1]
j         : Variable[s+2]
k         : Variable[s+3]
Tip       = plain | arrow
Stroke    = solid | dashed
Coord     = 1..15
MirrorX   = 2..30
MirrorY   = 2..30
Rounds    = 1..16
Factor    = 2..14
Offset    = 1..211
s         = 0..3
d         = 0..3
c         = 0..1
CoordAt   > Coord, Linear
Count     > Rounds, Linear
Linear    > Multiple
Multiple  > Positive
Positive  > Variable
"""  # noqa: E501


def frame_of(plain: Family) -> Program | None:
    """A program whose list is replaced, where a list is not all."""
    return None if layout_of(plain).list_type == plain.root_type else plain.parse(plain.examples[0])


def test_the_signature() -> None:
    assert FIGURES.gamma.show() == GAMMA


def test_a_program_is_parsed_and_printed() -> None:
    program = FIGURES.parse(TEXT)
    assert FIGURES.show(program) == TEXT
    circle = Draw("circle", (Linear(2, 3, 1), Linear(8, 3, 0)))
    line = Draw("line", (Linear(1, 3, 1), Linear(8, 3, 0), Linear(2, 3, 1), Linear(8, 3, 0), "plain", "solid"))
    grid = Loop(Linear(3), (Loop(Linear(3), (When((line,)), circle)),))
    mirror = Reflect("x", 10, (Draw("circle", (Linear(2), Linear(3))),))
    assert body_of(FIGURES, program) == (grid, mirror)
    assert program_from(FIGURES, (grid, mirror)) == program
    assert [n.name for n in FIGURES.parse("for (i < 2) { circle -2*i + 14, i }").nodes()] == [
        *("program", "cons", "for_i", "2", "cons", "circle", "plus", "negative", "times", "2", "i", "14", "i"),
        *("nil", "nil"),
    ]


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        (3, 2, "3*i + 2"),
        (1, 0, "i"),
        (-2, 14, "-2*i + 14"),
        (3, -1, "3*i - 1"),
        (-1, 9, "-i + 9"),
        (1, 4, "i + 4"),
        (14, -181, "14*i - 181"),
        (0, 7, "7"),
        (2, 0, "2*i"),
    ],
)
def test_expressions(a: int, b: int, text: str) -> None:
    body: Body = (Loop(Linear(3), (Draw("circle", (Linear(b, a, 0), Linear(3))),)),)
    program = program_from(FIGURES, body)
    assert FIGURES.show(program) == f"for (i < 3) {{\n  circle {text}, 3\n}}"
    assert FIGURES.parse(FIGURES.show(program)) == program
    wanted = Linear(b, a, 0) if a else Linear(b)
    assert body_of(FIGURES, program) == (Loop(Linear(3), (Draw("circle", (wanted, Linear(3))),)),)


def test_white_space_and_comments_are_free() -> None:
    text = "for(i<3){circle 3*i+2,-2*i+9;circle 1,1}\n\n# words\nreflect(x=10){\n\n circle 2, 3 # more\n }"
    shown = "for (i < 3) {\n  circle 3*i + 2, -2*i + 9\n  circle 1, 1\n}\nreflect (x = 10) {\n  circle 2, 3\n}"
    assert FIGURES.show(FIGURES.parse(text)) == shown


@every_plain
def test_every_text_of_a_list_is_one_of_a_program(plain: Family) -> None:
    language, layout = programs_of(plain), layout_of(plain)
    for program in some_programs(plain, 12):
        if layout.loops.commands is None:
            found = language.parse(plain.show(program)) if plain.grammar else with_loops(plain, program)
            assert found == with_loops(plain, program)
            assert listed(language, found) == plain.canonical(program)


@every_plain
def test_random_programs_are_the_same_as_text_tokens_and_statements(plain: Family) -> None:
    language, layout = programs_of(plain), layout_of(plain)
    rng = np.random.default_rng(0)
    for _ in range(12):
        body = random_body(layout, rng)
        program = program_from(language, body, frame_of(plain))
        assert body_of(language, program) == body
        assert language.parse(language.show(program)) == program
        assert language.from_tokens(language.to_tokens(program).ids) == program
        assert set(layout.commands_of(listed(language, program))) == set(execute(body, layout))


@every_plain
def test_any_program_of_the_types_is_printed_parsed_and_said_again(plain: Family) -> None:
    """Most of them leave the grid, which texts do not mind."""
    language = programs_of(plain)
    vocabulary = language.vocabulary
    assert language.is_exact
    sizes = np.random.default_rng(1).integers(vocabulary.shortest + 6, vocabulary.shortest + 40, 40)
    for row in token_sampler(vocabulary, int(sizes.max())).sample(np.random.default_rng(2), sizes).tolist():
        program = language.from_tokens([t for t in row if t != vocabulary.pad])
        assert language.parse(language.show(program)) == program
        again = program_from(language, body_of(language, program), _own_frame(language, program))
        assert again == program


def _own_frame(language: Family, program: Program) -> Program | None:
    return None if str(language.root_type) == "Program" and program.args[0].name in ("cons", "nil") else program


@every_plain
def test_samples_have_a_meaning_and_keep_to_their_size(plain: Family) -> None:
    language = programs_of(plain)
    least = language.vocabulary.shortest
    rng = np.random.default_rng(3)
    for size in (least, least + 3, least + 9, 40, 120):
        program = sample(language, rng, size)
        assert program.size <= size
        listed(language, program)
    kinds = {type(s) for _ in range(30) for s in body_of(language, sample(language, rng, 150))}
    assert Loop in kinds


def test_masks_hold_scopes() -> None:
    mask = family_mask(FIGURES)
    names = FIGURES.vocabulary.tokens

    def opens(*tokens: str) -> set[str]:
        state = mask.start(1, 60)
        for token in tokens:
            state = mask.advance(state, np_token(FIGURES, token))
        return {names[i] for i, open_ in enumerate(mask.legal(state)[0].tolist()) if open_}

    assert "i" not in opens("program", "cons", "circle")
    inside = opens("program", "cons", "for_i", "3", "cons")
    assert {"for_j", "if_i", "reflect_x", "circle"} <= inside
    assert not {"for_i", "for_k", "if_j"} & inside
    at = opens("program", "cons", "for_i", "3", "cons", "circle")
    assert {"i", "times", "plus", "1", "15"} <= at
    assert not {"j", "16", "for_j"} & at
    assert "i" not in opens("program", "cons", "for_i")
    assert {"i", "plus"} <= opens("program", "cons", "for_i", "3", "cons", "for_j")
    deep = opens("program", "cons", "reflect_x", "9", "cons", "for_i", "2", "cons", "for_j", "2", "cons")
    assert {"circle", "if_j"} <= deep
    assert not {"for_k", "reflect_x", "reflect_y"} & deep


def np_token(family: Family, name: str):  # type: ignore[no-untyped-def]
    import torch

    return torch.tensor([family.vocabulary.ids[name]])


# -- pictures and formats


@every_plain
def test_a_program_draws_what_its_list_draws(plain: Family) -> None:
    if plain.render is None:
        pytest.skip("a family of tests without a renderer")
    language = programs_of(plain)
    programs = some_programs(language, 6)
    with Renderer(language) as renderer, Renderer(plain) as own:
        found, wanted = renderer.render_programs(programs), own.render_programs([listed(language, p) for p in programs])
    assert found.defined.all()
    assert (found.pixels == wanted.pixels).all()


def test_a_program_without_meaning_has_no_picture() -> None:
    from i2c_core.drawing import draw

    program = FIGURES.parse("for (i < 6) {\n  circle 3*i + 2, 5\n}")
    with Renderer(FIGURES) as renderer:
        drawn = renderer.render_programs([program, FIGURES.parse(TEXT)])
    assert drawn.defined.tolist() == [False, True]
    assert not drawn.pixels[0].any()
    with pytest.raises(RenderError) as caught:
        draw(FIGURES, [program])
    assert str(caught.value) == (
        "the program draws circle(17, 5) where i = 5, which is no command\n  -> keep it on the grid"
    )


def test_commands_are_written_as_the_plain_family_writes_them() -> None:
    program = FIGURES.parse("reflect (x = 10) {\n  circle 2, 3\n}")
    form = find_format(FIGURES, "json")
    commands = [{"op": "circle", "x": 2, "y": 3}, {"op": "circle", "x": 8, "y": 3}]
    assert json.loads(form.dumps(FIGURES, program)) == commands
    assert form.loads(FIGURES, json.dumps(commands)) == FIGURES.parse("circle 2, 3\ncircle 8, 3")


# -- names


def test_the_language_has_a_name_of_its_own() -> None:
    found = families()
    assert found["figures:program"] is programs_of(found["figures"])
    assert "figures:program" in found
    assert "splits:program" in found  # its parts are there; why it is none is told when it is asked for
    assert "nothing:program" not in found
    assert found.owner("figures:program") == found.owner("figures")
    assert plain_of(FIGURES) is found["figures"]
    assert plain_of(found["figures"]) is None
    assert programs_of(FIGURES) is FIGURES
    assert [f.name for f in found if f.plain is not None] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("figuers:program", "unknown family 'figuers' in 'figuers:program'\n  -> did you mean 'figures'?"),
        (
            "splits:program",
            "family splits has no loops\n  -> declare which arguments are positions with loops=",
        ),
    ],
)
def test_a_wrong_name_is_told(name: str, message: str) -> None:
    with pytest.raises(FamilyError) as caught:
        get_family(name)
    assert str(caught.value) == message


def test_families_alone_make_no_languages() -> None:
    found = Families()
    found.add(get_family("figures"), "tests")
    assert "figures:program" not in found


@pytest.mark.parametrize(
    ("table", "loops", "message"),
    [
        (
            "cons : (first: Command, rest: Figure) -> Figure\nnil : Figure\nplus : (x: X) -> Command\nX = 1..4",
            Loops({"plus": "x"}),
            "odd has 'plus', which programs with loops need\n  -> rename it in the signature of the family",
        ),
        (
            "cons : (first: Command, rest: Figure) -> Figure\nnil : Figure\ndot : (x: Count) -> Command\nCount = 1..4",
            Loops({"dot": "x"}),
            "odd has 'Count', which programs with loops need\n  -> rename it in the signature of the family",
        ),
        (
            "cons : (first: Command, rest: Figure) -> Figure\nnil : Figure\ndot : (x: X) -> Command\nX = 1..4",
            Loops({"dot": "x"}, depth=9),
            "odd nests loops 9 deep\n  -> declare a depth from 1 to 6",
        ),
        (
            "one : (first: Command) -> Figure\ndot : (x: X) -> Command\nX = 1..4",
            Loops({"dot": "x"}),
            "odd has no list of Command\n"
            "  -> declare cons : (first: Command, rest: Figure) -> Figure, and nil : Figure",
        ),
    ],
)
def test_a_family_that_cannot_have_loops_is_told(table: str, loops: Loops, message: str) -> None:
    with pytest.raises(FamilyError) as caught:
        programs_of(Family("odd", root="Figure", signature=table, loops=loops))
    assert str(caught.value) == message


def test_deeper_languages_have_more_variables() -> None:
    family = dataclasses.replace(TINY, loops=dataclasses.replace(TINY.loops, depth=4))  # type: ignore[type-var]
    language = programs_of(family)
    assert "for_l" in language.gamma
    body: Body = (Draw("circle", (Linear(1), Linear(1))),)
    for _ in range(4):
        body = (Loop(Linear(2), body),)
    assert body_of(language, language.parse(language.show(program_from(language, body)))) == body
