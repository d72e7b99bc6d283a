"""The map of the Studio: drawn from the towns that ship, and from them alone."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from scripts import dots

ACROSS = 360


def test_the_dots_are_those_of_the_towns(root: Path) -> None:
    assert (root / "web/widgets/dots.ts").read_text() == dots.text()


def test_a_dot_lies_where_there_are_towns_and_none_at_sea(root: Path) -> None:
    lines = re.findall(r"'([A-Za-z0-9+/=]+)'", (root / "web/widgets/dots.ts").read_text())
    bits = base64.b64decode("".join(lines))

    def has(latitude: float, longitude: float) -> bool:
        square = int(dots.TOP - latitude) * ACROSS + int(180 + longitude)
        return bool(bits[square // 8] & 128 >> square % 8)

    assert all(has(*town) for town in ((52.52, 13.4), (-33.87, 151.2), (40.71, -74.0)))
    assert not any(has(*sea) for sea in ((30.5, -40.5), (-40.5, 80.5)))
