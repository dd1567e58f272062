"""The compiled step gives what plain tensor operations give, and gives way to them where nothing can be compiled."""

from __future__ import annotations

import logging
import shutil
from typing import Any

import pytest
import torch
from languages import LANGUAGES

from i2c_core.masks import PushdownMask, Tables, plans

NEEDS_COMPILER = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@NEEDS_COMPILER
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["bits", "cells"])
@pytest.mark.parametrize("language", ["splits", "nested"])
def test_compiled_masks_are_the_same(language: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "cells":
        monkeypatch.setattr(plans, "WORD", 0)
    tables = Tables.from_automaton(LANGUAGES[language])
    plain, compiled = PushdownMask(tables, "torch"), PushdownMask(tables, "compiled")
    for batch in (1, 7, 64):
        budgets = tables.least[1] + torch.arange(batch) % 15
        mine, theirs = compiled.start(batch, budgets), plain.start(batch, budgets)
        generator = torch.Generator().manual_seed(batch)
        for step in range(10):
            legal = plain.legal(theirs)
            assert torch.equal(compiled.legal(mine), legal)
            assert torch.equal(compiled.packed(mine), plain.packed(theirs))
            token = torch.where(
                legal.any(1), torch.rand(legal.shape, generator=generator).mul(legal).argmax(1), plain.pad
            )
            token[0] = -1 if step == 8 else token[0]
            mine, theirs = compiled.advance(mine, token), plain.advance(theirs, token)
            if step % 4 == 2:
                index = torch.randint(batch, (batch,), generator=generator)
                mine, theirs = compiled.fork(mine, index), plain.fork(theirs, index)
        assert torch.equal(compiled.refused(mine), plain.refused(theirs))
        assert mine.ready is not None


def test_without_a_compiler_plain_operations_do_the_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        def step(*args: Any) -> Any:
            raise RuntimeError("no C++ compiler found\n  at great length")

        return step

    monkeypatch.setattr(torch, "compile", broken)
    mask = PushdownMask(Tables.from_automaton(LANGUAGES["splits"]), "compiled")
    with caplog.at_level(logging.WARNING):
        state = mask.advance(mask.advance(mask.start(1, 5), torch.tensor([0])), torch.tensor([0]))
    assert mask.legal(state).tolist() == [[False, False, False, True, True]]
    assert [record.getMessage() for record in caplog.records] == [
        "torch.compile failed, the mask uses plain tensor operations: no C++ compiler found"
    ]
