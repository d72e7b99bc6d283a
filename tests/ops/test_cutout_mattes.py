"""cutout by a matte: what the model has between all and nothing stays between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.annotation import Seen
from safelight.codecs.encode import encode
from safelight.operation import Context
from safelight.ops.cutout import Cutout
from tests.contract import LIMITS, opened, pixels, with_pillow
from tests.ops.drawn_mug import drawn_mug
from tests.ops.test_cutout_models import Knowing, plane, red


def by_mask(data: bytes, mask: Any, *, matte: bool, **parameters: Any) -> Any:
    """The result of a model that saw this mask."""
    net = Knowing(plane(red), output={"matte": matte})
    ctx = Context(LIMITS, lambda _need: net, look=lambda _need, _sample: Seen(mask=mask))
    image = Cutout(**parameters).apply(opened(data), ctx)
    return pixels(encode(image, memoryview(data), LIMITS)).squeeze()


def away(alpha: Any, wanted: Any) -> float:
    """How far off alpha is where it is neither all nor nothing, 0..1."""
    between = (wanted > 0.02) & (wanted < 0.98)
    return float(np.abs(alpha / 255 - wanted)[between].mean())


def test_fur_stays_fur_where_the_model_knows_it(shared_data: Path) -> None:
    folder = shared_data / "bgremoval/pymatting"
    with Pillow.open(folder / "lemur_alpha.png") as picture:
        plane_of = picture.convert("L")
    wanted = np.asarray(plane_of, np.float32) / 255
    data = (folder / "lemur.png").read_bytes()
    small = plane_of.resize((512, 512), Pillow.Resampling.BOX)
    mask = np.asarray(small, np.float32) / 255
    rough = np.asarray(small.resize(plane_of.size, Pillow.Resampling.BILINEAR), np.float32)
    soft = by_mask(data, mask, matte=True, mask_only=True)
    assert away(soft, wanted) < 0.8 * away(rough, wanted)
    # The control: where values between are taken for doubt, fur becomes an edge.
    assert away(by_mask(data, mask, matte=False, mask_only=True), wanted) > 5 * away(soft, wanted)


def test_a_veil_and_a_strand_are_no_doubt_and_no_speck_in_a_matte() -> None:
    mug = drawn_mug(ground=(90, 120, 200))
    data = with_pillow(mug.picture, "PNG")
    mask = mug.cover.copy()
    mask[100:140, 10:60] = 0.5
    mask[20:22, 20:60] = 1
    soft, hard = (by_mask(data, mask, matte=matte, mask_only=True) for matte in (True, False))
    assert np.abs(soft[110:130, 20:50] - 127.5).max() <= 2
    assert hard[110:130, 20:50].max() < 10
    assert soft[20:22, 25:55].min() > 150
    assert hard[20:22, 25:55].max() == 0


@pytest.mark.parametrize("bg", ["#ff00ff", "blur"])
def test_a_matte_goes_onto_any_ground(bg: str) -> None:
    mug = drawn_mug(ground=(90, 120, 200))
    data = with_pillow(mug.picture, "PNG")
    seen = by_mask(data, mug.cover, matte=True, bg=bg)
    assert (seen[mug.cover == 1] == mug.picture[mug.cover == 1]).mean() > 0.98
    if bg != "blur":
        assert (seen[:10, :10] == (255, 0, 255)).all()
