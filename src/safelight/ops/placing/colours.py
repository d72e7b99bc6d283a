"""A colour as people write it, and as the samples of a picture that has its own colour space."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from safelight.ops.cutting.grounds import NAMED
from safelight.ops.tiling.still import PROFILE

HEX = r"#[0-9a-f]{6}"
GREY = ("b-w", "grey16")


def by_name(value: object) -> object:
    """white as #ffffff; any other text in lower case."""
    return NAMED.get(value.lower(), value.lower()) if isinstance(value, str) else value


Colour = Annotated[str, BeforeValidator(by_name), Field(pattern=f"^{HEX}$")]


def peak_of(picture: Any) -> int:
    """The largest sample."""
    return 65_535 if picture.format == "ushort" else 255


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as three samples of 8 bits."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def able_to_hold(picture: Any, *colours: str) -> Any:
    """The picture in sRGB if it is grey and one of the colours is not; else as it is."""
    is_grey = all(len(set(rgb(colour))) == 1 for colour in colours)
    return picture if is_grey else in_colour(picture)


def in_colour(picture: Any) -> Any:
    """The picture with channels for colour: a grey one becomes sRGB, by its profile if it has
    one.
    """
    if picture.interpretation not in GREY:
        return picture
    depth = 16 if picture.format == "ushort" else 8
    if _profile_of(picture) == b"GRAY":
        picture = picture.icc_transform("srgb", embedded=True, depth=depth)
    picture = picture.colourspace("rgb16" if depth == 16 else "srgb").copy()
    if picture.get_typeof(PROFILE) != 0:
        picture.remove(PROFILE)
    return picture


def samples(colour: str, picture: Any) -> list[float]:
    """The colour, which is meant in sRGB, as this picture's samples; without one for alpha."""
    patch = (_patch() + list(rgb(colour))).cast("uchar").copy(interpretation="srgb")
    return [float(value) for value in in_space_of(patch, picture)(0, 0)]


def in_space_of(patch: Any, picture: Any) -> Any:
    """A patch of 8 or 16 bit sRGB without alpha, in the colour space and depth of a picture."""
    is_deep = picture.format == "ushort"
    depth = 16 if is_deep else 8
    space = {"cmyk": b"CMYK", "b-w": b"GRAY", "grey16": b"GRAY"}.get(picture.interpretation)
    has_profile = _profile_of(picture) == (space or b"RGB ")
    if has_profile or picture.interpretation == "cmyk":
        lab = patch.icc_import(input_profile="srgb", pcs="lab").copy()
        if not has_profile:
            return lab.icc_export(output_profile="cmyk", depth=depth)
        lab.set_type(picture.get_typeof(PROFILE), PROFILE, picture.get(PROFILE))
        return lab.icc_export(pcs="lab", depth=depth)
    return patch.colourspace(picture.interpretation)


def _profile_of(picture: Any) -> bytes:
    """The colour space that the picture's profile speaks of; empty without a profile."""
    if picture.get_typeof(PROFILE) == 0:
        return b""
    return bytes(picture.get(PROFILE))[16:20]


def _patch() -> Any:
    import pyvips

    return pyvips.Image.black(1, 1)
