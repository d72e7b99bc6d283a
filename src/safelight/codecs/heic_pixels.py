"""The pixels of a HEIC or HEIF picture, by pillow-heif (extra heic): its decoder alone is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safelight.codecs.coded_colour import in_its_colours, of_heif
from safelight.codecs.colour import GREY, PROFILE, RGB
from safelight.codecs.libvips import libvips
from safelight.codecs.loading import from_array
from safelight.errors import ContainerBroken, FormatUnknown, MemoryExceeded, SomethingMissing
from safelight.image import Header

# What libheif says of a coding that this build has no decoder for.
NOT_READ = ("unsupported", "not supported", "no decoder", "decoder not found")


def opened(data: memoryview, header: Header) -> Any:
    """The primary picture, turned as its container says; 10 and 12 bit as 16, alpha last.

    Decoded whole at once. Raises SomethingMissing without the extra, FormatUnknown for a coding
    that the library does not know, ContainerBroken.
    """
    library = _library()
    with _library_errors():
        file = library.open_heif(bytes(data), convert_hdr_to_8bit=False)
        if not len(file):
            raise FormatUnknown("the HEIF holds no picture in a coding that Safelight reads")
        found = file[file.primary_index]
        if found.size != (header.width, header.height):
            raise ContainerBroken("the header and the pixels disagree on the size")
        picture = _picture(found)
    profile = found.info.get("icc_profile")
    if profile:
        picture.set_type(libvips().GValue.blob_type, PROFILE, profile)
    return in_its_colours(picture, of_heif(data))


def _library() -> Any:
    try:
        import pillow_heif
    except ImportError:
        raise SomethingMissing(
            "the pixels of heic need a package that is not installed",
            hint="pip install 'safelight[heic]'",
        ) from None
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DECODE_THREADS = 1
    return pillow_heif


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise MemoryExceeded from error
    except (ValueError, SyntaxError, RuntimeError, EOFError, IndexError, OSError) as error:
        words = str(error).lower()
        if isinstance(error, SyntaxError | IndexError) or any(word in words for word in NOT_READ):
            raise FormatUnknown("this kind of heic is not one that Safelight reads") from error
        raise ContainerBroken("the heic data is damaged or cut short") from error


def _picture(found: Any) -> Any:
    import numpy as np

    array = np.asarray(found)
    array = array[:, : found.size[0]]
    array = array[..., None] if array.ndim == 2 else array
    if array.itemsize == 2:
        # The library moves 10 and 12 bit up and leaves zeros below: white would not be white.
        array = array | array >> found.info["bit_depth"]
    bands, is_deep = array.shape[2], array.itemsize == 2
    picture = from_array(np.ascontiguousarray(array), (GREY if bands < 3 else RGB)[is_deep])
    if found.premultiplied_alpha:
        most = 65_535 if is_deep else 255
        picture = picture.unpremultiply(max_alpha=most).cast("ushort" if is_deep else "uchar")
        picture = picture.copy(interpretation=(GREY if bands < 3 else RGB)[is_deep])
    return picture
