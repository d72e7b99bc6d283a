"""Many frames: worked out one after the other, in the memory of one; few stay lazy."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight import image
from safelight.codecs.encode import encode
from safelight.codecs.loading import upright, with_frames
from safelight.image import FEW_FRAMES, each_frame
from safelight.limits import MAX_FRAMES
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from safelight.ops.rotate import Rotate
from safelight.ops.watermark import Watermark
from tests.contract import LIMITS, context, frames_of, opened

DELAYS = [40, 70]
FRAMES = 300
LEAST_OF_LAZY_KIB, MOST_OF_HELD_KIB = 80_000, 40_000
GROWTH = """
import sys
from pathlib import Path
from safelight import image
from safelight.codecs.libvips import libvips
from safelight.codecs.loading import with_frames
from safelight.ops.placing.blending import smoothly
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
image.FEW_FRAMES, count = int(sys.argv[1]), int(sys.argv[2])
one = libvips().Image.black(32, 24, bands=3).copy(interpretation="srgb")
still = smoothly(one.bandjoin(255), lambda frame: frame.resize(0.5)).write_to_memory()
Path("/proc/self/clear_refs").write_text("5")
base = peak()
many = with_frames(one.bandjoin(255).replicate(1, count).copy_memory(), 24)
def half(frame):
    return smoothly(frame, lambda part: part.resize(0.5))
made = image.each_frame(many, half).write_to_memory()
assert bytes(made) == bytes(still) * count
print(peak() - base)
"""


def many(count: int, *, bands: int = 4, kind: str = "uchar") -> pyvips.Image:
    """Frames of noise with all that a picture can carry."""
    step = 1 if kind == "uchar" else 257
    noise = np.random.default_rng(count).integers(0, 256, (8 * count, 12, bands)) * step
    picture = pyvips.Image.new_from_array(noise.astype(np.uint8 if step == 1 else np.uint16))
    picture = picture.copy(interpretation="srgb" if step == 1 else "rgb16", xres=7, yres=9)
    profile = bytes(pyvips.Operation.call("profile_load", "p3"))
    picture.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return with_frames(picture, 8, delays=(DELAYS * count)[:count], loop=3)


def carried(picture: pyvips.Image) -> dict[str, object]:
    beside = {"filename", "xoffset", "yoffset"}
    return {name: picture.get(name) for name in picture.get_fields() if name not in beside}


@pytest.mark.parametrize("kind", ["uchar", "ushort"])
@pytest.mark.parametrize("orientation", [3, 5, 6])
def test_many_frames_become_what_few_become(
    orientation: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = many(FEW_FRAMES + 3, kind=kind)
    held = upright(picture, orientation)
    monkeypatch.setattr(image, "FEW_FRAMES", 1_000)
    lazy = upright(picture, orientation)
    assert np.array_equal(held.numpy(), lazy.numpy())
    assert carried(held) == carried(lazy)
    assert held.get("loop") == 3
    assert held.get_page_height() == (12 if orientation > 4 else 8)


def test_what_changes_the_bands_changes_them_in_every_frame() -> None:
    made = each_frame(many(FEW_FRAMES + 1), lambda frame: frame[0:3].crop(2, 1, 5, 4))
    assert (made.width, made.height, made.bands) == (5, 4 * (FEW_FRAMES + 1), 3)
    assert (made.get_page_height(), made.interpretation) == (4, "srgb")


def growth(few: int) -> int:
    """How much memory FRAMES frames take above one, in KiB, if so many stay lazy.

    The process forgets its peak first: one that a large process started would have that one's.
    """
    command = [sys.executable, "-c", GROWTH, str(few), str(FRAMES)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_memory_does_not_grow_with_the_frames() -> None:
    assert growth(FEW_FRAMES) < MOST_OF_HELD_KIB
    assert growth(FRAMES) > LEAST_OF_LAZY_KIB


def test_the_measure_does_not_depend_on_who_starts_it() -> None:
    """A process keeps the largest memory of the one that started it as its own, unless it resets
    it.
    """
    held = np.ones(300_000_000, np.uint8)
    assert growth(FRAMES) > LEAST_OF_LAZY_KIB
    assert held.any()


def gif(count: int) -> bytes:
    frames = [Pillow.new("RGB", (16, 12), (40 + at % 2 * 150, 0, 99)) for at in range(count)]
    out = io.BytesIO()
    options = {"save_all": True, "append_images": frames[1:], "loop": 3}
    frames[0].save(out, "GIF", duration=(DELAYS * count)[:count], **options)
    return out.getvalue()


def test_an_animation_goes_through_several_steps() -> None:
    """Each step works on what the one before left in memory, not on a pipeline of pipelines."""
    data, picture = gif(120), opened(gif(120))
    for step in (Resize(fit="12x9"), Crop(box=(1, 1, 8, 6)), Rotate(angle=90), Watermark(text="A")):
        picture = step.apply(picture, context())
    made = encode(picture, memoryview(data), LIMITS)
    frames, delays, loop = frames_of(b"".join(made.pieces))
    assert (len(frames), delays[:4], loop) == (120, [40, 70, 40, 70], 3)
    assert frames[0].shape[:2] == (8, 6)


def test_as_many_frames_as_the_limit_allows_are_cut() -> None:
    data = gif(MAX_FRAMES)
    made = encode(Crop(box=(0, 0, 4, 4)).apply(opened(data), context()), memoryview(data), LIMITS)
    after = opened(b"".join(made.pieces))
    assert (after.frames, after.width, after.height) == (MAX_FRAMES, 4, 4)
