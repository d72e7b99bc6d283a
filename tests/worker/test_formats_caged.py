"""Every decoder and every encoder works inside the cage: one file of every format and coding goes
through the real worker, sealed as in the product, and nothing is imported there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight.codecs.encode import encode
from safelight.codecs.loading import with_frames
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.errors import SomethingMissing
from safelight.formats import FORMATS, TABLE, WRITABLE, Format, is_picture
from safelight.ops.convert import Convert
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Job
from tests.codecs.making import dicom, in_format, picture, saved
from tests.contract import LIMITS, context, opened
from tests.worker.hosts import host, plan, source

READABLE = [format for format in FORMATS if TABLE[format].reads]
SMALLER = {"op": "resize", "fit": "24x24"}
# Codings inside a format that take another way through a library; from the shared pictures.
CODINGS = {
    "medical/pydicom/MR_small_RLE.dcm": "dicom",
    "medical/pydicom/MR_small_jp2klossless.dcm": "dicom",
    "medical/pydicom/SC_rgb_jpeg_dcmtk.dcm": "dicom",
    "medical/pydicom/examples_palette.dcm": "dicom",
    "formats/apng/mode_16bit.png": "png",
    "formats/pillow/lab.tif": "tiff",
    "formats/pillow/tiff_tiled_planar_16bit_RGB.tiff": "tiff",
    "formats/pillow/hopper_jpg.tif": "tiff",
    "formats/image-rs/tiff/testsuite/rgb32f_bw.tiff": "tiff",
    "formats/libavif/colors_hdr_p3.avif": "avif",
    "hostile/bmpsuite/g/pal4rle.bmp": "bmp",
    "metadata/exiv2/Stonehenge.heic": "heic",
}


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedHost]:
    given = plan(pixels=True, memory_bytes=2_000_000_000)
    with host(replace(given, late=frozenset(FORMATS)), body="witnessing") as warm:
        yield warm


def through(caged: CagedHost, data: bytes, *steps: Mapping[str, object]) -> bytes:
    """The result. Fails if anything was imported on the way."""
    recipe = Recipe.from_steps(steps)
    with source(data) as sheet:
        job = Job(sheet.fd, len(data), recipe.canonical, wants_image=recipe.gives_image)
        with caged.run(job) as answer:
            assert [found.value for found in answer.findings if found.name == "import"] == []
            return bytes(answer.output or b"")


@cache
def small(format: Format) -> bytes:
    return in_format(picture(48, 36), format)


@pytest.mark.parametrize("format", READABLE)
def test_every_format_is_decoded_in_the_cage(caged: CagedHost, format: Format) -> None:
    made = through(caged, small(format), SMALLER, {"op": "convert", "to": "png"})
    assert Pillow.open(io.BytesIO(made)).size == (24, 18)


@pytest.mark.parametrize("format", WRITABLE)
def test_every_format_is_encoded_in_the_cage(caged: CagedHost, format: Format) -> None:
    made = through(caged, small("png"), SMALLER, {"op": "convert", "to": format})
    assert route(made[:ROUTE_BYTES]) == format
    assert Pillow.open(io.BytesIO(through(caged, made, SMALLER, {"op": "convert", "to": "png"})))


@pytest.mark.parametrize("name", CODINGS)
def test_every_coding_is_decoded_in_the_cage(
    caged: CagedHost, name: str, shared_data: Path
) -> None:
    data = (shared_data / name).read_bytes()
    assert route(data[:ROUTE_BYTES]) == CODINGS[name]
    assert through(caged, data, {"op": "resize", "fit": "9x9"}, {"op": "convert", "to": "png"})


@pytest.mark.parametrize("format", [name for name in READABLE if TABLE[name].frames])
def test_frames_are_decoded_and_encoded_in_the_cage(caged: CagedHost, format: Format) -> None:
    frames = [picture(48, 36), picture(48, 36).rotate(180), picture(48, 36).rotate(90)]
    data = saved(frames[0], format.upper(), save_all=True, append_images=frames[1:])
    made = through(caged, data, SMALLER)
    assert getattr(Pillow.open(io.BytesIO(made)), "n_frames", 1) == 3


def test_a_sequence_is_the_same_from_within_and_from_without(caged: CagedHost) -> None:
    """Large enough for the encoder to take all its threads."""
    noise = np.random.default_rng(4).integers(0, 255, (30, 40, 3)).astype(np.uint8)
    frames = [
        Pillow.fromarray(np.roll(noise, place, 1)).resize((640, 480)).convert("RGB")
        for place in range(3)
    ]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70)
    inside = through(caged, data, {"op": "convert", "to": "avif"})
    image = Convert(to="avif").apply(opened(data), context())
    assert inside == b"".join(encode(image, memoryview(data), LIMITS).pieces)
    back = through(caged, inside, SMALLER, {"op": "convert", "to": "webp"})
    assert getattr(Pillow.open(io.BytesIO(back)), "n_frames", 1) == 3


# libvips decodes into a file what is larger than this and cannot be read top to bottom.
DISC_BYTES = 100 * 1024 * 1024


@pytest.mark.parametrize("count", [1, 4])
def test_what_is_large_is_decoded_without_a_file(caged: CagedHost, count: int) -> None:
    """An animated WebP is not read top to bottom; a still one is the control."""
    side = 6_000 if count == 1 else 3_000
    shades = [pyvips.Image.black(side, side, bands=3) + 50 * place for place in range(count)]
    sheet = shades[0].pagejoin(shades[1:]) if count > 1 else shades[0]
    sheet = sheet.cast("uchar").copy(interpretation="srgb")
    data = bytes(with_frames(sheet, side).webpsave_buffer(effort=0))
    assert opened(data).frames == count
    assert sheet.width * sheet.height * 3 > DISC_BYTES
    made = through(caged, data, {"op": "resize", "fit": "9x9"})
    assert opened(made).frames == count


def test_deep_pictures_are_written_in_the_cage(caged: CagedHost) -> None:
    deep = saved(Pillow.fromarray(np.arange(48 * 36, dtype=np.uint16).reshape(36, 48)), "PNG")
    for format in (name for name in WRITABLE if "depth" in TABLE[name].keeps):
        made = through(caged, deep, SMALLER, {"op": "convert", "to": format})
        assert through(caged, made, {"op": "resize", "fit": "9x9"}, {"op": "convert", "to": "png"})


@pytest.mark.parametrize(("colours", "told"), [(9, set()), (700, {"colours beyond 256"})])
def test_a_gif_is_written_in_the_cage_with_its_own_table_or_a_chosen_one(
    caged: CagedHost, colours: int, told: set[str]
) -> None:
    steps = np.arange(48 * 36) % colours
    array = np.stack([steps % 256, steps // 256, steps % 256], 1).astype(np.uint8)
    data = saved(Pillow.fromarray(array.reshape(36, 48, 3)), "PNG")
    assert through(caged, data, {"op": "convert", "to": "gif"})
    made = encode(Convert(to="gif").apply(opened(data), context()), memoryview(data), LIMITS)
    assert {change.finding.name for change in made.changes} == told


def test_every_picture_format_is_among_them() -> None:
    assert set(READABLE) == {format for format in FORMATS if is_picture(format)}


def test_a_plan_that_is_not_warm_for_a_format_says_what_is_missing() -> None:
    """The control: the libraries of a format really come from the warming."""
    cold = plan(pixels=True, memory_bytes=2_000_000_000)
    image = picture(48, 36)
    frames = {"save_all": True, "append_images": [image.rotate(180)]}
    with host(cold, body="witnessing") as warmed:
        for data, hint in (
            (dicom(picture()), "pip install 'safelight[medical]'"),
            (saved(image, "AVIF", **frames), "pip install -U pillow"),
        ):
            with pytest.raises(SomethingMissing) as missing:
                through(warmed, data, SMALLER)
            assert missing.value.hint == hint
