"""A picture as a model may ask for it: any part, in any size, 8-bit sRGB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from safelight.errors import ModelFaulty
from safelight.image import Image
from safelight.operation import Context, Kernel, ModelNeed
from safelight.ops.tiling.still import PROFILE, held, standard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.uint8]

WHITE = 255
# A decoded picture of no more bytes is held between looks, a larger one as far as it must be
# looked at; where even that is more, it is decoded again.
HELD_BYTES = 100_000_000
# A part of more pixels is halved, or reduced more, before it is resampled.
MOST_PIXELS = 30_000_000
# A part may reach so many times the picture's sides beyond it: a body goes on behind the edge.
FARTHEST = 2
Part = tuple[float, float, float, float]


class Shown:
    """The first frame of a picture. ground (0..255) shows where it is transparent.

    `image` is the picture to go on with: pixels that a step before makes are made once and held.
    Raises whatever stopped them.
    """

    def __init__(self, image: Image, ground: int = WHITE) -> None:
        self.image = held(image)
        self._ground = ground
        self._kept: tuple[float, Any] | None = None

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    def sized(self, width: int, height: int, kernel: Kernel, part: Part | None = None) -> Samples:
        """See Sample. Raises ModelFaulty for a part that is empty, or far outside the picture."""
        whole = (0.0, 0.0, float(self.width), float(self.height))
        left, top, across, down = part = part or whole
        self._check(left, top, across, down)
        picture = self._at(max(width / across, height / down))
        if kernel == "thumbnail" and part == whole:
            return _samples(picture.thumbnail_image(width, height=height, size="force"))
        x, y = picture.width / self.width, picture.height / self.height
        box = (left * x, top * y, (left + across) * x, (top + down) * y)
        return _resized(picture, box, (width, height), kernel)

    def _check(self, left: float, top: float, across: float, down: float) -> None:
        ends = ((left, across, self.width), (top, down, self.height))
        for start, length, side in ends:
            reach = FARTHEST * max(self.width, self.height)
            is_near = -reach <= start and start + length <= side + reach
            if not (math.isfinite(start + length) and length > 0 and is_near):
                raise ModelFaulty("the model asks for a part that is not in the picture")

    def _at(self, share: float) -> Any:
        """The picture in sRGB, reduced by the decoder to no less than this share of its sides."""
        image = self.image
        share = min(share, 1.0) if image.is_untouched and image.frames == 1 else 1.0
        if self._kept is not None and self._kept[0] >= share:
            return self._kept[1]
        if share < 1:
            sides = (max(1, round(side * share)) for side in (image.width, image.height))
            pixels = image.at_least(*sides)
        else:
            pixels = image.vips.crop(0, 0, image.width, image.height)
        picture = in_srgb(pixels, self._ground)
        size = 3 * picture.width * picture.height
        less = max(share * image.width / picture.width, share * image.height / picture.height)
        if size > HELD_BYTES >= size * less**2:
            picture = picture.resize(less)
        if 3 * picture.width * picture.height <= HELD_BYTES:
            picture = picture.copy_memory()
            self._kept = (share, picture)
        return picture


def shown_to(image: Image, ctx: Context, need: ModelNeed) -> Shown:
    """The picture as the model of this need is to see it. Raises ModelMissing."""
    return Shown(image, int(ctx.session(need).model.input.ground))


def in_srgb(picture: Any, ground: int = WHITE) -> Any:
    """8-bit sRGB of three bands, on a grey where it is transparent."""
    picture = standard(picture)
    has_profile = picture.get_typeof(PROFILE) != 0
    if has_profile and bytes(picture.get(PROFILE))[16:20] == b"RGB ":
        depth = 16 if picture.format == "ushort" else 8
        picture = picture.icc_transform("srgb", embedded=True, depth=depth)
    if picture.hasalpha():
        picture = picture.flatten(background=ground * (257 if picture.format == "ushort" else 1))
    if (picture.interpretation, picture.bands, picture.format) == ("srgb", 3, "uchar"):
        return picture
    return picture.colourspace("srgb")[0:3]


def _resized(picture: Any, box: Part, size: tuple[int, int], kernel: Kernel) -> Samples:
    """What lies in the box (left, top, right, bottom), resampled as Pillow does."""
    import numpy as np
    from PIL import Image as Pillow

    left, top = math.floor(box[0]), math.floor(box[1])
    right, bottom = max(math.ceil(box[2]), left + 1), max(math.ceil(box[3]), top + 1)
    (column, across, *sides), (row, down, *ends) = (
        _within(left, right, picture.width),
        _within(top, bottom, picture.height),
    )
    fewer = int(min((right - left) / size[0], (bottom - top) / size[1]) / 2)
    if fewer > 1 and (right - left) * (bottom - top) > MOST_PIXELS:
        smaller = picture.shrink(fewer, fewer)
        share = (smaller.width / picture.width, smaller.height / picture.height)
        return _resized(smaller, _times(box, share), size, kernel)
    part = _samples(picture.crop(column, row, across, down))
    if any((*sides, *ends)):
        part = np.pad(part, (ends, sides, (0, 0)), "edge")
    if kernel == "thumbnail":
        import pyvips

        whole = pyvips.Image.new_from_array(np.ascontiguousarray(part), interpretation="srgb")
        return _samples(whole.thumbnail_image(size[0], height=size[1], size="force"))
    resampling = {
        "lanczos": Pillow.Resampling.LANCZOS,
        "bicubic": Pillow.Resampling.BICUBIC,
        "bilinear": Pillow.Resampling.BILINEAR,
        "area": Pillow.Resampling.BOX,
        "nearest": Pillow.Resampling.NEAREST,
    }[kernel]
    there = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return np.asarray(Pillow.fromarray(part).resize(size, resampling, there))


def _times(box: Part, share: tuple[float, float]) -> Part:
    return box[0] * share[0], box[1] * share[1], box[2] * share[0], box[3] * share[1]


def _within(near: int, far: int, side: int) -> tuple[int, int, int, int]:
    """What of near..far lies within 0..side, as start and length, or its nearest sample if nothing
    does; and by how much it falls short on each end.
    """
    start = min(max(near, 0), side - 1)
    length = max(1, min(far, side) - start)
    short = far - near - length
    before = min(max(0, start - near), short)
    return start, length, before, short - before


def _samples(picture: Any) -> Samples:
    import numpy as np

    shape = (picture.height, picture.width, 3)
    return np.frombuffer(picture.write_to_memory(), np.uint8).reshape(shape)
