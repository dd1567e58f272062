"""Pictures from outside: files, folders, standard input, bytes, Pillow images and arrays become uint8 (C, H, W).

A file may hold several pictures: pages of a TIFF or PDF, frames of an animation. `read_image` takes the first, and
`frames_of` gives each. Transparent pictures lie on white paper, or on black where the ink is light: where the mean
brightness of the pixels, weighted by how opaque they are, is above 127.5. Any size and aspect is fitted to a model's by
stretching each side.
"""

from i2c_core.images.finding import EXTENSIONS, find_images, image_bytes
from i2c_core.images.frames import Frame, frames_of
from i2c_core.images.limits import MOST_FRAMES, MOST_PIXELS, MOST_SIDE
from i2c_core.images.reading import Source, read_image
from i2c_core.images.scaling import fit, recolour

__all__ = [
    "EXTENSIONS",
    "MOST_FRAMES",
    "MOST_PIXELS",
    "MOST_SIDE",
    "Frame",
    "Source",
    "find_images",
    "fit",
    "frames_of",
    "image_bytes",
    "read_image",
    "recolour",
]
