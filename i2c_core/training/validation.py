"""How well a network reads images that it has not learned from: the loss, programs decoded and drawn again, and how
much of what it answers is to be trusted.

Legend: B images, T tokens, V symbols, C channels, H W pixels.
"""

from __future__ import annotations

from typing import Any

import torch

from i2c_core.calibration import Calibration, calibrate
from i2c_core.datasets.stream import Batch
from i2c_core.decoding import AutoregressiveProposer, Greedy
from i2c_core.model import Model
from i2c_core.raster import Renderer
from i2c_core.training.loss import masked_loss
from i2c_core.training.supply import Supply

AT_ONCE = 256  # images that the network sees at a time


class Validation:
    """Measures a network on the same held-out images every time.

    Args:
        held_out: the images; where there are none, nothing is measured.
        supply: makes tensors of them, and knows mask and places.
        renderer: draws what is decoded; the thread that makes batches uses it too, under `supply.drawing`.
        device: where the network is.
    """

    def __init__(self, held_out: Batch | None, supply: Supply, renderer: Renderer, device: torch.device) -> None:
        self.held_out, self.supply, self.renderer, self.device = held_out, supply, renderer, device

    @torch.no_grad()
    def __call__(self, model: Model) -> dict[str, float]:
        """Nats a token, share of tokens that were likeliest, share of images that greedy decoding redraws exactly, and
        by how many bins exact numbers are off, of networks that say them.
        """
        if self.held_out is None:
            return {}
        training = model.training
        model.eval()
        nats = correct = tokens = exact = images = square = numbers = 0.0
        proposer = AutoregressiveProposer.for_family(model, self.renderer.family)
        for begin in range(0, len(self.held_out), AT_ONCE):
            pairs = self.held_out.rows(slice(begin, begin + AT_ONCE))
            batch = self.supply.prepare(pairs).to(self.device)
            logits, shares = model.read(batch.observation, batch.ids, batch.where)
            loss = masked_loss(logits, batch.ids, batch.legal)
            if shares is not None and batch.shares is not None:
                has = ~batch.shares.isnan()
                square = square + float((shares - batch.shares)[has].square().sum())
                numbers = numbers + int(has.sum())
            nats, correct, tokens = nats + float(loss.total), correct + int(loss.correct), tokens + int(loss.tokens)
            found = proposer.propose(batch.observation, strategy=Greedy(), budget=self.supply.budget)
            ids = found.ids[:, 0].cpu().numpy()  # (B, T)
            values = None if found.values is None else found.values[:, 0].cpu().numpy()  # (B, T)
            with self.supply.drawing:
                pictures = self.renderer.render(ids, values, (pairs.pixels.shape[2], pairs.pixels.shape[3]))
            same = (pictures.pixels == pairs.pixels).all((1, 2, 3)) & pictures.defined  # (B,)
            exact, images = exact + int(same.sum()), images + len(same)
        model.train(training)
        found_here = {
            "held_out_loss": nats / tokens,
            "held_out_accuracy": correct / tokens,
            "held_out_exact": exact / images,
        }
        # By how much numbers are off, in bins: 0.29 where nothing is known of them, the deviation of a uniform one.
        return found_here | ({"held_out_numbers": (square / numbers) ** 0.5} if numbers else {})

    def calibrate(self, model: Model, count: int) -> Calibration | None:
        """How much to trust what the network answers, fitted on the first `count` of the held-out images; None where
        there are none, or none could be read.
        """
        if self.held_out is None or count == 0:
            return None
        training, family = model.training, self.renderer.family
        model.eval()
        pairs = self.held_out.rows(slice(count))
        values: list[Any] = [None] * len(pairs) if pairs.values is None else pairs.values.tolist()
        with self.supply.drawing:
            found = calibrate(
                family,
                self.renderer,
                AutoregressiveProposer.for_family(model, family),
                list(pairs.pixels),
                [family.from_tokens(ids, own) for ids, own in zip(pairs.ids.tolist(), values, strict=True)],
                image_size=family.size,
                budget=self.supply.budget,
            )
        model.train(training)
        return found
