"""The laws of docs/design.md over every installed family and over two compositions: the contract checks of
`i2c_core.testing`, and what they do not hold, with a tiny network that was never trained.

Legend: B pictures, C channels, H W pixels, N programs.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lark import Lark
from numpy.typing import NDArray
from torch import Tensor

from i2c_cli.app import application
from i2c_core.checkpoints import (
    Checkpoint,
    describe_model,
    load_checkpoint,
    load_model,
    require_match,
    save_checkpoint,
)
from i2c_core.config import resolve_config
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import canonical_rows, enumerate_programs
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.tables import context_free
from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Observation, Proposals, Sample, Strategy
from i2c_core.errors import CheckpointError
from i2c_core.families import Family
from i2c_core.grammars import derive_grammar, read_grammar
from i2c_core.legality import in_order
from i2c_core.masks import PushdownMask, Tables
from i2c_core.model import ModelConfig, build
from i2c_core.plugins import families, get_family
from i2c_core.raster import Renderer, to_png
from i2c_core.reader import Reader
from i2c_core.testing import CHECKS, Check, some_programs
from i2c_core.training import train

MADE = ("splits+functions", "boxes+functions", "figures:program")
every_family = pytest.mark.parametrize("family", [*families(), *map(get_family, MADE)], ids=lambda f: f.name)


def budget_of(family: Family) -> int:
    return min(family.budget, family.vocabulary.shortest + 10)


def tiny_checkpoint(family: Family, path: Path) -> Path:
    """A network with random weights, in all parts like one that was trained for the family."""
    config = ModelConfig(
        vocabulary=family.vocabulary.size,
        max_tokens=budget_of(family),
        image=(family.channels, *family.size),
        width=16,
        layers=1,
        heads=2,
        channels=4,
        blocks=0,
        where=family.has_zooms,
        crop=4 if family.has_zooms else 0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build(config)
    save_checkpoint(path, network.state_dict(), describe_model(family, config, {}, 0))
    return path


def some_pictures(family: Family) -> NDArray[np.uint8]:
    """(B, C, H, W) what some programs draw, and noise."""
    with Renderer(family) as renderer:
        drawn = renderer.render_programs(some_programs(family, 4))
    pixels = drawn.pixels[drawn.defined]
    return np.concatenate([pixels, np.random.default_rng(0).integers(0, 256, (2, *pixels.shape[1:]), np.uint8)])


# -- laws 1, 2, 3, and the parts of 4 and 5 that need no network


@every_family
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_contract(family: Family, check: Check) -> None:
    run: Callable[[Family], str | None] = check.run
    reason = run(family)
    if reason is not None:
        pytest.skip(reason)


@every_family
def test_plain_lark_parses_what_random_logits_decode_to(family: Family) -> None:
    """Law 2 with a parser that is not ours: any budget that the root can meet, whole programs only."""
    source = family.grammar if family.grammar is not None else derive_grammar(family.vocabulary)
    plain = Lark(str(read_grammar(source, family.name)), parser=family.parser, maybe_placeholders=False)
    vocabulary = family.vocabulary
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    generator = torch.Generator().manual_seed(0)
    rows, shortest = 300, mask.tables.least[1]
    longest = shortest + 30
    budgets = torch.randint(shortest, longest + 1, (rows,), generator=generator)
    state = mask.start(rows, budgets)
    tokens = []
    for _ in range(longest):
        logits = torch.randn(rows, vocabulary.size, generator=generator)
        chosen = logits.masked_fill(~mask.legal(state), -torch.inf).argmax(1)  # (N,)
        tokens.append(torch.where(mask.done(state), vocabulary.pad, chosen))
        state = mask.advance(state, tokens[-1])
    assert bool(mask.done(state).all())
    for ids, budget in zip(torch.stack(tokens, 1).tolist(), budgets.tolist(), strict=True):
        program = family.from_tokens(ids)
        assert program.size <= budget
        assert in_order(vocabulary, program)
        plain.parse(family.show(program))


# -- law 4


@every_family
@pytest.mark.parametrize("strategy", [Greedy(), Beam(4), Sample()], ids=lambda s: type(s).__name__.lower())
def test_a_batch_decodes_as_its_members_do_alone(family: Family, strategy: Strategy, tmp_path: Path) -> None:
    model = load_model(load_checkpoint(tiny_checkpoint(family, tmp_path / "tiny.safetensors")))
    proposer = AutoregressiveProposer.for_family(model, family)
    images = torch.from_numpy(some_pictures(family)).float() / 255  # (B, C, H, W)

    def propose(pictures: Tensor) -> Proposals:
        return proposer.propose(Observation(pictures), n=3, strategy=strategy, budget=budget_of(family), generator=7)

    together = propose(images)
    for i in range(len(images)):
        alone = propose(images[i : i + 1])
        assert torch.equal(alone.ids[0], together.ids[i])
        torch.testing.assert_close(alone.logprob[0], together.logprob[i], rtol=1e-5, atol=1e-4)


# -- law 5


@every_family
def test_sampling_by_size_is_uniform(family: Family) -> None:
    if family.sample is not None:
        pytest.skip(f"{family.name} has a sampler of its own, which need not be uniform")
    if not context_free(family.vocabulary).is_exact:
        pytest.skip(f"{family.name} has rules in registers, so that it is not counted and sampling is not uniform")
    counts = Counts(family.vocabulary, family.vocabulary.shortest + 12)
    sizes = [s for s in range(1, counts.max_size + 1) if 2 <= counts.of(s) <= 3_000]
    if not sizes:
        pytest.skip(f"{family.name} has no size with 2 to 3,000 programs")
    size = sizes[-1]
    rows = np.concatenate(list(enumerate_programs(family.vocabulary, size)))  # (N, size)
    rows = rows[canonical_rows(family, rows)]
    draws = 20 * len(rows)
    ids, _ = Sampler(family, size).sample(np.random.default_rng(0), np.full(draws, size))
    found = Counter(map(tuple, ids.tolist()))
    assert set(found) <= set(map(tuple, rows.tolist()))
    seen = np.array([found[tuple(row)] for row in rows.tolist()])
    assert ((seen - 20) ** 2 / 20).sum() < chi_square_limit(len(rows) - 1)


def chi_square_limit(freedom: int, deviations: float = 4.0) -> float:
    """What a chi-square exceeds once in 30,000 times (E. B. Wilson and M. M. Hilferty, PNAS 17, 1931)."""
    spread = 2 / (9 * max(1, freedom))
    return float(freedom * (1 - spread + deviations * spread**0.5) ** 3)


def test_that_the_test_of_uniformity_can_fail() -> None:
    seen = np.random.default_rng(0).multinomial(20 * 1000, np.repeat([0.8, 1.2], 500) / 1000)
    assert ((seen - 20) ** 2 / 20).sum() > chi_square_limit(999)


# -- law 6


@every_family
def test_training_and_decoding_repeat_with_their_seed(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2c_core.training.record.draw_curve", lambda lines: b"")  # a third of the time of a short run
    budget = budget_of(family)
    options = [
        *("model.width=16", "model.layers=1", "model.heads=2", "model.channels=4", "model.blocks=0"),
        *(f"model.budget={budget}", f"data.max_size={min(budget, family.vocabulary.shortest + 6)}"),
        *("run.batch_size=4", "run.steps=3", "run.eval_samples=0", "run.threads=1", "run.tensorboard=false"),
        *("run.device=cpu", "data.workers=0", "data.table=3000", "model.dropout=0.1"),
    ]
    folders = [train(family, resolve_config(options=options), tmp_path / name).checkpoint for name in ("a", "b")]
    first, second = map(load_checkpoint, folders)
    assert first.tensors.keys() == second.tensors.keys()
    for name, tensor in first.tensors.items():
        assert torch.equal(tensor, second.tensors[name]), name
    drawn, *_, noise = some_pictures(family)
    pictures = [drawn] if family.soft else [drawn, noise]  # fitting values takes most of a second a picture
    fitted = "greedy"  # the strategy whose values are fitted
    with Reader.of(first, family, "cpu") as one, Reader.of(second, family, "cpu") as other:
        for strategy in ("greedy", "beam", "sample"):
            once, again = ([[(c.code, c.logprob) for c in found] for found in
                            reader.read(pictures, strategy=strategy, seed=3, refine=strategy == fitted)]
                           for reader in (one, other))  # fmt: skip
            assert once == again


# -- law 7


def told(family: Family) -> str:
    signature = family.vocabulary.fingerprint[:8]
    return f"{family.name} (signature {signature}, semantics {family.semantics}, channels {family.channels})"


@every_family
def test_a_checkpoint_of_another_signature_or_meaning_is_refused(family: Family, tmp_path: Path) -> None:
    path = tiny_checkpoint(family, tmp_path / "tiny.safetensors")
    checkpoint = load_checkpoint(path)
    require_match(checkpoint, family)
    grown = replace(family, signature=f"{family.gamma.show()}one-more-leaf : {family.root}\n", grammar=None)
    for changed in (grown, replace(family, semantics=family.semantics + 1)):
        with pytest.raises(CheckpointError) as error:
            require_match(checkpoint, changed)
        assert str(error.value) == (
            f"{path} was trained on {told(family)}; this is {told(changed)}\n"
            f"  -> the family has changed since: train again: i2c train --family {family.name}"
        )


@every_family
def test_another_version_of_a_package_is_no_reason(family: Family, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(tiny_checkpoint(family, tmp_path / "tiny.safetensors"))
    versions = {"i2c": "99.0.0", "python": "3.99.0", "torch": "0.1", "numpy": "99.0"}
    save_checkpoint(tmp_path / "new.safetensors", checkpoint.tensors, checkpoint.meta | {"versions": versions})
    again: Checkpoint = load_checkpoint(tmp_path / "new.safetensors")
    assert again.meta["versions"] == versions
    with Reader.of(again, family, "cpu") as reader:
        assert reader.read(some_pictures(family)[0], strategy="greedy", refine=False)


# -- law 8


def header_only(side: int) -> bytes:
    """The beginning of a PNG file that says it has `side` x `side` pixels, grey."""
    chunks = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0), b"IDAT"
    parts = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@every_family
def test_bad_pictures_get_one_clear_error_each_and_lose_no_other(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_checkpoint(family, Path("tiny.safetensors"))
    to_png(some_pictures(family)[0]).save("good.png")
    Path("broken.png").write_bytes(Path("good.png").read_bytes()[:-25])
    Path("huge.png").write_bytes(header_only(30_000))
    Path("empty.png").touch()
    expected = {
        "broken.png": "broken.png is damaged: image file is truncated",
        "huge.png": "huge.png is 30000x30000 pixels, the limit is sides below 30,000 and 100 million pixels in all",
        "empty.png": "empty.png is empty",
    }
    hints = {
        "broken.png": "save or download it again",
        "huge.png": "make it smaller",
        "empty.png": "use a PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF, HEIC or PDF file",
    }
    words = ["decode", "--family", family.name, "--weights", "tiny.safetensors", "--strategy", "greedy"]
    for name, fact in expected.items():
        found = CliRunner().invoke(application, [*words, name], catch_exceptions=False)
        wanted = (1, "", f"error: {fact}\n  -> {hints[name]}\n")
        assert (found.exit_code, found.stdout, found.stderr) == wanted
    found = CliRunner().invoke(application, [*words, "--json", *expected, "good.png"], catch_exceptions=False)
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.exit_code == 1
    assert [answer.get("error") for answer in answers] == [*expected.values(), None]
    assert len(answers[-1]["candidates"]) == 1


@every_family
def test_a_cut_checkpoint_gets_one_clear_error(family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole = tiny_checkpoint(family, Path("tiny.safetensors")).read_bytes()
    to_png(some_pictures(family)[0]).save("good.png")
    for part in (0, 5, len(whole) // 2, len(whole) - 1):
        Path("cut.safetensors").write_bytes(whole[:part])
        found = CliRunner().invoke(
            application, ["decode", "--family", family.name, "--weights", "cut.safetensors", "good.png"]
        )
        fact, hint = found.stderr.split("\n  -> ")
        assert (found.exit_code, found.stdout, hint) == (1, "", "copy it again, or train another: i2c train\n")
        assert fact.startswith("error: cut.safetensors is no safetensors file, or a part of one: ")
        assert len(fact.splitlines()) == 1
