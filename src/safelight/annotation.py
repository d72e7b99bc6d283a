"""Annotation: what a model or an operation saw in a picture. This module imports no library.

Positions are in displayed pixels, from the left and from the top; scores from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Decision = Literal["jpeg-quality", "noise", "quality"]
# What an operation may decide by looking at the picture: the quality that a JPEG was once saved
# with (0 = unknown), noise as the standard deviation in steps of 8 bits. What an encoder may: the
# quality that fits into the bytes asked for.
DECISIONS: tuple[Decision, ...] = get_args(Decision)
# What was seen in the picture itself: a word for the whole of it, a thing in a box, a body or a
# face by its points.
Sight = Literal["label", "box", "pose"]
SIGHTS: tuple[Sight, ...] = get_args(Sight)
# A mask is so many cells on each side of its box, one bit each, rows first, most significant bit
# first.
MASK_SIDE = 64
MASK_BYTES = MASK_SIDE * MASK_SIDE // 8


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A named point in displayed pixels, which may lie outside the picture; score 0..1."""

    name: str
    x: float
    y: float
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a model saw: kind, label, score 0..1, box (left, top, width, height) in displayed
    pixels, keypoints, and the mask of what lies in the box (see MASK_SIDE; empty without one).

    The kinds of SIGHTS are seen in the picture. The kind "confidence" is how sure the operation
    named by the label was; a kind of DECISIONS is what it decided, in hundredths.
    """

    kind: str
    label: str = ""
    score: float = 0.0
    box: tuple[int, int, int, int] | None = None
    points: tuple[Keypoint, ...] = ()
    mask: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at one picture gave.

    annotations: labels, boxes and poses, the surest first. mask: the subject of the whole picture,
    a numpy array [rows, columns] of fp32 from 0 to 1, in any size. vector: as the model gave it.
    """

    annotations: tuple[Annotation, ...] = ()
    mask: Any = None
    vector: tuple[float, ...] = ()
