"""Tensors: a picture as a model takes it, by the rules of its entry, and the way back to pixels."""

from __future__ import annotations

import math
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

# Kinds of input that a picture alone fills, and their channels.
KINDS = {"rgb": 3, "luma": 1}
# A picture that is longer than so many times its breadth is cut before it is made smaller.
LONGEST = 8
# Luma of BT.601 in steps of 1/65536, as Pillow has it.
RED, GREEN, BLUE, HALF = 19_595, 38_470, 7_471, 32_768


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture in displayed pixels, turned clockwise about its middle, in radians."""

    left: float
    top: float
    width: float
    height: float
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class View:
    """Where what the model saw lies in the picture.

    part is that of the whole tensor, its padding too; the tensor has so many columns and rows.
    picture is the size of the whole picture.
    """

    part: Part
    columns: int
    rows: int
    picture: tuple[int, int]

    @property
    def sides(self) -> Any:
        """Columns and rows, to reckon with: an array of two, fp32."""
        import numpy as np

        return np.array((self.columns, self.rows), np.float32)

    def places(self, shares: Any) -> Any:
        """Displayed pixels [n, 2] as x, y of shares [n, 2] of the tensor's sides, as fp64."""
        import numpy as np

        part = self.part
        away = (np.asarray(shares, np.float64) - 0.5) * (part.width, part.height)
        return _turned(away, part.turn) + _middle(part)

    def shares(self, places: Any) -> Any:
        """The way back from `places`."""
        import numpy as np

        part = self.part
        away = _turned(np.asarray(places, np.float64) - _middle(part), -part.turn)
        return away / (part.width, part.height) + 0.5


def _middle(part: Part) -> tuple[float, float]:
    return part.left + part.width / 2, part.top + part.height / 2


def _turned(away: Any, turn: float) -> Any:
    """Offsets [n, 2] as x, y, turned clockwise."""
    import numpy as np

    if not turn:
        return away
    sine, cosine = math.sin(turn), math.cos(turn)
    return away @ np.array(((cosine, sine), (-sine, cosine)))


def prepared(facts: ModelInput, sample: Sample, part: Part | None = None) -> tuple[Tensor, View]:
    """The picture, or a part of it, as the model takes it, as fp32; whole numbers come later.

    Raises ModelMissing where the model takes tiles, or what no picture alone fills.
    """
    if KINDS.get(facts.kind) != facts.channels or facts.resize == "tile":
        raise ModelMissing(
            "the model looks at no whole picture: that takes one of rgb or luma, in one size",
            hint="safelight models list",
        )
    seen = part or Part(0.0, 0.0, float(sample.width), float(sample.height))
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
    pixels = _sized(facts, sample, (columns, rows), part)
    return pixels, View(part, columns, rows, (sample.width, sample.height))


def _letterboxed(facts: ModelInput, sample: Sample, part: Part) -> tuple[Pixels, View]:
    import numpy as np

    columns, rows = facts.side, facts.rows
    share = min(columns / part.width, rows / part.height)
    across = min(max(round(part.width * share), 1), columns)
    down = min(max(round(part.height * share), 1), rows)
    is_middle = facts.place == "middle"
    x, y = ((columns - across) // 2, (rows - down) // 2) if is_middle else (0, 0)
    pixels = np.full((rows, columns, 3), facts.padding, np.uint8)
    pixels[y : y + down, x : x + across] = _sized(facts, sample, (across, down), part)
    seen = _framed(part, (across, down), (-x, -y, columns, rows))
    return pixels, View(seen, columns, rows, (sample.width, sample.height))


def _cropped(facts: ModelInput, sample: Sample, part: Part) -> tuple[Pixels, View]:
    """The middle, after a resize that makes the shorter side so long; as torchvision counts."""
    part = _cut(part)
    columns, rows = facts.side, facts.rows
    shorter = facts.shorter or min(columns, rows)
    aspect = part.width / part.height
    across = max(shorter if aspect <= 1 else int(shorter * aspect), columns)
    down = max(shorter if aspect >= 1 else int(shorter / aspect), rows)
    x, y = round((across - columns) / 2), round((down - rows) / 2)
    pixels = _sized(facts, sample, (across, down), part)[y : y + rows, x : x + columns]
    seen = _framed(part, (across, down), (x, y, columns, rows))
    return pixels, View(seen, columns, rows, (sample.width, sample.height))


def _cut(part: Part) -> Part:
    """The middle of a part that is far too long: what else would be made would not be looked at."""
    across, down = min(part.width, LONGEST * part.height), min(part.height, LONGEST * part.width)
    x, y = _middle(part)
    return Part(x - across / 2, y - down / 2, across, down, part.turn)


def _framed(part: Part, size: tuple[int, int], frame: tuple[int, int, int, int]) -> Part:
    """What a frame (left, top, width, height) around or in a part of this size shows. It has the
    turn of the part, whose middle it need not share.
    """
    import numpy as np

    per = np.array((part.width, part.height)) / size
    middle = (frame[0] + frame[2] / 2 - size[0] / 2, frame[1] + frame[3] / 2 - size[1] / 2)
    x, y = (float(value) for value in _turned(np.array(middle) * per, part.turn) + _middle(part))
    width, height = float(frame[2] * per[0]), float(frame[3] * per[1])
    return Part(x - width / 2, y - height / 2, width, height, part.turn)


def _sized(facts: ModelInput, sample: Sample, size: tuple[int, int], part: Part) -> Pixels:
    """The part in this size; a turned one out of an upright square that holds it."""
    import numpy as np

    if not part.turn:
        place = (part.left, part.top, part.width, part.height)
        upright: Pixels = sample.sized(*size, facts.kernel, place)
        return upright
    x, y = _middle(part)
    reach = math.hypot(part.width, part.height)
    side = math.ceil(reach * max(size[0] / part.width, size[1] / part.height))
    square = sample.sized(
        side, side, facts.kernel, (x - reach / 2, y - reach / 2, reach, reach)
    ).astype(np.float32)
    down, across = np.mgrid[: size[1], : size[0]].reshape(2, -1)
    shares = (np.stack((across, down), axis=1) + 0.5) / size - 0.5
    away = _turned(shares * (part.width, part.height), part.turn) / reach + 0.5
    return _between(square, away * side - 0.5).reshape(size[1], size[0], 3)


def _between(square: Tensor, places: Any) -> Pixels:
    """The pixels at places [n, 2] as x, y, between their four neighbours."""
    import numpy as np

    first = np.clip(np.floor(places).astype(int), 0, len(square) - 2)
    share = np.clip(places - first, 0, 1).astype(np.float32)[..., None]
    (left, top), (x, y) = first.T, share.transpose(1, 0, 2)
    above = square[top, left] * (1 - x) + square[top, left + 1] * x
    below = square[top + 1, left] * (1 - x) + square[top + 1, left + 1] * x
    pixels: Pixels = np.rint(above * (1 - y) + below * y).astype(np.uint8)
    return pixels
