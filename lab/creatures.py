"""Sketches of limbed things: animals on four legs, people, riders, birds, and what they ride."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.recipe import Random
from lab.sketch import Place, Sketch, curve, smooth_closed


def animal(random: Random, sketch: Sketch) -> None:
    """Four legs, a trunk, a neck, a head, a tail; sometimes horns, patches, a rider."""
    size = random.uniform(0.75, 1.0)
    back, length = 0.42, 0.42 * size
    depth = random.uniform(0.1, 0.24) * size
    front, rear = 0.5 - length / 2, 0.5 + length / 2
    leg = random.uniform(0.12, 0.36) * size
    thick = random.uniform(0.025, 0.07) * size
    hips = [front + 0.03, rear - 0.03]
    _legs(random, sketch, hips, top=back + depth * 0.4, leg=leg, thick=thick, part=5)
    trunk = curve(
        [
            (back, front),
            (back + random.normal(0, 0.02), 0.5),
            (back, rear),
            (back + depth * 0.55, rear + 0.03),
            (back + depth * random.uniform(0.7, 1), 0.5),
            (back + depth * 0.75, front),
            (back + depth * 0.3, front - 0.04),
        ]
    )
    sketch.fill(trunk, 1)
    for x in (front, rear):
        sketch.oval((back + depth * 0.42, x), (depth * 0.5, depth * 0.45), 1)
    hips = [front + 0.01, rear]
    _legs(random, sketch, hips, top=back + depth * 0.5, leg=leg * 1.05, thick=thick, part=2)
    _head(random, sketch, (back + 0.02, front), size=size, depth=depth)
    tail = [(back, rear), (back + random.uniform(-0.15, 0.15), rear + random.uniform(0.05, 0.2))]
    tail.append((tail[1][0] + random.uniform(0, 0.2), tail[1][1] + random.normal(0, 0.06)))
    widths = np.linspace(thick, thick * random.uniform(0.3, 1.4), 21).tolist()
    sketch.limb(curve(tail), widths, 3)
    if random.random() < 0.5:
        patches(random, sketch, of=(1, 2), part=6)
    if random.random() < 0.2:
        person(random, sketch, at=(back - 0.08, 0.5), size=0.5, seated=True)


def _legs(
    random: Random,
    sketch: Sketch,
    hips: list[float],
    *,
    top: float,
    leg: float,
    thick: float,
    part: int,
) -> None:
    for hip in hips:
        swing, knee = random.normal(0, 0.3), random.normal(0, 0.25)
        joint = (top + leg * 0.5 * np.cos(swing), hip + leg * 0.5 * np.sin(swing))
        foot = (
            joint[0] + leg * 0.5 * np.cos(swing + knee),
            joint[1] + leg * 0.5 * np.sin(swing + knee),
        )
        sketch.limb([(top, hip), joint, foot], [thick * 1.8, thick, thick * 0.8], part)
        toe = (foot[0] + thick * 0.2, foot[1] - thick * random.uniform(0.2, 1))
        sketch.limb([foot, toe], [thick * 0.9, thick * 0.7], part if random.random() < 0.5 else 7)


def _head(random: Random, sketch: Sketch, root: Place, *, size: float, depth: float) -> None:
    rise, reach = random.uniform(-0.05, 0.28) * size, random.uniform(0.03, 0.18) * size
    head = (root[0] - rise, root[1] - reach)
    middle = (root[0] - rise * 0.4, root[1] - reach * random.uniform(0.4, 0.9))
    wide = depth * random.uniform(0.35, 0.8)
    widths = np.linspace(wide, wide * random.uniform(0.4, 0.8), 21).tolist()
    sketch.limb(curve([(root[0] + wide * 0.2, root[1]), middle, head]), widths, 1)
    skull = size * random.uniform(0.035, 0.07)
    nose = (head[0] + skull * random.uniform(0.2, 1.6), head[1] - skull * random.uniform(1, 2.5))
    part = 4 if random.random() < 0.5 else 1
    for _ in range(2):
        ear = (head[0] - skull * random.uniform(1, 2.4), head[1] + skull * random.normal(0.3, 0.6))
        sketch.limb([head, ear], [skull * 1.1, skull * 0.3], part)
    sketch.limb([head, nose], [skull * 2, skull * random.uniform(0.8, 1.4)], part)
    if random.random() < 0.25:
        for side in (-1, 1):
            tip = (
                head[0] - skull * random.uniform(2, 5),
                head[1] + side * skull * random.uniform(0, 3),
            )
            mid = (head[0] - skull * 2, head[1] + side * skull * random.uniform(0.5, 3))
            sketch.line(curve([head, mid, tip]), skull * 0.35, 7)


def patches(random: Random, sketch: Sketch, *, of: tuple[int, ...], part: int) -> None:
    """Blots of another tone on parts of these numbers."""
    canvas = Sketch()
    for _ in range(int(random.integers(2, 9))):
        middle = (random.uniform(0.2, 0.8), random.uniform(0.2, 0.8))
        canvas.fill(smooth_closed(random, middle, random.uniform(0.02, 0.13), rough=0.5), 1)
    mask = canvas.parts
    mask[~np.isin(sketch.parts, of)] = 0
    sketch.repaint(mask, part)


def person(
    random: Random,
    sketch: Sketch,
    *,
    at: Place = (0.5, 0.5),
    size: float = 1.0,
    seated: bool = False,
) -> None:
    """Somebody in some pose, hips at a place: clothes in three or four parts, a thing in hand."""
    y, x = at
    lean = random.normal(0, 0.5 if not seated else 0.25)
    trunk, wide = 0.27 * size, random.uniform(0.1, 0.16) * size
    neck = (y - trunk * np.cos(lean), x + trunk * np.sin(lean))
    legs = random.uniform(0.36, 0.44) * size
    for _ in range(2):
        swing = random.normal(0.9 if seated else 0, 0.5) * (1 if random.random() < 0.7 else -1)
        knee = -abs(random.normal(0.5, 0.5)) * np.sign(swing)
        bones = _Bones(legs / 2, (0.085 * size, 0.06 * size, 0.045 * size), part=10, end=12)
        _chain(random, sketch, bones, start=(y, x), angles=(swing, swing + knee))
    middle = ((y + neck[0]) / 2, (x + neck[1]) / 2)
    sketch.limb([(y, x), middle, neck], [wide * 0.9, wide * random.uniform(0.8, 1.1), wide], 9)
    if random.random() < 0.25 and not seated:
        hem = y + legs * random.uniform(0.2, 0.7)
        spread = wide * random.uniform(0.6, 1.4)
        top = [(y - 0.03, x + wide / 2), (y - 0.03, x - wide / 2)]
        sketch.fill([*top, (hem, x - spread), (hem, x + spread)], 10)
    for _ in range(2):
        swing = random.normal(0, 1.1)
        elbow = random.normal(0.6, 0.7)
        sleeve = 9 if random.random() < 0.6 else 8
        bones = _Bones(0.14 * size, (0.055 * size, 0.045 * size, 0.035 * size), part=sleeve, end=8)
        shoulder = (neck[0] + 0.03 * size, neck[1])
        _chain(random, sketch, bones, start=shoulder, angles=(swing, swing + elbow))
    _face(random, sketch, neck, size=size, lean=lean)


def _face(random: Random, sketch: Sketch, neck: Place, *, size: float, lean: float) -> None:
    """A head with hair on a neck."""
    skull = random.uniform(0.045, 0.065) * size
    tilt = lean + random.normal(0, 0.3)
    head = (neck[0] - skull * 1.4 * np.cos(tilt), neck[1] + skull * 1.4 * np.sin(tilt))
    sketch.limb([neck, head], [skull * 0.9, skull * 0.9], 8)
    sketch.oval(head, (skull * 1.2, skull), 8, turn=tilt)
    hair = (head[0] - skull * 0.4, head[1] + skull * random.normal(0, 0.3))
    sketch.oval(hair, (skull * 0.9, skull * 1.05), 13 if random.random() < 0.8 else 7)


@dataclass(frozen=True)
class _Bones:
    """Two of one length; widths at hip, knee and foot; the parts of limb and foot."""

    length: float
    widths: tuple[float, float, float]
    part: int
    end: int


def _chain(
    random: Random, sketch: Sketch, bones: _Bones, *, start: Place, angles: tuple[float, float]
) -> None:
    """Two bones from a joint, and a hand or foot at the end."""
    points = [start]
    for angle in angles:
        y, x = points[-1]
        points.append((y + bones.length * np.cos(angle), x + bones.length * np.sin(angle)))
    sketch.limb(points, list(bones.widths), bones.part)
    end, thin = points[-1], bones.widths[2]
    away = angles[1] + random.uniform(0.6, 1.6)
    tip = (end[0] + thin * np.cos(away), end[1] + thin * np.sin(away))
    sketch.limb([end, tip], [thin * 1.1, thin * 0.8], bones.end)


def bird(random: Random, sketch: Sketch) -> None:
    """A body, a bent neck, a beak, a wing, thin legs or none (afloat)."""
    body, size = (0.58, 0.52), random.uniform(0.12, 0.22)
    sketch.fill(smooth_closed(random, body, size * 1.2, rough=0.15), 1)
    sketch.oval(body, (size * 0.7, size * 1.3), 1, turn=random.normal(0, 0.2))
    tail = (body[0] - random.uniform(-0.05, 0.1), body[1] + size * random.uniform(1.5, 2.3))
    sketch.limb([body, tail], [size, size * random.uniform(0.1, 0.5)], 3)
    if random.random() < 0.6:
        for shift in (-0.04, 0.05):
            foot = (
                body[0] + size + random.uniform(0.05, 0.25),
                body[1] + shift + random.normal(0, 0.03),
            )
            sketch.line([(body[0] + size * 0.4, body[1] + shift), foot], 0.012, 5)
            sketch.line([foot, (foot[0] + 0.01, foot[1] - 0.05)], 0.012, 5)
    rise = random.uniform(0.05, 0.42)
    sway = random.uniform(-0.08, 0.1)
    root = (body[0] - size * 0.2, body[1] - size * 0.9)
    head = (max(0.08, root[0] - rise), root[1] - random.uniform(-0.02, 0.12))
    bent = curve(
        [
            root,
            (root[0] - rise * 0.25, root[1] - 0.08 - sway),
            (root[0] - rise * 0.7, root[1] + sway),
            head,
        ]
    )
    wide = random.uniform(0.03, 0.09)
    sketch.limb(bent, np.linspace(wide * 1.6, wide, len(bent)).tolist(), 1)
    skull = wide * random.uniform(0.6, 0.9)
    beak = (head[0] + random.uniform(0, 0.05), head[1] - skull - random.uniform(0.02, 0.1))
    sketch.limb([head, beak], [skull * 1.2, skull * 0.3], 4)
    sketch.oval(head, (skull * 0.9, skull * 1.1), 1 if random.random() < 0.6 else 6)
    wing = smooth_closed(random, (body[0] - 0.02, body[1] + 0.05), size * 0.8, rough=0.3)
    if random.random() < 0.7:
        sketch.fill(wing, 2)
    if random.random() < 0.3:
        up = (body[0] - random.uniform(0.2, 0.4), body[1] + random.uniform(0, 0.3))
        sketch.limb([body, up], [size, 0.02], 2)
    if random.random() < 0.3:
        patches(random, sketch, of=(1, 2), part=6)
