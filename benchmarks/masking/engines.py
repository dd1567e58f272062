"""Engines behind one interface: start a batch, then steps that each make all masks and take one token a row.

Every peer is called in several ways, and the fastest counts. Conversions of the tokens are done ahead, outside of what
is timed; masks stay in whatever form the engine makes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.masks import PushdownMask
from masking.languages import Language

THREADS = min(2, os.cpu_count() or 1)


class Engine(Protocol):
    """One way to call one engine."""

    name: str
    way: str

    def start(self, batch: int) -> Any:
        """A batch before its first tokens."""

    def convert(self, tokens: NDArray[np.int64]) -> Any:
        """Tokens (B,) as `step` takes them."""

    def step(self, batch: Any, tokens: Any) -> Any:
        """Make the masks of all rows, then take one token in each; the batch."""

    def masks(self, batch: Any) -> NDArray[np.bool_]:
        """The masks (B, V), for comparing."""


class Ours:
    """`PushdownMask` with one backend, masks as bits or as bool, on so many of torch's threads."""

    def __init__(self, language: Language, backend: Any, packed: bool, threads: int = 1) -> None:
        self.name = {"torch": "eager", "numpy": "NumPy"}.get(backend, backend)
        self.way = f"{'bits' if packed else 'bool'}, {threads} thread{'s' * (threads > 1)}"
        self._threads = threads
        self._mask, self._budget = PushdownMask(language.tables, backend=backend), language.budget
        self._read: Callable[[Any], Any] = self._mask.packed if packed else self._mask.legal

    def start(self, batch: int) -> Any:
        torch.set_num_threads(self._threads)
        return self._mask.start(batch, self._budget)

    def convert(self, tokens: NDArray[np.int64]) -> Any:
        return torch.from_numpy(np.ascontiguousarray(tokens))

    def step(self, batch: Any, tokens: Any) -> Any:
        self._read(batch)
        return self._mask.advance(batch, tokens)

    def masks(self, batch: Any) -> NDArray[np.bool_]:
        found = self._read(batch).numpy()
        if found.dtype != np.bool_:
            found = _unpacked(found)[:, : self._mask.pad]
        return np.asarray(found)


class LarkEngine:
    """Lark's InteractiveParser as tree-diffusion uses it: `feed_token`, then `accepts`, then an array of the mask."""

    name, way = "Lark", "accepts"

    def __init__(self, language: Language) -> None:
        import lark

        self._token, self._width = lark.Token, len(language.pieces)
        self._lark = lark.Lark(language.lark, parser="lalr")
        self._names = [f"T{i}" for i in range(self._width)]

    def start(self, batch: int) -> Any:
        return [self._lark.parse_interactive() for _ in range(batch)]

    def convert(self, tokens: NDArray[np.int64]) -> Any:
        return [self._token(self._names[t], "") for t in tokens.tolist()]

    def _mask(self, parser: Any) -> NDArray[np.float64]:
        mask = np.zeros(self._width)
        mask[[int(name[1:]) for name in parser.accepts() if name != "$END"]] = 1
        return mask

    def step(self, batch: Any, tokens: Any) -> Any:
        np.stack([self._mask(parser) for parser in batch])
        for parser, token in zip(batch, tokens, strict=True):
            parser.feed_token(token)
        return batch

    def masks(self, batch: Any) -> NDArray[np.bool_]:
        return np.stack([self._mask(parser) for parser in batch]) > 0


class XGrammar:
    """xgrammar: one call a row, or its batch calls on one thread or several."""

    name = "xgrammar"

    def __init__(self, language: Language, threads: int) -> None:
        import xgrammar

        self._xgrammar, self._width = xgrammar, len(language.pieces)
        info = xgrammar.TokenizerInfo([*language.pieces, "<end>"], stop_token_ids=[self._width])
        self._compiled = xgrammar.GrammarCompiler(info).compile_grammar(language.ebnf)
        self.way = f"batch, {threads} threads" if threads else "a call a row"
        self._batch = xgrammar.BatchGrammarMatcher(threads) if threads else None

    def start(self, batch: int) -> Any:
        matchers = [self._xgrammar.GrammarMatcher(self._compiled) for _ in range(batch)]
        return matchers, self._xgrammar.allocate_token_bitmask(batch, self._width + 1)

    def convert(self, tokens: NDArray[np.int64]) -> Any:
        return tokens.tolist()

    def bits(self, batch: Any, rows: list[int] | None = None) -> Any:
        """The masks of `rows`, all where left out, as words of 32 bits."""
        matchers, bits = batch
        if self._batch is not None:
            if rows is None:
                self._batch.batch_fill_next_token_bitmask(matchers, bits)
            else:
                self._batch.batch_fill_next_token_bitmask([matchers[i] for i in rows], bits, rows)
        else:
            for i in range(len(matchers)) if rows is None else rows:
                matchers[i].fill_next_token_bitmask(bits, i)
        return bits

    def take(self, batch: Any, tokens: list[int], rows: list[int] | None = None) -> None:
        """Take one token in each of `rows`, all where left out."""
        matchers = batch[0] if rows is None else [batch[0][i] for i in rows]
        if self._batch is not None:
            self._batch.batch_accept_token(matchers, tokens)
        else:
            for matcher, token in zip(matchers, tokens, strict=True):
                matcher.accept_token(token)

    def step(self, batch: Any, tokens: Any) -> Any:
        self.bits(batch)
        self.take(batch, tokens)
        return batch

    def masks(self, batch: Any) -> NDArray[np.bool_]:
        return _unpacked(self.bits(batch).numpy())[:, : self._width]


