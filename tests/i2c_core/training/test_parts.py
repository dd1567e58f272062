"""The parts of training, each against the slow and simple way to say the same."""

from __future__ import annotations

import math
import threading
import time

import pytest
import torch

from i2c_core.config import OptimSettings
from i2c_core.devices import describe_hardware, find_device
from i2c_core.errors import ConfigError, TrainingError
from i2c_core.training.batches import Prefetcher
from i2c_core.training.loss import masked_loss
from i2c_core.training.schedule import learning_rate
from i2c_core.training.watch import Means

B, T, V = 4, 6, 5


def lesson() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, ids padded with V, and masks under which every target is legal; none is behind the end."""
    chance = torch.Generator().manual_seed(0)
    logits = torch.randn(B, T, V, generator=chance)
    ids = torch.randint(0, V, (B, T), generator=chance)
    ends = torch.tensor([T, 3, 1, 4])
    ids[torch.arange(T) >= ends.unsqueeze(1)] = V
    legal = torch.rand(B, T, V, generator=chance) < 0.5
    legal.scatter_(2, ids.clamp(max=V - 1).unsqueeze(2), True)
    legal[ids == V] = False
    return logits, ids, legal


def test_the_loss_is_a_softmax_over_legal_tokens() -> None:
    logits, ids, legal = lesson()
    nats, correct, tokens = 0.0, 0, 0
    for b in range(B):
        for t in range(T):
            if ids[b, t] == V:
                continue
            open_ = {v: float(logits[b, t, v]) for v in range(V) if legal[b, t, v]}
            target = int(ids[b, t])
            nats += math.log(sum(map(math.exp, open_.values()))) - open_[target]
            correct += max(open_, key=lambda v: open_[v]) == target
            tokens += 1
    loss = masked_loss(logits, ids, legal)
    assert float(loss.total) == pytest.approx(nats, rel=1e-5)
    assert (int(loss.correct), int(loss.tokens)) == (correct, tokens)
    assert float(loss.mean) == pytest.approx(nats / tokens, rel=1e-5)
    assert float(loss.accuracy) == pytest.approx(correct / tokens)


def test_closed_tokens_and_padding_get_no_gradient() -> None:
    logits, ids, legal = lesson()
    logits.requires_grad_()
    masked_loss(logits, ids, legal).mean.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())
    assert not bool(logits.grad[~legal].any())


def test_a_target_without_a_choice_costs_nothing() -> None:
    loss = masked_loss(torch.randn(1, 1, V), torch.tensor([[2]]), torch.arange(V).eq(2).view(1, 1, V))
    assert float(loss.total) == 0


def test_the_rate_rises_then_falls_to_its_end() -> None:
    optim = OptimSettings(lr=2.0, warmup=0.2, final=0.1)
    rates = [learning_rate(step, 50, optim) for step in range(50)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert rates[10] == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert learning_rate(50, 50, optim) == pytest.approx(0.2)
    assert learning_rate(40, 50, OptimSettings(lr=2.0, schedule="constant")) == 2.0
    assert learning_rate(0, 1, OptimSettings(lr=2.0)) == 2.0


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_batches_come_in_order_and_waiting_is_measured(ahead: int) -> None:
    def make(step: int) -> int:
        time.sleep(0.01)
        return step

    with Prefetcher(make, range(5, 9), ahead) as batches:
        assert [batches.get() for _ in range(4)] == [5, 6, 7, 8]
    assert batches.made >= 0.04
    assert batches.waited > 0.01


def test_what_making_a_batch_raises_is_raised_where_it_is_wanted() -> None:
    def make(step: int) -> int:
        if step == 2:
            raise ValueError("no more")
        return step

    threads = threading.active_count()
    with Prefetcher(make, range(9), 2) as batches:
        assert [batches.get(), batches.get()] == [0, 1]
        with pytest.raises(ValueError, match="no more"):
            batches.get()
    assert threading.active_count() == threads


def test_leaving_early_ends_the_thread() -> None:
    threads = threading.active_count()
    with Prefetcher(lambda step: step, range(1000), 2) as batches:
        assert batches.get() == 0
    assert threading.active_count() == threads


def test_means_are_of_tokens_and_tell_what_is_no_number() -> None:
    logits, ids, legal = lesson()
    means = Means(torch.device("cpu"))
    loss = masked_loss(logits, ids, legal)
    for norm in (1.0, 3.0):
        means.add(loss, torch.tensor(norm))
    means.require_finite(2, "")
    assert means.read() == pytest.approx({"loss": float(loss.mean), "accuracy": float(loss.accuracy), "gradient": 2.0})
    means.add(loss, torch.tensor(float("nan")))
    with pytest.raises(TrainingError) as caught:
        means.require_finite(3, "go back")
    assert str(caught.value) == "the loss or its gradient is no number at step 3\n  -> go back"


def test_devices() -> None:
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert describe_hardware(torch.device("cpu"))["threads"] == torch.get_num_threads()


@pytest.mark.parametrize("name", ["tpu", "cpu:1", "cuda:", "cuda:x", ""])
def test_a_device_that_is_none(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_device(name)
    assert str(caught.value) == f"there is no device {name!r}\n  -> use auto, cpu, cuda or cuda:N"


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(ConfigError) as caught:
        find_device("cuda:99")
    assert str(caught.value) == (
        f"device cuda:99 was asked for, torch sees {torch.cuda.device_count()} CUDA devices"
        "\n  -> use --device cpu, or see what i2c doctor says about CUDA"
    )
