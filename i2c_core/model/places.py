"""Where in the image each node of a program lives, computed from tokens alone.

A family may declare, for each production and child, the child's rectangle as a fraction of its parent's (a
*zoom*). Since programs are written in prefix order, the rectangle of the node that the next token will be is
then known from the tokens before it: it lies on top of a stack.

A rectangle is (x0, y0, x1, y1); the image goes from (0, 0), its upper left corner, to (1, 1).
Shape legend: B programs, T tokens, V tokens of the vocabulary, A the largest arity, S slots of the stack,
N images, C channels, H and W rows and columns, P cells of a crop's side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class PlaceState:
    """The rectangles of the nodes still to come: stack (B, S + 1, 4), its last slot a bin, and depth (B,)."""

    stack: Tensor
    depth: Tensor


class Places(nn.Module):
    """The zooms of a family as tables, and a stack machine over them made of tensor operations only.

    Args:
        arity: (V,) integers, the number of children of each token.
        zoom: (V, A, 4), the rectangle of each child as a fraction of its parent's; (0, 0, 1, 1), the parent's
            own, where nothing is declared. Entries beyond a token's arity are ignored.
        max_tokens: the longest program in tokens. Programs within it never fill the stack.

    Raises:
        ValueError: the tables do not fit each other.

    >>> halves = torch.tensor([[0.0, 0.0, 1.0, 0.5], [0.0, 0.5, 1.0, 1.0]])
    >>> places = Places(torch.tensor([2, 0]), torch.stack([halves, halves]), max_tokens=3)
    >>> places.replay(torch.tensor([[0, 1, 1]]))[0, 2].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """

    arity: Tensor
    zoom: Tensor

    def __init__(self, arity: Tensor, zoom: Tensor, max_tokens: int) -> None:
        super().__init__()
        if zoom.dim() != 3 or zoom.shape[0] != arity.shape[0] or zoom.shape[2] != 4:
            raise ValueError(f"zoom is {tuple(zoom.shape)}, expected ({arity.shape[0]}, A, 4)")
        largest, children = int(arity.max()), zoom.shape[1]
        if largest > children:
            raise ValueError(f"the largest arity is {largest}, but zoom has {children} children per token")
        self.slots = max_tokens + zoom.shape[1]
        # Row V stands for padding: no children.
        arity = torch.cat([arity.long(), arity.new_zeros(1).long()])
        self.register_buffer("arity", arity, persistent=False)  # (V + 1,)
        zoom = torch.cat([zoom.float(), zoom.new_zeros(1, *zoom.shape[1:]).float()])
        self.register_buffer("zoom", zoom, persistent=False)  # (V + 1, A, 4)

    def start(self, batch: int) -> PlaceState:
        """The state before the first token: one node to come, which is the whole image."""
        stack = self.zoom.new_zeros(batch, self.slots + 1, 4)
        stack[:, 0, 2:] = 1.0
        return PlaceState(stack, self.arity.new_ones(batch))

    def top(self, state: PlaceState) -> Tensor:
        """The rectangle (B, 4) of the node that the next token will be; zeros once the program has ended."""
        rows = torch.arange(len(state.depth), device=state.depth.device)
        rectangle = state.stack[rows, (state.depth - 1).clamp(min=0)]  # (B, 4)
        return rectangle * (state.depth > 0).unsqueeze(1)

    def advance(self, state: PlaceState, token: Tensor) -> PlaceState:
        """The state after `token` (B,), which may be V (padding) and then changes nothing.

        The stack is updated in place: use the state handed in no more.
        """
        live = (state.depth > 0) & (token < len(self.arity) - 1)  # (B,)
        arity = torch.where(live, self.arity[token], 0)  # (B,)
        parent = self.top(state).unsqueeze(1)  # (B, 1, 4)
        corner, size = parent[..., :2], parent[..., 2:] - parent[..., :2]  # (B, 1, 2) each
        zoom = self.zoom[token]  # (B, A, 4)
        ends = [corner + size * zoom[..., :2], corner + size * zoom[..., 2:]]  # (B, A, 2) each
        children = torch.cat(ends, dim=2)  # (B, A, 4)
        child = torch.arange(zoom.shape[1], device=token.device)  # (A,)
        slot = (state.depth + arity).unsqueeze(1) - 2 - child  # (B, A), the first child on top
        slot = torch.where(child < arity.unsqueeze(1), slot, self.slots).clamp(max=self.slots)  # (B, A)
        rows = torch.arange(len(token), device=token.device).unsqueeze(1)  # (B, 1)
        state.stack.index_put_((rows, slot), children)
        return PlaceState(state.stack, state.depth + arity - live.long())

    def reorder(self, state: PlaceState, index: Tensor) -> PlaceState:
        """The state whose row i is row index[i] of `state`; `index` is (B',)."""
        return PlaceState(state.stack[index], state.depth[index])

    def replay(self, tokens: Tensor) -> Tensor:
        """The rectangles (B, T, 4) of the nodes of whole programs `tokens` (B, T), padded with V."""
        state = self.start(len(tokens))
        rectangles = []
        for token in tokens.unbind(1):
            rectangles.append(self.top(state))  # (B, 4)
            state = self.advance(state, token)
        return torch.stack(rectangles, dim=1)  # (B, T, 4)


def crop(images: Tensor, where: Tensor, cells: int) -> Tensor:
    """The mean of the image in each cell of a `cells` x `cells` grid laid over each rectangle.

    Exact also where a cell ends inside a pixel. A mean over a box is separable: two products, with the share
    that each pixel row and each pixel column has in each cell, and no gathering.

    Args:
        images: (N, C, H, W).
        where: (N, T, 4) rectangles. An empty one gives zeros.
        cells: P.

    Returns:
        (N, T, C, P, P).

    >>> crop(torch.tensor([[[[0.0, 1.0]]]]), torch.tensor([[[0.0, 0.0, 0.75, 1.0]]]), 1).flatten().tolist()
    [0.3333333432674408]
    """
    x = _shares(where[..., 0], where[..., 2], cells, images.shape[3])  # (N, T, P, W)
    y = _shares(where[..., 1], where[..., 3], cells, images.shape[2])  # (N, T, P, H)
    strips = torch.einsum("ntph,nchw->ntcpw", y, images)  # (N, T, C, P, W)
    return torch.einsum("ntcpw,ntqw->ntcpq", strips, x)  # (N, T, C, P, P)


def _shares(low: Tensor, high: Tensor, cells: int, pixels: int) -> Tensor:
    """The share (N, T, P, pixels) of each pixel in P equal cells from low to high, (N, T) in [0, 1]."""
    size = ((high - low) * (pixels / cells))[..., None, None]  # (N, T, 1, 1), of a cell in pixels
    cell = torch.arange(cells, device=low.device).unsqueeze(1)  # (P, 1)
    pixel = torch.arange(pixels, device=low.device)  # (pixels,)
    start = low[..., None, None] * pixels + size * cell  # (N, T, P, 1)
    overlap = torch.minimum(start + size, pixel + 1) - torch.maximum(start, pixel)  # (N, T, P, pixels)
    return overlap.clamp(min=0) / size.clamp(min=1e-6)
