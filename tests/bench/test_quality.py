"""The figures of quality are right where they can be worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import quality
from bench.quality import goals, luma, measure, plain, psnr_db, upscalers


def test_psnr_is_that_of_a_hand() -> None:
    """Off by 2 everywhere inside: 10 log10(255² / 4) = 42.1102 dB; the border does not count."""
    one = np.full((8, 8), 100.0)
    other = one + 2
    other[0], other[:, -1] = 0, 255
    assert psnr_db(one, other, border_px=1) == pytest.approx(42.1102, abs=1e-4)
    assert psnr_db(one, other, border_px=1) == pytest.approx(10 * math.log10(255**2 / 4))


def test_psnr_compares_whole_steps() -> None:
    one = np.full((4, 4), 10.0)
    assert psnr_db(one, one + 0.4, border_px=1) == 10 * math.log10(255**2 / 1e-12)


def test_luma_spans_16_to_235() -> None:
    white, black = (Image.new("RGB", (1, 1), colour) for colour in ("white", "black"))
    assert luma(white)[0, 0] == pytest.approx(235)
    assert luma(black)[0, 0] == pytest.approx(16)


def test_a_worse_filter_scores_less(tmp_path: Path) -> None:
    draw = np.random.default_rng(1).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(draw).resize((48, 48), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "a_HR.png")
    near = measure(plain(2, Image.Resampling.NEAREST), tmp_path, 2)
    assert near < measure(plain(2, Image.Resampling.BICUBIC), tmp_path, 2)


def scores(fast_db: float, int8_db: float) -> quality.Scores:
    return {
        quality.BICUBIC: {"Set5": 28.4, "BSD100 (20)": 26.4, "Urban100 (10)": 22.8},
        "fast, fp32": dict.fromkeys(quality.SETS, fast_db),
        "fast, int8": dict.fromkeys(quality.SETS, int8_db),
    }


def test_goals_are_met_and_missed_by_the_figures() -> None:
    good = {goal.what: goal.is_met for goal in goals(4, scores(31.12, 31.1))}
    assert good == dict.fromkeys(good, True)
    assert len(good) == 7
    poor = {goal.what: goal.is_met for goal in goals(4, scores(31.12, 31.08))}
    assert [what for what, is_met in poor.items() if not is_met] == [
        "x4 fast, int8, Set5",
        "x4 fast, lost by int8",
    ]


@pytest.mark.parametrize("scale", [2, 4])
def test_the_upscalers_are_those_of_the_catalogue(scale: int) -> None:
    found = upscalers(scale)
    assert {"fast, fp32", "fast, int8"} <= set(found)
    assert all(entry.output.scale == scale for entry in found.values())
