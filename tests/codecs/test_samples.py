"""Samples of every kind arrive as 8 or 16 bit by one rule each, and what is lost is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow
from PIL import ImageCms

from safelight.codecs.encode import encode
from safelight.codecs.samples import NOTE, in_whole_numbers
from safelight.errors import FormatUnknown
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from tests.contract import LIMITS, PICTURES, context, opened


def tiff(array: Any, **options: Any) -> bytes:
    data: bytes = pyvips.Image.new_from_array(array).tiffsave_buffer(**options)
    return data


def array_of(picture: Any) -> Any:
    return picture.numpy().reshape(picture.height, picture.width, picture.bands)


def note_of(picture: Any) -> str:
    return str(picture.get(NOTE)) if picture.get_typeof(NOTE) else ""


def ramp(kind: str, low: float, high: float, bands: int = 1) -> Any:
    line = np.linspace(low, high, 64 * bands).reshape(8, 8, bands)
    return line.astype(kind)


@pytest.mark.parametrize(
    ("kind", "low", "high", "depth"),
    [("i1", -128, 127, 8), ("i2", -32_768, 32_767, 16), ("i4", -(2**31), 2**31 - 2**9, 16)],
)
def test_samples_with_a_sign_are_moved_up(kind: str, low: int, high: int, depth: int) -> None:
    array = ramp(kind, low, high)
    picture = opened(tiff(array)).vips
    wanted = (array.astype(np.int64) - low) >> (16 if kind == "i4" else 0)
    assert np.array_equal(array_of(picture), wanted)
    assert picture.format == ("uchar" if depth == 8 else "ushort")
    assert (note_of(picture) != "") == (kind == "i4")


def test_samples_of_32_bits_keep_the_upper_half() -> None:
    array = ramp("u4", 0, 2**32 - 2**12)
    assert np.array_equal(array_of(opened(tiff(array)).vips), array >> 16)


def test_a_kind_of_samples_that_is_not_read_is_refused_as_that() -> None:
    with pytest.raises(FormatUnknown):
        opened(tiff(ramp("f8", 0, 1))).vips.copy_memory()


def test_grey_floats_fill_16_bits() -> None:
    picture = opened(tiff(ramp("f4", 0, 1))).vips
    wanted = np.floor(ramp("f4", 0, 1) * 65_535 + 0.5)
    assert np.abs(array_of(picture).astype(int) - wanted).max() <= 1
    assert (picture.interpretation, note_of(picture)) == ("grey16", "floating point")


def test_coloured_floats_are_linear_light() -> None:
    array = np.dstack([np.full((4, 4, 3), 0.5), np.full((4, 4, 1), 0.25)]).astype("f4")
    picture = pyvips.Image.new_from_array(array, interpretation="scrgb")
    seen = array_of(in_whole_numbers(picture))[0, 0]
    assert abs(int(seen[0]) / 65_535 - 0.7354) < 0.001
    assert seen[3] == round(0.25 * 65_535)


def test_what_lies_outside_is_cut_and_counted() -> None:
    array = np.array([[-1, 0.5, 2, np.nan]], "f4")
    data = tiff(array)
    image = opened(data)
    assert array_of(image.vips)[0, :, 0].tolist() == [0, 32_768, 65_535, 0]
    made = encode(Convert(to="png").apply(image, context()), memoryview(data), LIMITS)
    told = {change.finding.name: change.finding.value for change in made.changes}
    assert told["sample depth"] == "3 samples outside 0..1, cut"
    assert b"outside" not in b"".join(made.pieces)


def test_complex_samples_are_refused() -> None:
    picture = pyvips.Image.new_from_array([[1.0, 2.0]]).cast("complex")
    with pytest.raises(FormatUnknown, match="complex"):
        in_whole_numbers(picture)


@pytest.mark.parametrize("name", ["lab.tif", "lab-green.tif", "hopper.Lab.tif"])
def test_lab_looks_as_another_library_shows_it(name: str, shared_data: Path) -> None:
    path = shared_data / "formats" / "pillow" / name
    space = [ImageCms.createProfile("LAB", 5_000), ImageCms.createProfile("sRGB")]
    turn = ImageCms.buildTransform(space[0], space[1], "LAB", "RGB")
    wanted = np.asarray(ImageCms.applyTransform(Pillow.open(path), turn)).astype(int)
    seen = array_of(opened(path.read_bytes()).vips).astype(int)
    assert np.abs(seen - wanted).mean() < 3


def test_tiles_in_separate_planes_are_joined(shared_data: Path) -> None:
    folder = shared_data / "formats" / "pillow"
    tiled, stripped = (
        array_of(opened((folder / f"tiff_{kind}_planar_16bit_RGB.tiff").read_bytes()).vips)
        for kind in ("tiled", "strip")
    )
    assert np.array_equal(tiled, stripped)


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("tile", [False, True])
def test_big_and_tiled_files_are_read(is_big: bool, tile: bool) -> None:
    array = ramp("u2", 0, 65_535, 3)
    data = tiff(array, bigtiff=is_big, tile=tile, tile_width=16, tile_height=16)
    assert np.array_equal(array_of(opened(data).vips), array)


def test_a_camera_raw_file_is_refused_and_not_taken_for_its_preview(shared_data: Path) -> None:
    data = (shared_data / "metadata" / "exiftool" / "CanonRaw.cr2").read_bytes()
    with pytest.raises(FormatUnknown, match="raw file") as refused:
        opened(data).vips.copy_memory()
    assert "develop" in refused.value.hint


LOSSES = ("sample depth", "transparency", "CMYK", "colours outside sRGB")


def told(picture: str, **wish: Any) -> dict[str, str]:
    """What was removed, by name, when the first part of a picture is encoded anew."""
    data = PICTURES[picture]()
    image = Crop(width=9, height=9).apply(opened(data), context())
    made = encode(Convert(**wish).apply(image, context()), memoryview(data), LIMITS)
    removed = (change.finding for change in made.changes if change.what == "removed")
    return {finding.name: finding.value for finding in removed if finding.name in LOSSES}


def test_what_the_target_cannot_hold_is_said() -> None:
    assert told("16 bit", to="jpeg") == {"sample depth": "16 bit, now 8"}
    assert told("16 bit", to="avif") == {"sample depth": "16 bit, now 10"}
    assert told("16 bit", to="avif", lossless=True) == {"sample depth": "16 bit, now 12"}
    assert told("alpha", to="jpeg", background="#102030") == {"transparency": "laid on #102030"}
    assert told("cmyk", to="png") == {"CMYK": "converted to sRGB"}


@pytest.mark.parametrize("to", ["png", "tiff"])
def test_what_the_target_holds_is_not_said_to_be_lost(to: str) -> None:
    for picture in ("16 bit", "16 bit alpha", "alpha", "grey", "jpeg"):
        assert told(picture, to=to) == {}


@pytest.mark.parametrize(("bands", "name"), [(4, "cmyk"), (3, "rgb16"), (1, "grey16")])
def test_moved_samples_keep_their_colour_space(bands: int, name: str) -> None:
    picture = pyvips.Image.new_from_array(ramp("i2", -32_768, 32_767, bands))
    if name == "cmyk":
        picture = picture.copy(interpretation="cmyk")
    assert in_whole_numbers(picture).interpretation == name
