"""resize: sizes, modes, filters, and what it decodes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow
from PIL import ImageCms
from pydantic import ValidationError

from safelight.codecs.decode import VipsDecoder
from safelight.errors import LimitExceeded
from safelight.ops.resize import Resize
from tests.contract import context, drawn, opened, pixels, result, wide, with_pillow


def size_of(data: bytes, **parameters: Any) -> tuple[int, int]:
    made = result(Resize(**parameters), data)
    return made.width, made.height


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"fit": "20x20"}, (20, 15)),
        ({"fit": "20x"}, (20, 15)),
        ({"fit": "x10"}, (13, 10)),
        ({"width": 24}, (24, 18)),
        ({"height": 12}, (16, 12)),
        ({"width": 20, "height": 20}, (20, 15)),
        ({"fit": "20x20", "mode": "cover"}, (20, 20)),
        ({"fit": "20x30", "mode": "exact"}, (20, 30)),
        ({"fit": "400x400"}, (40, 30)),
        ({"fit": "80x80", "enlarge": True}, (80, 60)),
        ({"fit": "50x20", "mode": "cover"}, (40, 20)),
        ({"fit": "50x20", "mode": "exact"}, (40, 20)),
        ({"fit": "1x1"}, (1, 1)),
        ({"long": 20}, (20, 15)),
        ({"long": 400}, (40, 30)),
        ({"long": 400, "enlarge": True}, (400, 300)),
        ({"percent": 50}, (20, 15)),
        ({"percent": 150, "enlarge": True}, (60, 45)),
        ({"percent": 0.01}, (1, 1)),
    ],
)
def test_gives_the_size_that_was_asked(parameters: dict[str, Any], size: tuple[int, int]) -> None:
    assert size_of(with_pillow(drawn(40, 30), "PNG"), **parameters) == size


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"fit": "0x0"},
        {"fit": "20"},
        {"fit": "70000x70000"},
        {"fit": "20x20", "width": 20},
        {"width": 0},
        {"width": 65_536},
        {"fit": "20x", "mode": "cover"},
        {"fit": "20x20", "format": "png", "quality": 80},
        {"fit": "20x20", "quality": 0},
        {"fit": "20x20", "long": 20},
        {"long": 20, "percent": 50},
        {"long": 0},
        {"percent": 0},
        {"percent": 101},
        {"percent": 50, "mode": "cover"},
        {"fit": "20x20", "gravity": "north"},
    ],
)
def test_refuses_what_makes_no_size(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Resize(**parameters)


def test_a_picture_that_is_small_enough_stays_untouched() -> None:
    data = with_pillow(drawn(40, 30), "JPEG")
    image = Resize(fit="100x100").apply(opened(data), context())
    assert image.is_untouched
    made = result(Resize(fit="100x100"), data)
    assert not made.is_reencoded
    assert np.array_equal(pixels(made), np.asarray(Pillow.open(io.BytesIO(data))))


def test_a_sideways_picture_is_measured_as_displayed() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    data = with_pillow(drawn(40, 30), "JPEG", exif=exif)
    assert size_of(data, fit="15x") == (15, 20)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_a_large_reduction_does_not_decode_the_whole(format: str) -> None:
    decoder = opened(with_pillow(drawn(1_600, 1_200), format)).decoder
    assert isinstance(decoder, VipsDecoder)
    small = decoder.at_least(100, 75)
    assert 100 <= small.width <= 400
    assert 75 <= small.height <= 300


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("side", [1, 7, 100, 150, 640])
def test_at_least_is_never_too_small(orientation: int, side: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = opened(with_pillow(drawn(640, 480), "JPEG", exif=exif))
    width, height = Resize(fit=f"{side}x{side}").size_for(image.width, image.height)
    shrunk = image.at_least(width, height)
    assert shrunk.width >= width
    assert shrunk.height >= height
    assert (shrunk.width > shrunk.height) == (image.width > image.height)


def test_colours_of_hidden_pixels_do_not_bleed() -> None:
    array = np.zeros((40, 40, 4), np.uint8)
    array[:, :20] = (255, 0, 0, 255)
    array[:, 20:] = (0, 255, 0, 0)
    seen = pixels(result(Resize(fit="10x10"), with_pillow(array, "PNG")))
    visible = seen[seen[..., 3] > 0]
    assert visible[:, 0].min() > 250
    assert visible[:, 1].max() < 5


def test_an_animation_keeps_its_frames_and_their_edges() -> None:
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=70, loop=0)
    made = result(Resize(fit="20x20"), out.getvalue())
    again = Pillow.open(io.BytesIO(b"".join(made.pieces)))
    assert (again.size, getattr(again, "n_frames", 1)) == ((20, 15), 3)
    for index, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        again.seek(index)
        assert np.all(np.asarray(again.convert("RGB")) == colour)
    assert again.info["duration"] == 70


def test_format_and_quality_are_wished() -> None:
    data = with_pillow(drawn(64, 48), "PNG")
    small = result(Resize(fit="32x32", format="webp", quality=10), data)
    large = result(Resize(fit="32x32", format="webp", quality=95), data)
    assert small.format == large.format == "webp"
    assert sum(map(len, small.pieces)) < sum(map(len, large.pieces))


def test_is_as_good_as_the_plain_way() -> None:
    """Shrinking while loading leaves enough to the filter: close to a reduction from all pixels."""
    rng = np.random.default_rng(1)
    noise = Pillow.fromarray(rng.integers(0, 255, (600, 800, 3), dtype=np.uint8))
    picture = noise.resize((1_600, 1_200), Pillow.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    whole = np.asarray(
        Pillow.open(io.BytesIO(out.getvalue())).resize((160, 120), Pillow.Resampling.LANCZOS), float
    )
    ours = pixels(result(Resize(fit="160x120", format="png"), out.getvalue())).astype(float)
    assert np.sqrt(np.mean((ours - whole) ** 2)) < 3


@pytest.mark.parametrize("gravity", ["north", "southeast", "west"])
def test_cover_leaves_the_part_that_gravity_names(gravity: Any) -> None:
    array = drawn(40, 30)
    operation = Resize(fit="10x30", mode="cover", gravity=gravity)
    left = {"north": 15, "southeast": 30, "west": 0}[gravity]
    seen = pixels(result(operation, with_pillow(array, "PNG")))
    assert np.array_equal(seen, array[:, left : left + 10])


def test_one_colour_with_alpha_stays_that_colour() -> None:
    array = np.full((40, 40, 4), (201, 99, 7, 130), np.uint8)
    seen = pixels(result(Resize(percent=37), with_pillow(array, "PNG")))
    assert np.all(seen == (201, 99, 7, 130))


def checkered(bands: int, *, step: int = 1) -> Any:
    """Black and white in turn: half the light of white."""
    tiles = np.indices((64, 64)).sum(0) // step % 2 * 255
    return np.repeat(tiles[..., None], bands, 2).astype(np.uint8)


@pytest.mark.parametrize(("linear", "value"), [(True, 188), (False, 128)])
@pytest.mark.parametrize("bands", [1, 3])
def test_linear_mixes_light(linear: bool, value: int, bands: int) -> None:
    data = with_pillow(checkered(bands), "PNG")
    seen = pixels(result(Resize(percent=25, linear=linear), data))
    assert np.abs(seen[4:-4, 4:-4].astype(int) - value).max() <= 1


def test_linear_mixes_light_by_the_pictures_own_profile() -> None:
    data = wide(checkered(3))
    seen = pixels(result(Resize(percent=25, linear=True), data))
    assert np.abs(seen[4:-4, 4:-4].astype(int) - 188).max() <= 1


def test_linear_weighs_light_by_alpha() -> None:
    array = np.dstack([checkered(3), np.full((64, 64), 128, np.uint8)])
    seen = pixels(result(Resize(percent=25, linear=True), with_pillow(array, "PNG")))
    assert np.abs(seen[4:-4, 4:-4].astype(int) - (188, 188, 188, 128)).max() <= 1


def test_a_profile_stays_where_the_format_can_hold_it_and_is_applied_where_not() -> None:
    """(255, 0, 0) of Display P3 is redder than sRGB can say; GIF can say sRGB alone."""
    red = wide(np.full((16, 16, 3), (120, 200, 90), np.uint8))
    kept = result(Resize(percent=50, format="webp", quality=100), red)
    stays = Pillow.open(io.BytesIO(b"".join(kept.pieces)))
    assert stays.info.get("icc_profile")
    assert np.abs(np.asarray(stays).astype(int) - (120, 200, 90)).max() <= 2
    put = result(Resize(percent=50, format="gif"), red)
    turned = Pillow.open(io.BytesIO(b"".join(put.pieces))).convert("RGB")
    expected = Pillow.open(io.BytesIO(red))
    source = ImageCms.ImageCmsProfile(io.BytesIO(expected.info["icc_profile"]))
    standard = ImageCms.profileToProfile(expected, source, ImageCms.createProfile("sRGB"))
    assert standard is not None
    assert np.abs(np.asarray(turned).astype(int) - np.asarray(standard)[0, 0]).max() <= 2


def test_sixteen_bit_keep_their_steps() -> None:
    ramp = np.tile(np.arange(0, 65_536, 256, dtype=np.uint16), (8, 1))
    picture = pyvips.Image.new_from_array(ramp, interpretation="grey16")
    made = result(Resize(fit="256x4", mode="exact"), picture.pngsave_buffer())
    seen = pixels(made)
    assert seen.shape == (4, 256)
    assert np.array_equal(seen[0], ramp[0])


def test_a_result_past_the_limit_is_refused_before_it_is_made() -> None:
    with pytest.raises(LimitExceeded, match="pixels"):
        Resize(fit="65535x65535", mode="exact", enlarge=True).apply(
            opened(with_pillow(drawn(40, 30), "PNG")), context()
        )
