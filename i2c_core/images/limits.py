"""How large pictures and their files may be, and the errors of what is larger.

Limits hold before anything is decoded, so that a small file that says it is huge costs nothing.
"""

from __future__ import annotations

from i2c_core.errors import ImageError

MOST_SIDE = 30_000  # pixels; a side must be shorter
MOST_PIXELS = 100_000_000
MOST_BYTES = 1_000_000_000  # of a file; 100 million pixels of 4 channels of 16 bits have 800 MB
MOST_FRAMES = 2_000  # of a file: a book of pages, or a minute of an animation
MOST_ANIMATED = 50 * MOST_PIXELS  # of all frames of an animation together; 2,000 of 1920x1080 have 41 times
READABLE = "use a PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF, HEIC or PDF file"
AGAIN = "save or download it again"


def check_size(height: int, width: int, name: str) -> None:
    """Raise `ImageError` where a picture has no pixel or too many."""
    if min(height, width) < 1:
        raise ImageError(f"{name} is {width}x{height} pixels", "use a picture with at least one pixel")
    if max(height, width) >= MOST_SIDE or height * width > MOST_PIXELS:
        limit = f"sides below {MOST_SIDE:,} and {MOST_PIXELS // 10**6} million pixels in all"
        raise ImageError(f"{name} is {width}x{height} pixels, the limit is {limit}", "make it smaller")


def check_frames(count: int, name: str) -> None:
    """Raise `ImageError` where a file holds too many pictures."""
    if count > MOST_FRAMES:
        raise ImageError(f"{name} holds more than {MOST_FRAMES:,} pictures", "split it into files with fewer")


def check_animation(count: int, height: int, width: int, name: str) -> None:
    """Raise `ImageError` where an animation has more pixels in all than anybody waits for."""
    check_frames(count, name)
    if count > 1 and count * height * width > MOST_ANIMATED:
        fact = f"{name} holds {count:,} pictures of {width}x{height} pixels"
        raise ImageError(f"{fact}, the limit is {MOST_ANIMATED // 10**6:,} million pixels in all", "make it smaller")


def damaged(name: str, error: Exception) -> ImageError:
    """What any failure of a decoder means to the user."""
    if isinstance(error, MemoryError):
        return ImageError(f"{name} does not fit into memory", "make it smaller")
    return ImageError(f"{name} is damaged: {' '.join(str(error).split()) or type(error).__name__}", AGAIN)
