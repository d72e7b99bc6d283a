"""Colour that is said by code points (ITU-T H.273) and not by a profile, as in AVIF, HEIC and PNG.

Display P3                gets its profile, and is kept where profiles are
BT.2020                   brought into sRGB
PQ, HLG                   light up to diffuse white (203 nits) is shown; what is brighter is cut
anything else             is near enough to sRGB to be taken for it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from safelight.codecs import heif
from safelight.codecs.colour import GREY, PROFILE, RGB, has_alpha, is_deep
from safelight.codecs.libvips import libvips
from safelight.codecs.samples import noted

WIDE, P3 = 9, 12
PQ, HLG = 16, 18
WHITE_NITS, PQ_NITS, HLG_NITS = 203, 10_000, 1_000
# From linear light of these primaries to that of sRGB, white staying white.
TO_SRGB: dict[int, tuple[tuple[float, float, float], ...]] = {
    WIDE: (
        (1.660491, -0.587641, -0.072850),
        (-0.124550, 1.132900, -0.008349),
        (-0.018151, -0.100579, 1.118730),
    ),
    P3: (
        (1.224940, -0.224940, 0.0),
        (-0.042057, 1.042057, 0.0),
        (-0.019638, -0.078636, 1.098274),
    ),
}


@dataclass(frozen=True, slots=True)
class Signal:
    """Which primaries and which curve the samples have, as H.273 numbers them."""

    primaries: int
    transfer: int


def of_heif(data: memoryview) -> Signal | None:
    """What the primary item of a HEIF file says; None where it says nothing, or has a profile."""
    meta = heif.opened(data).meta
    found = [box.body for box in meta.properties_of(meta.primary) if box.type == b"colr"]
    signals = [
        Signal(int.from_bytes(body[4:6], "big"), int.from_bytes(body[6:8], "big"))
        for body in found
        if bytes(body[:4]) == b"nclx"
    ]
    return signals[0] if len(signals) == len(found) == 1 else None


def shown_in_srgb(picture: Any, signal: Signal | None) -> Any:
    """The picture with its colours where the rest expects them. One with a profile stays."""
    if signal is None or picture.get_typeof(PROFILE) or picture.format not in ("uchar", "ushort"):
        return picture
    is_bright = signal.transfer in (PQ, HLG)
    if signal.primaries == P3 and not is_bright:
        profile = libvips().Image.profile_load("p3")
        return _with_profile(picture, profile)
    if is_bright or signal.primaries == WIDE:
        return _converted(picture, signal, is_bright=is_bright)
    return picture


def _with_profile(picture: Any, profile: Any) -> Any:
    picture = picture.copy()
    picture.set_type(libvips().GValue.blob_type, PROFILE, profile)
    return picture


def _converted(picture: Any, signal: Signal, *, is_bright: bool) -> Any:
    deep, grey = is_deep(picture), picture.bands < 3
    alpha = [picture[picture.bands - 1]] if has_alpha(picture) else []
    colours = picture[0] if grey else picture[0:3]
    light = colours.maplut(_curve(signal.transfer, 65_536 if deep else 256))
    light = light.bandjoin([light, light]) if grey else light
    if signal.primaries in TO_SRGB and not grey:
        light = light.recomb(
            libvips().Image.new_from_array([*map(list, TO_SRGB[signal.primaries])])
        )
    seen = light.copy(interpretation="scrgb").colourspace(RGB[deep])
    seen = seen[1].copy(interpretation=GREY[deep]) if grey else seen
    seen = seen.bandjoin(alpha) if alpha else seen
    return noted(seen, "light brighter than white, cut") if is_bright else seen


def _curve(transfer: int, steps: int) -> Any:
    """Linear light of each sample, 1 for diffuse white."""
    import numpy as np

    sample = np.linspace(0, 1, steps)
    if transfer == PQ:
        root = sample ** (32 / 2_523)
        light = np.maximum(root - 107 / 128, 0) / (2_413 / 128 - 2_392 / 128 * root)
        light = light ** (8_192 / 1_305) * PQ_NITS / WHITE_NITS
    elif transfer == HLG:
        low, high = sample**2 / 3, (np.exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(sample <= 0.5, low, high) ** 1.2 * HLG_NITS / WHITE_NITS
    else:
        light = np.where(sample <= 0.04045, sample / 12.92, ((sample + 0.055) / 1.055) ** 2.4)
    data = light.astype(np.float32).tobytes()
    return libvips().Image.new_from_memory(data, steps, 1, 1, "float")
