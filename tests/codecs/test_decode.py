"""Decoding: limits first, upright pixels, damaged data refused, colours as elsewhere."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from safelight.codecs.decode import check_frames, open_image
from safelight.codecs.encode import encode
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused, LimitExceeded
from safelight.formats import TABLE, Format
from safelight.limits import Limits
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from tests.contract import LIMITS, PICTURES, context, deep, drawn, opened, with_pillow

SIX = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF")


def array_of(picture: Any) -> Any:
    return picture.numpy().reshape(picture.height, picture.width, picture.bands)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_stands_upright(format: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    data = with_pillow(drawn(), format, exif=exif)
    wanted = np.asarray(ImageOps.exif_transpose(Pillow.open(io.BytesIO(data))))
    image = opened(data)
    assert (image.width, image.height) == (wanted.shape[1], wanted.shape[0])
    assert np.abs(array_of(image.vips).astype(int) - wanted).max() <= 2


@pytest.mark.parametrize("format", SIX)
def test_gives_the_pixels_that_another_library_gives(format: str) -> None:
    exact: dict[str, Any] = {"quality": 100, "subsampling": "4:4:4"}
    data = with_pillow(drawn(), format, **(exact if format == "AVIF" else {}))
    wanted = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(array_of(opened(data).vips)[..., :3] - wanted).max() <= 2


def test_keeps_what_the_picture_is() -> None:
    kinds = {name: opened(make()).vips for name, make in PICTURES.items()}
    seen = {name: (kind.interpretation, kind.bands, kind.format) for name, kind in kinds.items()}
    assert seen["grey"] == ("b-w", 1, "uchar")
    assert seen["grey alpha"] == ("b-w", 2, "uchar")
    assert seen["alpha"] == ("srgb", 4, "uchar")
    assert seen["palette"] == ("srgb", 3, "uchar")
    assert seen["cmyk"] == seen["cmyk tiff"] == ("cmyk", 4, "uchar")
    assert seen["16 bit"] == ("rgb16", 3, "ushort")
    assert seen["16 bit grey"] == ("grey16", 1, "ushort")


def test_sixteen_bits_arrive_exactly() -> None:
    wanted = drawn().astype(np.uint16) * 257
    assert np.array_equal(array_of(opened(deep(3)).vips), wanted)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header is all that is true about it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize(
    ("size", "words"), [((70_000, 10), "a side"), ((60_000, 60_000), "3600000000 pixels")]
)
def test_a_size_over_the_limits_is_refused_from_the_header(
    size: tuple[int, int], words: str
) -> None:
    with pytest.raises(LimitExceeded, match=words):
        opened(bomb(*size))


def test_a_file_over_the_limit_is_refused_unread() -> None:
    data = with_pillow(drawn(), "PNG")
    with pytest.raises(LimitExceeded, match="bytes"):
        open_image(memoryview(data), replace(Limits(), input_bytes=len(data) - 1))


def animation(frames: int) -> bytes:
    pictures = [Pillow.new("RGB", (10, 10), (index, 0, 0)) for index in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def test_frames_are_limited_and_their_pixels_counted() -> None:
    many = open_image(memoryview(animation(5)), replace(Limits(), frames=4))
    with pytest.raises(LimitExceeded, match="5 frames") as refused:
        many.vips.avg()
    assert "inspect and scrub" in refused.value.hint
    wide = open_image(memoryview(animation(4)), replace(Limits(), input_pixels=399))
    with pytest.raises(LimitExceeded, match="4 frames have 400 pixels"):
        wide.vips.avg()
    one = open_image(memoryview(animation(1)), replace(Limits(), input_pixels=100))
    with pytest.raises(LimitExceeded, match="picture has 100 pixels, the limit is 99"):
        check_frames(one.header, replace(Limits(), input_pixels=99))
    with pytest.raises(LimitExceeded, match="100 pixels"):
        open_image(memoryview(animation(4)), replace(Limits(), input_pixels=99))
    assert opened(animation(4)).vips.height == 40


@pytest.mark.parametrize("limits", [{"frames": 4}, {"input_pixels": 100}, {"output_pixels": 100}])
def test_frames_that_are_not_decoded_are_not_limited(limits: dict[str, int]) -> None:
    data, few = animation(65), replace(Limits(), **limits)
    image = Scrub().apply(open_image(memoryview(data), few), context())
    made = encode(image, memoryview(data), few)
    assert not made.is_reencoded
    assert opened(b"".join(made.pieces)).frames == 65


@pytest.mark.parametrize("data", [b"", b"plain text", b"PK\3\4", b"P6 1 1 255\n   "])
def test_other_bytes_are_no_picture(data: bytes) -> None:
    with pytest.raises(FormatUnknown):
        opened(data)


@pytest.mark.parametrize("format", SIX)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused_and_not_half_grey(format: str, share: float) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    data = with_pillow(noise, format)
    cut = data[: int(len(data) * share)]
    with pytest.raises(InputRefused):
        encode(Convert(to="png", effort=0).apply(opened(cut), context()), memoryview(cut), LIMITS)


def test_a_truncated_animation_is_refused_while_an_operation_runs() -> None:
    rng = np.random.default_rng(5)
    frames = [Pillow.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)) for _ in "abc"]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    cut = out.getvalue()[: -len(out.getvalue()) // 5]
    with pytest.raises(InputRefused):
        Resize(fit="9x9").apply(opened(cut), context())


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "AVIF"])
def test_flipped_bits_end_in_a_refusal_or_a_picture(format: str) -> None:
    data = with_pillow(drawn(), format)
    rng = np.random.default_rng(7)
    for _ in range(40):
        broken = bytearray(data)
        broken[rng.integers(20, len(data))] ^= 1 << rng.integers(0, 8)
        try:
            image = Convert(to="png", effort=0).apply(opened(bytes(broken)), context())
            made = encode(image, memoryview(broken), LIMITS)
        except InputRefused:
            continue
        assert made.pieces


def test_a_header_that_lies_about_the_size_is_caught() -> None:
    image = opened(with_pillow(drawn(), "JPEG"))
    lying = replace(image.header, width=image.header.width - 8)
    decoder = replace(image.decoder, header=lying)  # type: ignore[type-var]
    with pytest.raises(ContainerBroken, match="disagree"):
        decoder.full()


def every_file(folder: Path) -> dict[str, list[str]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.codecs.every_file", str(folder)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    return dict(json.loads(line) for line in run.stdout.splitlines())


# HEIF without HEVC, which the library opens no pixels of.
NOT_READ = {f"libheif/rgb_generic_compressed_{k}.heif" for k in ("defl", "zlib", "zlib_tiled")}
# A broken animation on purpose.
BROKEN = {"apng/syntax_num_frames_zero.png"}


def asked(format: Format | None) -> list[str]:
    """What becomes of the three recipes; the last of them names a format that is written."""
    is_written = format is not None and TABLE[format].writes
    return ["done"] * 3 if is_written else ["format-unknown", "format-unknown", "done"]


def test_every_unusual_file_of_our_formats_is_decoded(shared_data: Path) -> None:
    folder = shared_data / "formats"
    seen = every_file(folder)
    firsts = {name: route((folder / name).read_bytes()[:ROUTE_BYTES]) for name in seen}
    ours = {name for name, format in firsts.items() if format and TABLE[format].reads}
    assert len(ours) > 200
    wanted = {name: asked(firsts[name]) for name in ours}
    refused = {name for name in ours if seen[name] != wanted[name]}
    assert refused == NOT_READ | BROKEN
    assert all(set(seen[name]) == {"format-unknown"} for name in set(seen) - ours | NOT_READ)


def test_every_hostile_file_ends_in_a_result_or_a_refusal(shared_data: Path) -> None:
    seen = every_file(shared_data / "hostile")
    assert len(seen) > 300
    expected = {"done", "format-unknown", "container-broken", "limit-exceeded", "memory-exceeded"}
    assert {code for codes in seen.values() for code in codes} <= expected
