"""The network keeps its contracts: `forward` and `step` agree, nothing looks ahead, places are right.

Shape legend: N images, K programs of one image, T tokens, V vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core import model as public
from i2c_core.errors import ConfigError
from i2c_core.model import DECODERS, Model, ModelConfig, Observation, Places, build, crop

V, T = 5, 11
H, V_, Q, B, W = range(V)  # the language `splits`: halves, halves, quarters, black, white
ARITY = (2, 2, 4, 0, 0)
WHOLE = (0.0, 0.0, 1.0, 1.0)
ZOOM = (
    ((0.0, 0.0, 1.0, 0.5), (0.0, 0.5, 1.0, 1.0), WHOLE, WHOLE),
    ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), WHOLE, WHOLE),
    ((0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0)),
    (WHOLE,) * 4,
    (WHOLE,) * 4,
)
PROGRAMS = (
    (B,),
    (H, B, W),
    (V_, W, H, B, W),
    (Q, B, W, W, B),
    (H, V_, W, B, Q, B, W, B, B),
    (H, H, H, H, H, B, W, B, W, B, W),
    (Q, W, Q, B, B, B, W, B, H, W, B),
)
SMALL = ModelConfig(vocabulary=V, max_tokens=T, width=16, layers=2, heads=2, channels=4)
CONFIGS = [
    pytest.param(replace(SMALL, decoder=decoder, where=where, crop=cells), id=f"{decoder}-{name}")
    for decoder in DECODERS
    for name, where, cells in (("plain", False, 0), ("where", True, 0), ("crop", True, 4))
]


def padded(programs: Sequence[Sequence[int]]) -> Tensor:
    """Programs as a tensor (N, T), padded with V."""
    return torch.tensor([[*program, *[V] * (T - len(program))] for program in programs])


def places() -> Places:
    return Places(torch.tensor(ARITY), torch.tensor(ZOOM), T)


def observed(config: ModelConfig) -> tuple[Model, Tensor, Tensor, Tensor | None]:
    """A network, one image for each of PROGRAMS, the programs (N, T) and their rectangles."""
    torch.manual_seed(0)
    tokens = padded(PROGRAMS)
    where = places().replay(tokens) if config.where else None
    return build(config).eval(), torch.rand(len(tokens), *config.image), tokens, where


class TestDecoders:
    @pytest.mark.parametrize("config", CONFIGS)
    def test_forward_and_step_agree(self, config: ModelConfig) -> None:
        model, images, tokens, where = observed(config)
        expected = model(Observation(images), tokens, where)  # (N, T, V)
        assert expected.shape == (len(tokens), T, V)

        state = model.decoder.start(model.encode(Observation(images)))
        stack, previous = places().start(len(tokens)), torch.full((len(tokens),), V)
        for t in range(T):
            logits, state = model.decoder.step(state, previous, places().top(stack) if config.where else None)
            torch.testing.assert_close(logits, expected[:, t], atol=1e-5, rtol=0)
            previous = tokens[:, t]
            stack = places().advance(stack, previous)

    @pytest.mark.parametrize("config", CONFIGS)
    def test_reordered_rows_go_on_as_their_prefixes(self, config: ModelConfig) -> None:
        model, images, _, _ = observed(config)
        images, prefix = images[:2], [[H, V_], [H, Q]]  # per image
        rows = torch.tensor([1, 0, 1, 3, 2, 3])  # K grows from 2 to 3
        tokens = torch.tensor(prefix * 2)  # (R, 2)
        state, stack = model.decoder.start(model.encode(Observation(images)), rows=2), places().start(4)
        previous = torch.full((4,), V)
        for t in range(2):
            _, state = model.decoder.step(state, previous, places().top(stack) if config.where else None)
            previous = tokens[:, t]
            stack = places().advance(stack, previous)
        state, stack, previous = (
            model.decoder.reorder(state, rows),
            places().reorder(stack, rows),
            previous[rows],
        )
        logits, _ = model.decoder.step(state, previous, places().top(stack) if config.where else None)

        whole = F.pad(tokens[rows], (0, 1), value=B)  # (R', 3)
        where = places().replay(whole) if config.where else None
        expected = model(Observation(images.repeat_interleave(3, dim=0)), whole, where)[:, 2]
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)

    @pytest.mark.parametrize("config", CONFIGS)
    def test_no_token_reaches_logits_up_to_its_own(self, config: ModelConfig) -> None:
        model, images, tokens, where = observed(config)
        changed = tokens.clone()
        changed[:, 4] = (changed[:, 4] + 1) % V
        before, after = model(Observation(images), tokens, where), model(Observation(images), changed, where)
        torch.testing.assert_close(before[:, :5], after[:, :5])
        assert not torch.allclose(before[:, 5], after[:, 5])

    @pytest.mark.parametrize("config", CONFIGS)
    def test_every_parameter_gets_a_gradient(self, config: ModelConfig) -> None:
        model, images, tokens, where = observed(config)
        F.cross_entropy(
            model(Observation(images), tokens, where).flatten(0, 1), tokens.flatten(), ignore_index=V
        ).backward()
        assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []

    @pytest.mark.parametrize("config", CONFIGS)
    def test_a_few_steps_halve_the_loss(self, config: ModelConfig) -> None:
        model, images, tokens, where = observed(config)
        optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-2)
        losses = []
        for _ in range(40):
            logits = model(Observation(images), tokens, where).flatten(0, 1)  # (N * T, V)
            loss = F.cross_entropy(logits, tokens.flatten(), ignore_index=V)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0] / 2

    def test_where_must_match_the_configuration(self) -> None:
        model, images, tokens, _ = observed(SMALL)
        where = places().replay(tokens)
        with pytest.raises(ValueError, match="where is given, but the network was built with where=False"):
            model(Observation(images), tokens, where)
        model = build(replace(SMALL, where=True))
        with pytest.raises(ValueError, match="where is missing, but the network was built with where=True"):
            model(Observation(images), tokens)
        with pytest.raises(ValueError, match=r"where is \(7, 10, 4\), expected \(7, 11, 4\)"):
            model(Observation(images), tokens, where[:, 1:])

    def test_programs_beyond_the_network_are_refused(self) -> None:
        model, images, tokens, _ = observed(SMALL)
        with pytest.raises(ValueError, match="position 11 is beyond the 11 tokens of the network"):
            model(Observation(images), F.pad(tokens, (0, 1), value=V))


class TestEncoder:
    @pytest.mark.parametrize(
        ("image", "cells"),
        [
            pytest.param((1, 8, 8), 8 * 8, id="smallest"),
            pytest.param((1, 32, 32), 8 * 8, id="splits"),
            pytest.param((3, 100, 48), 7 * 12, id="odd and oblong"),
            pytest.param((4, 128, 9), 8 * 9, id="one side only"),
        ],
    )
    def test_any_size_becomes_a_grid_near_8_by_8(self, image: tuple[int, int, int], cells: int) -> None:
        model = build(replace(SMALL, image=image))
        features = model.encode(Observation(torch.rand(2, *image)))
        assert features.cells.shape == (2, cells, SMALL.width)
        assert features.images.shape == (2, *image)

    def test_images_of_another_shape_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"images are \(2, 1, 32, 31\), expected \(N, 1, 32, 32\)"):
            build(SMALL).encode(Observation(torch.rand(2, 1, 32, 31)))


def walk(program: Iterator[int], rectangle: Sequence[float]) -> Iterator[list[float]]:
    """The oracle: the rectangles of a program's nodes by recursion."""
    token = next(program)
    x0, y0, x1, y1 = rectangle
    yield [x0, y0, x1, y1]
    for a, b, c, d in ZOOM[token][: ARITY[token]]:
        width, height = x1 - x0, y1 - y0
        yield from walk(program, (x0 + a * width, y0 + b * height, x0 + c * width, y0 + d * height))


