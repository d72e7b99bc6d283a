"""pyvips in the tab: as much of its interface as Safelight uses, over wasm-vips.

What meets a part of libvips that is not loaded yet raises safelight_tab.wanting.Wanted.
"""

from __future__ import annotations

from types import SimpleNamespace

from pyvips.bridge import Error, libvips
from pyvips.image import Image
from pyvips.outside import Interpolate, Region, Source, SourceCustom, TargetCustom
from pyvips.values import GValue

__all__ = [
    "Error",
    "GValue",
    "Image",
    "Interpolate",
    "Region",
    "Source",
    "SourceCustom",
    "TargetCustom",
    "block_untrusted_set",
    "cache_set_max",
    "enums",
]

# The kinds of blocks as libvips numbers them.
enums = SimpleNamespace(
    ForeignKeep=SimpleNamespace(NONE=0, EXIF=1, XMP=2, IPTC=4, ICC=8, OTHER=16, ALL=31)
)


def block_untrusted_set(state: bool) -> None:  # as pyvips has it
    """Block what libvips itself does not trust with hostile files."""
    libvips().blockUntrusted(state)


def cache_set_max(most: int) -> None:
    """How many operations libvips remembers."""
    libvips().Cache.max(most)
