"""GIF written: exact where its table holds every colour, else the loss is told; all frames stay."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from safelight.batch.losses import losses_of
from safelight.codecs import palettes
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.loading import from_array, with_frames
from safelight.formats import Writable
from safelight.limits import Limits
from safelight.ops.convert import Convert
from safelight.ops.flip import Flip
from safelight.ops.rotate import Rotate
from tests.codecs.making import picture, png, saved
from tests.contract import LIMITS, context, opened

GENERATOR = np.random.default_rng(7)


def worked(data: bytes, *steps: Any) -> bytes:
    for step in steps:
        made = encode(step.apply(opened(data), context()), memoryview(data), LIMITS)
        assert made.is_reencoded
        data = b"".join(made.pieces)
    return data


def converted(data: bytes, to: Writable = "gif", **wish: Any) -> Encoded:
    return encode(Convert(to=to, **wish).apply(opened(data), context()), memoryview(data), LIMITS)


def coloured(count: int, *, alpha: bool = False) -> Any:
    """So many colours in all, those of absent pixels not counted."""
    steps = np.arange(count)
    table = np.stack([steps % 256, steps // 7 % 256, 255 - steps % 251], 1).astype(np.uint8)
    array = table[GENERATOR.integers(0, count, (40, 60))]
    array.reshape(-1, 3)[:count] = table
    if not alpha:
        return array
    there = np.full((40, 60, 1), 255, np.uint8)
    there[-5:] = 0
    return np.concatenate([array, there], 2)


def shown(data: bytes) -> list[Any]:
    """By another decoder."""
    frames = ImageSequence.Iterator(Pillow.open(io.BytesIO(data)))
    return [np.asarray(frame.convert("RGBA")) for frame in frames]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 17, 128, 255, 256])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_still_of_few_colours_is_exact(count: int, alpha: bool) -> None:
    count -= alpha and count == 256
    array = coloured(count, alpha=alpha)
    made = converted(saved(Pillow.fromarray(array), "PNG"))
    assert losses_of(made.changes) == ()
    (seen,) = shown(b"".join(made.pieces))
    assert np.array_equal(seen[:35, :, :3], array[:35, :, :3])
    assert (seen[:35, :, 3] == 255).all()
    assert (seen[35:, :, 3] == (0 if alpha else 255)).all()


@pytest.mark.parametrize(("count", "told"), [(256, ()), (257, ("colours beyond 256",))])
def test_colours_that_no_table_holds_are_told(count: int, told: tuple[str, ...]) -> None:
    made = converted(png(Pillow.fromarray(coloured(count))))
    assert losses_of(made.changes) == told


def test_a_photo_is_told_to_lose_colours(shared_data: Path) -> None:
    data = (shared_data / "formats" / "pillow" / "hopper_lzw.tif").read_bytes()
    assert "colours beyond 256" in losses_of(converted(data).changes)
    assert "colours beyond 256" not in losses_of(converted(data, "png").changes)


def test_soft_edges_are_told() -> None:
    image = picture(mode="RGBA")
    image.putalpha(Pillow.linear_gradient("L").resize(image.size))
    assert "partial transparency" in losses_of(converted(png(image)).changes)
    image.putalpha(255)
    assert "partial transparency" not in losses_of(converted(png(image)).changes)


def written(joined: Any, height: int, delays: list[int]) -> bytes:
    """These frames as a GIF."""
    frames = [Pillow.new("RGB", (4, 4), (one, 0, 0)) for one in range(len(delays))]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    picture = with_frames(joined, height, delays=delays, loop=3)
    image = opened(data).with_pixels(picture)
    return b"".join(encode(image, memoryview(data), LIMITS).pieces)


def opaque(data: bytes) -> Any:
    """All frames as they are seen; an alpha that hides nothing counts for nothing."""
    seen = opened(data).vips
    return (seen if seen.bands == 4 else seen.bandjoin(255)).numpy()


@pytest.mark.parametrize("name", ["hopper.gif", "chi.gif", "dispose_bgnd_rgba.gif"])
def test_turned_there_and_back_every_pixel_is_where_it_was(name: str, shared_data: Path) -> None:
    data = (shared_data / "formats" / "pillow" / name).read_bytes()
    back = worked(data, Rotate(angle=90), Rotate(angle=270))
    assert np.array_equal(opaque(data), opaque(back))
    assert not np.array_equal(opaque(data), opaque(worked(data, Rotate(angle=180))))


def test_equal_frames_stay_frames(shared_data: Path) -> None:
    data = (shared_data / "formats" / "pillow" / "chi.gif").read_bytes()
    before, after = opened(data), opened(worked(data, Flip(horizontal=True)))
    assert before.frames == after.frames == 31
    assert before.vips.get("delay") == after.vips.get("delay")
    assert before.vips.get("loop") == after.vips.get("loop")
    same = shown(data)
    assert any(np.array_equal(one, other) for one, other in pairwise(same))


@pytest.mark.parametrize("count", [9, 256, 700])
def test_equal_frames_stay_whatever_writes_them(count: int) -> None:
    """More colours than a table holds go another way."""
    frame = np.repeat(np.repeat(coloured(count), 2, 0), 2, 1)
    joined = from_array(np.concatenate([frame, frame, frame[::-1], frame[::-1]], 0), "srgb")
    again = opened(written(joined, len(frame), [70, 80, 90, 100]))
    assert again.frames == 4
    assert again.vips.get("delay") == [70, 80, 90, 100]
    assert again.vips.get("loop") == 3


def test_webp_joins_equal_frames_and_shows_them_as_long(shared_data: Path) -> None:
    data = (shared_data / "formats" / "pillow" / "chi.gif").read_bytes()
    after = opened(b"".join(converted(data, "webp", lossless=True).pieces))
    assert after.frames < 31
    assert sum(after.vips.get("delay")) == sum(opened(data).vips.get("delay"))


def test_what_is_absent_stays_absent_between_frames() -> None:
    """A frame without a hole between two that have one."""
    ground = coloured(20, alpha=True)
    full = ground.copy()
    full[..., 3] = 255
    joined = np.concatenate([ground, full, ground], 0)
    made = written(from_array(joined, "srgb"), 40, [50] * 3)
    for seen in (shown(made), list(palettes.frames(opened(made).vips))):
        assert [int((frame[..., 3] == 0).sum()) for frame in seen] == [300, 0, 300]
        assert all(np.array_equal(frame[:35, :, :3], ground[:35, :, :3]) for frame in seen)


def test_the_same_picture_gives_the_same_bytes() -> None:
    data = png(Pillow.fromarray(coloured(99)))
    assert b"".join(converted(data).pieces) == b"".join(converted(data).pieces)


def test_a_long_one_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    array = coloured(256)
    whole = palettes.colours_of(array, clears=False, most=256)
    monkeypatch.setattr(palettes, "PART_PIXELS", 97)
    in_parts = palettes.colours_of(array, clears=False, most=256)
    assert np.array_equal(whole, in_parts)
    places = palettes.places_of(array, in_parts)
    assert np.array_equal(in_parts[places] >> 16, array[..., 0])


def test_the_limit_of_bytes_holds() -> None:
    data = png(Pillow.fromarray(coloured(99)))
    image = Convert(to="gif").apply(opened(data), context())
    with pytest.raises(Exception, match="pass 900 bytes"):
        encode(image, memoryview(data), Limits(output_bytes=900))


def test_a_wish_for_quality_is_refused_in_true_words() -> None:
    with pytest.raises(ValueError, match="gif has no quality to choose"):
        Convert(to="gif", quality=50)
