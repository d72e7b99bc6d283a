"""A picture as models ask for it: any part in any size, as Pillow resamples it, in sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight.errors import ModelFaulty, ModelMissing, TimeExceeded
from safelight.image import Image
from safelight.limits import Limits
from safelight.operation import Context, Kernel, ModelNeed, Session
from safelight.ops.looking import sample
from safelight.ops.looking.sample import Shown
from tests.contract import PICTURES, animated, drawn, opened, wide, with_pillow

ARRAY = drawn(48, 36)
KERNELS: dict[Kernel, Pillow.Resampling] = {
    "lanczos": Pillow.Resampling.LANCZOS,
    "bicubic": Pillow.Resampling.BICUBIC,
    "bilinear": Pillow.Resampling.BILINEAR,
    "area": Pillow.Resampling.BOX,
    "nearest": Pillow.Resampling.NEAREST,
}


def shown(array: Any = ARRAY, ground: int = 255) -> Shown:
    return Shown(opened(with_pillow(array, "PNG")), ground)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", [(20, 10), (96, 100), (1, 1)])
def test_the_whole_is_resampled_as_pillow_does(kernel: Kernel, size: tuple[int, int]) -> None:
    expected = Pillow.fromarray(ARRAY).resize(size, KERNELS[kernel])
    assert np.array_equal(shown().sized(*size, kernel), np.asarray(expected))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_part_is_cut_out_first(kernel: Kernel) -> None:
    expected = Pillow.fromarray(ARRAY).crop((3, 2, 33, 22)).resize((15, 40), KERNELS[kernel])
    assert np.array_equal(shown().sized(15, 40, kernel, (3, 2, 30, 20)), np.asarray(expected))


@pytest.mark.parametrize(
    "part",
    [
        (-10, -5, 30, 20),
        (40, 30, 30, 20),
        (-30, -30, 20, 20),
        (60, 50, 10, 10),
        (-5, 10, 60, 10),
        (10, -50, 5, 150),
    ],
)
def test_beyond_the_edge_the_edge_goes_on(part: tuple[int, int, int, int]) -> None:
    room = 100
    whole = Pillow.fromarray(np.pad(ARRAY, ((room, room), (room, room), (0, 0)), "edge"))
    left, top, width, height = (part[0] + room, part[1] + room, part[2], part[3])
    expected = whole.crop((left, top, left + width, top + height))
    given = shown().sized(14, 12, "bilinear", part)
    assert np.array_equal(given, np.asarray(expected.resize((14, 12), KERNELS["bilinear"])))


def test_a_part_between_pixels_weighs_those_at_its_edges() -> None:
    steps = np.repeat(np.arange(0, 200, 20).astype(np.uint8), 10).reshape(10, 10)
    columns = np.stack([steps.T] * 3, 2)
    given = shown(columns).sized(2, 1, "bilinear", (0.5, 3, 2, 1))
    assert given[0, :, 0].tolist() == [10, 30]


@pytest.mark.parametrize("picture", PICTURES)
def test_every_kind_of_picture_can_be_shown(picture: str) -> None:
    one = Shown(opened(PICTURES[picture]()))
    assert one.sized(7, 9, "bilinear").shape == (9, 7, 3)
    assert one.sized(5, 4, "thumbnail").shape == (4, 5, 3)
    part = (0.2, 0.1, 0.7, 0.9)
    assert one.sized(5, 4, "thumbnail", part).shape == (4, 5, 3)
    assert one.sized(7, 9, "lanczos", part).dtype == np.uint8


def test_a_large_photograph_is_decoded_small_and_stays_the_same() -> None:
    big = np.asarray(Pillow.fromarray(ARRAY).resize((1_600, 1_200), Pillow.Resampling.BICUBIC))
    data = with_pillow(big, "JPEG", quality=95)
    asked: list[tuple[int, int]] = []

    class Noting:
        def __init__(self, image: Image) -> None:
            self.image = image

        def full(self) -> Any:
            asked.append((self.image.width, self.image.height))
            return self.image.decoder.full()

        def at_least(self, width: int, height: int) -> Any:
            asked.append((width, height))
            return self.image.decoder.at_least(width, height)

    image = opened(data)
    one = Shown(Image(image.header, Noting(image)))
    small = one.sized(80, 60, "bilinear")
    assert asked == [(80, 60)]
    expected = np.asarray(Pillow.fromarray(big).resize((80, 60), KERNELS["bilinear"]))
    assert np.abs(small.astype(int) - expected).mean() < 1.5
    one.sized(40, 30, "bilinear")
    one.sized(20, 15, "bilinear", (100, 100, 800, 600))
    assert asked == [(80, 60)], "a smaller one comes from what is held"
    one.sized(400, 300, "bilinear", (100, 100, 400, 300))
    assert asked[1:] == [(1_600, 1_200)], "a finer one is decoded again"


def test_what_is_too_large_to_be_held_is_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown().sized(20, 10, "bilinear")
    monkeypatch.setattr(sample, "HELD_BYTES", 100)
    one = shown()
    assert np.array_equal(one.sized(20, 10, "bilinear"), before)
    assert np.array_equal(one.sized(20, 10, "bilinear"), before)


def test_a_part_with_much_beyond_it_is_reduced_first(monkeypatch: pytest.MonkeyPatch) -> None:
    part = (-60.0, -40.0, 150.0, 110.0)
    before = shown().sized(20, 15, "bilinear", part)
    monkeypatch.setattr(sample, "MOST_PIXELS", 1_000)
    given = shown().sized(20, 15, "bilinear", part)
    assert np.abs(given.astype(int) - before).mean() < 8


@pytest.mark.parametrize(
    "part",
    [
        (0, 0, 0, 5),
        (0, 0, 5, -1),
        (float("nan"), 0, 5, 5),
        (0, 0, float("inf"), 5),
        (-97, 0, 200, 20),
        (0, 0, 10, 200),
    ],
)
def test_a_part_that_no_model_should_ask_for_is_refused(part: Any) -> None:
    with pytest.raises(ModelFaulty, match="a part that is not in the picture"):
        shown().sized(5, 5, "bilinear", part)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_transparent_parts_show_the_ground_that_the_model_asks_for(ground: int) -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    assert shown(clear, ground).sized(3, 3, "area").tolist() == [[[ground] * 3] * 3] * 3


def test_wide_colours_come_in_srgb() -> None:
    data = wide(np.full((8, 8, 3), (0, 200, 0), np.uint8))
    given = Shown(opened(data)).sized(2, 2, "area")
    assert given[0, 0, 1] > 200


def test_sixteen_bits_become_eight() -> None:
    deep = np.full((8, 8, 3), 65_535, np.uint16)
    picture = pyvips.Image.new_from_array(deep, interpretation="rgb16")
    assert Shown(opened(picture.pngsave_buffer())).sized(2, 2, "area").min() == 255


def test_of_an_animation_the_first_frame_is_shown() -> None:
    one = Shown(opened(animated(("red", "blue"), (50, 50))))
    assert (one.width, one.height) == (48, 36)
    assert one.sized(2, 1, "nearest")[0, 1].tolist() == [255, 0, 0]


def test_what_a_step_before_stopped_at_is_told() -> None:
    image = opened(with_pillow(ARRAY, "PNG")).map_frames(lambda frame: frame)
    stopped = Image(image.header, image.decoder, pixels=image.pixels, trouble=TimeExceeded)
    with pytest.raises(TimeExceeded):
        Shown(stopped)


def test_what_is_too_large_to_hold_is_held_as_far_as_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sample, "HELD_BYTES", 1_000)
    one = shown(drawn(96, 72))
    first = one.sized(12, 9, "bilinear", (0.0, 0.0, 96.0, 72.0))
    assert one._kept is not None
    assert (one._kept[1].width, one._kept[1].height) == (12, 9)
    assert np.array_equal(one.sized(12, 9, "bilinear", (0.0, 0.0, 96.0, 72.0)), first)
    whole = np.asarray(Pillow.fromarray(drawn(96, 72)).resize((12, 9), KERNELS["area"]))
    assert np.abs(first.astype(int) - whole).max() < 40


def nothing(_need: ModelNeed) -> Session:
    raise ModelMissing


def test_a_job_that_brought_no_model_looks_at_nothing_and_reads_nothing() -> None:
    ctx = Context(Limits(), nothing)
    with pytest.raises(ModelMissing):
        ctx.look(ModelNeed("detect", "faces"), shown())
    with pytest.raises(ModelMissing):
        ctx.read(ModelNeed("read", "words"), ("a cat",))
