"""The frames of an AVIF that is a sequence, by Pillow: libheif opens its still alone.

The decoder is given what our own rewriter lets through: the shown track and its alpha, without
metadata, sound or further tracks.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from safelight.codecs.avif_clean import rewritten
from safelight.codecs.blocks import Carried
from safelight.codecs.colour import GREY, PROFILE, RGB
from safelight.codecs.heif import opened
from safelight.codecs.heif_header import coded_size, facts_of
from safelight.codecs.heif_movie import Track, shown, tracks
from safelight.codecs.isobmff import Box
from safelight.codecs.libvips import libvips
from safelight.codecs.loading import with_frames
from safelight.codecs.samples import noted
from safelight.errors import ContainerBroken, MemoryExceeded, SomethingMissing
from safelight.image import Header

MAX_DELAY_MS = 2**31 - 1


def plugin() -> Any:
    """Pillow's part for AVIF, told to make no threads. Raises SomethingMissing."""
    library: Any = None
    with suppress(ImportError):
        library = import_module("PIL.AvifImagePlugin")
    if library is None or not library.SUPPORTED:
        raise SomethingMissing(
            "the frames of avif need a Pillow that has AVIF", hint="pip install -U pillow"
        )
    library.DEFAULT_MAX_THREADS = 1
    return library


def frames_of(data: memoryview, header: Header) -> Any:
    """Every frame as it is displayed, one below the other, in 8 bit, with its delays.

    Raises ContainerBroken, FormatUnknown, MemoryExceeded, SomethingMissing.
    """
    library = plugin()
    file = opened(data)
    track = shown(tracks(file.first(b"moov")))[0]
    clean = io.BytesIO(b"".join(rewritten(file, Carried())))
    delays: list[int] = []
    with _library_errors():
        found = library.AvifImageFile(clean)
        _check(found, track, header)
        bands = len(found.getbands())
        size = header.width * header.height * bands
        samples = bytearray(size * header.frames)
        for number in range(header.frames):
            found.seek(number)
            samples[number * size : (number + 1) * size] = _displayed(found, track.properties())
            delays.append(min(max(0, found.info["duration"]), MAX_DELAY_MS))
    sides = (header.width, header.height * header.frames)
    picture = libvips().Image.new_from_memory(samples, *sides, bands, "uchar")
    picture = picture.copy(interpretation=(GREY if bands < 3 else RGB)[0])
    picture = with_frames(picture, header.height, delays=delays, loop=track.plays())
    profile = found.info.get("icc_profile")
    if profile:
        picture.set_type(libvips().GValue.blob_type, PROFILE, profile)
    return noted(picture, f"{header.bits} bit, read as 8") if header.bits > 8 else picture


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise MemoryExceeded from error
    except (ValueError, SyntaxError, RuntimeError, EOFError, OSError, ArithmeticError) as error:
        raise ContainerBroken("the avif sequence is damaged or cut short") from error


def _check(found: Any, track: Track, header: Header) -> None:
    """Raises ContainerBroken where the decoder would give other than what was held to limits."""
    coded = facts_of([coded_size(track)])
    if found.n_frames != header.frames or found.size != (coded.width, coded.height):
        raise ContainerBroken("the header and the sequence disagree on the frames")


def _displayed(found: Any, properties: list[Box]) -> bytes:
    """The samples of the frame sought, turned and mirrored as its track says, in its order."""
    library = plugin().Image.Transpose
    mirrors = (library.FLIP_TOP_BOTTOM, library.FLIP_LEFT_RIGHT)
    turns = (None, library.ROTATE_90, library.ROTATE_180, library.ROTATE_270)
    frame = found
    for box in properties:
        if box.type == b"irot" and box.body[0] & 3:
            frame = frame.transpose(turns[box.body[0] & 3])
        elif box.type == b"imir":
            frame = frame.transpose(mirrors[box.body[0] & 1])
    return bytes(frame.tobytes())
