"""AVIF and HEIC that are not rewritten: the unknown is refused by name, and so is the broken."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.codecs import routing
from safelight.codecs.decode import open_image
from safelight.codecs.heif_streams import Walker
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused
from safelight.limits import Limits
from tests.codecs.making import jpeg, scrubbed
from tests.codecs.making_heif import ALPHA, Item, auxiliary, box, coded, full, whole
from tests.codecs.planting_heif import grid

HEAD = whole("avif").written()
LINKS = ((b"auxl", (1,)),)
REFUSED = {
    "a protected item": HEAD.replace(b"\0\1\0\0av01", b"\0\1\0\1av01"),
    "a property for something else": whole(
        "avif", items=(coded("avif").item((full(b"auxC", b"urn:words\0"), True)),)
    ).written(),
    "a JPEG that lacks its head": whole(
        "heic", items=(Item(b"jpeg", jpeg(), ((box(b"jpgC", b""), False),)),)
    ).written(),
    "uncompressed": whole("heic", items=(Item(b"unci", b"\0\0\0"),)).written(),
    "an essential property that is not known": whole(
        "avif", items=(coded("avif").item((box(b"zzzz", b""), True)),)
    ).written(),
    "alpha that cannot be kept": whole(
        "avif", coded("avif").item(auxiliary(ALPHA), (box(b"zzzz", b""), True), links=LINKS)
    ).written(),
}
BROKEN = {
    "a property that is not there": HEAD.replace(b"\0\1\4\1", b"\0\1\4\x7e", 1),
    "no meta box": HEAD[:32],
    "data cut off": HEAD[:-9],
    "no primary item": HEAD.replace(b"pitm\0\0\0\0\0\1", b"pitm\0\0\0\0\0\7"),
    "data in another file": HEAD.replace(b"\0\1\0\0\0\0\0\1", b"\0\1\0\0\0\1\0\1", 1),
    "data in a third way": HEAD.replace(b"\0\1\0\0\0\0\0\1", b"\0\1\0\2\0\0\0\1", 1),
    "units that do not fill the item": whole(
        "avif", items=(Item(b"av01", b"\x0a\x7f", coded("avif").properties),)
    ).written(),
    "an impossible unit": whole(
        "avif", items=(Item(b"av01", b"\x81\x7f", coded("avif").properties),)
    ).written(),
    "an endless length": whole(
        "avif", items=(Item(b"av01", b"\x0a" + b"\xff" * 9, coded("avif").properties),)
    ).written(),
    "nothing but padding": whole(
        "avif", items=(Item(b"av01", b"\x7a\1\x80", coded("avif").properties),)
    ).written(),
    "no configuration": whole("heic", items=(Item(b"hvc1", b"\0\0\0\2\2\1"),)).written(),
    "a missing tile": grid("avif").replace(
        b"dimg" + struct.pack(">HH2H", 1, 2, 2, 3), b"dimg" + struct.pack(">HH2H", 1, 2, 2, 9)
    ),
    "impossible colours": whole(
        "avif", items=(coded("avif").item((box(b"colr", b"nclx" + b"words!!"), False)),)
    ).written(),
}


def overlapping() -> bytes:
    """Many items in one place, each a little longer than the one before."""
    made = coded("avif")
    filled = made.data + b"\x7a\x80\x80\4" + bytes(65_536) + b"\x12\0" * 40
    shown = Item(b"av01", filled, made.properties)
    beside = replace(shown, properties=(*made.properties, auxiliary(ALPHA)), links=LINKS)
    data = bytearray(whole("avif", items=(shown, *[beside] * 40)).written())
    row = data.index(b"iloc") + 12
    first = int.from_bytes(data[row + 8 : row + 12], "big")
    for number in range(41):
        place = struct.pack(">II", first, len(filled) - 2 * number)
        data[row + 16 * number + 8 : row + 16 * number + 16] = place
    return bytes(data[: first + len(filled)])


def test_items_that_lie_over_each_other_are_refused() -> None:
    with pytest.raises(ContainerBroken, match="over each other"):
        scrubbed(overlapping(), "avif")


def test_work_is_bounded_in_units(monkeypatch: pytest.MonkeyPatch) -> None:
    data = memoryview(coded("avif").data)
    assert Walker(data).walk(b"av01", data, []) is not None
    with pytest.raises(ContainerBroken, match="too many units"):
        Walker(data, units_left=1).walk(b"av01", data, [])
    monkeypatch.setattr("safelight.codecs.obu.MAX_UNITS", 1)
    monkeypatch.setattr("safelight.codecs.nal.MAX_UNITS", 1)
    for coding in ("avif", "heic"):
        with pytest.raises(ContainerBroken, match="too many units"):
            scrubbed(whole(coding).written(), coding)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_known_here_is_refused_by_name(name: str) -> None:
    data = REFUSED[name]
    format = routing.route(data[:132])
    assert format is not None
    with pytest.raises(FormatUnknown):
        scrubbed(data, format)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_container_is_refused(name: str) -> None:
    data = BROKEN[name]
    format = routing.route(data[:132])
    assert format is not None
    with pytest.raises(ContainerBroken):
        scrubbed(data, format)


def test_no_hostile_file_gets_through(shared_data: Path) -> None:
    refused = 0
    for path in sorted((shared_data / "hostile").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        format = routing.route(data[:132])
        if format in ("avif", "heic"):
            try:
                assert len(scrubbed(data, format)) <= len(data) + 1_000_000
            except InputRefused:
                refused += 1
    assert refused > 3


def test_an_uncompressed_picture_is_refused_with_the_same_words_by_all() -> None:
    data = memoryview(REFUSED["uncompressed"])
    with pytest.raises(FormatUnknown, match="uncompressed HEIF") as refused:
        open_image(data, Limits())
    assert "PNG" in refused.value.hint
