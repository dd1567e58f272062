"""Automata on disk, so that a large language is compiled once on a machine. Never a reason to fail, never needed.

A file is found by a hash of the signature's text, the root type, what may be folded and the version of the format. It
is an npz archive of plain arrays with checksums: names as UTF-8 bytes, nothing pickled. A file that cannot be read is
made again; a folder that cannot be written is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata.automaton import Automaton, Registers
from i2c_core.automata.compiling import FOLD, compile_vocabulary
from i2c_core.files import DiskError, is_url, write_atomically
from i2c_core.vocabulary import Vocabulary

FORMAT = 1  # raised when the meaning of an automaton's arrays changes
FOLDER = "I2C_CACHE"  # the environment variable that names the folder; empty, or a URL, for none
MOST_FILES = 64  # kept; the oldest go

_Arrays = dict[str, NDArray[Any]]


def default_folder() -> Path | None:
    """Where automata are kept: `I2C_CACHE`, else the user's folder for caches; None where it is set to nothing."""
    chosen = os.environ.get(FOLDER)
    if chosen is not None:
        return Path(chosen) / "automata" if chosen and not is_url(chosen) else None
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        home = os.path.expanduser("~/Library/Caches")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not home or home.startswith("~"):
        return None
    return Path(home) / "i2c" / "automata"


def key(vocabulary: Vocabulary, fold: int = FOLD) -> str:
    """What an automaton is found by."""
    text = json.dumps([FORMAT, vocabulary.signature.show(), str(vocabulary.root), fold])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def compiled(vocabulary: Vocabulary, fold: int = FOLD, folder: Path | None = None) -> Automaton:
    """The automaton of a vocabulary, from disk where it was compiled before.

    Args:
        vocabulary: of any signature.
        fold: as `compile_vocabulary` takes it.
        folder: where automata are kept; None for `default_folder`.

    Raises:
        SignatureError: as `compile_vocabulary` raises it.
    """
    folder = default_folder() if folder is None else folder
    if folder is None or not (vocabulary.related or vocabulary.has_orders):
        return compile_vocabulary(vocabulary, fold)  # the vocabulary's own tables: nothing to save
    name = key(vocabulary, fold)
    found = load(folder, name)
    if found is None or found.tokens != vocabulary.tokens:
        found = compile_vocabulary(vocabulary, fold)
        save(folder, name, found)
    return found


def load(folder: Path, name: str) -> Automaton | None:
    """The automaton that was kept under a name; None where there is none, or none that can be read."""
    try:
        content = (folder / f"{name}.npz").read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return _from_arrays({entry: file[entry] for entry in file.files})
    except Exception:  # whatever is wrong with the file, the automaton can be made again
        return None


def save(folder: Path, name: str, automaton: Automaton) -> None:
    """Keep an automaton, whole or not at all. A folder that cannot be written is left alone."""
    content = io.BytesIO()
    np.savez(content, **_to_arrays(automaton))  # type: ignore[arg-type]
    with contextlib.suppress(DiskError, OSError):
        write_atomically(folder / f"{name}.npz", content.getvalue(), lasting=False)
        _shrink(folder)


def _shrink(folder: Path) -> None:
    """Drop the oldest files beyond `MOST_FILES`."""
    files = [p for p in folder.glob("*.npz") if p.is_file()]
    if len(files) > MOST_FILES:
        for path in sorted(files, key=lambda p: p.stat().st_mtime_ns)[: len(files) - MOST_FILES]:
            with contextlib.suppress(OSError):  # another process may have dropped it
                path.unlink()


def _to_arrays(automaton: Automaton) -> _Arrays:
    registers = automaton.registers
    arrays = {f.name: getattr(automaton, f.name) for f in fields(Automaton) if f.name not in ("tokens", "types")}
    del arrays["registers"]
    for field in ("tokens", "types"):
        arrays[field] = np.frombuffer(json.dumps(getattr(automaton, field)).encode(), np.uint8)
    if registers is not None:
        arrays |= {f"registers.{f.name}": np.asarray(getattr(registers, f.name)) for f in fields(Registers)}
    return arrays


def _from_arrays(arrays: _Arrays) -> Automaton:
    registers = None
    if "registers.count" in arrays:
        parts: dict[str, Any] = {f.name: arrays[f"registers.{f.name}"] for f in fields(Registers)}
        registers = Registers(**{**parts, "count": int(parts["count"]), "frames": bool(parts["frames"])})
    tokens, types = (tuple(json.loads(arrays[name].tobytes())) for name in ("tokens", "types"))
    return Automaton(tokens, types, arrays["production"], arrays["cost"], arrays["args"], arrays["least"], registers)
