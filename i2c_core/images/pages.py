"""Pages of PDF files as pictures, drawn by PDFium.

PDFium is one machine for the whole process and takes one call at a time: each page is drawn under a lock, from a
document that is opened and closed for it, so that nothing of it is left to the garbage collector of another thread.
Legend: H W pixels.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import ImageError
from i2c_core.images.containers import EXTRA
from i2c_core.images.limits import AGAIN, check_frames, damaged

DPI = 200  # pixels an inch: a stroke of half a point is more than one pixel wide
LEAST, MOST = 512, 4_096  # pixels of a page's longer side: a stamp is drawn larger, a poster smaller
_POINTS = 72  # an inch
_LOCK = threading.Lock()


class Pages:
    """The pages of a PDF file."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content = content
        self._name = name
        with _LOCK, _opened(content, name) as document:
            self._count = len(document)

    def count(self) -> int:
        """How many."""
        check_frames(self._count, self._name)
        return self._count

    def pixels(self, index: int, name: str) -> NDArray[np.uint8]:
        """(H, W, 3) of one page on white paper."""
        with _LOCK, _opened(self._content, name) as document:
            try:
                page = document[index]
                longest = max(page.get_size())  # points
                scale = min(max(DPI / _POINTS, LEAST / longest), MOST / longest)
                array: NDArray[np.uint8] = page.render(scale=scale, rev_byteorder=True).to_numpy()
            except Exception as error:  # PDFium's, and those of pages without a size
                raise damaged(name, error) from None
            return array.copy()  # the page owns the memory


def _opened(content: bytes, name: str) -> Any:
    """A document of PDFium's, which closes itself at the end of a `with`."""
    try:
        import pypdfium2
    except ImportError:
        raise ImageError(f"{name} needs pypdfium2, which is not installed", EXTRA) from None
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() and b"/Encrypt" in content:  # else what PDFium last failed with
            raise ImageError(f"{name} is locked by a password", "save it without one") from None
        raise ImageError(f"{name} is damaged: no page of it can be found", AGAIN) from None
