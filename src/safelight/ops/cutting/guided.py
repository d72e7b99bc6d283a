"""Guided filter (He, Sun, Tang 2013), fast form: coefficients from a reduced picture.

Near each place alpha is taken as a linear function of colour; the function is fitted on the
reduced picture and used on the full one, so edges land where the full picture has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Planes = NDArray[np.float32]

# How unlike colours must be, as a variance of 0..1, before alpha follows them.
SMOOTHNESS = 1e-4
# Places that are worked on at once on each side, so that they stay in the processor's cache.
TILE = 96


def tiled(guide: Planes, alpha: Planes, radius: int) -> Planes:
    """As coefficients, tile by tile; where alpha is one value there is nothing to fit."""
    import numpy as np

    rows, columns = alpha.shape
    answer: Planes = np.zeros((4, rows, columns), np.float32)
    for top in range(0, rows, TILE):
        for left in range(0, columns, TILE):
            above, before = max(top - 2 * radius, 0), max(left - 2 * radius, 0)
            place = (slice(above, top + TILE + 2 * radius), slice(before, left + TILE + 2 * radius))
            here, part = answer[:, top : top + TILE, left : left + TILE], alpha[place]
            if part.min() == part.max():
                here[3] = part[0, 0]
                continue
            fitted = coefficients(guide[:, *place], part, radius)[:, top - above :, left - before :]
            here[...] = fitted[:, : here.shape[1], : here.shape[2]]
    return answer


def coefficients(guide: Planes, alpha: Planes, radius: int) -> Planes:
    """[4, rows, columns] of guide [3, rows, columns] and alpha [rows, columns], both 0..1.

    Alpha at a place is the sum of the first three times red, green, blue, plus the fourth.
    """
    import numpy as np

    count = len(guide)
    pairs = [(i, j) for i in range(count) for j in range(i, count)]
    moments = np.stack(
        [*guide, alpha, *(guide[i] * guide[j] for i, j in pairs), *(c * alpha for c in guide)]
    )
    means = box(moments, radius)
    colour, level = means[:count], means[count]
    second, shared = means[count + 1 : count + 1 + len(pairs)], means[count + 1 + len(pairs) :]
    for place, (i, j) in enumerate(pairs):
        second[place] -= colour[i] * colour[j]
        if i == j:
            second[place] += np.float32(SMOOTHNESS)
    slope = _solved(second, shared - colour * level)
    offset = level - (slope * colour).sum(0)
    return box(np.concatenate([slope, offset[None]]), radius)


def _solved(matrix: Planes, right: Planes) -> Planes:
    """x of the symmetric 3 x 3 systems matrix x = right, by Cramer's rule."""
    import numpy as np

    rr, rg, rb, gg, gb, bb = matrix
    first, second, third = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    share = 1 / np.maximum(rr * first + rg * second + rb * third, np.float32(SMOOTHNESS**3 / 8))
    middle, low, last = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    x, y, z = right
    slope: Planes = np.stack(
        [
            (first * x + second * y + third * z) * share,
            (second * x + middle * y + low * z) * share,
            (third * x + low * y + last * z) * share,
        ]
    )
    return slope


def box(planes: Planes, radius: int) -> Planes:
    """The mean over a square of 2 radius + 1, smaller at the edges; [planes, rows, columns]."""
    down = _sums(planes, radius)
    across = _sums(down.swapaxes(1, 2), radius).swapaxes(1, 2)
    return across / (_counts(planes.shape[1], radius)[:, None] * _counts(planes.shape[2], radius))


def _sums(planes: Planes, radius: int) -> Planes:
    """Sums over 2 radius + 1 places along axis 1, from sums over 1, 2, 4 and so on."""
    import numpy as np

    length = planes.shape[1]
    part = np.zeros((planes.shape[0], length + 2 * radius, planes.shape[2]), np.float32)
    part[:, radius : radius + length] = planes
    answer: Planes = np.zeros(planes.shape, np.float32)
    start, width, left = 0, 1, 2 * radius + 1
    while left:
        if left % 2:
            answer += part[:, start : start + length]
            start += width
        left //= 2
        if left:
            part = part[:, :-width] + part[:, width:]
            width *= 2
    return answer


def _counts(length: int, radius: int) -> Planes:
    import numpy as np

    places = np.arange(length)
    first, last = np.maximum(places - radius, 0), np.minimum(places + radius, length - 1)
    counts: Planes = (last - first + 1).astype(np.float32)
    return counts
