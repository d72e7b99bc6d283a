"""The short film that lies behind a picture: it says where and when as any film does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from safelight.codecs import mp4
from safelight.codecs.blocks import Block
from safelight.codecs.reading import short_is_broken
from safelight.errors import SafelightError

MOTION_PHOTO = "motion photo video"


def film_blocks(data: memoryview) -> Iterator[Block]:
    """The film, and as much of its own metadata as can be read. Never raises."""
    yield Block("thumbnail", MOTION_PHOTO, data)
    with suppress(SafelightError), short_is_broken():
        for block in mp4.blocks(data):
            yield replace(block, raw=None, is_inner=True)
