"""The laws of docs/design.md over every installed family: the contract checks, run as tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from lark import Lark

from i2c_core.families import Family
from i2c_core.grammars import derive_grammar, read_grammar
from i2c_core.masks import PushdownMask, Tables
from i2c_core.plugins import families
from i2c_core.testing import CHECKS, Check


@pytest.mark.parametrize("family", list(families()), ids=lambda f: f.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_law(family: Family, check: Check) -> None:
    run: Callable[[Family], None] = check.run
    run(family)


@pytest.mark.parametrize("family", list(families()), ids=lambda f: f.name)
def test_plain_lark_parses_what_random_logits_decode_to(family: Family) -> None:
    """Law 2 with a parser that is not ours: any budget that the root can meet, whole programs only."""
    source = family.grammar if family.grammar is not None else derive_grammar(family.vocabulary)
    plain = Lark(str(read_grammar(source, family.name)), parser="lalr", maybe_placeholders=False)
    vocabulary = family.vocabulary
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    generator = torch.Generator().manual_seed(0)
    rows, longest = 300, vocabulary.shortest + 30
    budgets = torch.randint(vocabulary.shortest, longest + 1, (rows,), generator=generator)
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
        plain.parse(family.show(program))