class TestPlaces:
    @pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: " ".join("hvqBW"[t] for t in p))
    def test_replay_is_the_recursion(self, program: tuple[int, ...]) -> None:
        rectangles = places().replay(padded([program]))[0]  # (T, 4)
        assert rectangles[: len(program)].tolist() == list(walk(iter(program), WHOLE))
        assert rectangles[len(program) :].abs().sum() == 0

    def test_reordered_rows_keep_their_own_stacks(self) -> None:
        machine, tokens = places(), padded(PROGRAMS)
        expected = machine.replay(tokens)
        state, rows = machine.start(len(tokens)), torch.arange(len(tokens))
        for t in range(T):
            torch.testing.assert_close(machine.top(state), expected[rows, t], atol=0, rtol=0)
            state = machine.advance(state, tokens[rows, t])
            state, rows = machine.reorder(state, rows.flip(0).argsort()), rows[rows.flip(0).argsort()]

    @pytest.mark.parametrize(
        ("arity", "zoom", "message"),
        [
            pytest.param((2, 0), (2, 3), r"zoom is \(2, 3\), expected \(2, A, 4\)", id="no rectangles"),
            pytest.param((2, 0), (3, 2, 4), r"zoom is \(3, 2, 4\), expected \(2, A, 4\)", id="other tokens"),
            pytest.param((3, 0), (2, 2, 4), "the largest arity is 3, but zoom has 2 children", id="too few"),
        ],
    )
    def test_tables_that_do_not_fit_are_refused(
        self, arity: tuple[int, ...], zoom: tuple[int, ...], message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            Places(torch.tensor(arity), torch.zeros(zoom), 3)


class TestCrop:
    @pytest.mark.parametrize(
        ("box", "cells"),
        [
            pytest.param((0, 0, 32, 32), 16, id="all, 2 pixels a cell"),
            pytest.param((8, 16, 16, 32), 8, id="oblong"),
            pytest.param((5, 3, 20, 13), 5, id="any pixel border"),
        ],
    )
    def test_whole_pixels_give_their_mean(self, box: tuple[int, int, int, int], cells: int) -> None:
        images = torch.rand(2, 3, 32, 32)
        x0, y0, x1, y1 = box
        where = torch.tensor(box).div(32).expand(2, 1, 4)
        expected = F.adaptive_avg_pool2d(images[:, :, y0:y1, x0:x1], cells)
        torch.testing.assert_close(crop(images, where, cells)[:, 0], expected, atol=1e-5, rtol=0)

    def test_cells_inside_a_pixel_show_that_pixel(self) -> None:
        images = torch.rand(1, 1, 4, 4)
        seen = crop(images, torch.tensor([[[0.5, 0.25, 0.75, 0.5]]]), 8)
        torch.testing.assert_close(seen, images[:, None, :, 1:2, 2:3].expand_as(seen))

    def test_an_empty_rectangle_shows_nothing(self) -> None:
        assert crop(torch.rand(1, 1, 8, 8), torch.zeros(1, 1, 4), 4).abs().sum() == 0


class TestConfig:
    @pytest.mark.parametrize(
        ("change", "fact", "hint"),
        [
            ({"decoder": "tranformer"}, "there is no decoder 'tranformer'", "did you mean 'transformer'?"),
            ({"width": 0}, "width is 0", "set width to 1 or more"),
            ({"crop": -1}, "crop is -1", "set crop to 0 or more"),
            (
                {"width": 10, "heads": 4},
                "width 10 is no multiple of the 4 heads",
                "set width to a multiple of 4, or change heads",
            ),
            (
                {"image": (1, 32, 7)},
                "image is (1, 32, 7)",
                "give (C, H, W) with 1 or more channels and sides of 8 or more",
            ),
            ({"crop": 8}, "crop is 8, but where is off", "turn where on, or set crop to 0"),
            ({"dropout": 1.0}, "dropout is 1.0", "set dropout to 0 or more, and below 1"),
        ],
    )
    def test_errors_say_one_fact_and_one_step(self, change: dict[str, Any], fact: str, hint: str) -> None:
        with pytest.raises(ConfigError) as error:
            replace(SMALL, **change)
        assert (error.value.fact, error.value.hint) == (fact, hint)

    @pytest.mark.parametrize(
        ("values", "fact", "hint"),
        [
            (
                {"vocabulary": 5, "max_tokens": 9, "widht": 8},
                "a network has no setting 'widht'",
                "did you mean 'width'?",
            ),
            ({"vocabulary": 5}, "the setting 'max_tokens' is missing", "add 'max_tokens' to the settings"),
        ],
    )
    def test_dictionaries_are_checked(self, values: dict[str, Any], fact: str, hint: str) -> None:
        with pytest.raises(ConfigError) as error:
            ModelConfig.from_dict(values)
        assert (error.value.fact, error.value.hint) == (fact, hint)

    def test_it_survives_json(self) -> None:
        assert ModelConfig.from_dict(json.loads(json.dumps(SMALL.to_dict()))) == SMALL


def test_the_default_network_fits_8_mb() -> None:
    for decoder in DECODERS:
        model = build(ModelConfig(vocabulary=100, max_tokens=64, decoder=decoder, where=True, crop=16))
        assert sum(parameter.numel() for parameter in model.parameters()) < 2_000_000


def test_the_public_names_are_these() -> None:
    assert sorted(public.__all__) == [
        "DECODERS",
        "Decoder",
        "Features",
        "Model",
        "ModelConfig",
        "Observation",
        "PlaceState",
        "Places",
        "build",
        "crop",
    ]
