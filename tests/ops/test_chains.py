"""Any chain of operations on pixels gives a picture of the size it says, or one clear error."""

from __future__ import annotations

from typing import Any

import pytest
import pyvips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.codecs.encode import encode
from safelight.errors import LimitExceeded, ParameterInvalid
from safelight.operation import Operation
from safelight.ops.canvas import Canvas
from safelight.ops.crop import Crop
from safelight.ops.flip import Flip
from safelight.ops.redact import Redact
from safelight.ops.resize import Resize
from safelight.ops.rotate import Rotate
from safelight.ops.watermark import Watermark
from tests.contract import LIMITS, PICTURES, animated, context, drawn, opened, wide, with_pillow

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

SIDE = st.sampled_from([1, 2, 7, 48, 300])
GRAVITY = st.sampled_from(["centre", "north", "southwest", "east"])
COLOUR = st.sampled_from(["white", "#123456", "red"])
ANGLE = st.one_of(st.sampled_from([0.0, 1e-3, 45.0, 90.0, 179.999, 270.0]), st.floats(-360, 360))


def made(kind: type[Operation], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Operation]:
    return st.fixed_dictionaries(fields).map(kind.model_validate)


OPERATIONS = st.one_of(
    made(
        Resize,
        width=SIDE,
        height=SIDE,
        mode=st.sampled_from(["within", "cover", "exact"]),
        enlarge=st.booleans(),
        linear=st.booleans(),
    ),
    made(Resize, percent=st.sampled_from([0.1, 33, 150]), enlarge=st.just(value=True)),
    made(Crop, aspect=st.sampled_from(["1:1", "16:9", "1:99"]), gravity=GRAVITY),
    made(Rotate, angle=ANGLE, cut=st.booleans()),
    made(Rotate, angle=ANGLE, background=COLOUR),
    made(Flip, horizontal=st.booleans(), vertical=st.just(value=True)),
    made(
        Canvas,
        border=st.sampled_from([1, 9, 200]),
        background=st.sampled_from(["transparent", "white", "red", "blur", "edge", "mirror"]),
    ),
    made(Canvas, aspect=st.sampled_from(["1:1", "9:1", "1:20"]), gravity=GRAVITY),
    made(
        Watermark,
        text=st.sampled_from(["a", "© Müller\nx", "." * 80]),
        scale=st.sampled_from([0.1, 5, 100]),
        margin=st.sampled_from([0, 3, 40]),
        angle=st.sampled_from([None, 0, 33, 90]),
        tile=st.booleans(),
        outline=st.booleans(),
        gravity=GRAVITY,
    ),
    made(
        Redact,
        box=st.lists(st.tuples(*[st.integers(0, 2)] * 2, *[st.integers(1, 90)] * 2), min_size=1,
                     max_size=3),
        colour=COLOUR,
        margin=st.sampled_from([0, 1, 50]),
    ),
)  # fmt: skip


def deep() -> bytes:
    """Large enough to be read in parts."""
    picture = pyvips.Image.new_from_array(drawn(500, 400)) * 257
    picture = picture.cast("ushort").copy(interpretation="rgb16")
    return bytes(picture.pngsave_buffer())


KINDS = {
    **{kind: make() for kind, make in PICTURES.items()},
    "animation": animated(("red", "lime", "blue"), (50, 60, 70)),
    "wide": wide(drawn()),
    "thin": with_pillow(drawn(400, 1), "PNG"),
    "tall": with_pillow(drawn(2, 300, bands=4), "PNG"),
    "large": with_pillow(drawn(900, 700), "JPEG"),
    "large and deep": deep(),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(KINDS)), steps=st.lists(OPERATIONS, min_size=1, max_size=3))
def test_a_chain_gives_a_picture_or_one_clear_error(kind: str, steps: list[Operation]) -> None:
    data = KINDS[kind]
    image = opened(data)
    try:
        for step in steps:
            image = step.apply(image, context())
        result = encode(image, memoryview(data), LIMITS)
    except (ParameterInvalid, LimitExceeded):
        return
    assert (result.width, result.height) == (image.width, image.height)
    assert image.frames == opened(data).frames
