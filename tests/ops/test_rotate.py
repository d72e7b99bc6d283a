"""rotate: which way, what lies in the corners, and that colours stay."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.errors import LimitExceeded
from safelight.limits import Limits
from safelight.operation import Context
from safelight.ops.rotate import Rotate, largest_inside
from tests.contract import (
    context,
    drawn,
    opened,
    pixels,
    result,
    session,
    sideways,
    wide,
    with_pillow,
)

ARRAY = drawn(40, 30)
DATA = with_pillow(ARRAY, "PNG")


@pytest.mark.parametrize(
    ("angle", "quarters"), [(90, -1), (180, 2), (270, 1), (-90, 1), (-180, 2), (-270, -1)]
)
def test_quarters_only_put_the_pixels_elsewhere(angle: float, quarters: int) -> None:
    assert np.array_equal(pixels(result(Rotate(angle=angle), DATA)), np.rot90(ARRAY, quarters))


@pytest.mark.parametrize("angle", [0, 360, -360])
def test_a_whole_turn_leaves_the_picture_untouched(angle: float) -> None:
    assert Rotate(angle=angle).apply(opened(DATA), context()).is_untouched


def test_it_turns_what_is_displayed() -> None:
    """A sideways photo is upright first: turned back by a quarter it lies as it is stored."""
    stored = np.asarray(Pillow.open(io.BytesIO(sideways())))
    made = result(Rotate(angle=-90), sideways())
    assert (made.width, made.height) == (stored.shape[1], stored.shape[0])
    assert np.abs(pixels(made).astype(int) - stored).mean() < 4


@pytest.mark.parametrize(
    "parameters", [{}, {"angle": 361}, {"angle": 5, "background": "no"},
                   {"angle": 5, "background": "white", "cut": True}],
)  # fmt: skip
def test_refuses_what_makes_no_turn(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rotate(**parameters)


def test_corners_are_transparent_and_edges_clean() -> None:
    flat = np.full((60, 60, 3), (200, 40, 90), np.uint8)
    seen = pixels(result(Rotate(angle=30), with_pillow(flat, "PNG")))
    assert tuple(seen[0, 0]) == (0, 0, 0, 0)
    shown = seen[seen[..., 3] > 0].astype(int)
    assert np.abs(shown[shown[:, 3] > 40][:, :3] - (200, 40, 90)).max() <= 3
    assert tuple(seen[seen.shape[0] // 2, seen.shape[1] // 2]) == (200, 40, 90, 255)


def test_corners_are_white_where_the_format_has_no_transparency() -> None:
    seen = pixels(result(Rotate(angle=30), with_pillow(ARRAY, "JPEG", quality=95)))
    assert seen.shape[2] == 3
    assert seen[0, 0].min() >= 235


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_corners_take_the_colour_asked_for(mode: str) -> None:
    data = with_pillow(drawn(40, 30), "PNG", mode=mode)
    seen = pixels(result(Rotate(angle=30, background="orange"), data))
    assert tuple(seen[0, 0][:3]) == (255, 165, 0)
    assert seen.shape[2] == (4 if mode == "RGBA" else 3)
    assert tuple(seen[0, 0][3:]) == ((255,) if mode == "RGBA" else ())


def test_a_colour_is_meant_in_srgb_also_where_the_picture_has_a_wider_space() -> None:
    made = result(Rotate(angle=30, background="#ff0000"), wide(drawn(40, 30)))
    shown = pyvips.Image.new_from_buffer(b"".join(made.pieces), "").icc_transform("srgb")
    assert np.abs(np.array(shown(0, 0)) - (255, 0, 0)).max() <= 2
    assert pixels(made)[0, 0][0] < 240, "in Display P3 the red of sRGB is no full red"


def test_cmyk_corners_are_paper_or_the_colour() -> None:
    data = with_pillow(drawn(40, 30), "TIFF", mode="CMYK")
    plain = pyvips.Image.new_from_buffer(b"".join(result(Rotate(angle=30), data).pieces), "")
    assert plain.interpretation == "cmyk"
    assert plain(0, 0) == [0, 0, 0, 0]
    red = result(Rotate(angle=30, background="red"), data)
    cyan, magenta, *_ = pyvips.Image.new_from_buffer(b"".join(red.pieces), "")(0, 0)
    assert magenta > 200 > cyan


def test_sixteen_bit_survive() -> None:
    flat = np.full((40, 40, 3), 40_001, np.uint16)
    picture = pyvips.Image.new_from_array(flat, interpretation="rgb16")
    made = result(Rotate(angle=12), picture.pngsave_buffer())
    seen = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert seen.format == "ushort"
    assert seen(seen.width // 2, seen.height // 2) == [40_001, 40_001, 40_001, 65_535]


@pytest.mark.parametrize("angle", [1, -7, 30, 45, 60, 88.5, 93, 200])
@pytest.mark.parametrize("size", [(90, 60), (60, 90), (80, 80), (300, 20)])
def test_cut_leaves_no_open_corner_and_little_behind(size: tuple[int, int], angle: float) -> None:
    flat = np.full((size[1], size[0], 3), 90, np.uint8)
    seen = pixels(result(Rotate(angle=angle, cut=True), with_pillow(flat, "PNG")))
    assert np.all(seen == 90)
    across, down = largest_inside(*size, angle % 360)
    assert seen.shape[:2] == (down, across)
    whole = Rotate(angle=angle, background="white").apply(
        opened(with_pillow(flat, "PNG")), context()
    )
    assert part(whole.vips, across, down).max() < 150
    if across + 8 <= whole.width and down + 8 <= whole.height:
        larger = part(whole.vips, across + 8, down + 8)
        assert larger.max() > 200, "four pixels more show a corner"


def part(picture: Any, width: int, height: int) -> Any:
    """The middle of a picture."""
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop(left, top, width, height)


def test_a_result_past_the_limit_is_refused() -> None:
    small = Context(Limits(output_pixels=1_000), session)
    with pytest.raises(LimitExceeded):
        Rotate(angle=10).apply(opened(DATA), small)


def test_the_largest_part_is_known_where_a_formula_is() -> None:
    assert largest_inside(100, 100, 45) == (math.floor(100 / math.sqrt(2)) - 2,) * 2
