"""restore, file to file: what comes out is no worse than what went in, as saved."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import JpegImagePlugin

from safelight.codecs.encode import encode
from safelight.codecs.savers import settings
from safelight.image import Image, Wish
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.restore import FINE_QUALITY, WORTH_SAVING_AGAIN, Restore
from tests.contract import LIMITS, context, opened, with_pillow
from tests.ops.worn import noisy, psnr_db, scene

SUBSAMPLINGS = {"4:4:4": 0, "4:2:0": 2}


def saved(data: bytes, *steps: Any) -> bytes:
    """The file that a recipe of these steps makes of a file, with the nets that ship."""
    image = opened(data)
    for step in steps:
        image = step.apply(image, context())
    return file_of(image, data)


def file_of(image: Image, data: bytes) -> bytes:
    return b"".join(encode(image, memoryview(data), LIMITS).pieces)


def shown(data: bytes) -> Any:
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))


def quality_in(data: bytes) -> int | None:
    """What the tables of a JPEG say."""
    return opened(data).header.quality


def sampling_of(data: bytes) -> str:
    with Pillow.open(io.BytesIO(data)) as image:
        number = JpegImagePlugin.get_sampling(image)
    return next(name for name, known in SUBSAMPLINGS.items() if known == number)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [40, 60, 75, 78, 80, 85, 90, 95])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_never_loses(quality: int, subsampling: str, seed: int) -> None:
    clean = scene(seed=seed)
    data = with_pillow(clean, "JPEG", quality=quality, subsampling=SUBSAMPLINGS[subsampling])
    after = saved(data, Restore())
    before_db, after_db = psnr_db(shown(data), clean), psnr_db(shown(after), clean)
    if quality <= WORTH_SAVING_AGAIN:
        assert after_db > before_db + 0.05
        assert quality_in(after) == FINE_QUALITY
        assert sampling_of(after) == "4:4:4"
    else:
        assert np.array_equal(shown(after), shown(data))
        assert sampling_of(after) == subsampling


@pytest.mark.parametrize("quality", [60, 75])
def test_saved_with_the_usual_quality_it_would_lose(quality: int) -> None:
    """The control of the test above: what the net gives is less than saving plainly takes."""
    clean = scene()
    data = with_pillow(clean, "JPEG", quality=quality, subsampling=0)
    image = Restore().apply(opened(data), context())
    plain = file_of(replace(image, wish=Wish()), data)
    assert quality_in(plain) == 85
    assert psnr_db(shown(plain), clean) < psnr_db(shown(data), clean)


def test_a_picture_that_was_saved_better_is_saved_as_well_again() -> None:
    data = with_pillow(noisy(scene(), 15), "JPEG", quality=98)
    assert quality_in(saved(data, Restore(denoise=30))) == 98


def test_who_asks_for_a_quality_gets_it() -> None:
    data = with_pillow(scene(), "JPEG", quality=50)
    assert quality_in(saved(data, Restore(), Convert(quality=70))) == 70


def test_what_was_not_repaired_is_saved_as_ever() -> None:
    data = with_pillow(scene(), "PNG")
    cropped = Crop(width=100, height=100).apply(opened(data), context())
    assert Restore().apply(cropped, context()).wish.least_quality == 0


@pytest.mark.parametrize(("least", "quality"), [(0, 80), (60, 80), (95, 95)])
def test_a_least_quality_is_a_floor_for_every_lossy_format(least: int, quality: int) -> None:
    wish = Wish(least_quality=least)
    assert settings("webp", wish, is_deep=False)["Q"] == quality
    assert settings("webp", replace(wish, quality=30), is_deep=False)["Q"] == 30
    assert "Q" not in settings("png", wish, is_deep=False)
