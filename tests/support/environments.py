"""Fresh virtual environments that see what is installed here, so that installing a plugin into one downloads nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

SHIPPED = "core,commands,splits"  # the entry points of this repository


@dataclass(frozen=True)
class Environment:
    """A virtual environment; `plugins` are the entry points that its commands load."""

    folder: Path
    plugins: str = SHIPPED

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def variables(self) -> dict[str, str]:
        """What a process in it needs in its environment."""
        path = os.pathsep.join([str(self.bin), str(Path(sys.executable).parent), os.environ["PATH"]])
        return {"PATH": path, "I2C_LOAD_PLUGINS": self.plugins, "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *command: str, cwd: Path) -> str:
        """Run a command with the environment's python in front; what it printed on stdout; fails with all it said."""
        done = subprocess.run(
            [str(self.bin / "python"), *command],
            cwd=cwd,
            env=os.environ | self.variables,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def i2c(self, *arguments: str, cwd: Path) -> str:
        return self.run("-m", "i2c_cli", *arguments, cwd=cwd)

    def install(self, project: Path, *options: str) -> None:
        """Install a project with pip, without its dependencies and without downloading build tools."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install", "-q"]
        switches = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
        done = subprocess.run([*pip, *switches, *options, str(project)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def make_environment(folder: Path, *plugins: str) -> Environment:
    """A new environment in `folder` that loads the shipped plugins and those of the names given."""
    venv.create(folder, symlinks=True, with_pip=False)
    environment = Environment(folder, ",".join([SHIPPED, *plugins]))
    here = sysconfig.get_path("purelib")
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "parent.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    return environment
