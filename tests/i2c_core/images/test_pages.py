"""PDF files: each page is a picture, of a size that says something, and each way in which one can be wrong."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from i2c_core.errors import ImageError
from i2c_core.images import frames_of, limits, read_image
from i2c_core.images.pages import DPI


def pdf(
    sizes: Sequence[tuple[float, float]], body: bytes = b"0 0 1 1 re f", page: bytes = b"", trailer: bytes = b""
) -> bytes:
    """A file of pages (width, height) in points, each with a black square of one point at its lower left."""
    kids = b" ".join(b"%d 0 R" % (4 + n) for n in range(len(sizes)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(sizes), kids),
        b"<</Length %d>>stream\n%s\nendstream" % (len(body), body),
        *(
            b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/MediaBox[0 0 %s %s]%s>>"
            % (str(width).encode(), str(height).encode(), page)
            for width, height in sizes
        ),
    ]
    content, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def refused(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        next(frames_of(content, "a.pdf"))
    return str(caught.value)


def test_pages_are_frames() -> None:
    content = pdf([(72, 36), (20, 72), (144, 144)])
    frames = list(frames_of(content, "book.pdf"))
    assert [(f.name, f.number, f.several) for f in frames] == [(f"book.pdf#{n}", n, True) for n in (1, 2, 3)]
    shapes = [read_image(f, 3).shape for f in (frames[1], frames[0], frames[2])]
    assert shapes == [(3, 512, 143), (3, 256, 512), (3, 512, 512)]  # small pages are drawn larger
    assert (read_image(content, 3) == read_image(frames[0], 3)).all()
    (frame,) = frames_of(pdf([(72, 72)]), "page.pdf")
    assert (frame.name, frame.several) == ("page.pdf", False)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((595.28, 841.89), (2339, 1654)),  # A4 at 200 dots an inch
        ((10, 10), (512, 512)),  # a stamp
        ((14_400, 7_200), (2_048, 4_096)),  # a poster
        ((1_000, 1), (12, 2_778)),
    ],
)
def test_resolution(size: tuple[float, float], expected: tuple[int, int]) -> None:
    height, width = read_image(pdf([size]), 1).shape[1:]
    assert abs(height - expected[0]) <= 10
    assert abs(width - expected[1]) <= 1


def test_a_page_is_drawn_on_white_paper_and_upright() -> None:
    picture = read_image(pdf([(4, 4)]), 1)[0]
    assert (picture[-120:, :120] == 0).all()
    assert (picture[:-140] == 255).all()
    assert (picture[:, 140:] == 255).all()
    turned = read_image(pdf([(4, 4)], page=b"/Rotate 90"), 1)[0]
    assert (turned == np.rot90(picture, -1)).all()


def test_a_scan_comes_out_as_it_went_in() -> None:
    shades = np.kron(np.random.default_rng(0).integers(0, 256, (6, 8)), np.ones((100, 100))).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shades).save(buffer, "PDF", resolution=DPI)
    picture = read_image(buffer.getvalue(), 1)[0]
    assert picture.shape == shades.shape
    assert np.abs(picture.astype(int) - shades).mean() < 2  # Pillow writes JPEG


def test_threads_may_share_a_file() -> None:
    frames = list(frames_of(pdf([(10, 10), (10, 5), (5, 10)]), "a")) * 5
    with ThreadPoolExecutor(4) as pool:
        shapes = list(pool.map(lambda f: read_image(f, 1).shape, frames))
    assert shapes == [(1, 512, 512), (1, 256, 512), (1, 512, 256)] * 5


def test_a_locked_file() -> None:
    key = b"<" + b"00" * 32 + b">"
    lock = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O %s/U %s>>" % (key, key)
    assert refused(pdf([(9, 9)], trailer=lock)) == "a.pdf is locked by a password\n  -> save it without one"


@pytest.mark.parametrize("content", [pdf([]), b"%PDF-1.4 and nothing else"], ids=["empty", "torn"])
def test_files_without_pages(content: bytes) -> None:
    assert refused(content) == "a.pdf is damaged: no page of it can be found\n  -> save or download it again"


def test_a_book_of_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_FRAMES", 3)
    assert len(list(frames_of(pdf([(9, 9)] * 3)))) == 3
    with pytest.raises(ImageError) as caught:
        next(frames_of(pdf([(9, 9)] * 4), "a.pdf"))
    assert str(caught.value) == "a.pdf holds more than 3 pictures\n  -> split it into files with fewer"


@pytest.mark.parametrize("size", [(40_000, 1), (1e9, 1e9), (0, 0), (-5, 5), (1e-3, 1e-3), (1e30, 1)])
def test_pages_of_no_sensible_size(size: tuple[float, float]) -> None:
    """They are drawn at one that is, or are damaged; none takes more memory than another."""
    try:
        assert max(read_image(pdf([size]), 1).shape) <= 4_097
    except ImageError as error:
        assert error.fact.startswith("the image data is damaged: ")  # noqa: PT017 (either is right)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    expected = 'a.pdf needs pypdfium2, which is not installed\n  -> pip install "images-to-code[images]"'
    assert refused(pdf([(9, 9)])) == expected
