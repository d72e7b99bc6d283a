"""Tensors: a picture as a model takes it, by the rules of its entry, and the way back to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.errors import ModelMissing
from safelight.models.contract import ModelInput
from safelight.operation import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

# Left, top, width and height in displayed pixels.
Part = tuple[float, float, float, float]
# Kinds of input that a picture alone fills, and their channels.
KINDS = {"rgb": 3, "luma": 1}
# A picture that is longer than so many times its breadth is cut before it is made smaller.
LONGEST = 8
# Luma of BT.601 in steps of 1/65536, as Pillow has it.
RED, GREEN, BLUE, HALF = 19_595, 38_470, 7_471, 32_768


@dataclass(frozen=True, slots=True)
class View:
    """Where what the model saw lies in the picture.

    left, top, width and height are those of the whole tensor, its padding too, in displayed pixels;
    it has so many columns and rows. picture is the size of the whole picture.
    """

    left: float
    top: float
    width: float
    height: float
    columns: int
    rows: int
    picture: tuple[int, int]

    def x(self, share: Any) -> Any:
        """Displayed pixels from the left, of shares 0..1 of the tensor's width."""
        return share * self.width + self.left

    def y(self, share: Any) -> Any:
        """Displayed pixels from the top, of shares 0..1 of the tensor's height."""
        return share * self.height + self.top


def prepared(facts: ModelInput, sample: Sample, part: Part | None = None) -> tuple[Tensor, View]:
    """The picture, or a part of it, as the model takes it, as fp32; whole numbers come later.

    Raises ModelMissing where the model takes tiles, or what no picture alone fills.
    """
    if KINDS.get(facts.kind) != facts.channels or facts.resize == "tile":
        raise ModelMissing(
            "the model looks at no whole picture: that takes one of rgb or luma, in one size",
            hint="safelight models list",
        )
    seen = part or (0.0, 0.0, float(sample.width), float(sample.height))
    how = {"stretch": _stretched, "letterbox": _letterboxed, "crop": _cropped}[facts.resize]
    pixels, view = how(facts, sample, seen)
    return tensor_of(facts, pixels), view


def tensor_of(facts: ModelInput, pixels: Pixels) -> Tensor:
    """Pixels [rows, columns, 3] of sRGB in the model's order, range and layout, one of a batch."""
    import numpy as np

    chosen = _luma(pixels) if facts.kind == "luma" else pixels
    if facts.order == "BGR":
        chosen = chosen[..., ::-1]
    low, high = facts.range
    top = max(float(pixels.max()), 1.0) if facts.by_maximum else 255.0
    mean, std = np.array(facts.mean), np.array(facts.std)
    factor = ((high - low) / top / std).astype(np.float32)
    offset = ((low - mean) / std).astype(np.float32)
    if facts.layout == "NCHW":
        chosen = np.ascontiguousarray(chosen.transpose(2, 0, 1))
        factor, offset = factor[:, None, None], offset[:, None, None]
    tensor: Tensor = np.multiply(chosen, factor, dtype=np.float32)
    tensor += offset
    return tensor[None]


def _luma(pixels: Pixels) -> Pixels:
    import numpy as np

    red, green, blue = (pixels[..., place].astype(np.uint32) for place in range(3))
    grey = (RED * red + GREEN * green + BLUE * blue + HALF) >> 16
    return grey.astype(np.uint8)[..., None]


def _stretched(facts: ModelInput, sample: Sample, part: Part) -> tuple[Pixels, View]:
    columns, rows = facts.side, facts.rows
    pixels = sample.sized(columns, rows, facts.kernel, part)
    return pixels, View(*part, columns, rows, (sample.width, sample.height))


def _letterboxed(facts: ModelInput, sample: Sample, part: Part) -> tuple[Pixels, View]:
    import numpy as np

    left, top, width, height = part
    columns, rows = facts.side, facts.rows
    share = min(columns / width, rows / height)
    across = min(max(round(width * share), 1), columns)
    down = min(max(round(height * share), 1), rows)
    is_middle = facts.place == "middle"
    x, y = ((columns - across) // 2, (rows - down) // 2) if is_middle else (0, 0)
    pixels = np.full((rows, columns, 3), facts.padding, np.uint8)
    pixels[y : y + down, x : x + across] = sample.sized(across, down, facts.kernel, part)
    per_x, per_y = width / across, height / down
    return pixels, View(
        left - x * per_x,
        top - y * per_y,
        columns * per_x,
        rows * per_y,
        columns,
        rows,
        (sample.width, sample.height),
    )


def _cropped(facts: ModelInput, sample: Sample, part: Part) -> tuple[Pixels, View]:
    """The middle, after a resize that makes the shorter side so long; as torchvision counts."""
    part = _cut(part)
    left, top, width, height = part
    columns, rows = facts.side, facts.rows
    shorter = max(facts.shorter or min(columns, rows), 1)
    across = max(shorter if width <= height else int(shorter * width / height), columns)
    down = max(shorter if height <= width else int(shorter * height / width), rows)
    x, y = round((across - columns) / 2), round((down - rows) / 2)
    pixels = sample.sized(across, down, facts.kernel, part)[y : y + rows, x : x + columns]
    per_x, per_y = width / across, height / down
    return pixels, View(
        left + x * per_x,
        top + y * per_y,
        columns * per_x,
        rows * per_y,
        columns,
        rows,
        (sample.width, sample.height),
    )


def _cut(part: Part) -> Part:
    """The middle of a part that is far too long: what else would be made would not be looked at."""
    left, top, width, height = part
    across, down = min(width, LONGEST * height), min(height, LONGEST * width)
    return left + (width - across) / 2, top + (height - down) / 2, across, down
