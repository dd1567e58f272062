"""Memory that runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.memory import Halving, out_of_memory


def test_what_torch_says_when_memory_runs_out() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60)
    assert out_of_memory(raised.value)
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert out_of_memory(MemoryError())
    assert not out_of_memory(RuntimeError("size mismatch"))
    assert not out_of_memory(ValueError("out of memory"))


@given(st.lists(st.integers(1, 9)), st.integers(1, 8), st.integers(1, 12))
def test_results_are_whole_and_in_order_whatever_fits(sizes: list[int], batch: int, room: int) -> None:
    halving = Halving(batch)
    assert list(halving.run(sizes, _within(room), lambda size: -size)) == [n if n <= room else -n for n in sizes]


def test_less_at_once_for_good_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    halving = Halving(8)
    with caplog.at_level(logging.WARNING):
        assert list(halving.run([1] * 20, _within(3), lambda size: -size)) == [1] * 20
        assert list(halving.run([1] * 20, _within(3), lambda size: -size)) == [1] * 20
    assert halving.size == 2
    assert caplog.messages == ["memory ran out with 8 at once; going on with 4 or fewer"]


def test_other_errors_pass() -> None:
    def fail(items: Sequence[int]) -> list[int]:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        list(Halving(4).run([1, 2], fail, lambda size: size))


def _within(room: int) -> Callable[[Sequence[int]], list[int]]:
    """Work that fails where more is asked for at once than there is room for."""

    def work(items: Sequence[int]) -> list[int]:
        if sum(items) > room:
            raise MemoryError
        return list(items)

    return work
