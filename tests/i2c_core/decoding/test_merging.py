"""Beams in which the bins of a number are one choice: structures, each once, with their true log-probabilities."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core import get_family
from i2c_core.decoding import AutoregressiveProposer, Beam, family_mask
from i2c_core.decoding.loops import merged
from i2c_core.model import ModelConfig, Observation, build
from i2c_core.model.numbers import number_spans

FUNCTIONS = get_family("functions")
VOCABULARY = FUNCTIONS.vocabulary
SPANS = number_spans(VOCABULARY)


@given(seed=st.integers(0, 2**32), closed=st.sets(st.integers(0, 8), max_size=8))
def test_a_span_is_one_choice_with_the_probability_of_all(seed: int, closed: set[int]) -> None:
    logits = torch.randn(3, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    logits[:, list(closed)] = -torch.inf
    if len(closed) == 9:
        return
    logp = logits.log_softmax(1)
    found = merged(logp, [(1, 3), (5, 2)])
    assert torch.allclose(found.exp().sum(1), torch.ones(3, dtype=torch.float64))
    for first, count in ((1, 3), (5, 2)):
        block, before = found[:, first : first + count], logp[:, first : first + count]
        assert bool(((block > -torch.inf).sum(1) <= 1).all())
        assert torch.allclose(block.exp().sum(1), before.exp().sum(1))
        some = before.amax(1) > -torch.inf
        assert torch.equal(block.argmax(1)[some], before.argmax(1)[some])
    assert torch.equal(found[:, [0, 4, 7, 8]], logp[:, [0, 4, 7, 8]])
    assert torch.equal(merged(logp, []), logp)


def test_beams_differ_in_structure_and_say_their_own_probability() -> None:
    torch.manual_seed(0)
    shape = {"image": (1, 16, 16), "width": 16, "layers": 1, "heads": 2, "channels": 4}
    model = build(ModelConfig(vocabulary=VOCABULARY.size, max_tokens=7, **shape)).eval()  # type: ignore[arg-type]
    seen = Observation(torch.rand(2, 1, 16, 16))
    proposer = AutoregressiveProposer.for_family(model, FUNCTIONS)
    found = proposer.propose(seen, n=24, strategy=Beam(24, SPANS), budget=7)
    plain = proposer.propose(seen, n=24, strategy=Beam(24), budget=7)
    kind = {n: first for first, count in SPANS for n in range(first, first + count)}
    for proposals, all_distinct in ((found, True), (plain, False)):
        for rows in proposals.ids.tolist():
            structures = {tuple(kind.get(t, t) for t in row) for row in rows}
            assert (len(structures) == len(rows)) == all_distinct
    mask = family_mask(FUNCTIONS)
    for image in range(2):
        ids = found.ids[image]
        whole = (ids < VOCABULARY.size).any(1)
        ids = ids[whole]
        legal = mask.replay(ids, 7) | (ids == VOCABULARY.size).unsqueeze(2)
        with torch.no_grad():
            logits = model(Observation(seen.image[[image] * len(ids)]), ids).masked_fill(~legal, -torch.inf)
        each = logits.log_softmax(2).gather(2, ids.clamp(max=VOCABULARY.size - 1).unsqueeze(2)).squeeze(2)
        truth = each.masked_fill(ids == VOCABULARY.size, 0).sum(1)
        assert torch.allclose(found.logprob[image][whole].float(), truth, atol=1e-3)
