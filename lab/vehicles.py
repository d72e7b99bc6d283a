"""Sketches of things on wheels: cars, vans, bicycles, scooters, with or without a rider."""

from __future__ import annotations

import itertools

import numpy as np

from lab.creatures import person
from lab.recipe import Random
from lab.sketch import Place, Sketch, curve


def wheel(random: Random, sketch: Sketch, at: Place, radius: float, *, open_one: bool) -> None:
    """A tyre with a rim; open ones show what is behind, between spokes."""
    squash = random.uniform(0.75, 1.0)
    radii = (radius, radius * squash)
    if not open_one:
        sketch.oval(at, radii, 5)
        sketch.oval(at, (radii[0] * 0.62, radii[1] * 0.62), 6)
        if random.random() < 0.5:
            sketch.oval(at, (radii[0] * 0.2, radii[1] * 0.2), 5)
        return
    tyre = radius * random.uniform(0.08, 0.2)
    sketch.oval(at, radii, 5, width=tyre)
    count = int(random.choice([0, 0, 4, 5, 6, 8, 12, 18]))
    turn = random.uniform(0, np.pi)
    for angle in turn + np.arange(count) * 2 * np.pi / max(1, count):
        rim = (at[0] + radii[0] * np.sin(angle), at[1] + radii[1] * np.cos(angle))
        sketch.line([at, rim], radius * random.uniform(0.02, 0.06), 6)
    sketch.oval(at, (radius * 0.12, radius * 0.12), 6)


def car(random: Random, sketch: Sketch) -> None:
    """A body, a cabin with panes, two wheels, lamps, bumpers; open between the wheels below."""
    long = random.uniform(0.6, 0.9)
    left, right = 0.5 - long / 2, 0.5 + long / 2
    sill, waist = random.uniform(0.58, 0.64), random.uniform(0.44, 0.52)
    roof = waist - random.uniform(0.08, 0.2)
    nose, boot = random.uniform(0.08, 0.3) * long, random.uniform(0.02, 0.25) * long
    slant = random.uniform(0.02, 0.12)
    body = [(sill, left), (waist + 0.03, left), (waist, left + nose * 0.3)]
    body += [(waist, right - boot * 0.3), (waist + 0.02, right), (sill, right)]
    cabin = [(waist + 0.01, left + nose), (roof, left + nose + slant)]
    cabin += [(roof, right - boot - slant * random.uniform(0.2, 1)), (waist + 0.01, right - boot)]
    radius = random.uniform(0.06, 0.1)
    for x in (left + long * 0.2 + 0.05, right - long * 0.2 + 0.03):
        if random.random() < 0.5:
            sketch.oval((sill, x), (radius * 0.9, radius * 0.5), 5)
    sketch.fill(cabin, 1 if random.random() < 0.7 else 2)
    sketch.fill(curve([*body, body[0]], pieces=5) if random.random() < 0.6 else body, 1)
    inner = [(y + (0.015 if y < waist - 0.02 else -0.012), _inwards(x)) for y, x in cabin]
    glass = 0 if random.random() < 0.06 else 3
    sketch.fill(inner, glass)
    post = left + nose + (right - boot - left - nose) * random.uniform(0.35, 0.65)
    sketch.line([(roof, post), (waist, post)], random.uniform(0.012, 0.03), 1)
    sketch.slab((sill - 0.03, left), (sill, right), 4)
    sketch.oval((waist + 0.05, left + 0.02), (0.018, 0.024), 7)
    sketch.oval((waist + 0.05, right - 0.02), (0.018, 0.018), 8)
    if random.random() < 0.3:
        rack = roof - 0.015
        sketch.line([(rack, left + nose + slant), (rack, right - boot - slant)], 0.012, 4)
    for x in (left + long * random.uniform(0.16, 0.24), right - long * random.uniform(0.16, 0.24)):
        sketch.oval((sill, x), (radius * 1.15, radius * 1.15), 4)
        wheel(random, sketch, (sill + 0.01, x), radius, open_one=False)
    if random.random() < 0.4:
        sketch.line([(waist + 0.06, left), (waist + 0.06, right)], 0.01, 9)
    if random.random() < 0.4:
        sketch.slab((waist, post), (sill - 0.02, right - boot), 2)


def _inwards(x: float) -> float:
    return x + 0.02 * float(np.sign(0.5 - x))


def van(random: Random, sketch: Sketch) -> None:
    """A tall box on wheels with panes and a stripe."""
    left, right = random.uniform(0.08, 0.25), random.uniform(0.75, 0.92)
    roof, sill = random.uniform(0.25, 0.4), 0.66
    cut = random.uniform(0.02, 0.2)
    sketch.fill(
        [(sill, left), (roof + cut * 1.2, left), (roof, left + cut), (roof, right), (sill, right)],
        1,
    )
    count = int(random.integers(1, 6))
    edges = np.linspace(left + cut * 0.7, right - 0.03, count + 1)
    for a, b in itertools.pairwise(edges):
        sketch.fill(
            [
                (roof + 0.06, a + 0.012),
                (roof + 0.17, a + 0.012),
                (roof + 0.17, b),
                (roof + 0.06, b),
            ],
            3,
        )
    sketch.fill(
        [(sill - 0.09, left), (sill - 0.06, left), (sill - 0.06, right), (sill - 0.09, right)], 9
    )
    radius = random.uniform(0.06, 0.1)
    for x in np.linspace(left + 0.13, right - 0.13, int(random.integers(2, 4))):
        wheel(random, sketch, (sill, float(x)), radius, open_one=False)


