"""Images from anywhere: real files of every kind that is read, spoiled below their checksums too."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from i2c_core.images import frames_of, read_image
from tests.fuzz import mutating
from tests.fuzz.targets.target import Target

SIZE = (23, 17)
PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 72 36] /Contents 5 0 R /Resources << >> >> endobj
4 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 36 36] /Rotate 90 /Contents 5 0 R /Resources << >> >> endobj
5 0 obj << /Length 62 >> stream
0 0 1 rg 4 4 20 20 re f 1 0 0 RG 2 w 0 0 m 30 30 l S 10 10 m 30 5 l S
endstream endobj
trailer << /Root 1 0 R /Size 6 >>
%%EOF
"""


def targets() -> Iterator[Target]:
    kinds = {
        "png": _chunks,
        "tiff": _tags,
        "jpeg": mutating.bytes_,
        "gif": mutating.bytes_,
        "webp": mutating.bytes_,
        "bmp": mutating.bytes_,
    }
    for kind, mutate in kinds.items():
        yield Target(f"images/{kind}", f".{kind}", _read, partial(_seeds, kind), mutate)
    yield Target("images/heic", ".heic", _read, partial(_heif, "HEIF"), mutating.bytes_)
    yield Target("images/avif", ".avif", _read, partial(_avif), mutating.bytes_)
    yield Target("images/pdf", ".pdf", _read, _pdfs, _pdf)


def _read(file: Path) -> None:
    """As `i2c decode` does: every picture of the file, in grey and in colour."""
    for frame in frames_of(file):
        grey, colour = read_image(frame, 1), read_image(frame, 3, invert=True)
        assert grey.shape[1:] == colour.shape[1:]


def _pictures() -> dict[str, Image.Image]:
    rng = np.random.default_rng(0)
    colours = Image.fromarray(
        rng.integers(0, 256, (*SIZE, 4), dtype=np.uint8), "RGBA" if hasattr(Image, "core") else None
    )
    grey = colours.convert("L")
    return {
        "1": grey.convert("1"),
        "L": grey,
        "LA": colours.convert("LA"),
        "P": colours.convert("RGB").quantize(16),
        "RGB": colours.convert("RGB"),
        "RGBA": colours,
        "CMYK": colours.convert("CMYK"),
        "YCbCr": colours.convert("YCbCr"),
        "I;16": Image.fromarray(rng.integers(0, 65536, SIZE, dtype=np.uint16)),
        "F": Image.fromarray(rng.random(SIZE, dtype=np.float32)),
    }


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _seeds(kind: str) -> Sequence[bytes]:
    pictures = _pictures()
    more = [pictures["RGB"].rotate(90 * n) for n in range(3)]
    several: dict[str, Any] = {"save_all": True, "append_images": more, "duration": 50}
    modes = {
        "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        "jpeg": ("L", "RGB", "CMYK"),
        "gif": ("1", "L", "P"),
        "webp": ("RGB", "RGBA"),
        "bmp": ("1", "L", "P", "RGB"),
        "tiff": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"),
    }[kind]
    found = [_saved(pictures[mode], kind) for mode in modes]
    if kind == "png":
        found += [_saved(pictures["RGBA"], kind, **several), _saved(pictures["L"], kind, interlace=1, exif=_turned())]
    if kind == "jpeg":
        found += [_saved(pictures["RGB"], kind, progressive=True, exif=_turned())]
    if kind == "gif":
        found += [
            _saved(pictures["P"], kind, **several, disposal=2, transparency=3),
            _saved(pictures["L"], kind, interlace=1),
        ]
    if kind == "webp":
        found += [
            _saved(pictures["RGBA"], kind, **several, lossless=True),
            _saved(pictures["RGBA"], kind, lossless=True),
        ]
    if kind == "tiff":
        packings = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
        found += [_saved(pictures["RGB"], kind, compression=c) for c in packings]
        found += [_saved(pictures["1"], kind, compression="group4"), _saved(pictures["RGB"], kind, **several)]
    return found


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _heif(kind: str) -> Sequence[bytes]:
    import pillow_heif

    pillow_heif.register_heif_opener()
    pictures = _pictures()
    found = [_saved(pictures[mode].resize((64, 64)), kind, quality=60) for mode in ("L", "RGB", "RGBA")]
    return [*found, _saved(pictures["RGB"].resize((64, 64)), kind, save_all=True, append_images=[pictures["L"]])]


