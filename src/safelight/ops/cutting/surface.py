"""A smooth colour surface fitted to the ground around an object, and the net's input made of it.

Plain, shaded and vignetted grounds, also a wall above a floor, are a smooth surface of colour. It
is fitted to the border of the picture, then to whatever else lies on it, by reweighted least
squares; how far each pixel is from it is most of the answer, and the net is left with the rest.
Training and the operation both come here, so they always agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

PLANES = 7
"""Planes of the net's input: red, green, blue, three signed differences, one distance."""

GRID = 64
"""The surface is fitted to a grid of about this many points a side."""

BAND = 0.055
"""Width of the border band, as a share of the side."""

GAIN = 8.0
LEAST_NOISE = 0.006
"""The finest difference that counts, 1.5 steps of 8 bits: an even ground is not perfectly known."""

CREASE_GAIN = 0.5
"""A floor and a wall are believed when they leave less than this share of the plain error."""


@dataclass(frozen=True)
class Surface:
    """Colours 0..1 of the ground at each pixel, and how far the border is from them (0..1)."""

    colours: Array
    noise: float


def tensor(rgb: NDArray[np.uint8]) -> Array:
    """The net's input [PLANES, side, side] of a square picture [side, side, 3] in sRGB.

    Planes 0 to 2 are the picture in 0..1, 3 to 5 its signed difference from the fitted ground in
    -1..1, 6 the distance from it in units of the border's own noise, squeezed to 0..1.
    """
    import numpy as np

    picture = rgb.astype(np.float32) * np.float32(1 / 255)
    ground = fit(picture)
    difference = picture - ground.colours
    distance = np.sqrt(np.einsum("yxc,yxc->yx", difference, difference))
    distance /= np.float32(4 * ground.noise)
    planes = np.empty((PLANES, *picture.shape[:2]), np.float32)
    planes[:3] = picture.transpose(2, 0, 1)
    planes[3:6] = np.tanh(difference * np.float32(GAIN)).transpose(2, 0, 1)
    planes[6] = distance / (1 + distance)
    return planes


