"""A machine without what only POSIX has: no fork, no timers, no locks of files, no list of cores, no Triton.

One process of its own, from which all of that is taken away before anything of i2c is loaded, runs the commands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# What Windows' Python lacks. Packages that are built for this system, and ask for it, are loaded first.
BARE = """
import json, os, signal, subprocess, sys, threading
import matplotlib.pyplot, PIL.Image, pyarrow.parquet, rich.progress, safetensors.torch, scipy.ndimage, torch

for module, names in {
    os: "fork forkpty register_at_fork sched_getaffinity O_DIRECTORY getuid geteuid mkfifo uname getloadavg killpg",
    signal: "SIGALRM setitimer alarm SIGKILL SIGHUP pthread_sigmask",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
for module in ("fcntl", "resource", "pwd", "grp", "termios", "triton"):
    sys.modules[module] = None

import click
from i2c_cli.app import application

for words in json.loads(sys.argv[1]):
    try:
        application.main(args=words)
    except SystemExit as left:
        if left.code not in (0, None):
            raise
print("all done")
"""


def bare(folder: Path, *commands: list[str], **variables: str) -> str:
    """What the commands say where all that is missing; each must succeed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("I2C_", "_I2C_")) or k == "I2C_LOAD_PLUGINS"}
    done = subprocess.run(
        [sys.executable, "-c", BARE, json.dumps(commands)],
        cwd=folder,
        env=kept | {"I2C_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"} | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.endswith("all done\n")
    return done.stdout + done.stderr


SETTINGS = {"model": {"width": 16, "layers": 1, "heads": 2, "channels": 8}, "run": {"eval_samples": 4}}


def test_everything_works_without_what_only_posix_has(tmp_path: Path) -> None:
    """In a folder with spaces, umlauts and a snowman, with the streams of a German Windows."""
    folder = tmp_path / "Bilder von Jürgen ☃"
    folder.mkdir()
    settings = [f"--set={part}.{name}={value}" for part, table in SETTINGS.items() for name, value in table.items()]
    said = bare(
        folder,
        ["families"],
        ["render", "h W B", "-f", "splits", "-o", "größe 1.png"],
        ["dataset", "build", "-f", "splits", "-o", "Daten 1", "--max-size", "7", "--workers", "2", "-q"],
        ["train", "-f", "splits", "-o", "Läufe/erster", "--data", "Daten 1", "--steps=2", "--batch-size=4", *settings],
        ["train", "--resume", "Läufe/erster"],
        ["render", "B", "-f", "splits", "-o", "größe 2 ☃.png"],
        ["decode", "größe 1.png", "größe 2 ☃.png", "--weights", "Läufe/erster", "--json", "-o", "a ☃.jsonl"],
        ["decode", "größe 1.png", "--weights", "Läufe/erster", "--report", "Bericht ☃.html"],
        ["new-family", "meine-sprache", "-o", "Sprache"],
        PYTHONIOENCODING="cp1252",
        PYTHONUTF8="0",
    )
    assert "wrote Bericht ☃.html" in said
    lines = (folder / "a ☃.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["größe 1.png", "größe 2 ☃.png"]
    assert (folder / "Läufe" / "erster" / "model.safetensors").exists()
