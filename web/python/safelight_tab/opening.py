"""Opening a file in the tab; what needs a library that no tab has is refused by a sentence."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

from safelight.codecs.decode import VipsDecoder, open_image
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.errors import SomethingMissing
from safelight.formats import TABLE, Format
from safelight.image import Image
from safelight.limits import MAX_INPUT_PIXELS, Limits


def opened(data: bytes, limits: Limits) -> Image:
    """As open_image; of a picture that is too large to be decoded here, metadata can be read and
    removed, up to what the command line takes. Raises besides SomethingMissing.
    """
    format = route(data[:ROUTE_BYTES])
    if format is not None and not _is_readable(format):
        raise _not_here(format)
    try:
        return _walked(memoryview(data), limits)
    except SomethingMissing as error:
        if format is None:
            raise
        raise _not_here(format) from error


def _walked(data: memoryview, limits: Limits) -> Image:
    """Only a walk may pass the limit of pixels here: it decodes none of them."""
    image = open_image(data, replace(limits, input_pixels=MAX_INPUT_PIXELS))
    return replace(image, decoder=VipsDecoder(data, image.header, limits))


def _is_readable(format: Format) -> bool:
    """False for what is no picture, and has all that is known of it from a library."""
    facts = TABLE[format]
    names = {name.partition(".")[0] for name in facts.libraries}
    return facts.reads or not facts.extra or all(find_spec(name) for name in names)


def _not_here(format: Format) -> SomethingMissing:
    return SomethingMissing(f"{TABLE[format].title} files cannot be worked on in a tab")
