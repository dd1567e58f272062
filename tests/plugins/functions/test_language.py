"""The language of functions: how it reads, which of several ways is canonical, and which are sampled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, Program
from i2c_core.masks.constrained import Closing
from i2c_core.raster import Renderer
from i2c_plugins.functions import FAMILY, FAMILY_RGB
from i2c_plugins.functions.canonical import COMMUTATIVE, Canonical, normalise
from i2c_plugins.functions.sampling import sample

FAMILIES = {f.name: f for f in (FAMILY, FAMILY_RGB)}


@pytest.mark.parametrize(
    ("code", "tokens"),
    [
        ("x", "x"),
        ("x + y * radius", "plus x times y radius"),
        ("(x + y) * radius", "times plus x y radius"),
        ("x - (y - angle)", "minus x minus y angle"),
        ("x - y - angle", "minus minus x y angle"),
        ("x * 2.0 + y", "plus scale x Factor:6 y"),
        ("(x + -0.5) * 2.0", "scale shift x Offset:2 Factor:6"),
        ("sin((x + 0.5) * 3.0)", "sin shift x Offset:6 Frequency:2"),
        ("x + y > 0.25", "above plus x y Threshold:5"),
        ("(x > 0.25) * y", "times above x Threshold:5 y"),
        ("if x > 0.0 then y else if y > 0.0 then 1.0 else x", "if x Threshold:4 y if y Threshold:4 Level:7 x"),
        ("max(min(x, y), 0.5)", "max min x y Level:6"),
        ("mod(x + y, 0.5)", "mod plus x y Period:2"),
    ],
)
def test_texts_and_tokens(code: str, tokens: str) -> None:
    program = FAMILY.parse(code)
    assert " ".join(n.name for n in program.nodes()) == tokens
    assert FAMILY.show(program) == code
    assert FAMILY.parse(FAMILY.show(program)) == program


@given(st.floats(-3, 3, allow_nan=False))
def test_every_number_is_printed_exactly(number: float) -> None:
    program = FAMILY.program("scale", FAMILY.program("x"), FAMILY.program(f"Factor:{_bin(number)}", value=number))
    assert FAMILY.parse(FAMILY.show(program)) == program


def _bin(number: float) -> int:
    kind = FAMILY.gamma.kinds["Factor"]
    return kind.index(number)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("code", "canonical"),
    [
        ("y + x", "x + y"),
        ("angle * sin(x * 2.0)", "sin(x * 2.0) * angle"),
        ("x + (y + angle)", "y + angle + x"),
        ("max(x, min(angle, y))", "max(min(y, angle), x)"),
        ("y - x", "y - x"),
        ("max(x, 0.5)", "max(x, 0.5)"),
        ("x + 0.5 > 0.1", None),
        ("mod(y * x, 0.5) - (angle + radius)", "mod(x * y, 0.5) - (radius + angle)"),
    ],
)
def test_one_order_is_canonical(code: str, canonical: str | None) -> None:
    if canonical is None:  # a shifted term has a threshold of its own, so that types leave it out
        with pytest.raises(Exception, match="expected Form, got shift"):
            FAMILY.parse(code)
        return
    program = FAMILY.parse(code)
    assert FAMILY.show(normalise(program)) == canonical
    assert normalise(normalise(program)) == normalise(program)
    with Renderer(FAMILY) as renderer:
        drawn = renderer.render_programs([program, normalise(program)], (9, 9)).pixels
    assert (drawn[0] == drawn[1]).all()


def legal_programs(family: Family, rng: np.random.Generator, most: int) -> Program:
    """A random program of the types alone."""
    vocabulary = family.vocabulary
    ids: list[int] = []
    stack = [0]
    while stack:
        type_ = stack.pop()
        tokens = np.flatnonzero(vocabulary.production[type_] >= 0)
        if len(ids) + len(stack) > most:
            tokens = tokens[vocabulary.arity[tokens] == vocabulary.arity[tokens].min()]
        ids.append(int(rng.choice(tokens)))
        stack += reversed(vocabulary.productions[vocabulary.production[type_, ids[-1]]].args)
    return family.from_tokens(ids)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_mask_opens_the_next_token_exactly_of_canonical_programs(family: Family) -> None:
    rng = np.random.default_rng(1)
    rule = Canonical(family.vocabulary, torch.device("cpu"))
    assert isinstance(rule, Closing)
    seen = set()
    for _ in range(40):
        program = legal_programs(family, rng, 10)
        names = [n.name for n in program.nodes()]
        state = rule.start(1, len(names))
        refused = False
        for place, name in enumerate(names):
            open_ = {
                t for t, is_open in zip(family.vocabulary.tokens, rule.mask(state)[0].tolist(), strict=True) if is_open
            }
            assert open_ == rule.legal(names[:place])
            refused |= name not in open_
            state = rule.advance(state, torch.tensor([family.vocabulary.ids[name]]))
        assert int(state.depth) == int(rule.least(state)) == 0
        assert refused == (not family.is_canonical(program))
        seen.add(refused)
    assert seen == {True, False}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(seed=st.integers(0, 2**32), size=st.integers(4, 24))
@settings(max_examples=30, deadline=None)
def test_samples_are_canonical_and_worth_looking_at(family: Family, seed: int, size: int) -> None:
    program = sample(family, np.random.default_rng(seed), size)
    assert program.size <= size
    assert family.is_canonical(program)
    assert all(n.value == round(n.value, 2) for n in program.nodes() if n.value is not None)
    with Renderer(family) as renderer:
        pictures = renderer.render_programs([program])
    assert pictures.defined.all()
    assert all(len(np.unique(channel)) > 1 for channel in pictures.pixels[0])


def test_samples_have_the_size_that_was_asked_for() -> None:
    rng = np.random.default_rng(0)
    sizes = [sample(FAMILY, rng, 9).size for _ in range(60)]
    assert sizes.count(9) >= 50


def test_a_seed_draws_the_same_samples() -> None:
    drawn = [[FAMILY.show(sample(FAMILY, np.random.default_rng(3), 9)) for _ in range(2)] for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_commutative_symbols_are_those_of_the_language() -> None:
    assert set(COMMUTATIVE) < {s.name for s in FAMILY.gamma.symbols}
