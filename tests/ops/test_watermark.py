"""watermark: where the mark lies, how it mixes, that it can be read, and what is refused."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import pyvips
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import InputMissing, InputRefused, ParameterInvalid
from safelight.image import Image
from safelight.ops.marking.lettering import FONT, lettered
from safelight.ops.watermark import Watermark
from tests.contract import (
    LIMITS,
    animated,
    context,
    drawn,
    frames_of,
    opened,
    pixels,
    result,
    wide,
    with_pillow,
)

FONT_SHA256 = "0d977336a6d5fba34eab8e3199eb218327161b5143749f802982c2bc34df0c96"
CORNERS = {"northwest": (0, 0), "northeast": (0, 1), "southwest": (1, 0), "southeast": (1, 1)}


def flat(value: Any, width: int = 400, height: int = 300) -> Any:
    return np.full((height, width, np.size(value)), value, np.uint8)


def changed(operation: Watermark, array: Any) -> Any:
    """Where a picture differs from before, as a mask."""
    seen = pixels(result(operation, with_pillow(array, "PNG")))
    return (seen.astype(int) != array.squeeze()).reshape(*array.shape).any(2)


def bounds(mask: Any) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what is true."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def stamped(array: Any, logo: Any, **parameters: Any) -> Any:
    """The picture with a logo of these RGBA samples."""
    data, mark = with_pillow(array, "PNG"), with_pillow(logo, "PNG")
    digest = hashlib.sha256(mark).hexdigest()

    def picture(asked: str) -> Image:
        assert asked == digest
        return opened(mark)

    operation = Watermark(image=f"picture:{digest}", **parameters)
    image = operation.apply(opened(data), context(picture=picture))
    return pixels(encode(image, memoryview(data), LIMITS))


def test_the_font_is_the_one_whose_licence_lies_beside_it() -> None:
    assert hashlib.sha256(FONT).hexdigest() == FONT_SHA256


@pytest.mark.parametrize("gravity", CORNERS)
def test_lies_in_its_corner_with_its_margin(gravity: Any) -> None:
    mask = changed(Watermark(text="Anna", gravity=gravity, margin=5), flat((120, 120, 120)))
    left, top, right, bottom = bounds(mask)
    south, east = CORNERS[gravity]
    assert abs((400 - right if east else left) - 15) <= 3
    assert abs((300 - bottom if south else top) - 15) <= 3


@pytest.mark.parametrize("scale", [10, 30, 80])
def test_is_as_wide_as_asked(scale: float) -> None:
    left, _, right, _ = bounds(changed(Watermark(text="Anna Müller", scale=scale), flat((9, 9, 9))))
    assert abs((right - left) - 4 * scale) <= 0.04 * 4 * scale + 3


@pytest.mark.parametrize("angle", [0, 30, 90, 180])
def test_never_reaches_outside(angle: float) -> None:
    operation = Watermark(text="Anna Müller", scale=100, margin=10, angle=angle, gravity="centre")
    left, top, right, bottom = bounds(changed(operation, flat((9, 9, 9))))
    assert min(left, top, 400 - right, 300 - bottom) >= 28


@pytest.mark.parametrize("ground", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("colour", ["white", "black", "#808080", "red"])
def test_can_be_read_on_any_ground(ground: int, colour: str) -> None:
    """Letters or outline stand out from what lies around them, whatever that is."""
    array = flat((ground, ground, ground))
    seen = pixels(result(Watermark(text="Anna", colour=colour), with_pillow(array, "PNG")))
    brightness = seen.astype(float) @ (0.3, 0.59, 0.11)
    strong = np.abs(brightness - ground) > 30
    assert strong.sum() > 300


def test_letters_without_an_outline_vanish_on_their_own_colour() -> None:
    """The control: the outline is what makes them readable."""
    assert not changed(Watermark(text="Anna", outline=False), flat((255, 255, 255))).any()


def test_opacity_mixes_by_share() -> None:
    array = flat((100, 100, 100))
    full = pixels(result(Watermark(text="Anna", opacity=100), with_pillow(array, "PNG")))
    half = pixels(result(Watermark(text="Anna", opacity=50), with_pillow(array, "PNG")))
    assert full.max() == 255
    assert np.abs(half.astype(float) - (full.astype(float) + 100) / 2).max() <= 1


def test_tiles_lie_all_over() -> None:
    mask = changed(Watermark(text="Anna", tile=True, scale=20), flat((100, 100, 100)))
    parts = mask[:300, :400].reshape(3, 100, 4, 100).any((1, 3))
    assert parts.all()
    assert mask.mean() < 0.5


def test_a_picture_is_mixed_in_by_its_transparency() -> None:
    logo = np.zeros((40, 80, 4), np.uint8)
    logo[:, :40], logo[:, 40:] = (250, 20, 20, 255), (250, 20, 20, 0)
    options = {"gravity": "northwest", "margin": 0, "scale": 20, "opacity": 100}
    seen = stamped(flat((10, 200, 10)), logo, **options)
    assert np.all(seen[2:38, 2:36] == (250, 20, 20))
    assert np.all(seen[2:38, 44:78] == (10, 200, 10))
    assert np.all(seen[44:, 84:] == (10, 200, 10))


def test_a_picture_can_be_tiled_and_gives_a_grey_one_its_colour() -> None:
    logo = np.full((40, 80, 4), (250, 20, 20, 255), np.uint8)
    seen = stamped(flat(90), logo, tile=True, scale=20, opacity=100)
    assert seen.shape == (300, 400, 3)
    assert (seen == (250, 20, 20)).all(2).mean() > 0.1
    assert (seen == (90, 90, 90)).all(2).mean() > 0.1


def test_what_is_transparent_shows_the_mark_and_stays_transparent_elsewhere() -> None:
    data = with_pillow(flat((30, 60, 90, 0)), "PNG")
    seen = pixels(result(Watermark(text="Anna", opacity=100), data))
    left, top, right, bottom = bounds(seen[..., 3] > 0)
    assert (right - left) > 80
    assert (bottom - top) > 10
    assert seen[..., 3].max() == 255
    shown = seen[seen[..., 3] == 255][:, :3]
    assert {0, 255} <= set(np.unique(shown))


def test_colours_are_meant_in_srgb_in_sixteen_bit_too() -> None:
    operation = Watermark(text="I", colour="red", outline=False, opacity=100, scale=90)
    made = result(operation, wide(flat((0, 0, 0), 200, 200)))
    stored = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert 200 < stored[0].max() < 240
    assert stored.icc_transform("srgb")[0].max() >= 253
    deep = pyvips.Image.new_from_array(np.zeros((200, 200, 3), np.uint16), interpretation="rgb16")
    made = result(operation, deep.pngsave_buffer())
    seen = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert seen.format == "ushort"
    assert seen.max() == 65_535


def test_an_animation_gets_it_on_every_frame() -> None:
    data = animated(("red", "lime", "blue"), (50, 60, 70), format="WEBP")
    made = result(Watermark(text="Anna", opacity=100, scale=90), data)
    frames, delays, loop = frames_of(b"".join(made.pieces))
    assert (delays, loop) == ([50, 60, 70], 3)
    for frame in frames:
        assert frame[-14:, 3:, :3].min(2).max() > 180, "something white"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": "a\x07b"},
        {"text": "a" * 201},
        {"text": "a", "image": f"picture:{'0' * 64}"},
        {"image": "logo"},
        {"image": f"picture:{'0' * 64}", "colour": "red"},
        {"image": f"picture:{'0' * 64}", "outline": False},
        {"text": "a", "opacity": 0},
        {"text": "a", "scale": 0},
        {"text": "a", "margin": "41%"},
    ],
)
def test_refuses_what_makes_no_mark(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Watermark(**parameters)


def test_percent_may_have_their_sign() -> None:
    assert Watermark(text="a", opacity="40%", scale="20%", margin="1%").opacity == 40


@pytest.mark.parametrize(
    ("text", "place"), [("Anna 猫", "number 6"), ("שלום", "number 1"), ("a\ufffe", "number 2")]
)
def test_a_sign_that_cannot_be_drawn_is_named(text: str, place: str) -> None:
    with pytest.raises(ParameterInvalid, match=place):
        lettered(text, 100)


def test_lines_stand_below_each_other() -> None:
    one, two = lettered("Anna", 200), lettered("Anna\nAnna", 200)
    assert abs(one.width - two.width) <= 4
    assert two.height > 1.8 * one.height


def test_a_mark_that_shows_nothing_is_refused() -> None:
    with pytest.raises(InputRefused, match="transparent"):
        stamped(flat((9, 9, 9)), np.zeros((20, 20, 4), np.uint8))


def test_the_picture_that_image_names_must_be_there() -> None:
    with pytest.raises(InputMissing):
        result(Watermark(image=f"picture:{'0' * 64}"), with_pillow(drawn(), "PNG"))