def fit(picture: Array) -> Surface:
    """The ground of a square picture [side, side, 3] in 0..1."""
    import numpy as np

    side = picture.shape[0]
    step = max(1, side // GRID)
    points = np.ascontiguousarray(picture[step // 2 :: step, step // 2 :: step])
    count = points.shape[0]
    crease = _crease(points)
    plain = _robust(points, _terms(count), on_border=_border(count))
    chosen, terms = plain, None
    if crease is not None:
        terms = np.concatenate([_terms(count), _fold(count, crease)], axis=1)
        folded = _robust(points, terms, on_border=_border(count))
        if folded[1] < 0.8 * plain[1]:
            chosen = folded
    weights, noise = chosen
    whole = _terms(side)
    colours = whole @ weights[: whole.shape[1]]
    if chosen is not plain and crease is not None:
        colours += _fold(side, crease) @ weights[whole.shape[1] :]
    np.clip(colours, 0, 1, out=colours)
    return Surface(colours.reshape(side, side, 3), noise)


def _robust(points: Array, terms: Array, *, on_border: NDArray[np.bool_]) -> tuple[Array, float]:
    """Weights [terms, 3] of the surface, and the noise of the border points that lie on it."""
    import numpy as np

    colours = points.reshape(-1, 3)
    edge_terms, edge = terms[on_border], colours[on_border]
    trust = np.ones(len(edge), np.float32)
    for _ in range(8):
        weights = _solve(edge_terms, edge, trust)
        error = _length(edge - edge_terms @ weights)
        trust = np.float32(1) / (error + np.float32(0.004))
    noise = max(LEAST_NOISE, 1.3 * float(np.quantile(error, 0.5)))
    for widening in (4.0, 3.0, 3.0):
        error = _length(colours - terms @ weights)
        near = np.maximum(1 - (error / np.float32(widening * noise)) ** 2, 0) ** 2
        near[on_border] *= 3
        if np.count_nonzero(near > 0) < 0.1 * len(colours):
            break
        weights = _solve(terms, colours, near.astype(np.float32))
    error = _length(edge - edge_terms @ weights)
    return weights, max(LEAST_NOISE, 1.3 * float(np.quantile(error, 0.5)))


def _solve(terms: Array, colours: Array, trust: Array) -> Array:
    import numpy as np

    weighted = terms * trust[:, None]
    normal = weighted.T @ terms
    normal[np.diag_indices_from(normal)] += np.float32(1e-5) * np.trace(normal)
    found: Array = np.linalg.solve(normal, weighted.T @ colours).astype(np.float32)
    return found


def _length(vectors: Array) -> Array:
    import numpy as np

    lengths: Array = np.sqrt(np.einsum("nc,nc->n", vectors, vectors))
    return lengths


def _crease(points: Array) -> tuple[float, float] | None:
    """Heights (-1..1) at the left and right edge of a line between two grounds; None if plain."""
    import numpy as np

    count = points.shape[0]
    width = max(2, round(count * BAND))
    heights = []
    for strip in (points[:, :width], points[:, -width:]):
        split = _split(np.median(strip, axis=1))
        if split is None:
            return None
        heights.append(2 * split / count - 1)
    left, right = heights
    return (left, right) if abs(left - right) < 0.5 else None


def _split(profile: Array) -> int | None:
    """Where a column of colours breaks into two straight pieces; None if one curve does."""
    import numpy as np

    count = len(profile)
    place = np.linspace(-1, 1, count, dtype=np.float64)
    sums = np.cumsum(_moments(place, profile.astype(np.float64)), axis=0)
    margin = max(4, count // 12)
    cuts = np.arange(margin, count - margin)
    error = _line_error(sums[cuts - 1]) + _line_error(sums[-1] - sums[cuts - 1])
    whole = np.polynomial.polynomial.polyfit(place, profile.astype(np.float64), 2)
    curve = np.polynomial.polynomial.polyval(place, whole).T
    plain = float(((profile - curve) ** 2).sum()) + count * 3e-5
    best = int(np.argmin(error))
    return int(cuts[best]) if error[best] < CREASE_GAIN * plain else None


def _moments(place: NDArray[Any], profile: NDArray[Any]) -> NDArray[Any]:
    """Per point what a straight line's error needs: 1, t, t², and for each colour c, tc, c²."""
    import numpy as np

    ones = np.ones_like(place)
    columns = [ones, place, place**2]
    for colour in profile.T:
        columns += [colour, place * colour, colour**2]
    return np.stack(columns, axis=1)


def _line_error(sums: NDArray[Any]) -> NDArray[Any]:
    """Squared error of the best straight line through points with these sums."""
    import numpy as np

    n, t, tt = sums[..., 0], sums[..., 1], sums[..., 2]
    spread = np.maximum(tt - t * t / n, 1e-9)
    total = np.zeros_like(n)
    for c in range(3, 12, 3):
        y, ty, yy = sums[..., c], sums[..., c + 1], sums[..., c + 2]
        total += np.maximum(yy - y * y / n - (ty - t * y / n) ** 2 / spread, 0)
    return total


@lru_cache(maxsize=16)
def _terms(count: int) -> Array:
    """A quadratic in x and y and one term of fourth order, for a vignette's corners."""
    import numpy as np

    place = (np.arange(count, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / count) - 1
    y, x = np.broadcast_arrays(place[:, None], place[None, :])
    far = x * x + y * y
    columns = [np.ones_like(x), x, y, x * x, x * y, y * y, far * far]
    terms: Array = np.stack(columns, axis=-1).reshape(-1, len(columns)).astype(np.float32)
    return terms


def _fold(count: int, crease: tuple[float, float]) -> Array:
    """What the floor has of its own: a step and a slope below the line."""
    import numpy as np

    place = (np.arange(count, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / count) - 1
    left, right = crease
    line = np.float32((left + right) / 2) + place * np.float32((right - left) / 2)
    below = place[:, None] - line[None, :]
    step = np.clip(below * np.float32(count / 3) + np.float32(0.5), 0, 1)
    columns = [step, step * place[:, None], step * below * below]
    fold: Array = np.stack(columns, axis=-1).reshape(-1, len(columns)).astype(np.float32)
    return fold


@lru_cache(maxsize=16)
def _border(count: int) -> NDArray[np.bool_]:
    import numpy as np

    width = max(2, round(count * BAND))
    band = np.ones((count, count), np.bool_)
    band[width:-width, width:-width] = False
    return band.ravel()
