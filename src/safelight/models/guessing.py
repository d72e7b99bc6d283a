"""Guessing: what a model is for and how its answers are read, by the shapes that they had.

Each rule knows one family. What a rule says is a proposal: it is shown, and every part of it can be
said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from safelight.models.contract import MAX_LABELS
from safelight.models.nature import Given, Nature

Facts = dict[str, Any]
# Strides of the grids of detectors with one cell for each thing.
STRIDES = (8, 16, 32)
COARSE = 16
BODY = 17
BODY_POINTS = (
    *("nose", "left eye", "right eye", "left ear", "right ear", "left shoulder"),
    *("right shoulder", "left elbow", "right elbow", "left wrist", "right wrist", "left hip"),
    *("right hip", "left knee", "right knee", "left ankle", "right ankle"),
)
FACE_POINTS = (
    *("right eye", "left eye", "nose tip", "right mouth corner", "left mouth corner"),
)  # fmt: skip
# Vectors have such lengths; so have few lists of words.
VECTORS = (128, 192, 256, 384, 512, 640, 768, 1_024, 1_152, 1_280, 1_536, 2_048)
VECTOR_WORDS = ("embed", "feature", "vector", "pool")
# A mask has at least so many cells on a side.
LEAST_CELLS = 16
# How far the sides of a mask may be from those of the picture.
LIKE = 0.1
MOST_TIMES, MOST_AROUND = 4, 20
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
HALF = ((0.5,), (0.5,))
PLAIN = ((0.0,), (1.0,))
SHARES, BYTES = [0.0, 1.0], [0.0, 255.0]


@dataclass(frozen=True, slots=True)
class Guess:
    """A task, and facts of input and output. words is how many labels there are; around
    how many pixels the net takes from each edge and gives nothing for."""

    task: str
    input: Facts
    output: Facts
    words: int = 0
    normal: tuple[tuple[float, ...], tuple[float, ...]] = PLAIN
    around: int = 0


def guesses(nature: Nature) -> Iterator[Guess]:
    """What the model may be, the likeliest first."""
    for rule in RULES:
        yield from rule(nature)


def _body(nature: Nature) -> Iterator[Guess]:
    for one in nature.gives:
        if one.sides[-2:] == (BODY, 3) and math.prod(one.sides) == BODY * 3:
            output = {
                **_named(one),
                "kind": "keypoints",
                "decoder": "movenet",
                "points": BODY_POINTS,
                "least": 0.2,
                "most": 1,
                "anchors": {"room": [1.3]},
            }
            given = {"resize": "letterbox", "looks": 2, "range": BYTES}
            yield Guess("pose", given, output)


def _faces(nature: Nature) -> Iterator[Guess]:
    """YuNet: classes, things, boxes and points of three strides, called by these."""
    names = [f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in STRIDES]
    if set(names) <= {one.name for one in nature.gives}:
        output = {
            "kind": "boxes",
            "range": SHARES,
            "decoder": "yunet",
            "name": names[0],
            "tensors": names,
            "labels": ["face"],
            "points": FACE_POINTS,
            "least": 0.6,
            "overlap": 0.3,
            "anchors": {"strides": [float(stride) for stride in STRIDES]},
        }
        given = {"resize": "letterbox", "place": "corner", "order": "BGR", "range": BYTES}
        yield Guess("detect", given, output)


def _corners(nature: Nature) -> Iterator[Guess]:
    """UltraFace: four numbers and two scores for each."""
    by_last = {one.sides[-1]: one for one in nature.gives if len(one.sides) in (2, 3)}
    if len(nature.gives) != 2 or set(by_last) != {2, 4}:
        return
    boxes, scores = by_last[4], by_last[2]
    if boxes.sides[-2] != scores.sides[-2]:
        return
    output: Facts = {
        "kind": "boxes",
        "range": SHARES,
        "decoder": "ultraface",
        "name": boxes.name,
        "tensors": [boxes.name, scores.name],
        "labels": ["face"],
        "least": 0.7,
        "overlap": 0.5,
    }
    if boxes.unit.greatest > 2 or boxes.unit.least < -1:
        output["anchors"] = {
            "strides": [8.0, 16.0, 32.0, 64.0],
            "each": [3.0, 2.0, 2.0, 3.0],
            "sizes": [10.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0],
            "variances": [0.1, 0.2],
        }
    yield Guess("detect", {"range": BYTES}, output, normal=((127.0,), (128.0,)))


def _cells(nature: Nature) -> Iterator[Guess]:
    """FastestDet: one grid. YOLO and YOLOX: one row, or one column, for each cell of three."""
    if len(nature.gives) != 1:
        return
    one, sight = nature.gives[0], nature.sight
    grid = (sight.height // COARSE, sight.width // COARSE)
    if len(one.sides) == 4 and one.sides[2:] == grid and one.sides[1] > 5:
        output = {**_boxes(one), "decoder": "fastestdet", "least": 0.65}
        yield Guess("detect", {"order": "BGR"}, output, words=one.sides[1] - 5)
    if len(one.sides) != 3:
        return
    cells = sum(math.prod((sight.height // step, sight.width // step)) for step in STRIDES)
    _, rows, columns = one.sides
    if rows == cells and columns > 5:
        strides = {"strides": [float(step) for step in STRIDES]}
        output = {**_boxes(one), "decoder": "yolox", "least": 0.35, "anchors": strides}
        given = {"resize": "letterbox", "place": "corner", "padding": 114, "order": "BGR"}
        yield Guess("detect", {**given, "range": BYTES}, output, words=columns - 5)
    if columns == cells and rows > 4:
        output = {**_boxes(one), "decoder": "yolo", "least": 0.25}
        given = {"resize": "letterbox", "padding": 114}
        yield Guess("detect", given, output, words=rows - 4)


def _picture(nature: Nature) -> Iterator[Guess]:
    """A picture of the same channels, as large or a whole number of times larger, or less by what
    the net takes from its edges.
    """
    one, sight = nature.gives[0], nature.sight
    for layout, channels, down, across in _planes(one, nature):
        if channels != sight.channels:
            continue
        for times in range(1, MOST_TIMES + 1):
            less = sight.height * times - down
            around, rest = divmod(less, 2 * times)
            is_even = less == sight.width * times - across
            if is_even and not rest and 0 <= around <= MOST_AROUND:
                kind = "rgb" if channels == 3 else "luma"
                output = {**_named(one), "kind": kind, "scale": times, "layout": layout}
                task = "upscale" if times > 1 else "denoise"
                yield Guess(task, {"resize": "tile"}, output, around=around)


def _mask(nature: Nature) -> Iterator[Guess]:
    """One number for each pixel, or two: of ground and subject."""
    if nature.sight.channels != 3:
        return
    for one in nature.gives:
        for layout, channels, down, across in _planes(one, nature):
            shape = down * nature.sight.width / (across * nature.sight.height)
            is_like = min(down, across) >= LEAST_CELLS and abs(shape - 1) < LIKE
            if channels not in (1, 2) or not is_like:
                continue
            output = {**_named(one), "kind": "alpha", "layout": layout, "channel": channels - 1}
            values = (one.unit, one.byte)
            is_class = one.is_whole and channels == 1
            if is_class:
                output |= {"decoder": "classes", "channel": 1}
            is_share = is_class or all(v.least >= -0.05 and v.greatest <= 1.05 for v in values)
            if not is_share:
                output["activation"] = "sigmoid" if channels == 1 else "softmax"
            normal = IMAGENET if nature.sight.layout == "NCHW" else PLAIN
            yield Guess("cutout", {"kernel": "bilinear"}, output, normal=normal)
            return


def _row(nature: Nature) -> Iterator[Guess]:
    """A row of numbers: a vector, or a score for each of some words."""
    found = [one for one in nature.gives if _length(one) > 1]
    is_first = nature.sight.layout == "NCHW"
    known = nature.takes[nature.sight.place].name
    normal = IMAGENET if is_first else HALF
    if known == "pixel_values":
        normal = CLIP if any(one.name == "image_embeds" for one in found) else HALF
    given = {"resize": "crop" if is_first else "stretch", "kernel": "bilinear"}
    for one in found:
        vector = _vector(one, given, normal)
        labels = _labels(one, given, normal)
        is_vector = _length(one) in VECTORS or any(w in one.name.lower() for w in VECTOR_WORDS)
        yield from (vector, labels) if is_vector else (labels, vector)


def _vector(one: Given, given: Facts, normal: Any) -> Guess:
    far = max(100.0, 20 * max(abs(one.unit.least), abs(one.unit.greatest)))
    far = min(far, 1e6)
    output = {**_named(one), "kind": "vector", "range": [-far, far]}
    return Guess("embed", {**given, "kernel": "bicubic"}, output, normal=normal)


def _labels(one: Given, given: Facts, normal: Any) -> Guess:
    count = _length(one)
    is_share = one.unit.least >= -1e-3 and abs(one.unit.mean * count - 1) < 0.02
    output = {
        **_named(one),
        "kind": "labels",
        "activation": "none" if is_share else "softmax",
        "range": [0.0, 1.0] if is_share else [-1_000.0, 1_000.0],
    }
    return Guess("classify", given, output, words=count, normal=normal)


def _planes(one: Given, nature: Nature) -> Iterator[tuple[str, int, int, int]]:
    """Layout, channels, rows and columns that the sides may mean, the input's own layout first."""
    if len(one.sides) == 3 and one.sides[0] == 1:
        yield "", 1, one.sides[1], one.sides[2]
    if len(one.sides) != 4 or one.sides[0] != 1:
        return
    _, first, second, third = one.sides
    both = [("NCHW", first, second, third), ("NHWC", third, first, second)]
    yield from both if nature.sight.layout == "NCHW" else reversed(both)


def _length(one: Given) -> int:
    """How many numbers a row has; 0 for what is none, or too long for any use."""
    length = max(one.sides, default=0)
    return length if math.prod(one.sides) == length <= max(MAX_LABELS, *VECTORS) else 0


def _named(one: Given) -> Facts:
    return {"name": one.name, "range": SHARES}


def _boxes(one: Given) -> Facts:
    return {**_named(one), "kind": "boxes", "overlap": 0.45}


RULES: tuple[Callable[[Nature], Iterator[Guess]], ...] = (
    *(_body, _faces, _corners, _cells, _picture, _mask, _row),
)
