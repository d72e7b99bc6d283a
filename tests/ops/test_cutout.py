"""cutout: what is subject stays, what is ground goes, edges without a rim, limits kept."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.annotation import Seen
from safelight.codecs.encode import encode
from safelight.errors import InputRefused, TimeExceeded
from safelight.image import DOUBTFUL
from safelight.models.session import Session
from safelight.operation import Context, ModelNeed, Sample
from safelight.ops.convert import Convert
from safelight.ops.cutout import Cutout
from safelight.ops.resize import Resize
from safelight.ops.restore import Restore
from safelight.ops.upscale import Upscale
from tests.contract import (
    LIMITS,
    context,
    deep,
    look_with,
    opened,
    pixels,
    result,
    with_pillow,
)
from tests.models.looking import giving, model, taking
from tests.ops.drawn_mug import Drawn, drawn_mug

SIDE = 320


class Knowing:
    """A net that answers with this mask, whatever it sees, as softly as a net does."""

    def __init__(self, cover: Any, **facts: Any) -> None:
        answer = facts.pop("output", {})
        self.model = model(
            taking(**{"side": SIDE} | facts), giving(**{"kind": "alpha", "layout": "NCHW"} | answer)
        )
        plane = Pillow.fromarray(np.rint(cover * 255).astype(np.uint8))
        small = plane.resize((SIDE, SIDE), Pillow.Resampling.BILINEAR)
        self.alpha = np.asarray(small, np.float32) / 255

    def run(self, tensor: Any) -> Any:
        return self.alpha.reshape((1, 1, SIDE, SIDE))

    def answers(self, tensor: Any) -> list[Any]:
        return [self.run(tensor)]


def knowing(net: Session, **changes: Any) -> Context:
    def look(_need: ModelNeed, sample: Sample) -> Seen:
        return look_with(net, sample)

    return Context(LIMITS, lambda _need: net, look=look, **changes)


def cut(data: bytes, net: Session, **parameters: Any) -> Any:
    image = Cutout(**parameters).apply(opened(data), knowing(net))
    return pixels(encode(image, memoryview(data), LIMITS))


def overlap(mask: Any, cover: Any) -> float:
    found, true = mask > 127, cover > 0.5
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("ground", [(255, 255, 255), (128, 130, 134), (40, 44, 60)])
def test_the_built_in_model_cuts_out_a_mug(ground: tuple[int, int, int]) -> None:
    mug = drawn_mug(ground=ground)
    data = with_pillow(mug.picture, "JPEG", quality=92)
    image = Cutout().apply(opened(data), context())
    assert overlap(pixels(encode(image, memoryview(data), LIMITS))[..., 3], mug.cover) > 0.95
    assert image.confidence is not None
    assert image.confidence > DOUBTFUL


def test_the_built_in_model_is_unsure_where_there_is_no_subject() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (200, 240, 3), np.uint8)
    image = Cutout().apply(opened(with_pillow(noise, "PNG")), context())
    assert image.confidence is not None
    assert image.confidence < DOUBTFUL


@pytest.mark.parametrize("share", [0.0, 0.0015])
@pytest.mark.parametrize("around", [0.0, 0.3])
def test_nothing_found_is_nothing_kept(share: float, around: float) -> None:
    mug = drawn_mug()
    cover = np.zeros_like(mug.cover)
    cover[180:220, 100:260] = around
    count = round(cover.size * share)
    cover[200, 100 : 100 + count] = 1
    image = Cutout(crop=True).apply(
        opened(with_pillow(mug.picture, "PNG")), knowing(Knowing(cover))
    )
    alpha = pixels(encode(image, memoryview(b""), LIMITS))[..., 3]
    assert (image.confidence, alpha.shape, alpha.max()) == (0.0, mug.cover.shape, 0)


def test_a_little_that_was_found_is_kept() -> None:
    mug = drawn_mug()
    cover = np.zeros_like(mug.cover)
    cover[180:220, 180:220] = 1
    assert cut(with_pillow(mug.picture, "PNG"), Knowing(cover))[..., 3].max() == 255


def rim(mug: Drawn, seen: Any, ground: tuple[int, int, int]) -> float:
    """How much of the old ground is left in the colours of edges that show, as a share."""
    edge = (mug.cover > 0.05) & (mug.cover < 0.95) & (seen[..., 3] > 25)
    way = np.array(ground, np.float32) - mug.colours[edge]
    off = seen[edge][:, :3].astype(np.float32) - mug.colours[edge]
    share = (off * way).sum(1) / (way * way).sum(1)
    return float((share * seen[edge][:, 3] / 255).mean())


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 150, 60)])
def test_edges_keep_no_rim_of_the_old_ground(ground: tuple[int, int, int]) -> None:
    mug = drawn_mug(ground=ground)
    seen = cut(with_pillow(mug.picture, "PNG"), Knowing(mug.cover))
    assert rim(mug, seen, ground) < 0.05
    # The control: with the colours as they were, the measure finds the rim.
    untouched = np.dstack([mug.picture, seen[..., 3]])
    assert rim(mug, untouched, ground) > 0.15


def test_edges_land_where_the_full_picture_has_them() -> None:
    mug = drawn_mug(1500, 1200)
    net = Knowing(mug.cover)
    seen = cut(with_pillow(mug.picture, "PNG"), net)
    enlarged = np.asarray(
        Pillow.fromarray(net.alpha).resize((1500, 1200), Pillow.Resampling.BICUBIC)
    )
    assert np.abs(seen[..., 3] / 255 - mug.cover).mean() < 0.1 * np.abs(enlarged - mug.cover).mean()


def test_what_was_cut_away_is_not_there_any_more() -> None:
    mug = drawn_mug(ground=(0, 150, 60))
    seen = cut(with_pillow(mug.picture, "PNG"), Knowing(mug.cover))
    assert not seen[seen[..., 3] == 0].any()


def test_the_subject_itself_is_not_touched() -> None:
    mug = drawn_mug()
    seen = cut(with_pillow(mug.picture, "PNG"), Knowing(mug.cover))
    whole = seen[..., 3] == 255
    assert np.count_nonzero(whole) > 0.9 * np.count_nonzero(mug.cover == 1)
    deep_inside = whole & (np.abs(np.indices(whole.shape)[0] - 200) < 80) & (mug.cover == 1)
    deep_inside[:, :140] = deep_inside[:, 280:] = False
    assert (seen[deep_inside][:, :3] == mug.picture[deep_inside]).all()


def test_a_smear_becomes_a_decision() -> None:
    mug = drawn_mug()
    doubtful = np.where(mug.cover > 0.5, 0.7, 0.1)
    alpha = cut(with_pillow(mug.picture, "PNG"), Knowing(doubtful))[..., 3]
    assert np.count_nonzero((alpha > 25) & (alpha < 230)) < 0.02 * alpha.size
    assert overlap(alpha, mug.cover) > 0.97


def test_specks_go_and_pinholes_are_filled() -> None:
    mug = drawn_mug()
    cover = mug.cover.copy()
    cover[20:24, 20:24] = 1
    cover[200:202, 200:202] = 0
    alpha = cut(with_pillow(mug.picture, "PNG"), Knowing(cover))[..., 3]
    assert alpha[15:30, 15:30].max() == 0
    assert alpha[195:206, 195:206].min() == 255


def test_a_doubtful_hole_is_none_and_a_clear_one_is() -> None:
    mug = drawn_mug()
    cover = mug.cover.copy()
    cover[180:210, 180:210] = 0.35
    alpha = cut(with_pillow(mug.picture, "PNG"), Knowing(cover))[..., 3]
    assert alpha[190:200, 190:200].min() == 255
    in_the_handle = alpha[195:205, 320:325]
    assert in_the_handle.max() == 0


def test_the_mask_alone() -> None:
    mug = drawn_mug()
    mask = cut(with_pillow(mug.picture, "JPEG"), Knowing(mug.cover), mask_only=True)
    assert (mask.dtype, mask.shape) == (np.uint8, mug.cover.shape)
    assert overlap(mask, mug.cover) > 0.98


def test_a_crop_fits_the_subject_and_its_margin() -> None:
    mug = drawn_mug()
    rows, columns = (np.flatnonzero((mug.cover > 0.5).any(axis)) for axis in (1, 0))
    width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    data, net = with_pillow(mug.picture, "PNG"), Knowing(mug.cover)
    tight = cut(data, net, crop=True)
    assert abs(tight.shape[1] - width) <= 2
    assert abs(tight.shape[0] - height) <= 2
    room = round(max(tight.shape[:2]) * 0.1)
    roomy = cut(data, net, crop=True, margin="10%")
    assert roomy.shape[0] == tight.shape[0] + 2 * room
    assert roomy.shape[1] == tight.shape[1] + 2 * room


def test_nothing_found_is_nothing_cropped() -> None:
    mug = drawn_mug()
    image = Cutout(crop=True).apply(
        opened(with_pillow(mug.picture, "PNG")), knowing(Knowing(mug.cover * 0))
    )
    assert (image.width, image.height, image.confidence) == (480, 400, 0.0)


def test_transparency_that_was_there_stays() -> None:
    mug = drawn_mug()
    own = np.full((400, 480), 255, np.uint8)
    own[:200] = 100
    data = with_pillow(np.dstack([mug.picture, own]), "PNG")
    alpha = cut(data, Knowing(mug.cover))[..., 3]
    assert alpha[:200].max() == 100
    assert alpha[200:].max() == 255


def test_grey_stays_grey_and_sixteen_bits_stay() -> None:
    mug = drawn_mug()
    grey = with_pillow(mug.picture[..., :1], "PNG")
    assert Pillow.open(io.BytesIO(grey)).mode == "L"
    assert cut(grey, Knowing(mug.cover)).shape[2] == 2
    assert cut(grey, Knowing(mug.cover), bg="red").shape[2] == 3
    image = Cutout().apply(opened(deep(3)), knowing(Knowing(mug.cover)))
    assert (image.vips.format, image.vips.bands) == ("ushort", 4)


def test_a_large_picture_is_decoded_twice_and_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mug = drawn_mug()
    data, net = with_pillow(mug.picture, "PNG"), Knowing(mug.cover)
    held = cut(data, net, crop=True)
    monkeypatch.setattr("safelight.ops.cutting.source.HELD_BYTES", 0)
    assert (cut(data, net, crop=True) == held).all()


def test_it_works_on_what_another_step_gave() -> None:
    data = with_pillow(drawn_mug().picture, "JPEG")
    image = Resize(width=200).apply(opened(data), context())
    made = encode(Cutout().apply(image, context()), memoryview(data), LIMITS)
    assert (made.width, made.height, made.format) == (200, 167, "png")


def test_progress_rises_to_the_end() -> None:
    seen: list[float] = []
    mug = drawn_mug(1500, 1200)
    data = with_pillow(mug.picture, "PNG")
    image = Cutout().apply(opened(data), knowing(Knowing(mug.cover), progress=seen.append))
    encode(image, memoryview(data), LIMITS)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3


def test_the_deadline_ends_the_work() -> None:
    mug = drawn_mug()
    data = with_pillow(mug.picture, "PNG")
    image = Cutout().apply(opened(data), knowing(Knowing(mug.cover), deadline=0.0))
    with pytest.raises(TimeExceeded):
        encode(image, memoryview(data), LIMITS)


def animation() -> bytes:
    frames = [Pillow.new("RGB", (12, 9), colour) for colour in ("red", "lime")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_an_animation_is_refused_where_it_would_stay_one() -> None:
    with pytest.raises(InputRefused, match="2 frames"):
        Cutout(bg="white").apply(opened(animation()), context())
    with pytest.raises(InputRefused, match="2 frames"):
        Cutout().apply(opened(animation()), context())
    assert Cutout(format="tiff").apply(opened(animation()), context()).frames == 1
    data = animation()
    still = Convert(to="jpeg").apply(opened(data), context())
    made = encode(Cutout(bg="white").apply(still, context()), memoryview(data), LIMITS)
    assert (made.width, made.height) == (12, 9)


def several(kind: str) -> bytes:
    frames = [Pillow.new("RGB", (12, 9), colour) for colour in ("red", "lime", "blue")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=40)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_what_would_lose_frames_or_pages_without_a_word_is_refused(kind: str) -> None:
    image = opened(several(kind))
    for operation in (Cutout(), Cutout(bg="red"), Upscale(), Restore(denoise=20)):
        with pytest.raises(InputRefused, match="3 frames or pages"):
            encode(operation.apply(image, context()), memoryview(several(kind)), LIMITS)
    assert Cutout().apply(Convert(to="jpeg").apply(image, context()), context()).frames == 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"bg": "mauve-ish"}, "pattern"),
        ({"bg": "white", "mask_only": True}, "not both"),
        ({"margin": 5}, "goes with crop"),
        ({"crop": True, "margin": 101}, "100"),
        ({"format": "jpeg"}, "no transparency"),
        ({"format": "png", "quality": 80}, "no quality"),
        ({"quality": 80}, "no quality"),
    ],
)
def test_refuses_what_cannot_be(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Cutout(**parameters)


def test_a_name_of_a_colour_and_its_number_are_one_recipe() -> None:
    assert Cutout(bg="White").model_dump() == Cutout(bg="#FFFFFF").model_dump()


def test_tiny_pictures_survive() -> None:
    for size in ((1, 1), (1, 40), (40, 1), (3, 2)):
        out = io.BytesIO()
        Pillow.new("RGB", size, "teal").save(out, "PNG")
        data = out.getvalue()
        assert pixels(result(Cutout(), data)).shape[:2] == size[::-1]
