"""A plugin and a checkpoint of version 0.1.0 keep working: `tests/frozen_plugin` is never edited."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from environments import Environment, make_environment

FROZEN = Path(__file__).resolve().parents[1] / "frozen_plugin"
SHA256 = "76457441db9081e1ec12d8dc9359336e0b64fc755ba5716b1e3344e6fcba4ef8"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with a copy of the plugin installed, the copy beside it in `plugin`."""
    folder = tmp_path_factory.mktemp("frozen")
    shutil.copytree(FROZEN / "i2c-family-frozen", folder / "plugin")
    environment = make_environment(folder / ".venv")
    environment.install(folder / "plugin")
    return environment


def test_nobody_edited_it() -> None:
    digest = hashlib.sha256()
    for path in sorted(p for p in FROZEN.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(path.relative_to(FROZEN).as_posix().encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == SHA256, "tests/frozen_plugin is a stranger's plugin: mend i2c, not the plugin"


@pytest.mark.slow
def test_its_own_tests_pass(environment: Environment) -> None:
    environment.run("-m", "pytest", "-q", "-W", "error", cwd=environment.folder.parent / "plugin")


@pytest.mark.slow
def test_it_is_listed_checked_and_decodes(environment: Environment, tmp_path: Path) -> None:
    assert "frozen " in environment.i2c("families", cwd=tmp_path)
    environment.i2c("check", "frozen", cwd=tmp_path)
    weights = str(FROZEN / "model.safetensors")
    code = environment.i2c("decode", str(FROZEN / "picture.png"), "--weights", weights, cwd=tmp_path)
    assert environment.i2c("parse", code.strip(), "--family", "frozen", cwd=tmp_path) == code
