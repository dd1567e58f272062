"""A whole decode: 4,096 sequences of 64 tokens by a small Transformer, with and without masks, in a CUDA graph.

Tokens are drawn by the Gumbel trick, so that a step is tensor work from end to end. Peers make their masks on the CPU:
each step their tokens go there and their masks come back, which no graph can hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from i2c_core.masks import PushdownMask
from i2c_core.masks.picks import pick
from masking.engines import LLGuidance, XGrammar
from masking.languages import Language
from masking.network import Writer


class Decode:
    """A decode of `batch` sequences of `steps` tokens; `run` does it, `tokens` (steps, batch) is what it wrote."""

    def __init__(self, language: Language, batch: int, steps: int, device: torch.device, masked: bool) -> None:
        torch.manual_seed(0)
        self.batch, self.steps, self.device = batch, steps, device
        self._width = language.tables.V
        self._mask = PushdownMask(language.tables.to(device), backend="torch") if masked else None
        self._budget = max(language.budget, steps)
        self.writer = Writer(batch, self._width, steps, device)
        self._places = torch.arange(steps, device=device)
        self.tokens = torch.zeros(steps, batch, dtype=torch.int64, device=device)
        self.run: Callable[[], object] = self._steps

    def _steps(self) -> None:
        state: Any = None if self._mask is None else self._mask.start(self.batch, self._budget)
        token = torch.full((self.batch,), self._width, device=self.device)
        for t in range(self.steps):
            scores = self.writer(token, self._places[t : t + 1])
            uniform = torch.rand_like(scores).clamp(min=1e-20)
            if self._mask is None:
                token = (scores - (-uniform.log()).log()).argmax(1)
            else:
                token = pick(self._mask, state, scores, gumbel=uniform)
                state = self._mask.advance(state, token)
            self.tokens[t] = token

    def capture(self) -> None:
        """Hold the whole decode in one CUDA graph, which fails where anything waits for the device."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                self._steps()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._steps()
        self.run = graph.replay


def decode_with(
    engine: XGrammar | LLGuidance, language: Language, batch: int, steps: int, device: torch.device
) -> Callable[[], object]:
    """The same decode with a peer's masks: bits go to the device, tokens come back; ended rows are left out."""
    width = len(language.pieces)
    writer = Writer(batch, width, steps, device)
    places = torch.arange(steps, device=device)
    bit = torch.arange(width, device=device)

    def run() -> None:
        state = engine.start(batch)
        rows = list(range(batch))
        token = torch.full((batch,), width, device=device)
        for t in range(steps):
            scores = writer(token, places[t : t + 1])
            scores = scores - (-torch.rand_like(scores).clamp(min=1e-20).log()).log()
            words = torch.as_tensor(engine.bits(state, rows)).to(device)
            legal = (words[:, bit // 32] >> (bit % 32)) & 1 > 0  # (B, V)
            ended = torch.ones(batch, dtype=torch.bool)
            ended[rows] = False
            legal &= ~ended.to(device).unsqueeze(1)
            token = scores.masked_fill(~legal, -torch.inf).argmax(1).masked_fill(~legal.any(1), width)
            taken = token.tolist()
            rows = [i for i in rows if taken[i] < width]
            engine.take(state, [taken[i] for i in rows], rows)

    return run


def seconds(run: Callable[[], object], rounds: int) -> list[float]:
    """How long each of several runs takes, the device waited for."""
    found = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return found


def same(tokens: Tensor, language: Language) -> bool:
    """Whether the decoded tokens are whole programs: the mask on the CPU lets each through."""
    mask = PushdownMask(language.tables, backend="numpy")
    state = mask.start(tokens.shape[1], max(language.budget, len(tokens)))
    for token in tokens.cpu():
        state = mask.advance(state, token)
    return not bool(mask.refused(state).any())
