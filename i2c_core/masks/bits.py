"""Rows of bits: token t is bit t % 32 of word t // 32, as xgrammar and llguidance lay them out; and rows of bytes,
eight to a word, which are booleans once looked at as such.

Both are rows of words, so that the AND of two is the same operation.

Legend: N rows, V tokens, W words of 32 bits, E words of 8 bytes.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

WORD = 32  # bits of a packed word


def bit_words(tokens: int) -> int:
    """W, the packed words of a row."""
    return -(-tokens // WORD)


def pack(open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(N, W) packed rows of (N, V) booleans; bits beyond V are 0.

    >>> pack(np.array([[True, False, True]])).tolist()
    [[5]]
    """
    count, tokens = open_.shape
    padded = np.zeros((count, bit_words(tokens) * WORD), bool)
    padded[:, :tokens] = open_
    return np.packbits(padded, axis=1, bitorder="little").view("<i4").astype(np.int32, copy=False)


def widen(words: NDArray[np.int32], tokens: int) -> NDArray[np.int64]:
    """(N, E) rows of bytes from packed rows (N, W)."""
    wide = np.zeros((len(words), -(-tokens // 8) * 8), bool)
    wide[:, :tokens] = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little", count=tokens)
    return wide.view(np.int64)


@cache
def _bytes_of_halves(device: torch.device) -> Tensor:
    """(65536, 2) int64: the 16 bits of a number as 16 bytes."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return torch.from_numpy(np.unpackbits(halves, axis=1, bitorder="little").view(np.int64)).to(device)


def unpack(words: Tensor, tokens: int) -> Tensor:
    """(N, V) bool of packed rows (N, W) int32, on their device.

    >>> unpack(torch.tensor([[5]], dtype=torch.int32), 3).tolist()
    [[True, False, True]]
    """
    if words.device.type == "cpu":
        # A look-up for 16 tokens: an eighth of the time of shifting each bit down.
        halves = words.view(torch.int16).to(torch.int64).bitwise_and_(0xFFFF)  # (N, 2 * W)
        found = _bytes_of_halves(words.device).index_select(0, halves.flatten())  # (N * 2 * W, 2)
        return found.view(torch.bool).view(len(words), -1)[:, :tokens]
    place = torch.arange(WORD, dtype=torch.int32, device=words.device)
    return (words.unsqueeze(2) >> place & 1).flatten(1)[:, :tokens].bool()


def pack_tensor(open_: Tensor) -> Tensor:
    """(N, W) int32 packed rows of (N, V) booleans, on their device."""
    count, tokens = open_.shape
    width = bit_words(tokens)
    padded = torch.nn.functional.pad(open_, (0, width * WORD - tokens)).view(count, width, WORD)
    place = torch.arange(WORD, dtype=torch.int64, device=open_.device)
    words = (padded.long() << place).sum(2)  # (N, W), 0 to 2**32 - 1
    return torch.where(words >> (WORD - 1) > 0, words - (1 << WORD), words).to(torch.int32)
