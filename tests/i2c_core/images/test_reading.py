"""Pictures in files: every format and mode, and each way in which a file can be wrong."""

from __future__ import annotations

import io
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from i2c_core.errors import ImageError
from i2c_core.images import fit, read_image

GREY = np.array([[0, 50, 100, 110, 120, 130], [150, 200, 255, 1, 2, 3]], np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY])  # (3, 2, 3)


def pillow(array: np.ndarray) -> Image.Image:
    return Image.fromarray(array if array.ndim == 2 else np.ascontiguousarray(array.transpose(1, 2, 0)))


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.webp", "a.bmp", "a.tif", "a.TIFF", "a.Png"])
def test_lossless_formats(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    pillow(GREY).save(path, lossless=True)
    assert (read_image(path, 1) == GREY).all()
    assert (read_image(str(path), 3) == GREY).all()
    assert read_image(path, 3).shape == (3, 2, 6)
    if path.suffix != ".gif":
        pillow(COLOUR).save(path, lossless=True)
        assert (read_image(path.read_bytes(), 3) == COLOUR).all()
        assert (read_image(path, 1)[0] == np.asarray(pillow(COLOUR).convert("L"))).all()


def test_jpeg(tmp_path: Path) -> None:
    flat = Image.new("RGB", (16, 8), (200, 100, 50))
    for mode in ("L", "RGB", "CMYK"):
        flat.convert(mode).save(tmp_path / "a.jpg", quality=95)
        got = read_image(tmp_path / "a.jpg", 3).astype(int)
        expected = np.array(flat.convert(mode).convert("RGB").getpixel((0, 0)))[:, None, None]
        assert got.shape == (3, 8, 16)
        assert abs(got - expected).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "F", "I;16"])
def test_modes(mode: str) -> None:
    black_white = Image.fromarray(np.array([[0, 255, 0]], np.uint8))
    if mode in ("I", "I;16"):
        image = Image.fromarray(np.asarray(black_white).astype(np.uint16) * 257)
        image = image.convert("I") if mode == "I" else image
    elif mode == "F":
        image = Image.fromarray(np.asarray(black_white).astype(np.float32) / 255)
    else:
        image = black_white.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr") else black_white.convert(mode)
    assert image.mode == mode
    assert read_image(image, 1).tolist() == [[[0, 255, 0]]]
    assert read_image(image, 3).tolist() == [[[0, 255, 0]]] * 3


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_scaled(tmp_path: Path, name: str) -> None:
    deep = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / name)
    assert read_image(tmp_path / name, 1).tolist() == [[[0, 0, 1, 1, 128, 255]]]
    assert read_image(deep, 1).tolist() == [[[0, 0, 1, 1, 128, 255]]]


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("L", (3, 2), shade) for shade in (255, 0, 100)]
    for name in ("a.gif", "a.webp", "a.tif", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        assert (read_image(tmp_path / name, 1) == 255).all()
        with Image.open(tmp_path / name) as image:
            image.seek(2)
            assert (read_image(image, 1) == 255).all()


def test_exif_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned a quarter clockwise
    pillow(GREY).save(tmp_path / "a.png", exif=exif)
    assert (read_image(tmp_path / "a.png", 1)[0] == np.rot90(GREY, -1)).all()


def test_transparent_palette(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=0)
    assert read_image(tmp_path / "a.png", 3)[:, 0].T.tolist() == [[255, 255, 255], [10, 20, 30]]


def ink(shade: int, opacity: list[int]) -> np.ndarray:
    """(1, W, 4) pixels of one shade."""
    return np.array([[[shade, shade, shade, a] for a in opacity]], np.uint8)


@pytest.mark.parametrize(
    ("shade", "invert", "expected"),
    [
        (0, None, [255, 0, 127]),
        (0, False, [255, 0, 127]),
        (0, True, [0, 255, 128]),
        (127, None, [255, 127, 191]),
        (128, None, [0, 128, 64]),
        (255, None, [0, 255, 128]),
        (255, False, [255, 255, 255]),
        (255, True, [255, 0, 127]),
    ],
)
@pytest.mark.parametrize("kind", ["array", "pillow", "grey"])
def test_transparent_pixels_lie_on_paper(kind: str, shade: int, invert: bool | None, expected: list[int]) -> None:
    """On white, or on black where the ink is light; the third pixel is half (128 of 255) opaque."""
    array = ink(shade, [0, 255, 128])
    source: Any = {"array": array, "pillow": Image.fromarray(array), "grey": array[..., 2:]}[kind]
    assert read_image(source, 1, invert).tolist() == [[expected]]


def test_a_picture_without_ink_is_white_paper() -> None:
    assert read_image(ink(0, [0, 0]), 3).tolist() == [[[255, 255]]] * 3


def test_invert_turns_opaque_pictures_too() -> None:
    assert (read_image(GREY, 1, invert=True) == 255 - GREY).all()
    assert (read_image(GREY, 1, invert=False) == GREY).all()


READABLE = "use a PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF, HEIC or PDF file"


def refused(source: Any) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(source, 1)
    return str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    pillow(GREY).save(tmp_path / "sketch.png")
    path = tmp_path / "skech.png"
    assert refused(path) == f"no file {str(path)!r}\n  -> did you mean 'sketch.png'?"
    nowhere = tmp_path / "no" / "where"
    assert refused(nowhere) == f"no file {str(nowhere)!r}\n  -> check the path"
    assert refused(tmp_path) == f"{tmp_path} is a folder\n  -> name an image in it"


def test_files_that_are_no_images(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"")
    assert refused(path) == f"{path} is empty\n  -> {READABLE}"
    path.write_text("hello")
    assert refused(path) == f"{path} is not an image that can be read\n  -> {READABLE}"
    pillow(GREY).save(path, "PPM")
    assert refused(path) == f"{path} is not an image that can be read\n  -> {READABLE}"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp", "a.bmp", "a.tif"])
def test_truncated_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).save(path, lossless=True)
    content = path.read_bytes()
    for kept in (len(content) // 2, len(content) - 40, 30):
        path.write_bytes(content[:kept])
        assert refused(path).startswith(f"{path} is ")


def test_a_png_with_wrong_checksums(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pillow(GREY).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 6] ^= 255
    path.write_bytes(content)
    assert refused(path).startswith(f"{path} is damaged: ")


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(30_000, 1), (1, 30_000), (30_000, 30_000), (10_001, 10_000)])
def test_images_beyond_the_limits_are_not_decoded(width: int, height: int) -> None:
    assert refused(png_of(width, height)) == (
        f"the image data is {width}x{height} pixels, the limit is sides below 30,000 and 100 million pixels in all\n"
        "  -> make it smaller"
    )


def test_large_images_within_the_limits(tmp_path: Path) -> None:
    """Pillow alone would warn from 89 million pixels on."""
    Image.new("1", (10_000, 9_900)).save(tmp_path / "a.png")
    picture = read_image(tmp_path / "a.png", 1)
    assert picture.shape == (1, 9_900, 10_000)
    assert fit(picture, (32, 32)).sum() == 0


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    pillow(GREY).save(buffer, "PNG")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(buffer.getvalue())))
    assert (read_image("-", 1) == GREY).all()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert refused(Path("-")) == f"standard input is empty\n  -> {READABLE}"


def test_eight_bits_in_thirty_two() -> None:
    picture = Image.new("L", (2, 1))
    picture.putpixel((1, 0), 200)
    assert read_image(picture.convert("I"), 1).tolist() == [[[0, 200]]]
