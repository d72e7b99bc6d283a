#!/usr/bin/env python3
"""Write web/widgets/dots.ts: each square degree of the Earth in which there is a town.

Usage: scripts/dots.py

The Studio's map of the world is drawn from these, so that it needs no outline from elsewhere and
asks nobody. The towns are those of src/safelight/places (GeoNames, CC BY 4.0).
"""

from __future__ import annotations

import base64
from pathlib import Path

from safelight.places.towns import SCALE_LATITUDE, SCALE_LONGITUDE, _table

OUT = Path(__file__).resolve().parent.parent / "web/widgets/dots.ts"
TOP, BOTTOM, ACROSS = 72, -56, 360
WIDTH_OF_LINES = 96


def bits() -> bytes:
    """A bit for each square degree, row by row from the north-west, the highest bit first."""
    table = _table()
    squares = set()
    for up, across in zip(table.latitudes, table.longitudes, strict=True):
        row = int(TOP - up / SCALE_LATITUDE)
        column = int(180 + across / SCALE_LONGITUDE) % ACROSS
        if 0 <= row < TOP - BOTTOM:
            squares.add(row * ACROSS + column)
    packed = bytearray((TOP - BOTTOM) * ACROSS // 8)
    for square in squares:
        packed[square // 8] |= 128 >> square % 8
    return bytes(packed)


def text() -> str:
    """The module, as it is kept."""
    coded = base64.b64encode(bits()).decode()
    lines = [coded[at : at + WIDTH_OF_LINES] for at in range(0, len(coded), WIDTH_OF_LINES)]
    return "\n".join(
        (
            "// Each square degree in which there is a town. Written by scripts/dots.py from the",
            "// towns of GeoNames (CC BY 4.0); a bit each, row by row from the north-west.",
            f"export const TOP = {TOP};",
            f"export const BOTTOM = {BOTTOM};",
            "export const DOTS =",
            *(f"  '{line}'{' +' if line is not lines[-1] else ';'}" for line in lines),
            "",
        )
    )


if __name__ == "__main__":
    OUT.write_text(text())
