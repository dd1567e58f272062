"""Which unlabelled pictures are read, and what becomes of each, by a network that knows two programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from i2c_core import get_family
from i2c_core.checkpoints import Checkpoint, describe_model
from i2c_core.datasets.keys import held_out
from i2c_core.datasets.pairs import Pair
from i2c_core.decoding import Proposals
from i2c_core.model import ModelConfig, Observation
from i2c_core.progress import Silent
from i2c_core.reader import BATCH, Reader
from i2c_core.selftraining import Trust, read_unlabelled

SPLITS = get_family("splits")
EXACT = Trust(distance=0.0, confidence=0.9)
Picture = NDArray[np.uint8]


class Proposer:
    """Says `h B W` and `v B W` of every picture; the one that draws it is ranked first."""

    def propose(self, observation: Observation, *, n: int = 1, **options: Any) -> Proposals:
        encoded = [SPLITS.to_tokens(SPLITS.parse(code)) for code in ("h B W", "v B W")]
        ids = torch.from_numpy(SPLITS.vocabulary.pack(encoded)[0]).expand(len(observation), -1, -1)
        logprob = torch.tensor([-1.0, -2.0], dtype=torch.float64).expand(len(observation), -1)
        return Proposals(ids, logprob, torch.zeros_like(logprob), None, torch.zeros_like(logprob).long())


@pytest.fixture
def reader() -> Iterator[Reader]:
    config = ModelConfig(vocabulary=SPLITS.vocabulary.size, max_tokens=11, image=(1, *SPLITS.size))
    with Reader(SPLITS, Proposer(), Checkpoint(Path("none"), describe_model(SPLITS, config, {}, 0), {})) as found:
        yield found


def left_black() -> Picture:
    """What `v B W` draws, which is not held out; `h B W` draws it turned."""
    picture = np.zeros((32, 32), np.uint8)
    picture[:, 16:] = 255
    return picture


def noise(seed: int, held: bool = False) -> Picture:
    """A picture that nothing draws, held out or not."""
    rng = np.random.default_rng(seed)
    while True:
        picture = rng.integers(0, 256, (32, 32), dtype=np.uint8)
        if bool(held_out(picture[None, None])[0]) is held:
            return picture


def save(folder: Path, pictures: Sequence[Picture]) -> list[Path]:
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number:03d}.png")
    return sorted(folder.iterdir())


def test_what_is_drawn_again_is_accepted_as_the_network_saw_it(reader: Reader, tmp_path: Path) -> None:
    assert not held_out(left_black()[None, None])[0]
    large = np.kron(left_black().T, np.ones((3, 2), np.uint8))  # of another size, and aspect
    files = save(tmp_path, [left_black(), noise(1), large])
    first, second, third = read_unlabelled(reader, files, EXACT, Silent(), holdout=False)
    assert (first.accepted, second.accepted, third.accepted) == (True, False, True)
    assert first.record() == {
        "file": str(files[0]), "accepted": True, "code": "v B W", "confidence": None, "distance": 0.0,
    }  # fmt: skip
    assert first.picture is not None
    assert (first.picture == left_black()).all()
    assert third.picture is not None
    assert (third.picture == left_black().T).all()
    assert third.candidate is not None
    assert third.candidate.code == "h B W"
    assert second.picture is None
    for one in (first, second, third):  # there may be very many
        assert one.candidate is not None
        assert one.candidate.picture.size == 0
        assert (one.candidate.given, one.candidate.crops) == (None, ())
    assert second.candidate is not None
    assert second.record()["distance"] == second.candidate.distance > 0


def test_what_may_not_be_learned_from_is_never_read(reader: Reader, tmp_path: Path) -> None:
    files = save(tmp_path, [left_black(), left_black(), noise(1, held=True), noise(2)])
    files.append(tmp_path / "broken.png")
    files[-1].write_bytes(b"no picture")
    exclude = [Pair("it", "h B W", noise(2)[None])]
    found = read_unlabelled(reader, files, EXACT, Silent(), exclude=exclude)
    assert [r.left_out for r in found] == [
        "", "seen before", "held out for evaluation", "excluded", "could not be read",
    ]  # fmt: skip
    assert found[4].record() == {"file": str(files[4]), "accepted": False, "left_out": "could not be read"}
    again = read_unlabelled(reader, files[2:3], EXACT, Silent(), holdout=False)
    assert [r.left_out for r in again] == [""]


def test_every_frame_of_every_file_has_its_line_in_order(reader: Reader, tmp_path: Path) -> None:
    save(tmp_path, [noise(seed) for seed in range(BATCH)])
    pages = [Image.fromarray(p) for p in (left_black(), noise(BATCH))]
    pages[0].save(tmp_path / "020.tif", save_all=True, append_images=pages[1:])
    files = sorted(tmp_path.iterdir())
    found = read_unlabelled(reader, files, EXACT, Silent(), holdout=False)
    names = [str(f) for f in files]
    at = names.index(str(tmp_path / "020.tif"))
    assert [r.file for r in found] == [*names[:at], f"{names[at]}#1", f"{names[at]}#2", *names[at + 1 :]]
    assert [r.file for r in found if r.accepted] == [f"{names[at]}#1"]
