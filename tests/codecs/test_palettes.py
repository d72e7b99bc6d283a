"""Colours are counted alike with numpy and without it: a browser's tab has none."""

from __future__ import annotations

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.codecs import palettes


def picture(seed: int, colours: int, bands: int, frames: int) -> pyvips.Image:
    """Frames of so many colours at most, of which some are wholly or partly transparent."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 256, (colours, bands), np.uint8)
    samples = table[rng.integers(0, colours, (frames * 12, 20))]
    made = pyvips.Image.new_from_memory(samples.tobytes(), 20, frames * 12, bands, "uchar")
    made = made.copy(interpretation="srgb")
    made.set_type(pyvips.GValue.gint_type, "page-height", 12)
    return made


@settings(deadline=None)
@given(
    st.integers(0, 99),
    st.integers(1, 40),
    st.sampled_from([3, 4]),
    st.integers(1, 3),
    st.integers(1, 42),
)
def test_they_agree(seed: int, colours: int, bands: int, frames: int, most: int) -> None:
    made = picture(seed, colours, bands, frames)
    counted = palettes.has_more(made, most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(palettes, "is_counted", lambda: False)
        assert palettes.has_more(made, most) == counted
