"""What a wheel holds: the four packages with their data, and nothing that anybody else might call theirs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"i2c_core": ".", "i2c_plugins": "plugins", "i2c_grammars": "grammars", "i2c_cli": "cli"}


def tree() -> list[Path]:
    """The files of the repository, those not committed yet included, those ignored not."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [Path(name) for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a clean copy: setuptools would ship deleted files out of a stale build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in tree():
        if path.parts[0] not in ("tests", "docs", "examples", "benchmarks"):
            (folder / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, folder / "copy" / path)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", folder / "out", folder / "copy"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((folder / "out").glob("*.whl"))


def test_the_wheel_holds_the_packages_and_all_their_files(wheel: Path) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert {n.split("/")[0] for n in names} == set(PACKAGES)
    roots = {(Path(root) / package).parts: root for package, root in PACKAGES.items()}
    wanted = set()
    for path in tree():
        for parts, root in roots.items():
            if path.parts[: len(parts)] == parts:
                wanted.add(path.relative_to(root).as_posix())
    assert names == wanted


def test_the_wheel_names_its_command_and_its_plugins(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    points = next(n for n in archive.namelist() if n.endswith("entry_points.txt"))
    text = archive.read(points).decode()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"i2c = {project['scripts']['i2c']}" in text
    for name, module in project["entry-points"]["i2c"].items():
        assert f"{name} = {module}" in text


def test_nothing_generic_is_importable_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys, importlib.util as u; sys.path.insert(0, {str(tmp_path)!r})\n"
        "names = ['cli', 'plugins', 'grammars', 'tests', 'docs', 'examples', 'benchmarks', 'support']\n"
        "print([n for n in names if (s := u.find_spec(n)) and sys.path[0] in str(s.submodule_search_locations)])\n"
        f"print([n for n in {sorted(PACKAGES)!r} if u.find_spec(n) is None])"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


def test_every_dependency_and_tool_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.replace("_", "-").split("==") for line in lines if line and not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = wanted.split(">")[0].split("[")[0].strip().lower()
        assert name in pins, f"constraints.txt pins no {name}"
    assert pins["torch"] == "2.13.0"
