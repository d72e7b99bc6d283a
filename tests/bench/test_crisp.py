"""Ringing is measured where it is, and none is found where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bench.crisp import LANCZOS, SIDE, edge, swing
from bench.quality import luma


@pytest.mark.parametrize("scale", [2, 4])
def test_repeated_pixels_do_not_ring_and_lanczos_does(scale: int) -> None:
    size = (SIDE * scale, SIDE * scale)
    assert swing(luma(edge().resize(size, Image.Resampling.NEAREST)), scale) == pytest.approx(0)
    assert swing(luma(edge().resize(size, LANCZOS)), scale) > 3


def test_a_swing_counts_in_steps_of_eight_bit() -> None:
    large = luma(edge().resize((SIDE * 2, SIDE * 2), Image.Resampling.NEAREST))
    large = np.array(large)
    large[SIDE, SIDE // 2 + 10] += 10 * 219 / 255
    assert swing(large, 2) == pytest.approx(10)
