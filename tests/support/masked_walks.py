"""Random programs under a mask, for laws over many languages."""

from __future__ import annotations

import torch

from i2c_core.masks import Oracle, PushdownMask


def walk(mask: PushdownMask, budgets: torch.Tensor, seed: int, oracle: Oracle | None = None) -> list[tuple[str, ...]]:
    """Programs of random choices under a mask, each open token as likely; compared with the oracle at every step."""
    tokens, generator = mask.tables.tokens, torch.Generator().manual_seed(seed)
    rows: list[list[str]] = [[] for _ in budgets]
    state = mask.start(len(rows), budgets)
    for _ in range(int(budgets.max())):
        legal = mask.legal(state)  # (N, V)
        if oracle is not None:
            for row, budget, open_ in zip(rows, budgets.tolist(), legal, strict=True):
                found = {tokens[i] for i in open_.nonzero().flatten().tolist()}
                assert found == oracle.legal_tokens(row, budget), (row, budget)
        logits = torch.rand(legal.shape, generator=generator).masked_fill(~legal, -1.0)
        token = torch.where(mask.done(state), mask.pad, logits.argmax(1))  # (N,)
        for row, chosen in zip(rows, token.tolist(), strict=True):
            if chosen != mask.pad:
                row.append(tokens[chosen])
        state = mask.advance(state, token)
    assert bool(mask.done(state).all())
    assert not bool(mask.refused(state).any())
    return [tuple(row) for row in rows]
