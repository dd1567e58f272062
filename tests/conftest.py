"""Settings for all tests: hypothesis repeats, no stranger's plugin turns a test red, nobody's files are written."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; threads that wait for each other cost tenfold
os.environ.setdefault(
    "I2C_LOAD_PLUGINS", "core,commands,splits,figures,pacman,boxes,functions"
)  # before anything loads plugins
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the folder of the process that started them
    # Every automaton is compiled by the code under test, once in a run of the tests.
    os.environ["I2C_CACHE"] = tempfile.mkdtemp(prefix="i2c-tests-")

collect_ignore = ["frozen_plugin"]  # a plugin with tests of its own, run in an environment of its own

settings.register_profile("fast", max_examples=25, deadline=None, derandomize=True)
settings.load_profile("fast")


@pytest.fixture(scope="module", autouse=True)
def threads_stay_as_they_were() -> Iterator[None]:
    """A module of tests that leaves torch with more threads makes all that come after it dear; it fails here."""
    before = _threads()
    yield
    after = _threads()
    if before is not None and after is not None and after > before:
        sys.modules["torch"].set_num_threads(before)
        pytest.fail(f"torch had {before} threads before these tests and has {after} after them: set them back")


def _threads() -> int | None:
    """Threads of torch, which nobody imports for that."""
    return sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["I2C_CACHE"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.name == "nt":
        for item in items:
            if item.get_closest_marker("posix") is not None:
                item.add_marker(pytest.mark.skip(reason="needs a POSIX shell, its signals or its limits"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--latex", action="store_true", help="compile LaTeX too; needs pdflatex and pdftoppm")
