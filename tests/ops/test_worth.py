"""What ships is worth its bytes: on drawn scenes it beats the plain method by a stated margin.

The control runs the same scenes with nets of the same shape that hand back what they are given:
each must miss its floor.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image as Pillow
from PIL import ImageFilter

from safelight.codecs.encode import encode
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed, Operation, Session
from safelight.ops.cutout import Cutout
from safelight.ops.restore import Restore
from safelight.ops.upscale import Upscale
from tests.contract import LIMITS, opened, session, with_pillow
from tests.ops.drawn_mug import Drawn, drawn_mug
from tests.ops.worn import as_jpeg, noisy, psnr_db, scene

SEEDS = (11, 12, 13)
COLOURS = ((180, 40, 40), (40, 90, 170), (30, 110, 60))
SCALE = 4
TOLERANCES = (3, 6, 12)
LUMA = (0.299, 0.587, 0.114)

Opener = Callable[[ModelNeed], Session]


def made(operation: Operation, array: Any, nets: Opener) -> Any:
    """What an operation makes of a picture, with these nets."""
    data = with_pillow(array, "PNG")
    image = operation.apply(opened(data), Context(LIMITS, nets))
    pieces = encode(image, memoryview(data), LIMITS).pieces
    return np.asarray(Pillow.open(io.BytesIO(b"".join(pieces))))


def softened(array: Any, wanted: Any, measure: Callable[[Any, Any], float]) -> float:
    """The best that a median or a blur makes of it, whichever fits this picture best."""
    filters: list[Any] = [ImageFilter.MedianFilter(3), ImageFilter.MedianFilter(5)]
    filters += [ImageFilter.GaussianBlur(radius) for radius in (0.4, 0.6, 0.9, 1.2, 1.6)]
    picture = Pillow.fromarray(array)
    return max(measure(np.asarray(picture.filter(one)), wanted) for one in filters)


def luma_db(one: Any, wanted: Any) -> float:
    return psnr_db(one @ LUMA, wanted @ LUMA)


def denoised(seed: int, nets: Opener) -> float:
    """In dB above the best plain filter."""
    clean = scene(160, 120, seed)
    worse = noisy(clean, 25)
    ours = made(Restore(denoise=50, jpeg="off"), worse, nets)
    return psnr_db(ours, clean) - softened(worse, clean, psnr_db)


def mended(seed: int, nets: Opener) -> float:
    """In dB of luma above the best plain filter, or the JPEG itself if that is better."""
    clean = scene(160, 120, seed)
    worse = as_jpeg(clean, 30)
    ours = made(Restore(denoise="off", jpeg=30), worse, nets)
    plain = max(luma_db(worse, clean), softened(worse, clean, luma_db))
    return luma_db(ours, clean) - plain


def enlarged(seed: int, nets: Opener) -> float:
    """In dB above `fast`, from a copy that was reduced, noisy and compressed."""
    clean = scene(320, 240, seed)
    size = (clean.shape[1] // SCALE, clean.shape[0] // SCALE)
    small = np.asarray(Pillow.fromarray(clean).resize(size, Pillow.Resampling.BICUBIC))
    worse = as_jpeg(noisy(small, 6), 50)
    photo = made(Upscale(scale=SCALE, model="photo"), worse, nets)
    fast = made(Upscale(scale=SCALE, model="fast"), worse, session)
    return psnr_db(photo, clean) - psnr_db(fast, clean)


def cut_out(seed: int, nets: Opener) -> float:
    """In overlap above a fill from the border, whichever tolerance fits this picture best."""
    shot = shaded(seed)
    truth = shot.cover > 0.5
    mask = made(Cutout(mask_only=True), shot.picture, nets) > 127
    return overlap(mask, truth) - max(
        overlap(~flooded(shot.picture, tolerance), truth) for tolerance in TOLERANCES
    )


def shaded(seed: int) -> Drawn:
    """A mug before a ground that gets darker, with its shadow and a little noise."""
    shot = drawn_mug(240, 200, ground=(215, 215, 210), colour=COLOURS[SEEDS.index(seed)])
    y, x = np.mgrid[0:200, 0:240]
    shade = 1 - 0.2 * y / 200 - 0.25 * np.exp(-(((x - 120) / 80) ** 2) - ((y - 165) / 18) ** 2)
    cover = shot.cover[..., None]
    lit = shot.picture * cover + shot.picture * shade[..., None] * (1 - cover)
    return Drawn(noisy(lit, 3), shot.cover, shot.colours)


def overlap(one: Any, other: Any) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def flooded(picture: Any, tolerance: int) -> Any:
    """What is reached from the border by steps of at most the tolerance, after a median."""
    smooth = np.asarray(Pillow.fromarray(picture).filter(ImageFilter.MedianFilter(5)), np.int16)
    down = np.abs(np.diff(smooth, axis=0)).max(2) <= tolerance
    across = np.abs(np.diff(smooth, axis=1)).max(2) <= tolerance
    reached = np.ones(picture.shape[:2], bool)
    reached[1:-1, 1:-1] = False
    count = 0
    while count != (count := int(reached.sum())):
        reached[1:] |= reached[:-1] & down
        reached[:-1] |= reached[1:] & down
        reached[:, 1:] |= reached[:, :-1] & across
        reached[:, :-1] |= reached[:, 1:] & across
    return reached


@dataclass(frozen=True)
class Case:
    """A net, what it is worth on the scene of a seed, and the least that it must be."""

    need: ModelNeed
    worth: Callable[[int, Opener], float]
    floor: float
    # What hands the input back: planes of the input in, planes of the answer out.
    nodes: tuple[Any, ...]


def first_planes(count: int) -> Any:
    return helper.make_node("Slice", ["in", "from", f"to{count}", "axis"], ["out"])


REPEATED = helper.make_node("Resize", ["in", "", "scales"], ["out"], mode="nearest")
CASES = {
    "noise": Case(ModelNeed("denoise", "fast"), denoised, 1.0, (first_planes(3),)),
    "jpeg": Case(ModelNeed("dejpeg", "fast"), mended, 0.8, (first_planes(3),)),
    "photo": Case(ModelNeed("upscale", "photo", SCALE), enlarged, 0.2, (REPEATED,)),
    "cutout": Case(ModelNeed("cutout", "products"), cut_out, 0.04, (first_planes(1),)),
}


def unchanging(case: Case) -> Opener:
    """Opens, in the place of the case's net, one that changes nothing; of all others what ships."""
    with Store().load(case.need) as model:
        entry = model.entry
    given, back = entry.input, entry.output
    graph = helper.make_graph(
        [*case.nodes],
        "same",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, given.channels, None, None])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [
            helper.make_tensor("from", TensorProto.INT64, [1], [0]),
            helper.make_tensor("to1", TensorProto.INT64, [1], [1]),
            helper.make_tensor("to3", TensorProto.INT64, [1], [3]),
            helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
            helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, SCALE, SCALE]),
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    data = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    renamed = entry.model_copy(
        update={
            "input": given.model_copy(update={"name": "in"}),
            "output": back.model_copy(update={"name": "out"}),
        }
    )
    same = open_session(renamed, memoryview(data), threads=1)
    return lambda need: same if need == case.need else session(need)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CASES)
def test_it_beats_the_plain_method(name: str, seed: int) -> None:
    assert CASES[name].worth(seed, session) >= CASES[name].floor


@pytest.mark.parametrize("name", CASES)
def test_a_net_that_changes_nothing_does_not(name: str) -> None:
    """The control of the test above."""
    case = CASES[name]
    nets = unchanging(case)
    assert all(case.worth(seed, nets) < case.floor for seed in SEEDS)
