"""Colour that is said by code points (ITU-T H.273) and not by a profile, as in AVIF, HEIC and PNG.

Display P3, DCI-P3, BT.2020   get a profile: kept where profiles are, else brought into sRGB
PQ, HLG                       light up to diffuse white (203 nits) is shown; the rest is cut
gamma, chromaticities (PNG)   not sRGB's: a profile of these numbers; taken for sRGB if absurd
anything else                 is near enough to sRGB to be taken for it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from safelight.codecs import heif, icc, icc_built
from safelight.codecs.colour import GREY, PROFILE, RGB, has_alpha, is_deep
from safelight.codecs.icc_built import Screen
from safelight.codecs.libvips import libvips
from safelight.codecs.samples import noted

WIDE, CINEMA, P3 = 9, 11, 12
PQ, HLG = 16, 18
WHITE_NITS, PQ_NITS, HLG_NITS = 203, 10_000, 1_000
# The screens that colours are meant for. Samples of all but the bright have sRGB's curve, or near.
SCREENS: dict[int, tuple[Screen, str]] = {
    WIDE: (icc_built.WIDE, "Rec. 2020"),
    CINEMA: (icc_built.CINEMA, icc.NEUTRAL),
    P3: (icc_built.P3, "Display P3"),
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


def in_its_colours(picture: Any, signal: Signal | None) -> Any:
    """The picture with the profile of the screen that it is meant for, its light no brighter than
    white. One with a profile stays.
    """
    if signal is None or picture.get_typeof(PROFILE) or picture.format not in ("uchar", "ushort"):
        return picture
    if signal.transfer in (PQ, HLG):
        picture = _dimmed(picture, signal.transfer)
    if signal.primaries not in SCREENS or picture.bands < 3:
        return picture
    screen, name = SCREENS[signal.primaries]
    return with_profile(picture, icc_built.profile(screen, None, name))


def with_profile(picture: Any, profile: bytes | None) -> Any:
    """The picture told to be in a profile's colours."""
    picture = picture.copy()
    if profile is not None:
        picture.set_type(libvips().GValue.blob_type, PROFILE, profile)
    return picture


def _dimmed(picture: Any, transfer: int) -> Any:
    """Light up to diffuse white in sRGB's curve, of the primaries that it was."""
    deep, grey = is_deep(picture), picture.bands < 3
    alpha = [picture[picture.bands - 1]] if has_alpha(picture) else []
    colours = picture[0] if grey else picture[0:3]
    light = colours.maplut(_curve(transfer, 65_536 if deep else 256))
    light = light.bandjoin([light, light]) if grey else light
    seen = light.copy(interpretation="scrgb").colourspace(RGB[deep])
    seen = seen[1].copy(interpretation=GREY[deep]) if grey else seen
    seen = seen.bandjoin(alpha) if alpha else seen
    return noted(seen, "light brighter than white, cut")


def _curve(transfer: int, steps: int) -> Any:
    """Linear light of each sample, 1 for diffuse white."""
    import numpy as np

    sample = np.linspace(0, 1, steps)
    if transfer == PQ:
        root = sample ** (32 / 2_523)
        light = np.maximum(root - 107 / 128, 0) / (2_413 / 128 - 2_392 / 128 * root)
        light = light ** (8_192 / 1_305) * PQ_NITS / WHITE_NITS
    else:
        low, high = sample**2 / 3, (np.exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(sample <= 0.5, low, high) ** 1.2 * HLG_NITS / WHITE_NITS
    data = light.astype(np.float32).tobytes()
    return libvips().Image.new_from_memory(data, steps, 1, 1, "float")
