"""The group of commands: fast, and every error is one fact and one next step."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from i2c_core.errors import ConfigError, I2cError
from i2c_core.plugins import Plugin, Plugins
from tests.cli.conftest import Run

Process = Callable[..., "subprocess.CompletedProcess[str]"]
HEAVY = ("torch", "numpy", "lark", "scipy", "PIL", "matplotlib", "pyarrow", "rich")


@pytest.mark.parametrize("words", [["--help"], ["families"], ["plugins"], ["--version"], ["completion", "zsh"]])
def test_listing_imports_nothing_heavy(process: Process, words: list[str]) -> None:
    code = (
        "import sys, json\n"
        "from i2c_cli import main\n"
        f"sys.argv = ['i2c', *{words!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as leave:\n    assert not leave.code, leave.code\n"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr)\n"
    )
    found = process("-c", code)
    assert json.loads(found.stderr.splitlines()[-1]) == []


def test_this_test_of_imports_can_fail(process: Process) -> None:
    found = process("-c", "import sys, numpy; print('numpy' in sys.modules)")
    assert found.stdout == "True\n"


@pytest.mark.parametrize("word", ["--help", "families"])
def test_listing_is_fast(process: Process, word: str) -> None:
    resource = pytest.importorskip("resource")  # Windows has none
    # Seconds of processor time, the least of several: a busy machine is not what is measured.
    best = math.inf
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert process("-m", "i2c_cli", word).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if best < 0.3:
            return
    pytest.fail(f"it took {best:.2f} s at best")


def test_of_processes_that_train_together_the_first_tells_a_mistake_in_their_command(
    i2c: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "error: unknown family 'nosuch'\n"
    for count, rank, words, text in (
        ("2", "0", ["train"], told),
        ("2", "1", ["train"], ""),
        ("2", "1", ["retrain"], ""),
        ("2", "1", ["sample"], told),
        ("2", "1", ["parse", "train"], told),  # not what is run
        ("1", "1", ["train"], told),
    ):
        monkeypatch.setenv("WORLD_SIZE", count)
        monkeypatch.setenv("LOCAL_RANK", rank)
        found = i2c(*words, "--family", "nosuch")
        assert found.exit_code == 1
        assert found.stderr.startswith(text)
        assert bool(found.stderr) == bool(text)


def test_help_lists_every_registered_command(i2c: Run, plugins: Plugins) -> None:
    found = i2c("--help")
    assert (found.exit_code, found.stderr) == (0, "")
    for name, command in plugins.commands.items():
        assert f"  {name} " in found.stdout
        assert " ".join(command.doc.split()) in " ".join(found.stdout.split())


def test_every_command_has_help_that_says_what_it_is_registered_as(i2c: Run, plugins: Plugins) -> None:
    for name in plugins.commands:
        found = i2c(name, "--help")
        assert found.exit_code == 0, found.stderr
        assert found.stdout.startswith(f"Usage: i2c {name} ")


def test_without_words_it_shows_help_and_leaves_with_2(i2c: Run) -> None:
    assert i2c().exit_code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["decod"], "error: there is no command 'decod'\n  -> did you mean 'decode'?\n"),
        (["qqqq"], "error: there is no command 'qqqq'\n  -> see 'i2c --help'\n"),
        (
            ["families", "--jsn"],
            "error: no such option '--jsn'\n  -> did you mean '--json'?\n",
        ),
        (["render", "x", "-f", "splits"], "error: missing option '-o' / '--out'\n  -> see 'i2c render --help'\n"),
    ],
)
def test_usage_errors(i2c: Run, words: list[str], expected: str) -> None:
    found = i2c(*words)
    assert (found.exit_code, found.stdout, found.stderr) == (2, "", expected)


def test_unknown_family(i2c: Run) -> None:
    found = i2c("parse", "-f", "splts", "B")
    assert found.exit_code == 1
    assert found.stderr == "error: unknown family 'splts'\n  -> did you mean 'splits'?\n"


def _raise(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        click.echo("first")
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (I2cError("it is raining", "take a hat"), 1, "error: it is raining\n  -> take a hat\n"),
        (I2cError("it is raining"), 1, "error: it is raining\n"),
        (ConfigError("lr is -1", "raise it"), 1, "error: lr is -1\n  -> raise it\n"),
        (click.BadParameter("no such thing"), 2, "error: invalid value: no such thing\n  -> see 'i2c'"),
        (OSError(28, "No space left on device", "out.txt"), 1,
         "error: out.txt: No space left on device\n  -> check the path, its permissions and the free space\n"),
        (MemoryError(), 1, "error: out of memory\n  -> use a smaller --batch-size, smaller images, or fewer at once\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (ValueError("bad\nluck"), 1,
         "error: internal error: ValueError: bad luck\n"
         "  -> for the traceback to report, run it again as: i2c --traceback ...\n"),
    ],
)  # fmt: skip
def test_errors(
    i2c: Run, add_command: Callable[[str, object], None], error: BaseException, code: int, text: str
) -> None:
    add_command("rain", _raise(error))
    found = i2c("rain")
    assert (found.exit_code, found.stdout) == (code, "first\n")
    assert found.stderr.lstrip("\n").startswith(text.removesuffix(" -> see 'i2c'"))
    assert "Traceback" not in found.stderr


def test_traceback_on_demand(
    i2c: Run, add_command: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_command("rain", _raise(ValueError("bad luck")))
    found = i2c("--traceback", "rain")
    assert found.exit_code == 1
    assert "Traceback (most recent call last)" in found.stderr
    monkeypatch.setenv("I2C_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in i2c("rain").stderr


def test_a_command_may_choose_its_exit_code(i2c: Run, add_command: Callable[[str, object], None]) -> None:
    add_command("three", lambda: 3)
    add_command("text", lambda: "no code")
    assert i2c("three").exit_code == 3
    assert i2c("text").exit_code == 0


def test_commands_that_cannot_be_loaded_are_told_when_they_are_called(
    i2c: Run, add_command: Callable[[str, object], None]
) -> None:
    add_command("lost", "no_such_module:command")
    add_command("other", "json:dumps")
    assert "lost" in i2c("--help").stdout
    assert i2c("lost").stderr == (
        "error: test-lost: cannot import 'no_such_module': ModuleNotFoundError: No module named 'no_such_module'\n"
        "  -> mend the module, or install what it needs\n"
    )
    assert i2c("other").stderr == (
        "error: command 'other' of test-other is function, expected a click command\n"
        "  -> register a reference to a function decorated with click.command\n"
    )


def test_problems_of_plugins_are_warnings(i2c: Run, plugins: Plugins) -> None:
    plugins.plugins.append(Plugin("broken", "broken", "dist", "1", problems=["cannot be imported: ImportError: no"]))
    found = i2c("families")
    assert found.exit_code == 0
    assert found.stderr == "warning: plugin dist (broken): cannot be imported: ImportError: no\n"


def test_shipped_commands_are_there_whatever_plugins_are_chosen(process: Process) -> None:
    found = process("-m", "i2c_cli", "--help", I2C_LOAD_PLUGINS="")
    assert (found.returncode, found.stderr) == (0, "")
    assert "turn images into code" in found.stdout
    assert process("-m", "i2c_cli", "families", I2C_LOAD_PLUGINS="splits").stdout.startswith("splits ")


def test_plugins_chosen_by_the_environment(process: Process) -> None:
    found = process("-m", "i2c_cli", "families", I2C_LOAD_PLUGINS="commands,nosuch")
    assert (found.returncode, found.stdout) == (0, "")
    assert found.stderr == "warning: plugin nosuch: named in I2C_LOAD_PLUGINS, but no installed plugin has this name\n"


@pytest.mark.posix
def test_a_reader_that_stops_early_is_no_error() -> None:
    code = "import sys; sys.argv = ['i2c', 'families', '--table']; from i2c_cli import main; main()"
    shell = f'{sys.executable} -c "{code}"'
    found = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell} | head -c 1"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_completion_knows_commands_and_families_without_torch(process: Process) -> None:
    def complete(line: str, number: int) -> list[str]:
        found = process("-m", "i2c_cli", _I2C_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(number))
        assert found.stderr == ""
        return [each.partition(",")[2] for each in found.stdout.splitlines()]

    assert complete("i2c de", 1) == ["decode"]
    assert complete("i2c decode --family sp", 3) == ["splits", "splits-rgb"]
    assert complete("i2c check splits-", 2) == ["splits-rgb"]
    assert "--report" in complete("i2c decode --re", 2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(i2c: Run, shell: str) -> None:
    found = i2c("completion", shell)
    assert (found.exit_code, found.stderr) == (0, "")
    assert f"_I2C_COMPLETE={shell}_complete" in found.stdout
