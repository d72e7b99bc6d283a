"""Plain words: each group says what it reveals, and no more than its findings hold."""

from __future__ import annotations

import pytest

from safelight.engine.plain import plain, position_of, services_of
from safelight.image import Finding, Risk


def gps(latitude: str, longitude: str, prefix: str = "") -> list[Finding]:
    return [
        Finding(Risk.PLACE, f"{prefix}GPSLatitude", latitude),
        Finding(Risk.PLACE, f"{prefix}GPSLongitude", longitude),
    ]


@pytest.mark.parametrize(
    "findings",
    [
        gps("48.858400", "2.294500"),
        gps("48,51.504N", "2,17.67E", "XMP "),
        gps("48,51,30.24N", "2,17,40.2E", "C2PA "),
        [Finding(Risk.PLACE, "Location", "+48.8584+002.2945/")],
    ],
    ids=["EXIF", "XMP", "seconds", "film"],
)
def test_a_position_is_told_by_its_town(findings: list[Finding]) -> None:
    assert position_of(findings) == pytest.approx((48.8584, 2.2945), abs=1e-4)
    assert plain(findings)[Risk.PLACE].startswith("says where it was taken: near Paris, France")


ZEROS = Finding(Risk.PLACE, "Location", "+00.0000+000.0000/")


def test_zeros_are_no_place() -> None:
    nothing = "holds a position that says nothing: 0, 0"
    assert plain([ZEROS])[Risk.PLACE] == nothing
    assert plain(gps("0.000000", "0.000000"))[Risk.PLACE] == nothing
    city = Finding(Risk.PLACE, "IPTC City", "Paris")
    assert plain([ZEROS, city])[Risk.PLACE] == "names a place, or holds notes about one"


def test_a_position_goes_before_zeros() -> None:
    assert "near Paris" in plain([ZEROS, *gps("48.8584", "2.2945")])[Risk.PLACE]
    assert "nothing" not in plain(gps("0.000000", "9.45"))[Risk.PLACE]


def test_south_and_west_are_negative() -> None:
    assert position_of(gps("33,51.4S", "70,40.1W")) == pytest.approx((-33.8567, -70.6683), abs=1e-3)


@pytest.mark.parametrize("value", ["", "north", "1e3", "48.1 2.3", "48,N", "nan"])
def test_what_is_no_angle_is_no_position(value: str) -> None:
    assert position_of(gps(value, "2.0")) is None
    assert plain(gps(value, "2.0"))[Risk.PLACE] == "names a place, or holds notes about one"


def test_no_town_is_made_up() -> None:
    assert plain(gps("-48.88", "-123.39"))[Risk.PLACE].endswith("far from any town")


def test_what_lies_outside_the_globe_is_no_position() -> None:
    nothing = "holds a position that is not on Earth: 213.640009, 103.48"
    assert plain(gps("213.640009", "103.480000"))[Risk.PLACE] == nothing
    assert position_of(gps("95.0", "10.0")) is None
    assert position_of(gps("10.0", "-180.5")) is None
    assert position_of(gps("90.0", "-180.0")) == (90.0, -180.0)
    city = Finding(Risk.PLACE, "IPTC City", "Paris")
    assert plain([*gps("95.0", "10.0"), city])[Risk.PLACE] == (
        "names a place, or holds notes about one"
    )
    both = [*gps("213.6", "2.0"), *gps("48.8584", "2.2945", "XMP ")]
    assert "near Paris" in plain(both)[Risk.PLACE]


def test_a_latitude_and_a_longitude_of_two_places_are_no_position() -> None:
    halves = [gps("48.8584", "2.2945")[0], gps("1.0", "2.2945", "XMP ")[1]]
    assert position_of(halves) is None


def test_a_serial_number_is_pointed_at() -> None:
    plainly = plain([Finding(Risk.DEVICE, "Model", "X100")])[Risk.DEVICE]
    numbered = plain([Finding(Risk.DEVICE, "SerialNumber", "42")])[Risk.DEVICE]
    assert "number" not in plainly
    assert "ties its pictures together" in numbered


def test_software_is_named_and_the_rest_counted() -> None:
    names = [Finding(Risk.HISTORY, "Software", f"Tool {number}") for number in range(6)]
    assert plain(names)[Risk.HISTORY].endswith("Tool 0, Tool 1, Tool 2, Tool 3 and 2 more")
    assert plain([Finding(Risk.HISTORY, "XMP DocumentID", "x")])[Risk.HISTORY].endswith(
        "done to it"
    )


def test_what_is_no_program_is_not_named() -> None:
    tool = Finding(Risk.HISTORY, "handler name", "cavif - https://example.com/cavif")
    usual = Finding(Risk.HISTORY, "handler name", "VideoHandler")
    assert plain([tool, usual])[Risk.HISTORY] == (
        "says what touched it: cavif - https://example.com/cavif"
    )
    assert plain([usual])[Risk.HISTORY] == "says what was done to it"


def test_what_made_it_is_told_from_the_mark() -> None:
    mark = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    said = plain([Finding(Risk.PROVENANCE, "XMP DigitalSourceType", mark)])
    assert said[Risk.PROVENANCE] == "says how it came to be: made by generative AI"
    bare = plain([Finding(Risk.PROVENANCE, "C2PA manifest", "9 bytes")])
    assert bare[Risk.PROVENANCE] == "says how it came to be"


def test_an_ai_service_is_named_even_without_a_mark() -> None:
    findings = [Finding(Risk.HISTORY, "Software", "Adobe Firefly")]
    assert services_of(findings) == ("Adobe Firefly",)
    assert plain(findings)[Risk.PROVENANCE] == (
        "no mark, but an AI service left its name: Adobe Firefly"
    )
    assert services_of([Finding(Risk.HISTORY, "Software", "GIMP 2.10")]) == ()


def test_what_was_not_understood_is_counted_not_hidden() -> None:
    blocks = [Finding(Risk.OTHER, "APP7", "1200 bytes"), Finding(Risk.OTHER, "Trailer", "34 bytes")]
    assert plain(blocks)[Risk.OTHER] == (
        "holds 2 blocks that could not be understood, 1,234 bytes in all; may hold a serial number"
    )
    assert plain([Finding(Risk.OTHER, "Comment", "hello")])[Risk.OTHER] == (
        "holds notes that fit no group"
    )


def test_a_block_that_could_not_be_read_counts_with_its_size_or_without() -> None:
    unread = "unreadable block"
    sized = Finding(Risk.OTHER, unread, "EXIF, 1200 bytes")
    bare = Finding(Risk.OTHER, unread, "more than 64 of exif")
    words = Finding(Risk.OTHER, "Comment", "all of 9 bytes")
    assert plain([sized, words])[Risk.OTHER] == (
        "holds a block that could not be understood, 1,200 bytes in all"
    )
    assert plain([sized, bare])[Risk.OTHER] == (
        "holds 2 blocks that could not be understood, 1,200 bytes in all"
    )
    assert plain([bare])[Risk.OTHER] == "holds a block that could not be understood"


def test_empty_fields_name_nobody() -> None:
    empty = plain([Finding(Risk.IDENTITY, "Artist", " ")])[Risk.IDENTITY]
    assert empty.endswith("all of them empty")
    named = plain([Finding(Risk.IDENTITY, "Artist", "Ada")])[Risk.IDENTITY]
    assert named.startswith("names people")


def test_every_group_has_a_sentence() -> None:
    said = plain([Finding(risk, "x") for risk in reversed(Risk)])
    assert list(said) == list(Risk)
    assert all(said.values())
