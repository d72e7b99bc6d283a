"""upscale: tiles that leave no seam, kinds of pictures that stay what they are, limits."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import InputRefused, LimitExceeded, ModelMissing, TimeExceeded
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.operation import Context, ModelNeed, Session
from safelight.ops.convert import Convert
from safelight.ops.tiling.bicubic import enlarge_across, enlarge_down
from safelight.ops.upscale import Upscale
from tests.contract import (
    HEIGHT,
    LIMITS,
    PICTURES,
    WIDTH,
    context,
    deep,
    drawn,
    opened,
    pixels,
    result,
    session,
    with_pillow,
)


class Changed:
    """A session whose entry says something else about the input."""

    def __init__(self, inner: Session, **facts: Any) -> None:
        entry: Entry = inner.model
        self.model = entry.model_copy(update={"input": entry.input.model_copy(update=facts)})
        self.sizes: list[tuple[int, ...]] = []
        self._inner = inner

    def run(self, tensor: Any) -> Any:
        self.sizes.append(tensor.shape)
        return self._inner.run(tensor)


def enlarged(data: bytes, scale: int, **facts: Any) -> tuple[Any, Changed]:
    operation = Upscale(scale=scale)
    changed = Changed(session(operation.needs()[0]), **facts)
    ctx = Context(LIMITS, lambda _need: changed)
    made = encode(operation.apply(opened(data), ctx), memoryview(data), LIMITS)
    return pixels(made), changed


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_tiles_leave_no_seam(scale: int, bands: int) -> None:
    data = with_pillow(drawn(90, 70, bands), "PNG")
    whole, one = enlarged(data, scale, tile=0)
    tiled, many = enlarged(data, scale, tile=24)
    assert len(one.sizes) == 1
    assert len(many.sizes) == 4 * 3
    assert np.abs(whole.astype(int) - tiled.astype(int)).max() <= 1


def test_without_a_halo_the_seams_would_show() -> None:
    """The control of the test above."""
    data = with_pillow(drawn(90, 70), "PNG")
    whole, _ = enlarged(data, 4, tile=0)
    tiled, _ = enlarged(data, 4, tile=24, halo=0)
    assert np.abs(whole.astype(int) - tiled.astype(int)).max() > 1


def test_no_tile_is_larger_than_the_entry_says() -> None:
    _, seen = enlarged(with_pillow(drawn(90, 70), "PNG"), 4, tile=32)
    halo = seen.model.input.halo
    assert max(max(size[2:]) for size in seen.sizes) <= 32 + 2 * halo


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("picture", PICTURES)
def test_every_kind_stays_what_it_is(scale: int, picture: str) -> None:
    data = PICTURES[picture]()
    image = opened(data)
    before = image.vips
    after = Upscale(scale=scale).apply(image, context())
    assert (after.width, after.height) == (image.width * scale, image.height * scale)
    assert after.vips.format == before.format
    if before.interpretation == "cmyk":
        assert after.vips.interpretation == "srgb"
    else:
        assert (after.vips.bands, after.vips.interpretation) == (
            before.bands,
            before.interpretation,
        )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_enlarged_picture_reduces_to_what_it_was(scale: int) -> None:
    array = drawn()
    seen = pixels(result(Upscale(scale=scale), with_pillow(array, "PNG")))
    again = np.asarray(Pillow.fromarray(seen).resize((WIDTH, HEIGHT), Pillow.Resampling.BOX))
    assert np.abs(again.astype(int) - array).mean() < 2


def test_sixteen_bits_are_more_than_eight() -> None:
    made = result(Upscale(scale=2), deep(1))
    array = pixels(made)
    assert array.dtype == np.uint16
    assert len(np.unique(array % 257)) > 100


def test_one_colour_stays_that_colour() -> None:
    array = np.full((20, 30, 3), (200, 30, 90), np.uint8)
    seen = pixels(result(Upscale(scale=4), with_pillow(array, "PNG")))
    assert (seen == array[0, 0]).all()


def test_hidden_colours_do_not_bleed_into_edges() -> None:
    array = np.zeros((40, 40, 4), np.uint8)
    array[:, :20] = (220, 60, 60, 255)
    array[:, 20:] = (0, 255, 0, 0)
    seen = pixels(result(Upscale(scale=2), with_pillow(array, "PNG"))).astype(int)
    visible = seen[seen[..., 3] > 127]
    assert np.abs(visible[:, :3] - (220, 60, 60)).max() <= 12


def test_the_profile_goes_along() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = result(Upscale(scale=2), with_pillow(drawn(), "PNG", icc_profile=profile))
    assert Pillow.open(io.BytesIO(b"".join(made.pieces))).info.get("icc_profile")


def test_progress_rises_to_the_end_and_only_while_pixels_are_pulled() -> None:
    seen: list[float] = []
    data = with_pillow(drawn(), "PNG")
    ctx = context(progress=seen.append)
    image = Upscale(scale=2).apply(opened(data), ctx)
    assert seen == []
    encode(image, memoryview(data), LIMITS)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_deadline_ends_the_work() -> None:
    data = with_pillow(drawn(), "PNG")
    image = Upscale(scale=2).apply(opened(data), context(deadline=0.0))
    with pytest.raises(TimeExceeded):
        encode(image, memoryview(data), LIMITS)


def test_an_error_of_the_model_comes_out_as_it_is() -> None:
    class Failing(Changed):
        def run(self, tensor: Any) -> Any:
            raise MemoryError

    data = with_pillow(drawn(), "PNG")
    failing = Failing(session(ModelNeed("upscale", "fast", 2)))
    image = Upscale(scale=2).apply(opened(data), Context(LIMITS, lambda _need: failing))
    with pytest.raises(Exception, match="more memory than allowed"):
        encode(image, memoryview(data), LIMITS)


def test_a_result_over_the_limit_is_refused_before_any_work() -> None:
    limits = replace(Limits(), output_pixels=WIDTH * HEIGHT * 16 - 1)
    ctx = Context(limits, session)
    Upscale(scale=2).apply(opened(PICTURES["png"]()), ctx)
    with pytest.raises(LimitExceeded, match="enlarged"):
        Upscale(scale=4).apply(opened(PICTURES["png"]()), ctx)


def animation() -> bytes:
    frames = [Pillow.new("RGB", (12, 9), colour) for colour in ("red", "lime")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_an_animation_is_refused_unless_a_still_is_wished() -> None:
    with pytest.raises(InputRefused, match="2 frames"):
        Upscale(scale=2).apply(opened(animation()), context())
    data = animation()
    still = Convert(to="jpeg").apply(opened(data), context())
    made = encode(Upscale(scale=2).apply(still, context()), memoryview(data), LIMITS)
    assert (made.width, made.height) == (24, 18)
    assert any("1 further frames" in change.finding.name for change in made.changes)


def test_a_model_that_wants_more_than_a_picture_is_refused() -> None:
    sigma = Changed(session(ModelNeed("upscale", "fast", 2)), kind="rgb+sigma")
    with pytest.raises(ModelMissing, match="cannot give"):
        Upscale(scale=2).apply(opened(PICTURES["png"]()), Context(LIMITS, lambda _need: sigma))


@pytest.mark.parametrize("scale", [0, 1, 5])
def test_refuses_other_scales(scale: int) -> None:
    with pytest.raises(ValidationError):
        Upscale(scale=scale)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 16), (37, 50)])
def test_bicubic_agrees_with_another_library(scale: int, size: tuple[int, int]) -> None:
    plane = np.random.default_rng(3).random(size, np.float32)
    padded = np.pad(plane, 2, mode="edge")
    down = enlarge_down(padded[None], scale)[0]
    out = np.empty((size[0] * scale, size[1] * scale), np.float32)
    enlarge_across(down, scale, out)
    reference = np.asarray(
        Pillow.fromarray(np.pad(plane, 8, mode="edge")).resize(
            ((size[1] + 16) * scale, (size[0] + 16) * scale), Pillow.Resampling.BICUBIC
        )
    )
    inner = reference[8 * scale : -8 * scale, 8 * scale : -8 * scale]
    assert np.abs(out - inner).max() < 1e-5
