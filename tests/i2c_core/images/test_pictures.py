"""What Pillow does behind one's back stays there, also in several threads at once."""

from __future__ import annotations

import io
import threading
import warnings

import pytest
from PIL import Image, UnidentifiedImageError

from i2c_core.images.pictures import quietly, without_pillow_limit


def test_no_warnings_within_and_all_of_them_after() -> None:
    with quietly(), quietly():
        warnings.warn("nobody hears this", stacklevel=1)
    with pytest.raises(UserWarning, match="everybody hears this"):
        warnings.warn("everybody hears this", stacklevel=1)


def test_threads_that_overlap_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    inside, left = threading.Event(), threading.Event()

    def first_in_first_out() -> None:
        with quietly():
            inside.wait()
        left.set()

    thread = threading.Thread(target=first_in_first_out)
    thread.start()
    with quietly():
        inside.set()
        left.wait()
        warnings.warn("nobody hears this", stacklevel=1)
    thread.join()
    assert list(warnings.filters) == before


def test_pillows_limit_is_back_after_an_error() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with without_pillow_limit():
        assert Image.MAX_IMAGE_PIXELS is None
    with pytest.raises(UnidentifiedImageError), without_pillow_limit():
        Image.open(io.BytesIO(b"nothing"))
    assert before == Image.MAX_IMAGE_PIXELS
