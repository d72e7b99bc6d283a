"""What a box says of a picture: where to look, and which colours lie inside it and not around it.

A net is shown the box and a margin around it, stretched to a square, so that what it looks for is
always in the middle and as large as can be. Training and the operation both come here, so they
always agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""left, top, right, bottom."""

PLANES = 6
"""Planes of the net's input: red, green, blue, the box, two guesses from colour alone."""

MARGIN = 0.2
"""Room on each side of the box that is looked at as well, as a share of the box's side."""

NARROWEST = 0.5
"""The shorter side of what is looked at is at least this share of the longer."""

BEYOND = 0.5
"""Value of the box plane beyond the picture; 1 inside the box, 0 around it."""

LEVELS = 10
"""Colours are counted on a grid of so many levels of red, green and blue."""

LOOKS = 3


@dataclass(frozen=True)
class View:
    """The part of a picture that is looked at, in pixels; parts may lie beyond the picture."""

    left: float
    top: float
    width: float
    height: float

    def inside(self, box: Box) -> Box:
        """A box of the picture in shares of the view."""
        left, top, right, bottom = box
        return (
            (left - self.left) / self.width,
            (top - self.top) / self.height,
            (right - self.left) / self.width,
            (bottom - self.top) / self.height,
        )


def view_of(box: Box) -> View:
    """The box and its margin, never narrower than half of its length."""
    left, top, right, bottom = box
    width, height = (right - left) * (1 + 2 * MARGIN), (bottom - top) * (1 + 2 * MARGIN)
    width, height = max(width, NARROWEST * height), max(height, NARROWEST * width)
    return View((left + right - width) / 2, (top + bottom - height) / 2, width, height)


def tensor(rgb: NDArray[np.uint8], box: Box, picture: Box) -> Array:
    """The net's input [PLANES, side, side] of a view [side, side, 3] in sRGB.

    box and picture say in shares of the view where the box and the picture lie. Planes 0 to 2 are
    the view in 0..1, 3 is the box, 4 and 5 say how much more often a pixel's colour is met inside
    the box than around it (0..1), at first sight and after the guess was used to count again.
    """
    side = rgb.shape[0]
    planes = np.empty((PLANES, side, side), np.float32)
    planes[:3] = rgb.transpose(2, 0, 1) * np.float32(1 / 255)
    in_box, in_picture = _marked(box, side), _marked(picture, side)
    planes[3] = np.where(in_picture, in_box.astype(np.float32), np.float32(BEYOND))
    index = rgb.astype(np.int64) * LEVELS // 256
    place = ((index[..., 0] * LEVELS + index[..., 1]) * LEVELS + index[..., 2]).ravel()
    within = (in_box & in_picture).ravel().astype(np.float32)
    around = (~in_box & in_picture).ravel().astype(np.float32)
    guess = _likely(place, within, around)
    planes[4] = guess.reshape(side, side)
    for _ in range(LOOKS):
        guess = _likely(place, within * guess**2, around + within * (1 - guess) ** 2)
    planes[5] = guess.reshape(side, side)
    return planes


def _marked(box: Box, side: int) -> NDArray[np.bool_]:
    left, top, right, bottom = (round(share * side) for share in box)
    place = np.arange(side)
    rows, columns = (place >= top) & (place < bottom), (place >= left) & (place < right)
    return rows[:, None] & columns[None, :]


def _likely(place: NDArray[np.int64], inside: Array, outside: Array) -> Array:
    """For each pixel the share of the inside among its colour, both sides weighed as equal."""
    counts = [np.bincount(place, weights, LEVELS**3) for weights in (inside, outside)]
    first, second = (_spread(count / max(1.0, float(count.sum()))) for count in counts)
    share: Array = ((first + 1e-5) / (first + second + 2e-5)).astype(np.float32)
    return share[place]


def _spread(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """A little of each count goes to the neighbouring colours."""
    cube = np.pad(counts.reshape(LEVELS, LEVELS, LEVELS), 1)
    middle = slice(1, -1)
    total = cube[middle, middle, middle] * 2
    for axis in range(3):
        for step in (slice(0, -2), slice(2, None)):
            at = [middle] * 3
            at[axis] = step
            total = total + cube[tuple(at)] * 0.5
    spread: NDArray[np.float64] = (total / 5).ravel()
    return spread
