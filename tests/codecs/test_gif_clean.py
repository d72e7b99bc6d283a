"""GIF scrubbed: nothing hides, every picture stays with its timing, the loop stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from safelight.codecs import metadata, routing
from safelight.codecs.gif_clean import chained
from safelight.codecs.gif_stream import end_of, tidy_stream
from safelight.errors import ContainerBroken
from safelight.formats import TABLE
from safelight.image import Profile
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.pixels import differences
from tests.codecs.planting_gif import (
    animated,
    application,
    first_block,
    plain,
    plants,
    with_blocks,
)
from tests.codecs.test_canaries import faults, pass_through
from tests.codecs.test_profiles import PACKET

PLANTS = plants()


def ours(data: bytes, profile: Profile) -> bytes:
    return scrubbed(data, "gif", profile=profile)


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    assert faults(ours, PLANTS[place], profile) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


def test_what_is_clean_stays_byte_for_byte() -> None:
    for data in (animated(), with_blocks(plain())):
        clean = scrubbed(data, "gif")
        assert clean == scrubbed(clean, "gif")
        assert len(data) - len(clean) <= 0
    assert TABLE["gif"].scrubs


def test_an_animation_keeps_frames_times_and_loops() -> None:
    clean = scrubbed(animated(), "gif")
    assert differences(animated(), clean) == []
    with Image.open(io.BytesIO(clean)) as film:
        assert getattr(film, "n_frames", 1) == 3
        assert film.info["loop"] == 3


def test_the_notice_and_the_mark_cross_over_in_a_packet_of_our_own() -> None:
    data = with_blocks(plain(), b"\x21\xff\x0bXMP DataXMP" + PACKET + bytes([1]) + magic())
    clean = scrubbed(data, "gif")
    names = {finding.name for finding in metadata.findings(memoryview(clean), "gif")}
    assert names == {"XMP rights", "XMP DigitalSourceType"}
    assert differences(plain(), clean) == []


def magic() -> bytes:
    return bytes(range(255, -1, -1)) + b"\0"


def test_groups_that_are_asked_for_stay_as_they_are() -> None:
    comment = b"\x21\xfe" + chained(b"hello")
    private = application(b"PRIVATE0001", chained(b"words"))
    clean = scrubbed(with_blocks(plain(), comment, private), "gif", keep=("other",))
    assert comment in clean
    assert private in clean


def test_an_old_file_stays_old() -> None:
    data = b"GIF87a" + plain()[6:]
    assert scrubbed(data, "gif")[:6] == b"GIF87a"


def test_a_missing_end_is_put_there() -> None:
    assert scrubbed(plain()[:-1], "gif") == scrubbed(plain(), "gif")


def test_a_file_without_a_picture_is_refused() -> None:
    at = first_block(plain())
    with pytest.raises(ContainerBroken, match="no picture"):
        scrubbed(plain()[:at] + b";", "gif")
    with pytest.raises(ContainerBroken):
        scrubbed(plain()[:-20], "gif")


def bits(*codes: tuple[int, int]) -> bytes:
    """Codes with their widths as a stream."""
    value = held = 0
    for code, width in codes:
        value |= code << held
        held += width
    return value.to_bytes(-(-held // 8), "little")


CLEAR, END = (4, 3), (5, 3)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (bits(CLEAR, (1, 3), (2, 3), END), bits(CLEAR, (1, 3), (2, 3), END)),
        (bits(CLEAR, (1, 3), (2, 3), END) + CANARY, bits(CLEAR, (1, 3), (2, 3), END)),
        (bits(CLEAR, (1, 3), (2, 3), (3, 4), (3, 4)), bits(CLEAR, (1, 3), (2, 3), END)),
        (bits(CLEAR, (1, 3)), bits(CLEAR, (1, 3))),
    ],
)
def test_a_stream_ends_with_its_last_pixel(stream: bytes, expected: bytes) -> None:
    assert tidy_stream(stream, 2, 2) == expected


@pytest.mark.parametrize("stream", [bits(CLEAR, (6, 3)), bits(CLEAR, (1, 3), (7, 3), (1, 3))])
def test_a_code_that_cannot_be_is_refused(stream: bytes) -> None:
    with pytest.raises(ContainerBroken):
        end_of(stream, 2, 9)


def test_an_impossible_code_size_is_refused() -> None:
    with pytest.raises(ContainerBroken):
        end_of(b"", 12, 9)


def test_shared_files_keep_their_pictures(each: Callable[[str], list[Path]]) -> None:
    wrong = {}
    for path in each("gif"):
        data = path.read_bytes()
        clean = scrubbed(data, "gif")
        if differences(data, clean) or scrubbed(clean, "gif") != clean:
            wrong[path.name] = differences(data, clean)
        assert routing.route(clean[:132]) == "gif"
    assert wrong == {}


@pytest.fixture
def each(shared_data: Path) -> Callable[[str], list[Path]]:
    """The shared files of a format that should open."""

    def found(format: str) -> list[Path]:
        paths = [
            path
            for folder in ("metadata", "formats", "video")
            for path in sorted((shared_data / folder).rglob("*"))
            if path.is_file() and routing.route(path.read_bytes()[:132]) == format
        ]
        assert len(paths) > 15
        return paths

    return found
