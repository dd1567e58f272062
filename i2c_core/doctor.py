"""What an installation has and lacks: versions, devices, optional tools, plugins."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from i2c_core.plugins import installed
from i2c_core.version import VERSION

DISTRIBUTION = "images-to-code"
OK, MISSING, ABSENT, PROBLEM = "ok", "missing", "not installed", "problem"
TOOLS = {"pdflatex": "TeX Live with TikZ (Debian: texlive-pictures)", "pdftoppm": "poppler (Debian: poppler-utils)"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `state` is ok, missing (i2c needs it), not installed (optional), or problem."""

    area: str
    what: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All findings; `well` where nothing that i2c needs is missing. A plugin's problem harms that plugin only."""

    findings: list[Finding]

    @property
    def well(self) -> bool:
        return all(f.state != MISSING for f in self.findings)

    def record(self) -> dict[str, Any]:
        return {"well": self.well, "findings": [vars(f) for f in self.findings]}


def examine() -> Diagnosis:
    """Look at this installation."""
    return Diagnosis([*_system(), *_packages(), *_devices(), *_tools(), *_plugins()])


def _system() -> Iterator[Finding]:
    yield Finding("system", "i2c", OK, VERSION)
    yield Finding("system", "python", OK, f"{platform.python_version()} on {platform.platform()}")


def _packages() -> Iterator[Finding]:
    """What the distribution's own metadata asks for; extras are optional."""
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        hint = f"the distribution {DISTRIBUTION} is not installed; its code is imported from a folder"
        yield Finding("packages", DISTRIBUTION, MISSING, hint)
        return
    for requirement in required:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", requirement)
        if found is None:
            continue
        wanted = requirement.partition(";")[0].strip()
        try:
            yield Finding("packages", found[0], OK, metadata.version(found[0]))
        except metadata.PackageNotFoundError:
            if extra is None:
                yield Finding("packages", found[0], MISSING, f"install it: python -m pip install '{wanted}'")
            else:
                hint = f"optional: python -m pip install '{DISTRIBUTION}[{extra[1]}]'"
                yield Finding("packages", found[0], ABSENT, hint)


def _devices() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken torch raises OSError and others
        yield Finding("devices", "torch", MISSING, f"cannot be imported: {type(error).__name__}: {error}")
        return
    yield Finding("devices", "cpu", OK, f"{platform.machine()}, {torch.get_num_threads()} threads")
    for number in range(torch.cuda.device_count()):
        memory = torch.cuda.get_device_properties(number).total_memory / 2**30
        yield Finding("devices", f"cuda:{number}", OK, f"{torch.cuda.get_device_name(number)}, {memory:.0f} GiB")
    if not torch.cuda.device_count():
        note = "this torch was built without CUDA" if torch.version.cuda is None else "torch sees no CUDA device"
        yield Finding("devices", "cuda", ABSENT, f"optional: {note}")


def _tools() -> Iterator[Finding]:
    """Programs beside Python that only some checks run: `pytest --latex` compiles what families write as LaTeX."""
    for tool, package in TOOLS.items():
        found = shutil.which(tool)
        if found is None:
            yield Finding("tools", tool, ABSENT, f"optional, for pytest --latex: install {package}")
        else:
            yield Finding("tools", tool, OK, found)


def _plugins() -> Iterator[Finding]:
    for plugin in installed().plugins:
        note = ", ".join(plugin.families) or ", ".join(h.removeprefix("i2c_") for h in plugin.hooks)
        for problem in plugin.problems:
            yield Finding("plugins", plugin.name, PROBLEM, problem)
        if not plugin.problems:
            yield Finding("plugins", plugin.name, OK, note)
