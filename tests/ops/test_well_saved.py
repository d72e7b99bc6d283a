"""What a net gave is saved so that it stays: a floor for the quality, full colour in a JPEG."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from safelight.image import Wish
from safelight.operation import Operation
from safelight.ops.convert import Convert
from safelight.ops.cutout import Cutout
from safelight.ops.resize import Resize
from safelight.ops.restore import Restore
from safelight.ops.tiling.still import GOOD_QUALITY
from safelight.ops.upscale import Upscale
from tests.contract import context, drawn, opened, with_pillow
from tests.ops.test_restore_files import file_of, quality_in, sampling_of, shown
from tests.ops.worn import psnr_db

PHOTO = with_pillow(drawn(90, 70), "JPEG", quality=95, subsampling=0)
NETS: list[Operation] = [Upscale(scale=2), Cutout(bg="blur")]


def saved(*steps: Operation, wish: Wish | None = None) -> bytes:
    image = opened(PHOTO)
    for step in steps:
        image = step.apply(image, context())
    return file_of(image if wish is None else replace(image, wish=wish), PHOTO)


@pytest.mark.parametrize("step", NETS, ids=lambda step: step.name)
def test_a_jpeg_has_the_floor_and_full_colour(step: Operation) -> None:
    assert quality_in(data := saved(step)) == GOOD_QUALITY
    assert sampling_of(data) == "4:4:4"
    plain = saved(step, wish=Wish())
    assert quality_in(plain) == 85
    assert sampling_of(plain) == "4:2:0"


@pytest.mark.parametrize("step", NETS, ids=lambda step: step.name)
def test_it_is_nearer_to_what_the_net_gave(step: Operation) -> None:
    exact = shown(saved(step, Convert(to="png")))
    plain = shown(saved(step, wish=Wish()))
    assert psnr_db(shown(saved(step)), exact) > psnr_db(plain, exact) + 1


@pytest.mark.parametrize("quality", [40, 85, 97])
@pytest.mark.parametrize("step", NETS, ids=lambda step: step.name)
def test_who_asks_for_a_quality_gets_it(step: Operation, quality: int) -> None:
    assert quality_in(saved(step, Convert(quality=quality))) == quality
    assert quality_in(saved(Convert(quality=quality), step)) == quality


def test_a_better_floor_stays() -> None:
    wish = Upscale(scale=2).apply(opened(PHOTO).with_wish(least_quality=98), context()).wish
    assert wish.least_quality == 98
    restored = Restore(denoise=20).apply(
        Upscale(scale=2).apply(opened(PHOTO), context()), context()
    )
    assert restored.wish.least_quality >= 95


@pytest.mark.parametrize("steps", [(Upscale(to="90x70"),), (Upscale(to="30x30"),)])
def test_what_went_through_no_net_is_saved_as_ever(steps: Any) -> None:
    image = opened(PHOTO)
    for step in (*steps, Resize(percent=50)):
        image = step.apply(image, context())
    assert image.wish.least_quality == 0
