"""Gravity: where a part, a mark or a picture lies in a larger one."""

from __future__ import annotations

from typing import Literal

Gravity = Literal[
    "centre", "north", "south", "west", "east", "northwest", "northeast", "southwest", "southeast"
]


def placed(gravity: Gravity, across: int, down: int) -> tuple[int, int]:
    """left and top, where so much room is left in each direction; both may be negative."""
    return _along(gravity, "west", "east", across), _along(gravity, "north", "south", down)


def _along(gravity: Gravity, near: str, far: str, room: int) -> int:
    if near in gravity:
        return 0
    return room if far in gravity else room // 2
