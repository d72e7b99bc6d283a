"""DICOM pixels: values arrive in 16 bit, keep their units, and are shown by their window."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import UID

from safelight.codecs import dicom_pixels
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.values import as_shown, values_of
from safelight.errors import ContainerBroken, FormatUnknown, SomethingMissing
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from tests.codecs.making import dicom, picture
from tests.contract import LIMITS, context, opened


def measured() -> Pillow.Image:
    """A ramp of 12-bit numbers."""
    return Pillow.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64))


def converted(data: bytes, **wish: Any) -> Encoded:
    image = Crop(width=60, height=50, left=0, top=0).apply(opened(data), context())
    return encode(Convert(**wish).apply(image, context()), memoryview(data), LIMITS)


def whole(made: Encoded) -> bytes:
    return b"".join(made.pieces)


def values(data: bytes) -> Any:
    """The numbers in the scanner's units, as another library reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pydicom.dcmread(io.BytesIO(data))
        return apply_modality_lut(found.pixel_array, found)


def array_of(image: Any) -> Any:
    return image.numpy().reshape(image.height, image.width, image.bands)


def test_numbers_fill_16_bits_and_come_back_in_their_units() -> None:
    data = dicom(measured(), RescaleSlope=2, RescaleIntercept=-1_024)
    samples = array_of(opened(data).vips)
    assert (samples.min(), samples.max(), samples.dtype) == (0, 65_535, np.uint16)
    again = whole(converted(data, effort=1))
    assert np.abs(values(again) - values(data)[:50, :60]).max() < 0.1


def test_every_readable_object_keeps_its_numbers(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "medical").rglob("*.dcm")):
        data = path.read_bytes()
        try:
            image = opened(data)
            image = image.with_pixels(image.vips)
        except (FormatUnknown, ContainerBroken):
            continue
        if image.vips.bands > 1 or image.header.frames > 1:
            continue
        again = values(whole(encode(image, memoryview(data), LIMITS)))
        wanted = np.asarray(values(data), float)
        assert np.abs(again - wanted).max() <= np.ptp(wanted) / 60_000, path.name
        seen += 1
    assert seen >= 8


