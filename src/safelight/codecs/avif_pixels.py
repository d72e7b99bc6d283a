"""The pixels of an AVIF, by libvips; of a sequence its first picture."""

from __future__ import annotations

from typing import Any

from safelight.codecs.coded_colour import of_heif, shown_in_srgb
from safelight.codecs.colour import is_deep
from safelight.codecs.loading import loaded
from safelight.image import Header

# A field of libvips: how many bits a sample has in the file.
STORED_BITS = "bits-per-sample"


def opened(data: memoryview, header: Header) -> Any:
    """The primary picture, lazily, turned as its container says; 10 and 12 bit as 16."""
    return shown_in_srgb(_stretched(loaded(data, "heifload_source")), of_heif(data))


def _stretched(picture: Any) -> Any:
    """The loader moves 10 and 12 bit up and leaves zeros below: white would not be white."""
    if not is_deep(picture) or not picture.get_typeof(STORED_BITS):
        return picture
    bits = int(picture.get(STORED_BITS))
    return picture | picture >> bits if 8 < bits < 16 else picture
