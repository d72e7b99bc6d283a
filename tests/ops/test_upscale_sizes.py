"""upscale to a size: the chain, the exact size, models of colour; and drawings that stay crisp."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import InputRefused, LimitExceeded, ModelMissing
from safelight.limits import MAX_SIDE, Limits
from safelight.operation import ModelNeed
from safelight.ops.resize import Resize
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe
from tests.contract import LIMITS, PICTURES, drawn, opened, pixels, result, with_pillow
from tests.contract import context as built_in
from tests.ops.nets import Net, context, enlarged, same

X2, X3, X4 = (ModelNeed("upscale", "fast", scale) for scale in (2, 3, 4))


def pair(kind: str = "luma") -> tuple[Net, Net]:
    return Net(kind, 2, answer=enlarged(2)), Net(kind, 4, answer=enlarged(4))


def steps(to: str, *, has_two: bool = True) -> tuple[tuple[int, int], list[int]]:
    """The size of a 48x36 picture after this, and the net passes on the way, in order."""
    order: list[int] = []

    def said(scale: int) -> Any:
        def answer(planes: Any) -> Any:
            order.append(scale)
            return enlarged(scale)(planes)

        return answer

    two, four = (Net("luma", scale, answer=said(scale)) for scale in (2, 4))
    known = ((X2, two), (X4, four)) if has_two else ((X4, four),)
    image = Upscale(to=to).apply(opened(PICTURES["png"]()), context(*known))
    image.vips.write_to_memory()
    return (image.width, image.height), order


@pytest.mark.parametrize(
    ("to", "size", "passes"),
    [
        ("48x36", (48, 36), []),
        ("24x24", (24, 18), []),
        ("x30", (40, 30), []),
        ("49x", (49, 37), [2]),
        ("96x72", (96, 72), [2]),
        ("96x1000", (96, 72), [2]),
        ("97x", (97, 73), [4]),
        ("x144", (192, 144), [4]),
        ("384x", (384, 288), [2, 4]),
        ("768x", (768, 576), [4, 4]),
    ],
)
def test_a_size_is_reached_exactly_by_the_shortest_chain(
    to: str, size: tuple[int, int], passes: list[int]
) -> None:
    assert steps(to) == (size, passes)


@pytest.mark.parametrize(("to", "passes"), [("60x", [4]), ("192x", [4]), ("200x", [4, 4])])
def test_without_a_model_for_two_that_for_four_does_it(to: str, passes: list[int]) -> None:
    assert steps(to, has_two=False)[1] == passes


def test_twice_goes_by_two_or_else_by_four_and_is_exactly_twice() -> None:
    """A model that has no step of two gives the same size as one that has."""
    (need,) = Upscale().needs()
    assert (need, need.otherwise) == (X2, X4)
    two, four = pair()
    with_two = Upscale().apply(opened(PICTURES["png"]()), context((X2, two), (X4, four)))
    without = Upscale().apply(opened(PICTURES["png"]()), context((X4, four)))
    assert (with_two.width, with_two.height) == (without.width, without.height) == (96, 72)
    assert len(two.given) == len(four.given) == 0
    without.vips.write_to_memory()
    assert (len(two.given), len(four.given)) == (0, 1)
    with pytest.raises(ModelMissing):
        Upscale().apply(opened(PICTURES["png"]()), context())


def test_a_scale_and_a_size_exclude_each_other_and_neither_is_twice() -> None:
    for scale in (2, 3, 4):
        with pytest.raises(ValidationError, match="not both"):
            Upscale(scale=scale, to="100x")
    assert (Upscale().scale, Upscale(to="100x").scale) == (2, None)
    for step in (Upscale(), Upscale(scale=4), Upscale(to="100x")):
        recipe = Recipe((step,))
        assert Recipe.from_canonical(recipe.canonical).steps == recipe.steps


def test_a_size_needs_the_step_of_four_and_likes_the_others() -> None:
    assert Upscale(to="100x").needs() == (X4, X2, X3)
    assert [need.optional for need in Upscale(to="100x").needs()] == [False, True, True]
    with pytest.raises(ModelMissing):
        Upscale(to="100x").apply(opened(PICTURES["png"]()), context())


def test_more_than_sixteen_times_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputRefused, match="more than 16 times") as refused:
        Upscale(to="769x").apply(opened(PICTURES["png"]()), built_in())
    assert "-x 4" in refused.value.hint


def test_the_largest_picture_on_the_way_counts_for_the_limit() -> None:
    limits = Limits(output_pixels=48 * 36 * 16 - 1)
    two, four = pair()
    ctx = replace(context((X2, two), (X4, four)), limits=limits)
    Upscale(to="96x").apply(opened(PICTURES["png"]()), ctx)
    with pytest.raises(LimitExceeded, match="enlarged"):
        Upscale(to="97x").apply(opened(PICTURES["png"]()), ctx)


@pytest.mark.parametrize("to", ["100x200", "20x20", "x77"])
@pytest.mark.parametrize("picture", ["png", "alpha", "16 bit alpha", "grey", "cmyk", "sideways"])
def test_every_kind_reaches_the_size(to: str, picture: str) -> None:
    data = PICTURES[picture]()
    image = opened(data)
    wanted = Resize(fit=to, enlarge=True).size_for(image.width, image.height)
    made = encode(Upscale(to=to).apply(image, built_in()), memoryview(data), LIMITS)
    assert (made.width, made.height) == wanted


@pytest.mark.parametrize(
    "to", ["x", "0x100", "100", "100x0", f"{MAX_SIDE + 1}x", "-5x5", "1e3x", "٣x٣"]
)
def test_wrong_boxes_are_refused(to: str) -> None:
    with pytest.raises(ValidationError):
        Upscale(to=to)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_model_of_colour_serves_every_kind(picture: str) -> None:
    image = opened(PICTURES[picture]())
    before = image.vips
    two, _ = pair("rgb")
    after = Upscale(scale=2).apply(image, context((X2, two))).vips
    assert (after.width, after.height) == (before.width * 2, before.height * 2)
    assert after.format == before.format
    if before.interpretation != "cmyk":
        assert (after.bands, after.interpretation) == (before.bands, before.interpretation)
    after.write_to_memory()
    assert two.given[0].shape[1] == 3


def test_two_steps_tell_their_trouble_and_progress_to_the_end() -> None:
    seen: list[float] = []
    data = PICTURES["png"]()
    image = Upscale(to="300x").apply(opened(data), built_in(progress=seen.append))
    encode(image, memoryview(data), LIMITS)
    assert seen[-1] == 1.0

    def broken(_planes: Any) -> Any:
        raise MemoryError

    nets = (X2, Net("luma", 2, answer=broken)), (X4, Net("luma", 4, answer=same))
    image = Upscale(to="300x").apply(opened(data), context(*nets))
    with pytest.raises(Exception, match="more memory than allowed"):
        encode(image, memoryview(data), LIMITS)


def drawing(ground: tuple[int, int, int], ink: tuple[int, int, int]) -> Any:
    """Lines, rings and words, four times as large as they are shown to the net."""
    picture = Pillow.new("RGB", (480, 240), ground)
    pen = ImageDraw.Draw(picture)
    pen.line((0, 5, 480, 230), fill=ink, width=8)
    pen.ellipse((300, 90, 460, 220), outline=ink, width=10)
    pen.rectangle((20, 20, 120, 100), outline=ink, width=8)
    pen.text((20, 150), "Safelight", fill=ink, font_size=48)
    return np.asarray(picture)


@pytest.mark.parametrize("scale", [2, 4])
def test_drawings_do_not_ring(scale: int) -> None:
    large = drawing((200, 200, 200), (60, 60, 60))
    small = large.reshape(240 // scale, scale, 480 // scale, scale, 3).mean((1, 3)).round()
    seen = pixels(result(Upscale(scale=scale), with_pillow(small.astype(np.uint8), "PNG")))
    beyond = np.maximum(seen.astype(int) - 200, 0) + np.maximum(60 - seen.astype(int), 0)
    assert beyond.mean() < 0.4
    assert np.percentile(beyond, 98) == 0
    assert np.abs(seen.astype(int) - large).mean() < 5


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_flat_areas_between_drawn_edges_stay_exactly_flat(scale: int) -> None:
    array = np.full((60, 60, 4), (240, 236, 225, 255), np.uint8)
    array[20:40, 20:40] = (30, 60, 160, 255)
    seen = pixels(result(Upscale(scale=scale), with_pillow(array, "PNG")))
    assert (seen[: 12 * scale] == array[0, 0]).all()
    assert (seen[27 * scale : 33 * scale, 27 * scale : 33 * scale] == array[30, 30]).all()


def test_x3_is_the_x4_result_reduced_and_nothing_else() -> None:
    _, four = pair()
    Upscale(scale=3).apply(opened(with_pillow(drawn(), "PNG")), context((X4, four))).vips.numpy()
    assert len(four.given) == 1
