"""HEIC and AVIF files, and kinds of files by their first bytes."""

from __future__ import annotations

import io
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from i2c_core.errors import ImageError
from i2c_core.images import frames_of, read_image
from i2c_core.images.containers import is_heif, is_pdf
from i2c_core.images.documents import open_document

SHADES = [200, 10, 90, 160]
AGAIN = "\n  -> save or download it again"


def heic(primary: int = 0, exif: bytes = b"") -> bytes:
    file = pillow_heif.HeifFile()
    for shade in SHADES:
        image = Image.new("RGB", (20, 12), (shade,) * 3)
        image.paste((0, 0, 0), (0, 0, 4, 4))
        added = file.add_frombytes("RGB", image.size, image.tobytes())
        added.info |= {"exif": exif} if exif else {}
    buffer = io.BytesIO()
    file.save(buffer, quality=-1, primary_index=primary)
    return buffer.getvalue()


def shade_of(picture: np.ndarray) -> int:
    return int(picture[0, -3:, -3:].mean().round())


def refused(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(content, 1)
    return str(caught.value)


def test_heic() -> None:
    content = heic()
    frames = list(frames_of(content, "phone.heic"))
    assert [(f.name, shade_of(read_image(f, 1))) for f in frames] == [
        (f"phone.heic#{n}", shade) for n, shade in enumerate(SHADES, 1)
    ]
    assert [shade_of(read_image(frames[n], 1)) for n in (3, 0, 2)] == [160, 200, 90]
    assert read_image(content, 3).shape == (3, 12, 20)


def test_the_primary_picture_of_a_heic_file_comes_first() -> None:
    content = heic(primary=2)
    assert shade_of(read_image(content, 1)) == 90
    assert [shade_of(read_image(f, 1)) for f in frames_of(content)] == [90, 200, 10, 160]


def test_a_photograph_from_a_turned_phone_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_image(heic(exif=exif.tobytes()), 1)[0]
    assert picture.shape == (20, 12)
    assert picture[:4, -4:].max() < 60  # the dark corner went from the left to the right
    assert picture[-4:, :4].min() > 150


def test_damaged_heic_files() -> None:
    content = heic()
    for end in (40, 100, len(content) // 2):
        told = refused(content[:end])
        assert told.startswith("the image data is damaged: ")
        assert told.endswith(AGAIN)
        assert told.count("\n") == 1


def test_nothing_is_registered_with_pillow() -> None:
    read_image(heic(), 1)
    assert "HEIF" not in Image.OPEN


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    content = heic()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    expected = "needs pillow-heif, which is not installed"
    assert refused(content) == f'the image data {expected}\n  -> pip install "images-to-code[images]"'


def avif() -> bytes:
    first, *rest = (Image.new("RGB", (20, 12), (shade,) * 3) for shade in SHADES)
    buffer = io.BytesIO()
    first.save(buffer, "AVIF", save_all=True, append_images=rest)
    return buffer.getvalue()


def test_avif() -> None:
    assert [abs(shade_of(read_image(f, 1)) - s) <= 2 for f, s in zip(frames_of(avif()), SHADES, strict=True)] == [
        True
    ] * 4
    assert refused(avif()[:300]).startswith("the image data is damaged: ")


def test_avif_with_a_pillow_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    content = avif()
    monkeypatch.delitem(Image.OPEN, "AVIF")
    expected = "the image data needs Pillow 11.3 or newer\n  -> pip install --upgrade pillow"
    assert refused(content) == expected


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"msf1", b"hevc"])
def test_heic_by_its_brand(brand: bytes) -> None:
    assert is_heif(b"\0\0\0\x18ftyp" + brand + bytes(12))
    assert not is_heif(b"\0\0\0\x18ftypisom" + bytes(12))  # a film


def test_a_picture_that_speaks_of_pdf_is_a_picture() -> None:
    buffer = io.BytesIO()
    Image.new("L", (3, 2)).save(buffer, "GIF", comment=b"%PDF-1.4")
    assert is_pdf(buffer.getvalue())
    assert open_document(buffer.getvalue(), "a").count() == 1
    assert read_image(buffer.getvalue(), 1).shape == (1, 2, 3)
