"""The group of all commands: it names them without importing them, and turns every error into one fact and one step."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from i2c_cli.commands import COMMANDS, reference_of
from i2c_cli.console import Usage, warn
from i2c_core.errors import I2cError, PluginError, suggest
from i2c_core.plugins import Registered, installed
from i2c_core.version import VERSION

NAME = "i2c"
COMPLETE = "_I2C_COMPLETE"
INTERRUPTED = 130  # 128 + SIGINT, what shells expect
TOGETHER = ("train", "retrain")  # the commands that several processes may run as one

EPILOG = """\b
exit codes: 0 ok, 1 error, 2 usage, 3 nothing met --threshold
shell completion: i2c completion bash | zsh | fish"""


def commands() -> dict[str, Registered]:
    """All commands by name; those that ship with i2c are there whatever `I2C_LOAD_PLUGINS` chooses."""
    found = installed().commands
    shipped = {name: Registered(name, reference_of(name), doc, NAME) for name, doc in COMMANDS.items()}
    return found if shipped.keys() <= found.keys() else shipped | found


class Application(click.Group):
    """Commands by name from the plugins; each is loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        registered = commands().get(cmd_name)
        if registered is None:
            return None
        command = registered.load()
        if not isinstance(command, click.Command):
            fact = f"command {cmd_name!r} of {registered.owner} is {type(command).__name__}, expected a click command"
            raise PluginError(fact, "register a reference to a function decorated with click.command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in commands() and not name.startswith("-") and not ctx.resilient_parsing:
            raise Usage(f"there is no command {name!r}", suggest(name, commands(), f"see '{NAME} --help'"))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, c.doc) for name, c in commands().items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(n, help=c.doc) for n, c in commands().items() if n.startswith(incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            if sys.stdout is not None:  # as it is where the shell closed it
                sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough, as in `i2c families | head -1`
            sys.stdout = open(os.devnull, "w", encoding="utf-8", newline="\n")  # noqa: SIM115 (kept open until the process ends)
            return 0
        return code

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run one command and leave with its exit code; never returns."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        if COMPLETE not in os.environ:
            for problem in installed().problems:
                warn(problem)
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(
                args=args,
                prog_name=NAME,
                complete_var=COMPLETE,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                obj=words,  # for commands that record how they were called
                **extra,
            )
        except (I2cError, click.ClickException) as error:
            sys.exit(_tell(error) if _tells(error, words) else error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)
        except Exception as error:  # a bug, here or in a plugin: told in one line, the rest on demand
            sys.exit(_tell_bug(error, words) if _tells(error, words) else 1)
        sys.exit(code if isinstance(code, int) else 0)


def _tells(error: Exception, words: Sequence[str]) -> bool:
    """Whether this process tells an error. Of several that torchrun started to train together, one does: the first of a
    machine until they have met, then the one that was elected.
    """
    command = next((word for word in words if not word.startswith("-")), "")
    together = command in TOGETHER and os.environ.get("WORLD_SIZE", "1") != "1"
    one_of_several = together and os.environ.get("LOCAL_RANK", "0") != "0"
    return not one_of_several or getattr(error, "elected", False)


def _tell(error: I2cError | click.ClickException) -> int:
    """One fact, one next step; the exit code."""
    if isinstance(error, I2cError):
        fact, hint, code = error.fact, error.hint, error.exit_code
    else:
        fact, hint, code = error.format_message().rstrip("."), "", error.exit_code
        fact = fact[:1].lower() + fact[1:]
        if isinstance(error, click.NoSuchOption):
            fact = f"no such option {error.option_name!r}"
        if isinstance(error, click.UsageError):
            hint = f"see '{error.ctx.command_path if error.ctx else NAME} --help'"
        if isinstance(error, click.NoSuchOption) and error.possibilities:
            hint = suggest(error.option_name, error.possibilities, hint)
    click.echo(f"error: {fact}", err=True)
    if hint:
        click.echo(f"  -> {hint}", err=True)
    return code


def _tell_bug(error: Exception, words: Sequence[str]) -> int:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _tell(I2cError(f"{where}{error.strerror}", "check the path, its permissions and the free space"))
    if isinstance(error, MemoryError):
        return _tell(I2cError("out of memory", "use a smaller --batch-size, smaller images, or fewer at once"))
    if "--traceback" in words or os.environ.get("I2C_TRACEBACK", "") not in ("", "0"):
        traceback.print_exception(error)
        return 1
    text = " ".join(str(error).split())
    fact = f"internal error: {type(error).__name__}{': ' if text else ''}{text}"
    return _tell(I2cError(fact, "for the traceback to report, run it again as: i2c --traceback ..."))


@click.command(cls=Application, name=NAME, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--traceback", is_flag=True, help="Show the traceback of an internal error (or set I2C_TRACEBACK=1).")
@click.version_option(VERSION, prog_name=NAME)
def application(traceback: bool) -> None:
    """Images to code: a language that draws pictures goes in, programs that draw a given picture come out.

    \b
    i2c decode sketch.png --family NAME     code that draws the image
    i2c new-family my-language              start a language of your own
    """
