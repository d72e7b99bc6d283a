"""sanitize as a step: the picture is coded anew, in a format that can be written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from safelight.ops.convert import Convert
from safelight.ops.sanitize import Sanitize
from tests.contract import context, drawn, opened, pixels, result, with_pillow


def test_pixels_stay_and_are_coded_anew() -> None:
    made = result(Sanitize(), with_pillow(drawn(), "PNG"))
    assert made.is_reencoded
    assert made.format == "png"
    assert np.array_equal(pixels(made), drawn())


def test_what_cannot_be_written_is_wished_as_png_unless_something_else_is() -> None:
    image = opened(with_pillow(drawn(), "PNG"))
    heic = replace(image, header=replace(image.header, format="heic"))
    assert Sanitize().apply(heic, context()).wish.format == "png"
    wished = Convert(to="webp").apply(heic, context())
    assert Sanitize().apply(wished, context()).wish.format == "webp"
    assert Sanitize().apply(image, context()).wish.format is None
    assert Sanitize().suffix() == "sanitized"
