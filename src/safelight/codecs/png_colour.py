"""Colour that a PNG says without a profile: by code points, or by its gamma and chromaticities."""

from __future__ import annotations

import struct
from typing import Any

from safelight.codecs import icc, icc_built
from safelight.codecs.coded_colour import Signal, in_its_colours, with_profile
from safelight.codecs.colour import GREY, PROFILE
from safelight.codecs.icc_built import SRGB, Screen
from safelight.codecs.png import Chunk, chunks

# Primaries, transfer, matrix, range: a byte each.
CODE_POINTS = 4
WHOLE = 100_000
# What writers give for sRGB, and by how much it may be missed.
SRGB_GAMMA = 45_455
NEAR_GAMMA, NEAR_POINT = 0.05, 0.005
SHAPES = {b"gAMA": ">I", b"cHRM": ">8I", b"sRGB": ">B"}


def coloured(picture: Any, data: memoryview) -> Any:
    """The picture with the profile that its file means. Code points come before one of the file's
    own, that before the name of sRGB, and that before numbers.
    """
    found = _said(data)
    signal = _signal(found)
    if signal is not None:
        return _by_code_points(picture, signal)
    if picture.get_typeof(PROFILE) or b"sRGB" in found or b"gAMA" not in found:
        return picture
    profile = _profile(found, is_grey=picture.interpretation in GREY)
    return picture if profile is None else with_profile(picture, profile)


def _said(data: memoryview) -> dict[bytes, Chunk]:
    """The first of each such chunk that stands where it counts, and is whole."""
    found: dict[bytes, Chunk] = {}
    for chunk in chunks(data):
        if chunk.type in (b"IDAT", b"PLTE"):
            break
        size = CODE_POINTS if chunk.type == b"cICP" else struct.calcsize(SHAPES.get(chunk.type, ""))
        if size and len(chunk.body) == size and chunk.is_sound:
            found.setdefault(chunk.type, chunk)
    return found


def _signal(found: dict[bytes, Chunk]) -> Signal | None:
    chunk = found.get(b"cICP")
    return None if chunk is None else Signal(chunk.body[0], chunk.body[1])


def _by_code_points(picture: Any, signal: Signal) -> Any:
    """A profile of the file's own does not count: where none takes its place, sRGB is meant."""
    if not picture.get_typeof(PROFILE):
        return in_its_colours(picture, signal)
    picture = picture.copy()
    picture.remove(PROFILE)
    picture = in_its_colours(picture, signal)
    if picture.get_typeof(PROFILE):
        return picture
    is_grey = picture.interpretation in GREY
    standard = icc_built.grey_profile(None, "sRGB") if is_grey else icc.srgb()
    return with_profile(picture, standard)


def _profile(found: dict[bytes, Chunk], *, is_grey: bool) -> bytes | None:
    """By the numbers. None where they mean sRGB, or cannot be meant."""
    (number,) = struct.unpack(SHAPES[b"gAMA"], found[b"gAMA"].body)
    if not number:
        return None
    is_usual = abs(number / SRGB_GAMMA - 1) <= NEAR_GAMMA
    gamma = WHOLE / number
    screen = None if is_grey else _screen(found)
    if screen is not None:
        made = icc_built.profile(screen, gamma, icc.NEUTRAL)
        if made is not None:
            return made
    if is_usual:
        return None
    if is_grey:
        return icc_built.grey_profile(gamma, icc.NEUTRAL)
    return icc_built.profile(SRGB, gamma, icc.NEUTRAL)


def _screen(found: dict[bytes, Chunk]) -> Screen | None:
    """By the chromaticities, white first in the file; None without, or where they are sRGB's."""
    if b"cHRM" not in found:
        return None
    numbers = struct.unpack(SHAPES[b"cHRM"], found[b"cHRM"].body)
    shares = [number / WHOLE for number in numbers]
    white, red, green, blue = zip(shares[::2], shares[1::2], strict=True)
    screen = Screen(red, green, blue, white)
    return None if screen.is_near(SRGB, by=NEAR_POINT) else screen
