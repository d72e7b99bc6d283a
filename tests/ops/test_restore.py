"""restore: what auto finds, what is left alone, and pictures that stay what they are."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import InputRefused, ModelMissing, TimeExceeded
from safelight.image import Image
from safelight.operation import Context, ModelNeed
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from safelight.ops.restore import Restore
from safelight.ops.restoring.grid import best_quality, blockiness
from safelight.recipe import Recipe
from tests.contract import LIMITS, PICTURES, drawn, opened, pixels, with_pillow
from tests.ops.nets import Net, context, same
from tests.ops.worn import as_jpeg, noisy, page, pixel_art, sampled, scene

DEJPEG, DENOISE = ModelNeed("dejpeg", "fast"), ModelNeed("denoise", "fast")


def darker(planes: Any) -> Any:
    return planes[:3] * np.float32(0.9)


def nets(answer: Any = same) -> tuple[Net, Net, Context]:
    """The two restorers, which change nothing, and a context that has them."""
    jpeg, noise = Net("rgb+quality", answer=answer), Net("rgb+sigma", answer=answer)
    return jpeg, noise, context((DEJPEG, jpeg), (DENOISE, noise))


def told(image: Image) -> dict[str, float]:
    return {note.kind: note.score for note in image.annotations if note.label == "restore"}


CLEAN: dict[str, Callable[[], Any]] = {
    "scene": scene,
    "other scene": lambda: scene(seed=3),
    "gradients": lambda: drawn(400, 300),
    "text": page,
    "pixel art": pixel_art,
    "one colour": lambda: np.full((200, 200, 3), 90, np.uint8),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_picture_is_left_alone_bit_for_bit(name: str) -> None:
    array = CLEAN[name]()
    data = with_pillow(array, "PNG")
    jpeg, noise, ctx = nets(darker)
    image = opened(data)
    after = Restore().apply(image, ctx)
    assert after.is_untouched
    assert not told(after)
    assert not jpeg.given
    assert not noise.given
    assert np.array_equal(pixels(encode(after, memoryview(data), LIMITS)), array)


@pytest.mark.parametrize("damage", ["noise", "jpeg"])
def test_a_damaged_picture_is_not_left_alone(damage: str) -> None:
    """The control of the test above."""
    array = noisy(scene(), 15) if damage == "noise" else as_jpeg(scene(), 40)
    data = with_pillow(array, "PNG")
    jpeg, noise, ctx = nets(darker)
    after = Restore().apply(opened(data), ctx)
    made = pixels(encode(after, memoryview(data), LIMITS))
    assert (bool(noise.given), bool(jpeg.given)) == (damage == "noise", damage == "jpeg")
    assert made.mean() < array.mean() - 5


def test_what_auto_found_is_told_and_goes_into_the_plane() -> None:
    data = with_pillow(noisy(scene(), 20), "PNG")
    _, noise, ctx = nets()
    after = Restore().apply(opened(data), ctx)
    after.vips.write_to_memory()
    assert told(after) == {"noise": pytest.approx(0.2, rel=0.15)}
    assert noise.given[0][0, 3].max() == pytest.approx(told(after)["noise"], rel=1e-5)


@pytest.mark.parametrize(("quality", "planes"), [(30, 0.3), (78, 0.78), (79, None), (97, None)])
def test_a_jpeg_tells_its_quality_itself(quality: int, planes: float | None) -> None:
    data = with_pillow(scene(), "JPEG", quality=quality)
    jpeg, _, ctx = nets()
    after = Restore(denoise="off").apply(opened(data), ctx)
    after.vips.write_to_memory()
    assert told(after).get("jpeg-quality") == planes
    assert [given[0, 3, 0, 0] for given in jpeg.given] == (
        [] if planes is None else [np.float32(planes)]
    )


def test_a_jpeg_inside_another_format_is_repaired_as_mildly_as_its_grid_allows() -> None:
    data = with_pillow(as_jpeg(scene(), 30), "PNG")
    jpeg, _, ctx = nets()
    after = Restore(denoise="off").apply(opened(data), ctx)
    after.vips.write_to_memory()
    assert told(after) == {"jpeg-quality": 0.0}
    guess = best_quality(blockiness(sampled(as_jpeg(scene(), 30))))
    assert jpeg.given[0][0, 3] == pytest.approx(guess / 100)


@pytest.mark.parametrize(("quality", "runs"), [(88, 1), (89, 0)])
def test_a_good_quality_leaves_nothing_to_repair(quality: int, runs: int) -> None:
    data = with_pillow(scene(), "PNG")
    jpeg, _, ctx = nets()
    after = Restore(denoise="off", jpeg=quality).apply(opened(data), ctx)
    after.vips.write_to_memory()
    assert len(jpeg.given) == runs


@pytest.mark.parametrize(("first", "is_repaired"), [(20, True), (80, False)])
def test_good_tables_do_not_hide_what_a_picture_went_through_before(
    first: int, is_repaired: bool
) -> None:
    data = with_pillow(as_jpeg(scene(), first), "JPEG", quality=97)
    _, _, ctx = nets()
    after = Restore(denoise="off").apply(opened(data), ctx)
    assert after.is_untouched is not is_repaired
    assert told(after) == ({"jpeg-quality": 0.0} if is_repaired else {})


def test_tables_are_not_believed_once_the_pixels_were_changed() -> None:
    data = with_pillow(scene(), "JPEG", quality=30)
    jpeg, _, ctx = nets()
    cropped = Crop(width=203, height=151, left=13, top=6).apply(opened(data), ctx)
    after = Restore(denoise="off").apply(cropped, ctx)
    assert told(after) == {"jpeg-quality": 0.0}
    jpeg.given.clear()
    small = Resize(fit="60x60").apply(opened(data), ctx)
    assert not told(Restore(denoise="off").apply(small, ctx))


@pytest.mark.parametrize(("strength", "plane"), [(1, 0.005), (50, 0.25), (100, 0.5)])
def test_a_strength_is_twice_the_sigma(strength: int, plane: float) -> None:
    _, noise, ctx = nets()
    after = Restore(denoise=strength, jpeg="off").apply(opened(with_pillow(scene(), "PNG")), ctx)
    after.vips.write_to_memory()
    assert noise.given[0][0, 3].max() == pytest.approx(plane)
    assert not told(after)


def test_jpeg_is_repaired_before_noise_and_both_rise_to_the_end() -> None:
    order: list[str] = []

    def said(name: str) -> Any:
        def answer(planes: Any) -> Any:
            order.append(name)
            return same(planes)

        return answer

    seen: list[float] = []
    pair = (
        (DEJPEG, Net("rgb+quality", answer=said("jpeg"))),
        (DENOISE, Net("rgb+sigma", answer=said("noise"))),
    )
    ctx = context(*pair, progress=seen.append)
    data = with_pillow(scene(), "PNG")
    after = Restore(denoise=30, jpeg=40).apply(opened(data), ctx)
    encode(after, memoryview(data), LIMITS)
    assert order == ["jpeg", "noise"]
    assert seen[-1] == 1.0


@pytest.mark.parametrize("picture", PICTURES)
def test_every_kind_stays_what_it_is_and_keeps_its_alpha(picture: str) -> None:
    data = PICTURES[picture]()
    before = opened(data)
    _, _, ctx = nets(darker)
    after = Restore(denoise=20, jpeg=50).apply(before, ctx)
    made, given = after.vips, before.vips
    assert (made.width, made.height, made.format) == (given.width, given.height, given.format)
    if given.interpretation != "cmyk":
        assert (made.bands, made.interpretation) == (given.bands, given.interpretation)
    if made.hasalpha():
        assert np.array_equal(made[made.bands - 1].numpy(), given[given.bands - 1].numpy())


def test_an_operation_before_is_pulled_once_and_its_trouble_comes_out() -> None:
    data = with_pillow(noisy(scene(), 20), "PNG")
    _, noise, ctx = nets()
    first = Restore(denoise=20, jpeg="off").apply(opened(data), ctx)
    after = Restore().apply(first, ctx)
    encode(after, memoryview(data), LIMITS)
    assert len(noise.given) == 2
    late = context((DENOISE, noise), deadline=0.0)
    first = Restore(denoise=20, jpeg="off").apply(opened(data), late)
    with pytest.raises(TimeExceeded):
        Restore().apply(first, ctx)


def test_the_deadline_ends_the_work_inside_one_picture() -> None:
    data = with_pillow(scene(), "PNG")
    net = Net("rgb+sigma", answer=same, tile=32)
    ctx = context((DENOISE, net), deadline=0.0)
    after = Restore(denoise=20, jpeg="off").apply(opened(data), ctx)
    with pytest.raises(TimeExceeded):
        encode(after, memoryview(data), LIMITS)
    assert len(net.given) == 1


def test_only_the_models_that_are_asked_for_are_needed() -> None:
    assert Restore().needs() == (DEJPEG, DENOISE)
    assert Restore(denoise="off").needs() == (DEJPEG,)
    assert Restore(denoise=0, jpeg=30).needs() == (DEJPEG,)
    assert Restore(jpeg="off", denoise=5).needs() == (DENOISE,)
    with pytest.raises(ModelMissing):
        Restore(denoise=20, jpeg="off").apply(opened(with_pillow(scene(), "PNG")), context())


def test_a_model_of_another_kind_is_refused() -> None:
    ctx = context((DENOISE, Net("rgb+quality", answer=same)))
    with pytest.raises(ModelMissing, match="cannot give"):
        Restore(denoise=20, jpeg="off").apply(opened(with_pillow(scene(), "PNG")), ctx)


def test_an_animation_is_refused_unless_a_still_is_wished() -> None:
    frames = [Pillow.new("RGB", (12, 9), colour) for colour in ("red", "lime")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    _, _, ctx = nets()
    with pytest.raises(InputRefused, match="2 frames"):
        Restore(denoise=20).apply(opened(out.getvalue()), ctx)
    still = Convert(to="jpeg").apply(opened(out.getvalue()), ctx)
    assert Restore(denoise=20, jpeg="off").apply(still, ctx).vips.height == 9


@pytest.mark.parametrize(
    "wrong",
    [
        {"denoise": -1},
        {"denoise": 101},
        {"denoise": "much"},
        {"denoise": True},
        {"jpeg": 0},
        {"jpeg": 101},
        {"jpeg": "30.5"},
        {"denoise": "off", "jpeg": "off"},
        {"denoise": 0, "jpeg": "off"},
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Restore.model_validate(wrong)


@pytest.mark.parametrize("typed", ["auto", "off", "40", 40])
def test_words_and_numbers_come_back_from_a_recipe(typed: Any) -> None:
    recipe = Recipe((Restore.model_validate({"jpeg": typed}),))
    assert Recipe.from_canonical(recipe.canonical).steps == recipe.steps
