"""What people get wrong at the command line: one clear error, the right exit code, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl
from i2c_core.plugins import Plugin, Plugins, chosen_entry_points
from tests.cli.conftest import Run

IMAGE = "use a PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF, HEIC or PDF file"
AGAIN = "save or download it again"
LIMIT = "the limit is sides below 30,000 and 100 million pixels in all"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with one good picture and many bad ones."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.repeat(np.array([0, 255], np.uint8), 16)[:, None].repeat(32, 1)).save("good.png")
    content = Path("good.png").read_bytes()
    Path("cut.png").write_bytes(content[:-25])
    Path("flipped.png").write_bytes(content[:45] + bytes([content[45] ^ 255]) + content[46:])
    Path("empty.png").touch()
    Path("text.png").write_text("hello\n")
    Image.new("1", (30_000, 1)).save("wide.png")
    Path("hollow").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "fact", "hint"),
    [
        ("cut.png", "cut.png is damaged: image file is truncated", AGAIN),
        ("flipped.png", "flipped.png is damaged: broken data stream when reading image file", AGAIN),
        ("empty.png", "empty.png is empty", IMAGE),
        ("text.png", "text.png is not an image that can be read", IMAGE),
        ("wide.png", f"wide.png is 30000x1 pixels, {LIMIT}", "make it smaller"),
        ("goood.png", "no file 'goood.png'", "did you mean 'good.png'?"),
        ("zzz.png", "no file 'zzz.png'", "check the path"),
        ("", "the name of an image is empty", "write a name; '.' is the folder you are in"),
        ("hollow", "folder hollow holds no images",
         "it needs files that end in .png, .jpg, .jpeg, .gif, .webp, .bmp, .tif, .tiff, .apng, .avif, .heic, .heif, "
         ".pdf"),
        (os.devnull, f"{os.devnull} is empty", IMAGE),
    ],
)  # fmt: skip
def test_images(i2c: Run, checkpoint: Path, folder: Path, name: str, fact: str, hint: str) -> None:
    found = i2c("decode", name, "--weights", checkpoint)
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {fact}\n  -> {hint}\n")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
def test_an_endless_file(i2c: Run, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.images.limits.MOST_BYTES", 5_000_000)
    found = i2c("decode", "/dev/zero", "--weights", checkpoint)
    assert (found.exit_code, found.stderr) == (1, "error: /dev/zero has more than 5 MB\n  -> make it smaller\n")


def test_standard_input(i2c: Run, checkpoint: Path) -> None:
    found = i2c("decode", "-", "--weights", checkpoint, input=b"")
    assert (found.exit_code, found.stderr) == (1, f"error: standard input is empty\n  -> {IMAGE}\n")


PROGRAMS: list[tuple[list[str], str]] = [
    (["H W B"], "line 1, column 1: expected h, v, q, B or W, got 'H'\n    H W B\n    ^\n  -> did you mean 'h'?"),
    (["h W X"], "line 1, column 5: expected h, v, q, B or W, got 'X'\n    h W X\n        ^\n"
                "  -> replace it by one of these"),
    (["h W"], "line 1, column 4: expected h, v, q, B or W, got the end\n    h W\n       ^\n"
              "  -> the program ends too early: complete it"),
    ([""], "the text is empty, expected h, v, q, B or W\n  -> write a program"),
    (["none.txt"], "no file 'none.txt'\n  -> check the path"),
    (["latin.txt"], "latin.txt is no UTF-8 text: byte 5\n  -> save it as UTF-8"),
    (["bare"], "no format of splits has files without an ending\n  -> use .txt, .json, or name a format"),
    (["crlf.txt"], "crlf.txt: line 2, column 1: expected h, v, q, B or W, got 'X'\n    X\n    ^\n"
                   "  -> replace it by one of these"),
    (["huge.txt"], "huge.txt: the text has 2,000,002 characters, more than 2,000,000\n"
                   "  -> give one program, not a collection"),
    (["nested.json"], 'nested.json: this is JSON nested too deeply\n  -> write {"tokens": ["...", ...]}'),
    (["deep.json", "--tree"], "the program is 3,001 levels deep, a tree of it shows up to 1,000\n"
                              "  -> print its tokens instead"),
]  # fmt: skip


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("latin.txt").write_bytes(b"h W \xff B")
    Path("bare").write_text("B")
    Path("crlf.txt").write_bytes(b"h W\r\nX\r\n")
    Path("huge.txt").write_text("B " * 1_000_001)
    Path("nested.json").write_text("[" * 200_000)
    tokens = ", ".join(['"h"'] * 3000 + ['"B"'] * 3001)
    Path("deep.json").write_text(f'{{"tokens": [{tokens}]}}')


@pytest.mark.parametrize(("words", "expected"), PROGRAMS, ids=[" ".join(w) for w, _ in PROGRAMS])
def test_programs(i2c: Run, texts: None, words: list[str], expected: str) -> None:
    found = i2c("parse", "-f", "splits", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {expected}\n")


def test_standard_input_that_is_no_text() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "i2c_cli", "parse", "-f", "splits", "-"],
        input=b"h W \xff B", capture_output=True, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (1, b"")
    assert found.stderr.decode() == "error: standard input is no UTF-8 text: byte 5\n  -> save it as UTF-8\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_of_the_shell_is_a_file() -> None:
    line = f"{sys.executable} -m i2c_cli parse -f splits <(echo h W B)"
    assert subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout == "h W B\n"


@pytest.mark.posix
def test_a_closed_standard_output_is_no_error() -> None:
    line = f"{sys.executable} -m i2c_cli parse -f splits B >&-"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["-o", "a.jpg"], 1, "no format of splits has files that end in .jpg\n"
                             "  -> use .txt, .json, or name a format"),
        (["-o", "good.png/a.txt"], 1, "cannot write good.png/a.txt: good.png is no folder\n"
                                      "  -> choose another folder"),
        (["--picture", "a.jpg"], 2, "pictures are written as PNG, --picture a.jpg ends in .jpg\n  -> name it a.png"),
        (["--side-by-side", "a.gif"], 2, "pictures are written as PNG, --side-by-side a.gif ends in .gif\n"
                                         "  -> name it a.png"),
        (["--threshold", "nan"], 2, "invalid value for '--threshold': nan is not a number\n"
                                    "  -> see 'i2c decode --help'"),
        (["-n", "100000"], 2, "invalid value for '-n': 100000 is not in the range 1<=x<=1000\n"
                              "  -> see 'i2c decode --help'"),
        (["--seed", str(2**63)], 2, f"invalid value for '--seed': {2**63} is not in the range 0<=x<={2**63 - 1}\n"
                                    "  -> see 'i2c decode --help'"),
        (["--wieghts", "x"], 2, "no such option '--wieghts'\n  -> did you mean '--weights'?"),
        (["good.png"], 2, "code of 2 images does not fit on stdout\n  -> add --json, or name a folder: -o DIR"),
    ],
)  # fmt: skip
def test_options(i2c: Run, checkpoint: Path, folder: Path, words: list[str], code: int, expected: str) -> None:
    before = sorted(p.name for p in folder.iterdir())
    found = i2c("decode", "good.png", "-f", "splits", "--weights", checkpoint, *words)
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", f"error: {expected}\n")
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_dash_is_stdout_for_code(i2c: Run, checkpoint: Path, folder: Path) -> None:
    plain, dashed = (i2c("decode", "good.png", "--weights", checkpoint, *w) for w in ([], ["-o", "-"]))
    assert (dashed.exit_code, dashed.stdout) == (0, plain.stdout)
    assert i2c("convert", "-f", "splits", "B", "--format", "text", "-o", "-").stdout == "B\n"


def test_a_gallery_beyond_memory(i2c: Run) -> None:
    found = i2c("gallery", "-f", "splits", "-n", "10000000")
    fact = "10,000,000 images of 32 pixels' height make a sheet of more than 100 million pixels"
    assert (found.exit_code, found.stderr) == (1, f"error: {fact}\n  -> ask for fewer images, or for smaller ones\n")


@pytest.mark.parametrize("kind", ["pickle", "empty", "cut"])
def test_checkpoints(i2c: Run, checkpoint: Path, folder: Path, kind: str) -> None:
    if kind == "pickle":
        import torch

        torch.save({"a": torch.ones(3)}, "bad")
    else:
        Path("bad").write_bytes(b"" if kind == "empty" else checkpoint.read_bytes()[:5000])
    found = i2c("decode", "good.png", "--weights", "bad")
    fact, hint = found.stderr.split("\n  -> ")
    assert (found.exit_code, found.stdout, hint) == (1, "", "copy it again, or train another: i2c train\n")
    assert fact.startswith("error: bad is no safetensors file, or a part of one: ")


# -- families of strangers


def _prints(program: Any) -> Any:
    print("talk")
    return np.zeros((8, 8), np.uint8)


def _leaves(program: Any) -> Any:
    raise SystemExit(5)


def _batch_leaves(batch: Any, size: Any) -> Any:
    raise SystemExit(5)


def add(plugins: Plugins, **changes: Any) -> None:
    """Register a family `stranger` under a plugin of its own."""
    given = {"signature": "f : (T, T) -> T\na, b : T", "root": "T", "size": (8, 8), "render": _prints}

    class Module:
        @hookimpl
        def i2c_families(self, register: Callable[[Family], None]) -> None:
            register(Family("stranger", **(given | changes)))

    plugins.register(Module(), Plugin("stranger", "tests"))


def test_what_a_renderer_prints_is_no_code(i2c: Run, plugins: Plugins) -> None:
    add(plugins)
    found = i2c("render", "-f", "stranger", "a", "-o", "-", "-q")
    assert found.stdout_bytes.startswith(b"\x89PNG")
    assert (found.exit_code, found.stderr) == (0, "talk\n")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"render": _leaves}, "renderer of stranger raised SystemExit: 5 on a\n"
         "  -> mend the renderer, or raise i2c_core.raster.Undefined where a program has no picture"),
        ({"render": _batch_leaves, "batched": True},
         "renderer of stranger raised SystemExit: 5 on a batch of 1 programs\n"
         "  -> mend the renderer; 'i2c check' shows which programs it fails on"),
        ({"grammar": "json.decoder:x.lark"},
         "stranger: json.decoder is no package, so that it cannot hold the grammar 'x.lark'\n"
         "  -> make it a folder json/decoder/ with an __init__.py"),
        ({"grammar": "\n"}, "grammar of stranger is empty\n  -> write a rule, as in: start: \"dot\""),
        ({"grammar": 'start: "f" start start start -> f | "a" -> a | "b" -> b\n'},
         "grammar of stranger, line 1: alternative 'f' of rule start has 3 arguments, the signature says "
         "f : (T, T) -> T\n  -> change one of the two"),
        ({"signature": "f : (T, T) -> T"}, "root type T can never end: its symbol f needs T\n"
         "  -> declare a symbol of type T that needs no T"),
    ],
)  # fmt: skip
def test_families(i2c: Run, plugins: Plugins, tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    add(plugins, **changes)
    found = i2c("render", "-f", "stranger", "a", "-o", tmp_path / "a.png")
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {expected}\n")
    assert not (tmp_path / "a.png").exists()


def test_a_grammar_is_checked_before_the_training(i2c: Run, plugins: Plugins, tmp_path: Path) -> None:
    add(plugins, grammar='start: "f" start -> f | "a" -> a | "b" -> b\n')
    found = i2c("train", "-f", "stranger", "-o", tmp_path / "run")
    fact = "alternative 'f' of rule start has 1 argument, the signature says f : (T, T) -> T"
    expected = f"error: grammar of stranger, line 1: {fact}\n  -> change one of the two\n"
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", expected)
    assert not (tmp_path / "run").exists()


def test_a_budget_below_the_shortest_program_fails_the_check(i2c: Run, plugins: Plugins) -> None:
    add(plugins, signature="f : (U, U) -> T\na : U", budget=2)
    found = i2c("check", "stranger")
    assert found.exit_code == 1
    told = "failed  a budget of 2 tokens is below the shortest T, which has 3\n  -> use a budget of at least 3\n"
    assert found.stdout.startswith(f"signature            {told}")


def stranger(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, body: str) -> None:
    """Install a plugin distribution of one module on the path."""
    (folder / f"{name}.py").write_text(body)
    info = folder / f"i2c_family_{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: i2c-family-{name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[i2c]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(folder)


def test_a_plugin_that_ends_the_process_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger(tmp_path, monkeypatch, "a_leaver", "raise SystemExit(7)\n")
    plugins = Plugins()
    plugins.load(chosen_entry_points(None)[0])
    problem = "plugin i2c-family-a_leaver (a_leaver): cannot be imported: SystemExit: 7"
    assert plugins.problems == [problem]
    assert "splits" in plugins.families.names()


def test_a_stranger_takes_no_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl

@hookimpl
def i2c_families(register):
    register(Family("splits", root="T", signature="a : T"))

@hookimpl
def i2c_commands(register):
    register("decode", "a_thief:decode", "mine")
"""
    stranger(tmp_path, monkeypatch, "a_thief", body)
    plugins = Plugins()
    plugins.load(chosen_entry_points(None)[0])
    thief = "i2c-family-a_thief (a_thief)"
    assert plugins.problems == [
        f"plugin {thief}: family 'splits' of {thief} clashes with the one of images-to-code (splits) "
        "(rename one, or choose plugins by name with I2C_LOAD_PLUGINS: see 'i2c plugins')",
        f"plugin {thief}: 'decode' clashes with the one of images-to-code (commands) (rename one of them)",
    ]
