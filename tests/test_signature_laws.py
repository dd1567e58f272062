"""The laws of docs/design.md over random signatures: masks, canonical programs, texts, tokens, counts and samples.

Every drawn signature is compiled twice: folded into types where that is small, and with registers for all that
registers can say. A signature that cannot be had must be refused with one clear error.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from masked_walks import walk
from signatures import signatures
from whole_programs import keeps_the_rules, skeleton_program, texts_are_words, whole_programs

from i2c_core.automata import FOLD, Automaton, compile_vocabulary
from i2c_core.datasets import tables as dataset_tables
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.datasets.sampling import token_sampler
from i2c_core.errors import SignatureError
from i2c_core.families import Family
from i2c_core.legality import in_order
from i2c_core.masks import Oracle, PushdownMask, Tables
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

FOLDS = (FOLD, 0)
LONGEST = 24  # tokens of the shortest program of a signature that is looked at
BEYOND = 12  # tokens that a budget may have beyond the shortest program
ROWS = 8  # walks of a signature
random_signature = given(signatures(), st.integers(0, 2**31))
few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def grounded(drawn: tuple[str, str]) -> tuple[Vocabulary, Oracle, int]:
    """The vocabulary and the oracle of a drawn signature, and the size of its shortest program."""
    text, root = drawn
    try:
        vocabulary = Vocabulary(Signature.parse(text), parse_type(root))
    except SignatureError as error:
        require_clear(error)
        assume(False)
    oracle = Oracle(vocabulary.signature, root)
    shortest = oracle.shortest(LONGEST)
    if shortest is None:
        for fold in FOLDS:
            try:
                automaton = compile_vocabulary(vocabulary, fold)
            except SignatureError as error:
                require_clear(error)
            else:
                assert automaton.least[1] > LONGEST
        assume(False)
    return vocabulary, oracle, shortest


def require_clear(error: SignatureError) -> None:
    """One fact and one next step, a line each."""
    fact, hint = str(error).split("\n  -> ")
    assert fact
    assert hint
    assert "\n" not in fact + hint


def automata(vocabulary: Vocabulary, shortest: int) -> Iterator[Automaton]:
    """The automata of a vocabulary that can be had."""
    for fold in FOLDS:
        try:
            automaton = compile_vocabulary(vocabulary, fold)
        except SignatureError as error:
            require_clear(error)
        else:
            assert automaton.least[1] == shortest
            assert automaton.tokens == vocabulary.tokens
            yield automaton


@few
@random_signature
@pytest.mark.parametrize("backend", ["torch", "numpy"])
def test_masks_are_those_of_the_oracle(backend: str, drawn: tuple[str, str], seed: int) -> None:
    vocabulary, oracle, shortest = grounded(drawn)
    budgets = shortest + torch.randint(BEYOND, (ROWS,), generator=torch.Generator().manual_seed(seed))
    for automaton in automata(vocabulary, shortest):
        mask = PushdownMask(Tables.from_automaton(automaton), backend=backend)  # type: ignore[arg-type]
        for row, budget in zip(walk(mask, budgets, seed, oracle), budgets.tolist(), strict=True):
            assert oracle.is_program(row, budget)


@few
@random_signature
def test_what_random_logits_decode_to_is_complete_well_typed_and_canonical(drawn: tuple[str, str], seed: int) -> None:
    vocabulary, _, shortest = grounded(drawn)
    budgets = shortest + torch.randint(3 * BEYOND, (4 * ROWS,), generator=torch.Generator().manual_seed(seed))
    for automaton in automata(vocabulary, shortest):
        mask = PushdownMask(Tables.from_automaton(automaton))
        for row, budget in zip(walk(mask, budgets, seed), budgets.tolist(), strict=True):
            assert len(row) <= budget
            program = vocabulary.decode(vocabulary.names_to_ids(row))
            assert in_order(vocabulary, program)
            assert keeps_the_rules(vocabulary, skeleton_program(vocabulary, row))
            assert texts_are_words(vocabulary, row)
            assert tuple(vocabulary.tokens[t] for t in vocabulary.encode(program).ids) == row


@few
@random_signature
def test_programs_are_parsed_from_their_text_in_call_notation(drawn: tuple[str, str], seed: int) -> None:
    vocabulary, _, shortest = grounded(drawn)
    family = Family("drawn", root=drawn[1], signature=drawn[0])
    budgets = shortest + torch.randint(BEYOND, (ROWS,), generator=torch.Generator().manual_seed(seed))
    for automaton in automata(vocabulary, shortest):
        for row in walk(PushdownMask(Tables.from_automaton(automaton)), budgets, seed):
            program = vocabulary.decode(vocabulary.names_to_ids(row))
            assert family.is_canonical(program)
            assert family.parse(family.show(program)) == program


@few
@random_signature
def test_counting_enumerating_and_sampling_agree(drawn: tuple[str, str], seed: int) -> None:
    vocabulary, _, _ = grounded(drawn)
    budget, programs = whole_programs(vocabulary, most=500)
    assume(programs)
    for fold in FOLDS:
        own = Vocabulary(vocabulary.signature, vocabulary.root)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dataset_tables, "FOLD", fold)
            try:
                counts = Counts(own, budget)
            except SignatureError as error:
                require_clear(error)
                continue
        for size in range(1, budget + 1):
            wanted = sorted(own.names_to_ids(p) for p in programs if len(p) == size)
            assert [row for ids in enumerate_programs(own, size, chunk=7) for row in ids.tolist()] == wanted
            if counts.is_bound:
                assert 2.0 ** counts.log2(size) > len(wanted) - 0.5
            else:
                assert counts.of(size) == len(wanted)
        sizes = np.array([len(p) for p in programs])
        ids = token_sampler(own, budget).sample(np.random.default_rng(seed), sizes)
        for row, size in zip(ids.tolist(), sizes.tolist(), strict=True):
            names = tuple(own.tokens[t] for t in row if t != own.pad)
            assert names in programs
            assert len(names) <= size if counts.is_bound else len(names) == size
