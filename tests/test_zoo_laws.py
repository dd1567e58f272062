"""The laws of masks over the grammars of others: what random logits decode to under a mask is a program with a text.

`tests/i2c_core/grammars/test_zoo.py` looks at the texts of programs however they were drawn; this looks at decoding.
"""

from __future__ import annotations

import lark
import pytest
import torch
from grammar_zoo import NAMES, plain_lark, syntax
from masked_walks import walk

from i2c_core.errors import I2cError
from i2c_core.masks import Oracle, PushdownMask, Tables

ROWS = 24
BEYOND = 60  # tokens that a budget may have beyond the shortest program
MANY_TEXTS = ("clike", "lisp", "prolog", "svgpath")  # whose texts the oracle may try too many of
UNLIKELY = 4  # of the texts of a grammar that is not shown unambiguous, one in so many must be read at least


def budgets(shortest: int, rows: int, beyond: int, seed: int) -> torch.Tensor:
    """Budgets of rows, the first as small as can be."""
    found = shortest + torch.randint(beyond, (rows,), generator=torch.Generator().manual_seed(seed))
    found[0] = shortest
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_random_logits_decode_to_has_a_text_that_lark_parses(name: str) -> None:
    made, plain = syntax(name), plain_lark(name)
    vocabulary = made.vocabulary
    limits = budgets(vocabulary.shortest, ROWS, BEYOND, seed=3)
    read = 0
    for row, limit in zip(walk(PushdownMask(Tables.from_vocabulary(vocabulary)), limits, 3), limits, strict=True):
        assert len(row) <= limit
        program = vocabulary.decode(vocabulary.names_to_ids(row))  # raises where it is not whole or not well typed
        text = made.show(program)
        try:
            plain.parse(text)
        except lark.exceptions.LarkError:
            assert not made.exact, text
            with pytest.raises(I2cError):
                made.parse(text)
            continue
        read += 1
        found = made.parse(text)
        vocabulary.encode(found)
        assert found == program or not made.exact
    assert read == ROWS if made.exact else read * UNLIKELY >= ROWS


@pytest.mark.parametrize("backend", ["torch", "numpy"])
@pytest.mark.parametrize("name", [n for n in NAMES if n not in MANY_TEXTS])
def test_masks_are_those_of_the_oracle(name: str, backend: str) -> None:
    vocabulary = syntax(name).vocabulary
    oracle = Oracle(vocabulary.signature, vocabulary.root)
    assert oracle.shortest(vocabulary.shortest) == vocabulary.shortest
    mask = PushdownMask(Tables.from_vocabulary(vocabulary), backend=backend)  # type: ignore[arg-type]
    walk(mask, budgets(vocabulary.shortest, 6, 14, seed=1), 1, oracle)
