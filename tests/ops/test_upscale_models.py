"""upscale with any model: its steps, order, layout, numbers and tiles; real ones beat bicubic."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.operation import Context, ModelNeed
from safelight.ops.tiling.net import net_of
from safelight.ops.upscale import Upscale
from tests.contract import LIMITS, PICTURES, drawn, opened, pixels, with_pillow
from tests.models.looking import giving, taking
from tests.models.making import NUMBERS, entry_toml, to_bytes
from tests.models.real import session_of
from tests.models.test_forms_real import nearness, pictures
from tests.models.test_forms_real import pixels as shares
from tests.ops.nets import Net, context, enlarged

STEPS = {scale: ModelNeed("upscale", "fast", scale) for scale in (2, 3, 4)}


def passes(has: tuple[int, ...], **parameters: Any) -> tuple[tuple[int, int], list[int]]:
    """The size of a 48x36 picture after this, and the passes of a model that has these steps."""
    order: list[int] = []

    def said(scale: int) -> Any:
        def answer(planes: Any) -> Any:
            order.append(scale)
            return enlarged(scale)(planes)

        return answer

    nets = [(STEPS[scale], Net("rgb", scale, answer=said(scale))) for scale in has]
    image = Upscale(**parameters).apply(opened(PICTURES["png"]()), context(*nets))
    image.vips.write_to_memory()
    return (image.width, image.height), order


@pytest.mark.parametrize(
    ("has", "scale", "wanted"),
    [
        *[((2,), 2, [2]), ((2,), 3, [2, 2]), ((2,), 4, [2, 2])],
        *[((3,), 2, [3]), ((3,), 3, [3]), ((3,), 4, [3, 3])],
        *[((4,), 2, [4]), ((4,), 3, [4]), ((4,), 4, [4])],
        *[((2, 3, 4), 2, [2]), ((2, 3, 4), 3, [3]), ((2, 3, 4), 4, [4])],
        ((2, 4), 3, [4]),
    ],
)
def test_every_scale_is_reached_by_the_steps_that_a_model_has(
    has: tuple[int, ...], scale: int, wanted: list[int]
) -> None:
    assert passes(has, scale=scale) == ((48 * scale, 36 * scale), wanted)


@pytest.mark.parametrize(
    ("has", "to", "wanted"),
    [
        *[((2,), "768x", [2, 2, 2, 2]), ((3,), "768x", [3, 3, 3]), ((4,), "768x", [4, 4])],
        *[((2, 3), "140x", [3]), ((2, 3), "288x", [2, 3]), ((2, 3), "289x", [3, 3])],
        *[((3, 4), "145x", [4]), ((3, 4), "400x", [3, 3])],
    ],
)
def test_every_size_is_reached_too(has: tuple[int, ...], to: str, wanted: list[int]) -> None:
    size, order = passes(has, to=to)
    assert (size[0], order) == (int(to[:-1]), wanted)


def test_a_model_without_any_step_is_missing() -> None:
    for parameters in ({"scale": 2}, {"scale": 3}, {"to": "100x"}):
        with pytest.raises(ModelMissing):
            passes((), **parameters)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_whatever_scale_is_asked_every_other_one_would_do(scale: int) -> None:
    need: ModelNeed | None = Upscale(scale=scale).needs()[0]
    chain = []
    while need is not None:
        chain.append(need.scale)
        need = need.otherwise
    assert chain[0] == scale
    assert sorted(chain) == [2, 3, 4]


def made(number: str, layout: str = "NCHW", side: int = 0) -> Guarded:
    """Repeats pixels in these numbers, one tile of one size alone if a side is given; it answers
    in channels last.
    """
    held: list[int | str] = [side or "rows", side or "columns"]
    shape = [1, 3, *held] if layout == "NCHW" else [1, *held, 3]
    to_first = [] if layout == "NCHW" else [helper.make_node("Transpose", ["x"], ["c"], perm=P)]
    source = "x" if layout == "NCHW" else "c"
    nodes = [
        *to_first,
        helper.make_node("Cast", [source], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Resize", ["f", "", "scales"], ["r"], mode="nearest"),
        helper.make_node("Transpose", ["r"], ["l"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["l"], ["y"], to=NUMBERS[number]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", NUMBERS[number], shape)],
        [helper.make_tensor_value_info("y", NUMBERS[number], None)],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, 2.0, 2.0])],
    )
    opset = [helper.make_opsetid("", 17)]
    data = to_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8))
    is_whole = number == "uint8"
    span = (0.0, 255.0) if is_whole else (0.0, 1.0)
    facts = taking(
        resize="tile", side=side, tile=16, halo=4, layout=layout, number=number, range=span
    )
    given = giving("rgb", scale=2, range=span, layout="NHWC")
    entry = Entry.from_toml(entry_toml(data, runtime="onnx")).model_copy(
        update={"input": facts, "output": given}
    )
    return Guarded(open_session(entry, memoryview(data), threads=1), None)


P = [0, 3, 1, 2]


def twice(session: Session | Guarded, array: Any) -> Any:
    data = with_pillow(array, "PNG")
    image = Upscale(scale=2).apply(opened(data), Context(LIMITS, lambda _need: session))
    return pixels(encode(image, memoryview(data), LIMITS))


@pytest.mark.parametrize("number", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("side", [0, 24, 40])
@pytest.mark.parametrize("size", [(48, 36), (17, 33), (3, 2)])
def test_numbers_layouts_and_tiles_of_one_size(
    number: str, layout: str, side: int, size: tuple[int, int]
) -> None:
    array = drawn(*size)
    seen = twice(made(number, layout, side), array)
    assert np.abs(seen.astype(int) - array.repeat(2, 0).repeat(2, 1)).max() <= 1


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("side", [0, 40])
def test_one_patch_comes_back_in_its_own_size(layout: str, side: int) -> None:
    planes = drawn(17, 13).transpose(2, 0, 1).astype(np.float32)
    answer = net_of(made("float32", layout, side)).run(planes, 255)
    assert np.abs(answer - planes.repeat(2, 1).repeat(2, 2)).max() < 0.1


def test_a_patch_is_given_in_the_numbers_of_the_entry_and_comes_back_in_its_own() -> None:
    def back(planes: Any) -> Any:
        return planes[:3] * np.float32(0.5) - np.float32(0.25)

    facts: dict[str, Any] = {"range": (-1.0, 1.0), "mean": (0.1,), "std": (0.5,), "multiple": 4}
    net = Net("rgb+sigma", 1, answer=back, **facts)
    given = net.model.output.model_copy(update={"range": (-2.0, 2.0)})
    net.model = net.model.model_copy(update={"output": given})
    planes = drawn(10, 7).transpose(2, 0, 1).astype(np.float32)
    answer = net_of(net, {"sigma": 0.25}).run(planes, 255)
    (tensor,) = net.given
    assert tensor.shape == (1, 4, 8, 12)
    assert tensor[0, 0, 0, 0] == pytest.approx((planes[0, 0, 0] / 255 * 2 - 1.1) / 0.5, abs=1e-5)
    assert tensor[0, 3] == pytest.approx((0.5 - 1.1) / 0.5)
    wanted = (tensor[0, :3, :7, :10] * 0.5 - 0.25 + 2) / 4 * 255
    assert answer == pytest.approx(wanted, abs=1e-3)


def test_a_model_of_one_size_that_is_given_another_fails() -> None:
    """The control of the test above."""
    session = made("float32", side=24)
    session.model.__dict__["input"] = session.model.input.model_copy(update={"side": 0})
    with pytest.raises(ModelFaulty):
        twice(session, drawn())


def test_blue_comes_first_where_the_entry_says_so() -> None:
    def redder(planes: Any) -> Any:
        out = planes[:3].copy()
        out[2] = 1.0
        return out

    array = np.full((12, 12, 3), (100, 120, 140), np.uint8)
    array[::2, ::2] = 255
    seen = {}
    for order in ("RGB", "BGR"):
        net = Net("rgb", 1, answer=redder, order=order, mean=(0.1, 0.2, 0.3))
        net.model = net.model.model_copy(update={"task": "denoise"})
        seen[order] = net_of(net).run(array.transpose(2, 0, 1).astype(np.float32), 255)
        first = net.given[0][0, :, 1, 1] + (0.1, 0.2, 0.3)
        wanted = (100, 120, 140) if order == "RGB" else (140, 120, 100)
        assert first * 255 == pytest.approx(wanted, abs=0.1)
    assert (seen["BGR"][0] == 255).all()
    assert (seen["RGB"][2] == 255).all()


@pytest.mark.parametrize(
    "facts", [{"by_maximum": True}, {"resize": "stretch", "side": 64}, {"channels": 4}]
)
def test_a_model_that_takes_no_tiles_is_refused(facts: dict[str, Any]) -> None:
    net = Net("rgb", 2, answer=enlarged(2), **facts)
    with pytest.raises(ModelMissing) as refused:
        Upscale().apply(opened(PICTURES["png"]()), context((STEPS[2], net)))
    assert refused.value.hint


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"side": 23}, "its halos"),
        ({"side": 40, "height": 23}, "its halos"),
        ({"side": 40, "tile": 0}, "its halos"),
        ({"side": 41, "multiple": 2}, "multiple"),
        ({"side": 0, "height": 40}, "goes with side"),
        ({"side": 0, "resize": "stretch"}, "need a side"),
    ],
)
def test_a_side_of_tiles_that_cannot_be_is_refused(facts: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {"resize": "tile", "tile": 16, "halo": 4}
    with pytest.raises(ValidationError, match=words):
        taking(**usual | facts)


def by_model(name: str, data: Path, small: Pillow.Image, scale: int) -> Any:
    """What upscale makes of a picture by a real model of the catalogue."""
    session = session_of(name, data)
    file = io.BytesIO()
    small.save(file, "PNG")
    source = file.getvalue()
    step = Upscale(scale=scale, model=name)
    image = step.apply(opened(source), Context(LIMITS, lambda _need: session))
    return pixels(encode(image, memoryview(source), LIMITS)).astype(np.float32) / 255


@pytest.mark.parametrize(
    ("name", "multiple", "gain"),
    [("safmn-light", 32, 1.5), ("bsrn", 4, 3.0), ("waifu2x-photo", 2, 3.0)],
)
def test_a_real_model_beats_bicubic(
    shared_data: Path, name: str, multiple: int, gain: float
) -> None:
    scale = session_of(name, shared_data).model.output.scale
    (picture,) = pictures(shared_data, multiple, 1)
    size = (picture.width // scale, picture.height // scale)
    small = picture.resize(size, Pillow.Resampling.BICUBIC)
    plain = shares(small.resize(picture.size, Pillow.Resampling.BICUBIC))
    got = nearness(by_model(name, shared_data, small, scale), shares(picture))
    assert got > nearness(plain, shares(picture)) + gain


@pytest.mark.parametrize(
    ("name", "gain"),
    [("espcn-x2", 1.0), ("espcn-x3", 0.7), ("espcn-x4", 0.5), ("fsrcnn-x2", 1.0)],
)
def test_a_real_model_of_luma_beats_bicubic(shared_data: Path, name: str, gain: float) -> None:
    """Reduced without smoothing, as these were trained; colours go through bicubic."""
    scale = session_of(name, shared_data).model.output.scale
    gains = []
    for picture in pictures(shared_data, scale):
        size = (picture.width // scale, picture.height // scale)
        whole = np.asarray(picture)
        small = Pillow.fromarray(cv2.resize(whole, size, interpolation=cv2.INTER_CUBIC))
        plain = cv2.resize(np.asarray(small), picture.size, interpolation=cv2.INTER_CUBIC)
        got = by_model(name, shared_data, small, scale)
        wanted = shares(picture)
        gains.append(nearness(got, wanted) - nearness(shares(Pillow.fromarray(plain)), wanted))
    assert np.mean(gains) > gain


@pytest.mark.parametrize("name", ["upscayl-lite", "realesr-animevideov3-x2"])
def test_a_model_that_invents_keeps_the_picture(shared_data: Path, name: str) -> None:
    scale = session_of(name, shared_data).model.output.scale
    picture = pictures(shared_data, 4, count=1)[0].crop((0, 0, 96, 64))
    large = by_model(name, shared_data, picture, scale)
    file = Pillow.fromarray((large * 255).round().astype(np.uint8))
    back = shares(file.resize(picture.size, Pillow.Resampling.BOX))
    assert nearness(back, shares(picture)) > 24
