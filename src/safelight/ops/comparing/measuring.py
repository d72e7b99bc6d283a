"""Measures of a pair, each frame in one pass from top to bottom.

Structural similarity is that of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment:
from error visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004:
luma, a Gaussian window of 11x11 with a standard deviation of 1.5, K1 = 0.01, K2 = 0.03, the
mean over all places where the window lies within the picture. A picture that the window does not
fit into is continued at its edges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from safelight.image import Measure
from safelight.ops.comparing.pair import Pair

WINDOW, SIGMA = 11, 1.5
REACH = WINDOW // 2
# The two constants keep the ratio steady in the dark; samples go from 0 to 1.
C1, C2 = 0.01**2, 0.03**2
LUMA = (0.299, 0.587, 0.114)
SUM, MOST = 2, 1


def measured(pairs: Iterable[Pair]) -> dict[Measure, float]:
    """All measures over all frames, each of which counts alike."""
    frames = [_frame(pair) for pair in pairs]
    count = len(frames)
    return {
        "error": sum(frame["error"] for frame in frames) / count,
        "ssim": sum(frame["ssim"] for frame in frames) / count,
        "pixels": sum(frame["pixels"] for frame in frames),
        "identical": sum(frame["identical"] for frame in frames),
        "largest": max(frame["largest"] for frame in frames),
        "step": frames[0]["step"],
    }


def _frame(pair: Pair) -> dict[Measure, float]:
    width, height = pair.first.width, pair.first.height
    distance = difference(pair)
    differs = (distance > pair.step / 2).bandor() / 255
    similar, places = _similarity(_luma(pair.first, pair), _luma(pair.second, pair))
    maps = ((distance * distance).bandmean(), differs, distance, similar)
    joined = maps[0].bandjoin(list(maps[1:])).cast("double")
    table = joined.stats()
    bands = distance.bands
    different = table(SUM, 2)[0]
    return {
        "error": table(SUM, 1)[0] / (width * height),
        "ssim": table(SUM, 3 + bands)[0] / places,
        "pixels": width * height,
        "identical": width * height - round(different),
        "largest": max(table(MOST, 3 + band)[0] for band in range(bands)),
        "step": pair.step,
    }


def difference(pair: Pair) -> Any:
    """How far apart the samples are, 0..1, band by band."""
    return (pair.first - pair.second).abs()


def _luma(picture: Any, pair: Pair) -> Any:
    """Brightness, on black where it is transparent. Inks count alike."""
    last = picture.bands - pair.has_alpha
    colours = picture[0:last]
    weights = LUMA if last == len(LUMA) else (1 / last,) * last
    bands = [colours[band] * weight for band, weight in enumerate(weights)]
    luma = bands[0]
    for band in bands[1:]:
        luma = luma + band
    return luma * picture[last] if pair.has_alpha else luma


def _similarity(one: Any, other: Any) -> tuple[Any, int]:
    """The similarity around each pixel, 0 where the window reaches outside, and how many places
    it fits in.
    """
    window = _window()

    def mean(picture: Any) -> Any:
        return picture.convsep(window, precision="float")

    mean_one, mean_other = mean(one), mean(other)
    both, squares = mean_one * mean_other, mean_one * mean_one + mean_other * mean_other
    together = mean(one * other) - both
    spread = mean(one * one + other * other) - squares
    alike = ((2 * both + C1) * (2 * together + C2)) / ((squares + C1) * (spread + C2))
    width, height = one.width, one.height
    if min(width, height) < WINDOW:
        return alike, width * height
    across, down = width - 2 * REACH, height - 2 * REACH
    inner = alike.crop(REACH, REACH, across, down)
    return inner.embed(REACH, REACH, width, height), across * down


def _window() -> Any:
    import pyvips

    weights = [math.exp(-((place - REACH) ** 2) / (2 * SIGMA**2)) for place in range(WINDOW)]
    return pyvips.Image.new_from_array([weights], scale=sum(weights))
