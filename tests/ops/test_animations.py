"""Animations keep frames, delays and loop through everything that changes pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.operation import Operation
from safelight.ops.canvas import Canvas
from safelight.ops.crop import Crop
from safelight.ops.flip import Flip
from safelight.ops.resize import Resize
from safelight.ops.rotate import Rotate
from tests.contract import HEIGHT, WIDTH, animated, frames_of, result

COLOURS = ("red", "lime", "blue", "white")
SAMPLES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
DELAYS = (40, 90, 200, 70)
# What a frame of one colour with a black corner becomes: the place of that corner.
CHANGES: dict[str, tuple[Operation, tuple[int, int], Callable[[Any], Any]]] = {
    "resize": (Resize(percent=50), (24, 18), lambda frame: frame[:3, :3]),
    "cover": (Resize(fit="20x20", mode="cover"), (20, 20), lambda frame: frame[:2, :1]),
    "crop": (Crop(box=(4, 4, 20, 10)), (20, 10), lambda frame: frame[:4, :4]),
    "a quarter": (Rotate(angle=90), (HEIGHT, WIDTH), lambda frame: frame[:8, -8:]),
    "half a turn": (Rotate(angle=180), (WIDTH, HEIGHT), lambda frame: frame[-8:, -8:]),
    "horizontal": (Flip(horizontal=True), (WIDTH, HEIGHT), lambda frame: frame[:8, -8:]),
    "vertical": (Flip(vertical=True), (WIDTH, HEIGHT), lambda frame: frame[-8:, :8]),
    "canvas": (Canvas(border=5), (WIDTH + 10, HEIGHT + 10), lambda frame: frame[5:13, 5:13]),
}


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
@pytest.mark.parametrize("change", CHANGES)
def test_keeps_frames_delays_and_loop(change: str, format: str) -> None:
    operation, size, corner = CHANGES[change]
    made = result(operation, animated(COLOURS, DELAYS, format=format))
    frames, delays, loop = frames_of(b"".join(made.pieces))
    assert (made.width, made.height) == size
    assert len(frames) == len(COLOURS)
    assert delays == list(DELAYS)
    assert loop == 3
    for frame, colour in zip(frames, SAMPLES, strict=True):
        middle = frame[frame.shape[0] // 2, frame.shape[1] // 2].astype(int)
        assert np.abs(middle[:3] - colour).max() <= 8
        assert corner(frame)[..., :3].mean() <= (40 if format == "WEBP" else 2)


def test_a_turn_by_any_angle_keeps_them_too() -> None:
    made = result(Rotate(angle=20), animated(COLOURS, DELAYS))
    frames, delays, _ = frames_of(b"".join(made.pieces))
    assert delays == list(DELAYS)
    assert all(frame[0, 0, 3] == 0 for frame in frames)
    assert [tuple(frame[25, 30, :3]) for frame in frames] == SAMPLES
