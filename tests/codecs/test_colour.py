"""What may stand in a pipeline: grey, RGB or CMYK; the rest is brought there, or refused."""

from __future__ import annotations

from typing import Any

import pytest
import pyvips

from safelight.codecs import colour
from safelight.errors import FormatUnknown


def filled(*values: float, kind: str, interpretation: str) -> Any:
    """A picture of one colour."""
    picture = pyvips.Image.black(4, 3, bands=len(values)) + list(values)
    return picture.cast(kind).copy(interpretation=interpretation)


def at(picture: Any) -> list[int]:
    return [round(value) for value in picture(1, 1)]


def test_lab_becomes_rgb() -> None:
    red = filled(53.2, 80.1, 67.2, kind="float", interpretation="lab")
    seen = colour.normalised(red)
    assert (seen.interpretation, seen.format, seen.bands) == ("rgb16", "ushort", 3)
    strong, *weak = at(seen)
    assert strong > 65_000
    assert max(weak) < 2_000


def test_a_packed_coding_is_unpacked() -> None:
    packed = filled(50, 0, 0, kind="float", interpretation="lab").Lab2LabQ()
    assert packed.coding == "labq"
    seen = colour.normalised(packed)
    assert (seen.coding, seen.interpretation) == ("none", "srgb")
    assert len(set(at(seen))) == 1


def test_five_channels_mean_nothing_but_cmyk_with_alpha() -> None:
    with pytest.raises(FormatUnknown, match="5 channels"):
        colour.normalised(filled(1, 2, 3, 4, 5, kind="uchar", interpretation="srgb"))
    inks = filled(1, 2, 3, 4, 255, kind="uchar", interpretation="cmyk")
    assert colour.normalised(inks).interpretation == "cmyk"


def test_the_alpha_of_cmyk_goes_where_there_is_no_place_for_it() -> None:
    inks = filled(0, 0, 0, 0, 255, kind="uchar", interpretation="cmyk")
    flat = colour.fitted(inks, "jpeg", keeps_profile=True, background=(255, 255, 255))
    assert (flat.bands, flat.interpretation) == (4, "cmyk")
    white = colour.fitted(inks, "webp", keeps_profile=True, background=(0, 0, 0))
    assert white.bands == 3
    assert min(at(white)) > 240


def test_a_profile_speaks_of_one_space() -> None:
    inks = filled(0, 0, 0, 0, kind="uchar", interpretation="cmyk")
    grey = filled(9, kind="uchar", interpretation="b-w")
    lights = filled(1, 2, 3, kind="uchar", interpretation="srgb")
    for space, picture in ((b"CMYK", inks), (b"GRAY", grey), (b"RGB ", lights)):
        profile = bytes(16) + space
        right = [colour.speaks_of(profile, one) for one in (inks, grey, lights)]
        assert right == [one is picture for one in (inks, grey, lights)]


@pytest.mark.parametrize(("depth", "kind"), [(None, "uchar"), (8, "uchar"), (12, "ushort")])
def test_the_depth_is_the_one_asked_for(depth: int | None, kind: str) -> None:
    lights = filled(255, 0, 128, kind="uchar", interpretation="srgb")
    seen = colour.in_depth(lights, depth)
    assert seen.format == kind
    back = colour.in_depth(seen, 8)
    assert at(back) == [255, 0, 128]
