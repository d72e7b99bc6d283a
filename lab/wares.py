"""Sketches of things for sale: turned ware, boxes, frames and lattices, handles, plants, heaps."""

from __future__ import annotations

import numpy as np

from lab.recipe import Random
from lab.sketch import Place, Sketch, curve, smooth_closed


def turned(random: Random, sketch: Sketch) -> None:
    """Bottles, vases, cups, lamps: an outline mirrored on an axis, in bands, perhaps handled."""
    tall, knots = random.uniform(0.5, 0.86), int(random.integers(3, 7))
    top = 0.5 - tall / 2
    widths = random.uniform(0.05, 0.34, knots) * random.uniform(0.6, 1.0)
    heights = np.linspace(0, 1, knots)
    fine = np.linspace(0, 1, 60)
    smooth = np.array(
        [w for _, w in curve(list(zip(heights.tolist(), widths.tolist(), strict=True)))]
    )
    half = np.interp(fine, np.linspace(0, 1, len(smooth)), smooth)
    half = np.clip(half, 0.02, 0.42)
    y = top + tall * fine
    if random.random() < 0.45:
        is_double = random.random() < 0.2
        at = (top + tall * 0.5, float(half[30]))
        _handle(random, sketch, at, tall=tall, both=is_double)
    for part in range(1, 2 + int(random.integers(0, 5))):
        a = 0 if part == 1 else int(random.integers(0, 55))
        b = 60 if part == 1 else min(60, a + int(random.integers(2, 30)))
        right = [(float(v), 0.5 + float(h)) for v, h in zip(y[a:b], half[a:b], strict=True)]
        left = [(v, 1 - x) for v, x in reversed(right)]
        sketch.fill(right + left, part)
    if random.random() < 0.4:
        sketch.oval((top, 0.5), (float(half[0]) * 0.22, float(half[0])), 6)
        sketch.oval((top, 0.5), (float(half[0]) * 0.17, float(half[0]) * 0.9), 7)
    if random.random() < 0.15:
        stem = [(top, 0.5), (top - random.uniform(0.03, 0.1), 0.5 + random.normal(0, 0.08))]
        sketch.line(curve(stem), random.uniform(0.01, 0.04), 8)


def _handle(random: Random, sketch: Sketch, at: Place, *, tall: float, both: bool) -> None:
    """A bow beside the body, whose edge is so far from the axis at this height."""
    y, half = at
    size = tall * random.uniform(0.15, 0.35)
    wide = random.uniform(0.015, 0.05)
    for side in (1, -1) if both else (1,):
        x = 0.5 + side * (half + random.uniform(-0.02, 0.03))
        sketch.oval((y, x), (size, size * random.uniform(0.5, 0.9)), 9, width=wide)


def box(random: Random, sketch: Sketch) -> None:
    """A box seen at a corner, or a stack of them, or one with its lid up."""
    base, count = random.uniform(0.7, 0.85), int(random.choice([1, 1, 1, 2, 3]))
    for level in range(count):
        tall = random.uniform(0.15, 0.6) / count
        left, right = random.uniform(0.12, 0.35), random.uniform(0.65, 0.88)
        corner = random.uniform(left + 0.05, right - 0.05)
        lift, depth = random.uniform(0.0, 0.12), random.uniform(0.02, 0.14)
        a, b, c = (base - lift * 0.8, left), (base, corner), (base - lift, right)
        up = [(y - tall, x) for y, x in (a, b, c)]
        far = (up[0][0] + up[2][0] - up[1][0] - depth * 0.2, left + right - corner)
        part = 1 + 3 * level
        sketch.fill([a, b, up[1], up[0]], part)
        sketch.fill([b, c, up[2], up[1]], part + 1)
        sketch.fill([up[0], up[1], up[2], far], part + 2)
        if random.random() < 0.4:
            y = base - tall * random.uniform(0.2, 0.8)
            sketch.line([(y - lift * 0.8, left), (y, corner), (y - lift, right)], 0.03, 13)
            sketch.repaint(sketch.parts * (sketch.parts == 13).astype(np.uint8), 13)
        base -= tall + 0.01


