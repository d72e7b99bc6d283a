"""embed: a direction for each picture, the same for copies, another for other pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from safelight.annotation import Seen
from safelight.errors import ModelFaulty, ModelMissing
from safelight.limits import MAX_VECTOR
from safelight.models.contract import ModelInput, ModelOutput
from safelight.operation import Context, ModelNeed, Sample
from safelight.ops.embed import Embed
from tests.contract import LIMITS, PICTURES, context, look_with, opened, with_pillow
from tests.ops.drawn_mug import drawn_mug

SIDE = 16


class Seeing:
    """A net that answers with a fixed vector and keeps what it was shown."""

    def __init__(self, *, answer: Sequence[float] = (3.0, 4.0), **facts: Any) -> None:
        given = {"kind": "rgb", "channels": 3, "resize": "stretch", "side": SIDE, "layout": "NCHW"}
        given |= {"mean": (0.0,), "std": (1.0,), "range": (0.0, 1.0), "name": "x"}
        kind = facts.pop("output", "vector")
        output = ModelOutput(name="y", kind=kind, range=(-1.0, 1.0))
        taken = ModelInput.model_validate({**given, "tile": 0, "halo": 0, **facts}, strict=False)
        self.model: Any = SimpleNamespace(name="seeing", input=taken, output=output)
        self.shown: list[Any] = []
        self._answer = answer

    def run(self, tensor: Any) -> Any:
        self.shown.append(tensor)
        return np.array([self._answer], np.float32)

    def answers(self, tensor: Any) -> list[Any]:
        return [self.run(tensor)]


def seen_by(net: Any, data: bytes) -> tuple[float, ...]:
    """The vector that this net gives of a picture."""

    def look(_need: ModelNeed, sample: Sample) -> Seen:
        return look_with(net, sample)

    ctx = Context(LIMITS, lambda _need: net, look=look)
    return Embed().apply(opened(data), ctx).vector


def shown(data: bytes, **facts: Any) -> Any:
    net = Seeing(**facts)
    assert seen_by(net, data) == pytest.approx((0.6, 0.8))
    return net.shown[0]


def vector_of(picture: Any, **how: Any) -> Any:
    data = with_pillow(np.asarray(picture), how.pop("format", "PNG"), **how)
    return np.array(Embed().apply(opened(data), context()).vector)


def mug() -> Any:
    return Pillow.fromarray(drawn_mug(ground=(120, 160, 90)).picture)


@pytest.mark.parametrize("picture", PICTURES)
def test_any_picture_gives_a_direction(picture: str) -> None:
    vector = Embed().apply(opened(PICTURES[picture]()), context()).vector
    assert 1 < len(vector) <= MAX_VECTOR
    assert math.hypot(*vector) == pytest.approx(1)


def test_copies_are_closer_than_other_pictures() -> None:
    first = mug()
    copies = [
        vector_of(first, format="JPEG", quality=30),
        vector_of(first.resize((first.width // 2, first.height // 2))),
        vector_of(ImageOps.mirror(first)),
        vector_of(first.convert("L").convert("RGB")),
    ]
    tones = np.random.default_rng(3).integers(0, 256, (6, 6, 3), np.uint8)
    other = vector_of(Pillow.fromarray(tones).resize(first.size, Pillow.Resampling.NEAREST))
    own = vector_of(first)
    assert min(float(own @ copy) for copy in copies) > float(own @ other) + 0.1


def test_the_net_is_shown_the_whole_picture_in_its_range() -> None:
    flat = Pillow.new("RGB", (60, 20), (255, 0, 51))
    tensor = shown(with_pillow(np.asarray(flat), "PNG"))
    assert tensor.shape == (1, 3, SIDE, SIDE)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 3, 5] == pytest.approx((1, 0, 0.2), abs=1e-3)
    half = shown(
        with_pillow(np.asarray(flat), "PNG"), layout="NHWC", range=(-1.0, 1.0), mean=(0.5,)
    )
    assert half.shape == (1, SIDE, SIDE, 3)
    assert half[0, 3, 5] == pytest.approx((0.5, -1.5, -1.1), abs=1e-2)


def test_transparent_parts_are_white() -> None:
    clear = Pillow.new("RGBA", (40, 40), (10, 20, 30, 0))
    assert shown(with_pillow(np.asarray(clear), "PNG")).min() == pytest.approx(1)


def test_an_animation_is_seen_by_its_first_frame() -> None:
    frames = [Pillow.new("RGB", (30, 30), colour) for colour in ("white", "black")]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    assert shown(kept.getvalue()).min() == pytest.approx(1)


@pytest.mark.parametrize(
    "facts",
    [{"kind": "rgb+sigma"}, {"resize": "tile", "side": 0}, {"output": "alpha"}],
    ids=str,
)
def test_a_model_of_another_kind_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ModelMissing, match="gives no vector"):
        shown(with_pillow(np.asarray(mug()), "PNG"), **facts)


def test_a_net_may_look_at_the_middle_alone() -> None:
    """As the public ones do that were trained on it."""
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    tensor = shown(with_pillow(wide, "PNG"), resize="crop", kernel="nearest")
    assert tensor.shape == (1, 3, SIDE, SIDE)
    assert tensor.min() == pytest.approx(1)


@pytest.mark.parametrize("answer", [(0.0, 0.0), (1e-30, 0.0)])
def test_an_answer_without_a_direction_is_no_vector(answer: tuple[float, ...]) -> None:
    with pytest.raises(ModelFaulty, match="direction"):
        seen_by(Seeing(answer=answer), with_pillow(np.asarray(mug()), "PNG"))


def test_it_gives_no_picture() -> None:
    assert not Embed.gives_image
    assert Embed.gives_vector
