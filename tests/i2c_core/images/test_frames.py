"""Files of several pictures: each frame is what was saved, in any order, and a damaged one says so."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from i2c_core.errors import ImageError
from i2c_core.images import Frame, documents, frames_of, limits, read_image
from i2c_core.images.containers import count_gif

SHADES = np.random.default_rng(0).integers(0, 256, (7, 12, 10), np.uint8)
LOSSLESS = ["a.gif", "a.png", "a.webp", "a.tif"]
AGAIN = "\n  -> save or download it again"


def encoded(kind: str, pictures: Any = SHADES, **options: Any) -> bytes:
    """A file of several pictures, (N, H, W) or a list of them."""
    first, *rest = (Image.fromarray(p) for p in pictures)
    buffer = io.BytesIO()
    first.save(buffer, kind, save_all=True, append_images=rest, **options)
    return buffer.getvalue()


def file_of(folder: Path, name: str) -> Path:
    path = folder / name
    kind = {"gif": "GIF", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}[path.suffix[1:]]
    path.write_bytes(encoded(kind, lossless=True))
    return path


def refused(frame: Frame) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(frame, 1)
    return str(caught.value)


def refused_file(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        next(frames_of(content, "a"))
    return str(caught.value)


@pytest.mark.parametrize("name", LOSSLESS)
def test_frames_are_what_was_saved(tmp_path: Path, name: str) -> None:
    path = file_of(tmp_path, name)
    frames = list(frames_of(path))
    assert [(f.name, f.file, f.number, f.several) for f in frames] == [
        (f"{path}#{n}", str(path), n, True) for n in range(1, 8)
    ]
    assert (np.stack([read_image(f, 1)[0] for f in frames]) == SHADES).all()
    assert (read_image(path, 1) == read_image(frames[0], 1)).all()


@pytest.mark.parametrize("name", LOSSLESS)
def test_the_order_of_reading_makes_no_difference(tmp_path: Path, name: str) -> None:
    frames = list(frames_of(file_of(tmp_path, name)))
    for index in [6, 0, 3, 3, 2, 5, 1, 4, 0]:
        assert (read_image(frames[index], 1)[0] == SHADES[index]).all()


@pytest.mark.parametrize("name", LOSSLESS)
def test_threads_may_share_a_file(tmp_path: Path, name: str) -> None:
    frames = list(frames_of(file_of(tmp_path, name))) * 5
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda f: read_image(f, 1)[0], frames))
    assert (np.stack(found) == np.tile(SHADES, (5, 1, 1))).all()


@pytest.mark.parametrize("name", LOSSLESS)
def test_frames_in_order_are_decoded_once(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    open_picture = documents._open_picture
    monkeypatch.setattr(documents, "_open_picture", lambda content: opened.append(1) or open_picture(content))
    for frame in frames_of(file_of(tmp_path, name)):
        read_image(frame, 1)
    assert len(opened) <= 2  # one of them to count


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_one_picture_is_one_frame(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    Image.fromarray(SHADES[0]).save(path, kind)
    (frame,) = frames_of(str(path))
    assert (frame.name, frame.file, frame.number, frame.several) == (str(path), str(path), 1, False)
    assert (read_image(frame, 1) == read_image(path, 1)).all()
    (frame,) = frames_of(path.read_bytes(), "from the net")
    assert frame.name == "from the net"
    (frame,) = frames_of(path.read_bytes())
    assert frame.name == "the image data"


def test_frames_are_drawn_on_one_another() -> None:
    """A frame of an animation may hold only what changed."""
    pictures = np.full((3, 20, 20), 255, np.uint8)
    pictures[1:, 5:9, 5:9] = 0
    pictures[2, 15:, 2:4] = 0
    content = encoded("GIF", pictures)
    assert len(content) < 3 * 400
    assert (np.stack([read_image(f, 1)[0] for f in frames_of(content)]) == pictures).all()


def test_pages_differ_in_size_and_mode() -> None:
    pages = [Image.new("1", (30, 20), 1), Image.new("RGB", (5, 9), (10, 200, 30)), Image.new("L", (40, 41), 7)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    found = [read_image(f, 3) for f in frames_of(buffer.getvalue())]
    assert [(f.shape, f[:, 0, 0].tolist()) for f in found] == [
        ((3, 20, 30), [255, 255, 255]),
        ((3, 9, 5), [10, 200, 30]),
        ((3, 41, 40), [7, 7, 7]),
    ]


def tiff(pages: list[tuple[int, int]]) -> bytes:
    """Pages of one pixel: its shade, and the page's kind (1 a smaller copy, 2 a page, 4 a mask)."""
    content = bytearray(b"II*\0\x08\0\0\0")
    for number, (shade, kind) in enumerate(pages, 1):
        tags = [(254, kind), (256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, len(content) + 114), (279, 1)]
        content += struct.pack("<H", 9) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        content += struct.pack("<HHII", 278, 4, 1, 1)
        content += struct.pack("<I", len(content) + 8 if number < len(pages) else 0) + bytes([shade, 0, 0, 0])
    return bytes(content)


def test_smaller_copies_and_masks_are_no_pages() -> None:
    frames = list(frames_of(tiff([(10, 0), (20, 1), (30, 2), (40, 5), (50, 4), (60, 0)]), "scan.tif"))
    assert [(f.name, int(read_image(f, 1)[0, 0, 0])) for f in frames] == [
        ("scan.tif#1", 10),
        ("scan.tif#2", 30),
        ("scan.tif#3", 60),
    ]


