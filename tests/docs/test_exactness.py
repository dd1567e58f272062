"""The long check of exactness in small: a few decodes and states of every language that it looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def test_random_decodes_and_states_are_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import exactness

    for name, fold in exactness.languages():
        figures = exactness.decode(name, fold, seed=1, rows=60, seen=set())
        figures += exactness.compare(name, fold, seed=1, rows=4)
        assert figures["decodes"] == 60
        assert figures["states"] > 0
        assert {kind: figures[kind] for kind in exactness.WRONG if figures[kind]} == {}, (name, fold)


def test_that_it_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import exactness

    from i2c_core.families import Family
    from i2c_core.masks import Oracle

    stricter = Family("stricter", root="Picture", signature=exactness.FIGURES.replace("1..6, <", "1..2, <"))
    monkeypatch.setattr(exactness, "oracle_of", lambda name: Oracle(stricter.gamma, stricter.root_type))
    with pytest.raises(ValueError, match="no program within"):
        exactness.compare("figures-of-rules", True, seed=1, rows=40)
    looser = Family("looser", root="Picture", signature=exactness.FIGURES.replace("> x1", ""))
    monkeypatch.setattr(exactness, "oracle_of", lambda name: Oracle(looser.gamma, looser.root_type))
    assert exactness.compare("figures-of-rules", True, seed=1, rows=40)["closed and should be open"] > 0
