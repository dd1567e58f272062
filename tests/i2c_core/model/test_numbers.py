"""The networks that say where in its bin a number lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import get_family
from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy
from i2c_core.errors import ConfigError
from i2c_core.model import ModelConfig, Observation, build
from i2c_core.model.config import ValuesName
from i2c_core.model.numbers import BinEdges, NumberHead, number_spans
from i2c_core.training.loss import number_loss

FUNCTIONS = get_family("functions")
VOCABULARY = FUNCTIONS.vocabulary


def config(values: ValuesName, **more: object) -> ModelConfig:
    spans = number_spans(VOCABULARY) if values != "none" else ()
    shape = {"image": (1, 16, 16), "width": 16, "layers": 1, "heads": 2, "channels": 4, **more}
    return ModelConfig(vocabulary=VOCABULARY.size, max_tokens=9, values=values, numbers=spans, **shape)  # type: ignore[arg-type]


def test_each_type_of_numbers_is_a_span_of_tokens() -> None:
    spans = number_spans(VOCABULARY)
    told = {VOCABULARY.tokens[first].partition(":")[0]: count for first, count in spans}
    assert told == {"Frequency": 8, "Period": 6, "Threshold": 8, "Offset": 8, "Factor": 8, "Level": 8}
    inside = [n for first, count in spans for n in range(first, first + count)]
    assert inside == np.flatnonzero(VOCABULARY.continuous).tolist()
    assert number_spans(get_family("splits").vocabulary) == ()


@given(token=st.sampled_from(np.flatnonzero(VOCABULARY.continuous).tolist()), share=st.floats(0, 1))
@settings(max_examples=60)
def test_shares_of_bins_are_values_inside_them(token: int, share: float) -> None:
    edges = BinEdges(VOCABULARY)
    tokens = torch.tensor([[token, VOCABULARY.ids["x"], VOCABULARY.size]])
    values = edges.values(tokens, torch.full((1, 3), share))
    name, _, number = VOCABULARY.tokens[token].partition(":")
    assert FUNCTIONS.gamma.kinds[name].index(float(values[0, 0])) == int(number)  # type: ignore[union-attr]
    assert values[0, 1:].isnan().all()
    assert float(edges.shares(tokens, values)[0, 0]) == pytest.approx(share, abs=1e-5)


def test_each_type_has_a_network_of_its_own() -> None:
    torch.manual_seed(0)
    head = NumberHead(config("own"))
    assert head.networks == 6
    levels = VOCABULARY.ids["Level:3"]
    hidden = torch.randn(1, 2, 16)
    tokens = torch.tensor([[levels, VOCABULARY.ids["Offset:1"]]])
    before = head(hidden, tokens).detach()
    which = int(head.network[levels])
    with torch.no_grad():
        head.bias[which] += 1
    after = head(hidden, tokens).detach()
    assert float(after[0, 0]) > float(before[0, 0])
    assert float(after[0, 1]) == float(before[0, 1])
    assert NumberHead(config("shared")).networks == 1


@pytest.mark.parametrize("decoder", ["transformer", "recurrent"])
def test_reading_gives_the_logits_of_a_network_without_numbers(decoder: str) -> None:
    torch.manual_seed(0)
    plain = build(config("none", decoder=decoder))
    torch.manual_seed(0)
    model = build(config("own", decoder=decoder))  # what is the same has the same weights
    seen = Observation(torch.rand(2, 1, 16, 16))
    tokens = torch.tensor([VOCABULARY.names_to_ids(["above", "x", "Threshold:2"])] * 2)
    logits, shares = model.read(seen, tokens)
    assert torch.equal(logits, plain(seen, tokens))
    assert torch.equal(logits, model(seen, tokens))
    assert plain.read(seen, tokens)[1] is None
    assert shares is not None
    assert shares.shape == (2, 3)
    assert plain.config.to_dict().keys().isdisjoint({"values", "numbers"})  # as before there were numbers
    assert ModelConfig.from_dict(model.config.to_dict()) == model.config


def test_the_loss_is_1_where_nothing_is_known_and_0_where_all_is() -> None:
    targets = torch.rand(4000, 3)
    targets[:, 1] = torch.nan
    assert float(number_loss(torch.full_like(targets, 0.5), targets)) == pytest.approx(1, abs=0.05)
    assert float(number_loss(targets.nan_to_num(), targets)) == 0
    assert number_loss(None, targets) == 0
    assert float(number_loss(torch.rand(2, 3), torch.full((2, 3), torch.nan))) == 0


def test_finished_programs_get_their_numbers_at_once() -> None:
    torch.manual_seed(1)
    proposer = AutoregressiveProposer.for_family(build(config("own")).eval(), FUNCTIONS)
    seen = Observation(torch.rand(3, 1, 16, 16))
    found = proposer.propose(seen, n=4, strategy=Beam(4), budget=7)
    assert found.values is not None
    assert found.values.shape == found.ids.shape
    continuous = torch.tensor([*VOCABULARY.continuous, False])
    assert torch.equal(~found.values.isnan(), continuous[found.ids])
    for ids, values in zip(found.ids.flatten(0, 1).tolist(), found.values.flatten(0, 1).tolist(), strict=True):
        FUNCTIONS.from_tokens(ids, values)  # raises where a value is outside its bin
    alone = proposer.propose(seen.select(slice(1, 2)), n=4, strategy=Beam(4), budget=7)
    assert alone.values is not None
    assert torch.equal(alone.ids[0], found.ids[1])
    assert torch.allclose(alone.values[0], found.values[1], equal_nan=True, atol=1e-5)
    plain = AutoregressiveProposer.for_family(build(config("none")).eval(), FUNCTIONS)
    assert plain.propose(seen, strategy=Greedy(), budget=7).values is None


@pytest.mark.parametrize(
    ("values", "numbers", "told"),
    [
        ("mine", (), "there is no way 'mine' to say exact numbers\n  -> did you mean 'none'?"),
        (
            "own",
            (),
            "values is 'own', and there are 0 types of numbers\n"
            "  -> give numbers for shared and own only, and none otherwise",
        ),
        (
            "none",
            ((0, 1),),
            "values is 'none', and there are 1 types of numbers\n"
            "  -> give numbers for shared and own only, and none otherwise",
        ),
        (
            "own",
            ((3, 4),),
            "numbers ((3, 4),) are beyond the 5 tokens\n  -> give the first token of each type and how many it has",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_told(
    values: str, numbers: tuple[tuple[int, int], ...], told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        ModelConfig(vocabulary=5, max_tokens=5, values=values, numbers=numbers)  # type: ignore[arg-type]
    assert str(error.value) == told