def panel(random: Random, sketch: Sketch) -> None:
    """A device or a book seen from the front: a rounded slab with a face, knobs and slots."""
    tall, wide = random.uniform(0.25, 0.8), random.uniform(0.25, 0.8)
    top, left = 0.5 - tall / 2, 0.5 - wide / 2
    sharp = random.uniform(2.2, 12)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    y = 0.5 + tall / 2 * np.sign(sin) * np.abs(sin) ** (2 / sharp)
    x = 0.5 + wide / 2 * np.sign(cos) * np.abs(cos) ** (2 / sharp)
    outline = list(zip(y.tolist(), x.tolist(), strict=True))
    sketch.fill(outline, 1)
    inner = [(0.5 + (v - 0.5) * 0.85, 0.5 + (u - 0.5) * 0.85) for v, u in outline]
    if random.random() < 0.7:
        sketch.fill(inner, 2)
    for _ in range(int(random.integers(0, 8))):
        spot = (top + tall * random.uniform(0.15, 0.85), left + wide * random.uniform(0.15, 0.85))
        radius = random.uniform(0.01, 0.1) * min(1.0, tall / 0.4)
        part = int(random.integers(3, 8))
        if random.random() < 0.5:
            sketch.oval(spot, (radius, radius), part)
        else:
            h, w = radius, radius * random.uniform(0.5, 3)
            sketch.slab((spot[0] - h, spot[1] - w), (spot[0] + h, spot[1] + w), part)
    if random.random() < 0.3:
        sketch.oval(
            (top, 0.5), (random.uniform(0.05, 0.2), wide * random.uniform(0.2, 0.4)), 9, width=0.03
        )
    if random.random() < 0.3:
        for x0 in (left + wide * 0.15, left + wide * 0.85):
            sketch.line(
                [(top + tall * 0.9, x0), (top + tall + random.uniform(0.02, 0.15), x0)], 0.025, 10
            )
    if random.random() < 0.25:
        side = left + wide
        cord = [(top + tall * 0.8, side), (top + tall, side + 0.08), (0.92, 0.75), (0.9, 0.45)]
        sketch.line(curve(cord), random.uniform(0.008, 0.02), 11)


def furniture(random: Random, sketch: Sketch) -> None:
    """Chairs, tables, shelves, ladders: slats and legs with the ground between them."""
    thick = random.uniform(0.012, 0.045)
    left, right = random.uniform(0.12, 0.3), random.uniform(0.7, 0.88)
    top, seat, foot = random.uniform(0.1, 0.3), random.uniform(0.45, 0.6), random.uniform(0.8, 0.92)
    skew = random.uniform(-0.08, 0.12)
    for x, dx in ((left + skew + 0.08, 0.03), (right + skew - 0.02, 0.03)):
        sketch.line([(seat, x), (foot - 0.08, x + dx)], thick, 2)
    has_back = random.random() < 0.7
    if has_back:
        for x in (left, right):
            sketch.line([(seat, x), (top, x + random.normal(0, 0.02))], thick, 1)
        sketch.line([(top + 0.02, left), (top + 0.02, right)], thick * random.uniform(1, 3), 1)
        upright = random.random() < 0.5
        for share in np.linspace(0, 1, int(random.integers(0, 7)) + 2)[1:-1]:
            if upright:
                x = left + (right - left) * float(share)
                sketch.line([(top, x), (seat, x)], thick * 0.7, 3)
            else:
                y = top + (seat - top) * float(share)
                sketch.line([(y, left), (y, right)], thick * 0.8, 3)
    lift = random.uniform(0.02, 0.14)
    sketch.fill(
        [
            (seat + lift * 0.3, left),
            (seat - lift * 0.7, left + skew + 0.05),
            (seat - lift * 0.7, right + skew),
            (seat + lift * 0.3, right),
        ],
        4,
    )
    sketch.line([(seat + lift * 0.3, left), (seat + lift * 0.3, right)], thick * 1.3, 5)
    for x in (left, right):
        sketch.line([(seat, x), (foot, x + random.normal(0, 0.02))], thick, 1)
    for _ in range(int(random.integers(0, 3))):
        y = random.uniform(seat + 0.08, foot - 0.05)
        sketch.line([(y, left), (y, right)], thick * 0.7, 3)


def lattice(random: Random, sketch: Sketch) -> None:
    """Racks, cages, baskets, grilles, fences: bars across a frame."""
    corners = [
        (random.uniform(0.12, 0.3), random.uniform(0.12, 0.3)),
        (random.uniform(0.12, 0.3), random.uniform(0.7, 0.88)),
        (random.uniform(0.7, 0.88), random.uniform(0.7, 0.88)),
        (random.uniform(0.7, 0.88), random.uniform(0.12, 0.3)),
    ]
    a, b, c, d = (np.array(v) for v in corners)
    bar = random.uniform(0.008, 0.03)

    def at(u: float, v: float) -> Place:
        spot = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
        return float(spot[0]), float(spot[1])

    both = random.random()
    for share in np.linspace(0, 1, int(random.integers(3, 10))):
        if both < 0.75:
            sketch.line([at(float(share), 0), at(float(share), 1)], bar, 1)
    for share in np.linspace(0, 1, int(random.integers(2, 9))):
        if both > 0.3:
            sketch.line([at(0, float(share)), at(1, float(share))], bar, 2)
    sketch.line(
        [at(0, 0), at(1, 0), at(1, 1), at(0, 1)], bar * random.uniform(1, 3), 3, closed=True
    )
    if random.random() < 0.4:
        sketch.oval(at(0.5, 0), (random.uniform(0.08, 0.25), 0.2), 4, width=bar * 2)
    for _ in range(int(random.integers(0, 4))):
        sketch.fill(
            smooth_closed(random, at(*random.random(2)), random.uniform(0.03, 0.13), rough=0.3),
            int(random.integers(5, 9)),
        )


