"""What a scrub tells is so: what it calls kept stands in the output, what it calls removed is gone.

Over every real file, by the same reader that `inspect` has.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.encode import encode
from safelight.errors import InputRefused
from safelight.formats import TABLE, Format
from safelight.image import Change, Finding, Risk, Wish
from tests.contract import LIMITS, opened

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

FOLDERS = ("metadata", "formats", "video", "medical")
EVERYTHING = tuple(risk.name.lower() for risk in Risk)
WISHES = (
    Wish(),
    Wish(profile="strict"),
    Wish(profile="minimal"),
    Wish(profile="minimal", keep=EVERYTHING),
)


@cache
def sources(shared_data: Path) -> tuple[tuple[str, Format, bytes], ...]:
    """Every file of these folders whose format can be scrubbed."""
    found = []
    for folder in FOLDERS:
        for path in sorted((shared_data / folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            format = routing.route(data[: routing.ROUTE_BYTES])
            if format is not None and TABLE[format].scrubs:
                found.append((str(path.relative_to(shared_data)), format, data))
    return tuple(found)


def untrue(changes: tuple[Change, ...], after: tuple[Finding, ...]) -> list[str]:
    """Every sentence about a finding that the output shows to be wrong, and what is not told."""
    there = set(after)
    wrong = [
        f"{change.what}: {change.finding}"
        for change in changes
        if (change.what == "removed") == (change.finding in there)
    ]
    told = {change.finding for change in changes if change.what != "removed"}
    return wrong + [f"not told: {finding}" for finding in after if finding not in told]


@pytest.mark.parametrize("wish", WISHES, ids=("share", "strict", "minimal", "minimal and more"))
def test_what_is_told_is_so(shared_data: Path, wish: Wish) -> None:
    wrong: dict[str, list[str]] = {}
    seen, formats = 0, set()
    for name, format, data in sources(shared_data):
        try:
            pieces, changes = scrub.rewrite(memoryview(data), format, wish)
        except InputRefused:
            continue
        found = untrue(changes, metadata.findings(memoryview(b"".join(pieces)), format))
        wrong |= {name: found} if found else {}
        seen += 1
        formats.add(format)
    assert seen > 450
    assert formats == {format for format in TABLE if TABLE[format].scrubs}
    assert wrong == {}


@pytest.mark.parametrize("target", ["png", "jpeg", "webp", "tiff", "avif"])
def test_what_an_encoder_says_again_is_not_called_removed(
    shared_data: Path, target: Format
) -> None:
    data = (shared_data / "metadata" / "exiftool" / "GPS.jpg").read_bytes()
    image = opened(data).with_wish(format=target)
    made = encode(image, memoryview(data), LIMITS)
    after = set(metadata.findings(memoryview(b"".join(made.pieces)), target))
    removed = {change.finding for change in made.changes if change.what == "removed"}
    assert removed & after == set()
    assert len(removed) > 50
    resolution = {finding for finding in after if finding.name == "XResolution"}
    kept = {change.finding for change in made.changes if change.what == "kept"}
    assert resolution <= kept | {Finding(Risk.SETTINGS, "XResolution", "118.1102371")}


def test_a_report_that_is_untrue_is_caught(shared_data: Path) -> None:
    data = memoryview((shared_data / "formats" / "pillow" / "hopper_lzw.tif").read_bytes())
    pieces, changes = scrub.rewrite(data, "tiff", Wish())
    after = metadata.findings(memoryview(b"".join(pieces)), "tiff")
    kept = {change.finding.name for change in changes if change.what == "kept"}
    assert {"XResolution", "YResolution", "WhitePoint", "PrimaryChromaticities"} <= kept
    assert untrue(changes, after) == []
    claimed = tuple(Change("removed", change.finding) for change in changes)
    assert any("XResolution" in one for one in untrue(claimed, after))
    gone = Change("kept", Finding(Risk.DEVICE, "SerialNumber", "1"))
    assert untrue((*changes, gone), after) == [f"kept: {gone.finding}"]
    assert "not told" in untrue((), after)[0]


def test_one_name_in_two_places_is_not_one_thing(shared_data: Path) -> None:
    """crs:Version of an editor goes, hdrgm:Version of the gain map stays."""
    path = shared_data / "formats" / "libavif" / "colors_hdr_p3.avif"
    _, changes = scrub.rewrite(memoryview(path.read_bytes()), "avif", Wish())
    kept = {change.finding.group for change in changes if change.what == "kept"}
    assert Risk.HISTORY not in kept
