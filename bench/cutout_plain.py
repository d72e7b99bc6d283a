"""What a net that cuts out must beat: methods that were always there."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from safelight.ops.cutting.surface import fit

Picture = NDArray[np.uint8]
Cover = NDArray[np.float32]
Method = Callable[[Picture], Cover]

INSET = 0.08
"""GrabCut's rectangle, drawn in from the edge by this share."""


def flood(tolerance: int) -> Method:
    """Fill inwards from the whole border; each step may differ by the tolerance."""

    def method(picture: Picture) -> Cover:
        smooth = cv2.bilateralFilter(picture, 5, 12, 3)
        side = smooth.shape[0]
        mask = np.zeros((side + 2, side + 2), np.uint8)
        step = (tolerance,) * 3
        for place in range(0, side, 4):
            for spot in ((place, 0), (place, side - 1), (0, place), (side - 1, place)):
                if not mask[spot[1] + 1, spot[0] + 1]:
                    cv2.floodFill(smooth, mask, spot, 0, step, step, 4 | cv2.FLOODFILL_MASK_ONLY)
        return _tidied(1 - mask[1:-1, 1:-1])

    return method


def fitted(picture: Picture) -> Cover:
    """Whatever differs from a fitted smooth ground by more than four times its noise."""
    ground = fit(picture.astype(np.float32) / np.float32(255))
    away = np.linalg.norm(picture / 255 - ground.colours, axis=2)
    return _tidied((away > max(0.04, 4 * ground.noise)).astype(np.uint8))


def otsu(picture: Picture) -> Cover:
    """The distance from the border's median colour, divided at Otsu's threshold."""
    edge = np.concatenate(
        [
            picture[:6].reshape(-1, 3),
            picture[-6:].reshape(-1, 3),
            picture[:, :6].reshape(-1, 3),
            picture[:, -6:].reshape(-1, 3),
        ]
    )
    away = np.linalg.norm(picture - np.median(edge, axis=0), axis=2)
    grey = np.clip(away, 0, 255).astype(np.uint8)
    return _tidied(cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])


def grab_cut(picture: Picture) -> Cover:
    """Four rounds from a rectangle drawn in from the edges."""
    side = picture.shape[0]
    inset = round(side * INSET)
    mask = np.zeros(picture.shape[:2], np.uint8)
    box = (inset, inset, side - 2 * inset, side - 2 * inset)
    cv2.setRNGSeed(1)
    work = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(
        np.ascontiguousarray(picture[..., ::-1]), mask, box, *work, 4, cv2.GC_INIT_WITH_RECT
    )
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def _tidied(mask: NDArray[np.uint8]) -> Cover:
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found: Cover = opened.astype(np.float32)
    return found


METHODS: dict[str, Method] = {
    "flood, tolerance 2": flood(2),
    "flood, tolerance 4": flood(4),
    "flood, tolerance 8": flood(8),
    "fitted ground": fitted,
    "Otsu": otsu,
    "GrabCut": grab_cut,
}
