"""What tests of commands share: a way to run one, and a tiny checkpoint with random weights."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from i2c_cli.app import application
from i2c_core.plugins import Plugin, Plugins, installed

Run = Callable[..., Result]


@pytest.fixture
def i2c() -> Run:
    """Runs `i2c` with words in this process; the result has stdout, stderr and exit_code."""

    def run(*words: str | Path, input: bytes | None = None) -> Result:
        return CliRunner().invoke(application, [str(w) for w in words], input=input, catch_exceptions=False)

    return run


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python with words in a process of its own."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("I2C_", "_I2C_"))}
        return subprocess.run(
            [sys.executable, *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment | {"I2C_CACHE": os.environ["I2C_CACHE"]} | variables,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def plugins() -> Iterator[Plugins]:
    """The installed plugins, to which a test may add; what it adds is gone after it."""
    yield installed()
    installed.cache_clear()


@pytest.fixture
def add_command(plugins: Plugins) -> Callable[[str, object], None]:
    """Adds a command to `i2c`, as a plugin would."""
    from i2c_core.hookspecs import hookimpl

    def add(name: str, command: object) -> None:
        class Module:
            @hookimpl
            def i2c_commands(self, register: Callable[[str, object, str], None]) -> None:
                register(name, command if isinstance(command, str) else _Command(command), "a command of a test")

        plugins.register(Module(), Plugin(f"test-{name}", "tests"))

    return add


class _Command(click.Command):
    """A click command whose call runs a function."""

    def __init__(self, function: object) -> None:
        assert callable(function)
        super().__init__("test", callback=function)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network for `splits` with random weights."""
    return tiny_checkpoint("splits", tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def tiny_checkpoint(name: str, path: Path) -> Path:
    import torch

    from i2c_core.checkpoints import describe_model, save_checkpoint
    from i2c_core.model import ModelConfig, build
    from i2c_core.plugins import get_family

    family = get_family(name)
    config = ModelConfig(
        vocabulary=family.vocabulary.size,
        max_tokens=11,
        image=(family.channels, *family.size),
        width=16,
        layers=1,
        heads=2,
        channels=8,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build(config)
    save_checkpoint(path, network.state_dict(), describe_model(family, config, {}, 0))
    return path
