"""HEIC pixels: 8 bit and more, alpha, grey, profile; refusals that say what to do."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest

from safelight.codecs import heic_pixels
from safelight.codecs.encode import encode
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    InputRefused,
    MemoryExceeded,
    SomethingMissing,
)
from safelight.image import Header
from safelight.ops.convert import Convert
from tests.codecs.making import in_format, picture, profile
from tests.contract import LIMITS, context, opened


def coded(mode: str, bands: int) -> tuple[bytes, Any]:
    """A ramp without loss, and what it holds."""
    is_deep = mode.endswith("16")
    array = np.linspace(0, 1, 64 * 64 * bands).reshape(64, 64, bands)
    array = (array * (65_535 if is_deep else 255)).astype("u2" if is_deep else "u1")
    out = io.BytesIO()
    pillow_heif.encode(mode, (64, 64), array.tobytes(), out, quality=-1)
    return out.getvalue(), array


@pytest.mark.parametrize(
    ("mode", "bands", "kind"),
    [
        ("L", 1, "b-w"),
        ("RGB", 3, "srgb"),
        ("RGBA", 4, "srgb"),
        ("I;16", 1, "grey16"),
        ("RGB;16", 3, "rgb16"),
        ("RGBA;16", 4, "rgb16"),
    ],
)
def test_every_kind_arrives(mode: str, bands: int, kind: str) -> None:
    data, array = coded(mode, bands)
    image = opened(data).vips
    seen = image.numpy().reshape(64, 64, image.bands)
    assert (image.interpretation, image.bands) == (kind, bands)
    most = 1.2 * 64 if mode.endswith("16") else 3
    assert np.abs(seen.astype(int) - array).max() <= most


def test_white_is_white_in_10_bit() -> None:
    out = io.BytesIO()
    pixels = np.full((64, 64, 3), 65_535, np.uint16).tobytes()
    pillow_heif.encode("RGB;16", (64, 64), pixels, out, quality=-1)
    assert opened(out.getvalue()).vips.max() == 65_535


def test_a_profile_comes_along() -> None:
    out = io.BytesIO()
    image = pillow_heif.from_pillow(picture(64, 64))
    image.save(out, icc_profile=profile())
    assert bytes(opened(out.getvalue()).vips.get("icc-profile-data")) == profile()


def test_it_becomes_another_format() -> None:
    data = in_format(picture(64, 48), "heic")
    made = encode(Convert(to="png").apply(opened(data), context()), memoryview(data), LIMITS)
    assert (made.format, made.width, made.height) == ("png", 64, 48)


def test_a_photo_of_a_phone_is_read(shared_data: Path) -> None:
    data = (shared_data / "metadata" / "exiv2" / "Stonehenge.heic").read_bytes()
    image = opened(data)
    assert (image.vips.width, image.vips.height, image.vips.bands) == (300, 200, 3)


def test_other_codings_are_refused_as_such(shared_data: Path) -> None:
    path = shared_data / "formats" / "libheif" / "rgb_generic_compressed_defl.heif"
    with pytest.raises(FormatUnknown):
        opened(path.read_bytes()).vips.copy_memory()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_refused(share: float) -> None:
    data = in_format(picture(64, 64), "heic")
    with pytest.raises(InputRefused):
        opened(data[: int(len(data) * share)]).vips.copy_memory()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (MemoryError(), MemoryExceeded),
        (RuntimeError("Unsupported feature: no decoder"), FormatUnknown),
        (ValueError("broken"), ContainerBroken),
    ],
)
def test_what_the_library_raises_has_a_name_here(
    raised: Exception, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(pillow_heif, "open_heif", fails)
    with pytest.raises(kind):
        heic_pixels.opened(memoryview(b""), Header("heic", 1, 1))


def test_colours_that_were_multiplied_by_alpha_are_divided_again() -> None:
    array = np.zeros((4, 4, 4), np.uint8)
    array[...] = (50, 100, 25, 128)

    class Found:
        size, premultiplied_alpha, info = (4, 4), True, {"bit_depth": 8}

        def __array__(self, *_: object, **__: object) -> Any:
            return array

    seen = heic_pixels._picture(Found()).numpy()[0, 0]
    assert np.abs(seen.astype(int) - (100, 199, 50, 128)).max() <= 1


def test_a_header_that_lies_is_caught() -> None:
    data = in_format(picture(64, 64), "heic")
    with pytest.raises(ContainerBroken, match="disagree"):
        heic_pixels.opened(memoryview(data), Header("heic", 32, 64))


def test_without_the_package_the_line_that_brings_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(SomethingMissing) as missing:
        heic_pixels.opened(memoryview(b""), Header("heic", 1, 1))
    assert missing.value.hint == "pip install 'safelight[heic]'"
