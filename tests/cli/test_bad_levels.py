"""Levels that are none, through the commands: one clear error each, that names the file, and the row and column where
there is one; the others of several inputs are read. The network has random weights: what holds of it holds of any.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from i2c_core.checkpoints import describe_model, save_checkpoint
from i2c_core.drawing import draw, save_png
from i2c_core.plugins import get_family
from i2c_core.tiles.network import NetworkConfig, TileNetwork
from i2c_core.tilesets import tileset_of
from i2c_core.tilesets.icons import atlas
from tests.cli.conftest import Run

PACMAN = get_family("pacman")
LEVEL = "level 5 x 4 of empty\nrow 1 %%%%%\nrow 2 %P.o%\nrow 3 %_G.%\nrow 4 %%%%%\n"
LAY = "%%%%%\n%P.o%\n% G.%\n%%%%%\n"
SIZES = "levels of pacman have 3 to 32 columns, 3 to 32 rows"
KNOWN = "use one of '.' dot, ' ' empty, '%' wall, 'o' power, 'G' ghost, 'P' pacman"
NO_GRID = (
    "{0}: no grid of tiles was found in the picture",
    "crop the picture to the level, or name its size: --size COLUMNSxROWS",
)
ONE_COLOUR = ("{0}: the picture has one colour all over, no grid of tiles", "check the file")
PIXELS = ("the limit is sides below 30,000 and 100 million pixels in all", "make it smaller")
SECONDS = 4.0  # of the processor, for a picture


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network for pacman with random weights."""
    config = NetworkConfig(len(tileset_of(PACMAN)), 8, 1, (64, 64), PACMAN.budget)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = TileNetwork(config)
    path = tmp_path_factory.mktemp("weights") / "pacman.safetensors"
    save_checkpoint(path, network.state_dict(), describe_model(PACMAN, config, {}, 0, "tiles"))
    return path


def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def gradient() -> NDArray[np.uint8]:
    return np.linspace(0, 255, 400).astype(np.uint8)[None].repeat(300, 0)


def text() -> NDArray[np.uint8]:
    page = Image.new("L", (500, 700), 255)
    for y in range(20, 680, 16):
        ImageDraw.Draw(page).text((20, y), "The quick brown fox jumps over the lazy dog, and so on it goes", fill=0)
    return np.array(page)


def huge() -> NDArray[np.uint8]:
    """A level of 300 x 300 tiles as the renderer would draw it."""
    tiles = tileset_of(PACMAN)
    level = np.random.default_rng(0).integers(0, len(tiles), (300, 300))
    return atlas(tiles, 4)[level].transpose(0, 3, 1, 4, 2).reshape(1200, 1200, 3)


