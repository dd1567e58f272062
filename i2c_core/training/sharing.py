"""One step of learning, shared by several processes: gradients are summed, and batch norm sees the whole batch.

Legend: W processes, B rows of this process, C channels.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from i2c_core.training.loss import Loss
from i2c_core.training.processes import Processes

StepLoss = Callable[..., tuple[Loss, Tensor]]


def share(processes: Processes, network: nn.Module, loss: StepLoss) -> StepLoss:
    """A loss whose gradient is the sum over all processes; in one process it is `loss` itself.

    All begin from the first one's weights. Each parameter must take part in every loss.
    """
    if processes.count == 1:
        return loss
    whole_batch(network)
    with warnings.catch_warnings():  # the name for it is about to change
        warnings.simplefilter("ignore", FutureWarning)
        step = DistributedDataParallel(_Step(network, loss), broadcast_buffers=False)  # they are alike, by whole_batch

    def shared(*arguments: Any) -> tuple[Loss, Tensor]:
        told, less = step(*arguments)
        return told, less * processes.count  # the gradients' mean is taken

    return shared


class _Step(nn.Module):
    """All of a step that needs a gradient, as one module, which is what the library shares."""

    def __init__(self, network: nn.Module, loss: StepLoss) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, *arguments: Any) -> tuple[Loss, Tensor]:
        return self.loss(*arguments)


def whole_batch(network: nn.Module) -> None:
    """Let the batch norms of a network see the rows of all processes; weights and their names stay."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = WholeBatchNorm


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch norm over the rows of all processes, on any device; running means are alike in all of them.

    What `torch.nn.SyncBatchNorm` does on GPUs alone.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        if not self.training:
            return super().forward(x)
        assert self.momentum is not None
        assert self.num_batches_tracked is not None
        y, mean, variance, count = _Normalise.apply(x, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            for running, now in ((self.running_mean, mean), (self.running_var, variance * count / (count - 1))):
                assert running is not None
                running.lerp_(now, self.momentum)
        out: Tensor = y
        return out


class _Normalise(torch.autograd.Function):
    """(x - mean) / deviation * weight + bias by channel, mean and deviation over the rows of all processes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)  # (C,) of own rows
        own = torch.stack([torch.full_like(mean, x.numel() // x.shape[1]), mean, variance])  # (3, C)
        parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, own)
        counts, means, variances = torch.stack(parts, 1)  # (W, C) each
        count = counts.sum(0)  # (C,)
        mean = (counts * means).sum(0) / count
        variance = (counts * (variances + (means - mean).square())).sum(0) / count
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt(), count)
        ctx.mark_non_differentiable(mean, variance, count)
        return F.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps), mean, variance, count

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, mean, rate, count = ctx.saved_tensors
        above = gradients[0].float()
        hat = (x.float() - _by_channel(mean)) * _by_channel(rate)
        own = torch.stack([above.sum((0, 2, 3)), (above * hat).sum((0, 2, 3))])  # (2, C)
        every = own.clone()
        dist.all_reduce(every)
        level, slope = (_by_channel(v) for v in every / count)
        below = (above - level - hat * slope) * _by_channel(weight * rate)
        return below.to(x.dtype), own[1], own[0], None  # weight and bias are summed with the other gradients


def _by_channel(values: Tensor) -> Tensor:
    return values[:, None, None]
