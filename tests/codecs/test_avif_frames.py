"""Sequences in AVIF: frames, delays, plays and alpha go in and out; nothing else goes along."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.codecs import avif_frames, avif_save, metadata
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.codecs.heif_movie import tracks
from safelight.codecs.isobmff import Box, boxes
from safelight.codecs.loading import with_frames
from safelight.errors import (
    ContainerBroken,
    LimitExceeded,
    MemoryExceeded,
    ParameterInvalid,
    SomethingMissing,
)
from safelight.image import Wish
from safelight.limits import Limits
from safelight.ops.convert import Convert
from safelight.ops.scrub import Scrub
from tests.codecs.making import picture, profile, saved
from tests.codecs.making_heif import box
from tests.codecs.making_sequence import plain, sequence
from tests.codecs.oracle import leftovers
from tests.codecs.test_frames import COLOURS, DELAYS, animation, converted, shown, whole
from tests.contract import LIMITS, context, opened

REAL = "formats/libavif/colors-animated-8bpc-audio.avif"
EXACT: dict[str, Any] = {"quality": 95, "effort": 2}
# What the coding may change of a sample of flat colour.
NEAR = 4


def movie(data: bytes) -> Box:
    return next(found for found in boxes(memoryview(data)) if found.type == b"moov")


def is_near(before: list[Any], after: list[Any]) -> bool:
    """True if every frame looks as its original does, in its place."""
    return len(before) == len(after) and all(
        np.abs(one - other).mean() < NEAR for one, other in zip(before, after, strict=True)
    )


def with_pillow(**options: Any) -> bytes:
    """A sequence that another library wrote."""
    return animation("AVIF", quality=95, subsampling="4:4:4", **options)


@pytest.mark.parametrize("to", ["gif", "png", "webp", "avif"])
def test_a_real_sequence_keeps_its_frames_and_delays(to: Any, shared_data: Path) -> None:
    data = (shared_data / REAL).read_bytes()
    frames, delays = shown(data)
    assert (len(frames), delays) == (5, [33] * 5)
    after, again = shown(whole(converted(data, to=to, effort=2)))
    assert again == ([30] * 5 if to == "gif" else delays)
    assert is_near(frames, after)
    assert not is_near(frames, after[1:] + after[:1])


def test_every_frame_is_what_another_library_decodes(shared_data: Path) -> None:
    for data in (with_pillow(), (shared_data / REAL).read_bytes()):
        frames, _ = shown(data)
        image = opened(data).vips
        ours = image.numpy().reshape(len(frames), -1, image.width, image.bands)
        for one, other in zip(frames, ours, strict=True):
            assert np.array_equal(one[..., : image.bands], other)


@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP"])
def test_an_animation_becomes_a_sequence(source: str) -> None:
    data = animation(source)
    made = converted(data, to="avif", **EXACT)
    (before, delays), (after, again) = shown(data), shown(whole(made))
    assert again == delays == DELAYS
    assert is_near(before, after)
    assert not is_near(before, after[::-1])
    assert made.changes == ()


@pytest.mark.parametrize("plays", [0, 1, 3])
def test_how_often_it_is_shown_goes_along(plays: int) -> None:
    frames = with_frames(opened(animation("PNG")).vips, 16, delays=DELAYS, loop=plays)
    data = b"".join(avif_save.saved(frames, Wish(), 10**6))
    assert opened(data).vips.get("loop") == plays
    again = whole(converted(data, to="png"))
    assert opened(again).vips.get("loop") == plays
    if plays:
        assert exiftool(data)["TrackDuration"] == pytest.approx(plays * sum(DELAYS) / 1_000)


def exiftool(data: bytes) -> dict[str, Any]:
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError("exiftool is needed: apt install libimage-exiftool-perl")
    line = [tool, "-j", "-n", "-a", "-"]
    answer = subprocess.run(line, input=data, capture_output=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(answer.stdout)[0]
    return found


def test_where_nothing_is_said_of_plays_there_is_no_end() -> None:
    data = with_pillow()
    assert opened(data).vips.get("loop") == 0
    silent = data.replace(b"edts", b"free")
    assert opened(silent).vips.get("loop") == 0
    at = data.index(b"elst") + 4
    once = data[:at] + struct.pack(">I", 1 << 24) + data[at + 4 :]
    assert opened(once).vips.get("loop") == 1


def test_alpha_stays_and_an_opaque_one_gets_none() -> None:
    clear = []
    for place, colour in enumerate(COLOURS):
        frame = Pillow.new("RGBA", (24, 16), (0, 0, 0, 0))
        frame.paste((*colour, 255), (place * 6, 4, place * 6 + 8, 12))
        clear.append(frame)
    out = io.BytesIO()
    clear[0].save(out, "PNG", save_all=True, append_images=clear[1:], duration=DELAYS)
    data = whole(converted(out.getvalue(), to="avif", **EXACT))
    assert opened(data).header.has_alpha
    assert len(tracks(movie(data))) == 2
    for one, other in zip(shown(out.getvalue())[0], shown(data)[0], strict=True):
        assert np.abs(one - other)[..., 3].max() <= NEAR
    for source in ("PNG", "GIF"):
        plainly = whole(converted(animation(source), to="avif"))
        assert not opened(plainly).header.has_alpha
        assert len(tracks(movie(plainly))) == 1
    assert opened(animation("GIF")).vips.bands == 4


def test_grey_stays_grey_and_grey_that_is_clear_becomes_colour() -> None:
    assert opened(whole(converted(animation("PNG", "L"), to="avif"))).vips.bands == 1
    grey = opened(animation("PNG", "L")).vips
    clear = with_frames(grey.bandjoin(grey), 16, delays=DELAYS)
    data = b"".join(avif_save.saved(clear, Wish(), 10**6))
    assert opened(data).vips.bands == 4


def test_the_result_has_no_time_of_day_and_no_name_of_an_encoder(tmp_path: Path) -> None:
    theirs, ours = with_pillow(), whole(converted(animation("PNG"), to="avif"))
    names = {found.name for found in metadata.findings(memoryview(theirs), "avif")}
    assert {"Creation Time", "compressor name"} <= names
    assert metadata.findings(memoryview(ours), "avif") == ()
    assert whole(converted(animation("PNG"), to="avif")) == ours
    (tmp_path / "ours.avif").write_bytes(ours)
    assert leftovers(tmp_path) == {"ours.avif": []}


def test_profile_and_mark_go_along_and_other_words_do_not() -> None:
    words = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-'
    words += b'rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/'
    words += b'1.1/" dc:source="CANARY"/></rdf:RDF></x:xmpmeta>'
    data = animation("WEBP", lossless=True, icc_profile=profile(), xmp=words)
    assert b"CANARY" in data
    image = Convert(to="avif").apply(opened(data), context())
    image = image.with_wish(mark="trainedAlgorithmicMedia")
    made = whole(encode(image, memoryview(data), LIMITS))
    assert b"CANARY" not in made
    still = whole(converted(saved(picture(), "PNG", icc_profile=profile()), to="avif"))
    profiles = [bytes(opened(one).vips.get("icc-profile-data")) for one in (made, still)]
    assert profiles[0] == profiles[1]
    assert exiftool(made)["DigitalSourceType"].endswith("trainedAlgorithmicMedia")
    clean = whole(encode(Scrub().apply(opened(made), context()), memoryview(made), LIMITS))
    assert exiftool(clean)["DigitalSourceType"] == exiftool(made)["DigitalSourceType"]
    assert shown(clean)[1] == DELAYS


def test_what_a_still_can_be_asked_for_holds_for_frames() -> None:
    sizes = {
        quality: len(whole(converted(animation("PNG"), to="avif", quality=quality)))
        for quality in (10, 50, 95)
    }
    assert sizes[10] < sizes[50] < sizes[95]
    for chroma, is_half in (("4:4:4", False), ("4:2:0", True), (None, True)):
        data = whole(converted(animation("PNG"), to="avif", chroma=chroma))
        coding = data[data.index(b"av1C") + 6]
        assert (coding & 0b1100 == 0b1100) == is_half
    full = whole(converted(animation("PNG"), to="avif", quality=90))
    assert full[full.index(b"av1C") + 6] & 0b1100 == 0


@pytest.mark.parametrize(("effort", "speed"), [(None, 8), (0, 9), (9, 0)])
def test_effort_is_a_speed_as_in_a_still(
    effort: int | None, speed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked(Exception):
        """What stands in for the encoder."""

    def ask(roll: Any, *_: object) -> None:
        raise Asked(roll.encoderinfo["speed"], roll.encoderinfo["max_threads"])

    monkeypatch.setitem(avif_frames.plugin().Image.SAVE_ALL, "AVIF", ask)
    with pytest.raises(Asked) as asked:
        avif_save.saved(opened(animation("PNG")).vips, Wish(effort=effort), 10**6)
    assert asked.value.args == (speed, avif_save.THREADS)


def test_frames_without_loss_or_with_more_bits_are_refused() -> None:
    for wish in ({"lossless": True}, {"depth": 10}, {"depth": 12}):
        with pytest.raises(ParameterInvalid):
            converted(animation("PNG"), to="avif", **wish)
    assert opened(whole(converted(animation("PNG"), to="avif", depth=8))).frames == 3


def test_deep_frames_become_8_bit_and_that_is_said(shared_data: Path) -> None:
    data = (shared_data / "formats" / "apng" / "mode_16bit.png").read_bytes()
    made = converted(data, to="avif")
    assert "16 bit, now 8" in [change.finding.value for change in made.changes]
    assert opened(whole(made)).vips.format == "uchar"


def test_a_delay_of_nothing_is_the_least_there_is_and_a_lacking_one_the_usual() -> None:
    frames = with_frames(opened(animation("PNG")).vips, 16, delays=[0, 90_000])
    data = b"".join(avif_save.saved(frames, Wish(), 10**6))
    assert shown(data)[1] == [1, 90_000, avif_save.USUAL_DELAY_MS]


def test_a_size_in_bytes_is_searched_for_and_a_limit_holds() -> None:
    data = animation("PNG")
    best = converted(data, to="avif", quality=95)
    most = len(whole(best)) - 1
    made = converted(data, to="avif", to_bytes=most)
    assert len(whole(made)) <= most
    assert made.quality is not None
    assert made.quality < 95
    assert len(shown(whole(made))[0]) == 3
    image = Convert(to="avif").apply(opened(data), context())
    for most in (100, len(whole(converted(data, to="avif"))) - 1):
        with pytest.raises(LimitExceeded, match=f"pass {most} bytes"):
            encode(image, memoryview(data), Limits(output_bytes=most))


def test_limits_hold_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_pillow()
    monkeypatch.setattr(avif_frames, "rewritten", None)
    for limits, words in (
        (Limits(frames=2), "3 frames, the limit is 2"),
        (Limits(input_pixels=24 * 16 * 3 - 1), "3 frames have 1152 pixels"),
    ):
        with pytest.raises(LimitExceeded, match=words):
            open_image(memoryview(data), limits).vips.copy_memory()
    with pytest.raises(TypeError):
        opened(data).vips.copy_memory()


TURNS: dict[str, tuple[tuple[bytes, int], ...]] = {
    "rot270": ((b"irot", 1),),
    "rot180": ((b"irot", 2),),
    "rot90": ((b"irot", 3),),
    "flipver": ((b"imir", 0),),
    "fliphor": ((b"imir", 1),),
    "rot90 fliphor": ((b"irot", 3), (b"imir", 1)),
}


@pytest.mark.parametrize("turns", TURNS)
def test_a_sequence_is_turned_as_its_track_says(turns: str) -> None:
    said = tuple(box(kind, bytes([number])) for kind, number in TURNS[turns])
    plainly = opened(sequence("avif")).vips.pagesplit()
    image = opened(sequence("avif", plain("avif", of_entry=said)))
    for ours, other in zip(image.vips.pagesplit(), plainly, strict=True):
        expected = other
        for turn in turns.split():
            expected = getattr(expected, turn)()
        assert np.array_equal(ours.numpy(), expected.numpy())
        assert not np.array_equal(ours.numpy(), other.numpy())


def changed(data: bytes, kind: bytes, at: int, number: int) -> bytes:
    """The file with a number of 32 bits in the first box of this kind inside the movie."""
    place = data.index(kind, data.index(b"moov")) + 4 + at
    return data[:place] + struct.pack(">I", number) + data[place + 4 :]


STILL_FIRST: dict[str, Any] = {
    "a brand that says so": lambda data: data.replace(b"ftypavis", b"ftypavif", 1),
    "frames of another size": lambda data: changed(data, b"av01", 24, 8 << 16 | 8),
    "no track that is seen": lambda data: changed(data, b"hdlr", 8, int.from_bytes(b"soun")),
    "a cropped track": lambda data: (
        data[: data.index(b"moov")] + data[data.index(b"moov") :].replace(b"ccst", b"clap", 1)
    ),
}


@pytest.mark.parametrize("name", STILL_FIRST)
def test_of_what_is_a_still_first_the_still_is_opened_and_that_is_said(name: str) -> None:
    data = STILL_FIRST[name](with_pillow())
    made = converted(data, to="png")
    assert len(shown(whole(made))[0]) == 1
    if opened(data).header.frames > 1:
        assert "2 further frames" in [change.finding.name for change in made.changes]


def test_a_sequence_that_lies_or_is_damaged_is_refused() -> None:
    data = with_pillow()
    at = data.index(b"mdat") + 24
    for bad in (
        changed(data, b"tkhd", 4 + 84, 8 << 16),
        changed(data, b"stsz", 8, 99),
        data[:-40],
        data[:at] + bytes(len(data) - at),
    ):
        assert len(bad) in (len(data), len(data) - 40)
        with pytest.raises(ContainerBroken):
            opened(bad).vips.copy_memory()


def test_what_the_library_raises_has_a_name_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    data, library = with_pillow(), avif_frames.plugin()
    monkeypatch.setitem(library.Image.SAVE_ALL, "AVIF", fails)
    with pytest.raises(MemoryExceeded):
        converted(animation("PNG"), to="avif")
    monkeypatch.setattr(library.AvifImageFile, "load", fails)
    with pytest.raises(MemoryExceeded):
        opened(data).vips.copy_memory()


def test_a_pillow_without_avif_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_pillow()
    monkeypatch.setattr(avif_frames.plugin(), "SUPPORTED", False)
    with pytest.raises(SomethingMissing, match="Pillow"):
        opened(data).vips.copy_memory()
    assert opened(whole(converted(animation("PNG"), to="webp"))).frames == 3
