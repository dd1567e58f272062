"""Where networks run: a device by name, and what to call it in a record."""

from __future__ import annotations

import platform
from typing import Any

import torch

from i2c_core.errors import ConfigError


def find_device(name: str = "auto") -> torch.device:
    """The device of a name: auto (CUDA where there is one), cpu, cuda or cuda:N.

    Raises:
        ConfigError: the name is none of these, or the machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if name not in ("cpu", "cuda") and not (kind == "cuda" and number.isdecimal()):
        raise ConfigError(f"there is no device {name!r}", "use auto, cpu, cuda or cuda:N")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        fact = f"device {name} was asked for, torch sees {torch.cuda.device_count()} CUDA devices"
        raise ConfigError(fact, "use --device cpu, or see what i2c doctor says about CUDA")
    return torch.device(name)


def describe_hardware(device: torch.device, processes: int = 1) -> dict[str, Any]:
    """What a record says about the machine: the device's name, the CPU threads of torch, and processes where several
    learn together.
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    several = {"processes": processes} if processes > 1 else {}
    return {"device": device.type, "name": name, "threads": torch.get_num_threads(), **several}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
