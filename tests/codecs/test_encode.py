"""Encoding: lossless where nothing changed, each format given what it can carry, limits kept."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pydicom
import pytest
import pyvips
from PIL import Image as Pillow
from PIL import ImageCms

from safelight.codecs.colour import speaks_of
from safelight.codecs.encode import Encoded, encode
from safelight.errors import LimitExceeded
from safelight.formats import TABLE, WRITABLE, Format
from safelight.image import Image
from safelight.limits import MAX_SIDE, Limits
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from tests.contract import LIMITS, PICTURES, context, deep, drawn, opened, pixels, with_pillow

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(Convert(**wish).apply(opened(data), context()), memoryview(data), LIMITS)


def as_vips(made: Encoded) -> Any:
    data = b"".join(made.pieces)
    if TABLE[made.format].loader or made.format in ("png", "tiff", "avif"):
        return pyvips.Image.new_from_buffer(data, "")
    if made.format == "dicom":
        array = pydicom.dcmread(io.BytesIO(data)).pixel_array
        kinds = ("grey16", "rgb16") if array.itemsize > 1 else ("b-w", "srgb")
        return pyvips.Image.new_from_array(array, interpretation=kinds[array.ndim - 2])
    out = io.BytesIO()
    Pillow.open(io.BytesIO(data)).save(out, "PNG")
    return pyvips.Image.new_from_buffer(out.getvalue(), "")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_an_untouched_picture_is_not_coded_again(format: str) -> None:
    data = with_pillow(drawn(), format)
    made = converted(data)
    assert not made.is_reencoded
    assert np.array_equal(pixels(made), np.asarray(Pillow.open(io.BytesIO(data))))


@pytest.mark.parametrize("wish", [{"quality": 60}, {"effort": 0}, {"to": "png"}])
def test_a_wish_codes_it_again(wish: dict[str, Any]) -> None:
    assert converted(with_pillow(drawn(), "JPEG"), **wish).is_reencoded


@pytest.mark.parametrize("to", WRITABLE)
@pytest.mark.parametrize("picture", PICTURES)
def test_every_kind_goes_into_every_format_and_looks_the_same(to: Format, picture: str) -> None:
    data = PICTURES[picture]()
    made = converted(data, to=to)
    assert made.format == to
    seen = as_vips(made)
    if made.is_reencoded:
        assert (seen.width, seen.height) == (made.width, made.height)
    wanted = opened(data).vips
    has_alpha = wanted.hasalpha()
    if wanted.interpretation == "cmyk":
        wanted = wanted.icc_transform("srgb", input_profile="cmyk")
    if seen.interpretation == "cmyk":
        seen = seen.icc_transform("srgb", input_profile="cmyk")
    difference = abs(_mean(wanted) - _mean(seen.autorot()))
    assert difference.max() < (200 if has_alpha and to in ("jpeg", "gif", "dicom") else 6)


def _mean(picture: Any) -> Any:
    flat = picture.copy_memory().colourspace("srgb")
    flat = flat.flatten(background=255) if flat.hasalpha() else flat
    return np.array([flat[band].avg() for band in range(3)])


@pytest.mark.parametrize("to", WRITABLE)
def test_sixteen_bits_stay_where_the_format_can(to: Format) -> None:
    seen = as_vips(converted(deep(3), to=to))
    assert seen.format == ("ushort" if "depth" in TABLE[to].keeps else "uchar")


@pytest.mark.parametrize("to", ["jpeg", "png", "tiff"])
def test_grey_stays_grey(to: str) -> None:
    assert as_vips(converted(PICTURES["grey"](), to=to)).bands == 1


@pytest.mark.parametrize("to", WRITABLE)
def test_cmyk_stays_where_the_format_can(to: Format) -> None:
    made = converted(PICTURES["cmyk"](), to=to, **({"quality": 95} if to == "jpeg" else {}))
    is_kept = as_vips(made).interpretation == "cmyk"
    assert is_kept == (to in ("jpeg", "tiff"))


def test_cmyk_survives_its_own_format() -> None:
    data = PICTURES["cmyk"]()
    seen = pixels(converted(data, quality=100)).astype(int)
    assert np.abs(seen - np.asarray(Pillow.open(io.BytesIO(data)))).mean() < 2


@pytest.mark.parametrize(
    ("background", "wanted"), [("#ffffff", (255, 255, 255)), ("#204060", (32, 64, 96))]
)
@pytest.mark.parametrize("bands", [2, 4])
def test_transparency_shows_the_background_where_a_format_has_none(
    background: str, wanted: tuple[int, int, int], bands: int
) -> None:
    array = drawn(bands=bands)
    array[..., -1] = 0
    made = converted(with_pillow(array, "PNG"), to="jpeg", quality=100, background=background)
    seen = np.asarray(Pillow.open(io.BytesIO(b"".join(made.pieces))).convert("RGB")).astype(int)
    assert np.abs(seen - wanted).max() <= 3


def test_deep_transparency_is_laid_on_the_background_in_full_range() -> None:
    array = np.zeros((8, 8, 4), np.uint16)
    array[..., 3] = 32_768
    picture = pyvips.Image.new_from_array(array, interpretation="rgb16")
    seen = pixels(converted(picture.pngsave_buffer(), to="jpeg"))
    assert np.abs(seen.astype(int) - 127).max() <= 2


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "tiff", "avif"])
def test_a_profile_goes_along_through_a_resize(to: Format) -> None:
    data = with_pillow(drawn(), "JPEG", icc_profile=SRGB)
    image = Resize(fit="20x20", format=to).apply(opened(data), context())
    seen = as_vips(encode(image, memoryview(data), LIMITS))
    assert speaks_of(bytes(seen.get("icc-profile-data")), seen)


def swapped_profile() -> bytes:
    """sRGB with its red and green primaries exchanged: colours are wrong wherever it is ignored."""
    profile = bytearray(SRGB)
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_a_profile_that_cannot_go_along_is_applied() -> None:
    array = np.zeros((16, 16, 3), np.uint8)
    array[...] = (250, 10, 10)
    data = with_pillow(array, "PNG", icc_profile=swapped_profile())
    made = converted(data, to="gif")
    seen = np.asarray(Pillow.open(io.BytesIO(b"".join(made.pieces))).convert("RGB")).astype(int)
    assert np.abs(seen - (10, 250, 10)).max() < 25


@pytest.mark.parametrize("picture", ["jpeg", "png", "webp", "tiff", "gif", "avif"])
def test_no_metadata_is_made_up(picture: str) -> None:
    for to in WRITABLE:
        data = PICTURES[picture]()
        image = Crop(width=9, height=9).apply(opened(data), context()).with_wish(format=to)
        seen = as_vips(encode(image, memoryview(data), LIMITS))
        blocks = {name for name in seen.get_fields() if name.endswith("-data")}
        assert blocks == set()


def pages(count: int) -> bytes:
    pictures = [Pillow.fromarray(drawn()) for _ in range(count)]
    out = io.BytesIO()
    pictures[0].save(out, "TIFF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def test_pages_that_are_left_out_are_told() -> None:
    made = converted(pages(3), to="png")
    assert [(c.what, c.finding.name) for c in made.changes if "frames" in c.finding.name] == [
        ("removed", "2 further frames")
    ]


def test_an_animation_goes_on_in_webp_with_its_timing() -> None:
    frames = [Pillow.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    again = Pillow.open(io.BytesIO(b"".join(converted(out.getvalue(), to="webp").pieces)))
    assert (getattr(again, "n_frames", 1), again.size) == (3, (16, 12))
    still = converted(out.getvalue(), to="tiff")
    assert np.all(pixels(still)[..., :3] == (255, 0, 0))


def test_quality_lossless_and_effort_do_what_they_say() -> None:
    data = with_pillow(drawn(), "PNG")
    low, high = (sum(map(len, converted(data, to="jpeg", quality=q).pieces)) for q in (20, 95))
    assert low < high
    for to in ("webp", "avif"):
        assert (
            np.abs(pixels(converted(data, to=to, lossless=True)).astype(int) - drawn()).max() <= 1
        )
    fast, slow = (sum(map(len, converted(data, to="png", effort=e).pieces)) for e in (0, 9))
    assert slow < fast


def wide(width: int) -> Image:
    data = with_pillow(drawn(2, 2), "PNG")
    return opened(data).with_pixels(pyvips.Image.black(width, 1, bands=3))


@pytest.mark.parametrize(("to", "most"), [("webp", 16_383), ("jpeg", 65_500), ("avif", 16_384)])
def test_a_side_that_the_format_cannot_hold_is_refused_with_a_hint(to: Format, most: int) -> None:
    data = memoryview(with_pillow(drawn(2, 2), "PNG"))
    with pytest.raises(LimitExceeded, match=f"{to} holds {most}") as refused:
        encode(wide(most + 1).with_wish(format=to), data, LIMITS)
    assert "png or tiff" in refused.value.hint


@pytest.mark.parametrize("to", ["png", "tiff"])
def test_no_result_has_longer_sides_than_are_read(to: Format) -> None:
    """What was written can be opened again."""
    data = memoryview(with_pillow(drawn(2, 2), "PNG"))
    made = encode(wide(MAX_SIDE).with_wish(format=to), data, LIMITS)
    assert opened(b"".join(made.pieces)).width == MAX_SIDE
    with pytest.raises(LimitExceeded, match=f"{MAX_SIDE + 1} pixels, the limit is {MAX_SIDE}"):
        encode(wide(MAX_SIDE + 1).with_wish(format=to), data, LIMITS)


def test_pixels_and_bytes_of_the_result_are_limited() -> None:
    data = with_pillow(drawn(200, 200), "PNG")
    image = Crop(width=199, height=199).apply(opened(data), context())
    with pytest.raises(LimitExceeded, match="39601 pixels"):
        encode(image, memoryview(data), replace(Limits(), output_pixels=39_600))
    for to in WRITABLE:
        fresh = Crop(width=199, height=199).apply(opened(data), context())
        with pytest.raises(LimitExceeded, match="pass 100 bytes"):
            encode(
                fresh.with_wish(format=to), memoryview(data), replace(Limits(), output_bytes=100)
            )
    with pytest.raises(LimitExceeded, match="pass 10 bytes"):
        encode(opened(data), memoryview(data), replace(Limits(), output_bytes=10))


@pytest.mark.parametrize("target", WRITABLE)
def test_a_copyright_notice_is_kept_in_the_file_or_told_as_removed(target: Format) -> None:
    exif = Pillow.Exif()
    exif[0x8298] = "(c) A. Person"
    out = io.BytesIO()
    Pillow.new("RGB", (9, 7)).save(out, "PNG", exif=exif)
    made = converted(out.getvalue(), to=target, effort=1)
    told = {change.finding.name: change.what for change in made.changes}
    is_there = b"(c) A. Person" in b"".join(made.pieces)
    # in a TIFF it stands in XMP, and is told by that name
    name = "XMP rights" if target == "tiff" else "Copyright"
    assert told == {**told, name: "kept" if is_there else "removed"}
    assert is_there == (TABLE[target].mark == "encoder")