def test_a_picture_format_gets_what_the_window_shows_and_the_rest_is_said() -> None:
    data = dicom(measured(), WindowCenter=1_000.5, WindowWidth=1_001)
    made = converted(data, to="png")
    shown = np.asarray(Pillow.open(io.BytesIO(whole(made)))).astype(int)
    assert shown[0, 0] == 0
    assert shown[-1, -1] == 65_535
    assert abs(int(shown[1_000 // 64, 1_000 % 64]) - 32_768) < 100
    told = {c.finding.name: c.finding.value for c in made.changes if c.what == "removed"}
    assert told["values outside the window"] == "500 to 1500 of 0 to 4095"


def test_without_a_window_everything_is_shown() -> None:
    made = converted(dicom(measured()), to="png")
    assert "values outside the window" not in {c.finding.name for c in made.changes}
    image = opened(dicom(measured())).vips
    assert np.array_equal(array_of(as_shown(image)), array_of(image))


def test_more_is_brighter_also_where_it_was_stored_the_other_way() -> None:
    data = dicom(measured(), PhotometricInterpretation="MONOCHROME1", WindowCenter=2_000.5,
                 WindowWidth=4_001)  # fmt: skip
    samples = array_of(opened(data).vips)[..., 0].astype(int)
    assert samples[0, 0] == 65_535
    assert samples[-1, -1] == 0
    assert np.abs(values(whole(converted(data, effort=1))) - values(data)[:50, :60]).max() < 0.1
    shown = np.asarray(Pillow.open(io.BytesIO(whole(converted(data, to="png")))))
    assert shown[0, 0] > shown[-1, -1]


def test_bytes_stay_bytes_and_colours_colours() -> None:
    grey = opened(dicom(picture(24, 16, "L"))).vips
    assert (grey.format, grey.interpretation) == ("uchar", "b-w")
    turned = opened(dicom(picture(24, 16, "L"), PhotometricInterpretation="MONOCHROME1")).vips
    assert np.array_equal(array_of(turned), 255 - array_of(grey))
    colour = opened(dicom(picture())).vips
    assert np.array_equal(array_of(colour), np.asarray(picture()))


def test_a_palette_becomes_rgb(shared_data: Path) -> None:
    data = (shared_data / "medical" / "pydicom" / "examples_palette.dcm").read_bytes()
    image = opened(data).vips
    assert (image.bands, image.interpretation) == (3, "rgb16")


def test_units_survive_a_resize() -> None:
    data = dicom(measured(), RescaleSlope=2, RescaleIntercept=-1_024, WindowCenter=5, WindowWidth=9)
    image = Resize(fit="32x32").apply(opened(data), context())
    again = whole(encode(image, memoryview(data), LIMITS))
    assert abs(values(again).mean() - values(data).mean()) < 20
    found = pydicom.dcmread(io.BytesIO(again))
    assert (found.WindowCenter, found.WindowWidth) == (5, 9)


def test_what_is_written_names_nobody_and_is_the_same_each_time() -> None:
    data = dicom(measured(), PatientName="Doe^Jane", PatientID="4711", StudyDate="20200101")
    first = converted(data, effort=1)
    assert whole(first) == whole(converted(data, effort=1))
    assert b"Doe" not in whole(first)
    found = pydicom.dcmread(io.BytesIO(whole(first)))
    assert (found.PatientName, found.PatientID, found.StudyDate) == ("", "", "")
    assert str(found.SOPInstanceUID).startswith("2.25.")
    assert "1.2.3" not in str(found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JPEGLSNearLossless_08.dcm", "JPEG-LS"),
        ("JPGExtended.dcm", "12 bit"),
        ("test-SR.dcm", "no picture"),
    ],
)
def test_what_is_not_read_is_refused_by_name(name: str, words: str, shared_data: Path) -> None:
    from safelight.image import Header

    data = (shared_data / "medical" / "pydicom" / name).read_bytes()
    with pytest.raises(FormatUnknown, match=words):
        dicom_pixels.opened(memoryview(data), Header("dicom", 1, 1))


def test_a_cut_object_is_refused() -> None:
    data = dicom(measured())
    with pytest.raises(ContainerBroken):
        opened(data[:-999]).vips.copy_memory()


def test_without_the_package_the_line_that_brings_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from safelight.codecs import dicom_pixels, dicom_save
    from safelight.image import Header, Wish

    image = opened(dicom(measured()))
    pixels = image.vips
    for name in ("pydicom", "pydicom.dataset", "pydicom.pixels.utils"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    for attempt in (
        lambda: dicom_pixels.opened(memoryview(b""), Header("dicom", 1, 1)),
        lambda: dicom_save.saved(pixels, Wish(), 10**6),
    ):
        with pytest.raises(SomethingMissing) as missing:
            attempt()
        assert missing.value.hint == "pip install 'safelight[medical]'"


def test_values_are_none_for_an_ordinary_picture() -> None:
    assert values_of(opened(dicom(picture(24, 16, "L"))).vips) is None


@pytest.mark.parametrize(
    ("syntax", "words"),
    [
        ("1.2.840.10008.1.2.4.57", "lossless JPEG"),
        ("1.2.840.10008.1.2.4.201", "HTJ2K"),
        ("1.2.840.10008.1.2.4.102", "hold a film"),
        ("1.2.840.10008.1.2.1.99", "deflated"),
        ("1.2.3.4", "not one that Safelight reads"),
    ],
)
def test_a_coding_without_a_decoder_is_refused_by_name(syntax: str, words: str) -> None:
    found = Dataset()
    found.PixelData = b"\0\0"
    found.BitsStored = 8
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = UID(syntax)
    with pytest.raises(FormatUnknown, match=words):
        dicom_pixels._require_decoder(found)


def test_no_other_decoder_of_the_library_is_ever_handed_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pillow, "ID", list(Pillow.ID))
    dicom_pixels.warm()
    assert Pillow.ID == ["JPEG", "JPEG2000"]
