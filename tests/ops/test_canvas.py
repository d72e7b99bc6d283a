"""canvas: how large, where the picture lies, and what lies around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvips
from pydantic import ValidationError

from safelight.errors import LimitExceeded, ParameterInvalid
from safelight.limits import Limits
from safelight.operation import Context
from safelight.ops.canvas import Canvas
from tests.contract import context, drawn, opened, pixels, result, session, wide, with_pillow

ARRAY = drawn(40, 30)
DATA = with_pillow(ARRAY, "PNG")


@pytest.mark.parametrize(
    ("parameters", "size", "place"),
    [
        ({"size": "60x50"}, (60, 50), (10, 10)),
        ({"size": "60x50", "gravity": "northwest"}, (60, 50), (0, 0)),
        ({"size": "60x50", "gravity": "southeast"}, (60, 50), (20, 20)),
        ({"aspect": "1:1"}, (40, 40), (0, 5)),
        ({"aspect": "2:1", "gravity": "east"}, (60, 30), (20, 0)),
        ({"aspect": "3:7"}, (40, 94), (0, 32)),
        ({"border": 4}, (48, 38), (4, 4)),
    ],
)
@pytest.mark.parametrize("background", ["transparent", "#123456", "edge", "mirror", "blur"])
def test_the_picture_lies_untouched_in_its_place(
    parameters: dict[str, Any], size: tuple[int, int], place: tuple[int, int], background: str
) -> None:
    seen = pixels(result(Canvas(**parameters, background=background), DATA))
    assert (seen.shape[1], seen.shape[0]) == size
    left, top = place
    assert np.array_equal(seen[top : top + 30, left : left + 40, :3], ARRAY)
    outside = np.ones(seen.shape[:2], bool)
    outside[top : top + 30, left : left + 40] = False
    if background == "transparent":
        assert seen.shape[2] == 4
        assert not seen[outside].any()
    if background == "#123456":
        assert np.all(seen[outside] == (0x12, 0x34, 0x56))


@pytest.mark.parametrize("parameters", [{"size": "40x30"}, {"aspect": "4:3"}])
def test_a_canvas_no_larger_leaves_the_picture_untouched(parameters: dict[str, Any]) -> None:
    assert Canvas(**parameters).apply(opened(DATA), context()).is_untouched


@pytest.mark.parametrize("size", ["39x90", "90x29"])
def test_nothing_is_cut(size: str) -> None:
    with pytest.raises(ParameterInvalid, match="larger than the canvas"):
        Canvas(size=size).apply(opened(DATA), context())


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"size": "40x30", "border": 3},
        {"size": "0x30"},
        {"aspect": "1"},
        {"border": 0},
        {"border": 3, "gravity": "north"},
        {"border": 3, "background": "nothing"},
    ],
)
def test_refuses_what_makes_no_canvas(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Canvas(**parameters)


def test_edges_go_on_and_mirrors_turn_back() -> None:
    edge = pixels(result(Canvas(border=5, background="edge"), DATA))
    assert np.array_equal(edge[:5, 5:-5], np.repeat(ARRAY[:1], 5, 0))
    mirror = pixels(result(Canvas(border=5, background="mirror"), DATA))
    assert np.array_equal(mirror[:5, 5:-5], ARRAY[:5][::-1])


def test_a_blurred_ground_has_the_pictures_colours_and_no_edge() -> None:
    array = np.zeros((200, 100, 3), np.uint8)
    array[:, :50], array[:, 50:] = (220, 30, 30), (30, 30, 220)
    seen = pixels(result(Canvas(aspect="2:1", background="blur"), with_pillow(array, "PNG")))
    assert seen.shape == (200, 400, 3)
    assert np.abs(seen[:, 5].astype(int) - (220, 30, 30)).max() <= 3
    assert np.abs(seen[:, -5].astype(int) - (30, 30, 220)).max() <= 3
    steps = np.abs(np.diff(seen[100, :150].astype(int), axis=0)).max()
    assert steps < 20


def test_a_blurred_ground_of_a_large_picture() -> None:
    data = with_pillow(drawn(900, 1_400), "JPEG", quality=90)
    made = result(Canvas(size="1500x1500", background="blur"), data)
    assert (made.width, made.height) == (1_500, 1_500)


@pytest.mark.parametrize("background", ["blur", "edge", "mirror", "transparent", "#204060"])
def test_alpha_and_sixteen_bit_survive(background: str) -> None:
    array = np.full((20, 20, 4), (9_000, 30_000, 51_000, 40_000), np.uint16)
    picture = pyvips.Image.new_from_array(array, interpretation="rgb16")
    made = result(Canvas(border=6, background=background), picture.pngsave_buffer())
    seen = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert seen(16, 16) == [9_000, 30_000, 51_000, 40_000]
    expected = {"blur": 65_535, "#204060": 65_535, "transparent": 0}
    assert seen(1, 1)[3] == expected.get(background, 40_000)


def test_a_colour_is_meant_in_srgb() -> None:
    made = result(Canvas(border=6, background="#00c000"), wide(drawn(40, 30)))
    stored = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert np.abs(np.array(stored.icc_transform("srgb")(0, 0)) - (0, 192, 0)).max() <= 2
    assert stored(0, 0)[0] > 50


def test_a_coloured_ground_gives_a_grey_picture_colour() -> None:
    data = with_pillow(drawn(40, 30, bands=1), "PNG")
    coloured = pixels(result(Canvas(border=6, background="orange"), data))
    assert tuple(coloured[0, 0]) == (255, 165, 0)
    assert np.array_equal(coloured[6:-6, 6:-6, 0], drawn(40, 30, bands=1)[..., 0])
    grey = pixels(result(Canvas(border=6, background="silver"), data))
    assert grey.ndim == 2
    assert grey[0, 0] == 0xC0


def test_a_result_past_the_limit_is_refused() -> None:
    small = Context(Limits(output_pixels=1_000), session)
    with pytest.raises(LimitExceeded):
        Canvas(border=50).apply(opened(DATA), small)