def bicycle(random: Random, sketch: Sketch) -> None:
    """Two open wheels, a frame of tubes, handlebar and saddle; often ridden."""
    radius, ground = random.uniform(0.13, 0.18), random.uniform(0.7, 0.78)
    rear, front = (ground, 0.28), (ground, random.uniform(0.66, 0.76))
    for hub in (rear, front):
        wheel(random, sketch, hub, radius, open_one=random.random() < 0.9)
    crank = (ground + 0.01, 0.47)
    saddle = (ground - random.uniform(0.2, 0.26), 0.4)
    head = (ground - random.uniform(0.2, 0.28), front[1] - 0.07)
    tube = random.uniform(0.01, 0.022)
    pairs = [(rear, crank), (rear, saddle), (crank, saddle), (crank, head)]
    for a, b in [*pairs, (saddle, head), (head, front)]:
        sketch.line([a, b], tube, 1)
    bar = (head[0] - 0.05, head[1] + random.uniform(-0.03, 0.05))
    sketch.line([head, bar], tube, 1)
    grip = (bar[0] + random.normal(0, 0.02), bar[1] + random.uniform(-0.06, 0.06))
    sketch.line([bar, grip], tube * 1.3, 2)
    seat = saddle[0] - 0.02
    sketch.limb([(seat, saddle[1] - 0.04), (seat, saddle[1] + 0.04)], [0.03, 0.016], 2)
    sketch.oval(crank, (0.03, 0.03), 6, width=0.012)
    if random.random() < 0.3:
        basket = (bar[0] + 0.03, bar[1] + 0.02)
        sketch.fill(
            [
                basket,
                (basket[0], basket[1] + 0.12),
                (basket[0] + 0.1, basket[1] + 0.1),
                (basket[0] + 0.1, basket[1] + 0.02),
            ],
            4,
        )
    if random.random() < 0.6:
        _rider(random, sketch, saddle, bar=bar, pedal=crank)


def scooter(random: Random, sketch: Sketch) -> None:
    """Small wheels, a bent body with a foot board, a windshield; often ridden."""
    radius, ground = random.uniform(0.07, 0.1), 0.8
    rear, front = (ground, 0.3), (ground, 0.7)
    for hub in (rear, front):
        wheel(random, sketch, hub, radius, open_one=random.random() < 0.3)
    saddle, bar = (0.58, 0.34), (random.uniform(0.42, 0.5), random.uniform(0.58, 0.64))
    body = curve(
        [(ground - 0.02, 0.2), (0.62, 0.2), (0.58, 0.32), (0.66, 0.46), (0.78, 0.5), (ground, 0.4)]
    )
    sketch.fill(body, 1)
    sketch.limb([(ground - 0.03, 0.44), (ground - 0.04, 0.6)], [0.04, 0.04], 1)
    sketch.limb(
        curve([(ground - 0.04, 0.58), (0.62, 0.62), bar]), [random.uniform(0.02, 0.07)] * 21, 1
    )
    sketch.limb([bar, front], [0.022, 0.03], 4)
    sketch.oval((ground - radius * 0.7, front[1]), (radius * 0.7, radius * 1.2), 2, arc=(180, 360))
    sketch.limb([(saddle[0], 0.24), (saddle[0], 0.44)], [0.035, 0.03], 2)
    sketch.line([bar, (bar[0] - 0.03, bar[1] - 0.05)], 0.014, 4)
    sketch.oval((bar[0] + 0.03, bar[1] + 0.03), (0.02, 0.02), 7)
    if random.random() < 0.65:
        _rider(random, sketch, saddle, bar=bar, pedal=(ground - 0.05, 0.54))


def _rider(random: Random, sketch: Sketch, saddle: Place, *, bar: Place, pedal: Place) -> None:
    hips = (saddle[0] - 0.04, saddle[1])
    lean = random.uniform(0.05, 0.8)
    trunk = random.uniform(0.19, 0.25)
    neck = (hips[0] - trunk * np.cos(lean), hips[1] + trunk * np.sin(lean))
    for part, shift in ((11, 0.03), (10, -0.02)):
        foot = (pedal[0] + shift * 1.5, pedal[1] + shift)
        knee = (
            (hips[0] + foot[0]) / 2 - 0.04,
            (hips[1] + foot[1]) / 2 + random.uniform(0.06, 0.12),
        )
        sketch.limb([hips, knee, foot], [0.07, 0.055, 0.035], part)
        sketch.limb([foot, (foot[0] + 0.01, foot[1] + 0.04)], [0.035, 0.028], 12)
    middle = ((hips[0] + neck[0]) / 2, (hips[1] + neck[1]) / 2 - random.uniform(0, 0.03))
    wide = random.uniform(0.08, 0.12)
    sketch.limb([hips, middle, neck], [wide, wide * 1.05, wide * 0.9], 9)
    elbow = ((neck[0] + bar[0]) / 2 + random.uniform(0, 0.08), (neck[1] + bar[1]) / 2 - 0.02)
    sketch.limb(
        [(neck[0] + 0.02, neck[1]), elbow, bar],
        [0.05, 0.04, 0.03],
        9 if random.random() < 0.6 else 8,
    )
    skull = random.uniform(0.035, 0.05)
    head = (neck[0] - skull * 1.5, neck[1] + skull * random.uniform(-0.2, 0.8))
    sketch.limb([neck, head], [skull, skull], 8)
    sketch.oval(head, (skull * 1.15, skull), 8)
    sketch.oval((head[0] - skull * 0.4, head[1]), (skull * 0.9, skull * 1.1), 13)


def standing(random: Random, sketch: Sketch) -> None:
    """A person alone, or a pair."""
    size = random.uniform(0.85, 1.05)
    if random.random() < 0.15:
        person(random, sketch, at=(0.5, 0.35), size=size * 0.9)
        person(random, sketch, at=(0.5, 0.65), size=size * 0.9)
        return
    person(random, sketch, at=(0.5, 0.5), size=size)
