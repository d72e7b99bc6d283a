"""TIFF as libvips writes it: not in order, so it is made whole and taken at the end."""

from __future__ import annotations

from typing import Any

from safelight.codecs.colour import is_deep
from safelight.codecs.savers import Pieces, present, settings, too_many
from safelight.image import Wish


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in pieces. Raises LimitExceeded."""
    options = settings("tiff", wish, is_deep=is_deep(picture))
    data: bytes = picture.tiffsave_buffer(**options, keep=present(picture))
    if len(data) > most_bytes:
        raise too_many(most_bytes)
    return [data]
