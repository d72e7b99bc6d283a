"""What an encoder can be asked for beside a quality: seen by another library, refused where it is
not to be had.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight.codecs.encode import Encoded, encode
from safelight.codecs.scrub import size_of
from safelight.errors import LimitExceeded, ParameterInvalid
from safelight.formats import TABLE, WRITABLE, Format
from safelight.ops.convert import Convert
from safelight.worker.child import perform
from tests.codecs.making import png_chunks
from tests.contract import LIMITS, PICTURES, context, deep, drawn, opened, with_pillow


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(Convert(**wish).apply(opened(data), context()), memoryview(data), LIMITS)


def whole(made: Encoded) -> bytes:
    return b"".join(made.pieces)


def noisy(side: int = 160) -> bytes:
    """A picture that needs its bytes."""
    noise = np.random.default_rng(3).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return with_pillow(noise // 2 + drawn(side, side) // 2, "PNG")


@pytest.mark.parametrize("progressive", [False, True])
def test_progressive_jpeg_and_png(progressive: bool) -> None:
    data = PICTURES["png"]()
    jpeg = Pillow.open(io.BytesIO(whole(converted(data, to="jpeg", progressive=progressive))))
    assert ("progressive" in jpeg.info) == progressive
    png = whole(converted(data, effort=2, progressive=progressive))
    assert png_chunks(png)[0][1][12] == progressive


def test_progressive_alone_is_a_new_encoding() -> None:
    made = converted(PICTURES["jpeg"](), progressive=True)
    assert made.is_reencoded
    assert "progressive" in Pillow.open(io.BytesIO(whole(made))).info


SAMPLING = {"4:2:0": (2, 2), "4:4:4": (1, 1)}


@pytest.mark.parametrize("chroma", SAMPLING)
@pytest.mark.parametrize("quality", [50, 95])
def test_chroma_of_jpeg(chroma: str, quality: int) -> None:
    made = converted(PICTURES["png"](), to="jpeg", chroma=chroma, quality=quality)
    seen = Pillow.open(io.BytesIO(whole(made)))
    assert seen.layer[0][1:3] == SAMPLING[chroma]  # type: ignore[attr-defined] # JPEG alone has it


def test_full_chroma_of_avif_keeps_colour_edges() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 255
    data = with_pillow(stripes, "PNG")

    def error(chroma: str) -> float:
        made = whole(converted(data, to="avif", quality=95, chroma=chroma))
        seen = np.asarray(Pillow.open(io.BytesIO(made)).convert("RGB")).astype(int)
        return float(np.abs(seen - stripes).mean())

    assert error("4:4:4") * 3 < error("4:2:0")


BITS = {"uchar": 8, "ushort": 16}


@pytest.mark.parametrize("source", ["png", "16 bit", "16 bit grey", "16 bit alpha", "grey alpha"])
@pytest.mark.parametrize(("to", "depth"), [("png", 8), ("png", 16), ("tiff", 8), ("tiff", 16)])
def test_depth_is_as_asked(source: str, to: Format, depth: int) -> None:
    data = PICTURES[source]()
    seen = pyvips.Image.new_from_buffer(whole(converted(data, to=to, depth=depth)), "")
    wanted = opened(data).vips
    assert (BITS[seen.format], seen.bands) == (depth, wanted.bands)
    stretch = 1 if seen.format == wanted.format else 257 if depth == 16 else 1 / 257
    assert abs(seen - wanted * stretch).max() <= 1


@pytest.mark.parametrize("depth", [8, 10, 12])
@pytest.mark.parametrize("source", ["png", "16 bit"])
def test_depth_of_avif(depth: int, source: str) -> None:
    made = converted(PICTURES[source](), to="avif", depth=depth)
    assert opened(whole(made)).header.bits == depth


@pytest.mark.parametrize("depth", [8, 10, 12])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_white_stays_white_and_opaque_opaque_through_avif(depth: int, bands: int) -> None:
    kind = "grey16" if bands == 1 else "rgb16"
    white = pyvips.Image.black(16, 16, bands=bands).linear(0, 65_535).cast("ushort")
    data = white.copy(interpretation=kind).pngsave_buffer()
    avif = whole(converted(data, to="avif", depth=depth, lossless=True))
    seen = opened(avif).vips
    assert (seen.hasalpha(), seen.min()) == (bands == 4, 255 if depth == 8 else 65_535)
    assert opened(whole(converted(avif, to="png"))).vips.min() == seen.min()


def test_a_deep_picture_comes_back_from_avif_within_a_step() -> None:
    ramp = pyvips.Image.identity(ushort=True, size=65_536).subsample(64, 1)
    grid = ramp.bandjoin([ramp, ramp.fliphor(), ramp]).cast("ushort").replicate(1, 16)
    data = grid.copy(interpretation="rgb16").pngsave_buffer()
    avif = whole(converted(data, to="avif", depth=12, lossless=True))
    again = opened(whole(converted(avif, to="png"))).vips
    assert (again.format, again.bands) == ("ushort", 4)
    assert (again - opened(data).vips).abs().max() <= 65_535 / 4_095


def test_less_depth_is_said() -> None:
    made = converted(deep(3), depth=8)
    told = {c.finding.name: c.finding.value for c in made.changes if c.what == "removed"}
    assert told["sample depth"] == "16 bit, now 8"


@pytest.mark.parametrize("format", WRITABLE)
def test_what_a_format_does_not_have_is_refused_when_it_is_met(format: Format) -> None:
    data = PICTURES["png"]()
    facts = TABLE[format]
    wishes: list[dict[str, Any]] = []
    wishes += [] if "progressive" in facts.asks else [{"progressive": True}]
    wishes += [] if "chroma" in facts.asks else [{"chroma": "4:4:4"}]
    wishes += [{"depth": depth} for depth in (8, 10, 12, 16) if depth not in facts.depths]
    for wish in wishes:
        image = Convert(**wish).apply(opened(data), context()).with_wish(format=format)
        with pytest.raises(ParameterInvalid):
            encode(image, memoryview(data), LIMITS)


def test_depths_and_the_table_agree() -> None:
    for format in WRITABLE:
        assert ("depth" in TABLE[format].keeps) == (max(TABLE[format].depths) > 8)


@pytest.mark.parametrize("to", ["jpeg", "webp", "avif"])
def test_the_best_quality_that_fits_is_found(to: Format) -> None:
    data = noisy()
    most = size_of(converted(data, to=to, quality=60).pieces)
    made = converted(data, to=to, to_bytes=most)
    assert made.quality is not None
    assert size_of(made.pieces) <= most
    assert made.quality >= 60
    better = converted(data, to=to, quality=min(100, made.quality + 1))
    assert size_of(better.pieces) > most


def test_with_room_enough_the_quality_is_the_best() -> None:
    made = converted(noisy(), to="jpeg", to_bytes=10_000_000)
    assert made.quality == 95


def test_what_cannot_be_met_is_refused_with_what_helps() -> None:
    with pytest.raises(LimitExceeded, match=r"at the least quality the result has \d+ bytes") as no:
        converted(noisy(), to="jpeg", to_bytes=500)
    assert "resize first" in no.value.hint
    with pytest.raises(LimitExceeded, match="without loss") as no:
        converted(noisy(), to="png", to_bytes=500)
    assert "--to webp" in no.value.hint
    with pytest.raises(LimitExceeded, match="without loss"):
        converted(noisy(), to="webp", lossless=True, to_bytes=500)


def test_a_format_without_a_quality_tries_harder_before_it_refuses() -> None:
    dots = np.random.default_rng(1).integers(0, 2, (200, 200, 3), dtype=np.uint8) * 255
    data = with_pillow(dots, "PNG")
    usual, least = (size_of(converted(data, to="png", effort=e).pieces) for e in (2, 9))
    made = converted(data, to="tiff", to_bytes=10**7)
    assert made.quality is None
    assert least < usual
    image = Convert(to="png", to_bytes=least).apply(opened(data), context())
    image = image.with_pixels(image.vips)
    again = encode(image, memoryview(data), LIMITS)
    assert size_of(again.pieces) <= least


def test_a_file_that_fits_already_is_not_coded_again() -> None:
    data = whole(converted(noisy(), to="jpeg", quality=95))
    assert not converted(data, to_bytes=10**6).is_reencoded
    small = converted(data, to_bytes=len(data) // 2)
    assert small.is_reencoded
    assert size_of(small.pieces) <= len(data) // 2


def test_the_quality_that_was_found_comes_out_of_the_worker() -> None:
    from safelight.recipe import Recipe

    recipe = Recipe((Convert(to="jpeg", to_bytes=9_000),)).canonical
    done = perform(
        memoryview(noisy()), recipe, (), LIMITS, progress=lambda _share: None, wants_image=True
    )
    assert 5 <= done.decided["quality"] <= 95
