"""The walker that other tests trust."""

from __future__ import annotations

from pathlib import Path

import pytest
from walk import NoWalk, main, unreached

LEVEL = """\
%%%%%%%
%P.%..%
%.%%.G%
%o.%%%%
%%%%%%%
"""


def test_dots_behind_walls_are_told() -> None:
    assert unreached(LEVEL) == [(5, 2), (6, 2), (5, 3)]
    assert unreached(LEVEL.replace("%P.%..%", "%P....%")) == []


def test_tunnels_lead_from_side_to_side() -> None:
    level = "%%%%%\n P%. \n%%%%%\n"
    assert unreached(level) == []
    assert unreached(level, tunnels=False) == [(4, 2)]


def test_the_last_line_may_end_or_not() -> None:
    assert unreached("%P.%") == unreached("%P.%\n") == []


@pytest.mark.parametrize("text", ["%P\n%\n", "%.%\n", "PP\n", ""])
def test_what_is_no_level_is_told(text: str) -> None:
    with pytest.raises(NoWalk):
        unreached(text)


def test_as_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "level.lay"
    path.write_text(LEVEL, encoding="utf-8")
    assert main(str(path)) == 1
    assert capsys.readouterr().out.splitlines()[0] == "column 5, row 2: a dot that pacman does not reach"
    path.write_text("P.\n", encoding="utf-8")
    assert main(str(path)) == 0