def _avif() -> Sequence[bytes]:
    return [_saved(_pictures()[mode].resize((64, 64)), "AVIF") for mode in ("L", "RGB", "RGBA")]


def _pdfs() -> Sequence[bytes]:
    pictures = _pictures()
    packed = zlib.compress(b"0 0 1 rg 4 4 20 20 re f")
    stream = b"5 0 obj << /Filter /FlateDecode /Length %d >> stream\n%b\nendstream endobj\n" % (len(packed), packed)
    head, tail = PDF.split(b"5 0 obj")[0], b"trailer" + PDF.split(b"trailer")[1]
    return [PDF, head + stream + tail, _saved(pictures["RGB"], "PDF"), _saved(pictures["1"], "PDF")]


def _pdf(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """Words of the file, which is text around packed streams; or bytes."""
    if rng.random() < 0.5:
        return mutating.bytes_(rng, content, others)
    others = [other.decode("latin-1").encode() for other in others]
    return (
        mutating.text(rng, content.decode("latin-1").encode(), others)
        .decode("utf-8", "replace")
        .encode("latin-1", "replace")
    )


def _chunks(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """The chunks of a PNG: one changed, packed again where it was, and all with their right checksums."""
    if rng.random() < 0.3 or content[:8] != b"\x89PNG\r\n\x1a\n":
        return mutating.bytes_(rng, content, others)
    chunks, place = [], 8
    while place + 12 <= len(content):
        length = min(struct.unpack(">I", content[place : place + 4])[0], len(content) - place - 12)
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    for _ in range(1 << rng.randrange(3)):
        if not chunks:
            break
        at = rng.randrange(len(chunks))
        name, data = chunks[at]
        kind = rng.randrange(8)
        if kind == 0:
            del chunks[at]
        elif kind == 1:
            chunks.insert(rng.randrange(len(chunks) + 1), (name, data))
        elif kind == 2:
            chunks[at] = (
                rng.choice(
                    (
                        b"IHDR",
                        b"PLTE",
                        b"tRNS",
                        b"IDAT",
                        b"IEND",
                        b"acTL",
                        b"fcTL",
                        b"fdAT",
                        b"eXIf",
                        b"iCCP",
                        b"tEXt",
                        b"zTXt",
                        b"gAMA",
                    )
                ),
                data,
            )
        elif kind == 3 and name in (b"IDAT", b"zTXt", b"iCCP"):
            chunks[at] = (name, _repacked(rng, data, others))
        else:
            chunks[at] = (name, mutating.bytes_(rng, data, [b"\0"])[: 1 << 16])
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return content[:8] + b"".join(parts)


def _repacked(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    try:
        plain = zlib.decompressobj().decompress(data, 1 << 16)
    except zlib.error:
        return data
    return zlib.compress(mutating.bytes_(rng, plain, others))


def _tags(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """The tags of a TIFF's first directory, each 12 bytes: its number, its type, how many, and the value."""
    if rng.random() < 0.4 or len(content) < 8 or content[:2] not in (b"II", b"MM"):
        return mutating.bytes_(rng, content, others)
    order = "<" if content[:2] == b"II" else ">"
    found = bytearray(content)
    (start,) = struct.unpack(order + "I", content[4:8])
    if start + 2 > len(content):
        return mutating.bytes_(rng, content, others)
    (count,) = struct.unpack(order + "H", content[start : start + 2])
    for _ in range(1 << rng.randrange(3)):
        at = start + 2 + 12 * rng.randrange(max(1, count))
        if at + 12 > len(found):
            continue
        offset, width = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "H"), (8, "H")))
        number = rng.choice(
            (
                0,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                16,
                32,
                255,
                256,
                273,
                277,
                338,
                1000,
                30_000,
                65535,
                2**31 - 1,
                2**32 - 1,
                rng.randrange(65536),
            )
        )
        packed = struct.pack(order + width, number % (1 << 8 * struct.calcsize(order + width)))
        found[at + offset : at + offset + len(packed)] = packed
    return bytes(found)
