"""redact: what is covered is gone, in every frame, and is looked at again."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.annotation import Annotation, Keypoint
from safelight.codecs.encode import encode
from safelight.errors import InputRefused, ParameterInvalid, VerificationFailed
from safelight.image import Image
from safelight.ops.crop import Crop
from safelight.ops.redact import Redact
from tests.codecs import making
from tests.contract import (
    LIMITS,
    animated,
    context,
    drawn,
    frames_of,
    opened,
    pixels,
    result,
    sideways,
    wide,
    with_pillow,
)

ARRAY = drawn(40, 30)


def test_covers_exactly_the_parts_and_touches_nothing_else() -> None:
    operation = Redact(box=((3, 4, 10, 8), (30, 20, 50, 50)))
    seen = pixels(result(operation, with_pillow(ARRAY, "PNG")))
    expected = ARRAY.copy()
    expected[4:12, 3:13] = 0
    expected[20:, 30:] = 0
    assert np.array_equal(seen, expected)


def test_covers_the_margin_too_and_stops_at_the_edge() -> None:
    seen = pixels(result(Redact(box=((3, 4, 10, 8),), margin=4), with_pillow(ARRAY, "PNG")))
    expected = ARRAY.copy()
    expected[:16, :17] = 0
    assert np.array_equal(seen, expected)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("colour", ["black", "white", "#3060c0"])
def test_the_cover_is_solid_in_every_mode(mode: str, colour: str) -> None:
    bands = {"RGB": 3, "RGBA": 4, "L": 1, "LA": 2}[mode]
    data = with_pillow(drawn(40, 30, bands=bands), "PNG")
    image = result(Redact(box=((3, 4, 10, 8),), colour=colour), data)
    seen = np.asarray(Pillow.open(io.BytesIO(b"".join(image.pieces))).convert("RGBA"))
    expected = {"black": (0, 0, 0), "white": (255, 255, 255)}.get(colour, (0x30, 0x60, 0xC0))
    assert np.all(seen[4:12, 3:13] == (*expected, 255))


def test_parts_are_those_of_the_picture_as_displayed() -> None:
    image = result(Redact(box=((0, 0, 20, 10),)), sideways())
    seen = pixels(image).astype(int)
    assert seen[:8, :16].max() < 40
    assert seen[20:, 20:].max() > 100


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_every_frame_is_covered(format: str) -> None:
    data = animated(("red", "lime", "white"), (50, 60, 70), format=format)
    made = result(Redact(box=((20, 10, 12, 12),), colour="blue"), data)
    frames, delays, _ = frames_of(b"".join(made.pieces))
    assert delays == [50, 60, 70]
    for frame in frames:
        assert np.abs(frame[12:20, 22:30, :3].astype(int) - (0, 0, 255)).max() <= 40


def test_every_page_is_covered() -> None:
    pages = [Pillow.fromarray(drawn(40, 30)), Pillow.fromarray(255 - drawn(40, 30))]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    made = Pillow.open(
        io.BytesIO(b"".join(result(Redact(box=((5, 5, 9, 9),)), out.getvalue()).pieces))
    )
    for page in range(getattr(made, "n_frames", 1)):
        made.seek(page)
        assert not np.asarray(made)[5:14, 5:14].any()


def test_sixteen_bit_and_wide_colour_survive_around_it() -> None:
    array = np.full((30, 40, 3), 40_001, np.uint16)
    deep = pyvips.Image.new_from_array(array, interpretation="rgb16")
    made = result(Redact(box=((5, 5, 9, 9),), colour="red"), deep.pngsave_buffer())
    seen = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert seen(30, 20) == [40_001] * 3
    assert seen(6, 6) == [65_535, 0, 0]
    made = result(Redact(box=((5, 5, 9, 9),), colour="red"), wide(drawn(40, 30)))
    stored = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert np.abs(np.array(stored.icc_transform("srgb")(6, 6)) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("profile", ["share", "none"])
def test_no_small_picture_of_before_stays(profile: Any) -> None:
    """Also when all metadata is kept on request: a thumbnail shows what was covered."""
    thumbnail = making.jpeg(making.picture(16, 12)) + making.CANARY
    data = making.jpeg(making.picture(64, 48), exif=making.small_picture_exif(thumbnail))
    assert making.CANARY in data
    image = Redact(box=((0, 0, 20, 20),)).apply(opened(data), context())
    image = image.with_wish(profile=profile, keep=("thumbnail",))
    made = b"".join(encode(image, memoryview(data), LIMITS).pieces)
    assert making.CANARY not in made
    assert made.count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize("profile", ["share", "none"])
@pytest.mark.parametrize("space", ["xap/1.0/", "photos/1.0/image/"])
def test_no_small_picture_in_a_packet_stays(profile: Any, space: str) -> None:
    """A camera's app keeps the whole picture of before there, as text."""
    home = "google" if "photos" in space else "adobe"
    name = "image:Data" if "photos" in space else "image:Thumbnails"
    packet = making.xmp(
        f"<{name}>{making.CANARY.decode()}</{name}>", image=f"http://ns.{home}.com/{space}"
    )
    plain = making.jpeg(making.picture(64, 48))
    data = making.with_segments(plain, making.segment(0xE1, making.XMP_HEAD + packet))
    image = Redact(box=((0, 0, 20, 20),)).apply(opened(data), context())
    image = image.with_wish(profile=profile, keep=("thumbnail",))
    assert making.CANARY not in b"".join(encode(image, memoryview(data), LIMITS).pieces)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"box": ()},
        {"box": ((1, 2, 3),)},
        {"box": ((1, 2, 0, 3),)},
        {"box": ((-1, 2, 3, 3),)},
        {"box": ("1,2,3",)},
        {"box": ((1, 2, 3, 4),) * 65},
        {"box": ((1, 2, 3, 4),), "margin": -1},
        {"box": ((1, 2, 3, 4),), "colour": "none"},
    ],
)
def test_refuses_what_covers_nothing(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Redact(**parameters)


@pytest.mark.parametrize("box", [(40, 0, 5, 5), (0, 30, 5, 5)])
def test_a_part_outside_the_picture_is_an_error_not_a_shrug(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ParameterInvalid, match="outside"):
        Redact(box=(box,)).apply(opened(with_pillow(ARRAY, "PNG")), context())


@pytest.mark.parametrize("format", ["png", "tiff", "bmp", "gif", "webp"])
def test_the_result_is_looked_at_again(format: Any) -> None:
    """The control: an encoder that gives other pixels than it was handed is noticed."""
    data = with_pillow(ARRAY, "PNG")
    covered = Redact(box=((5, 5, 9, 9),)).apply(opened(data), context())
    covered = covered.with_wish(format=format, lossless=format == "webp")
    encode(covered, memoryview(data), LIMITS)
    broken = replace(covered, pixels=opened(data).vips)
    with pytest.raises(VerificationFailed, match="more than one colour"):
        encode(broken, memoryview(data), LIMITS)


def test_two_redactions_are_both_looked_at() -> None:
    data = with_pillow(ARRAY, "PNG")
    once = Redact(box=((5, 5, 9, 9),)).apply(opened(data), context())
    twice = Redact(box=((20, 5, 9, 9),)).apply(once, context())
    broken = replace(
        twice, pixels=Redact(box=((20, 5, 9, 9),)).apply(opened(data), context()).pixels
    )
    with pytest.raises(VerificationFailed):
        encode(broken, memoryview(data), LIMITS)


def test_a_later_cover_may_lie_over_an_earlier_one() -> None:
    data = with_pillow(ARRAY, "PNG")
    once = Redact(box=((5, 5, 20, 9), (1, 1, 2, 2))).apply(opened(data), context())
    twice = Redact(box=((15, 8, 20, 9),), colour="red").apply(once, context())
    seen = pixels(encode(twice, memoryview(data), LIMITS))
    assert tuple(seen[6, 16]) == (0, 0, 0)
    assert tuple(seen[10, 16]) == (255, 0, 0)


def test_what_changes_the_pixels_afterwards_makes_the_look_void() -> None:
    image: Image = Redact(box=((5, 5, 9, 9),)).apply(opened(with_pillow(ARRAY, "PNG")), context())
    assert image.recheck is not None
    assert Crop(box=(0, 0, 20, 20)).apply(image, context()).recheck is None


FACE = Annotation("box", "face", 0.9, (10, 8, 8, 6))


def covered_by(operation: Redact, *sights: Annotation) -> Any:
    """Which pixels are covered, [rows, columns], of a white picture of 40 x 30."""
    white = np.full((30, 40, 3), 255, np.uint8)
    data = with_pillow(white, "PNG")
    image = operation.apply(opened(data).with_annotations(*sights), context())
    return pixels(encode(image, memoryview(data), LIMITS))[..., 0] == 0


def test_what_was_seen_is_covered_with_room_around_it() -> None:
    expected = np.zeros((30, 40), bool)
    expected[6:16, 8:20] = True
    assert np.array_equal(covered_by(Redact(seen=("Face",)), FACE), expected)
    expected[5:17, 7:21] = True
    assert np.array_equal(covered_by(Redact(seen=("face",), margin=1), FACE), expected)
    tight = covered_by(Redact(seen=("any",), grow=0), FACE)
    assert tight.sum() == 8 * 6


def test_what_is_not_named_is_left() -> None:
    dog = Annotation("box", "dog", 0.9, (30, 20, 5, 5))
    word = Annotation("label", "face", 0.9)
    covered = covered_by(Redact(seen=("face",), grow=0), dog, FACE, word)
    assert covered.sum() == 8 * 6
    assert covered_by(Redact(seen=("any",), grow=0), dog, FACE).sum() == 8 * 6 + 25


def test_surer_points_beyond_the_box_are_covered_too_up_to_the_edge() -> None:
    points = (Keypoint("ear", -5, 4, 0.9), Keypoint("hand", 39, 29, 0.1))
    covered = covered_by(Redact(seen=("face",), grow=0), replace(FACE, points=points))
    expected = np.zeros((30, 40), bool)
    expected[4:14, 0:18] = True
    assert np.array_equal(covered, expected)


def test_boxes_and_what_was_seen_are_covered_together() -> None:
    covered = covered_by(Redact(box=((0, 0, 2, 2),), seen=("face",), grow="0%"), FACE)
    assert covered.sum() == 4 + 8 * 6


def test_where_nothing_was_seen_nothing_is_covered_and_the_file_stays() -> None:
    data = with_pillow(ARRAY, "PNG")
    assert Redact(seen=("face",)).apply(opened(data), context()).is_untouched


@pytest.mark.parametrize("bands", [2, 4])
@pytest.mark.parametrize("sights", [(), (FACE,)], ids=["nothing seen", "a face"])
def test_what_is_wholly_transparent_keeps_no_colour_that_was_not_seen(
    bands: int, sights: tuple[Annotation, ...]
) -> None:
    """A model sees a picture as people do: what hides under nothing cannot be found there."""
    array = drawn(40, 30, bands=bands)
    array[..., -1] = 255
    array[20:, :, -1] = 0
    array[18, :, -1] = 1
    data = with_pillow(array, "PNG")
    image = Redact(seen=("face",), grow=0).apply(opened(data).with_annotations(*sights), context())
    found = np.asarray(
        Pillow.open(io.BytesIO(b"".join(encode(image, memoryview(data), LIMITS).pieces)))
    )
    assert not found[20:].any()
    assert np.array_equal(found[16:20], array[16:20])


def test_of_several_frames_nothing_seen_in_the_first_is_covered() -> None:
    image = opened(animated(("red", "blue"), (50, 60))).with_annotations(FACE)
    with pytest.raises(InputRefused, match="a still picture is wanted"):
        Redact(seen=("face",)).apply(image, context())


def test_recipes_that_know_no_sights_keep_their_form() -> None:
    assert set(Redact(box=((0, 0, 2, 2),)).parameters()) == {"box", "colour", "margin"}
