"""Frames: an animation goes on in PNG, WebP, GIF and AVIF with its timing; pages go on in TIFF."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from safelight.codecs import png_save
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.loading import with_frames
from safelight.codecs.png_pixels import read_animation
from safelight.errors import ContainerBroken
from safelight.formats import ANIMATED, Format
from safelight.image import Wish
from safelight.limits import Limits
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from tests.codecs.making import chunk, png_chunks, png_of
from tests.contract import LIMITS, context, opened

DELAYS = [80, 200, 40]
COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]


def animation(format: str, mode: str = "RGB", **options: Any) -> bytes:
    """Three frames: a coloured part moves over a ground that stays."""
    frames = []
    for place, colour in enumerate(COLOURS):
        frame = Pillow.new("RGB", (24, 16), (30, 30, 30))
        frame.paste(colour, (place * 6, 4, place * 6 + 8, 12))
        frames.append(frame.convert(mode))
    out = io.BytesIO()
    options = {"save_all": True, "append_images": frames[1:], "duration": DELAYS, **options}
    frames[0].save(out, format, loop=3, **options)
    return out.getvalue()


def shown(data: bytes) -> tuple[list[Any], list[int]]:
    """Every frame as it is seen, and how long."""
    picture = Pillow.open(io.BytesIO(data))
    frames, delays = [], []
    for frame in ImageSequence.Iterator(picture):
        frames.append(np.asarray(frame.convert("RGBA")).astype(int))
        delays.append(round(frame.info.get("duration", 0)))
    return frames, delays


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(Convert(**wish).apply(opened(data), context()), memoryview(data), LIMITS)


def decoded(data: bytes) -> Any:
    return opened(data).vips.numpy()


def whole(made: Encoded) -> bytes:
    return b"".join(made.pieces)


@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("to", ANIMATED)
def test_an_animation_goes_on_with_frames_delays_and_loop(source: str, to: Format) -> None:
    data = animation(source, lossless=True)
    wish: dict[str, Any] = {"to": to, "effort": 1}
    again = whole(converted(data, **wish, **({"lossless": True} if to == "webp" else {})))
    (before, delays), (after, again_delays) = shown(data), shown(again)
    assert len(after) == 3
    assert again_delays == delays == DELAYS
    # Edges of colour get soft in AVIF; how near it comes is tested beside it.
    most = {"gif": 2, "avif": 255}.get(to, 2 if source == "GIF" else 0)
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).max() <= most
    loops = opened(again).vips.get("loop")
    assert loops - Pillow.open(io.BytesIO(data)).info["loop"] in (-1, 0, 1)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_keeps_its_frames_through_operations(format: str) -> None:
    data = animation(format)
    for step, size in ((Resize(fit="12x8"), (12, 8)), (Crop(width=10, height=6), (10, 6))):
        image = step.apply(opened(data), context())
        frames, delays = shown(whole(encode(image, memoryview(data), LIMITS)))
        assert (len(frames), delays, frames[0].shape[1::-1]) == (3, DELAYS, size)


@pytest.mark.uncounted
@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("count", [65, 500])
def test_an_animation_may_have_many_frames(format: str, count: int) -> None:
    """Each differs from the one before, so that no writer joins two of them."""
    frames = [Pillow.new("RGB", (4, 2), (40 + place % 2 * 150, 0, 99)) for place in range(count)]
    out = io.BytesIO()
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    frames[0].save(
        out, format, save_all=True, append_images=frames[1:], duration=[40, 70] * count, **options
    )
    data = out.getvalue()
    assert opened(data).frames == count
    for step in (Scrub(), Resize(fit="2x1")):
        made = encode(step.apply(opened(data), context()), memoryview(data), LIMITS)
        after, delays = shown(whole(made))
        assert made.is_reencoded == isinstance(step, Resize)
        assert (len(after), delays[:4]) == (count, [40, 70, 40, 70])
        assert [int(frame[0, 0, 0]) > 115 for frame in after[:3]] == [False, True, False]


@pytest.mark.parametrize("to", ["jpeg", "tiff", "bmp"])
def test_a_format_without_animation_takes_the_first_frame_and_says_so(to: Format) -> None:
    made = converted(animation("PNG"), to=to)
    assert [c.finding.name for c in made.changes if c.what == "removed"] == ["2 further frames"]
    assert getattr(Pillow.open(io.BytesIO(whole(made))), "n_frames", 1) == 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_an_animated_png_of_every_kind_is_read(mode: str) -> None:
    data = animation("PNG", mode)
    for one, other in zip(shown(data)[0], shown(whole(converted(data, effort=0)))[0], strict=True):
        assert np.array_equal(one, other)


def test_deep_frames_stay_deep(shared_data: Path) -> None:
    data = (shared_data / "formats" / "apng" / "mode_16bit.png").read_bytes()
    image = opened(data)
    assert (image.frames, image.vips.format) == (2, "ushort")
    again = whole(converted(data, effort=0))
    assert np.array_equal(decoded(again), decoded(data))


NAMES = [
    *("dispose_op_background_before_region", "dispose_op_none"),
    *("dispose_op_previous_first", "different_durations"),
]


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_drawn_and_cleared_as_another_library_does(name: str, shared_data: Path) -> None:
    data = (shared_data / "formats" / "apng" / f"{name}.png").read_bytes()
    theirs = shown(data)[0]
    ours = shown(whole(converted(data, effort=0)))[0]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        is_seen = (one[..., 3:] > 0) | (other[..., 3:] > 0)
        assert not (np.abs(one - other) * is_seen).any()


def test_the_first_picture_is_no_frame_where_it_has_no_control(shared_data: Path) -> None:
    data = (shared_data / "formats" / "apng" / "blend_op_over.png").read_bytes()
    assert len(shown(data)[0]) == 3
    assert opened(data).frames == 2
    assert tuple(opened(data).vips(5, 5)) == (0, 255, 0)


def test_only_what_changes_is_written_anew() -> None:
    data = whole(converted(animation("PNG"), effort=9))
    controls = [body for kind, body in png_chunks(data) if kind == b"fcTL"]
    sizes = [struct.unpack_from(">4I", body, 4) for body in controls]
    assert sizes == [(24, 16, 0, 0), (14, 8, 0, 4), (14, 8, 6, 4)]
    orders = [body[:4] for kind, body in png_chunks(data) if kind in (b"fcTL", b"fdAT")]
    assert orders == [struct.pack(">I", number) for number in range(len(orders))]


def test_a_frame_that_does_not_change_is_shown_for_its_time() -> None:
    image = opened(animation("GIF"))
    first = image.vips.pagesplit()[0]
    still = with_frames(first.join(first, "vertical"), first.height, delays=[90_000, 250], loop=0)
    data = memoryview(b"".join(png_save.saved(still, Wish(), 10**6)))
    frames = read_animation(data).frames
    assert [frame.delay_ms for frame in frames] == [90_000, 250]
    assert (frames[1].width, frames[1].height) == (1, 1)


def edited(change: dict[bytes, bytes]) -> bytes:
    return png_of([(kind, change.get(kind, body)) for kind, body in png_chunks(animation("PNG"))])


CONTROL = struct.Struct(">5I2H2B")
WRONG = {
    "outside": CONTROL.pack(0, 24, 16, 1, 0, 1, 10, 0, 0),
    "empty": CONTROL.pack(0, 0, 16, 0, 0, 1, 10, 0, 0),
    "unknown disposal": CONTROL.pack(0, 24, 16, 0, 0, 1, 10, 3, 0),
    "unknown blending": CONTROL.pack(0, 24, 16, 0, 0, 1, 10, 0, 2),
    "short": bytes(9),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_frame_that_cannot_be_drawn_is_refused(name: str) -> None:
    with pytest.raises(ContainerBroken):
        decoded(edited({b"fcTL": WRONG[name]}))


def test_a_frame_without_pixels_and_a_damaged_chunk_are_refused() -> None:
    chunks = png_chunks(animation("PNG"))
    with pytest.raises(ContainerBroken, match="without pixels"):
        decoded(png_of([one for one in chunks if one[0] != b"fdAT"]))
    data = animation("PNG")
    whole_chunk = chunk(*next(one for one in chunks if one[0] == b"fdAT"))
    broken = data.replace(whole_chunk, whole_chunk[:-1] + bytes([whole_chunk[-1] ^ 1]))
    with pytest.raises(ContainerBroken, match="damaged"):
        decoded(broken)


def pages(sizes: list[tuple[int, int]], mode: str = "RGB", **options: Any) -> bytes:
    pictures = [
        Pillow.new("RGB", size, COLOURS[number % 3]).convert(mode)
        for number, size in enumerate(sizes)
    ]
    out = io.BytesIO()
    pictures[0].save(out, "TIFF", save_all=True, append_images=pictures[1:], **options)
    return out.getvalue()


def test_pages_go_on_in_tiff_through_operations() -> None:
    data = pages([(20, 10)] * 3)
    image = Resize(fit="10x5").apply(opened(data), context())
    made = encode(image, memoryview(data), LIMITS)
    frames, _ = shown(whole(made))
    assert [tuple(frame[2, 2, :3]) for frame in frames] == COLOURS
    assert not [change for change in made.changes if "further" in change.finding.name]


@pytest.mark.parametrize("to", ["png", "webp", "gif", "jpeg"])
def test_pages_are_no_animation(to: Format) -> None:
    made = converted(pages([(20, 10)] * 3), to=to)
    assert getattr(Pillow.open(io.BytesIO(whole(made))), "n_frames", 1) == 1
    assert "2 further frames" in [change.finding.name for change in made.changes]


def test_an_animation_is_no_pages() -> None:
    made = converted(animation("GIF"), to="tiff")
    assert getattr(Pillow.open(io.BytesIO(whole(made))), "n_frames", 1) == 1


def test_pages_that_are_not_alike_give_the_first_and_that_is_said() -> None:
    data = pages([(20, 10), (8, 8)])
    assert (opened(data).header.frames, opened(data).frames) == (2, 1)
    made = converted(data, effort=1)
    assert "1 further frames" in [change.finding.name for change in made.changes]


def test_a_size_limit_holds_for_an_animated_png() -> None:
    data = animation("PNG")
    image = Crop(width=10, height=6).apply(opened(data), context())
    with pytest.raises(Exception, match="pass 100 bytes"):
        encode(image, memoryview(data), Limits(output_bytes=100))
