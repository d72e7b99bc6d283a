"""Fills: what the surface of a drawn shape looks like, as functions of place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Fill = Callable[[Field, Field], Field]
Warp = Callable[[Field, Field], tuple[Field, Field]]
Random = np.random.Generator

NOISE_SIDE_PX = 512


@dataclass(frozen=True)
class Paints:
    """What one scene paints with: a few tones and a few periodic noise tiles in 0..1."""

    tones: Field
    noises: tuple[Field, ...]

    def tone(self, random: Random) -> float:
        """One tone of the palette, slightly off, in 0..1."""
        return float(np.clip(random.choice(self.tones) + random.normal(0, 0.03), 0, 1))

    def two_tones(self, random: Random) -> tuple[float, float]:
        """Two tones that differ by at least 0.03."""
        first, second = self.tone(random), self.tone(random)
        while abs(first - second) < 0.03:
            second = float(random.uniform(0, 1))
        return first, second


def mix_paints(random: Random) -> Paints:
    """A small palette and five noise tiles, all from `random`."""
    tones = random.beta(0.9, 0.9, size=int(random.integers(3, 9))).astype(np.float32)
    return Paints(tones, tuple(noise_tile(random) for _ in range(5)))


def noise_tile(random: Random) -> Field:
    """Periodic 1/f^a noise in 0..1: plain, stretched, high-passed, ridged or thresholded."""
    side = NOISE_SIDE_PX
    fy = np.fft.fftfreq(side)[:, None] * np.exp(random.normal(0, 0.5))
    fx = np.fft.rfftfreq(side)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(random.standard_normal((side, side)))
    spectrum *= frequency ** -random.uniform(0.8, 2.4)
    if random.random() < 0.3:
        spectrum *= 1 - np.exp(-((frequency / random.uniform(0.01, 0.06)) ** 2))
    if random.random() < 0.75:
        spectrum *= np.exp(-((frequency / random.uniform(0.04, 0.25)) ** 2))
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(side, side))
    noise /= noise.std() + 1e-9
    kind = random.random()
    if kind < 0.15:
        noise = 1.5 - 2.5 * np.abs(noise)
    elif kind < 0.3:
        noise = 1.3 * np.tanh(noise * random.uniform(2, 12))
    return np.clip(0.5 + noise / 5, 0, 1).astype(np.float32)


def any_fill(random: Random, paints: Paints, *, radius_px: float) -> Fill:
    """A fill fit for a shape of this radius; small shapes are plain more often."""
    plain = 0.65 if radius_px < 12 else 0.3
    kind = random.random()
    if kind < plain:
        return (
            flat(paints.tone(random))
            if random.random() < 0.6
            else gradient(random, paints, radius_px=radius_px)
        )
    if kind < plain + (1 - plain) * 0.5:
        return noise(random, paints)
    if kind < plain + (1 - plain) * 0.75:
        return waves(random, paints, radius_px=radius_px)
    return tiles(random, paints, radius_px=radius_px)


def flat(tone: float) -> Fill:
    """One tone everywhere."""
    return lambda y, x: np.full(np.broadcast_shapes(y.shape, x.shape), tone, np.float32)


def gradient(random: Random, paints: Paints, *, radius_px: float) -> Fill:
    """A linear ramp between two tones over about one diameter, repeating as a triangle."""
    low, high = paints.two_tones(random)
    angle = random.uniform(0, 2 * np.pi)
    length = radius_px * random.uniform(1.5, 6)
    cos, sin, shift = np.cos(angle) / length, np.sin(angle) / length, random.uniform(0, 1)

    def fill(y: Field, x: Field) -> Field:
        place = np.float32(cos) * x + np.float32(sin) * y + np.float32(shift)
        ramp = np.abs(np.mod(place, 2) - 1)
        tone: Field = (low + (high - low) * ramp).astype(np.float32)
        return tone

    return fill


def noise(random: Random, paints: Paints) -> Fill:
    """A noise tile of the scene, shifted, between two tones of random contrast."""
    tile = paints.noises[int(random.integers(len(paints.noises)))]
    dy, dx = (int(v) for v in random.integers(0, NOISE_SIDE_PX, 2))
    middle, contrast = paints.tone(random), random.choice([0.15, 0.3, 0.6, 1.2])

    def fill(y: Field, x: Field) -> Field:
        rows = (y.astype(np.int64).ravel() + dy) % NOISE_SIDE_PX
        columns = (x.astype(np.int64).ravel() + dx) % NOISE_SIDE_PX
        values = tile[np.ix_(rows, columns)]
        tone: Field = np.clip(middle + np.float32(contrast) * (values - 0.5), 0, 1)
        return tone

    return fill


def any_warp(random: Random, *, size_px: float) -> Warp:
    """A change of coordinates: turned, and sometimes seen at a slant, chirped or wavy."""
    upright = random.random() < 0.4
    angle = random.choice([0.0, np.pi / 2]) if upright else random.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    slant = np.float32(random.uniform(0.1, 0.7) / size_px if random.random() < 0.35 else 0)
    chirp = np.float32(random.uniform(-0.4, 0.4) / size_px if random.random() < 0.2 else 0)
    wavy = random.random() < 0.25
    height = np.float32(size_px * random.uniform(0.02, 0.2) if wavy else 0)
    length = np.float32(size_px * random.uniform(0.4, 2.5))
    y0, x0 = (np.float32(v) for v in random.uniform(0, size_px, 2))

    def warp(y: Field, x: Field) -> tuple[Field, Field]:
        u = cos * (x - x0) + sin * (y - y0)
        v = cos * (y - y0) - sin * (x - x0)
        if slant:
            depth = np.float32(1) / np.maximum(np.float32(0.25), 1 + slant * v)
            u, v = u * depth, v * depth
        if chirp:
            u = u * (1 + chirp * np.abs(u) / 2)
        if height:
            u = u + height * np.sin(v * np.float32(2 * np.pi) / length)
        return u, v

    return warp


def waves(random: Random, paints: Paints, *, radius_px: float) -> Fill:
    """Stripes of a sine, soft square, thin-line or saw profile between two tones."""
    low, high = paints.two_tones(random)
    period = np.exp(random.uniform(np.log(4.0), np.log(max(10.0, min(120.0, radius_px)))))
    warp = any_warp(random, size_px=max(radius_px, 60.0))
    kind, sharp = int(random.integers(4)), random.uniform(2, 15)
    duty = np.cos(np.pi * random.uniform(0.1, 0.4))

    def fill(y: Field, x: Field) -> Field:
        turn = warp(y, x)[0] / np.float32(period)
        wave = np.sin(turn * np.float32(2 * np.pi))
        if kind == 1:
            wave = np.tanh(np.float32(sharp) * wave)
        elif kind == 2:
            wave = np.tanh(np.float32(sharp) * (wave - np.float32(duty)))
        elif kind == 3:
            wave = 2 * np.mod(turn, 1) - 1
        tone: Field = (low + (high - low) * (wave + 1) / 2).astype(np.float32)
        return tone

    return fill


def tiles(random: Random, paints: Paints, *, radius_px: float) -> Fill:
    """Checkers, bricks or a grid with joints, each tile with its own tone offset."""
    low, high = paints.two_tones(random)
    side = np.exp(random.uniform(np.log(6.0), np.log(max(14.0, min(160.0, radius_px)))))
    aspect = np.exp(random.normal(0, 0.4))
    warp = any_warp(random, size_px=max(radius_px, 80.0))
    kind, joint = int(random.integers(3)), random.uniform(0.04, 0.3)
    table = (random.normal(0, random.choice([0.0, 0.05, 0.15]), (64, 64))).astype(np.float32)

    def fill(y: Field, x: Field) -> Field:
        u, v = warp(y, x)
        u, v = np.broadcast_arrays(u / np.float32(side), v / np.float32(side * aspect))
        row = np.floor(v).astype(np.int64)
        if kind == 1:
            u = u + np.float32(0.5) * (row & 1)
        column = np.floor(u).astype(np.int64)
        if kind == 0:
            tone = np.where((row + column) & 1, high, low)
        else:
            inside = (u - column > joint) & (v - row > joint / aspect)
            tone = np.where(inside, high, low)
        varied: Field = np.clip(tone + table[row & 63, column & 63], 0, 1).astype(np.float32)
        return varied

    return fill
