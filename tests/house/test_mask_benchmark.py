"""The benchmark of masks in small: engines agree, a step is timed, the decode for a GPU writes programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

BENCHMARKS = str(Path(__file__).resolve().parents[2] / "benchmarks")
OWN = ("masks", "masking", "common")


@pytest.fixture(scope="module")
def masks() -> Iterator[ModuleType]:
    """The benchmark as a module; what it is made of leaves no trace."""
    sys.path.insert(0, BENCHMARKS)
    threads = torch.get_num_threads()
    try:
        import masks

        yield masks
    finally:
        torch.set_num_threads(threads)  # which engines set, and two of which cost every later test here tenfold
        sys.path.remove(BENCHMARKS)
        for name in [n for n in sys.modules if n.partition(".")[0] in OWN]:
            del sys.modules[name]


@pytest.mark.parametrize("name", ["csg", "csg_text", "splits", "typed"])
def test_engines_give_the_same_masks(masks: ModuleType, name: str) -> None:
    from masking import engines, languages

    language = getattr(languages, name)()
    mine = engines.ours(language, compiled=False)
    others, missing = engines.peers(language) if language.rules else ([], [])
    assert {"lark"} - set(missing) == {"lark"}
    assert masks.require_same(language, mine, others) >= masks.STATES


def test_an_engine_that_errs_is_told(masks: ModuleType) -> None:
    from masking import engines, languages

    language = languages.splits()
    mine = engines.ours(language, compiled=False)

    class Wrong(engines.Ours):
        def masks(self, batch: object) -> object:
            found = super().masks(batch).copy()
            found[-1, 0] ^= True
            return found

    with pytest.raises(AssertionError, match="gives other masks"):
        masks.require_same(language, mine, [Wrong(language, "torch", False)])


def test_a_step_is_timed_over_all_steps(masks: ModuleType) -> None:
    from masking import engines, languages

    language = languages.csg()
    tokens = masks.walks(language, masks.STEPS, most=256)
    assert tokens.shape[0] == masks.STEPS
    assert tokens.shape[1] > 16
    for engine in engines.ours(language, compiled=False):
        found = masks.one_step(engine, tokens, 4, 0.01)
        assert len(found) >= 3
        assert min(found) > 0


def test_the_decode_for_a_gpu_writes_programs(masks: ModuleType) -> None:
    from masking import gpu, languages

    language = languages.csg()
    for masked in (True, False):
        decode = gpu.Decode(language, 16, 64, torch.device("cpu"), masked)
        decode.run()
        assert gpu.same(decode.tokens, language) == masked


def test_peers_decode_too(masks: ModuleType) -> None:
    from masking import engines, gpu, languages

    language = languages.csg()
    for engine in engines.peers(language)[0]:
        if isinstance(engine, engines.XGrammar | engines.LLGuidance) and engine.way != "bytes":
            gpu.decode_with(engine, language, 4, 24, torch.device("cpu"))()


def test_the_network_sees_what_was_written(masks: ModuleType) -> None:
    from masking.network import Writer

    torch.manual_seed(0)
    writer, place = Writer(2, 5, 8, torch.device("cpu")), torch.arange(8)
    writer(torch.tensor([1, 2]), place[0:1])
    scores = writer(torch.tensor([3, 3]), place[1:2])
    assert not np.allclose(scores[0], scores[1])
