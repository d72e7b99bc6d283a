"""Where the subject ends, prepared on a reduced picture and carried out on rows of the full one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]
    Samples = NDArray[Any]

# The longer side of the reduced picture on which edges are prepared.
REDUCED = 512
# That for a matte of more pixels, which has finer edges to keep.
REDUCED_MATTE = 1_024
# The filter looks this far around, in pixels of the reduced picture.
RADIUS = 4
# Subject is what the rough alpha takes for more than INNER; fine parts may be what it takes for
# more than OUTER. The border is looked for so far around, in pixels of the reduced picture.
INNER, OUTER, REACH = 0.5, 0.2, 5
# Alpha outside these becomes 0 or 1: an edge is a pixel or two wide, not a smear.
COMMITTED = (0.15, 0.85)
# Shares of the surroundings outside these need no look at the full picture.
SURE = (0.01, 0.99)
# Colours that differ by less than this, as a distance of 0..1, say little about alpha.
CONTRAST = 0.08
# So far from the way between both colours, as a share of it squared, what is seen is a third one.
STRAY = 0.1
OUTSIDE, INSIDE, EDGE = 0, 1, 2
# The same for a matte: what is not nearly all or nothing so far around is in between.
CLEAR, FULL, NEAR = 0.02, 0.98, 2


@dataclass(frozen=True)
class Cut:
    """state [rows, columns] of the reduced picture: OUTSIDE, INSIDE, EDGE.

    For each of its places, row by row, table has alpha's four coefficients, then the colours of
    subject and ground next to it, then the least and the most that alpha may be. Colours 0..1,
    in the picture's own space. is_matte: alpha stays what it is, and is not steepened.
    """

    state: NDArray[np.uint8]
    table: Plane
    is_matte: bool = False


@dataclass(frozen=True)
class Rows:
    """Rows of the full picture cut out: alpha 0..1, colours 0..1 of the places in between.

    edge is a mask of those places; colours [places, 3] in its order.
    """

    alpha: Plane
    edge: NDArray[np.bool_]
    colours: Plane


def reduced_for(side: int, *, is_matte: bool) -> int:
    """The longer side of the reduced picture for a mask of this side."""
    return max(REDUCED, min(side, REDUCED_MATTE)) if is_matte else REDUCED


def prepared(guide: Plane, alpha: Plane) -> Cut:
    """The cut of guide [3, rows, columns], 0..1, by a rough alpha [rows, columns]."""
    import numpy as np

    from safelight.ops.cutting.fill import filled
    from safelight.ops.cutting.guided import box, tiled

    # Doubt counts only near the border of the subject: within, what looks like ground is not it.
    inner, outer = box(np.stack([alpha > INNER, alpha > OUTER]).astype(np.float32), REACH)
    bounds = np.stack([(inner - np.float32(0.6)) * np.float32(1 / 0.35), outer * 3]).clip(0, 1)
    subject = filled(guide, _certain(inner, alpha))
    ground = filled(guide, _certain(1 - outer, 1 - alpha))
    between, trust = _between(guide, subject, ground)
    first = _committed((between[:3] * guide).sum(0) + between[3], bounds[0], bounds[1])
    better = alpha + (first - alpha) * trust
    slopes = tiled(guide, better, RADIUS)
    slopes += (between - slopes) * trust
    return _cut(np.concatenate([slopes, subject, ground, bounds]), inner, outer)


def prepared_matte(guide: Plane, alpha: Plane) -> Cut:
    """The cut of guide by a matte: it stays as fine and as soft as it is, and the full picture adds
    what is finer.
    """
    import numpy as np

    from safelight.ops.cutting.fill import filled
    from safelight.ops.cutting.guided import box, tiled

    inner, outer = box(np.stack([alpha > FULL, alpha > CLEAR]).astype(np.float32), NEAR)
    subject = filled(guide, _certain(inner, alpha))
    ground = filled(guide, _certain(1 - outer, 1 - alpha))
    bounds = np.stack([np.zeros_like(alpha), np.ones_like(alpha)])
    slopes = tiled(guide, alpha, RADIUS)
    slopes[3] = alpha - (slopes[:3] * guide).sum(0)
    table = np.concatenate([slopes, subject, ground, bounds])
    return replace(_cut(table, inner, outer), is_matte=True)


def _cut(table: Plane, inner: Plane, outer: Plane) -> Cut:
    import numpy as np

    state = np.full(inner.shape, EDGE, np.uint8)
    state[inner > SURE[1]] = INSIDE
    state[outer < SURE[0]] = OUTSIDE
    return Cut(state, np.ascontiguousarray(table.reshape(len(table), -1).T))


def _certain(share: Plane, alpha: Plane) -> Plane:
    """How far a place shows one colour alone; a little of what is mixed, where nothing else is."""
    import numpy as np

    certain: Plane = ((share - np.float32(0.95)) * 20).clip(0, 1) + np.float32(1e-4) * alpha**4
    return certain


def _committed(value: Plane, least: Plane, most: Plane) -> Plane:
    """Alpha steepened towards 0 and 1, within bounds."""
    import numpy as np

    low, high = COMMITTED
    steep = (value - np.float32(low)) * np.float32(1 / (high - low))
    committed: Plane = steep.clip(least, np.maximum(least, most))
    return committed


def _between(guide: Plane, subject: Plane, ground: Plane) -> tuple[Plane, Plane]:
    """Coefficients of alpha as the way from the ground's colour to the subject's, and their trust.

    Trust 0..1 is high where the two colours differ and what is seen is one of them or a mixture.
    """
    import numpy as np

    from safelight.ops.cutting.guided import box

    way = subject - ground
    length = np.maximum((way * way).sum(0), np.float32(1e-6))
    slope = way / length
    offset = -(slope * ground).sum(0)
    alpha = ((slope * guide).sum(0) + offset).clip(0, 1)
    off = ((guide - ground - way * alpha) ** 2).sum(0)
    differs = length * length / (length * length + np.float32(CONTRAST**4))
    trust = differs * np.exp(-off / (np.float32(STRAY) * length))
    return np.concatenate([slope, offset[None]]), box(trust[None], 1)[0]


def cut_rows(cut: Cut, colours: Samples, top: int, *, height: int, peak: int) -> Rows:
    """Rows [rows, columns, 1 or 3] that start at row top of a picture of this height."""
    import numpy as np

    down, across = (_places(*sizes) for sizes in _sizes(cut, colours, top, height))
    state = cut.state[down.nearest[:, None], across.nearest]
    alpha: Plane = (state == INSIDE).astype(np.float32)
    edge = state == EDGE
    at_row, at_column = edge.nonzero()
    own = colours[at_row, at_column] * np.float32(1 / peak)
    own = np.broadcast_to(own, (len(own), 3))
    found = _looked_up(cut, down, across, (at_row, at_column))
    value = (own * found[:, :3]).sum(1) + found[:, 3]
    value = value.clip(0, 1) if cut.is_matte else _committed(value, found[:, 10], found[:, 11])
    alpha[edge] = value
    return Rows(alpha, edge, _subject_colours(own, value, found))


@dataclass(frozen=True)
class Places:
    """Of each full row or column: the nearest reduced one, the one before, and the way past it."""

    nearest: NDArray[np.intp]
    before: NDArray[np.intp]
    share: Plane


def _sizes(
    cut: Cut, colours: Samples, top: int, height: int
) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    rows, columns = colours.shape[:2]
    small_rows, small_columns = cut.state.shape
    return (top, rows, small_rows, height), (0, columns, small_columns, columns)


def _places(start: int, count: int, small: int, large: int) -> Places:
    import numpy as np

    centre = (np.arange(start, start + count) + 0.5) * (small / large) - 0.5
    before = np.floor(centre).clip(0, max(small - 2, 0)).astype(np.intp)
    share = (centre - before).clip(0, 1 if small > 1 else 0).astype(np.float32)
    return Places(np.rint(centre).clip(0, small - 1).astype(np.intp), before, share)


def _looked_up(
    cut: Cut, down: Places, across: Places, at: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> Plane:
    """The table's rows for these places, in straight lines between its own."""
    rows, columns = cut.state.shape
    first = down.before[at[0]] * columns + across.before[at[1]]
    right, below = int(columns > 1), columns if rows > 1 else 0
    x, y = across.share[at[1]][:, None], down.share[at[0]][:, None]
    upper = cut.table[first]
    upper += (cut.table[first + right] - upper) * x
    lower = cut.table[first + below]
    lower += (cut.table[first + below + right] - lower) * x
    answer: Plane = upper + (lower - upper) * y
    return answer


def _subject_colours(own: Plane, alpha: Plane, found: Plane) -> Plane:
    """The subject's colour without the ground's share (Forte and Pitié 2021, the last step).

    Never further from the ground than what is seen and what is next to it: where alpha is too low,
    the step would overshoot.
    """
    import numpy as np

    share = alpha[:, None]
    subject, ground = found[:, 4:7], found[:, 7:10]
    mixed = subject * share + ground * (1 - share)
    clean = subject + share * (own - mixed)
    clean = clean.clip(np.minimum(own, subject), np.maximum(own, subject))
    return clean
