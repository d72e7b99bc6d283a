"""AVIF: a still as libvips writes it, several frames as a sequence by Pillow.

What Pillow gives is written anew by our own rewriter: it has the time of day in it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import Any

from safelight.codecs.avif_clean import rewritten
from safelight.codecs.avif_frames import MAX_DELAY_MS, plugin
from safelight.codecs.blocks import Carried
from safelight.codecs.colour import PROFILE, has_alpha, is_deep
from safelight.codecs.heif import opened
from safelight.codecs.heif_movie import MOST_PLAYS, REPEATS, tracks
from safelight.codecs.isobmff import Box, boxes
from safelight.codecs.savers import EXIF, MAX_EFFORT, XMP, Pieces, settings, too_many, written
from safelight.errors import MemoryExceeded, ParameterInvalid
from safelight.formats import TABLE
from safelight.image import Wish

SAVER = "heifsave_target"
USUAL_DELAY_MS = 100
# Colour stays at full size from this quality on, as in a still.
FULL_COLOUR = 90
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
# The encoder gives other bytes for one thread than for several; how many there are is no matter.
THREADS = 4
OPAQUE = 255
CHROMA = {"on": "4:2:0", "off": "4:4:4"}
# A span of time in 64 bits, and where it lies in an edit list, a track's head and the movie's.
ONCE = struct.Struct(">Q")
ONCE_AT, SPAN_AT, SPAN_OF_MOVIE_AT = 8, 28, 24


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in pieces. Raises LimitExceeded, ParameterInvalid."""
    options = settings("avif", wish, is_deep=is_deep(picture))
    if picture.get_page_height() == picture.height:
        return written(picture, SAVER, options, most_bytes)
    _check(wish)
    data = bytearray(_sequence(picture, options))
    if len(data) > most_bytes:
        raise too_many(most_bytes)
    file = opened(memoryview(data))
    movie = file.first(b"moov")
    loop = picture.get("loop") if picture.get_typeof("loop") else 0
    if movie is not None and loop > 0:
        _set_plays(movie, min(loop, MOST_PLAYS))
    exif, xmp = (_block(picture, field) for field in (EXIF, XMP))
    pieces = rewritten(file, Carried(exif=exif, xmp=xmp))
    if sum(map(len, pieces)) > most_bytes:
        raise too_many(most_bytes)
    return pieces


def _check(wish: Wish) -> None:
    """Raise ParameterInvalid for what a still can be asked for and a sequence cannot."""
    if wish.lossless:
        raise ParameterInvalid(
            "frames go into avif with loss alone", hint="--to webp or png keeps every pixel"
        )
    if wish.depth not in (None, TABLE["avif"].depth_of_frames):
        raise ParameterInvalid(
            "frames go into avif with 8 bits a sample", hint="--to png keeps 16 bit"
        )


@dataclass(slots=True)
class Roll:
    """The frames as Pillow walks through a picture: each is made when its turn comes."""

    picture: Any
    size: tuple[int, int]
    mode: str
    encoderinfo: dict[str, Any]
    info: dict[str, Any] = field(default_factory=dict)
    is_animated: bool = True
    at: int = 0

    def tell(self) -> int:
        return self.at

    def seek(self, number: int) -> None:
        """Raises EOFError behind the last."""
        if number * self.size[1] >= self.picture.height:
            raise EOFError
        self.at = number

    def tobytes(self, *_: object) -> bytes:
        """The samples of this frame."""
        width, height = self.size
        return bytes(self.picture.crop(0, self.at * height, width, height).write_to_memory())


def _sequence(picture: Any, options: dict[str, Any]) -> bytes:
    library = plugin()
    picture = _in_its_mode(picture.copy_memory())
    size = (picture.width, picture.get_page_height())
    mode, quality = MODES[picture.bands], options["Q"]
    chroma = options.get("subsample_mode", "off" if quality >= FULL_COLOUR else "on")
    given = {
        "duration": _delays(picture, picture.height // size[1]),
        "quality": quality,
        # Turned round as libvips does it for a still.
        "speed": MAX_EFFORT - options["effort"],
        "subsampling": "4:0:0" if mode == "L" else CHROMA[chroma],
        "max_threads": THREADS,
        "autotiling": False,
        "icc_profile": _block(picture, PROFILE),
    }
    roll, out = Roll(picture, size, mode, given), io.BytesIO()
    try:
        library.Image.SAVE_ALL["AVIF"](roll, out, "")
    except MemoryError as error:
        raise MemoryExceeded from error
    return out.getvalue()


def _in_its_mode(picture: Any) -> Any:
    """Grey, RGB, or RGB with alpha: one that hides nothing, as that of many a GIF, is left out."""
    if has_alpha(picture) and picture[picture.bands - 1].min() == OPAQUE:
        return picture[0 : picture.bands - 1]
    return picture.colourspace("srgb") if picture.bands == 2 else picture


def _delays(picture: Any, count: int) -> list[int]:
    """In milliseconds, for every frame at least one: none can be shown for no time."""
    delays = picture.get("delay") if picture.get_typeof("delay") else []
    usual = [USUAL_DELAY_MS] * (count - len(delays))
    return [min(max(1, delay), MAX_DELAY_MS) for delay in [*delays[:count], *usual]]


def _block(picture: Any, name: str) -> bytes | None:
    return bytes(picture.get(name)) if picture.get_typeof(name) else None


def _set_plays(movie: Box, plays: int) -> None:
    """Write into every track how often it is shown; Pillow knows of none but without end."""
    spans = [0]
    for track in tracks(movie):
        edits, head = track.body(b"elst"), track.body(b"tkhd")
        (once,) = ONCE.unpack_from(edits, ONCE_AT)
        edits[3] = edits[3] & ~REPEATS | REPEATS * (plays > 1)
        ONCE.pack_into(head, SPAN_AT, once * plays)
        spans.append(once * plays)
    for box in boxes(movie.body):
        if box.type == b"mvhd":
            ONCE.pack_into(box.body, SPAN_OF_MOVIE_AT, max(spans))
