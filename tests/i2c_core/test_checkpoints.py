"""Checkpoints: one file, read back as written; damaged, foreign and newer ones are told."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from i2c_core.checkpoints import (
    describe_model,
    find_weights,
    load_checkpoint,
    load_model,
    require_match,
    save_checkpoint,
)
from i2c_core.errors import CheckpointError
from i2c_core.families import Family
from i2c_core.model import Model, ModelConfig, build

HALVES = Family("halves", root="Image", signature="h : (Image, Image) -> Image\nB, W : Image", budget=9, size=(16, 16))
QUARTERS = Family("quarters", root="Image", signature="q : (Image, Image, Image, Image) -> Image\nB, W : Image")
NETWORK = ModelConfig(vocabulary=3, max_tokens=9, image=(1, 16, 16), width=8, layers=1, heads=1, channels=4, blocks=0)
AGAIN = "copy it again, or train another: i2c train"


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return build(NETWORK)


def saved(path: Path, model: Model, /, **changes: Any) -> Path:
    save_checkpoint(path, model.state_dict(), {**describe_model(HALVES, NETWORK, {"config": {}}, 7), **changes})
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    return str(caught.value)


def test_a_checkpoint_carries_its_recipe_and_reads_back(tmp_path: Path, model: Model) -> None:
    path = saved(tmp_path / "a.safetensors", model)
    found = load_checkpoint(path)
    assert found.meta["step"] == 7
    assert found.meta["tokens"] == ["h", "B", "W"]
    assert found.meta["image"] == {"channels": 1, "size": [16, 16]}
    assert set(found.meta["versions"]) >= {"i2c", "torch", "python"}
    require_match(found, HALVES)
    chance = torch.get_rng_state()
    again = load_model(found)
    assert torch.equal(chance, torch.get_rng_state())
    assert not again.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)


def test_equal_content_makes_equal_bytes(tmp_path: Path, model: Model) -> None:
    first, second = saved(tmp_path / "a", model), saved(tmp_path / "b", model)
    assert first.read_bytes() == second.read_bytes()


def test_a_folder_stands_for_the_run_in_it(tmp_path: Path, model: Model) -> None:
    saved(tmp_path / "model.safetensors", model)
    assert load_checkpoint(tmp_path).meta["step"] == 7
    assert find_weights(HALVES, tmp_path) == tmp_path / "model.safetensors"


@pytest.mark.parametrize("kept", [0, 4, 100, 2000, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, model: Model, kept: int) -> None:
    path = saved(tmp_path / "a.safetensors", model)
    path.write_bytes(path.read_bytes()[:kept])
    text = refusal(path)
    assert text.startswith(f"{path} is no safetensors file, or a part of one: ")
    assert text.endswith(f"\n  -> {AGAIN}")


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"\x80\x04\x95 a pickle, of all things")
    assert refusal(path).startswith(f"{path} is no safetensors file")
    path.write_bytes(safetensors.torch.save({"x": torch.zeros(1)}))
    assert refusal(path) == (
        f"{path} holds tensors, but not what they were trained on\n  -> use a checkpoint that i2c train wrote"
    )
    path.write_bytes(safetensors.torch.save({"x": torch.zeros(1)}, metadata={"i2c": "{"}))
    assert refusal(path) == f"the description inside {path} is damaged\n  -> {AGAIN}"
    path.write_bytes(safetensors.torch.save({"x": torch.zeros(1)}, metadata={"i2c": json.dumps({"schema": 1})}))
    assert refusal(path) == (
        f"the description inside {path} lacks family, root, tokens, fingerprint, semantics, model, budget, image"
        f"\n  -> {AGAIN}"
    )


def test_writers_of_one_checkpoint_never_show_a_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"

    def write(number: int) -> None:
        tensors = {name: torch.full((200_000,), float(number)) for name in ("first", "last")}
        meta = describe_model(HALVES, NETWORK, {}, number)
        for _ in range(15):
            save_checkpoint(path, tensors, meta)

    write(0)
    writers = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        found = load_checkpoint(path)
        seen.add(found.meta["step"])
        assert {float(v) for tensor in found.tensors.values() for v in tensor.unique()} == {float(found.meta["step"])}
    for writer in writers:
        writer.join()
    assert seen & {1, 2}
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_checkpoint_that_is_open_may_be_replaced(tmp_path: Path, model: Model) -> None:
    """Nothing of it is mapped to memory: what was read stays as it was read."""
    path = saved(tmp_path / "a.safetensors", model)
    found = load_checkpoint(path)
    before = {name: tensor.clone() for name, tensor in found.tensors.items()}
    path.write_bytes(b"\0" * path.stat().st_size)  # in place, as no writer of ours does
    assert all(torch.equal(tensor, before[name]) for name, tensor in found.tensors.items())


def test_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    assert refusal(path) == f"there is no checkpoint {path}\n  -> check the path, or train one: i2c train"


def test_a_newer_format_is_refused(tmp_path: Path, model: Model) -> None:
    path = saved(tmp_path / "a.safetensors", model, schema=2)
    assert refusal(path) == (
        f"{path} has version 2 of the checkpoint format, this i2c reads up to 1"
        "\n  -> upgrade i2c: pip install --upgrade images-to-code"
    )


def test_a_newer_package_alone_is_no_reason(tmp_path: Path, model: Model) -> None:
    found = load_checkpoint(saved(tmp_path / "a", model, versions={"i2c": "99.0", "torch": "99.0"}))
    require_match(found, HALVES)
    load_model(found)


def test_another_family_is_refused_with_both_told(tmp_path: Path, model: Model) -> None:
    found = load_checkpoint(saved(tmp_path / "a", model))
    with pytest.raises(CheckpointError) as caught:
        require_match(found, QUARTERS)
    ours, theirs = (f.vocabulary.fingerprint[:8] for f in (HALVES, QUARTERS))
    assert str(caught.value) == (
        f"{tmp_path / 'a'} was trained on halves (signature {ours}, semantics 1, channels 1); "
        f"this is quarters (signature {theirs}, semantics 1, channels 1)"
        "\n  -> decode with --family halves, or train: i2c train --family quarters"
    )


@pytest.mark.parametrize("change", [{"semantics": 2}, {"channels": 3}])
def test_other_meanings_and_channels_are_refused(tmp_path: Path, model: Model, change: dict[str, Any]) -> None:
    found = load_checkpoint(saved(tmp_path / "a", model))
    with pytest.raises(CheckpointError) as caught:
        require_match(found, replace(HALVES, **change))
    assert "semantics 1, channels 1); this is halves (" in caught.value.fact
    assert caught.value.hint == "the family has changed since: train again: i2c train --family halves"


def test_a_renamed_family_of_the_same_symbols_fits(tmp_path: Path, model: Model) -> None:
    require_match(load_checkpoint(saved(tmp_path / "a", model)), replace(HALVES, name="other"))


def test_symbols_that_the_root_does_not_reach_do_not_matter(tmp_path: Path, model: Model) -> None:
    assert isinstance(HALVES.signature, str)
    more = replace(HALVES, signature=HALVES.signature + "\nloop : (Image) -> Program")
    require_match(load_checkpoint(saved(tmp_path / "a", model)), more)


def test_wrong_tensors_are_named(tmp_path: Path, model: Model) -> None:
    tensors = dict(model.state_dict())
    name = "decoder.head.weight"
    tensors[name] = torch.zeros(4, 8)
    save_checkpoint(tmp_path / "a", tensors, describe_model(HALVES, NETWORK, {}, 0))
    with pytest.raises(CheckpointError) as caught:
        load_model(load_checkpoint(tmp_path / "a"))
    assert str(caught.value) == f"tensor {name} of {tmp_path / 'a'} is (4, 8), expected (3, 8)\n  -> {AGAIN}"
    del tensors[name]
    save_checkpoint(tmp_path / "a", tensors, describe_model(HALVES, NETWORK, {}, 0))
    with pytest.raises(CheckpointError, match=r"tensor decoder\.head\.weight of .* is missing, expected \(3, 8\)"):
        load_model(load_checkpoint(tmp_path / "a"))


def test_a_network_that_cannot_be_is_told(tmp_path: Path, model: Model) -> None:
    path = saved(tmp_path / "a", model, model={**NETWORK.to_dict(), "heads": 3})
    with pytest.raises(CheckpointError) as caught:
        load_model(load_checkpoint(path))
    assert str(caught.value) == f"{path} describes no network: width 8 is no multiple of the 3 heads\n  -> {AGAIN}"


def test_shipped_weights_are_found_in_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    (tmp_path / "i2c_shipped").mkdir()
    (tmp_path / "i2c_shipped" / "__init__.py").write_text("")
    saved(tmp_path / "i2c_shipped" / "halves.safetensors", model)
    monkeypatch.syspath_prepend(tmp_path)
    family = replace(HALVES, weights="i2c_shipped:halves.safetensors")
    assert load_checkpoint(find_weights(family)).meta["family"] == "halves"


@pytest.mark.parametrize("weights", ["i2c_core:none.safetensors", "no_such_package:a", "i2c_core", ":a", ""])
def test_weights_that_are_not_installed(weights: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        find_weights(replace(HALVES, weights=weights))
    assert str(caught.value) == (
        f"the weights of halves, {weights}, are not installed\n  -> train some: i2c train --family halves"
    )


def test_a_family_without_weights() -> None:
    with pytest.raises(CheckpointError) as caught:
        find_weights(HALVES)
    assert str(caught.value) == "halves ships no weights\n  -> train some: i2c train --family halves"


def test_a_checkpoint_that_names_no_learner_is_of_the_first_one(tmp_path: Path, model: Model) -> None:
    meta = describe_model(HALVES, NETWORK, {"config": {}}, 7)
    assert meta.pop("learner") == "paired"
    save_checkpoint(tmp_path / "old.safetensors", model.state_dict(), meta)
    assert load_checkpoint(tmp_path / "old.safetensors").meta["learner"] == "paired"
