"""A gain map beside a picture that was made smaller: as it is, or made smaller with it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from safelight.codecs import carry
from safelight.codecs.blocks import Aside
from safelight.codecs.libvips import foreign_errors
from safelight.codecs.loading import loaded
from safelight.codecs.reading import starts
from safelight.image import Header
from safelight.limits import MAX_INPUT_PIXELS

# How much wider or higher than the shown picture a gain map stays as it is; most are smaller.
LARGEST_MAP = 2
QUALITY = 90


def fitted(aside: Aside, whole: tuple[int, int]) -> Aside | None:
    """The gain map for a picture of this size, at most LARGEST_MAP times as wide and as high; None
    for what is none, or not in a JPEG.

    Raises ContainerBroken for one that cannot be read.
    """
    if aside.block.kind != "gain map" or not starts(aside.block.data, carry.JPEG):
        return None
    header: Header = import_module("safelight.codecs.jpeg").header(aside.block.data)
    if max(header.width / whole[0], header.height / whole[1]) <= LARGEST_MAP:
        return aside
    if header.width * header.height > MAX_INPUT_PIXELS or header.bands not in (1, 3):
        return None
    across, down = (min(1.0, to / by) for to, by in zip(whole, _sides(header), strict=True))
    with foreign_errors("the gain map"):
        picture = loaded(aside.block.data, "jpegload_source")
        smaller = picture.resize(across, vscale=down, kernel="linear")
        data = smaller.jpegsave_buffer(Q=QUALITY, subsample_mode="off", keep="none")
    return Aside(replace(aside.block, data=memoryview(data)), aside.carried)


def _sides(header: Header) -> tuple[int, int]:
    return header.width, header.height
