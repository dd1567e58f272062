"""Nothing in a step waits for the device or depends on data in its shape, so that a decode can be captured whole."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from languages import LANGUAGES
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from i2c_core.masks import PushdownMask, State, Tables, pick, plans
from i2c_core.masks.rows import ROWS_BOUND

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.fixture(params=[f"{form}-{rows}" for form in ("bits", "cells") for rows in ("rows", "compared")])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Each form of stack, with and without rows made ahead; gives the bound on them."""
    if request.param.startswith("cells"):
        monkeypatch.setattr(plans, "WORD", 0)
    return 0 if request.param.endswith("compared") else ROWS_BOUND


class Trace(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails on operations that wait for the device, or whose shape depends on data."""

    WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "item", "equal")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        assert not any(f"aten.{waiting}." in name for waiting in self.WAITING), name
        assert "_to_copy" not in name or not (kwargs or {}).get("device"), name
        if "aten.index.Tensor" in name or "aten.index_put" in name:
            assert all(index is None or index.dtype != torch.bool for index in args[1]), name
        return func(*args, **(kwargs or {}))


def steps(mask: PushdownMask, token: Tensor, index: Tensor, logits: Tensor, history: int = 0) -> State:
    """All that a decode asks of a mask."""
    state = mask.start(4, 19, history=history)
    for _ in range(3):
        mask.legal(state)
        mask.packed(state)
        mask.additive(state)
        mask.apply(logits, state)
        mask.cheapest(state)
        pick(mask, state, logits, kernel=False)
        pick(mask, state, logits, inverse=logits[:, 0], kernel=False)
        state = mask.fork(mask.advance(state, token), index)
        mask.done(state)
        mask.refused(state)
    if history:
        mask.rollback(state, 1)
        mask.rollback(state, token.clamp(max=1))
    return state


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_waits_for_the_device(language: str, bound: int) -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES[language], bound), "torch")
    token, index = torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 1, 3])
    with Trace():  # type: ignore[no-untyped-call]
        state = steps(mask, token, index, torch.rand(4, mask.pad), history=2)
    with Trace(), pytest.raises(AssertionError):  # type: ignore[no-untyped-call]
        bool(state.slack.any())


@NEEDS_GPU
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_waits_for_a_gpu(language: str, bound: int) -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES[language], bound).to("cuda"))
    host = PushdownMask(Tables.from_automaton(LANGUAGES[language], bound))
    token, index = torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 1, 3])
    logits = torch.rand(4, mask.pad)
    on_gpu = [part.cuda() for part in (token, index, logits)]
    mask.start(4, 19)  # the tables move when first used
    torch.cuda.set_sync_debug_mode("error")
    try:
        state = steps(mask, *on_gpu, history=2)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(mask.legal(state).cpu(), host.legal(steps(host, token, index, logits)))


@NEEDS_GPU
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decode_is_one_graph(language: str, bound: int) -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES[language], bound).to("cuda"))
    logits = torch.rand(12, 64, mask.pad, device="cuda")

    def decode() -> Tensor:
        state, tokens = mask.start(64, 19), []
        for step in logits:
            tokens.append(pick(mask, state, step))
            state = mask.advance(state, tokens[-1])
        return torch.stack(tokens)

    wanted = decode()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        decode()
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = decode()
    graph.replay()
    assert torch.equal(found, wanted)
    logits.copy_(torch.rand_like(logits))
    graph.replay()
    assert torch.equal(found, decode())


def test_masks_work_without_families_and_plugins() -> None:
    code = """
import sys, types, pathlib, importlib.util
root = pathlib.Path(importlib.util.find_spec("i2c_core").submodule_search_locations[0])
package = types.ModuleType("i2c_core")
package.__path__ = [str(root)]
sys.modules["i2c_core"] = package  # its own imports, the public names, are left out
import numpy as np, torch
from i2c_core.masks import PushdownMask, Tables
tables = Tables.from_arrays(np.array([[0, 1]]), np.array([0, 2]), np.array([[-1, -1], [0, 0]]), np.array([1]))
mask = PushdownMask(tables)
print(mask.legal(mask.advance(mask.start(1, 3), torch.tensor([1]))).tolist())
print(sorted(n for n in sys.modules if n in ("pluggy", "lark") or n.startswith(("i2c_core.fam", "i2c_core.plug"))))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[[True, False]]", "[]"]
