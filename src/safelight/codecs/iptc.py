"""IPTC records (IIM) and the Photoshop image resources that carry them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import date

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.reading import decoded
from safelight.codecs.software import telling
from safelight.image import Finding, Risk

MAX_RECORDS = 2_000
_BY_RISK: dict[Risk, str] = {
    Risk.IDENTITY: """
        5 ObjectName  25 Keywords  80 By-line  85 By-lineTitle  105 Headline  110 Credit
        115 Source  118 Contact  120 Caption-Abstract  122 Writer-Editor  40 SpecialInstructions
        7 EditStatus  103 OriginalTransmissionReference  22 FixtureIdentifier  15 Category
        20 SupplementalCategories""",
    Risk.PLACE: """
        26 ContentLocationCode  27 ContentLocationName  90 City  92 Sub-location
        95 Province-State  100 Country-PrimaryLocationCode  101 Country-PrimaryLocationName""",
    Risk.TIME: """
        30 ReleaseDate  35 ReleaseTime  37 ExpirationDate  38 ExpirationTime  55 DateCreated
        60 TimeCreated  62 DigitalCreationDate  63 DigitalCreationTime  47 ReferenceDate""",
    Risk.HISTORY: "65 OriginatingProgram  70 ProgramVersion  42 ActionAdvised  45 ReferenceService",
    Risk.RIGHTS: "116 CopyrightNotice",
    Risk.ORIENTATION: "131 ImageOrientation",
    Risk.OTHER: """
        0 ApplicationRecordVersion  10 Urgency  75 ObjectCycle  130 ImageType
        135 LanguageIdentifier""",
    Risk.THUMBNAIL: "202 ObjectPreviewData",
}
DATASETS: dict[int, tuple[str, Risk]] = {
    int(number): (name, risk)
    for risk, words in _BY_RISK.items()
    for number, name in zip(words.split()[::2], words.split()[1::2], strict=True)
}
COPYRIGHT_NOTICE, DATE, TIME = 116, 55, 60
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)(?:([+-](?:0\d|1[0-4]))([0-5]\d))?", re.ASCII)
NESTED: dict[int, Kind] = {0x0404: "iptc", 0x0422: "exif", 0x0424: "xmp", 0x040F: "icc"}
RESOURCE_MARKS = (b"8BIM", b"PHUT", b"AgHg", b"MeSa", b"DCSR")
THUMBNAILS = frozenset({0x0409, 0x040C})


def read_iptc(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Record, data set and value, one after the other; ends where the bytes make no sense."""
    at = 0
    for _ in range(MAX_RECORDS):
        if at + 5 > len(data) or data[at] != 0x1C:
            return
        record, dataset, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000:
            wide = size & 0x7FFF
            size = int.from_bytes(data[at : at + wide], "big") if wide <= 8 else len(data)
            at += wide
        if at + size > len(data):
            return
        yield record, dataset, data[at : at + size]
        at += size


def iptc_findings(data: memoryview) -> Iterator[Finding]:
    """One finding for each data set of the application record."""
    is_empty = True
    for record, dataset, value in read_iptc(data):
        is_empty = False
        if record == 2:
            name, risk = DATASETS.get(dataset, (f"2:{dataset}", Risk.OTHER))
            yield Finding(risk, f"IPTC {name}", telling(value))
    if is_empty and bytes(data).strip(b"\0"):
        yield Finding(Risk.OTHER, "unreadable block", f"IPTC, {len(data)} bytes")


def copyright_notice(data: memoryview) -> str:
    """The notice, or nothing."""
    for record, dataset, value in read_iptc(data):
        if (record, dataset) == (2, COPYRIGHT_NOTICE):
            return decoded(value, 1_000)
    return ""


def date_created(data: memoryview) -> str:
    """When the picture was made, as XMP writes it, with the time where one is told; or nothing."""
    records = {dataset: decoded(value) for record, dataset, value in read_iptc(data) if record == 2}
    day, time = _DAY.fullmatch(records.get(DATE, "")), _TIME.fullmatch(records.get(TIME, ""))
    try:
        written = "" if day is None else date(*map(int, day.groups())).isoformat()
    except ValueError:
        return ""
    if not written or time is None:
        return written
    hours, minutes, seconds, zone, zone_minutes = time.groups()
    return f"{written}T{hours}:{minutes}:{seconds}" + (f"{zone}:{zone_minutes}" if zone else "")


def resources(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and data of every image resource; ends where the bytes make no sense."""
    at = 0
    for _ in range(MAX_RECORDS):
        if at + 12 > len(data) or bytes(data[at : at + 4]) not in RESOURCE_MARKS:
            return
        number, name_size = struct.unpack_from(">HB", data, at + 4)
        at += 6 + name_size + 1 + (name_size + 1) % 2
        if at + 4 > len(data):
            return
        size = struct.unpack_from(">I", data, at)[0]
        at += 4
        yield number, data[at : at + size]
        at += size + size % 2


def photoshop_blocks(data: memoryview) -> Iterator[Block]:
    """The blocks that image resources hold; every other resource as a private one."""
    for number, body in resources(data):
        if number in NESTED:
            yield Block(NESTED[number], "Photoshop", body, is_aside=True)
        elif number in THUMBNAILS:
            yield Block("thumbnail", "PhotoshopThumbnail", body)
        else:
            yield Block("private", f"Photoshop 0x{number:04X}", body)
