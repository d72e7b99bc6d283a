"""Samples of other kinds as 8 or 16 bit, by one rule for each; what is cut is noted on the picture.

whole numbers with a sign     moved up by half their range
32 bit                        the upper 16
floating point, one channel   0..1 becomes 0..65535
floating point, colour        the same; taken as linear light, put into sRGB
complex, 64 bit               refused
"""

from __future__ import annotations

from typing import Any

from safelight.codecs.libvips import libvips
from safelight.errors import FormatUnknown

# What could not be held when the picture was opened; the encoder tells it, no file gets it.
NOTE = "safelight-note"
GAMUT = "safelight-gamut"
FULL = 65_535
FLOATS = ("float", "double")
# Kind: what is added, then by what it is divided, then what it becomes.
WHOLE: dict[str, tuple[int, int, str]] = {
    "char": (128, 1, "uchar"),
    "short": (32_768, 1, "ushort"),
    "uint": (0, 65_536, "ushort"),
    "int": (2**31, 65_536, "ushort"),
}


def in_whole_numbers(picture: Any) -> Any:
    """The picture in 8 or 16 bit. Raises FormatUnknown for samples that are no brightness."""
    if picture.format in FLOATS:
        return _from_floats(picture)
    if picture.format not in WHOLE:
        raise FormatUnknown("the picture has complex samples, Safelight reads real ones")
    more, by, kind = WHOLE[picture.format]
    moved = ((picture.cast("double") + more) / by).floor().cast(kind)
    moved = moved.copy(interpretation=_kind(picture, is_deep=kind == "ushort"))
    return noted(moved, "the lower 16 of 32 bits of each sample") if by > 1 else moved


def _from_floats(picture: Any) -> Any:
    picture = picture.cast("float").copy_memory()
    is_number = picture == picture
    inside = is_number & (picture >= 0) & (picture <= 1)
    outside = round((1 - inside.avg() / 255) * picture.width * picture.height * picture.bands)
    picture = is_number.ifthenelse(picture, 0)
    if picture.bands < 3:
        seen = (picture * FULL + 0.5).cast("ushort").copy(interpretation="grey16")
    else:
        alpha = [(band * FULL + 0.5).cast("ushort") for band in picture.bandsplit()[3:4]]
        seen = picture[0:3].copy(interpretation="scrgb").colourspace("rgb16")
        seen = seen.bandjoin(alpha) if alpha else seen
    return noted(seen, f"{outside} samples outside 0..1, cut" if outside else "floating point")


def _kind(picture: Any, *, is_deep: bool) -> str:
    if picture.bands < 3:
        return "grey16" if is_deep else "b-w"
    if picture.interpretation == "cmyk":
        return "cmyk"
    return "rgb16" if is_deep else "srgb"


def noted(picture: Any, words: str) -> Any:
    """The picture with a note of what it could not hold."""
    picture = picture.copy()
    picture.set_type(libvips().GValue.gstr_type, NOTE, words)
    return picture


def narrowed(picture: Any) -> Any:
    """The picture with a note that its colours were brought into sRGB when it was opened."""
    picture = picture.copy()
    picture.set_type(libvips().GValue.gstr_type, GAMUT, "converted to sRGB")
    return picture
