"""What fuzzing found, each as a plain test: an input that was a traceback, a hang or worse, and what is said now."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors
import safetensors.torch

from i2c_core.bulk import Answered
from i2c_core.checkpoints import find_weights
from i2c_core.config import resolve_config
from i2c_core.datasets.manifests import dataset_info
from i2c_core.datasets.pairs import read_pairs
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.images import read_image
from i2c_core.journals import Journal
from i2c_core.plugins import get_family
from i2c_core.predictions import read_predictions
from i2c_core.reader import Reader
from i2c_core.sources import read_programs
from i2c_core.tilesets.paths import read_path
from i2c_core.tilesets.reading import read_tileset
from tests.fuzz.targets.records import PICTURE, _manifest, _parquet

DEEP = "[" * 100_000
LONG = "1" * 400
DAMAGED = "copy it again, or train another: i2c train"


def refusal(read: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(I2cError) as caught:
        read()
    return caught.value.fact, caught.value.hint


# -- records


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ('{"file": "a", "code": ' + DEEP, "JSON nested too deeply"),
        ('{"file": "a", "code": "B", "seconds": ' + LONG + "}", "JSON with a number that is too long"),
        ('{"file": "a", "code": "\\ud800"}', "JSON with half a character: '\\ud800'"),
    ],
)
def test_predictions(tmp_path: Path, line: str, fact: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(line)
    assert refusal(lambda: read_predictions(path)) == (
        f"{path}, line 1: {fact}",
        'write {"file": "0.png", "code": "..."} a line',
    )


@pytest.mark.parametrize("name", ["a" * 300, "a\x00b"])
def test_pairs_whose_images_have_names_that_no_file_has(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"file": name, "code": "B"}))
    fact, hint = refusal(lambda: read_pairs(path, get_family("splits")))
    assert fact == f"{path}, line 1: no image {tmp_path}/" + name.replace("\x00", "\\x00")
    assert hint == "put the image beside the list, or mend its name"


@pytest.mark.parametrize(
    ("columns", "fact"),
    [
        ({"code": [7]}, "expected text as code, got int"),
        ({"code": [None]}, "expected text as code, got NoneType"),
        ({"tokens": ["h"]}, "expected a list of texts as tokens"),
        ({"tokens": [[1, 2]]}, "expected a list of texts as tokens"),
        ({"code": ["B"], "tokens": [["B"]], "values": [["x"]]}, "expected a number, or null, a token as values"),
        ({"code": ["B"], "tokens": [["B"]], "values": [7]}, "expected a number, or null, a token as values"),
        ({"code": ["B"], "tokens": [["B"]], "values": [[0.5, 0.5]]}, "expected a number, or null, a token as values"),
        ({"code": ["B"], "image": [{"bytes": PICTURE, "path": 7}]}, "expected text as the path of an image, got int"),
    ],
)
def test_tables_with_columns_of_other_types(tmp_path: Path, columns: dict[str, Any], fact: str) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "pairs.parquet"
    table = {"image": [{"bytes": PICTURE, "path": "0.png"}]} | columns
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    assert refusal(lambda: read_pairs(path, get_family("splits")))[0] == f"{path}, row 1: {fact}"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[run]\nsteps = " + "1" * 5000, "TOML with a number that is too long"),
        ("a = " + DEEP, "TOML nested too deeply"),
    ],
)
def test_settings_and_tile_sets(tmp_path: Path, text: str, fact: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    assert refusal(lambda: resolve_config(file=path))[0] == f"{path} is {fact}"
    assert refusal(lambda: read_tileset(text, "tiles.toml")) == (f"tiles.toml is {fact}", "mend it there")


def test_a_table_whose_columns_have_names_that_are_no_text(tmp_path: Path) -> None:
    path, sound = tmp_path / "pairs.parquet", _parquet()[0]
    path.write_bytes(sound.replace(b"code", b"\xff\xfede"))
    fact, hint = refusal(lambda: read_pairs(path, get_family("splits")))
    assert fact.startswith(f"{path} is no Parquet file: 'utf-8' codec can't decode byte 0xff")
    assert hint == "write it again"


@pytest.mark.parametrize(
    "change",
    [
        {"shards": [[]]},
        {"shards": [{}]},
        {"shards": [{"file": "{" * 5000, "sha256": "0", "rows": 1, "sizes": {}}]},
        {"shards": [{"file": "/etc/passwd", "sha256": "0", "rows": 1, "sizes": {}}]},
        {"shards": [{"file": "data/a", "sha256": "0", "rows": 1, "sizes": {"a": 1}}]},
        {"shards": [{"file": "data/a", "sha256": "0", "rows": 1, "sizes": "a"}]},
        {"image": None},
        {"schema": "1"},
    ],
)
def test_manifests(tmp_path: Path, change: dict[str, Any]) -> None:
    path, sound = tmp_path / "manifest.json", json.loads(_manifest()[0])
    path.write_text(json.dumps(sound))
    assert dataset_info(tmp_path) == sound
    path.write_text(json.dumps(sound | change))
    fact = f"{path} is no manifest of schema 1"
    assert refusal(lambda: dataset_info(tmp_path)) == (fact, "build the dataset again in an empty folder")


@pytest.mark.parametrize("candidates", [[7], 7, [{"code": "B"}], [{"distance": "near"}]])
def test_journals_with_other_things_than_answers(tmp_path: Path, candidates: object) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"file": "a", "sha256": "0", "asked": "q", "candidates": candidates}) + "\n")
    with Journal(path, resume=True) as journal:
        fact = f"line 1 of {path} is no answer about an image"
        assert refusal(lambda: Answered().read(journal, "q", threshold=0.1)) == (fact, "write into another file")


# -- texts


@pytest.mark.parametrize("family", ["functions", "splits+functions"])
def test_values_beyond_floats(tmp_path: Path, family: str) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"tokens": ["x"], "values": [' + LONG + "]}")
    fact = f"{path}: this is JSON with a number that is too long"
    assert refusal(lambda: read_programs(get_family(family), [str(path)])) == (fact, 'write {"tokens": ["...", ...]}')


@pytest.mark.parametrize("unit", ["", "cm"])
def test_a_drawing_whose_numbers_are_infinite(tmp_path: Path, unit: str) -> None:
    far = "9" * 400 + unit
    path = tmp_path / "a.tikz"
    path.write_text(f"\\begin{{tikzpicture}}\n\\draw ({far},1) circle (1);\n\\end{{tikzpicture}}\n")
    fact, hint = refusal(lambda: read_programs(get_family("figures"), [str(path)]))
    assert fact.startswith(f"{path}: line 2, column {len(far) + 20}: x is 1000000\n")
    assert hint == "it must be from 1 to 15"


# -- languages


@pytest.mark.parametrize(
    ("table", "fact"),
    [
        ("row : (Cell) -> Row\nCell = 0.." + "9" * 5000, "line 2: 999999999999999999... is too large a number"),
        ("row : (a: Cell, b: Cell > a + " + LONG + ") -> Row\nCell = 0..7",
         "line 1: 111111111111111111... is too large a number"),
        ("row : (List[Cell, 0.." + LONG + "]) -> Row\nCell = 0..7",
         "line 1: 111111111111111111... is too large a number"),
        ("row : (a: ) -> Row", "line 1: '' is not a type"),
        ("row : (" + "List[" * 5000 + ") -> Row", "line 1: a type is nested too deeply"),
        ("row : (Size) -> Row\nSize = 0..1e999 in 8 bins", "line 2: '0..1e999 in 8 bins' is an empty range"),
    ],
)  # fmt: skip
def test_signatures(table: str, fact: str) -> None:
    assert refusal(lambda: Family("fuzzed", "Row", table).vocabulary)[0] == f"signature, {fact}"


def test_a_list_of_more_lengths_than_there_is_room_for_is_refused_at_once() -> None:
    family = Family("fuzzed", "Row", "row : (List[Cell, 0..999999999999999]) -> Row\nCell = 0..7")
    fact = "grounding 'cons' at List[Cell, 0..999999999999999] makes more than 1,000,000 productions"
    hint = "bound its list lengths or ranges, or list fewer types for its variables"
    assert refusal(lambda: family.vocabulary) == (fact, hint)


def test_a_rule_of_thousands_of_parts_which_lark_compiles_for_minutes(tmp_path: Path) -> None:
    path = tmp_path / "g.lark"
    path.write_text("start: " + '"(" ' * 5000 + '"x"\n')
    fact = "g.lark: rule start has 5,001 parts in a row, more than 200"
    assert refusal(lambda: Family.from_grammar(path)) == (fact, "move some of them into rules of their own")


NO_REASON = "g.lark is no grammar that Lark reads, and it finds no better reason than: "


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ('start: "a"\nINT.' + "3" * 5001 + ': "b"\n', NO_REASON + "Exceeds the limit (4300 digits)"),
        ('start: A "://"\nA: "http" "s"?[abB: /[a-z]+/\n', NO_REASON),
        ("start: A\nA: /#{1,9223372036854775807} /\n", "g.lark: the repetition number is too large"),
    ],
)
def test_grammars_at_which_lark_itself_fails(tmp_path: Path, text: str, fact: str) -> None:
    path = tmp_path / "g.lark"
    path.write_text(text)
    found, hint = refusal(lambda: Family.from_grammar(path))
    assert found.startswith(fact)
    assert hint


def test_a_path_beyond_floats() -> None:
    arc = "M 0 0 A 1e200 1e200 0 0 1 1 1"
    fact = f"the path {arc!r} has the number 1e200"
    assert refusal(lambda: read_path(arc)) == (fact, "draw in a tile of 1 x 1")


@pytest.mark.parametrize("rules", ["i2c_core:a\x00b", "\x00:a", ":a", "i2c_core.:a"])
def test_rules_of_packages_that_cannot_be(rules: str) -> None:
    family = replace(get_family("splits"), rules=rules)
    fact, hint = refusal(lambda: family.rewriting)
    assert fact.startswith("splits: ")
    assert hint == "give rules as left = right, or package:file.rules"


# -- checkpoints


def spoiled(path: Path, family: str, change: Callable[[dict[str, Any]], object]) -> Path:
    """The shipped weights of a family with another description."""
    data = find_weights(get_family(family)).read_bytes()
    length = int.from_bytes(data[:8], "little")
    meta = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["i2c"])
    change(meta)
    tensors = safetensors.torch.load(data)
    path.write_bytes(safetensors.torch.save(tensors, metadata={"i2c": json.dumps(meta)}))
    return path


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("image", None, "image = null, expected channels and a size, counts of pixels"),
        ("image", {"channels": 1, "size": [32]},
         'image = {"channels": 1, "size": [32]}, expected channels and a size, counts of pixels'),
        ("budget", "31", 'budget = "31", expected a count'),
        ("budget", 1e300, "budget = 1e+300, expected a count"),
        ("fingerprint", 7, "fingerprint = 7, expected text"),
        ("model", [], "model = [], expected an object"),
        ("train", {"config": 7}, "train.config = 7, expected an object"),
        ("train", {"seconds": "long"}, 'train.seconds = "long", expected a number'),
        ("step", -1, "step = -1, expected a count"),
        ("step", None, "step = null, expected a count"),
        ("versions", {"torch": 2}, 'versions = {"torch": 2}, expected texts by name'),
    ],
)  # fmt: skip
def test_descriptions_that_say_things_of_another_kind(tmp_path: Path, key: str, value: Any, told: str) -> None:
    path = spoiled(tmp_path / "a.safetensors", "splits", lambda meta: meta.update({key: value}))
    assert refusal(lambda: Reader.load(path)) == (f"the description inside {path} says {told}", DAMAGED)


def test_a_description_of_a_version_beyond_numbers(tmp_path: Path) -> None:
    path = spoiled(tmp_path / "a.safetensors", "splits", lambda meta: meta.update({"schema": float("inf")}))
    assert refusal(lambda: Reader.load(path)) == (f"the description inside {path} is damaged", DAMAGED)


@pytest.mark.parametrize(
    ("family", "key", "value", "told"),
    [
        ("splits", "width", 1e300, "describes no network: "),
        ("splits", "width", 1 << 20, "tensor "),  # 4 TB, if it were made
        ("splits", "layers", 1 << 23, "describes a network of 8,388,608 layers, and has 70 tensors"),
        ("splits", "numbers", [[1]], "describes no network: "),
        ("splits", "decoder", True, "describes no network: there is no decoder True"),
        ("splits", "where", "yes", 'describes no network: where is "yes"'),
        ("figures", "hidden", "96", "describes no network: "),
        ("figures", "probe", [24], "describes no network: probe is [24]"),
        ("figures", "blocks", 1 << 23, "describes a network of 8,388,608 blocks, and has "),
        ("pacman", "channels", None, "describes no network: "),
        ("pacman", "channels", 1 << 20, "tensor "),
    ],
)
def test_networks_that_cannot_be_ask_for_no_memory(
    tmp_path: Path, family: str, key: str, value: Any, told: str
) -> None:
    path = spoiled(tmp_path / "a.safetensors", family, lambda meta: meta["model"].update({key: value}))
    fact, hint = refusal(lambda: Reader.load(path))
    assert fact.startswith(told if told == "tensor " else f"{path} {told}")
    assert hint == DAMAGED


def test_pictures_of_another_size_than_the_network_s(tmp_path: Path) -> None:
    image = {"image": {"channels": 1, "size": [150, 32]}}
    path = spoiled(tmp_path / "a.safetensors", "splits", lambda meta: meta.update(image))
    fact = f"{path} describes no network: its pictures are 1x150x32, the network's are others"
    assert refusal(lambda: Reader.load(path)) == (fact, DAMAGED)


def test_a_calibration_beyond_numbers(tmp_path: Path) -> None:
    path = spoiled(
        tmp_path / "a.safetensors", "boxes", lambda meta: meta["calibration"].update({"pictures": float("inf")})
    )
    fact, _ = refusal(lambda: Reader.load(path))
    assert fact == f"the calibration in {path} is damaged: cannot convert float infinity to integer"


# -- images


@pytest.mark.parametrize("rubbish", [b"", b"\x07\x00?"])
def test_a_frame_far_off_the_canvas_of_an_animation_makes_no_room_for_itself(rubbish: bytes) -> None:
    screen = b"GIF89a" + struct.pack("<HHBBB", 17, 23, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 51_968, 50_655, 52_932, 0) + b"\x02\x02\x4c\x01\x00;"
    limit = "the limit is sides below 30,000 and 100 million pixels in all"
    fact = f"the image data is 50655x104900 pixels, {limit}"
    assert refusal(lambda: read_image(screen + rubbish + frame, 1)) == (fact, "make it smaller")


def test_what_pillow_logs_of_broken_files_stands_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("PIL.TiffImagePlugin").error("More samples per pixel than can be decoded: 32")
    assert capsys.readouterr().err == ""
