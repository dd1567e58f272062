"""A made-up network with random logits, and the truth about what it says, for tests of decoding.

Legend: N images, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from i2c_core.decoding import AutoregressiveProposer, Observation, Proposals
from i2c_core.decoding.noise import mix
from i2c_core.masks import Oracle, PushdownMask, Tables
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SPLITS = "h, v : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"
TINY = "h : (Image, Image) -> Image\nB, W : Image"
LISTS = "draw : (List[Stroke, 1..2]) -> Figure\nstroke : (Coord, List[Coord]) -> Stroke\nCoord = 1..2"
LANGUAGES = [(TINY, "Image", 7), (SPLITS, "Image", 5), (LISTS, "Figure", 8), ("a : A", "A", 3)]


@dataclass
class Fake:
    """Logits that are a pure function of the image, the tokens so far and `where`, row by row."""

    vocabulary: int
    bad: tuple[int, ...] = ()  # tokens whose logits are NaN
    scale: float = 3.0
    sees_places: bool = False

    @property
    def decoder(self) -> Fake:
        return self

    def encode(self, observation: Observation) -> Tensor:
        return mix((observation.image.flatten(1) * 255).round().long().sum(1))  # (N,)

    def start(self, features: Tensor, rows: int = 1) -> Tensor:
        return features.repeat_interleave(rows)

    def step(self, state: Tensor, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, Tensor]:
        state = mix(state * 31 + previous)
        if self.sees_places:
            assert where is not None
            state = mix(state + where.sum(1).long())
        bits = mix(state.unsqueeze(1) + torch.arange(self.vocabulary)) & 0xFFFF  # (R, V)
        logits = (bits.float() / 0x8000 - 1) * self.scale
        logits[:, list(self.bad)] = math.nan
        return logits, state

    def reorder(self, state: Tensor, index: Tensor) -> Tensor:
        return state.index_select(0, index)


def vocabulary_of(text: str, root: str = "Image") -> Vocabulary:
    return Vocabulary(Signature.parse(text), parse_type(root))


def mask_of(vocabulary: Vocabulary) -> PushdownMask:
    return PushdownMask(Tables.from_vocabulary(vocabulary))


def proposer(vocabulary: Vocabulary, **fake: object) -> AutoregressiveProposer:
    return AutoregressiveProposer(Fake(vocabulary.size, **fake), mask_of(vocabulary))  # type: ignore[arg-type]


def pictures(count: int) -> Tensor:
    return torch.arange(count * 4).view(count, 1, 2, 2) / 255


def truth(vocabulary: Vocabulary, image: Tensor, budget: int, temperature: float = 1.0) -> dict[tuple[int, ...], float]:
    """The log-probability of every program within the budget, one token at a time in plain Python."""
    model, oracle = Fake(vocabulary.size), Oracle(vocabulary.signature, vocabulary.root)
    found: dict[tuple[int, ...], float] = {}
    waiting: list[tuple[tuple[int, ...], Tensor, int, float]] = [
        ((), model.encode(Observation(image)), vocabulary.pad, 0.0)
    ]
    while waiting:
        prefix, state, previous, total = waiting.pop()
        open_ = oracle.legal_tokens([vocabulary.tokens[t] for t in prefix], budget)
        if not open_:
            found[prefix] = total
            continue
        logits, state = model.step(state, torch.tensor([previous]))
        tokens = vocabulary.names_to_ids(open_)
        weights = {t: math.exp(float(logits[0, t]) / temperature) for t in tokens}
        for token, weight in weights.items():
            waiting.append(((*prefix, token), state, token, total + math.log(weight / sum(weights.values()))))
    return found


def rows(proposals: Proposals, vocabulary: Vocabulary, image: int = 0) -> list[tuple[int, ...]]:
    return programs_of(proposals.ids[image], vocabulary.pad)


def programs_of(ids: Tensor, pad: int) -> list[tuple[int, ...]]:
    """The programs of rows (R, T) of tokens, without the pads behind them."""
    lengths = (ids < pad).sum(1).tolist()
    return [tuple(row[:length]) for row, length in zip(ids.tolist(), lengths, strict=True)]
