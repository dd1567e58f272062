"""Compositions: what follows from the parts, names, look-up, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from composed_families import BARE, FRAMES, RULES, STRIPES

from i2c_core import Family, Program
from i2c_core.checkpoints import describe_model, load_checkpoint, save_checkpoint
from i2c_core.composing import Parts, compose
from i2c_core.errors import FamilyError
from i2c_core.families import Families, box
from i2c_core.model import ModelConfig, build
from i2c_core.plugins import families, get_family
from i2c_core.reader import Reader
from i2c_core.symbols import Signature
from i2c_core.testing import check_family

SPLITS = get_family("splits")

TABLE = """\
frame                         : (Image) -> Frame
both                          : (Frame, Frame) -> Frame
if                            : (Bool, t, t) -> t for t in Frame, Image, Bool
blank                         : Image
Bool                          = no | yes
every-rule.draw               : (all: List[every-rule.Mark, 1..3, <]) -> every-rule.Image
every-rule.named              : (n: every-rule.Name) -> every-rule.Image
every-rule.block              : (s: every-rule.Stmt[0]) -> every-rule.Image
every-rule.dot                : (x: every-rule.Coord, y: every-rule.Coord > x) -> every-rule.Mark
every-rule.turn               : (a: every-rule.Angle) -> every-rule.Mark
every-rule.eq                 : (every_rule_t, every_rule_t) -> every-rule.Bool for every_rule_t in every-rule.Coord, every-rule.Shade
every-rule.loop               : (n: every-rule.Coord, body: every-rule.Stmt[every_rule_s+1]) -> every-rule.Stmt[every_rule_s]
every-rule.use                : (k: every-rule.Var[0..every_rule_s-1]) -> every-rule.Stmt[every_rule_s]
every-rule.stop               : every-rule.Stmt[every_rule_s]
every-rule.tiny               : (c: every-rule.Shade, b: every-rule.Bool) -> every-rule.Small
every-rule.Coord              = 0..3
every-rule.Shade              = every-rule.dark | every-rule.light
every-rule.Bool               = every-rule.no | every-rule.yes
every-rule.Angle              = 0.0..10.0 in 5 bins
every-rule.Name               = /[a-c]{1,2}/
every_rule_s                  = 0..2
every-rule.Image              > every-rule.Small
Image                         > every-rule.Image
"""  # noqa: E501, a table is as wide as its lines


def test_the_table_of_a_composition_qualifies_the_material() -> None:
    composed = compose(FRAMES, RULES)
    shown = composed.gamma.show()
    assert [line.split() for line in shown.splitlines()] == [line.split() for line in TABLE.splitlines()]
    assert Signature.parse(shown) == composed.gamma


@pytest.mark.parametrize(
    ("model", "material"),
    [(SPLITS, RULES), (SPLITS, BARE), (FRAMES, RULES), (BARE, SPLITS), (RULES, BARE), (FRAMES, STRIPES)],
    ids=lambda f: f.name,
)
def test_every_rule_of_a_signature_composes(model: Family, material: Family) -> None:
    composed = compose(model, material)
    assert [(r.check, r.message) for r in check_family(composed) if r.outcome not in ("passed", "skipped")] == []
    assert composed.is_exact


def test_what_follows_from_the_parts() -> None:
    composed = compose(replace(SPLITS, semantics=4), FRAMES, name="walls")
    assert (composed.name, composed.root, composed.material) == ("walls", "Image", "Image")
    assert (composed.channels, composed.size, composed.any_size) == (1, (32, 32), True)
    assert composed.semantics == 4 + 3
    assert composed.budget == SPLITS.budget + FRAMES.budget
    assert composed.doc == f"{SPLITS.doc}; in it frames"
    assert composed.weights is None
    assert composed.zoom("h") == (box("0 0 1 1/2"), box("0 1/2 1 1"))
    assert [composed.recipe[s] for s in ("data", "run")] == [{"max_size": 13 + 5}, {"steps": 4000}]
    assert compose(SPLITS, STRIPES).channels == 3
    assert compose(STRIPES, SPLITS).zoom("splits.v") == (box("0 0 1/2 1"), box("1/2 0 1 1"))


def test_examples_are_the_models_and_the_same_with_a_material_inside() -> None:
    composed = compose(SPLITS, FRAMES)
    assert list(composed.examples) == [*SPLITS.examples, "h v [frame(blank)] B q B W B B"]
    assert all(composed.show(composed.parse(text)) == text for text in composed.examples)


def test_several_materials_are_named_in_their_brackets() -> None:
    composed = compose(SPLITS, STRIPES, FRAMES)
    text = "q stripes[red] B frames[frame(blank)] W"
    assert composed.name == "splits+stripes+frames"
    assert composed.show(composed.parse(text)) == text
    assert composed.is_exact


def test_a_composition_that_has_a_name_of_its_own_is_a_material() -> None:
    cloth = compose(SPLITS, STRIPES, name="cloth")
    composed = compose(FRAMES, cloth)
    text = "frame([h [red] B])"
    program = composed.parse(text)
    assert [node.name for node in program.nodes()] == ["frame", "cloth.h", "cloth.stripes.red", "cloth.B"]
    assert composed.show(program) == text
    assert composed.is_exact


# -- programs


def test_parts_of_a_program_are_taken_out_and_put_back() -> None:
    composed = compose(SPLITS, RULES)
    parts = Parts(SPLITS, [RULES], "Image", lambda: composed)
    program = composed.parse('h [draw([dot(0, 2), turn(3.5)])] v B [named("ab")]')
    found = [parts.own(number, part) for number, part in parts.inside(program)]
    assert [RULES.show(p) for p in found] == ["draw([dot(0, 2), turn(3.5)])", 'named("ab")']
    assert parts.replaced(program, lambda _, own: own) is program
    changed = parts.replaced(program, lambda _, own: RULES.parse("tiny(dark, yes)"))
    assert composed.show(changed) == "h [tiny(dark, yes)] v B [tiny(dark, yes)]"


def test_each_part_is_normalised_by_its_own_family() -> None:
    def light(program: Program) -> Program:
        return RULES.parse("tiny(light, no)") if program.name == "tiny" else program

    composed = compose(SPLITS, replace(RULES, normalise=light))
    program = composed.parse("h [tiny(dark, yes)] [draw([turn(3.5), dot(0, 2)])]")
    assert composed.show(composed.canonical(program)) == "h [tiny(light, no)] [draw([dot(0, 2), turn(3.5)])]"
    assert not composed.is_canonical(program)
    assert composed.is_canonical(composed.canonical(program))


# -- names


def test_a_name_with_a_plus_is_a_composition() -> None:
    composed = families()["splits+splits-rgb"]
    assert families()["splits+splits-rgb"] is composed
    assert get_family("splits+splits-rgb") is composed
    assert "splits+splits-rgb" in families()
    assert "splits+nosuch" not in families()
    assert composed.name not in families().names()
    assert families().owner("splits+splits-rgb") == families().owner("splits")


def test_a_family_that_is_replaced_is_composed_anew() -> None:
    found = Families(compose)
    found.add(SPLITS, "a")
    found.add(STRIPES, "b")
    first = found["splits+stripes"]
    assert found.owner("splits+stripes") == "a and b"
    found.replace(replace(SPLITS, doc="others"))
    assert first.doc != found["splits+stripes"].doc == "others; in it stripes"


def test_a_checkpoint_names_its_composition(tmp_path: Path) -> None:
    composed = get_family("splits+splits-rgb")
    config = ModelConfig(
        vocabulary=composed.vocabulary.size, max_tokens=9, image=(3, 32, 32), width=16, layers=1, heads=2, channels=4
    )
    save_checkpoint(tmp_path / "a", build(config).state_dict(), describe_model(composed, config, {}, 0))
    assert load_checkpoint(tmp_path / "a").meta["family"] == "splits+splits-rgb"
    with Reader.load(tmp_path / "a", "cpu") as reader:
        assert reader.family is composed


# -- what is refused

FIGURES = get_family("figures")
LISTS = Family("lists", root="List[Mark]", signature="dot : Mark")
NUMBERS = Family("numbers", root="Image", signature="h : (Image, Image) -> Image\nImage > Level\nLevel = 0..9")
WORDS = Family("words", root="Image", signature="h : (Image, Image) -> Image\nImage > Word\nWord = /[a-b]/")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: compose(FIGURES, SPLITS),
            "programs of splits are of type Image, and figures has the types Figure, Command, Tip, Stroke, Coord\n"
            "  -> declare in figures whose place they take: material='Figure'",
        ),
        (
            lambda: compose(FRAMES, FIGURES, SPLITS),
            "programs of figures are of type Figure, and frames has the types Frame, Image, Bool\n"
            "  -> declare in frames whose place they take: material='Frame'",
        ),
        (
            lambda: compose(replace(FRAMES, material="Imag"), SPLITS),
            "frames declares the material 'Imag', which is no type of its signature\n  -> did you mean 'Image'?",
        ),
        (
            lambda: compose(SPLITS, STRIPES, SPLITS),
            "splits+stripes+splits composes splits with itself\n"
            "  -> programs of a family are in each other's places already: name two families",
        ),
        (
            lambda: compose(SPLITS),
            "splits is composed with nothing\n  -> name a material: compose(model, material)",
        ),
        (
            lambda: compose(FRAMES, compose(SPLITS, STRIPES)),
            "splits+stripes is a material of frames+splits+stripes, and a composition itself\n"
            "  -> give it a name of its own: compose(model, material, name=...)",
        ),
        (
            lambda: compose(SPLITS, LISTS),
            "programs of lists are of type List[Mark], which has no plain name\n"
            "  -> give lists a root type of one symbol: whole : (List[Mark]) -> Whole",
        ),
        (
            lambda: compose(SPLITS, NUMBERS),
            "a program of numbers may be a literal of 'Level = 0..9', which any family may have\n"
            "  -> give it a symbol: level : (Level) -> Image",
        ),
        (
            lambda: compose(SPLITS, WORDS),
            "a program of words may be a literal of 'Word = /[a-b]/', which any family may have\n"
            "  -> give it a symbol: word : (Word) -> Image",
        ),
        (
            lambda: families()["splits+split"],
            "unknown family 'split' in 'splits+split'\n  -> did you mean 'splits'?",
        ),
    ],
)  # fmt: skip
def test_what_does_not_compose_is_told(make: Callable[[], Family], message: str) -> None:
    with pytest.raises(FamilyError) as error:
        make()
    assert str(error.value) == message
