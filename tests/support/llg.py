"""llguidance over single bytes: what it accepts, and random texts that it lets through."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest


class _Bytes:
    """A tokenizer of 256 bytes and an end."""

    eos_token_id = 256
    bos_token_id = None
    tokens = (*(bytes([i]) for i in range(256)), b"<end>")
    special_token_ids = (256,)

    def __call__(self, text: bytes | str) -> list[int]:
        return list(text if isinstance(text, bytes) else text.encode())


class Guide:
    """One grammar in llguidance."""

    def __init__(self, grammar: str) -> None:
        llguidance: Any = pytest.importorskip(
            "llguidance", reason="needs the extra llguidance: pip install images-to-code[llguidance]"
        )
        self._masks: Any = pytest.importorskip("llguidance.numpy")
        tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(_Bytes()))
        compiled = llguidance.grammar_from("lark", grammar)
        error = llguidance.LLMatcher.validate_grammar(compiled, tokenizer)
        assert not error, f"{error}\n{grammar}"
        self._matcher = llguidance.LLMatcher(tokenizer, compiled)
        self._mask = self._masks.allocate_token_bitmask(1, 257)

    def accepts(self, text: str) -> bool:
        """Whether a text is in the language."""
        self._matcher.reset()
        found = list(text.encode())
        return bool(self._matcher.try_consume_tokens(found) == len(found) and self._matcher.is_accepting())

    def walk(self, rng: random.Random, limit: int) -> str | None:
        """A random text, mostly without needless blanks; None where it does not end within the limit."""
        self._matcher.reset()
        written = bytearray()
        while len(written) < limit:
            if self._matcher.is_accepting() and rng.random() < 0.4:
                return written.decode()
            self._masks.fill_next_token_bitmask(self._matcher, self._mask)
            found = np.unpackbits(self._mask.view(np.uint8), bitorder="little")[:128].nonzero()[0].tolist()
            found = [b for b in found if 32 <= b < 127 or b == 10]
            found = [b for b in found if b not in (10, 32)] * 5 + found
            if not found:
                break
            written.append(rng.choice(found))
            assert self._matcher.consume_token(written[-1])
        return written.decode() if self._matcher.is_accepting() else None
