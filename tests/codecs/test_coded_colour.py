"""Colour said by code points: bright pictures are shown by their diffuse white, wide ones keep or
lose what the target allows, and an ordinary one stays as it is.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight.codecs import icc, icc_built
from safelight.codecs.coded_colour import (
    CINEMA,
    HLG,
    P3,
    PQ,
    WIDE,
    Signal,
    in_its_colours,
    of_heif,
)
from safelight.codecs.colour import PROFILE
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.losses import OUTSIDE
from safelight.codecs.samples import NOTE
from safelight.formats import TABLE, WRITABLE, Writable
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from tests.codecs.making import picture, png, profile, with_chunks
from tests.contract import LIMITS, context, opened

WHITE_IN_PQ, WHITE_IN_HLG = 0.5807, 0.75


def flat(value: float, bands: int = 3, *, deep: bool = True) -> Any:
    most = 65_535 if deep else 255
    array = np.full((2, 2, bands), round(value * most), np.uint16 if deep else np.uint8)
    kinds = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    return pyvips.Image.new_from_array(array, interpretation=kinds[bands > 2])


def seen(image: Any, signal: Signal) -> Any:
    return np.array(in_its_colours(image, signal)(0, 0))


@pytest.mark.parametrize(("transfer", "white"), [(PQ, WHITE_IN_PQ), (HLG, WHITE_IN_HLG)])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("deep", [False, True])
def test_diffuse_white_becomes_white_and_black_stays_black(
    transfer: int, white: float, bands: int, deep: bool
) -> None:
    most = 65_535 if deep else 255
    for primaries in (1, P3, WIDE):
        signal = Signal(primaries, transfer)
        assert np.abs(seen(flat(white, bands, deep=deep), signal) / most - 1).max() < 0.01
        assert np.abs(seen(flat(0, bands, deep=deep), signal)).max() <= 1
        half = seen(flat(white / 2, bands, deep=deep), signal) / most
        assert ((half > 0.05) & (half < 0.9)).all()


def test_what_is_brighter_than_white_is_cut_and_noted() -> None:
    image = in_its_colours(flat(0.9), Signal(WIDE, PQ))
    assert image.min() == 65_535
    assert "cut" in image.get(NOTE)


def test_alpha_stays_as_it_is() -> None:
    image = flat(WHITE_IN_PQ).bandjoin(1_234).copy(interpretation="rgb16")
    assert seen(image, Signal(WIDE, PQ))[3] == 1_234


@pytest.mark.parametrize(
    ("primaries", "name"), [(P3, "Display P3"), (WIDE, "Rec. 2020"), (CINEMA, icc.NEUTRAL)]
)
def test_wide_colours_get_a_profile_and_stay(primaries: int, name: str) -> None:
    image = in_its_colours(flat(0.5), Signal(primaries, 13))
    assert icc.description(image.get(PROFILE)) == name
    assert tuple(image(0, 0)) == tuple(flat(0.5)(0, 0))


@pytest.mark.parametrize("primaries", [P3, WIDE])
def test_bright_wide_colours_stay_wide(primaries: int) -> None:
    image = in_its_colours(flat(0.9), Signal(primaries, PQ))
    assert not icc.is_within_srgb(image.get(PROFILE))
    assert not in_its_colours(flat(0.9), Signal(1, PQ)).get_typeof(PROFILE)
    assert not in_its_colours(flat(0.9, 1), Signal(primaries, PQ)).get_typeof(PROFILE)


@pytest.mark.parametrize("signal", [None, Signal(1, 13), Signal(2, 2), Signal(5, 1)])
def test_an_ordinary_picture_is_left_alone(signal: Signal | None) -> None:
    image = flat(0.5)
    assert in_its_colours(image, signal) is image


def test_a_profile_comes_first() -> None:
    image = opened(png(icc_profile=profile())).vips
    assert in_its_colours(image, Signal(WIDE, PQ)) is image


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(Convert(**wish).apply(opened(data), context()), memoryview(data), LIMITS)


def test_a_bright_avif_looks_bright(shared_data: Path) -> None:
    data = (shared_data / "formats" / "libavif" / "colors_hdr_p3.avif").read_bytes()
    assert of_heif(memoryview(data)) == Signal(P3, PQ)
    made = converted(data, to="png")
    array = np.asarray(Pillow.open(io.BytesIO(b"".join(made.pieces))).convert("RGB"))
    assert array[190].min() == 255
    assert told(made, "removed")["sample depth"] == "light brighter than white, cut"


def coded_png(primaries: int, transfer: int, **options: Any) -> bytes:
    return with_chunks(png(picture(), **options), (b"cICP", bytes((primaries, transfer, 0, 1))))


def test_the_code_points_of_a_png_are_heard() -> None:
    def light(data: bytes) -> float:
        return float(opened(data).vips.numpy().mean())

    plain, bright = light(png(picture())), light(coded_png(WIDE, PQ))
    assert bright > plain
    assert light(coded_png(1, 13)) == plain
    assert light(coded_png(WIDE, PQ, icc_profile=profile())) == bright


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_a_large_one_streams(mode: str) -> None:
    image = picture(1_800, 1_500, "RGBA").convert(mode)
    data = with_chunks(png(image), (b"cICP", bytes((WIDE, PQ, 0, 1))))
    for step in (Convert(effort=0), Resize(fit="300x300")):
        made = encode(step.apply(opened(data), context()), memoryview(data), LIMITS)
        assert Pillow.open(io.BytesIO(b"".join(made.pieces))).mode == mode


def told(made: Encoded, what: str) -> dict[str, str]:
    return {c.finding.name: c.finding.value for c in made.changes if c.what == what}


def stored(made: Encoded) -> str:
    """The name of the profile in the result, or nothing."""
    found = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    return icc.description(found.get(PROFILE)) if found.get_typeof(PROFILE) else ""


WIDE_ONES = [(P3, 13, "Display P3"), (WIDE, 1, "Rec. 2020"), (WIDE, PQ, "Rec. 2020")]


@pytest.mark.parametrize("to", WRITABLE)
@pytest.mark.parametrize(("primaries", "transfer", "name"), WIDE_ONES)
def test_wide_colours_are_kept_in_the_file_or_told_as_lost(
    to: Writable, primaries: int, transfer: int, name: str
) -> None:
    made = converted(coded_png(primaries, transfer), to=to, effort=1)
    if "icc" in TABLE[to].keeps:
        assert told(made, "added")["ICC_Profile"] == name
        assert OUTSIDE not in told(made, "removed")
        assert name.encode() in b"".join(made.pieces).replace(b"\0", b"") or stored(made) == name
    else:
        assert OUTSIDE in told(made, "removed")


@pytest.mark.parametrize("to", WRITABLE)
def test_nothing_is_said_of_colours_within_srgb(to: Writable) -> None:
    made = converted(coded_png(1, 13), to=to, effort=1)
    assert "ICC_Profile" not in told(made, "added")
    assert OUTSIDE not in told(made, "removed")


@pytest.mark.parametrize("scrub", ["share", "strict", "minimal", "none"])
def test_every_profile_keeps_wide_colours(scrub: str) -> None:
    data = coded_png(P3, 13)
    image = Resize(percent=50, format="webp").apply(opened(data), context())
    made = encode(image.with_wish(profile=scrub), memoryview(data), LIMITS)
    assert stored(made) == ("colour profile" if scrub == "strict" else "Display P3")


def test_a_profile_that_code_points_overrule_does_not_go_along() -> None:
    data = coded_png(1, PQ, icc_profile=wide_profile())
    made = converted(data, to="tiff")
    assert stored(made) == "sRGB"
    assert "ICC_Profile" in told(made, "removed")
    assert stored(converted(png(icc_profile=wide_profile()), to="tiff")) == "Rec. 2020"


def wide_profile() -> bytes:
    return icc_built.profile(icc_built.WIDE, None, "Rec. 2020") or b""


@pytest.mark.parametrize("to", ["png", "jpeg", "avif", "tiff"])
def test_an_avif_of_p3_keeps_its_colours(to: Writable, shared_data: Path) -> None:
    found = (shared_data / "formats" / "libavif" / "colors_wcg_hdr_rec2020.avif").read_bytes()
    at = found.index(b"nclx") + 4
    data = found[:at] + bytes((0, P3, 0, 13)) + found[at + 4 :]
    image = Resize(percent=50, format=to).apply(opened(data), context())
    assert stored(encode(image, memoryview(data), LIMITS)) == "Display P3"


def test_lab_is_said_to_be_brought_into_srgb(shared_data: Path) -> None:
    folder = shared_data / "formats" / "pillow"
    lab = converted((folder / "hopper.Lab.tif").read_bytes(), to="png")
    plain = converted((folder / "hopper_lzw.tif").read_bytes(), to="png")
    assert OUTSIDE in told(lab, "removed")
    assert OUTSIDE not in told(plain, "removed")