PICTURES: dict[str, tuple[Callable[[], NDArray[np.uint8]], tuple[str, str]]] = {
    "noise": (noise, NO_GRID),
    "gradient": (gradient, NO_GRID),
    "text": (text, NO_GRID),
    "huge": (huge, NO_GRID),
    "white": (lambda: np.full((200, 300), 255, np.uint8), ONE_COLOUR),
    "black": (lambda: np.zeros((200, 300), np.uint8), ONE_COLOUR),
    "dot": (lambda: np.zeros((1, 1), np.uint8), ONE_COLOUR),
    "strip": (lambda: np.zeros((3, 29_999), np.uint8), ONE_COLOUR),
    "line": (lambda: np.zeros((3, 30_000), np.uint8), ("{0} is 30000x3 pixels, " + PIXELS[0], PIXELS[1])),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_show_no_level(i2c: Run, weights: Path, tmp_path: Path, name: str) -> None:
    picture, (fact, hint) = PICTURES[name]
    path = tmp_path / f"{name}.png"
    Image.fromarray(picture()).save(path)
    began = time.process_time()
    found = i2c("decode", path, "--weights", weights)
    assert time.process_time() - began < SECONDS
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"error: {fact.format(path)}\n  -> {hint}\n"


def test_the_other_pictures_of_a_folder_are_read(i2c: Run, weights: Path, tmp_path: Path) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    save_png(draw(PACMAN, [PACMAN.parse(LEVEL)])[0], tmp_path / "c.png")
    found = i2c("decode", tmp_path, "--weights", weights, "-o", tmp_path / "out", "--format", "lay", "-q")
    assert found.exit_code == 1
    grid, damaged = found.stderr.split("error: ")[1:]
    assert grid == f"{NO_GRID[0].format(tmp_path / 'a.png')}\n  -> {NO_GRID[1]}\n"
    assert damaged.startswith(f"{tmp_path / 'b.png'} is ")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["c.lay"]
    assert (tmp_path / "out" / "c.lay").read_text() == LAY


def test_errors_as_json(i2c: Run, weights: Path, tmp_path: Path) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    record = json.loads(i2c("decode", tmp_path / "a.png", "--weights", weights, "--json").stdout)
    assert (record["error"], record["hint"]) == (NO_GRID[0].format(tmp_path / "a.png"), NO_GRID[1])


def test_a_level_beyond_the_budget_stops_no_other(i2c: Run, weights: Path, tmp_path: Path) -> None:
    small = "level 3 x 3 of empty\nput pacman 1, 1\n"
    for name, code in (("a", LEVEL), ("b", small)):
        save_png(draw(PACMAN, [PACMAN.parse(code)])[0], tmp_path / f"{name}.png")
    found = i2c("decode", tmp_path, "--weights", weights, "--budget", "20", "--json", "-q")
    assert found.exit_code == 1
    first, second = (json.loads(line) for line in found.stdout.splitlines())
    assert first["error"].endswith("a.png: the level's plain form takes 41 tokens, above the budget of 20")
    assert second["candidates"]


@pytest.mark.parametrize(
    ("words", "code", "fact", "hint"),
    [
        *((["--size", size], 2, f"--size {size!r} is no size of a grid", "write columns and rows, as in 20x11")
          for size in ("20", "20x", "0x5", "axb", "3x3x3", "20 x 11")),
        (["--size", "2x2"], 1, "a level of 2x2 tiles was asked for", "pacman has 3x3 to 32x32"),
        (["--size", "300x300"], 1, "a level of 300x300 tiles was asked for", "pacman has 3x3 to 32x32"),
        (["--strategy", "beam"], 2, "this network knows no strategy 'beam'", "use one of auto, greedy, network"),
    ],
)  # fmt: skip
def test_options(i2c: Run, weights: Path, tmp_path: Path, words: list[str], code: int, fact: str, hint: str) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    found = i2c("decode", tmp_path / "a.png", "--weights", weights, *words)
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", f"error: {fact}\n  -> {hint}\n")


@pytest.mark.parametrize(
    ("words", "fact", "hint"),
    [
        (["--size", "5x5"], "a size of 5x5 was asked for, pictures of splits show no grid of tiles",
         "leave the size out"),
        (["--repair"], "splits has no rules by which to repair", "leave the repair out"),
    ],
)  # fmt: skip
def test_options_of_grids_for_another_family(
    i2c: Run, checkpoint: Path, tmp_path: Path, words: list[str], fact: str, hint: str
) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    found = i2c("decode", tmp_path / "a.png", "--weights", checkpoint, *words)
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {fact}\n  -> {hint}\n")


def test_many_problems_are_not_all_told(i2c: Run, weights: Path, tmp_path: Path) -> None:
    save_png(draw(PACMAN, [PACMAN.parse("level 5 x 4 of dot")])[0], tmp_path / "a.png")
    found = i2c("decode", tmp_path / "a.png", "--weights", weights, "--format", "lay", "-q")
    warnings = found.stderr.splitlines()
    assert found.exit_code == 0
    assert warnings[0] == f"warning: {tmp_path / 'a.png'}: there are no pacman tiles, expected exactly 1"
    assert (len(warnings), warnings[-1]) == (6, f"warning: {tmp_path / 'a.png'}: 6 more problems, see 'i2c lint'")


def tiled(**changed: object) -> str:
    layer = {"type": "tilelayer", "name": "ground", "width": 3, "height": 3, "data": [1] * 9}
    tiles = {"firstgid": 1, "name": "farm", "tilecount": 40}
    return json.dumps({"orientation": "orthogonal", "layers": [layer], "tilesets": [tiles]} | changed)


SAVE = "save it as a JSON map (.tmj) in Tiled"
FILES: list[tuple[str, str | bytes, str, str]] = [
    ("a.lay", "%%%\n%%\n%%%\n", "{0}: row 2 has 2 characters, row 1 has 3",
     "make all rows equally long, with spaces at the end where nothing is"),
    ("a.lay", "%%%\n%#%\n%%%\n", "{0}: row 2, column 2: '#' stands for no tile", KNOWN),
    ("a.lay", "%%%\n%\t%\n%%%\n", "{0}: row 2, column 2: '\\t' stands for no tile", KNOWN),
    ("a.lay", "", "{0}: there is no level in it", "write a row of tiles a line"),
    ("a.lay", "%%\n%%\n", "{0}: the level has 2 columns and 2 rows", SIZES),
    ("a.lay", ("%" * 300 + "\n") * 300, "{0}: the level has 300 columns and 300 rows", SIZES),
    ("a.lay", bytes(range(256)), "{0} is no UTF-8 text: byte 129", "save it as UTF-8"),
    ("a.csv", "wall,wall,wall\nwall,walls,wall\nwall,wall,wall\n", "{0}: row 2, column 2: 'walls' is no tile of pacman",
     "did you mean 'wall'?"),
    ("a.csv", 'wall,"wall\nwall,wall', "{0}: this is no CSV: line 2: unexpected end of data",
     "write the names of tiles"),
    ("a.tmj", tiled(), '{0}: row 1, column 1: tile 0 of the tile set "farm" is no tile of pacman',
     "set the class of each tile to one of dot, empty, wall, power, ghost, pacman in Tiled"),
    ("a.tmj", tiled(infinite=True), "{0}: this map is infinite",
     "turn Infinite off in the map's properties in Tiled"),
    ("a.tmj", tiled(layers=[]), "{0}: this map has 0 layers, expected 1", "merge them into one layer in Tiled"),
    ("a.tmj", tiled()[:20], "{0}: this is no JSON: line 1, column 17: Unterminated string starting at", SAVE),
    ("a.tmj", "[1, 2]", "{0}: this JSON is no map of Tiled", SAVE),
    ("a.tmx", "<map/>", "no format of pacman has files that end in .tmx",
     "use .lay, .csv, .tmj, .txt, .json, or name a format"),
    ("a.txt", "level 2 x 2 of wall", "{0}: line 1, column 7: expected Columns (3..32), got 2\n"
     "    level 2 x 2 of wall\n          ^", "write a number from 3 to 32"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "fact", "hint"), FILES)
def test_files_that_hold_no_level(
    i2c: Run, tmp_path: Path, name: str, content: str | bytes, fact: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = tmp_path / "out"
    for words in (["convert", "--format", "text"], ["lint"], ["synthesize"], ["render", "-o", out]):
        found = i2c(*words, path, "-f", "pacman")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr == f"error: {fact.format(path)}\n  -> {hint}\n"
    assert not out.exists()


def test_nothing_is_written_where_one_of_several_files_is_bad(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "a.lay").write_text(LAY)
    (tmp_path / "b.lay").write_text("%%%\n%#%\n%%%\n")
    words = ("-f", "pacman", "-o", tmp_path / "out")
    for command in (["convert", "--format", "csv"], ["render"]):
        found = i2c(*command, tmp_path / "a.lay", tmp_path / "b.lay", *words)
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr == f"error: {tmp_path / 'b.lay'}: row 2, column 2: '#' stands for no tile\n  -> {KNOWN}\n"
    assert not (tmp_path / "out").exists()


def test_the_other_files_are_held_against_the_rules(i2c: Run, tmp_path: Path) -> None:
    for name, content in (("a", LAY), ("b", "%%%\n%#%\n%%%\n"), ("c", "%%%\n%P%\n%%%\n")):
        (tmp_path / f"{name}.lay").write_text(content)
    a, b, c = (tmp_path / f"{name}.lay" for name in "abc")
    error = f"{b}: row 2, column 2: '#' stands for no tile"
    found = i2c("lint", a, b, c, "-f", "pacman")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"{a} is sound\nerror: {error}\n  -> {KNOWN}\n{c} is sound\n"
    found = i2c("lint", a, b, c, "-f", "pacman", "--json", "-q")
    assert [json.loads(line).get("error") for line in found.stdout.splitlines()] == [None, error, None]
    found = i2c("lint", a, b, c, "-f", "pacman", "--repair", "-o", tmp_path / "out", "--format", "lay", "-q")
    assert (found.exit_code, found.stderr) == (1, f"error: {error}\n  -> {KNOWN}\n")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.lay", "c.lay"]