def rings(random: Random, sketch: Sketch) -> None:
    """Spectacles, scissors, chains, headphones, jewellery: rings and bows joined by bars."""
    count = int(random.integers(1, 6))
    x = np.linspace(0.22, 0.78, count) if count > 1 else np.array([0.5])
    before: Place | None = None
    for centre in x:
        at = (0.5 + random.normal(0, 0.1), float(centre))
        radius = random.uniform(0.07, 0.3 if count < 3 else 0.14)
        width = random.uniform(0.012, 0.07)
        if before is not None:
            sketch.line([before, at], width * 0.8, 2)
        sketch.oval(at, (radius, radius * random.uniform(0.5, 1.0)), 0)
        sketch.oval(
            at,
            (radius, radius * random.uniform(0.6, 1.0)),
            1,
            width=width,
            turn=random.uniform(0, 3),
        )
        before = at
    for _ in range(int(random.integers(0, 4))):
        spots = [(float(p), float(q)) for p, q in random.uniform(0.15, 0.85, (3, 2))]
        sketch.line(curve(spots), random.uniform(0.012, 0.05), int(random.integers(2, 6)))


def plant(random: Random, sketch: Sketch) -> None:
    """Stalks with leaves, often in a pot."""
    root = (random.uniform(0.65, 0.8), 0.5)
    for _ in range(int(random.integers(3, 16))):
        tip = (random.uniform(0.08, 0.5), random.uniform(0.1, 0.9))
        middle = ((root[0] + tip[0]) / 2 - 0.05, (root[1] * 0.7 + tip[1] * 0.3))
        stalk = curve([root, middle, tip])
        sketch.line(stalk, random.uniform(0.006, 0.02), 1)
        size = random.uniform(0.02, 0.1)
        part = int(random.integers(2, 5))
        if random.random() < 0.3:
            sketch.limb(stalk, np.linspace(size, 0.008, len(stalk)).tolist(), part)
        elif random.random() < 0.5:
            sketch.fill(smooth_closed(random, tip, size, rough=0.3), part)
        for y, x in stalk[6::4] if random.random() < 0.4 else []:
            sketch.oval((y, x), (size * 0.3, size), part, turn=random.uniform(0, 3))
    if random.random() < 0.7:
        wide, slope = random.uniform(0.09, 0.2), random.uniform(0.6, 1.1)
        sketch.fill(
            [
                (root[0] - 0.04, 0.5 - wide),
                (root[0] - 0.04, 0.5 + wide),
                (0.92, 0.5 + wide * slope),
                (0.92, 0.5 - wide * slope),
            ],
            7,
        )


def heap(random: Random, sketch: Sketch) -> None:
    """Blobs and polygons grown together, sometimes with holes through them."""
    count = int(random.integers(1, 9))
    spot = (0.5, 0.5)
    for part in range(1, count + 1):
        size = random.uniform(0.06, 0.27)
        if random.random() < 0.6:
            sketch.fill(smooth_closed(random, spot, size, rough=random.uniform(0.1, 0.7)), part)
        else:
            angles = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 8))))
            corners = [(spot[0] + size * np.sin(t), spot[1] + size * np.cos(t)) for t in angles]
            sketch.fill(corners, part)
        spot = (
            float(np.clip(spot[0] + random.normal(0, 0.15), 0.25, 0.75)),
            float(np.clip(spot[1] + random.normal(0, 0.15), 0.25, 0.75)),
        )
    for _ in range(int(random.integers(0, 3)) if random.random() < 0.5 else 0):
        place = (random.uniform(0.3, 0.7), random.uniform(0.3, 0.7))
        sketch.fill(smooth_closed(random, place, random.uniform(0.03, 0.1), rough=0.3), 0)


def bag(random: Random, sketch: Sketch) -> None:
    """A bag with handles or a strap: the ground shows through the loops."""
    top, bottom = random.uniform(0.4, 0.5), random.uniform(0.8, 0.9)
    a, b = random.uniform(0.15, 0.32), random.uniform(0.12, 0.3)
    wide = random.uniform(0.012, 0.04)
    loop = random.uniform(0.1, 0.3)
    if random.random() < 0.6:
        sketch.oval((top, 0.53), (loop, random.uniform(0.08, 0.2)), 3, width=wide)
    sketch.fill(
        curve(
            [
                (top, a),
                (top + random.normal(0, 0.02), 0.5),
                (top, 1 - a),
                (bottom - 0.04, 1 - b),
                (bottom, 0.5),
                (bottom - 0.04, b),
                (top, a),
            ]
        ),
        1,
    )
    if random.random() < 0.5:
        sketch.fill(
            [(top, a), (top, 1 - a), ((top + bottom) / 2, 0.6), ((top + bottom) / 2, 0.4)], 2
        )
    sketch.oval((top + 0.02, 0.5), (loop, random.uniform(0.08, 0.2)), 4, width=wide, arc=(180, 360))
    if random.random() < 0.5:
        sketch.oval(((top + bottom) / 2, 0.5), (0.03, 0.04), 5)
