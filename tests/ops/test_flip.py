"""flip: which way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from safelight.ops.flip import Flip
from tests.contract import drawn, pixels, result, with_pillow

ARRAY = drawn(40, 30)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"horizontal": True}, ARRAY[:, ::-1]),
        ({"vertical": True}, ARRAY[::-1]),
        ({"horizontal": True, "vertical": True}, ARRAY[::-1, ::-1]),
    ],
)
def test_mirrors_every_pixel(parameters: dict[str, Any], expected: Any) -> None:
    assert np.array_equal(pixels(result(Flip(**parameters), with_pillow(ARRAY, "PNG"))), expected)


def test_a_large_picture_is_mirrored_although_it_is_read_from_the_top() -> None:
    array = drawn(700, 900)
    seen = pixels(result(Flip(vertical=True), with_pillow(array, "PNG")))
    assert np.array_equal(seen, array[::-1])


def test_refuses_to_do_nothing() -> None:
    with pytest.raises(ValidationError, match="horizontal, vertical"):
        Flip()
