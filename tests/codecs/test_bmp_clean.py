"""BMP read and scrubbed: nothing hides, pixels and colour stay, pictures of others are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from safelight.codecs import bmp as reader
from safelight.codecs import metadata, routing, scrub
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused, ParameterInvalid
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, profile, scrubbed
from tests.codecs.pixels import differences
from tests.codecs.planting_bmp import (
    HEIGHT,
    WIDTH,
    bmp,
    dib,
    grey_palette,
    plants,
    profiled,
    rows,
    runs,
)
from tests.codecs.test_canaries import pass_through, reveals

PLANTS = plants()


def faults(data: bytes, clean: bytes) -> list[str]:
    """Like those of the canaries; a picture that no decoder here reads must keep its bytes."""
    found = ["the canary is still there"] if reveals(clean) else []
    seen = differences(data, clean)
    found += seen if seen != ["no decoder reads the file"] else []
    if scrubbed(clean, "bmp") != clean:
        found.append("a second scrub changes it again")
    return found


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    assert faults(data, scrubbed(data, "bmp", profile=profile)) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(
        PLANTS[place], pass_through(PLANTS[place], "share")
    )


def test_a_profile_stays_clean_and_a_path_is_told_and_goes() -> None:
    clean = scrubbed(profiled(b"DEBM", profile()), "bmp")
    assert {one.name for one in metadata.findings(memoryview(clean), "bmp")} == {"ICC_Profile"}
    linked = profiled(b"KNIL", b"C:\\Users\\me\\mine.icc\0")
    told = {one.name: one.value for one in metadata.findings(memoryview(linked), "bmp")}
    assert "me" in told["LinkedProfile"]
    _, changes = scrub.rewrite(memoryview(linked), "bmp", Wish())
    assert [(one.what, one.finding.name) for one in changes] == [("removed", "LinkedProfile")]
    assert scrubbed(linked, "bmp")[14 + 56 : 14 + 60] == b"BGRs"


def test_a_mark_that_has_no_place_is_refused() -> None:
    with pytest.raises(ParameterInvalid, match="no place"):
        scrubbed(bmp(dib(), rows()), "bmp", mark="trainedAlgorithmicMedia")


def test_numbers_of_a_calibrated_picture_stay() -> None:
    points = struct.pack("<12I", *range(1, 13))
    data = bmp(dib(124, at60=points), rows())
    assert points in scrubbed(data, "bmp")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bmp(dib(), rows()), (WIDTH, HEIGHT, 3, False)),
        (bmp(dib(12), rows()), (WIDTH, HEIGHT, 3, False)),
        (bmp(dib(at8=struct.pack("<i", -HEIGHT)), rows()), (WIDTH, HEIGHT, 3, False)),
        (bmp(dib(40, 8, 1), runs(), between=grey_palette()), (WIDTH, HEIGHT, 3, False)),
        (
            bmp(
                dib(40, 32, 6),
                bytes(4 * WIDTH * HEIGHT),
                between=struct.pack("<4I", 255, 65280, 255 << 16, 255 << 24),
            ),
            (WIDTH, HEIGHT, 4, True),
        ),
        (
            bmp(
                dib(108, 32, 3, at40=struct.pack("<4I", 255, 65280, 255 << 16, 255 << 24)),
                bytes(4 * WIDTH * HEIGHT),
            ),
            (WIDTH, HEIGHT, 4, True),
        ),
        (bmp(dib(40, 16, 3), bytes(44 * HEIGHT), between=bytes(12)), (WIDTH, HEIGHT, 3, False)),
    ],
)
def test_every_header_is_read_and_kept(data: bytes, expected: tuple[object, ...]) -> None:
    header = routing.read_header(memoryview(data), "bmp")
    assert (header.width, header.height, header.bands, header.has_alpha) == expected
    clean = scrubbed(data, "bmp")
    assert routing.read_header(memoryview(clean), "bmp") == header
    assert faults(data, clean) == []


def test_runs_end_with_their_mark() -> None:
    skip, literal = b"\0\2\1\1", b"\0\3abc\0"
    view = memoryview(skip + literal + b"\5\1" + b"\0\0" + b"\0\1" + CANARY)
    assert reader.end_of_runs(view, is_half=False) == len(view) - len(CANARY)
    assert reader.end_of_runs(memoryview(b"\0\3ab\0\1x"), is_half=True) == 6
    assert reader.end_of_runs(memoryview(b"\0\xff"), is_half=False) == 2


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (bmp(dib(40, 24, 4), b"\xff\xd8"), FormatUnknown),
        (bmp(dib(40, 24, 5), b"\x89PNG"), FormatUnknown),
        (bmp(dib(64, 24, 4), rows()), FormatUnknown),
        (bmp(dib(64, 24, 3), rows()), FormatUnknown),
        (bmp(dib(40, 23), rows()), ContainerBroken),
        (bmp(dib(40, 24, 1), rows()), ContainerBroken),
        (bmp(dib(40, at4=bytes(4)), rows()), ContainerBroken),
        (bmp(dib(40, at4=b"\xff\xff\xff\xff"), rows()), ContainerBroken),
        (bmp(dib(), rows()[:-70]), ContainerBroken),
        (bmp(dib(40, 8), bytes(24 * HEIGHT)), ContainerBroken),
        (bmp(b"\x11" + bytes(40), b""), ContainerBroken),
        (b"BM", ContainerBroken),
        (b"MB" + bytes(60), ContainerBroken),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        scrubbed(data, "bmp")


def test_shared_files_keep_their_pictures(shared_data: Path) -> None:
    wrong, done = {}, 0
    for folder in ("metadata", "formats", "hostile/bmpsuite/g", "hostile/bmpsuite/q"):
        for path in sorted((shared_data / folder).rglob("*.bmp")):
            data = path.read_bytes()
            if path.name == "rgb24png.bmp":
                continue
            done += 1
            found = faults(data, scrubbed(data, "bmp"))
            if found:
                wrong[path.name] = found
    assert wrong == {}
    assert done > 20