def test_the_further_pictures_of_a_photograph_are_none() -> None:
    (frame,) = frames_of(encoded("MPO"), "phone.jpg")
    assert (frame.name, read_image(frame, 1).shape) == ("phone.jpg", (1, 12, 10))


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_what_follows_a_damaged_frame_is_damaged(kind: str) -> None:
    content = encoded(kind)
    frames = list(frames_of(content[: len(content) * 2 // 3], "a"))
    whole = [f for f in frames if f.number < 5]
    assert (np.stack([read_image(f, 1)[0] for f in whole]) == SHADES[:4]).all()
    assert refused(frames[4]).startswith("a#5 is damaged: ")
    for frame in frames[5:]:
        assert refused(frame) == f"{frame.name} is damaged: it follows picture 5, which is{AGAIN}"
    assert (read_image(frames[1], 1)[0] == SHADES[1]).all()


def test_pages_do_not_depend_on_each_other() -> None:
    content = bytearray(encoded("TIFF", compression="tiff_adobe_deflate"))
    with Image.open(io.BytesIO(content)) as image:
        image.seek(2)
        at = image.tag_v2[273][0]  # type: ignore[attr-defined]
    content[at : at + 4] = b"\xff" * 4
    frames = list(frames_of(bytes(content), "a"))
    assert refused(frames[2]).startswith("a#3 is damaged: ")
    assert [(read_image(f, 1)[0] == SHADES[f.number - 1]).all() for f in frames if f.number != 3] == [True] * 6


def test_a_chain_of_pages_that_breaks_off_is_told() -> None:
    content = tiff([(10, 0), (20, 0), (30, 0)])
    first, second, third = frames_of(content[: 8 + 2 * 118 + 10], "a")
    assert [int(read_image(f, 1)[0, 0, 0]) for f in (first, second)] == [10, 20]
    assert refused(third).startswith("a#3 is damaged: ")


def test_a_chain_of_pages_in_a_circle_ends() -> None:
    content = bytearray(tiff([(10, 0), (20, 0)]))
    content[-8:-4] = struct.pack("<I", 8)  # after the second comes the first
    assert [int(read_image(f, 1)[0, 0, 0]) for f in frames_of(bytes(content))] == [10, 20]


def test_files_that_cannot_be_read_are_told_when_the_first_frame_is_asked_for(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "no.gif")
    with pytest.raises(ImageError) as caught:
        next(frames)
    assert str(caught.value) == f"no file {str(tmp_path / 'no.gif')!r}\n  -> check the path"


# -- bombs

SPLIT = "a holds more than 2,000 pictures\n  -> split it into files with fewer"
GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
GIF_FRAME = b"," + bytes(4) + struct.pack("<HHBB", 1, 1, 0, 2) + b"\x02D\x01\0"


def png_of(frames: int, width: int, height: int) -> bytes:
    """An animation that says it is so large, and so long after its first picture, which is all there is."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(2)))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"acTL", struct.pack(">II", frames, 0)) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [GIF_HEAD + 10_000 * GIF_FRAME + b";", tiff([(0, 0)] * 10_000), tiff([(0, 1)] * 10_000), png_of(10_000, 1, 1)],
    ids=["gif", "tiff", "tiff of smaller copies", "png"],
)
def test_files_of_ten_thousand_pictures_are_refused(content: bytes) -> None:
    assert refused_file(content) == SPLIT
    assert read_image(content, 1).shape == (1, 1, 1)


@pytest.mark.parametrize("content", [GIF_HEAD + 2_000 * GIF_FRAME + b";", tiff([(0, 0)] * 2_000)], ids=["gif", "tiff"])
def test_two_thousand_pictures_are_read(content: bytes) -> None:
    assert sum(f.number for f in frames_of(content)) == 2_000 * 2_001 // 2


def test_long_animations_of_large_pictures_are_refused() -> None:
    fact = "a holds 501 pictures of 10000x1000 pixels, the limit is 5,000 million pixels in all"
    assert refused_file(png_of(500, 10_000, 1_000)) == f"{fact}\n  -> make it smaller"
    assert len(list(frames_of(png_of(499, 10_000, 1_000)))) == 500


def test_pages_beyond_the_limits_are_not_decoded() -> None:
    content = bytearray(tiff([(10, 0), (20, 0)]))
    at = 8 + 118 + 2 + 12 + 8  # the width of the second
    content[at : at + 4] = struct.pack("<I", 40_000)
    first, second = frames_of(bytes(content), "a")
    limit = "the limit is sides below 30,000 and 100 million pixels in all"
    assert int(read_image(first, 1)[0, 0, 0]) == 10
    assert refused(second) == f"a#2 is 40000x1 pixels, {limit}\n  -> make it smaller"


@given(
    count=st.integers(1, 6),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 2**32 - 1),
    options=st.fixed_dictionaries({}, optional={"comment": st.binary(max_size=600), "duration": st.just(50)}),
)
@settings(max_examples=50, deadline=None)
def test_frames_of_gifs_are_counted_as_pillow_counts_them(
    count: int, size: tuple[int, int], seed: int, options: dict[str, Any]
) -> None:
    content = encoded("GIF", np.random.default_rng(seed).integers(0, 256, (count, *size), np.uint8), **options)
    with Image.open(io.BytesIO(content)) as image:
        assert count_gif(content, 10) == image.n_frames  # type: ignore[attr-defined]
    assert count_gif(content, 1) == 1
    assert all(1 <= count_gif(content[:end], 10) <= count for end in range(0, len(content), 7))


def test_limits_are_those_of_the_texts() -> None:
    assert (limits.MOST_FRAMES, limits.MOST_ANIMATED) == (2_000, 5_000_000_000)
