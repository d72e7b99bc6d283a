"""crop: which part, of which shape."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.errors import ParameterInvalid
from safelight.ops.crop import Crop
from tests.contract import context, drawn, opened, pixels, result, sideways, with_pillow

ARRAY = drawn(40, 30)
DATA = with_pillow(ARRAY, "PNG")


@pytest.mark.parametrize(
    ("parameters", "box"),
    [
        ({"width": 10, "height": 8, "left": 3, "top": 5}, (3, 5, 10, 8)),
        ({"width": 10, "height": 8}, (15, 11, 10, 8)),
        ({"width": 10, "height": 8, "gravity": "northwest"}, (0, 0, 10, 8)),
        ({"width": 10, "height": 8, "gravity": "southeast"}, (30, 22, 10, 8)),
        ({"width": 10, "height": 8, "gravity": "north"}, (15, 0, 10, 8)),
        ({"width": 10, "height": 8, "gravity": "east"}, (30, 11, 10, 8)),
        ({"aspect": "1:1"}, (5, 0, 30, 30)),
        ({"aspect": "2:1", "gravity": "south"}, (0, 10, 40, 20)),
        ({"aspect": "99999:1"}, (0, 14, 40, 1)),
    ],
)
def test_cuts_exactly_the_part(parameters: dict[str, Any], box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    seen = pixels(result(Crop(**parameters), DATA))
    assert np.array_equal(seen, ARRAY[top : top + height, left : left + width])


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"width": 10},
        {"width": 10, "height": 8, "aspect": "1:1"},
        {"width": 10, "height": 8, "left": 3},
        {"aspect": "0:1"},
        {"aspect": "wide"},
        {"width": 0, "height": 1},
        {"width": 10, "height": 8, "left": -1, "top": 0},
    ],
)
def test_refuses_what_names_no_part(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Crop(**parameters)


@pytest.mark.parametrize(
    "parameters", [{"width": 41, "height": 1}, {"width": 1, "height": 1, "left": 40, "top": 0}]
)
def test_refuses_a_part_outside_the_picture(parameters: dict[str, Any]) -> None:
    words = "larger than|outside"
    with pytest.raises(ParameterInvalid, match=f"({words}) the picture of 40x30"):
        result(Crop(**parameters), DATA)


def test_the_whole_picture_stays_untouched() -> None:
    assert Crop(width=40, height=30).apply(opened(DATA), context()).is_untouched


def test_a_sideways_picture_is_cut_as_displayed() -> None:
    made = result(Crop(width=36, height=10, left=0, top=0), sideways())
    assert (made.width, made.height) == (36, 10)


def test_every_frame_is_cut() -> None:
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("red", "lime")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made = result(Crop(width=8, height=6), out.getvalue())
    again = Pillow.open(io.BytesIO(b"".join(made.pieces)))
    assert (again.size, getattr(again, "n_frames", 1)) == ((8, 6), 2)
