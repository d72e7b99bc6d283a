"""convert: what makes sense together, and what stays as it was wished before."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.recipe import Recipe
from tests.contract import PICTURES, context, opened


@pytest.mark.parametrize(
    "parameters",
    [
        {"to": "png", "quality": 80},
        {"to": "tiff", "quality": 80},
        {"to": "jpeg", "lossless": True},
        {"to": "webp", "lossless": True, "quality": 80},
        {"to": "heic"},
        {"to": "pdf"},
        {"to": "webp", "progressive": True},
        {"to": "webp", "chroma": "4:4:4"},
        {"to": "jpeg", "chroma": "4:1:1"},
        {"to": "jpeg", "depth": 16},
        {"to": "png", "depth": 10},
        {"depth": 9},
        {"to": "jpeg", "quality": 80, "to_bytes": 10_000},
        {"to_bytes": 99},
        {"quality": 0},
        {"quality": 101},
        {"effort": 10},
        {"background": "mauvish"},
        {"background": "#12345"},
    ],
)
def test_refuses_what_makes_no_sense(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Convert(**parameters)


def test_what_came_later_does_not_change_the_form_of_older_recipes() -> None:
    names = {"progressive", "chroma", "depth", "to_bytes"}
    assert not names & set(Convert(to="jpeg").parameters())
    assert names <= set(
        Convert(progressive=True, chroma="4:4:4", depth=8, to_bytes=999).parameters()
    )


def test_a_name_of_a_colour_is_its_number_and_a_number_stays_as_it_was_typed() -> None:
    named = Recipe((Convert(to="jpeg", background="Navy"),))
    assert named.digest == Recipe((Convert(to="jpeg", background="#000080"),)).digest
    assert Convert(background="#ABCDEF").parameters()["background"] == "#ABCDEF"


def test_touches_no_pixel_itself() -> None:
    image = Convert(to="webp", quality=50, effort=3, background="#102030").apply(
        opened(PICTURES["png"]()), context()
    )
    assert image.is_untouched
    wish = image.wish
    assert (wish.format, wish.quality, wish.effort) == ("webp", 50, 3)
    assert wish.background == (16, 32, 48)


def test_what_is_not_given_stays_as_it_was_wished() -> None:
    image = Resize(fit="9x9", format="webp", quality=33).apply(opened(PICTURES["png"]()), context())
    again = Convert(effort=9).apply(image, context()).wish
    assert (again.format, again.quality, again.effort) == ("webp", 33, 9)
    exact = Convert(to="webp", lossless=True).apply(image, context()).wish
    assert exact.lossless
    assert not Convert(quality=70).apply(image.with_wish(lossless=True), context()).wish.lossless
