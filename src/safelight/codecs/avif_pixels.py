"""The pixels of an AVIF: a still by libvips, the frames of a sequence by Pillow."""

from __future__ import annotations

from typing import Any

from safelight.codecs.avif_frames import frames_of, plugin
from safelight.codecs.coded_colour import in_its_colours, of_heif
from safelight.codecs.colour import is_deep
from safelight.codecs.loading import loaded
from safelight.image import Header

# A field of libvips: how many bits a sample has in the file.
STORED_BITS = "bits-per-sample"


def opened(data: memoryview, header: Header) -> Any:
    """The primary picture, lazily, turned as its container says; 10 and 12 bit as 16. Of a sequence
    every frame, in 8 bit.
    """
    if header.frames_opened > 1:
        return in_its_colours(frames_of(data, header), of_heif(data))
    return in_its_colours(_stretched(loaded(data, "heifload_source")), of_heif(data))


def warm() -> None:
    """What must be loaded before the seal."""
    plugin()


def _stretched(picture: Any) -> Any:
    """The loader moves 10 and 12 bit up and leaves zeros below: white would not be white."""
    if not is_deep(picture) or not picture.get_typeof(STORED_BITS):
        return picture
    bits = int(picture.get(STORED_BITS))
    return picture | picture >> bits if 8 < bits < 16 else picture
