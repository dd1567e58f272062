"""A two-layer Transformer of width 256 that writes one token a step, with its keys and values kept."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, LAYERS, HEADS = 256, 2, 4


class Writer(nn.Module):
    """The network's step for `batch` sequences of at most `longest` tokens; `place` is a tensor, so that a CUDA graph
    can go through all places."""

    def __init__(self, batch: int, tokens: int, longest: int, device: torch.device) -> None:
        super().__init__()
        self.longest = longest
        self.embedding = nn.Embedding(tokens + 1, WIDTH)
        self.places = nn.Embedding(longest, WIDTH)
        self.attend = nn.ModuleList(nn.Linear(WIDTH, 3 * WIDTH) for _ in range(LAYERS))
        self.merge = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(LAYERS))
        self.inner = nn.ModuleList(nn.Linear(WIDTH, 4 * WIDTH) for _ in range(LAYERS))
        self.outer = nn.ModuleList(nn.Linear(4 * WIDTH, WIDTH) for _ in range(LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2 * LAYERS + 1))
        self.head = nn.Linear(WIDTH, tokens)
        self.to(device)
        shape = (LAYERS, 2, batch, HEADS, longest, WIDTH // HEADS)
        self.kept = torch.zeros(shape, device=device)  # keys and values
        self.steps = torch.arange(longest, device=device)

    @torch.no_grad()
    def forward(self, token: Tensor, place: Tensor) -> Tensor:
        """The scores (B, V) behind `token` (B,), which stands at `place` (1,)."""
        batch = len(token)
        x = self.embedding(token) + self.places(place)  # (B, WIDTH)
        seen = (self.steps <= place).view(1, 1, 1, -1)
        for layer in range(LAYERS):
            split = self.attend[layer](self.norms[2 * layer](x)).view(batch, 3, HEADS, WIDTH // HEADS)
            query, key, value = split.unbind(1)  # (B, HEADS, WIDTH / HEADS)
            self.kept[layer, 0].index_copy_(2, place, key.unsqueeze(2))
            self.kept[layer, 1].index_copy_(2, place, value.unsqueeze(2))
            keys, values = self.kept[layer].unbind(0)
            found = F.scaled_dot_product_attention(query.unsqueeze(2), keys, values, attn_mask=seen)
            x = x + self.merge[layer](found.reshape(batch, WIDTH))
            x = x + self.outer[layer](F.gelu(self.inner[layer](self.norms[2 * layer + 1](x))))
        scores: Tensor = self.head(self.norms[-1](x))
        return scores
