"""A sketch: one object as a map of numbered parts, drawn three times too large.

Places and sizes are shares of the canvas, y downwards. Later parts cover earlier ones; part 0 is
no object, so cutting is painting with 0.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.recipe import Random

SIDE_PX = 256
OVERSAMPLING = 3
PARTS = 16
"""Numbers 1 to 15 are parts."""

Place = tuple[float, float]
Mask = NDArray[np.uint8]


class Sketch:
    """The canvas; every method that paints takes the part's number last."""

    def __init__(self) -> None:
        side = SIDE_PX * OVERSAMPLING
        self.parts: Mask = np.zeros((side, side), np.uint8)

    def fill(self, points: list[Place], part: int) -> None:
        """A filled polygon."""
        cv2.fillPoly(self.parts, [self._pixels(points)], part)

    def slab(self, corner: Place, opposite: Place, part: int) -> None:
        """An upright rectangle."""
        (top, left), (bottom, right) = corner, opposite
        self.fill([(top, left), (top, right), (bottom, right), (bottom, left)], part)

    def line(self, points: list[Place], width: float, part: int, *, closed: bool = False) -> None:
        """A bent line with round ends."""
        thick = max(2, round(width * self.parts.shape[0]))
        cv2.polylines(self.parts, [self._pixels(points)], closed, part, thick)

    def limb(self, points: list[Place], widths: list[float], part: int) -> None:
        """Joints with a width each, joined by tapering tubes."""
        for (p, q), (a, b) in zip(
            itertools.pairwise(points),
            itertools.pairwise(widths),
            strict=True,
        ):
            dy, dx = q[0] - p[0], q[1] - p[1]
            length = max(1e-6, float(np.hypot(dy, dx)))
            ny, nx = dx / length / 2, -dy / length / 2
            corners = [
                (p[0] + ny * a, p[1] + nx * a),
                (q[0] + ny * b, q[1] + nx * b),
                (q[0] - ny * b, q[1] - nx * b),
                (p[0] - ny * a, p[1] - nx * a),
            ]
            self.fill(corners, part)
        for point, width in zip(points, widths, strict=True):
            self.oval(point, (width / 2, width / 2), part)

    def oval(
        self,
        middle: Place,
        radii: Place,
        part: int,
        *,
        turn: float = 0.0,
        width: float = 0.0,
        arc: tuple[float, float] = (0.0, 360.0),
    ) -> None:
        """An ellipse, or with a width its outline, or a piece of it between two angles."""
        side = self.parts.shape[0]
        centre = (round(middle[1] * side), round(middle[0] * side))
        axes = (max(1, round(abs(radii[1]) * side)), max(1, round(abs(radii[0]) * side)))
        thick = max(2, round(width * side)) if width else cv2.FILLED
        angle = float(np.degrees(turn))
        cv2.ellipse(self.parts, centre, axes, angle, arc[0], arc[1], part, thick)

    def repaint(self, mask: Mask, part: int) -> None:
        """Give what the mask covers of the object another number."""
        self.parts[(mask > 0) & (self.parts > 0)] = part

    def bend(self, random: Random, *, strength: float) -> None:
        """Turn, stretch and bend the whole softly; gaps stay gaps."""
        side = self.parts.shape[0]
        axis = np.linspace(-1, 1, side, dtype=np.float32)
        y, x = np.meshgrid(axis, axis, indexing="ij")
        moved = [y.copy(), x.copy()]
        for plane in moved:
            for _ in range(3):
                fy, fx = random.normal(0, 2.2, 2)
                wave = np.sin(np.float32(fy) * y + np.float32(fx) * x + random.uniform(0, 7))
                plane += np.float32(strength * random.normal(0, 0.05)) * wave
        to_px = np.float32((side - 1) / 2)
        map_y, map_x = ((plane + 1) * to_px for plane in moved)
        self.parts = cv2.remap(self.parts, map_x, map_y, cv2.INTER_NEAREST)

    def _pixels(self, points: list[Place]) -> NDArray[np.int32]:
        side = self.parts.shape[0]
        return np.array([(round(x * side), round(y * side)) for y, x in points], np.int32)


def blank() -> Mask:
    """An empty mask as large as a sketch."""
    side = SIDE_PX * OVERSAMPLING
    return np.zeros((side, side), np.uint8)


def smooth_closed(random: Random, middle: Place, radius: float, *, rough: float) -> list[Place]:
    """A closed smooth curve around a point, lobed by `rough`."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    reach = np.ones_like(angles)
    for order in range(2, 8):
        size = random.normal(0, rough) / order
        reach += size * np.cos(order * angles + random.uniform(0, 2 * np.pi))
    reach = np.clip(reach, 0.25, 1.9) * radius
    squash, turn = random.uniform(0.5, 1.0), random.uniform(0, np.pi)
    u, v = reach * np.cos(angles), squash * reach * np.sin(angles)
    y = middle[0] + u * np.sin(turn) + v * np.cos(turn)
    x = middle[1] + u * np.cos(turn) - v * np.sin(turn)
    return list(zip(y.tolist(), x.tolist(), strict=True))


def curve(points: list[Place], *, pieces: int = 10) -> list[Place]:
    """A smooth line through the points (Catmull-Rom)."""
    if len(points) < 3:
        return points
    ends = [points[0], *points, points[-1]]
    whole: list[Place] = []
    share = np.linspace(0, 1, pieces, endpoint=False)[:, None]
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        p, q, r, s = (np.array(v)[None] for v in (a, b, c, d))
        t = share
        spot = 0.5 * (
            2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * (q - r) + s - p) * t**3
        )
        whole += [(float(y), float(x)) for y, x in spot]
    return [*whole, points[-1]]
