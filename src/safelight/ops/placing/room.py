"""Room: a result that would be too large is refused before a pixel of it is made."""

from __future__ import annotations

from safelight.errors import LimitExceeded
from safelight.limits import Limits


def check_room(width: int, height: int, frames: int, limits: Limits) -> None:
    """Raise LimitExceeded where so many frames of this size pass the limit of an output."""
    pixels = width * height * frames
    if pixels > limits.output_pixels:
        raise LimitExceeded(
            f"the result would have {pixels} pixels, the limit is {limits.output_pixels}"
        )
