"""Contract checks for authors of families: what `i2c check NAME` and a plugin's own tests run.

    from i2c_core.testing import parametrize_family_checks

    @parametrize_family_checks(FAMILY)
    def test_contract(check):
        check()

A check that is new in a release only warns in it (`Check.warns_until`) and fails from the next minor release on, so
that yesterday's plugins stay green. A failure that an author knows of is named in `expected_failures` with its reason.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.formats import Format
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.symbols import Signature
from i2c_core.version import VERSION

SAMPLES = 24  # random programs a check looks at: enough to meet every symbol of a small language
ENUMERATED = 2_000  # programs that the check of counting may list


@dataclass(frozen=True)
class Check:
    """One law, by name. `warns_until` is the first version in which it fails instead of warning."""

    name: str
    run: Callable[[Family], None]
    warns_until: str = ""

    @property
    def only_warns(self) -> bool:
        return bool(self.warns_until) and _version(VERSION) < _version(self.warns_until)


@dataclass(frozen=True)
class Result:
    """What a check found: `passed`, `failed`, `warned`, `expected` (a failure that was announced) or `unexpected`
    (it was announced and passed: take it off the list)."""

    check: str
    outcome: str
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome in ("passed", "warned", "expected")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def check_family(family: Family, expected_failures: Mapping[str, str] | None = None) -> list[Result]:
    """Run every check; nothing is raised, each result says what was found."""
    return [_result(family, check, expected_failures or {}) for check in CHECKS]


def _result(family: Family, check: Check, expected: Mapping[str, str]) -> Result:
    try:
        check.run(family)
    except (AssertionError, I2cError) as error:
        message = str(error) or f"{type(error).__name__} without a message"
    except Exception as error:  # a renderer or a format is anybody's code
        message = f"{type(error).__name__}: {error}"
    else:
        outcome = "unexpected" if check.name in expected else "passed"
        return Result(check.name, outcome, "announced as failing, but it passes" if check.name in expected else "")
    if check.name in expected:
        return Result(check.name, "expected", expected[check.name])
    return Result(check.name, "warned" if check.only_warns else "failed", message)


def parametrize_family_checks(family: Family, expected_failures: Mapping[str, str] | None = None) -> Any:
    """A pytest decorator: one test case a check, its argument `check` is to be called without arguments."""
    import pytest  # only authors of tests need it

    def case(check: Check) -> Callable[[], None]:
        def run() -> None:
            result = _result(family, check, expected_failures or {})
            if result.outcome == "warned":
                warnings.warn(f"{check.name}: {result.message} (fails from {check.warns_until} on)", stacklevel=2)
            elif result.outcome == "expected":
                pytest.xfail(result.message)
            assert result.ok, f"{family.name}, {check.name}: {result.message}"

        return run

    return pytest.mark.parametrize("check", [pytest.param(case(c), id=c.name) for c in CHECKS])


@lru_cache(maxsize=8)
def _sampler(family: Family) -> Sampler:
    return Sampler(family, max(family.vocabulary.shortest + 12, 15))


def some_programs(family: Family, count: int = SAMPLES, seed: int = 0) -> list[Program]:
    """Random programs of a family, of all small sizes that it has, the same for the same seed; its examples first."""
    examples = [family.parse(text) for text in family.examples]
    sampler, rng = _sampler(family), np.random.default_rng(seed)
    counts = Counts(family.vocabulary, sampler.max_size)
    sizes = [s for s in range(1, sampler.max_size + 1) if counts.of(s) > 0]
    assert sizes, f"no program of {family.name} has at most {sampler.max_size} tokens"
    ids, values = sampler.sample(rng, rng.choice(sizes, count))  # (N, T)
    rows = zip(ids, values if values is not None else [None] * count, strict=True)
    return examples + [family.from_tokens(i.tolist(), v) for i, v in rows]


def check_signature(family: Family) -> None:
    """The symbol table prints itself, and the root type can end."""
    shown = family.gamma.show()
    again = Signature.parse(shown).show()
    assert again == shown, f"the printed signature reads back as another one:\n{shown}\n{again}"
    family.vocabulary.require_budget(family.budget)


def check_grammar(family: Family) -> None:
    """Grammar and signature agree, and the grammar parses what it prints (law 1)."""
    for program in some_programs(family):
        text = family.show(program)
        canonical = family.canonical(program)
        parsed = family.parse(text)
        assert parsed == program, f"{text!r} parses to another program than it was printed from"
        assert family.canonical(parsed) == canonical, f"{text!r} normalises to another program"


def check_tokens(family: Family) -> None:
    """Programs and their tokens, values included, are the same thing (law 1)."""
    for program in some_programs(family):
        encoded = family.to_tokens(program)
        again = family.from_tokens(encoded.ids, encoded.values)
        assert again == program, f"{family.show(program)!r} is another program after a round trip through tokens"
        assert program.size == len(encoded.ids), f"{family.show(program)!r} has not one token a symbol"


def check_normalise(family: Family) -> None:
    """Normalising twice changes nothing more, and a canonical program keeps its picture."""
    with Renderer(family) as renderer:
        for program in some_programs(family):
            canonical = family.canonical(program)
            text = family.show(program)
            assert family.canonical(canonical) == canonical, f"{text!r} normalises further at the second time"
            both = renderer.render_programs([program, canonical])
            assert (both.pixels[0] == both.pixels[1]).all(), f"{text!r} draws another picture once it is normalised"


def check_counting(family: Family) -> None:
    """Counting agrees with enumerating, in order and without twins (law 5)."""
    counts = Counts(family.vocabulary, family.vocabulary.shortest + 12)
    for size in range(1, family.vocabulary.shortest + 13):
        if counts.of(size) > ENUMERATED:
            break
        rows = [tuple(int(t) for t in row) for ids in enumerate_programs(family.vocabulary, size) for row in ids]
        assert len(rows) == counts.of(size), f"counted {counts.of(size)} programs of size {size}, listed {len(rows)}"
        assert rows == sorted(set(rows)), f"programs of size {size} are not listed in prefix order, each once"
        for row in rows[:50]:
            family.from_tokens(row)


def check_sampling(family: Family) -> None:
    """Sampled programs are well typed, canonical, and repeat with their seed (laws 5 and 6)."""
    first, second = some_programs(family, seed=1), some_programs(family, seed=1)
    assert first == second, "the same seed sampled other programs"
    for program in first[len(family.examples) :]:
        family.check(program)
        assert family.is_canonical(program), f"sampled {family.show(program)!r}, which is not canonical"


def check_masks(family: Family) -> None:
    """The mask opens exactly what the slow oracle opens, and random decoding ends in whole programs (laws 2 and 3)."""
    import torch

    from i2c_core.masks import PushdownMask, Tables
    from i2c_core.masks.oracle import legal_tokens

    vocabulary = family.vocabulary
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    generator = torch.Generator().manual_seed(0)
    budgets = torch.randint(vocabulary.shortest, vocabulary.shortest + 12, (SAMPLES,), generator=generator)
    state = mask.start(SAMPLES, budgets)
    rows: list[list[int]] = [[] for _ in range(SAMPLES)]
    for step in range(vocabulary.shortest + 12):
        legal = mask.legal(state)  # (N, V)
        done = mask.done(state).tolist()
        for row in range(0, SAMPLES, 6):
            if not done[row] and step < 8:
                prefix = [vocabulary.tokens[t] for t in rows[row]]
                wanted = legal_tokens(family.gamma, family.root_type, prefix, int(budgets[row]))
                found = {vocabulary.tokens[i] for i in legal[row].nonzero().flatten().tolist()}
                assert found == wanted, f"after {' '.join(prefix) or 'nothing'}: open {found}, expected {wanted}"
        scores = torch.rand(SAMPLES, vocabulary.size, generator=generator).masked_fill(~legal, -1.0)
        token = torch.where(mask.done(state), vocabulary.pad, scores.argmax(1))  # (N,)
        for row, chosen in enumerate(token.tolist()):
            if chosen != vocabulary.pad:
                rows[row].append(chosen)
        state = mask.advance(state, token)
    for decoded, budget in zip(rows, budgets.tolist(), strict=True):
        program = family.from_tokens(decoded)
        assert program.size <= budget, f"decoded {program.size} tokens within a budget of {budget}"
        assert family.parse(family.show(program)) == program
        assert family.is_canonical(program), f"decoded {family.show(program)!r}, which is not canonical"


def check_renderer(family: Family) -> None:
    """Pictures have the declared shape, repeat, and a batch draws as its members do alone (law 4)."""
    programs = some_programs(family)
    with Renderer(family) as renderer:
        batch = renderer.render_programs(programs)
        shape = (len(programs), family.channels, *family.size)
        assert batch.pixels.shape == shape, f"expected pictures of shape {shape}, got {batch.pixels.shape}"
        again = renderer.render_programs(programs)
        assert (batch.pixels == again.pixels).all(), "the same programs drew other pictures the second time"
        for i, program in enumerate(programs[:8]):
            alone = renderer.render_programs([program])
            same = (alone.pixels[0] == batch.pixels[i]).all() and alone.defined[0] == batch.defined[i]
            assert same, f"{family.show(program)!r} draws another picture alone than in a batch"
        assert batch.defined.any(), "no sampled program has a picture"


def check_renderer_on_tensors(family: Family) -> None:
    """The renderer on tensors draws the very pixels of the one on arrays."""
    import torch

    ids, values = family.vocabulary.pack([family.to_tokens(p) for p in some_programs(family)])
    with Renderer(family) as renderer:
        arrays = renderer.render(ids, values)
        tensors, defined = renderer.render_tensors(torch.from_numpy(ids), torch.from_numpy(values))
    assert (tensors.cpu().numpy() == arrays.pixels).all(), "pictures drawn on tensors differ from those on arrays"
    assert (defined.cpu().numpy() == arrays.defined).all(), "other programs have no picture on tensors than on arrays"


def check_zooms(family: Family) -> None:
    """A symbol that says where its arguments live draws each of them there."""
    if not family.zooms:
        return
    height, width = 16, 16
    with Renderer(family) as renderer:
        for program in some_programs(family):
            boxes = family.zoom(program.name)
            if not boxes or not family.any_size or any(a.size > 64 for a in program.args):
                continue
            whole = renderer.render_programs([program], (height, width)).pixels[0]
            for arg, (x0, y0, x1, y1) in zip(program.args, boxes, strict=True):
                left, right = int(x0 * width), int(x1 * width)
                top, bottom = int(y0 * height), int(y1 * height)
                part = renderer.render_programs([arg], (bottom - top, right - left)).pixels[0]
                same = (whole[:, top:bottom, left:right] == part).all()
                assert same, f"{family.show(arg)!r} is not drawn where {program.name!r} says that it lives"


def check_formats(family: Family) -> None:
    """What a format writes it reads back: the same program, or at least the same picture."""
    with Renderer(family) as renderer:
        for format_ in family.all_formats:
            for program in some_programs(family, 8):
                _check_format(family, format_, program, renderer)


def _check_format(family: Family, format_: Format, program: Program, renderer: Renderer) -> None:
    text = format_.dumps(family, program)
    assert text.endswith("\n"), f"format {format_.name!r} writes no line end"
    if format_.read is None:
        return
    again = format_.loads(family, text)
    if format_.exact:
        assert again == program, f"format {format_.name!r} reads another program than it wrote: {text!r}"
    both = renderer.render_programs([program, again])
    assert (both.pixels[0] == both.pixels[1]).all(), f"format {format_.name!r} reads another picture than it wrote"


def check_weights(family: Family) -> None:
    """Shipped weights fit the family."""
    if family.weights is None:
        return
    from i2c_core.checkpoints import find_weights, load_checkpoint, require_match

    require_match(load_checkpoint(find_weights(family)), family)


def check_shows_itself(family: Family) -> None:
    """The family describes itself, and its examples are programs of it."""
    assert family.name in family.describe()
    for text in family.examples:
        family.check(family.parse(text))


def _checks() -> Iterator[Check]:
    yield Check("signature", check_signature)
    yield Check("grammar", check_grammar)
    yield Check("tokens", check_tokens)
    yield Check("normalise", check_normalise)
    yield Check("counting", check_counting)
    yield Check("sampling", check_sampling)
    yield Check("masks", check_masks)
    yield Check("renderer", check_renderer)
    yield Check("renderer-on-tensors", check_renderer_on_tensors)
    yield Check("zooms", check_zooms)
    yield Check("formats", check_formats)
    yield Check("weights", check_weights)
    yield Check("shows-itself", check_shows_itself)


CHECKS: tuple[Check, ...] = tuple(_checks())
