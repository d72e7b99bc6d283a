"""The pixels of an AVIF, by libvips; of a sequence its first picture."""

from __future__ import annotations

from typing import Any

from safelight.codecs.coded_colour import of_heif, shown_in_srgb
from safelight.codecs.loading import loaded
from safelight.image import Header


def opened(data: memoryview, header: Header) -> Any:
    """The primary picture, lazily, turned as its container says."""
    return shown_in_srgb(loaded(data, "heifload_source"), of_heif(data))
