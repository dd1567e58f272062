"""Fresh virtual environments that see what is installed here, so that installing a plugin downloads nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

SHIPPED = "core,commands,splits,figures,pacman,boxes,functions"  # the entry points of this repository


@dataclass(frozen=True)
class Environment:
    """A virtual environment; its commands load the shipped plugins and those that are installed in itself."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def site(self) -> Path:
        if os.name == "nt":
            return self.folder / "Lib" / "site-packages"
        return next((self.folder / "lib").glob("python*")) / "site-packages"

    @property
    def variables(self) -> dict[str, str]:
        """What a process in it needs in its environment."""
        path = os.pathsep.join([str(self.bin), str(Path(sys.executable).parent), os.environ["PATH"]])
        own = [
            p.name for d in metadata.distributions(path=[str(self.site)]) for p in d.entry_points.select(group="i2c")
        ]
        return {
            "PATH": path,
            "I2C_LOAD_PLUGINS": ",".join([SHIPPED, *own]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # what this repository's tests need, a family's own do not
        }

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

    def install(self, *projects: Path) -> None:
        """Install projects with pip, without their dependencies and without downloading build tools."""
        offline = ["--no-build-isolation", "--no-deps", "--no-index"]
        self.run("-m", "pip", "install", "-q", *offline, *map(str, projects), cwd=self.folder)


def make_environment(folder: Path) -> Environment:
    """A new environment in `folder`."""
    venv.create(folder, symlinks=os.name != "nt", with_pip=False)
    environment = Environment(folder)
    here = sysconfig.get_path("purelib")
    (environment.site / "parent.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    script = environment.bin / "i2c"
    script.write_text(f"#!{environment.bin / 'python'}\nfrom i2c_cli import main\n\nmain()\n", encoding="utf-8")
    script.chmod(0o755)
    return environment
