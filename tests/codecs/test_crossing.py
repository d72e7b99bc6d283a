"""What crosses from one cage to another: numbers in their bounds, and exactly their samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.codecs.crossing import DELAY_BYTES, HEAD_BYTES, MAGIC, Head, is_crossing
from safelight.codecs.crossing_ends import blocks, received, sent
from safelight.codecs.encode import encode
from safelight.codecs.metadata import read_blocks
from safelight.codecs.origin import TERMS
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.image import Image
from safelight.limits import MAX_FRAMES, Limits
from tests.codecs import making
from tests.contract import (
    LIMITS,
    PICTURES,
    animated,
    drawn,
    frames_of,
    opened,
    pixels,
    wide,
    with_pillow,
)

HEAD = Head("png", 3, 8, 0, 4, 2)
SAMPLES = bytes(range(24))
MARK = making.xmp(
    "<e:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    "</e:DigitalSourceType><e:Other>CANARY-6f1d2b</e:Other>",
    e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
)


def crossed(data: bytes) -> tuple[bytes, Image]:
    pieces, _ = sent(opened(data), memoryview(data), LIMITS)
    through = b"".join(pieces)
    return through, received(memoryview(through), LIMITS)


def encoded(data: bytes) -> Any:
    through, image = crossed(data)
    return encode(image, memoryview(through), LIMITS)


@pytest.mark.parametrize("kind", PICTURES)
def test_every_kind_of_picture_crosses_upright(kind: str) -> None:
    data = PICTURES[kind]()
    before = opened(data)
    through, after = crossed(data)
    assert (after.width, after.height) == (before.width, before.height)
    assert after.header.format == before.header.format
    assert after.vips.format == before.vips.format
    assert after.vips.hasalpha() == before.vips.hasalpha()
    if before.header.colour != "cmyk":
        assert after.vips.write_to_memory() == before.vips.write_to_memory()
    assert Head.parse(memoryview(through), LIMITS).size_bytes == len(through)
    made = encode(after, memoryview(through), LIMITS)
    assert (made.width, made.height) == (before.width, before.height)


def test_an_animation_crosses_with_its_times() -> None:
    data = animated(("red", "lime", "blue"), (50, 60, 70))
    frames, delays, loop = frames_of(b"".join(encoded(data).pieces))
    assert (len(frames), delays, loop) == (3, [50, 60, 70], 3)


def test_wide_colours_are_brought_into_srgb_and_the_profile_stays_behind() -> None:
    data = wide(np.full((6, 6, 3), (120, 200, 90), np.uint8))
    through, image = crossed(data)
    assert b"acsp" not in through
    assert image.vips(0, 0) != [120, 200, 90]
    shown = opened(data).vips.icc_transform("srgb")(0, 0)
    assert np.abs(np.array(image.vips(0, 0)) - shown).max() <= 1


@pytest.mark.parametrize("count", [65, 500, MAX_FRAMES])
def test_many_frames_cross_each_with_its_time(count: int) -> None:
    times = tuple(range(count))
    head = Head("gif", 3, 8, 0, 2, 1, frames=count, repeats=1, delays=times)
    through = head.pack() + bytes(6 * count)
    assert Head.parse(memoryview(through), LIMITS) == head
    picture = received(memoryview(through), LIMITS).vips
    assert (picture.height, picture.get("delay")) == (count, list(times))


@pytest.mark.parametrize(
    ("kind", "name"), [("cmyk", "CMYK"), ("wide", "colours outside sRGB"), ("png", None)]
)
def test_what_the_crossing_costs_is_said(kind: str, name: str | None) -> None:
    data = wide(drawn()) if kind == "wide" else PICTURES[kind]()
    _, told = sent(opened(data), memoryview(data), LIMITS)
    names = {change.finding.name for change in told if change.what == "removed"}
    assert names & {"CMYK", "colours outside sRGB"} == ({name} if name else set())


def test_only_the_mark_of_an_ai_origin_crosses() -> None:
    plain = making.jpeg(exif=making.exif({0x010F: "CANARY-6f1d2b"}))
    data = making.with_segments(plain, making.segment(0xE1, making.XMP_HEAD + MARK))
    pieces, behind = sent(opened(data), memoryview(data), LIMITS)
    through = memoryview(b"".join(pieces))
    assert making.CANARY not in through[:HEAD_BYTES].tobytes()
    assert b"digitalsourcetype" not in through.tobytes()
    assert {"Make"} <= {change.finding.name for change in behind}
    assert not any("DigitalSourceType" in change.finding.name for change in behind)
    made = encode(received(through, LIMITS), through, LIMITS)
    out = b"".join(made.pieces)
    assert b"trainedAlgorithmicMedia" in out
    assert making.CANARY not in out
    assert [change.what for change in made.changes] == ["kept"]


@pytest.mark.parametrize("mark", range(len(TERMS)))
def test_each_mark_has_its_number(mark: int) -> None:
    data = replace(HEAD, mark=mark + 1).pack() + SAMPLES
    assert read_blocks(blocks(memoryview(data))).mark.endswith("/" + TERMS[mark])


def test_a_head_makes_the_round_trip() -> None:
    head = Head("gif", 4, 8, 3, 2, 1, frames=3, repeats=7, delays=(10, 20, 30))
    data = head.pack() + bytes(24)
    assert len(head.pack()) == head.start == HEAD_BYTES + 3 * DELAY_BYTES
    assert is_crossing(memoryview(data))
    assert Head.parse(memoryview(data), LIMITS) == head


@pytest.mark.parametrize(
    "changes",
    [
        {"bands": 0},
        {"bands": 5},
        {"bands": 2},
        {"bits": 1},
        {"bits": 32},
        {"mark": len(TERMS) + 1},
        {"width": 0},
        {"height": 0},
        {"width": 65_536, "height": 1},
        {"width": 2**32 - 1, "height": 2**32 - 1},
        {"width": 65_535, "height": 65_535},
        {"frames": 0},
        {"frames": MAX_FRAMES + 1},
        {"frames": 2},
        {"repeats": 2**32 - 1},
        {"delays": (2**32 - 1,)},
        {"delays": (1, 1)},
        {"delays": (1,), "height": 1},
        {"frames": 2, "height": 1, "delays": (1,)},
        {"frames": 2, "height": 1, "delays": (1, 1, 1)},
        {"frames": 2, "height": 1, "delays": (1, 2**32 - 1)},
    ],
)
def test_a_number_out_of_its_bounds_is_refused(changes: dict[str, Any]) -> None:
    data = replace(HEAD, **changes).pack() + SAMPLES
    with pytest.raises(ValueError, match=r"within|head|samples"):
        Head.parse(memoryview(data), LIMITS)
    with pytest.raises(ContainerBroken):
        received(memoryview(data), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        HEAD.pack(),
        HEAD.pack() + SAMPLES[:-1],
        HEAD.pack() + SAMPLES + b"\0",
        b"X" + HEAD.pack()[1:] + SAMPLES,
        replace(HEAD, frames=2, height=1, delays=(1, 1)).pack()[:-1],
        HEAD.pack()[:8] + b"\0" + HEAD.pack()[9:] + SAMPLES,
        HEAD.pack()[:8] + b"\xff" + HEAD.pack()[9:] + SAMPLES,
    ],
)
def test_anything_but_a_head_and_its_samples_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"within|head|samples"):
        Head.parse(memoryview(data), LIMITS)


@given(st.data())
def test_whatever_passes_is_a_picture_within_the_limits(data: st.DataObject) -> None:
    raw = bytearray(HEAD.pack())
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(8, HEAD_BYTES - 1), st.integers(0, 255)), max_size=4)
    ):
        raw[place] = value
    untrusted = memoryview(bytes(raw) + SAMPLES)
    try:
        head = Head.parse(untrusted, LIMITS)
    except ValueError:
        return
    assert head.size_bytes == len(untrusted)
    assert received(untrusted, LIMITS).vips.avg() >= 0


def test_more_bytes_than_may_cross_are_refused() -> None:
    data = with_pillow(drawn(), "PNG")
    with pytest.raises(LimitExceeded, match="may cross"):
        sent(opened(data), memoryview(data), Limits(output_bytes=1_000))


def test_the_second_end_can_be_asked_for_a_smaller_picture() -> None:
    _, image = crossed(with_pillow(drawn(), "PNG"))
    assert image.decoder.at_least(10, 10).width == 48
    assert np.array_equal(pixels(encoded(with_pillow(drawn(), "PNG"))), drawn())
