"""cutout on another ground: a colour, a picture, its own one blurred; what is wrong with it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.codecs.encode import encode
from safelight.codecs.libvips import foreign_errors
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    InputMissing,
    InputRefused,
    LimitExceeded,
)
from safelight.image import Image
from safelight.operation import Context
from safelight.ops.cutout import Cutout
from safelight.ops.cutting import grounds
from tests.contract import LIMITS, PICTURES, context, deep, opened, pixels, result, with_pillow
from tests.ops.drawn_mug import drawn_mug
from tests.ops.test_cutout import Knowing, cut, knowing, several


@pytest.mark.parametrize("name", ["blue", "BLUE", "#0000ff", "#0000FF", "#00f"])
def test_a_colour_as_ground(name: str) -> None:
    mug = drawn_mug()
    seen = cut(with_pillow(mug.picture, "PNG"), Knowing(mug.cover), bg=name)
    assert seen.shape == (400, 480, 3)
    assert (seen[0, 0] == (0, 0, 255)).all()
    wanted = mug.colours * mug.cover[..., None]
    wanted[..., 2] += 255 * (1 - mug.cover)
    assert np.abs(seen - wanted).mean() < 1.5


def test_with_a_ground_the_format_stays() -> None:
    data = with_pillow(drawn_mug().picture, "JPEG")
    assert result(Cutout(bg="white"), data).format == "jpeg"
    assert result(Cutout(), data).format == "png"
    assert result(Cutout(format="avif", quality=70), data).format == "avif"


def test_a_blurred_ground_has_nothing_of_the_subject_in_it() -> None:
    mug = drawn_mug(ground=(0, 150, 60))
    data, net = with_pillow(mug.picture, "PNG"), Knowing(mug.cover)
    seen, alpha = cut(data, net, bg="blur").astype(int), cut(data, net)[..., 3]
    assert np.abs(seen[alpha == 0] - (0, 150, 60)).max() <= 3


def tiled_ground(data: bytes) -> Context:
    image = opened(data)
    return knowing(Knowing(drawn_mug().cover), picture=lambda _sha: image)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "CMYK"])
def test_a_picture_as_ground_covers_it_all(mode: str) -> None:
    ground = Pillow.new("RGB", (30, 90), (0, 200, 0))
    ground.paste((0, 0, 200), (0, 50, 30, 90))
    out = io.BytesIO()
    ground.convert(mode).save(out, "TIFF")
    mug = drawn_mug()
    data = with_pillow(mug.picture, "JPEG")
    operation = Cutout(bg="picture:" + "ab" * 32, crop=True, margin=20)
    image = operation.apply(opened(data), tiled_ground(out.getvalue()))
    seen = pixels(encode(image, memoryview(data), LIMITS)).astype(int)
    assert seen.shape[2] == 3
    if mode == "RGB":
        assert np.abs(seen[2, 2] - (0, 200, 0)).max() < 6
        assert np.abs(seen[-3, 2] - (0, 0, 200)).max() < 6


@pytest.mark.parametrize("size", [(4000, 1), (1, 4000), (4000, 9), (1, 1), (7, 5)])
def test_a_long_narrow_ground_gives_its_middle(size: tuple[int, int]) -> None:
    ground, out = Pillow.new("RGB", size, (200, 0, 0)), io.BytesIO()
    width, height = size
    left, top = width // 3, height // 3
    right, bottom = max(left + 1, 2 * width // 3), max(top + 1, 2 * height // 3)
    ground.paste((0, 0, 200), (left, top, right, bottom))
    ground.save(out, "PNG")
    data = with_pillow(drawn_mug().picture, "PNG")
    context = tiled_ground(out.getvalue())
    image = Cutout(bg="picture:" + "ab" * 32).apply(opened(data), context)
    seen = pixels(encode(image, memoryview(data), LIMITS)).astype(int)
    assert seen.shape == (400, 480, 3)
    middle = (200, 0, 0) if size == (7, 5) else (0, 0, 200)
    assert np.abs(seen[200, 2] - middle).max() < 6


def damaged(data: bytes) -> bytes:
    """Whole in its structure, not in its pixels."""
    middle = len(data) // 2
    return (
        data[:middle]
        + bytes(byte ^ 255 for byte in data[middle : middle + 9])
        + (data[middle + 9 :])
    )


def test_what_is_wrong_with_the_ground_is_said_of_it() -> None:
    data = with_pillow(drawn_mug().picture, "PNG")
    operation = Cutout(bg="picture:" + "ab" * 32)
    with pytest.raises(InputRefused, match="ground picture has 3 frames"):
        operation.apply(opened(data), tiled_ground(several("TIFF")))
    torn = damaged(data)
    with pytest.raises(ContainerBroken, match="ground picture"):
        encode(operation.apply(opened(data), tiled_ground(torn)), memoryview(data), LIMITS)
    # The control: the same damage in the input is not said of the ground.
    with pytest.raises(ContainerBroken, match=r"^the input"), foreign_errors("the input"):
        operation.apply(opened(torn), tiled_ground(data))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (LimitExceeded("the picture has 9 pixels"), "ground picture passes a limit"),
        (FormatUnknown("floats"), "ground picture is of a kind"),
        (ContainerBroken("cut"), "ground picture is damaged"),
    ],
)
def test_a_ground_that_cannot_be_opened_is_named(fault: InputRefused, words: str) -> None:
    def refusing(_digest: str) -> Image:
        raise fault

    with pytest.raises(type(fault), match=words):
        grounds.opened(knowing(Knowing(drawn_mug().cover), picture=refusing), "")


def test_a_ground_for_sixteen_bits() -> None:
    context = tiled_ground(with_pillow(drawn_mug().picture, "PNG"))
    image = Cutout(bg="picture:" + "ab" * 32).apply(opened(deep(3)), context)
    assert image.vips.format == "ushort"
    assert image.vips.avg() > 40 * 257


def test_a_picture_that_was_not_given_is_missed() -> None:
    operation = Cutout(bg="picture:" + "ab" * 32)
    assert operation.pictures() == ("ab" * 32,)
    with pytest.raises(InputMissing, match="not given"):
        operation.apply(opened(PICTURES["png"]()), context())


@pytest.mark.parametrize(("bg", "bands"), [(None, 4), ("#ff0000", 3), ("blur", 3)])
def test_a_margin_beyond_the_picture_is_ground(bg: str | None, bands: int) -> None:
    mug = drawn_mug()
    seen = cut(with_pillow(mug.picture, "PNG"), Knowing(mug.cover), bg=bg, crop=True, margin=100)
    assert seen.shape[0] > 400
    assert seen.shape[2] == bands
    expected = {None: (0, 0, 0, 0), "#ff0000": (255, 0, 0), "blur": (255, 255, 255)}[bg]
    assert np.abs(seen[0, 0].astype(int) - expected).max() <= 2
