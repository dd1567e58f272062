"""The page on other people's models and engines: its examples run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pages import blocks, run_python

from i2c_core import get_family

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interop.md"


def test_the_examples_in_a_console_run() -> None:
    run_python(PAGE, [b for b in blocks(PAGE, "python") if b.text.startswith(">>>")])


def test_the_example_of_generate_runs_with_a_tiny_model() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra hf: pip install images-to-code[hf]")
    config = transformers.GPT2Config(vocab_size=16, n_positions=64, n_embd=8, n_layer=1, n_head=1)
    names = get_family("splits").vocabulary.tokens
    tokenizer = SimpleNamespace(
        convert_tokens_to_ids=lambda tokens: [3 + names.index(t) for t in tokens], eos_token_id=1, pad_token_id=2
    )
    found: dict[str, Any] = {
        "model": transformers.GPT2LMHeadModel(config).eval(),
        "tokenizer": tokenizer,
        "inputs": {"input_ids": torch.tensor([[0]]), "attention_mask": torch.ones(1, 1, dtype=torch.long)},
    }
    (block,) = (b for b in blocks(PAGE, "python") if not b.text.startswith(">>>"))
    exec(compile(block.text, str(PAGE), "exec"), found)
    assert found["programs"]
    assert all(program.size <= 31 for program in found["programs"])
