"""Masks of coverage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Image:
    """One channel of 8 bit."""

    width: int
    height: int
    samples: bytes

    def tobytes(self) -> bytes:
        """Every sample, in rows."""
        return self.samples


def new(mode: str, size: tuple[int, int]) -> Image:
    """An empty mask. Raises ValueError for any other kind of picture."""
    if mode != "L":
        raise ValueError(f"no pictures of the kind {mode} in the tab")
    return Image(*size, bytes(size[0] * size[1]))
