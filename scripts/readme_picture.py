"""Draw docs/images/before-after.webp: parts of the example pictures, stretched and upscaled.

Usage: scripts/readme_picture.py
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyvips

import safelight

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "before-after.webp"
SCALE = 4
GAP = 6


@dataclass(frozen=True)
class Part:
    """A part of an example picture, in its own pixels."""

    name: str
    left: int
    top: int
    width: int = 150
    height: int = 80

    def cut(self, picture: Any, scale: int) -> Any:
        box = [scale * side for side in (self.left, self.top, self.width, self.height)]
        return picture[:3].crop(*box)


PARTS = (Part("poster.png", 28, 472), Part("town.webp", 378, 36))


def row(part: Part, folder: Path) -> Any:
    """The part stretched by a plain filter, and the same part of the upscaled picture."""
    source, target = ROOT / "examples" / "pictures" / part.name, folder / f"{part.name}.png"
    recipe = safelight.Recipe.parse(
        f'[[steps]]\nop = "upscale"\nscale = {SCALE}\n[[steps]]\nop = "convert"\nto = "png"'
    )
    safelight.run(source, recipe, output=target)
    before = part.cut(pyvips.Image.new_from_file(str(source)), 1).resize(SCALE, kernel="linear")
    after = part.cut(pyvips.Image.new_from_file(str(target)), SCALE)
    return before.join(after, "horizontal", shim=GAP, background=255)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = (row(part, Path(folder)) for part in PARTS)
        picture = first.join(second, "vertical", shim=GAP, background=255)
        picture.write_to_file(str(TARGET), Q=88, keep="none")
    print(f"{TARGET.relative_to(ROOT)}: {picture.width} x {picture.height}")


if __name__ == "__main__":
    main()
