"""Progress: silent, in plain lines, and on a terminal."""

from __future__ import annotations

import io

from i2c_core.progress import Plain, Rich, Silent, make_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_say_how_far_a_task_is() -> None:
    stream = io.StringIO()
    with Plain(stream, every=0).task("drawing", total=8, done=2) as task:
        task.advance(2)
        task.advance(4, note="loss 0.5")
    with Plain(stream, every=0).task("reading") as task:
        task.advance()
    assert stream.getvalue() == "drawing: 4 of 8 (50 %)\ndrawing: 8 of 8 (100 %), loss 0.5\nreading: 1\n"


def test_plain_lines_are_rare() -> None:
    stream = io.StringIO()
    with Plain(stream).task("drawing", total=1000) as task:
        for _ in range(1000):
            task.advance()
    assert stream.getvalue() == ""


def test_a_bar_is_drawn_on_a_terminal_and_lines_go_above_it() -> None:
    stream = Terminal()
    progress = make_progress(stream=stream)
    assert isinstance(progress, Rich)
    with progress.task("drawing", total=2) as task:
        task.advance(note="loss [1]")
        progress.say("a line [with] brackets")
    assert "drawing" in stream.getvalue()
    assert "a line [with] brackets\n" in stream.getvalue()


def test_silence_and_files() -> None:
    stream = io.StringIO()
    silent = make_progress(silent=True, stream=stream)
    silent.say("nothing")
    with silent.task("nothing", 3) as task:
        task.advance(note="nothing")
    assert isinstance(silent, Silent)
    assert isinstance(make_progress(stream=stream), Plain)
    assert stream.getvalue() == ""