class _Pieces:
    """A tokenizer of the language's tokens, as llguidance takes one."""

    def __init__(self, language: Language) -> None:
        self.tokens = [*(p.encode() for p in language.pieces), b"<end>"]
        self.eos_token_id, self.bos_token_id = len(language.pieces), None
        self.special_token_ids = [self.eos_token_id]
        self._split = re.compile("|".join(map(re.escape, language.pieces)))
        self._ids = {p: i for i, p in enumerate(language.pieces)}

    def __call__(self, text: bytes | str) -> list[int]:
        read = text if isinstance(text, str) else text.decode()
        return [self._ids[p] for p in self._split.findall(read)]


class LLGuidance:
    """llguidance: one call a row, into memory of ours or bytes of its own, or its parallel call."""

    name = "llguidance"

    def __init__(self, language: Language, way: str) -> None:
        import llguidance
        import llguidance.numpy as masks

        self._masks, self._width, self.way = masks, len(language.pieces), way
        tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(_Pieces(language)))
        self._first = llguidance.LLMatcher(tokenizer, llguidance.grammar_from("lark", language.llguidance))
        assert not self._first.is_error(), self._first.get_error()
        self._executor = llguidance.LLExecutor(num_threads=THREADS)

    def start(self, batch: int) -> Any:
        matchers = [self._first.deep_copy() for _ in range(batch)]
        bits = self._masks.allocate_token_bitmask(batch, self._width + 1)
        return matchers, bits, [(m, i) for i, m in enumerate(matchers)], bits.ctypes.data, bits.strides[0]

    def convert(self, tokens: NDArray[np.int64]) -> Any:
        return tokens.tolist()

    def bits(self, batch: Any, rows: list[int] | None = None) -> Any:
        """The masks of `rows`, all where left out, as words of 32 bits; the way "bytes" leaves them where they are."""
        matchers, bits, pairs, place, stride = batch
        if self.way == "parallel":
            chosen = pairs if rows is None else [pairs[i] for i in rows]
            self._masks.fill_next_token_bitmask_par(self._executor, chosen, bits)
        elif self.way == "a call a row":
            for i in range(len(matchers)) if rows is None else rows:
                matchers[i].unsafe_compute_mask_ptr(place + i * stride, stride)
        else:
            for matcher in matchers:
                matcher.compute_bitmask()
        return bits

    def take(self, batch: Any, tokens: list[int], rows: list[int] | None = None) -> None:
        """Take one token in each of `rows`, all where left out."""
        matchers = batch[0] if rows is None else [batch[0][i] for i in rows]
        for matcher, token in zip(matchers, tokens, strict=True):
            matcher.consume_token(token)

    def step(self, batch: Any, tokens: Any) -> Any:
        self.bits(batch)
        self.take(batch, tokens)
        return batch

    def masks(self, batch: Any) -> NDArray[np.bool_]:
        self._masks.fill_next_token_bitmask_par(self._executor, batch[2], batch[1])
        return _unpacked(batch[1])[:, : self._width]


def ours(language: Language, compiled: bool = True) -> list[Engine]:
    """Our engines in their ways; compiling takes a minute."""
    found: list[Engine] = [Ours(language, "numpy", packed) for packed in (True, False)]
    for threads in range(1, THREADS + 1):
        found += [Ours(language, "torch", packed, threads) for packed in (True, False)]
        found += [Ours(language, "compiled", True, threads)] if compiled else []
    return found


def peers(language: Language) -> tuple[list[Engine], list[str]]:
    """The peers in all their ways, and the names of those that are not installed."""
    makers: dict[str, Sequence[Callable[[], Engine]]] = {
        "lark": [lambda: LarkEngine(language)],
        "xgrammar": [lambda n=n: XGrammar(language, n) for n in range(THREADS + 1)],
        "llguidance": [lambda w=w: LLGuidance(language, w) for w in ("a call a row", "parallel", "bytes")],
    }
    found: list[Engine] = []
    missing = []
    for name, ways in makers.items():
        try:
            found += [make() for make in ways]
        except ImportError:
            missing.append(name)
    return found, missing


def _unpacked(bits: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Words (B, W) of 32 bits as bool (B, 32 * W)."""
    words = np.ascontiguousarray(bits.astype(np.int32, copy=False)).view(np.uint8)
    return np.unpackbits(words.reshape(len(bits), -1), axis=1, bitorder="little").view(np.bool_)
