"""Pictures from outside: files, folders, standard input, bytes, Pillow images and arrays become uint8 (C, H, W).

Transparent pictures lie on white paper, or on black where the ink is light: where the mean brightness of the pixels,
weighted by how opaque they are, is above 127.5. Any size and aspect is fitted to a model's by stretching each side.
Legend: C channels (1 grey, 3 colour), H W pixels.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from i2c_core.errors import ImageError, suggest

MOST_SIDE = 30_000  # pixels; a side must be shorter
MOST_PIXELS = 100_000_000
_MOST_BYTES = 1_000_000_000  # of a file; 100 million pixels of 4 channels of 16 bits have 800 MB
EXTENSIONS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_READABLE = "use a PNG, JPEG, GIF, WebP, BMP or TIFF file"
_LUMA = (19595, 38470, 7471)  # parts of 65536 of red, green and blue in brightness: ITU-R BT.601 as Pillow rounds it
_BLOCK = 1 << 20  # pixels worked on at once, so that a large picture does not need many times its memory
_LIMIT = threading.Lock()

Source = Any  # a path, "-", bytes, a Pillow image, an array or a tensor


def read_image(source: Source, channels: int, invert: bool | None = None) -> NDArray[np.uint8]:
    """Read one picture.

    Args:
        source: a path (`-` is standard input); the bytes of a file; a Pillow image; an array (H, W), (H, W, C) or
            (C, H, W) with one to four channels, the second and fourth being opacity, of uint8, uint16, bool, or floats
            from 0 to 1. A shape that could be both is (H, W, C) for NumPy and (C, H, W) for torch. Of an animation
            the first frame counts; EXIF orientation is applied.
        channels: 1 turns colours into their brightness, 3 repeats grey.
        invert: True turns black into white and white into black; False lays transparent pictures on white, whatever
            their ink; None does neither.

    Returns:
        (C, H, W) uint8. Raises `ImageError`.
    """
    if isinstance(source, Image.Image):
        array = _decode(source, "the image")
    elif isinstance(source, bytes | bytearray | memoryview):
        array = _read_bytes(bytes(source), "the image data")
    elif isinstance(source, str | Path):
        array = _read_file(Path(source))
    else:
        array = _from_array(source)
    pixels = recolour(_flatten(array, invert).transpose(2, 0, 1), channels)
    return np.ascontiguousarray(255 - pixels if invert else pixels)


def find_images(paths: Sequence[str | Path]) -> list[Path]:
    """The image files that paths name, in order; a folder stands for the images in it, by name; `-` stays."""
    found: list[Path] = []
    for given in paths:
        if given == "":  # Path("") is the folder one is in
            raise ImageError("the name of an image is empty", "write a name; '.' is the folder you are in")
        path = Path(given)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in EXTENSIONS and p.is_file())
            inside = [p for p in inside if not p.name.startswith(".")]
            if not inside:
                raise ImageError(
                    f"folder {path} holds no images", f"it needs files that end in {', '.join(EXTENSIONS)}"
                )
            found += inside
        else:
            if str(path) != "-" and not path.exists():
                raise _missing(path)
            found.append(path)
    return found


def fit(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (C, H, W) at another size (height, width): each side is stretched on its own.

    A side that shrinks takes the mean of what each new pixel covers, parts of pixels by their part; a side that grows
    repeats its nearest pixels. Whole numbers all the way, halves rounded up, so that a picture made of equal blocks
    comes out exact.
    """
    height, width = image.shape[1:]
    rows, columns = min(size[0], height), min(size[1], width)
    if (rows, columns) != (height, width):
        sums = _areas(_areas(image, rows).transpose(0, 2, 1), columns).transpose(0, 2, 1)  # (C, rows, columns)
        parts = height * width
        image = ((2 * sums.astype(np.int64) + parts) // (2 * parts)).astype(np.uint8)
    y = (2 * np.arange(size[0]) + 1) * rows // (2 * size[0])
    x = (2 * np.arange(size[1]) + 1) * columns // (2 * size[1])
    return np.ascontiguousarray(image[:, y[:, None], x])


def _areas(image: NDArray[Any], rows: int) -> NDArray[np.float64]:
    """(C, rows, W): each new row is the sum of the H old ones, weighted by its overlap in units of 1 / rows."""
    channels, height, width = image.shape
    result = np.empty((channels, rows, width))  # whole numbers below 2**53
    for row in range(rows):
        first, last = row * height // rows, -(-(row + 1) * height // rows)
        edges = np.clip(np.arange(first, last + 1) * rows, row * height, (row + 1) * height)
        result[:, row] = np.diff(edges).astype(np.float64) @ image[:, first:last].astype(np.float64)
    return result


def recolour(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Pictures (..., C, H, W) with as many channels as wanted: grey is repeated, colours become their brightness.

    >>> recolour(np.full((3, 1, 1), 7, np.uint8), 1).tolist()
    [[[7]]]
    """
    have = pixels.shape[-3]
    if have == channels:
        return pixels
    if have == 1:
        return np.repeat(pixels, channels, -3)
    grey = np.empty((*pixels.shape[:-3], 1, *pixels.shape[-2:]), np.uint8)
    step = max(1, _BLOCK * 3 // max(1, pixels[..., :1, :].size))  # rows
    for y in range(0, pixels.shape[-2], step):
        red, green, blue = (pixels[..., c, y : y + step, :].astype(np.uint32) * _LUMA[c] for c in range(3))
        grey[..., 0, y : y + step, :] = (red + green + blue + 0x8000) >> 16
    return grey


def _missing(path: Path) -> ImageError:
    near = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    near = [p for p in near if p.suffix.lower() in EXTENSIONS]
    names = [p.name for p in near if _alike(p.stem, path.stem)]  # endings say little: all may have the same
    return ImageError(f"no file {str(path)!r}", suggest(path.name, names, "check the path"))


def _alike(one: str, other: str) -> bool:
    return bool(suggest(one, [other]))


def _read_file(path: Path) -> NDArray[np.uint8]:
    if str(path) == "-":
        return _read_bytes(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input")
    if path.is_dir():
        raise ImageError(f"{path} is a folder", "name an image in it")
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        return _read_bytes(content, str(path))
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from None


def _read_bytes(content: bytes, name: str) -> NDArray[np.uint8]:
    if not content:
        raise ImageError(f"{name} is empty", _READABLE)
    if len(content) > _MOST_BYTES:
        raise ImageError(f"{name} has more than {_MOST_BYTES // 10**6:,} MB", "make it smaller")
    try:
        with _without_pillow_limit():
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not an image that can be read", _READABLE) from None
    except Exception as error:  # Pillow's readers raise many kinds for broken headers
        raise ImageError(f"{name} is damaged: {error}", "save or download it again") from None
    with image:
        return _decode(image, name)


@contextmanager
def _without_pillow_limit() -> Iterator[None]:
    """Our own limit is told with the size, and as an error; Pillow's is a warning that counts pixels."""
    with _LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _check_size(height: int, width: int, name: str) -> None:
    if min(height, width) < 1:
        raise ImageError(f"{name} is {width}x{height} pixels", "use a picture with at least one pixel")
    if max(height, width) >= MOST_SIDE or height * width > MOST_PIXELS:
        limit = f"sides below {MOST_SIDE:,} and {MOST_PIXELS // 10**6} million pixels in all"
        raise ImageError(f"{name} is {width}x{height} pixels, the limit is {limit}", "make it smaller")


def _decode(image: Image.Image, name: str) -> NDArray[np.uint8]:
    """(H, W, 1 to 4) of a Pillow image's first frame, upright."""
    _check_size(image.height, image.width, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is an error, the rest is about metadata
            if getattr(image, "n_frames", 1) > 1:
                image.seek(0)
            image.load()
            with contextlib.suppress(Exception):  # broken metadata says nothing about the pixels
                image = ImageOps.exif_transpose(image)
            return _to_array(image)
    except Exception as error:  # Pillow's decoders raise many kinds for damaged data
        raise ImageError(f"{name} is damaged: {error}", "save or download it again") from None


def _to_array(image: Image.Image) -> NDArray[np.uint8]:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;"):
        values = np.asarray(image)
        high = float(values.max())
        if mode.startswith("I;"):
            high = 65535.0
        elif mode == "I":  # 8 bits in 32, as Pillow converts, or 16, unless there is more
            high = 255.0 if high <= 255 else 65535.0 if high <= 65535 else 2.0**31 - 1
        else:
            high = 1.0 if high <= 1 else max(high, 255.0)
        return _rounded(np.clip(values / high, 0, 1) * 255)[..., None]
    if mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif mode in ("1", "L"):
        image = image.convert("L")
    elif mode != "RGB":
        image = image.convert("RGB")
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def _from_array(source: Any) -> NDArray[np.uint8]:
    """(H, W, 1 to 4) of an array or tensor."""
    tensor = hasattr(source, "detach")
    array = source.detach().cpu().numpy() if tensor else np.asarray(source)
    expected = "(H, W), (H, W, C) or (C, H, W) with 1 to 4 channels"
    if array.dtype == object:
        raise ImageError(f"an object of type {type(source).__name__}, expected an image", "pass a path, image or array")
    if array.ndim == 2:
        array = array[..., None]
    elif array.ndim == 3 and (1 <= array.shape[0] <= 4) and (tensor or not 1 <= array.shape[2] <= 4):
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4:
        raise ImageError(f"an array of shape {array.shape}, expected {expected}", "pass one picture at a time")
    _check_size(array.shape[0], array.shape[1], "the array")
    if array.dtype == bool:
        return np.where(array, np.uint8(255), np.uint8(0))
    low, high = array.min(), array.max()
    if array.dtype == np.uint16:
        return _rounded(array / np.float32(257))
    if np.issubdtype(array.dtype, np.floating):
        if not 0 <= low <= high <= 1:  # NaN too
            raise ImageError(
                f"an array of floats from {low:g} to {high:g}, expected 0 to 1", "divide by its largest value"
            )
        return _rounded(array * np.float32(255))
    if not np.issubdtype(array.dtype, np.integer) or not 0 <= low <= high <= 255:
        fact = f"an array of {array.dtype} from {low} to {high}, expected uint8, uint16, bool or floats from 0 to 1"
        raise ImageError(fact, "convert it to one of them")
    return _rounded(array)


def _rounded(array: NDArray[Any]) -> NDArray[np.uint8]:
    whole: NDArray[np.uint8] = np.rint(array).astype(np.uint8)
    return whole


def _flatten(array: NDArray[np.uint8], invert: bool | None) -> NDArray[np.uint8]:
    """(H, W, 1 or 3): what lies under transparent pixels is filled in."""
    if array.shape[2] in (1, 3):
        return array
    colours, opacity = array[..., :-1], array[..., -1:]
    step = max(1, _BLOCK // array.shape[1])  # rows
    paper = 255
    if invert is not False:
        light, weight = 0, 0
        for y in range(0, len(array), step):
            grey = recolour(colours[y : y + step].transpose(2, 0, 1), 1)[0].astype(np.int64)
            cover = opacity[y : y + step, :, 0].astype(np.int64)
            light, weight = light + int((grey * cover).sum()), weight + int(cover.sum())
        paper = 0 if 2 * light > 255 * weight else 255
        if weight == 255 * opacity.size:
            return colours
    flat = np.empty_like(colours)
    for y in range(0, len(array), step):
        cover = opacity[y : y + step].astype(np.uint32)
        flat[y : y + step] = (colours[y : y + step] * cover + paper * (255 - cover) + 127) // 255
    return flat
