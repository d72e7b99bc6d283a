"""BMP: every kind that a palette, runs or masks make is read; what is written others read."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from safelight.codecs.encode import Encoded, encode
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.limits import Limits
from safelight.ops.convert import Convert
from tests.codecs.making import picture as gradient
from tests.codecs.making import saved
from tests.contract import LIMITS, context, drawn, opened, with_pillow


def array_of(data: bytes) -> Any:
    image = opened(data).vips
    return image.numpy().reshape(image.height, image.width, image.bands)


def theirs(data: bytes, mode: str = "RGB") -> Any:
    return np.asarray(Pillow.open(io.BytesIO(data)).convert(mode))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
@pytest.mark.parametrize("width", [1, 7, 8, 33])
def test_what_another_library_writes_is_read(mode: str, width: int) -> None:
    data = saved(gradient(width, 19).convert(mode), "BMP")
    assert np.array_equal(array_of(data), theirs(data))


SAME = ["pal1", "pal1wb", "pal4rle", "pal8", "pal8os2", "pal8topdown", "pal8v5", "pal8w125"]


@pytest.mark.parametrize("name", SAME)
def test_good_files_of_the_suite_look_as_elsewhere(name: str, shared_data: Path) -> None:
    data = (shared_data / "hostile" / "bmpsuite" / "g" / f"{name}.bmp").read_bytes()
    assert np.array_equal(array_of(data), theirs(data))


@pytest.mark.parametrize("name", ["g/rgb32bf", "q/rgb16-231", "q/rgb32-111110", "q/pal2"])
def test_kinds_that_others_refuse_are_read(name: str, shared_data: Path) -> None:
    folder = shared_data / "hostile" / "bmpsuite"
    seen = array_of((folder / f"{name}.bmp").read_bytes()).astype(int)
    whole = array_of((folder / "g" / "rgb24pal.bmp").read_bytes()).astype(int)
    step = 85 if name in ("q/rgb16-231", "q/pal2") else 4
    assert np.abs(seen.mean((0, 1)) - whole.mean((0, 1))).max() < step


def test_alpha_arrives_where_masks_name_it(shared_data: Path) -> None:
    data = (shared_data / "hostile" / "bmpsuite" / "q" / "rgba16-4444.bmp").read_bytes()
    seen = array_of(data)
    assert seen.shape[2] == 4
    assert len(np.unique(seen[..., 3])) > 8


def runs(coding: int, stream: bytes, width: int = 4, height: int = 2) -> bytes:
    """A run-length coded picture with two colours."""
    bits = 8 if coding == 1 else 4
    palette = bytes((1, 2, 3, 0, 9, 8, 7, 0))
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, coding, 0, 0, 0, 2, 0)
    start = 14 + 40 + len(palette)
    file = struct.pack("<2sIHHI", b"BM", start + len(stream), 0, 0, start)
    return file + head + palette + stream


ONE, OTHER = [3, 2, 1], [7, 8, 9]


def test_runs_literals_and_jumps_are_followed() -> None:
    stream = bytes((2, 1, 0, 0, 0, 3, 1, 0, 1, 0, 1, 0, 0, 1))
    assert array_of(runs(1, stream)).tolist() == [
        [OTHER, ONE, OTHER, ONE],
        [OTHER, OTHER, ONE, ONE],
    ]
    half = bytes((3, 0x10, 0, 2, 1, 1, 0, 1))
    assert array_of(runs(2, half)).tolist()[0] == [ONE, ONE, ONE, ONE]
    assert array_of(runs(2, half)).tolist()[1] == [OTHER, ONE, OTHER, ONE]


@pytest.mark.parametrize(
    "stream", [b"\2\1", b"\0\0\0\0\0\0\1\1\0\1", b"\0\x03\1", b"\0\2\0\5\1\1\0\1"]
)
def test_runs_that_end_early_or_leave_the_picture_are_refused(stream: bytes) -> None:
    with pytest.raises(ContainerBroken):
        array_of(runs(1, stream))


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(
        Convert(to="bmp", **wish).apply(opened(data), context()), memoryview(data), LIMITS
    )


@pytest.mark.parametrize("width", [1, 2, 3, 4, 301])
def test_what_is_written_another_library_reads(width: int) -> None:
    array = drawn(width, 300)
    data = b"".join(converted(saved(Pillow.fromarray(array), "PNG")).pieces)
    assert np.array_equal(theirs(data), array)


def test_alpha_and_profile_are_written() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = with_pillow(drawn(bands=4), "PNG", icc_profile=profile)
    made = b"".join(converted(data).pieces)
    assert np.array_equal(theirs(made, "RGBA"), drawn(bands=4))
    assert np.array_equal(array_of(made), drawn(bands=4))
    assert opened(made).vips.get("icc-profile-data")


def test_bytes_are_limited() -> None:
    data = with_pillow(drawn(), "PNG")
    image = Convert(to="bmp").apply(opened(data), context())
    with pytest.raises(LimitExceeded, match="pass 100 bytes"):
        encode(image, memoryview(data), Limits(output_bytes=100))
