"""Contract: what a model takes and what it gives, as facts. Every oddity of a model is a named rule
here; code never looks at a model's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from safelight.errors import ModelFaulty
from safelight.limits import MAX_POINTS, MAX_SIDE
from safelight.models.facts import (
    MAX_CHANNELS,
    MAX_SCALE,
    Fact,
    Kind,
    Label,
    Moderate,
    Range,
    Share,
    Spread,
    Tensor,
)
from safelight.models.words import Words
from safelight.operation import Kernel

MAX_LABELS = 2_000

Number = Literal["float32", "float16", "uint8", "int8", "int32", "int64"]
# How the picture comes to the model's size: in tiles; stretched; within it, the rest padded; its
# middle, cut after a resize of the shorter side.
Resize = Literal["tile", "stretch", "letterbox", "crop"]
# What an answer is. luma, rgb: a picture, scale times larger. alpha: how much each pixel belongs to
# the subject. labels: a score for each word. boxes: things, or faces with points. keypoints: the
# points of one body or face. vector: a direction.
Answer = Literal["luma", "rgb", "alpha", "labels", "boxes", "keypoints", "vector"]
# Answers that are made tile by tile; any other is one answer to the whole picture.
PICTURES = ("luma", "rgb")


def tensor_name(asked: str, there: Sequence[str]) -> str:
    """The tensor that an entry means, among those that the model has in its own order.

    Raises ModelFaulty where there is no such place.
    """
    if not asked.startswith("#"):
        return asked
    place = int(asked[1:])
    if place >= len(there):
        raise ModelFaulty("the model has fewer tensors than its catalogue entry says")
    return there[place]


class Constant(Fact):
    """A further input that is always the same: every value of the shape is `value`."""

    name: Tensor
    shape: tuple[int, ...] = Field(max_length=8)
    value: Moderate
    number: Number = "float32"


class ModelInput(Fact):
    """What the model takes: one tensor. words: it takes texts, in rows of numbers, and nothing of
    what is said here of pictures is asked (kind text, channels 1, tile 0).

    Values lie in range; then per channel, in the tensor's own order, minus mean, divided by std
    (one value stands for every channel). A picture comes in tiles, or in one size, side x side, or
    side x height where the two differ (0: the same). tile, halo and side in input pixels; tile 0
    takes the whole picture; the halo is the receptive radius; side is 0 for tiles, unless the model
    takes these in one size alone: a tile and its halos, and what is missing repeats the edge. Tiles
    start at multiples of `multiple`, and their sides are such (a net that halves needs 2).

    number and order are those of the tensor; whole numbers are quantised by unit and zero where
    unit is not 0: number = value / unit + zero. kernel is the resampling (as the model was trained:
    bicubic, bilinear and lanczos as Pillow's, with antialiasing; area averages; nearest;
    thumbnail as libvips'). by_maximum: values are divided by the greatest in the picture, not by
    255. letterbox pads with `padding` (0..255) in the middle or at the right and below (corner).
    crop: the shorter side is made `shorter` first (0: side). ground (0..255) shows through; cutout
    takes a grey that the subject stands out from.
    looks: how often the model looks, each time at the part that the answer before points to.
    reach: what finds boxes looks at overlapping parts too, where one pixel of the tensor would
    stand for more than so many displayed ones on a side (0: at the whole alone).
    """

    name: Tensor
    layout: Literal["NCHW", "NHWC"]
    channels: int = Field(ge=1, le=MAX_CHANNELS)
    kind: Kind
    range: Range
    mean: tuple[Moderate, ...] = Field(min_length=1, max_length=MAX_CHANNELS)
    std: tuple[Spread, ...] = Field(min_length=1, max_length=MAX_CHANNELS)
    resize: Resize = "tile"
    side: int = Field(default=0, ge=0, le=4_096)
    height: int = Field(default=0, ge=0, le=4_096)
    tile: int = Field(ge=0, le=MAX_SIDE)
    halo: int = Field(ge=0, le=4_096)
    multiple: int = Field(default=1, ge=1, le=64)
    number: Number = "float32"
    unit: float = Field(default=0.0, ge=0, le=1e6)
    zero: int = Field(default=0, ge=-128, le=255)
    order: Literal["RGB", "BGR"] = "RGB"
    kernel: Kernel = "thumbnail"
    by_maximum: bool = False
    padding: int = Field(default=0, ge=0, le=255)
    place: Literal["middle", "corner"] = "middle"
    shorter: int = Field(default=0, ge=0, le=8_192)
    ground: int = Field(default=255, ge=0, le=255)
    looks: int = Field(default=1, ge=1, le=4)
    reach: int = Field(default=0, ge=0, le=16)
    constants: tuple[Constant, ...] = Field(default=(), max_length=16)
    words: Words | None = None

    @property
    def rows(self) -> int:
        """The height that the picture comes in; 0 for tiles."""
        return self.height or self.side

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{name} has one value, or one for each channel")
        if self.resize != "tile" and not self.side:
            raise ValueError("stretch, letterbox and crop need a side")
        if self.height and not self.side:
            raise ValueError("height goes with side")
        if self.resize == "tile" and self.side:
            self._require_room()
        return self

    def _require_room(self) -> None:
        """Raises ValueError where no tile of one size alone holds a tile and its halos."""
        tile, halo = (-(-pixels // self.multiple) for pixels in (self.tile, self.halo))
        if not tile or (tile + 2 * halo) * self.multiple > min(self.side, self.rows):
            raise ValueError("a side of tiles is that of a tile and its halos, or more")
        if self.side % self.multiple or self.rows % self.multiple:
            raise ValueError("a side of tiles is a multiple")


class ModelOutput(Fact):
    """What the model gives: one tensor, or several whose names stand in `tensors` in the order that
    the decoder takes them (name is the first). scale is output pixels per input pixel on each side;
    an answer of rgb has the order of the input, and its layout where none is said.

    decoder names how the tensors are read, where the kind alone does not say it (models/answers
    lists them with their parameters). activation comes first, over the last axis of labels, over
    the channels of a mask. scaling minmax stretches a mask to 0..1. matte: what lies between
    is transparency, as of hair; else it is doubt. channel is the one of a mask that is the subject.
    labels: the words, in the order of the scores. points: the names of
    keypoints in their order. anchors: the decoder's own numbers, as strides and sizes, by name.
    least: scores below are dropped; overlap: boxes that share more of their union are one; most:
    how many boxes there may be.

    gain, offset: where another model reads texts into the space of this vector, the scores of texts
    are the activation, over all of them, of gain x cosine + offset (gain 0: it makes none).
    """

    name: Tensor
    kind: Kind
    scale: int = Field(default=1, ge=1, le=MAX_SCALE)
    range: Range
    layout: Literal["", "NCHW", "NHWC"] = ""
    tensors: tuple[Tensor, ...] = Field(default=(), max_length=24)
    decoder: str = Field(default="", pattern=r"^[a-z0-9-]{0,32}$")
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    scaling: Literal["none", "minmax"] = "none"
    matte: bool = False
    channel: int = Field(default=0, ge=0, le=2_000)
    labels: tuple[Label, ...] = Field(default=(), max_length=MAX_LABELS)
    points: tuple[Label, ...] = Field(default=(), max_length=MAX_POINTS)
    anchors: dict[str, tuple[Moderate, ...]] = Field(default_factory=dict, max_length=24)
    least: Share = 0.0
    overlap: Share = 1.0
    most: int = Field(default=100, ge=1, le=1_000)
    gain: float = Field(default=0.0, ge=0, le=1_000)
    offset: float = Field(default=0.0, ge=-1_000, le=1_000)

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it says of each pixel what it is, and not how sure that is."""
        return self.decoder == "classes"
