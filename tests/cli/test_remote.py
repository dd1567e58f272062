"""Runs, checkpoints and datasets behind URLs: trained, resumed, begun from, built, described, evaluated and decoded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stores import ObjectStore, bucket

from i2c_cli.app import application
from i2c_core import get_family
from i2c_core.checkpoints import load_checkpoint
from i2c_core.datasets.pairs import read_pairs
from i2c_core.files import locate
from i2c_core.reader import Reader

__all__ = ["bucket"]

TINY = (
    *("--set", "model.width=16", "--set", "model.layers=1", "--set", "model.heads=2", "--set", "model.channels=4"),
    *("--set", "model.blocks=0", "--set", "data.max_size=5", "--set", "data.table=500", "--set", "run.threads=1"),
    *(
        "--set",
        "run.eval_samples=4",
        "--set",
        "run.calibration_samples=0",
        "--batch-size",
        "4",
        "--device",
        "cpu",
        "-q",
    ),
)


def run(*words: str, code: int = 0) -> Result:
    found = CliRunner().invoke(application, list(words), catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found


TRAINED: dict[str, bytes] = {}  # what a run of three steps leaves in a store, which takes seconds


@pytest.fixture
def trained(bucket: type[ObjectStore]) -> str:
    """A run of three steps behind a URL."""
    if not TRAINED:
        run("train", "-f", "splits", "-o", "s3://one/run", "--steps", "3", *TINY)
        TRAINED.update(bucket.objects)
    bucket.objects.update(TRAINED)
    return "s3://one/run"


def test_a_run_behind_a_url_is_the_run_of_a_folder(trained: str, tmp_path: Path) -> None:
    run("train", "-f", "splits", "-o", str(tmp_path / "run"), "--steps", "3", *TINY)
    there, here = (load_checkpoint(locate(place)) for place in (trained, str(tmp_path / "run")))
    assert there.name == "s3://one/run/model.safetensors"
    assert all(there.tensors[name].equal(tensor) for name, tensor in here.tensors.items())
    names = {file.name for file in locate(trained).iterdir()}
    assert names == {file.name for file in (tmp_path / "run").iterdir()} - {"tensorboard"}
    assert (locate(trained) / "metrics.jsonl").read_text().startswith('{"step": 3, "loss": ')


def test_a_run_that_its_store_stops_is_gone_on_with(trained: str, bucket: type[ObjectStore]) -> None:
    bucket.full_after = 5  # settings, metrics, the two files of the first save, one of the last
    again = ("train", "-f", "splits", "-o", "s3://one/again", "--steps", "3", *TINY, "--set", "run.save_every=2")
    fact = "cannot write s3://one/again/model.safetensors: the quota is used up"
    next_step = "check the address, the network, and whether you may use it: step 2 is saved"
    assert run(*again, code=1).stderr == (f"error: {fact}\n  -> {next_step}, go on with --resume s3://one/again\n")
    bucket.full_after = None
    run("train", "--resume", "s3://one/again", "-q")
    whole, resumed = (load_checkpoint(locate(place)) for place in (trained, "s3://one/again"))
    assert resumed.meta["step"] == 3
    assert all(resumed.tensors[name].equal(tensor) for name, tensor in whole.tensors.items())


def test_a_run_is_not_overwritten_but_begun_from(trained: str) -> None:
    found = run("train", "-f", "splits", "-o", trained, *TINY, code=1)
    hint = f"go on with --resume {trained}, or choose another folder with --out"
    assert found.stderr == f"error: {trained} holds a run already\n  -> {hint}\n"
    run("train", "-f", "splits", "-o", "s3://one/more", "--init", trained, "--steps", "1", *TINY)
    meta = load_checkpoint(locate("s3://one/more")).meta
    assert (meta["step"], meta["train"]["init"]) == (1, trained)


def test_its_weights_decode(trained: str, tmp_path: Path) -> None:
    picture = tmp_path / "in.png"
    run("render", "-f", "splits", "-o", str(picture), "h B W")
    words = ("decode", "-f", "splits", "--strategy", "greedy", "--json", str(picture), "--weights")
    found = json.loads(run(*words, trained).stdout)
    assert len(found["candidates"]) == 1
    with Reader.load(trained, device="cpu") as reader:
        assert reader.read(picture, strategy="greedy")[0].code == found["candidates"][0]["code"]
    error = run(*words, "s3://one/nothing", code=1).stderr
    assert error == ("error: there is no checkpoint s3://one/nothing\n  -> check the path, or train one: i2c train\n")


def test_a_dataset_behind_a_url_is_the_dataset_of_a_folder(bucket: type[ObjectStore], tmp_path: Path) -> None:
    build = ("dataset", "build", "-f", "splits", "--max-size", "5", "--shard-size", "7", "-q", "-o")
    run(*build, "s3://one/data")
    run(*build, str(tmp_path / "data"))
    there, here = locate("s3://one/data"), tmp_path / "data"
    files = sorted(str(file.relative_to(here)) for file in here.rglob("*") if file.is_file())
    assert len(files) > 2
    for file in files:
        assert (there / file).read_bytes() == (here / file).read_bytes()
    places = ("s3://one/data", str(here), here.as_uri())
    told = [json.loads(run("dataset", "info", "--json", place).stdout) for place in places]
    assert told[0] == told[1] == told[2]
    run(*build, "s3://one/data", "--resume")
    assert len(read_pairs("s3://one/data", get_family("splits"))) == told[0]["images"]


def test_it_is_learned_from_and_evaluated_on(trained: str, bucket: type[ObjectStore]) -> None:
    run("dataset", "build", "-f", "splits", "--max-size", "5", "-q", "-o", "s3://one/data")
    found = run("eval", "-f", "splits", "--weights", trained, "--data", "s3://one/data", "-n", "4", "--json")
    assert json.loads(found.stdout)
    data = ("--data", "s3://one/data", "--exclude", "s3://one/data")
    found = run("train", "-f", "splits", "-o", "s3://one/two", "--steps", "1", *TINY, *data, code=1)
    fact = "the pairs leave nothing to give: 32 different images, 4 held out, 32 excluded"
    assert found.stderr == f"error: {fact}\n  -> give more pairs\n"
    run("train", "-f", "splits", "-o", "s3://one/three", "--steps", "1", *TINY, *data[:2])


def test_a_list_with_its_pictures_behind_a_url(bucket: type[ObjectStore], tmp_path: Path) -> None:
    run("render", "-f", "splits", "-o", str(tmp_path / "a.png"), "h B W")
    folder = locate("s3://one/list")
    (folder / "a.png").write_bytes((tmp_path / "a.png").read_bytes())
    (folder / "pairs.jsonl").write_bytes(b'{"file": "a.png", "code": "h B W"}\n')
    assert read_pairs("s3://one/list", get_family("splits")).codes == ["h B W"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("render", "-f", "splits", "-o", "s3://one/a.png", "h B W"),
            "--out takes no URL, got s3://one/a.png\n  -> give a path of this machine",
        ),
        (
            ("train", "-f", "splits", "-o", "s3://one/run", *TINY, "--set", "data.cache=s3://one/cache"),
            "pictures drawn before cannot be kept at s3://one/cache\n  -> give a path of this machine",
        ),
        (
            ("train", "-f", "splits", "-o", "nonsense://one/run"),
            "nonsense://one/run is in no file system that is known: Unsupported filesystem: 'nonsense'\n"
            "  -> check the address",
        ),
    ],
)
def test_what_cannot_be_behind_a_url(words: tuple[str, ...], error: str, bucket: type[ObjectStore]) -> None:
    found = CliRunner().invoke(application, list(words), catch_exceptions=False)
    assert found.exit_code != 0
    assert found.stderr == f"error: {error}\n"
    assert not Path("s3:").exists()


def test_a_store_that_is_gone_is_told(trained: str, bucket: type[ObjectStore]) -> None:
    place = locate(trained)
    bucket.down = True
    with pytest.raises(Exception, match="no credentials were found") as caught:
        load_checkpoint(place / "model.safetensors")
    fact = "cannot read s3://one/run/model.safetensors: no credentials were found"
    assert str(caught.value) == f"{fact}\n  -> check the path"
