"""Canaries that another program wrote, into every place that it knows, are gone after a scrub."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.formats import TABLE, Format
from safelight.image import Profile
from tests.codecs import making_heif, planting_mp4, planting_pdf
from tests.codecs.making import CANARY, picture, saved, scrubbed
from tests.codecs.payload import lost
from tests.codecs.test_canaries import reveals
from tests.fuzz.seeds import drawn

WORD = CANARY.decode()
# As ExifTool takes them; what a format has no place for is passed over.
TAGS = (
    *("Artist", "ImageDescription", "Make", "Model", "Software", "HostComputer", "DocumentName"),
    *(
        "XPTitle",
        "XPComment",
        "XPAuthor",
        "XPKeywords",
        "UserComment",
        "OwnerName",
        "ImageUniqueID",
    ),
    *("SerialNumber", "LensModel", "LensSerialNumber", "CameraSerialNumber", "UniqueCameraModel"),
    *("GPSAreaInformation", "GPSProcessingMethod", "GPSMapDatum", "GPSSatellites"),
    *("IPTC:By-line", "IPTC:City", "IPTC:Keywords", "IPTC:Caption-Abstract", "IPTC:Headline"),
    *("XMP-dc:Creator", "XMP-dc:Title", "XMP-dc:Subject", "XMP-dc:Description", "XMP-dc:Source"),
    *("XMP-xmp:CreatorTool", "XMP-xmp:Label", "XMP-xmpMM:DocumentID", "XMP-xmpMM:InstanceID"),
    *("XMP-photoshop:City", "XMP-photoshop:Instructions", "XMP-tiff:Artist", "XMP-aux:Lens"),
    *("XMP-exif:UserComment", "XMP-iptcCore:Location", "XMP-iptcExt:PersonInImage"),
    *("XMP-mwg-rs:RegionName", "XMP-xmpRights:Owner", "XMP-plus:ImageSupplierID"),
    *("Photoshop:PhotoshopQuality", "Photoshop:URL", "MIE:Comment", "Comment", "Adobe:Comment"),
    *("PNG:Author", "PNG:Title", "PNG:Comment", "PNG:Software", "PNG:Source", "PNG:Description"),
    *("ItemList:Artist", "ItemList:Title", "ItemList:Comment", "ItemList:Genre", "ItemList:Album"),
    *("Keys:Artist", "Keys:Title", "Keys:Make", "Keys:Model", "Keys:Software", "Keys:Comment"),
    *("UserData:Artist", "UserData:Title", "UserData:Comment", "UserData:Make", "UserData:Model"),
    *("UserData:LocationName", "PDF:Author", "PDF:Title", "PDF:Subject", "PDF:Producer"),
    *("PDF:Creator", "PDF:Keywords", "ICC_Profile:ProfileDescription"),
)
PLACE = ("-GPSLatitude=48.86", "-GPSLongitude=2.34", "-XMP:GPSLatitude=48.86")
FILM = ("-Keys:GPSCoordinates=48.86, 2.34, 35", "-UserData:GPSCoordinates=48.86, 2.34, 35")


def seeds() -> dict[Format, bytes]:
    """A plain file of each format that ExifTool writes into."""
    kinds: dict[Format, str] = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF"}
    kinds |= {"gif": "GIF", "avif": "AVIF"}
    found = {format: saved(picture(), kind) for format, kind in kinds.items()}
    found["heic"], found["mp4"] = making_heif.plain("heic"), planting_mp4.film()
    return found | {"pdf": planting_pdf.document()}


def planted(folder: Path) -> dict[Format, bytes]:
    """All of them after one run of ExifTool."""
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError("exiftool is needed to plant: apt install libimage-exiftool-perl")
    for format, data in seeds().items():
        (folder / f"planted.{TABLE[format].endings[0]}").write_bytes(data)
    words = [f"-{tag}={WORD}" for tag in TAGS]
    line = [tool, "-q", "-q", "-m", "-overwrite_original", *words, *PLACE, *FILM, str(folder)]
    subprocess.run(line, check=False, capture_output=True, timeout=120)
    return {
        format: (folder / f"planted.{TABLE[format].endings[0]}").read_bytes() for format in seeds()
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[Format, bytes]:
    return planted(tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("format", seeds())
def test_what_another_program_planted_is_gone(
    files: dict[Format, bytes], format: Format, profile: Profile
) -> None:
    clean = scrubbed(files[format], format, profile=profile)
    assert not reveals(unpacked(clean, format))
    assert lost(files[format], clean, format) == []


@pytest.mark.parametrize("format", seeds())
def test_it_was_there_before(files: dict[Format, bytes], format: Format) -> None:
    """More than once, or the other program found no place for it and nothing is shown."""
    there = unpacked(files[format], format)
    assert reveals(there)
    assert there.count(CANARY[:4]) > (0 if format == "gif" else 3)


@pytest.mark.parametrize("format", [format for format in TABLE if TABLE[format].scrubs])
def test_every_format_has_places_of_its_own(format: Format) -> None:
    """Canaries that its own tests plant and search for, see planting_*.py."""
    assert sum(reveals(unpacked(data, format)) for data in drawn(format)) >= 15


def unpacked(data: bytes, format: Format) -> bytes:
    """With what is compressed in it."""
    return planting_pdf.everything_in(data) if format == "pdf" else data
