"""Masking and picking in one call: plain operations against sorting by hand, and the kernel against them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from languages import LANGUAGES

from i2c_core.errors import ConfigError
from i2c_core.masks import PushdownMask, Tables, pick

NEEDS_TRITON = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs Triton")
SUPPORT = Path(__file__).parents[2] / "support"


def test_the_likeliest_open_token() -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES["splits"]))  # h v q B W
    state = mask.advance(mask.start(5, torch.tensor([1, 9, 3, 9, 1])), torch.tensor([3, 0, 0, 0, 3]))
    nan, inf = torch.nan, torch.inf
    logits = torch.tensor(
        [[9.0, 0, 0, 0, 0], [1, 2, 2, 0, nan], [9, 9, 9, 1, 2], [inf, nan, nan, -inf, nan], [nan] * 5]
    )
    assert pick(mask, state, logits).tolist() == [5, 1, 4, 3, 5]
    half = torch.full((5,), 0.5)
    assert pick(mask, state, logits, inverse=half).tolist() == [5, 1, 4, 3, 5]
    with pytest.raises(ConfigError, match=r"logits of shape \(5, 4\), expected \(5, 5\) from the mask"):
        pick(mask, state, logits[:, :4])


@pytest.mark.parametrize("way", ["gumbel", "inverse"])
def test_draws_follow_the_probabilities(way: str) -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES["splits"]))
    rows = 40_000
    state = mask.start(rows, 3)  # h, v, B or W: q costs too much
    logits = torch.tensor([0.0, 1.0, 9.0, -1.0, 2.0])
    shape = (rows, 5) if way == "gumbel" else (rows,)
    uniform = torch.rand(shape, generator=torch.Generator().manual_seed(0)).clamp(1e-7, 1 - 1e-7)
    token = pick(mask, state, logits.expand(rows, 5), **{way: uniform})
    wanted = logits.masked_fill(torch.tensor([False, False, True, False, False]), -torch.inf).softmax(0)
    torch.testing.assert_close(token.bincount(minlength=5) / rows, wanted, atol=0.01, rtol=0)
    assert not (token == 2).any()


def test_the_ends_of_the_unit_interval() -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES["splits"]))
    uniform = torch.tensor([0.0, 1.0, 1 - 2**-24])
    assert pick(mask, mask.start(3, 3), torch.zeros(3, 5), inverse=uniform).tolist() == [0, 4, 4]


KERNEL = """
import sys; sys.path.insert(0, sys.argv[1])
import torch
from languages import LANGUAGES
from i2c_core.masks import PushdownMask, Tables, pick
for name, automaton in LANGUAGES.items():
    mask = PushdownMask(Tables.from_automaton(automaton))
    generator = torch.Generator().manual_seed(0)
    state = mask.start(16, mask.tables.least[1] + torch.arange(16))
    for step in range(6):
        logits = torch.randn(16, mask.pad, generator=generator)
        logits[0], logits[1, ::2], logits[2] = torch.nan, torch.inf, 0.0
        noise = torch.rand(16, mask.pad, generator=generator).clamp(1e-6, 1 - 1e-6)
        uniform = torch.rand(16, generator=generator)
        uniform[3], uniform[4] = 0, 1
        for way in ({}, {"gumbel": noise}, {"inverse": uniform}):
            wanted = pick(mask, state, logits, **way, kernel=False)
            assert torch.equal(pick(mask, state, logits, **way, kernel=True), wanted), (name, step, way)
        state = mask.advance(state, wanted)
    assert not mask.refused(state).any()
empty = torch.empty(0, mask.pad)
print(pick(mask, mask.start(0, 9), empty, kernel=True).shape)
"""

LOWERED = """
import warnings; warnings.simplefilter("ignore")
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from i2c_core.masks import kernels
sizes = dict.fromkeys(("count", "words", "stride"), "i32")
signature = dict(out="*i64", logits="*bf16", bits="*i32", row="*i64", at_least="*i32", low="*i64", at_most="*i32",
    high="*i64", cheapest="*i64", uniform="*fp32", **sizes, mode="constexpr", guarded="constexpr", block="constexpr")
for mode in (kernels.GREEDY, kernels.GUMBEL, kernels.INVERSE):
    source = ASTSource(kernels._kernel, signature, {"mode": mode, "guarded": True, "block": 256})
    print(len(triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ptx"]) > 0)
"""


def run(code: str, **environment: str) -> list[str]:
    command = [sys.executable, "-c", code, str(SUPPORT)]
    found = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


@NEEDS_TRITON
@pytest.mark.slow
def test_the_kernel_picks_what_plain_operations_pick() -> None:
    assert run(KERNEL, TRITON_INTERPRET="1") == ["torch.Size([0])"]


@NEEDS_TRITON
@pytest.mark.slow
def test_the_kernel_compiles_for_a_gpu() -> None:
    """Down to PTX, which needs no GPU."""
    assert run(LOWERED, TRITON_INTERPRET="0") == ["True"] * 3
