"""The pixels of a TIFF."""

from __future__ import annotations

from typing import Any

from safelight.codecs.loading import loaded
from safelight.image import Header


def opened(data: memoryview, header: Header) -> Any:
    """The first page, or all of them one below the other where they are alike."""
    return loaded(data, "tiffload_source", n=-1 if header.frames_opened > 1 else 1)
