"""Grounds to set objects on, drawn in grey: brick, tiles, wood, cloth, sand."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pool import Pool
from lab.recipe import Random
from lab.textures import noise_tile

SIDE_PX = 384
Plane = NDArray[np.float32]


def draw_ground(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """Ground number seed[1] of this seed: [SIDE_PX, SIDE_PX] grey, using the whole range."""
    random = np.random.default_rng(list(seed))
    kinds: tuple[Callable[[Random], Plane], ...] = (
        _bricks,
        _bricks,
        _planks,
        _cloth,
        _sand,
        _clouds,
    )
    plane = kinds[int(random.integers(len(kinds)))](random)
    plane += np.float32(random.uniform(0.0, 0.6)) * plane.std() * _clouds(random)
    turned = _seen_aslant(random, plane) if random.random() < 0.5 else plane
    low, high = np.quantile(turned, (0.005, 0.995))
    found: NDArray[np.uint8] = np.clip((turned - low) / (high - low + 1e-6) * 255, 0, 255).astype(
        np.uint8
    )
    return found


def _grid() -> tuple[Plane, Plane]:
    axis = np.arange(SIDE_PX, dtype=np.float32)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    return y, x


def _clouds(random: Random) -> Plane:
    tile = noise_tile(random).astype(np.float32)
    plane: Plane = cv2.resize(tile, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    found: Plane = (plane - plane.mean()) / (plane.std() + np.float32(1e-6))
    return found


def _bricks(random: Random) -> Plane:
    """Courses of bricks or tiles, each of its own tone and roughness, with joints."""
    y, x = _grid()
    tall = np.exp(random.uniform(np.log(9), np.log(80)))
    wide = tall * random.choice([1.0, 1.0, 2.0, 2.5, 3.5])
    shift = random.choice([0.0, 0.5, 0.5, 0.33])
    wobble = np.float32(random.uniform(0, 0.05)) * _clouds(random)
    v = y / np.float32(tall) + wobble
    row = np.floor(v)
    u = x / np.float32(wide) + row * np.float32(shift) + wobble
    column = np.floor(u)
    joint_y, joint_x = random.uniform(0.04, 0.2), random.uniform(0.04, 0.2) * tall / wide
    edge_y = np.minimum(v - row, 1 - (v - row)) / np.float32(joint_y)
    edge_x = np.minimum(u - column, 1 - (u - column)) / np.float32(joint_x)
    body = np.clip(np.minimum(edge_y, edge_x) - np.float32(0.5), 0, 1)
    table = random.normal(0, random.uniform(0.05, 0.6), (64, 64)).astype(np.float32)
    tone = table[row.astype(int) & 63, column.astype(int) & 63]
    rough = np.float32(random.uniform(0.05, 0.35)) * _clouds(random)
    joint = np.float32(random.choice([-1.2, -0.7, 0.7, 1.2]))
    found: Plane = body * (tone + rough) + (1 - body) * (joint + rough * np.float32(0.5))
    return found.astype(np.float32)


def _planks(random: Random) -> Plane:
    """Wood: long grain that bends around knots, boards with joints."""
    y, x = _grid()
    stretch = random.uniform(6, 20)
    bent = _clouds(random) * np.float32(random.uniform(2, 9))
    pitch = random.uniform(3, 18)
    thin = cv2.resize(
        noise_tile(random).astype(np.float32)[: max(8, int(256 / stretch))],
        (SIDE_PX, SIDE_PX),
        interpolation=cv2.INTER_CUBIC,
    ).T
    grain = np.sin((x + bent + 0.02 * y) * np.float32(2 * np.pi / pitch)) * np.float32(0.5)
    plane = grain * np.float32(random.uniform(0.1, 0.8)) + (thin - thin.mean()) * np.float32(5)
    board = random.uniform(30, 160)
    number = np.floor(x / np.float32(board))
    tones = random.normal(0, random.uniform(0, 0.7), 64).astype(np.float32)
    plane += tones[number.astype(int) & 63]
    away = np.abs(x / np.float32(board) - number - np.float32(0.5)) * np.float32(board)
    plane -= np.float32(1.5) * np.clip(away - np.float32(board / 2 - 1.5), 0, 1)
    return np.ascontiguousarray(plane.T if random.random() < 0.6 else plane, np.float32)


def _cloth(random: Random) -> Plane:
    """A weave or knit with folds."""
    y, x = _grid()
    bent = _clouds(random) * np.float32(random.uniform(0, 3))
    py, px = random.uniform(2.5, 14, 2)
    wave_y = np.sin((y + bent) * np.float32(2 * np.pi / py))
    wave_x = np.sin((x + bent) * np.float32(2 * np.pi / px))
    weave = wave_y * wave_x if random.random() < 0.5 else np.maximum(wave_y, wave_x)
    folds = cv2.GaussianBlur(_clouds(random), (0, 0), random.uniform(3, 14))
    found: Plane = (weave + np.float32(random.uniform(0, 3)) * folds).astype(np.float32)
    return found


def _sand(random: Random) -> Plane:
    """Grains, pebbles, speckled stone."""
    grain = random.standard_normal((SIDE_PX, SIDE_PX)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), random.uniform(0.5, 3.5))
    grain /= grain.std()
    if random.random() < 0.4:
        grain = np.tanh(grain * np.float32(random.uniform(1, 6)))
    found: Plane = grain + np.float32(random.uniform(0, 0.8)) * _clouds(random)
    return found


def _seen_aslant(random: Random, plane: Plane) -> Plane:
    """Turned, or tilted away like a floor."""
    side = SIDE_PX
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32)
    angle, lean = random.uniform(-0.8, 0.8), random.uniform(0, 0.3)
    zoom = 1.5
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (corners - side / 2) @ turn.T * zoom
    moved[:2, 0] *= 1 + lean * 2
    target = (moved + side / 2).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    seen: Plane = cv2.warpPerspective(plane, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    return seen


GROUNDS = Pool("grounds", draw_ground, 320, 311)
HELD_OUT_GROUNDS = Pool("grounds-unseen", draw_ground, 24, 912)
