"""Image files by name: in folders, misspelt, and not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2c_core.errors import ImageError
from i2c_core.images import EXTENSIONS, find_images, image_bytes


def test_find_images(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "inner.png").mkdir()
    chosen = find_images([tmp_path / "c.txt", tmp_path, "-"])
    assert chosen == [tmp_path / "c.txt", tmp_path / "a.JPG", tmp_path / "b.png", Path("-")]
    with pytest.raises(ImageError) as caught:
        find_images([tmp_path / "inner.png"])
    assert str(caught.value) == (
        f"folder {tmp_path / 'inner.png'} holds no images\n  -> it needs files that end in {', '.join(EXTENSIONS)}"
    )
    with pytest.raises(ImageError, match="no file"):
        find_images([tmp_path / "nothing.png"])


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("a\0b.png", "'a\\x00b.png' is no name of a file"),
        ("x" * 300 + ".png", "x" * 300 + ".png cannot be read: File name too long"),
        ("x" * 300 + "/a.png", "x" * 300 + "/a.png cannot be read: File name too long"),
    ],
)
@pytest.mark.posix
def test_names_that_no_file_has(name: str, fact: str) -> None:
    with pytest.raises(ImageError) as caught:
        image_bytes(name)
    assert caught.value.fact == fact


def test_a_large_folder_is_not_looked_through_for_each_file_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        (tmp_path / f"scan{n}.png").write_bytes(b"")
    missing = tmp_path / "scan.png"
    for most, hint in ((3, "did you mean"), (2, "check the path")):
        monkeypatch.setattr("i2c_core.images.finding._NEIGHBOURS", most)
        with pytest.raises(ImageError) as caught:
            image_bytes(missing)
        assert caught.value.hint.startswith(hint)
