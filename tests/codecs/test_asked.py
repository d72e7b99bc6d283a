"""What was asked for is in the file when the list says so: films, documents, scans."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.codecs import metadata, scrub
from safelight.formats import Format
from safelight.image import Risk, Wish
from tests.codecs import (
    planting_dicom,
    planting_gif,
    planting_mp4,
    planting_pdf,
    planting_tiff,
    planting_webm,
    test_svg_clean,
)
from tests.codecs.test_dicom_clean import at_rest

ALL = tuple(risk.name.lower() for risk in Risk)
FILES: dict[Format, bytes] = {
    "gif": planting_gif.plants()["XMP"],
    "tiff": planting_tiff.plants()["EXIF and GPS"],
    "svg": test_svg_clean.PLANTS["title"],
    "mp4": planting_mp4.film(
        inside=planting_mp4.keys(location_ISO6709=b"+48+002/", odd_key=b"words")
        + planting_mp4.box(b"udta", planting_mp4.word(b"\xa9nam", b"a title"))
    ),
    "webm": planting_webm.film(behind=planting_webm.tag("LOCATION", b"+48+002/")),
    "pdf": planting_pdf.plants()["facts"],
    "dicom": planting_dicom.saved(
        planting_dicom.dicom(OtherPatientNames=["A^B", "C^D"], StudyTime="101112")
    ),
}
MARK = "trainedAlgorithmicMedia"


def rewritten(data: bytes, format: Format, **wish: Any) -> tuple[bytes, dict[str, set[str]]]:
    pieces, changes = scrub.rewrite(memoryview(data), format, Wish(**wish))
    told: dict[str, set[str]] = {"kept": set(), "removed": set(), "added": set()}
    for change in changes:
        told[change.what].add(change.finding.name)
    return b"".join(pieces), told


def names(data: bytes, format: Format) -> set[str]:
    return {one.name for one in metadata.findings(memoryview(data), format)}


@pytest.mark.parametrize("format", sorted(FILES))
def test_what_is_said_to_be_kept_is_there(format: Format) -> None:
    clean, told = rewritten(FILES[format], format, keep=ALL)
    assert told["kept"]
    assert told["kept"] <= names(clean, format)
    again, _ = rewritten(clean, format, keep=ALL)
    assert at_rest(again, format) == at_rest(clean, format)


@pytest.mark.parametrize("format", sorted(FILES))
def test_what_is_said_to_be_removed_is_not(format: Format) -> None:
    clean, told = rewritten(FILES[format], format)
    assert told["removed"]
    assert told["removed"] & names(clean, format) == set()


@pytest.mark.parametrize("format", ["gif", "tiff", "svg", "mp4", "webm", "pdf"])
def test_a_mark_is_written_and_stays(format: Format) -> None:
    marked, told = rewritten(FILES[format], format, mark=MARK)
    assert told["added"] == {"XMP DigitalSourceType"}
    assert names(marked, format) == {"XMP DigitalSourceType"}
    strict, _ = rewritten(marked, format, profile="strict")
    assert strict == marked
